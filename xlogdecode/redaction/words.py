"""Finding many known words in a text: one regular expression made of a tree of their letters."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

__all__ = ["BEFORE_SHAPES", "word_finder"]

_END: Final = ""
_START: Final = 3
"""Letters of a word that are compared before it is checked what is before them: few places have
these, and the check takes longer.
"""
BEFORE: Final = ("[cC]2[cC]_", "GROUP_", "group_", "%2[0-9A-F]", "0[xX]")


BEFORE_SHAPES: Final = ("[cC]0[cC]_", "GROUP_", "group_", "%0[0A-F]", "0[xX]")
"""The same in a text whose digits are all 0."""


def word_finder(words: Iterable[str], before: Iterable[str] = BEFORE) -> re.Pattern[str] | None:
    """Return a pattern that finds `words` where they are alone, the longest first; None for none.

    A word is alone if no ASCII letter, digit or `_` touches it, but one of the patterns `before`:
    what tells the type of a conversation (`c2c_`) may be there.
    """
    tree: dict[str, Any] = {}
    for word in words:
        place = tree
        for letter in word:
            place = place.setdefault(letter, {})
        place[_END] = {}
    return re.compile(f"{_first(tree, '', [*before])}(?![A-Za-z0-9_])") if tree else None


def _first(tree: dict[str, Any], start: str, before: Sequence[str]) -> str:
    """Return the pattern of what follows the first letters of a word, and that it is alone."""
    if len(start) == _START:
        return _alone(start, before) + _branch(tree)
    ends = [re.escape(x) + _first(rest, start + x, before) for x, rest in tree.items() if x != _END]
    return f"(?:{'|'.join([*ends, *([_alone(start, before)] if _END in tree else [])])})"


def _alone(start: str, before: Sequence[str]) -> str:
    """Return the pattern of a place behind the first letters of a word that nothing touches."""
    start = re.escape(start)
    types = "".join(f"|(?<={each}{start})" for each in before)
    return f"(?:(?<![A-Za-z0-9_]{start}){types})"


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
