"""Records of which a look at their shape is enough, since nothing in them is private.

Most records of a log are such. They are told from the others without a look at their fields.
"""

import re
from collections.abc import Callable, Iterator
from itertools import accumulate, compress, count
from operator import not_
from typing import Final

from xlogdecode.records.layouts import complete_heads
from xlogdecode.redaction.shapes import in_shape, may_be_in_shapes, with_digits_alike

__all__ = ["ClearLines"]

_HEAD: Final = re.compile(complete_heads().encode())
_HEADS: Final = re.compile(b"\n(?:%b)" % complete_heads().encode())
_START: Final = 6
"""Bytes at the start of a line that tell a record from the lines that belong to it."""
_MOST_STARTS: Final = 32
_MOST: Final = 16 << 20
"""Bytes of shapes that are remembered."""
_NONE: Final = -1
"""The length of the head of a line that has none."""


class ClearLines:
    """The shapes of records that were seen."""

    def __init__(self, is_clear: Callable[[bytes], bool | None]) -> None:
        """Take what tells whether a message of a shape has nothing private; None: not known."""
        self._is_clear = is_clear
        self._clear: set[bytes] = set()
        self._heads: dict[bytes, int] = {}
        """The shape of a record -> the length of its head."""
        self._suspects: dict[bytes, int] = {}
        """The same of records that have something private."""
        self._starts: dict[bytes, bytes] = {}
        """How records start behind a line end, their digits alike -> it with a NUL for that."""
        self._size = 0

    def forget(self) -> None:
        """Ask again which messages are clear."""
        self._clear.clear()
        self._suspects.clear()

    def part(self, lines: bytes) -> list[tuple[bytes, bytes]]:
        """Return complete lines in parts, each with the clear lines behind it; both may be empty.

        The first of clear lines begins a record, and so does the line behind them. The last record
        is never clear, since more may belong to it.
        """
        text = with_digits_alike(lines)
        for start, cut in self._starts.items():
            text = text.replace(start, cut)
        shapes = text[:-1].split(b"\0")
        ends = [0, *accumulate(map(len, shapes))]
        parts: list[tuple[bytes, bytes]] = []
        at = begin = 0  # of the lines that are not clear
        for first, stop in self._stretches(lines, shapes, ends):
            since = ends[first] + first
            parts.append((lines[at:begin], lines[begin:since]))
            at, begin = since, ends[stop] + stop
        return [*parts, (lines[at:], b"")]

    def _stretches(
        self, lines: bytes, shapes: list[bytes], ends: list[int]
    ) -> Iterator[tuple[int, int]]:
        """Yield the numbers of records that are not clear: of the first, and of that behind them.

        The last one is among them.
        """
        first = stop = 0
        last = len(shapes) - 1
        for number in compress(count(), map(not_, map(self._clear.__contains__, shapes))):
            shape = shapes[number]
            head = self._suspects.get(shape)
            if head is None:
                head = self._clear_head(shape, lines, ends[number] + number)
            if head is None and number < last:
                continue
            goes_on = head == _NONE  # from the one before it
            begin = max(0, number - 1) if goes_on else number
            if begin > stop:
                if first < stop:
                    yield first, stop
                first = begin
            stop = number + 1
        if first < stop < last:
            yield first, stop
        yield (first if stop >= last else last), last + 1

    def _clear_head(self, shape: bytes, lines: bytes, at: int) -> int | None:
        """Return None if the record at `at` is clear, else the length of its head."""
        head = self._heads.get(shape)
        if head is None:
            head = self._head_of(shape, lines, at)
        if head == _NONE:
            return head
        is_one = not may_be_in_shapes(shape)
        own = shape if is_one else in_shape(lines[at : at + len(shape)])
        is_clear = self._is_clear(own[head:])
        if is_clear and is_one:
            self._clear.add(shape)
        elif is_clear is False:
            self._suspects[shape] = head
        return None if is_clear else head

    def _head_of(self, shape: bytes, lines: bytes, at: int) -> int:
        """Return the length of the head of a record, which begins at `at`, and note others."""
        if self._size > _MOST:
            for known in (self._heads, self._suspects, self._clear, self._starts):
                known.clear()
            self._size = 0
        self._size += len(shape)
        end = at + len(shape)
        for found in _HEADS.finditer(lines, at, end):
            begin = found.start() - at
            start = shape[begin : begin + 1 + _START]
            if len(self._starts) < _MOST_STARTS:
                self._starts[start] = b"\0" + start[1:]
        head = None if b"\r" in shape else _HEAD.match(lines, at, end)
        self._heads[shape] = size = head.end() - at if head else _NONE
        return size
