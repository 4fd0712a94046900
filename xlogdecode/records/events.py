"""A log's bytes -> events -> pages: whole lines, enough of them to be worth a regular expression.

A block may end in mid-line, and a log written line by line has a block a line: pieces are joined
until a page's worth is there, and a line that is not yet complete waits for its end. Whatever
was lost between two pieces ends the line before it.
"""

import enum
import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from xlogdecode.decoder.decode import iter_decode
from xlogdecode.decoder.options import Options, Piece
from xlogdecode.decoder.report import Loss, Report
from xlogdecode.types import Source

__all__ = ["LONGEST", "PAGE", "BlockRun", "Event", "Loss", "Page", "Then", "iter_events", "pages"]

PAGE: Final = 256 * 1024
"""Bytes that make a page."""

LONGEST: Final = 4 * 1024 * 1024
"""Bytes of one record or line at most; what is longer is handed on in parts. Bounds memory."""


Text = bytes | bytearray
Buffer = Text | memoryview


@dataclass(frozen=True, slots=True)
class BlockRun:
    """Consecutive blocks."""

    offsets: Sequence[int]
    sizes: Sequence[int]
    """Bytes of each block's text."""

    def places(self, start: int) -> tuple[list[int], Sequence[int]]:
        """Return where each block's text begins, if that of the first does at `start`; offsets."""
        return [*itertools.accumulate(self.sizes[:-1], initial=start)], self.offsets

    def offset_at(self, position: int) -> int:
        """Return the offset of the block that the text at `position` is of."""
        starts, offsets = self.places(0)
        return offsets[bisect_right(starts, position) - 1]


Where = int | BlockRun
"""The offset of a block, or a run of blocks."""

Event = tuple[Where, Text] | Loss
"""What a decoder yields: the text of a block, of a part of one or of a run, with offsets; a loss.

An empty text says that nothing more is there for now: what is complete is handed on at once.
"""


def iter_events(
    source: Source,
    options: Options | None = None,
    report: Report | None = None,
    *,
    per_block: bool = True,
) -> Iterator[Event]:
    """Yield the text of `source` with its blocks' offsets, and its losses, filling in `report`.

    With `per_block` each line knows its own block; without, a run of small ones shares an offset,
    and goes faster.
    """
    options = (options or Options())._replace(per_block=False)
    for item in iter_decode(source, options, report):
        if not isinstance(item, Piece):
            yield item
            continue
        run, text = item.run, item.text
        where: int | BlockRun = item.offset
        if run is not None and per_block:
            where = BlockRun(*run.places())
        yield where, bytes(text) if isinstance(text, memoryview) else text


class Then(enum.Enum):
    """What follows a page."""

    MORE = "more text"
    PAUSE = "nothing for now"
    END = "a loss, or the end: nothing goes on after it"


@dataclass(frozen=True, slots=True)
class Page:
    """Whole lines, unless `then` is END or one line is longer than LONGEST."""

    data: bytes
    cuts: tuple[tuple[int, Where], ...]
    """Position in `data`, and offset of the block that the text from there on came from."""
    then: Then


class _Pile:
    """Pieces that wait for the end of their line."""

    def __init__(self) -> None:
        self.pieces: list[tuple[Where, Text]] = []
        self.size = 0

    def add(self, offset: Where, text: Text) -> None:
        self.pieces.append((offset, text))
        self.size += len(text)

    def take(self, then: Then) -> Iterator[Page]:
        """Yield what is complete, if anything is, and keep the line that is not."""
        pieces: list[tuple[Where, Buffer]] = [*self.pieces]
        rest = self._take_unfinished(pieces) if then is not Then.END else []
        size = sum(len(text) for _, text in rest)
        if not pieces and size > LONGEST:
            pieces, rest, size = [*rest], [], 0
        data = b"".join([text for _, text in pieces])
        starts = itertools.accumulate((len(text) for _, text in pieces), initial=0)
        cuts = tuple((start, offset) for start, (offset, _) in zip(starts, pieces, strict=False))
        self.pieces, self.size = rest, size
        if data or then is Then.PAUSE:
            yield Page(data, cuts, then)

    def _take_unfinished(self, pieces: list[tuple[Where, Buffer]]) -> list[tuple[Where, Text]]:
        """Take from `pieces`, which are all, what stands behind the last line end."""
        rest: list[tuple[Where, Text]] = []
        for offset, text in reversed(self.pieces):
            pieces.pop()
            cut = text.rfind(b"\n") + 1
            if cut < len(text):
                behind = offset.offset_at(cut) if isinstance(offset, BlockRun) else offset
                rest.append((behind, text[cut:]))
            if cut:
                whole = text if cut == len(text) else memoryview(text)[:cut]
                pieces.append((offset, whole))
                break
        return rest[::-1]


def pages(events: Iterable[Event], size: int = PAGE) -> Iterator[Page | Loss]:
    """Yield the text of `events` in pages of about `size` bytes, and losses where they stand.

    Before a loss and at the end comes a page whose `then` is END, if there is text left.
    """
    pile = _Pile()
    for event in events:
        match event:
            case (offset, text):
                if text:
                    pile.add(offset, text)
                if pile.size >= size and (b"\n" in text or pile.size > LONGEST):
                    yield from pile.take(Then.MORE)
                elif not text:
                    yield from pile.take(Then.PAUSE)
            case loss:
                yield from pile.take(Then.END)
                yield loss
    yield from pile.take(Then.END)
