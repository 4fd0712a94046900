"""Finding the names of private fields in a text: one regular expression made of their ends.

A name is found by the sign behind it, since few words of a text are names, and it is known by its
last letters. So a text is searched backwards: a name that is not private is passed over at once.
"""

import re
import string
from collections.abc import Iterable, Iterator
from typing import Any, Final

__all__ = ["LabelFinder"]

_DEEP: Final = 6
"""Letters of a name that are compared; with more the expression is larger, and hardly faster."""
_END: Final = ""
_OTHER: Final = "?"
"""Stands for each sign that is not ASCII: any letter may be meant, even an ASCII one as the sign of
Kelvin is.
"""
_BLANK: Final = "_"
"""Stands for the signs that do not count in a name."""
_PLAIN: Final = bytes.maketrans(
    f"{string.ascii_uppercase}=-".encode(), f"{string.ascii_lowercase}:{_BLANK}".encode()
)
_WIDE: Final = ("\uff1a", "\uff1d", "\u300c", "\u201c", "\u3010")
"""Signs of Chinese text that are as good as a colon."""
_SIGN: Final = r"""(?::(?:[ \t][ \t]{0,2}(?:["']\\*|)|["']\\*|)|d3%)"""
"""A colon or `=`, that perhaps as it is in URLs."""
_LOOSE: Final = r"(?:[| >](?:si |)|[(\[])"
"""A bar, a blank, a bracket or the end of a tag behind a name, or ` is `: signs that any word has,
too.
"""
_LONGEST: Final = 64
"""Letters of a name; a longer one is not a name."""
_LABEL: Final = re.compile(rf"([\w-]{{0,{_LONGEST - 1}}}[^\W\d_-])(?!(?!62%)[\w-])")


class LabelFinder:
    """Finds names of fields that end in one of the names that it was given, and a few others."""

    def __init__(self, names: Iterable[str], loose: Iterable[str] = ()) -> None:
        """Take names in small letters, without what does not count in them.

        Those of `loose` are found before a bar and before a blank, too.
        """
        signs = f"{_SIGN}(?=[{_BLANK}]|{_branch(_tree(names))})"
        if tree := _tree(name for name in loose if name.isascii()):
            signs = f"(?:{signs}|{_LOOSE}(?=[{_BLANK}]|{_branch(tree)}))"
        self._finder = re.compile(signs.encode())

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield where a name begins, where the sign behind it ends, and the name, backwards.

        The last in `text` goes first.
        """
        size = len(text)
        ascii_text = text
        if not text.isascii():
            for sign in _WIDE:
                ascii_text = ascii_text.replace(sign, ":")
        plain = ascii_text.encode("ascii", "replace")[::-1].translate(_PLAIN)
        for found in self._finder.finditer(plain):
            end = size - found.end()
            label = _LABEL.match(text[max(0, end - _LONGEST - 1) : end][::-1])
            if label:
                yield end - label.end(), size - found.start(), label[1]


def _tree(names: Iterable[str]) -> dict[str, Any]:
    """Return the last letters of names, backwards."""
    tree: dict[str, Any] = {}
    for name in names:
        place = tree
        for letter in name[: -_DEEP - 1 : -1]:
            if _END in place or not letter.isascii():
                break
            place = place.setdefault(letter, {})
        else:
            place[_END] = {}
    return tree


def _branch(tree: dict[str, Any]) -> str:
    """Return the pattern of what may come before a place of the tree; none if a name ends there."""
    if not tree or _END in tree:
        return ""
    before = f"(?:{_BLANK}+|)"
    ends = (re.escape(x) + (b and before + b) for x, rest in tree.items() for b in [_branch(rest)])
    return f"(?:{'|'.join([*ends, re.escape(_OTHER)])})"
