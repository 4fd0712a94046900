"""Finding many known words in a text, the longest first.

Most ids differ from others only in their digits: one regular expression finds the shapes of all
words, and then the word is looked up. Where there are too many shapes for that, the first letters
and digits of words are looked up. So the time does not depend on how many words there are.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, compress, count
from typing import Any, Final

from xlogdecode.redaction.shapes import shape_of

__all__ = ["WordFinder"]

_END: Final = ""
_START: Final = 3
"""Letters of a shape that are compared before it is checked what is before them: few places have
these, and the check takes longer.
"""
_MOST_SHAPES: Final = 400
"""Shapes in an expression: more take long to compile."""
_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_SPLIT: Final = re.compile("([A-Za-z0-9]+)").split
_GROUP: Final = re.compile("[A-Za-z0-9]+")
_JOINED: Final = re.compile("(?=.*[A-Za-z])(?=.*[0-9]).{6}|[0-9]{12}", re.DOTALL)
"""A word that is unlike any part of a name, and so is looked for within `img_WORD.jpg`, too."""
_TYPES: Final = (
    "c2c_", "C2C_", "C2c_", "c2C_", "c0c_", "C0C_", "GROUP_", "group_", "C2C", "c2c", "c0c", "C0C",
    "0x", "0X",
)  # fmt: skip
"""Texts that may be right before a word: the type of a conversation, and how hexadecimal begins;
those with a 0 are there in texts whose digits are all 0."""
_BEFORE: Final = ("[cC][02][cC]_", "[cC][02][cC]", "GROUP_", "group_", "0[xX]", "%[0-9A-Fa-f]{2}")
_TYPE_BEFORE: Final = re.compile(f"(?:{'|'.join(_BEFORE)})$")
_ENCODED: Final = re.compile("%[0-9A-Fa-f]{2}([A-Za-z0-9]+)")
"""Behind a sign that is encoded as in URLs."""

_Places = tuple[tuple[int, tuple[int, ...]], ...]
"""How far before the letters words begin, each with their lengths, the longest first."""


class WordFinder:
    """Finds words where they are alone.

    A word is alone if no ASCII letter, digit or `_` touches it; but what tells the type of a
    conversation (`c2c_`), `0x`, or a sign encoded as in URLs (`%3D`) may be before it. `_` may
    touch a word with letters and digits, or many of these.
    """

    def __init__(self) -> None:
        """Start without words."""
        self._words: set[str] = set()
        self._shapes: set[str] = set()
        self._lengths: tuple[int, ...] = ()
        """Those of words, the longest first."""
        self._in_shapes: re.Pattern[str] | None = None
        """Finds the shapes; None if there are none, or too many."""
        self._exact: re.Pattern[str] | None = None
        """Finds the words, where they are few."""
        self._table: _Table | None = None
        self._shape_table: _Table | None = None

    def add(self, words: Iterable[str]) -> None:
        """Find these words, too."""
        new = {*words} - self._words - {""}
        self._words |= new
        self._lengths = (*sorted({*self._lengths, *map(len, new)}, reverse=True),)
        shapes = {*map(shape_of, new)} - self._shapes
        self._shapes |= shapes
        if self._table is not None and self._shape_table is not None:
            self._table.add(new)
            self._shape_table.add(shapes)
        elif len(self._shapes) > _MOST_SHAPES:
            self._in_shapes = None
            self._table, self._shape_table = _Table(self._words), _Table(self._shapes)
        elif new:
            is_few = len(self._words) <= _MOST_SHAPES
            self._exact = _pattern(self._words, _exactly) if is_few else None
            self._in_shapes = _pattern(self._shapes, _any_digit)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where words are in `text`, in order, the longest first; none overlaps another."""
        if self._table is not None:
            yield from self._table.find(text)
        elif pattern := self._exact or self._in_shapes:
            found = pattern.search(text)
            while found:
                start, stop = found.span()
                if not self._is_word(text, start, stop):
                    stop = self._stop_of_shorter(text, start, stop)
                if stop:
                    yield start, stop
                found = pattern.search(text, stop or start + 1)

    def _is_word(self, text: str, start: int, stop: int) -> bool:
        """Tell whether a word is alone in a place that no letter or digit touches."""
        return text[start:stop] in self._words and _is_free(text, start, stop)

    def is_in_shape(self, shape: str) -> bool:
        """Tell whether texts of a shape may have a word."""
        if self._shape_table is not None:
            return next(self._shape_table.find(shape), None) is not None
        return self._in_shapes is not None and self._in_shapes.search(shape) is not None

    def _stop_of_shorter(self, text: str, start: int, stop: int) -> int:
        """Return where a word from `start` ends that is shorter than up to `stop`; 0 for none."""
        ends = (start + length for length in self._lengths if length < stop - start)
        return next(
            (end for end in ends if text[end] not in _LETTERS and self._is_word(text, start, end)),
            0,
        )


class _Table:
    """Words by their first letters and digits."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words: set[str] = set()
        self._by_letters: dict[str, _Places] = {}
        """The first letters and digits of words -> where the words begin; empty if they are one."""
        self._by_signs: dict[str, _Places] = {}
        """The first two signs of words that have none of these, or the one sign."""
        self._first_signs: re.Pattern[str] | None = None
        self._shared: dict[_Places, _Places] = {}
        self.add(words)

    def add(self, words: Iterable[str]) -> None:
        by_signs = len(self._by_signs)
        for word in words:
            self._words.add(word)
            letters = _GROUP.search(_without_types(word))
            if letters and letters[0] == word and not self._by_letters.get(word):
                self._by_letters[word] = ()
            elif letters:
                _note(self._by_letters, letters[0], letters.start(), len(word), self._shared)
            else:
                _note(self._by_signs, word[:2], 0, len(word), self._shared)
        if len(self._by_signs) > by_signs:
            signs = "".join(sorted({re.escape(signs[0]) for signs in self._by_signs}))
            self._first_signs = re.compile(f"[{signs}]")

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        at = 0
        for start, stop in sorted(self._all(text), key=lambda span: (span[0], -span[1])):
            if start >= at:
                yield start, stop
                at = stop

    def _all(self, text: str) -> Iterator[tuple[int, int]]:
        by_letters = self._by_letters
        parts = _SPLIT(_without_types(text))
        numbers = [*compress(count(1, 2), map(by_letters.__contains__, parts[1::2]))]
        if numbers:
            ends = [*accumulate(map(len, parts))]
            for number in numbers:
                yield from self._at(text, ends[number - 1], parts[number])
        if "%" in text:
            for found in _ENCODED.finditer(text):
                if found[1] in by_letters:
                    yield from self._at(text, found.start(1), found[1])
        if self._first_signs is not None:
            for found in self._first_signs.finditer(text):
                at = found.start()
                for signs in (text[at : at + 2], text[at]):
                    yield from self._at_places(text, at, self._by_signs.get(signs, ()))

    def _at(self, text: str, at: int, letters: str) -> Iterator[tuple[int, int]]:
        """Yield the words at letters, which are at `at`."""
        places = self._by_letters[letters]
        if places:
            yield from self._at_places(text, at, places)
        elif _is_free(text, at, at + len(letters)):
            yield at, at + len(letters)

    def _at_places(self, text: str, at: int, places: _Places) -> Iterator[tuple[int, int]]:
        """Yield the words at `places` before `at` that are alone."""
        for before, lengths in places:
            start = at - before
            if start < 0:
                continue
            for length in lengths:
                stop = start + length
                if text[start:stop] in self._words and _is_free(text, start, stop):
                    yield start, stop
                    break


def _note(
    table: dict[str, _Places], key: str, before: int, length: int, shared: dict[_Places, _Places]
) -> None:
    """Note in `table` that a word begins so far before a key."""
    known = dict(table.get(key, ())) or ({0: (len(key),)} if key in table else {})
    known[before] = (*sorted({*known.get(before, ()), length}, reverse=True),)
    places = (*known.items(),)
    table[key] = shared.setdefault(places, places)


def _is_free(text: str, start: int, stop: int) -> bool:
    """Tell whether a word is alone."""
    before, behind = text[start - 1 : start], text[stop : stop + 1]
    touches = "_" in (before, behind) and not _JOINED.match(text[start:stop])
    if behind and (behind in _LETTERS or (behind == "_" and touches)):
        return False
    if not before or not (before in _LETTERS or (before == "_" and touches)):
        return True
    return _TYPE_BEFORE.search(text, max(0, start - 6), start) is not None


def _without_types(text: str) -> str:
    for each in _TYPES:
        if each in text:
            text = text.replace(each, " " * len(each))
    return text


def _pattern(words: Iterable[str], sign: Callable[[str], str]) -> re.Pattern[str]:
    """Return a pattern that finds words where they are alone, the longest first.

    `sign` gives the pattern of one sign of them.
    """
    tree: dict[str, Any] = {}
    for word in words:
        place = tree
        for letter in map(sign, word):
            place = place.setdefault(letter, {})
        place[_END] = {}
    return re.compile(f"{_first(tree, '', 0)}(?![A-Za-z0-9])")


def _exactly(sign: str) -> str:
    return re.escape(sign)


def _any_digit(sign: str) -> str:
    return "[0-9]" if sign == "0" else re.escape(sign)


def _first(tree: dict[str, Any], start: str, size: int) -> str:
    """Return the pattern of what follows the first signs of a word, and that it is alone."""
    if size == _START:
        return _alone(start) + _branch(tree)
    ends = [sign + _first(rest, start + sign, size + 1) for sign, rest in tree.items() if sign]
    return f"(?:{'|'.join([*ends, *([_alone(start)] if _END in tree else [])])})"


def _alone(start: str) -> str:
    """Return the pattern of a place behind the first signs of a word that nothing touches."""
    types = "".join(f"|(?<={each}{start})" for each in _BEFORE)
    return f"(?:(?<![A-Za-z0-9]{start}){types})"


def _branch(tree: dict[str, Any]) -> str:
    """Return the pattern of what follows at a place of the tree."""
    signs: list[str] = []
    while len(tree) == 1 and _END not in tree:
        ((sign, tree),) = tree.items()
        signs.append(sign)
    ends = [sign + _branch(rest) for sign, rest in tree.items() if sign]
    if not ends:
        return "".join(signs)
    optional = "?" if _END in tree else ""
    return f"{''.join(signs)}(?:{'|'.join(ends)}){optional}"
