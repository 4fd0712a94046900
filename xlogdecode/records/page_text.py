"""The text of a page, and the blocks that it came from."""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import repeat
from typing import Final

from xlogdecode.records.events import BlockRun, Page

__all__ = ["Blocks", "decoded_page"]

_NEWLINE: Final = 0x0A


class Blocks:
    """The blocks that the lines of a page came from."""

    def __init__(self, starts: list[int], offsets: list[int]) -> None:
        self._starts = [*starts, sys.maxsize]
        self._offsets = offsets
        self._next = 0
        self.offset = 0
        self.until = 0
        """`offset` is that of all places before this one."""

    def at(self, position: int) -> int:
        """Return the offset of the block that the line at `position` began in.

        Positions must not decrease from call to call.
        """
        starts, place = self._starts, self._next
        while starts[place] <= position:
            place += 1
        self._next, self.until = place, starts[place]
        self.offset = self._offsets[place - 1]
        return self.offset

    def anew(self) -> "Blocks":
        """Return the same, for positions from the first on."""
        return Blocks(self._starts[:-1], self._offsets)

    def between(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Return where the lines of each block begin that has some, and its offset.

        The first of them is the block of the line at `start`.
        """
        first, last = bisect_right(self._starts, start), bisect_left(self._starts, stop)
        rest = zip(self._starts[first:last], self._offsets[first:last], strict=True)
        return [(start, self._offsets[first - 1]), *rest]

    def of_all(self, positions: Sequence[int]) -> list[int]:
        """Return the offsets of many lines, as `at` does of one."""
        found: list[int] = []
        while (done := len(found)) < len(positions):
            offset = self.at(positions[done])
            found += repeat(offset, bisect_left(positions, self.until, done) - done)
        return found


def decoded_page(page: Page) -> tuple[str, Blocks]:
    """Return the text of `page`, one character a byte, and where its blocks begin."""
    data, end = page.data, len(page.data)
    starts: list[int] = []
    offsets: list[int] = []
    for start, offset in page.cuts:
        if isinstance(offset, BlockRun):
            run_starts, run_offsets = offset.places(start)
            starts += run_starts
            offsets += run_offsets
        else:
            starts.append(start)
            offsets.append(offset)
    for number, start in enumerate(starts):
        if 0 < start < end and data[start - 1] != _NEWLINE:  # no record begins in mid-line
            starts[number] = data.find(_NEWLINE, start) + 1 or end
    return data.decode("latin-1"), Blocks(starts, offsets)
