"""Finding many known words in a text: one regular expression made of a tree of their letters."""

import re
from collections.abc import Iterable
from typing import Any, Final

__all__ = ["word_finder"]

_END: Final = ""
_START: Final = 3
"""Letters of a word that are compared before it is checked what is before them: few places have
these, and the check takes longer.
"""
_BEFORE: Final = ("[cC]2[cC]_", "GROUP_", "group_", "%2[0-9A-F]", "0[xX]")


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
    return re.compile(f"{_first(tree, '')}(?![A-Za-z0-9_])") if tree else None


def _first(tree: dict[str, Any], start: str) -> str:
    """Return the pattern of what follows the first letters of a word, and that it is alone."""
    if len(start) == _START:
        return _alone(start) + _branch(tree)
    ends = [re.escape(x) + _first(rest, start + x) for x, rest in tree.items() if x != _END]
    return f"(?:{'|'.join([*ends, *([_alone(start)] if _END in tree else [])])})"


def _alone(start: str) -> str:
    """Return the pattern of a place behind the first letters of a word that nothing touches."""
    start = re.escape(start)
    before = "".join(f"|(?<={each}{start})" for each in _BEFORE)
    return f"(?:(?<![A-Za-z0-9_]{start}){before})"


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
