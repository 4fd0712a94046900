"""A `.clog` of LiteAV: one raw deflate stream over all of an input, flushed and never finished.

The contract is that of `framing`: feed it, close it, take items. What a stream holds refers to the
32 KiB of text before it. So text goes on behind a fault only where a stream begins (an app that was
started anew, after one that was ended in mid-line) or where a flush forgot all text before it.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from xlogdecode.codecs import FLUSH
from xlogdecode.codecs.deflate import new_inflater
from xlogdecode.decoder.clog_flushes import MOST_TEXT, inflated, is_astray, up_to_the_fault
from xlogdecode.decoder.clog_proof import begins_here
from xlogdecode.decoder.options import Piece
from xlogdecode.decoder.report import Loss
from xlogdecode.decoder.soundness import find_hole
from xlogdecode.format import TAILER, begins_with_a_block
from xlogdecode.framing import Fill

if TYPE_CHECKING:
    from xlogdecode.codecs.deflate import Inflater

__all__ = ["Clog"]

Item = Piece | Loss | Fill

_WINDOW = 64 << 10
"""Bytes of a stream that are taken at a time."""

_SAMPLE = 16 << 10
"""Bytes of text by which it is known how lines of this log look."""

_SEARCHED = 64 << 10
"""Bytes behind a fault in which any may begin a stream; from there on those behind a flush mark."""

_MARK = re.compile(re.escape(FLUSH))
_MARK_OR_BEGINNING = re.compile(
    _MARK.pattern + b"|[%b]" % re.escape(bytes(b for b in range(256) if b & 7 in (2, 4)))
)
"""A mark, or the first byte of a deflate block that is compressed and not the last one."""

_HEADER = 16
"""Bytes that show whether a block of an xlog is there."""

_DAMAGED = "the compressed data are damaged"
_HOLE = "filled with zero bytes"
_CUT = "the file is cut off in the middle of a line"


class Clog:
    """Reads one input that `clog_proof` took for such a log."""

    def __init__(self) -> None:
        """Start at the head of an input."""
        self.offset = 0
        """Input offset of the first byte that is not done with."""
        self.rest = b""
        """The bytes from there on that were fed."""
        self.streams = 0
        """Streams that gave text."""
        self.blocks_follow = False
        """Whether it is over, since the rest begins with a block of an xlog."""
        self._stream = _ClogStream(0)
        self._search: _Search | None = None

    def feed(self, data: bytes) -> Iterator[Item]:
        """Take bytes of the input; yield the text that they complete, and what was lost."""
        self.rest += data
        return self._items(is_last=False)

    def close(self) -> Iterator[Item]:
        """Yield what is left: the input ends here."""
        return self._items(is_last=True)

    def _items(self, *, is_last: bool) -> Iterator[Item]:
        before = -1
        while not self.blocks_follow and self.offset > before:
            before = self.offset
            if self._search is None:
                yield from self._windows(is_last=is_last)
            if self._search is not None:
                yield from self._go_on(self._search, is_last=is_last)

    def _pass(self, size: int) -> None:
        self.rest = self.rest[size:]
        self.offset += size

    # in step

    def _windows(self, *, is_last: bool) -> Iterator[Item]:
        """Yield the text of the flushes at hand; at the end of the input that of all bytes."""
        limit, stream = _WINDOW, self._stream
        while size := self._window_size(limit, is_last=is_last):
            window, before = self.rest[:size], stream.inflater.copy()
            text = inflated(stream.inflater, window)
            if text is not None and len(text) >= MOST_TEXT:  # and there may be more
                stream.inflater, limit = before, size // 2
                continue
            if text is None or is_astray(before, window, text, stream.sample):
                yield from self._break_off(before, window)
                return
            yield from self._text(text)
            if stream.inflater.eof:
                self._pass(size - len(stream.inflater.unused_data))
                self._search = _Search(self.offset, _DAMAGED)
                return
            if is_last and size == len(self.rest) and not window.endswith(FLUSH):
                yield from self._cut_off(size, gave_text=bool(text))
            self._pass(size)

    def _window_size(self, limit: int, *, is_last: bool) -> int:
        """Return how many bytes to take next; 0 where more have to come first."""
        end = self.rest.rfind(FLUSH, 0, limit)
        if end >= 0:
            return end + len(FLUSH)
        return limit if len(self.rest) > limit else len(self.rest) * is_last

    def _text(self, text: bytes) -> Iterator[Piece]:
        if text:
            self.streams += not self._stream.gave_text
            self._stream.take(text)
            yield Piece(self._stream.offset, text)

    def _cut_off(self, size: int, *, gave_text: bool) -> Iterator[Loss]:
        """Yield a loss where the last `size` bytes, which end in no mark, end in mid-line."""
        if self._stream.open_text or not gave_text:
            kept = self._stream.open_text
            yield Loss(self.offset, size, _CUT, kept=kept)

    def _break_off(self, before: "Inflater", window: bytes) -> Iterator[Piece]:
        """Yield the text of a window up to its fault, and look for the next stream behind it."""
        hole = find_hole(window, 0, len(window))
        text, sound, kept = up_to_the_fault(
            before, window if hole < 0 else window[:hole], self._stream.sample
        )
        yield from self._text(text)
        self._pass(sound)
        self._search = _Search(self.offset, _DAMAGED if hole < 0 else _HOLE, kept)

    # behind a fault

    def _go_on(self, search: "_Search", *, is_last: bool) -> Iterator[Loss | Fill]:
        """Look for the next stream, or for blocks, and yield what was lost up to there."""
        rest, offset = self.rest, self.offset
        for index in search.places(rest, offset):
            if len(rest) - index < _HEADER and not is_last:
                search.next = offset + index
                break
            is_behind_a_flush = offset + index == search.begin or rest.endswith(FLUSH, 0, index)
            block = _block_at(rest, index) if is_behind_a_flush else None
            begins = block is None and begins_here(rest, index, is_last=is_last)
            if begins is None:
                search.next = offset + index
                break
            if block is not None or begins:
                found = index if block is None else block
                yield from search.found(offset + found)
                self._pass(found)
                self.blocks_follow = block is not None
                self._stream, self._search = _ClogStream(self.offset), None
                return
        else:
            search.next = offset + len(rest)
        kept = 0 if is_last else len(FLUSH)
        size = max(0, search.next - kept - offset)
        search.is_fill = search.is_fill and not any(rest[:size])
        self._pass(size)
        if is_last:
            yield from search.ended(self.offset)
            self._search = _Search(self.offset, "")


class _ClogStream:
    """The stream that is being read."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        """Input offset of its first byte."""
        self.inflater = new_inflater()
        self.gave_text = False
        self.open_text = 0
        """Bytes of text behind the last line end."""
        self.sample = b""
        """The last text."""

    def take(self, text: bytes) -> None:
        self.gave_text = True
        self.sample = text[-_SAMPLE:]
        behind = text.rfind(b"\n") + 1
        self.open_text = len(text) - behind + (0 if behind else self.open_text)


class _Search:
    """The way from a fault to the next stream."""

    def __init__(self, begin: int, reason: str, kept: int = 0) -> None:
        self.begin = self.next = begin
        """Input offsets of the first byte that is lost, and of the next that may begin a stream."""
        self.is_fill = True
        """All so far is zeros."""
        self._reason = reason
        self._kept = kept

    def places(self, rest: bytes, offset: int) -> Iterator[int]:
        """Yield each index of `rest`, which is at `offset`, where a stream may begin."""
        if not rest:
            return
        if self.next == self.begin:
            yield self.begin - offset
        first = self.next - offset
        stop = max(self.begin + _SEARCHED - offset, 0)
        start = max(first - len(FLUSH), 0)
        for match in _MARK_OR_BEGINNING.finditer(rest, start, stop):
            index = match.end() if match[0] == FLUSH else match.start()
            if index >= first:
                yield index
        for match in _MARK.finditer(rest, max(start, stop - len(FLUSH))):
            if match.end() >= first:
                yield match.end()

    def found(self, end: int) -> Iterator[Loss]:
        """Yield what was lost up to the next stream."""
        if end > self.begin:
            yield Loss(self.begin, end - self.begin, self._reason, kept=self._kept)

    def ended(self, end: int) -> Iterator[Loss | Fill]:
        """Yield what is there up to the end of the input."""
        if self.is_fill and end > self.begin:
            yield Fill(self.begin, end - self.begin)
        else:
            yield from self.found(end)


def _block_at(data: bytes, index: int) -> int | None:
    """Return where a block's header begins, at `index` or behind the tailer there, or None."""
    for start in (index, index + 1):
        if begins_with_a_block(data[start : start + _HEADER]):
            return start
        if data[start : start + 1] != bytes([TAILER]):
            break
    return None
