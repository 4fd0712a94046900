"""Finding many known words in a text: one regular expression made of a tree of their letters."""

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["word_finder"]

_END = ""


def word_finder(words: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds `words` where they are alone, the longest first; None for none.

    A word is alone if no ASCII letter, digit or `_` touches it; what tells the type of a
    conversation (`c2c_`) may be before it.
    """
    tree: dict[str, Any] = {}
    for word in words:
        place = tree
        for letter in word:
            place = place.setdefault(letter, {})
        place[_END] = {}
    if not tree:
        return None
    alone = (f"{_alone(letter)}{_branch(rest)}" for letter, rest in tree.items())
    return re.compile(f"(?:{'|'.join(alone)})(?![A-Za-z0-9_])")


def _alone(letter: str) -> str:
    """Return the pattern of a first letter that nothing touches: it starts with the letter."""
    first = re.escape(letter)
    before = ("[cC]2[cC]_", "GROUP_", "group_", "%2[0-9A-F]", "0[xX]")
    return f"{first}(?:(?<![A-Za-z0-9_]{first})|{'|'.join(f'(?<={b}{first})' for b in before)})"


def _branch(tree: dict[str, Any]) -> str:
    """Return the pattern of what follows at a place of the tree."""
    letters: list[str] = []
    while len(tree) == 1 and _END not in tree:
        ((letter, tree),) = tree.items()
        letters.append(re.escape(letter))
    ends = [re.escape(letter) + _branch(rest) for letter, rest in tree.items() if letter != _END]
    if not ends:
        return "".join(letters)
    optional = "?" if _END in tree else ""
    return f"{''.join(letters)}(?:{'|'.join(ends)}){optional}"
