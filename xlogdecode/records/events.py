"""A log's bytes -> events -> pages: full lines, enough of them to be worth a regular expression.

A block may end in mid-line, and a log written line by line has a block a line: pieces are joined
until a page's worth is there, and a line that is not yet complete waits for its end. Whatever
was lost between two pieces ends the line before it, and so does a block that starts with a head
and its date: a full buffer may end a block in mid-line, and the writer starts anew behind it.
"""

import enum
import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlogdecode.decoder.decode import iter_decode
from xlogdecode.decoder.fast_path import Run
from xlogdecode.decoder.options import Options, Piece
from xlogdecode.decoder.report import Loss, Report
from xlogdecode.records.layouts import LONGEST_HEAD
from xlogdecode.types import Source

if TYPE_CHECKING:
    from xlogdecode.records.own_layout import OwnLayout

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
"""A text of a block, of a part of one or of a run, with offsets; or a loss.

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
        if run is not None and run.lines is None and _has_torn_line(run.texts):
            yield from _apart(run)
            continue
        if run is not None and per_block:
            where = BlockRun(*run.places())
        yield where, bytes(text) if isinstance(text, memoryview) else text


def _apart(run: Run) -> Iterator[Event]:
    """Yield the blocks of a run one by one, so that `pages` sees where each begins."""
    for offset, text in zip(run.places()[0], run.texts, strict=True):
        if text:  # an empty one says something else
            yield offset, bytes(text)


def _has_torn_line(texts: Sequence[Buffer]) -> bool:
    """Tell whether any text but the last ends in mid-line."""
    return any(text[-1:] != b"\n" for text in texts[:-1])


class Then(enum.Enum):
    """The kinds of continuation after a page."""

    MORE = "more text"
    PAUSE = "nothing for now"
    END = "a loss, or the end: nothing goes on after it"


@dataclass(frozen=True, slots=True)
class Page:
    """Full lines, unless `then` is END or one line is longer than LONGEST."""

    data: bytes
    cuts: tuple[tuple[int, Where], ...]
    """Position in `data`, and offset of the block that the text from there on came from."""
    then: Then


class _Pile:
    """Pieces that wait for the end of their line."""

    def __init__(self, own: "OwnLayout | None") -> None:
        self._own = own
        self.pieces: list[tuple[Where, Text]] = []
        self.size = 0
        self._block = -1
        """The offset of the last block."""
        self._in_line = False
        """It ended in mid-line."""

    def add(self, offset: Where, text: Text) -> Iterator[Page]:
        """Take the next piece; yield all that came before if this one opens a record anyway."""
        first = offset.offsets[0] if isinstance(offset, BlockRun) else offset
        if self._in_line and first != self._block and _opens_a_record(text, self._own):
            yield from self.take(Then.END)
        self._block = offset.offsets[-1] if isinstance(offset, BlockRun) else offset
        self._in_line = not text.endswith(b"\n")
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
        is_broken = then is Then.END and self._in_line
        self._in_line = self._in_line and then is not Then.END
        if data or then is Then.PAUSE or is_broken:
            yield Page(data, cuts, then)

    def _take_unfinished(self, pieces: list[tuple[Where, Buffer]]) -> list[tuple[Where, Text]]:
        """Take from `pieces`, which are all, the text behind the last line end."""
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


def _opens_a_record(text: Text, own: "OwnLayout | None") -> bool:
    """Tell whether a block starts with a head whose fields are all there, the time included."""
    from xlogdecode.records.matchers import openers  # takes 35 ms, and few logs need it

    line = bytes(text[:LONGEST_HEAD]).partition(b"\n")[0].decode("latin-1")
    if own is not None:
        from xlogdecode.records.timestamps import Stamps

        parts = own.parts(line, Stamps())
        if parts is not None and parts.clock:
            return True
    opened = openers().match(line)
    fields = opened[1].groupdict() if opened else {}
    return bool(fields.get("clock") and fields.get("who"))


def pages(
    events: Iterable[Event], size: int = PAGE, own: "OwnLayout | None" = None
) -> Iterator[Page | Loss]:
    """Yield the text of `events` in pages of about `size` bytes, and losses in their places.

    Before a loss, before a block that opens a record though the one before it ended in mid-line,
    and at the end comes a page whose `then` is END, if there is text left or a line is not ended.
    `own` is the layout of the log where that is not in the table.
    """
    pile = _Pile(own)
    for event in events:
        match event:
            case (offset, text):
                if text:
                    yield from pile.add(offset, text)
                if pile.size >= size and (b"\n" in text or pile.size > LONGEST):
                    yield from pile.take(Then.MORE)
                elif not text:
                    yield from pile.take(Then.PAUSE)
            case loss:
                yield from pile.take(Then.END)
                yield loss
    yield from pile.take(Then.END)
