"""Keep reading a log that grows: blocks as they are flushed, through truncation and midnight.

No clock is read and nothing is waited for here: whoever follows calls `poll` when it likes.
"""

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

from xlogdecode.decoder.decode import Options, Piece, decode_bytes, iter_decode
from xlogdecode.decoder.report import Loss, Report
from xlogdecode.format import READINGS, begins_with_a_block, parse_header
from xlogdecode.inputs.names import crash_buffers_of, natural_order
from xlogdecode.types import Buffer

__all__ = ["Follower"]

_HEAD = 64
"""Bytes at the beginning of a file by which a rewritten one is known."""

_OPENING = 64 << 10
"""Bytes at the beginning of a file that show a `.clog`."""

_LONGEST_HEADER = 73
_LONGEST_UNSETTLED = 20 << 20
"""Bytes at the end of a file that may yet become a block; no block is longer."""

_LARGEST_BUFFER = 1 << 20
_KEPT = 2
"""Files that are read on: the newest, and the one before, which may get late lines."""

_PATIENCE = 3
"""Polls that a new crash buffer waits for the old one to turn up in the log."""

_DATED = re.compile(r"(?P<log>.+)_\d{8}(?:[_-]\d+)*\.[xc]log", re.IGNORECASE)


class Follower:
    """Follows the log at a path, and those that take its place when a day ends or it is full."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        options: Options | None = None,
        *,
        with_mmap: bool = False,
    ) -> None:
        """Start at the beginning of `path`, which need not exist yet.

        With `with_mmap` what the app has not flushed yet is read from the crash buffer beside it.
        """
        self._options = (options or Options())._replace(per_block=True, strict=False)
        self.path = Path(path)
        """The log that the last item came from, or is to go to."""
        self._tails = [_Tail(self.path)]
        self._live = _Live(Path(path)) if with_mmap else None

    def poll(self) -> Iterator[Piece | Loss]:
        """Yield what has come since the last poll; offsets are those of the file it came from."""
        yield from self._logs()
        if self._live is None:
            return
        text = self._live.read(self._options)
        if text and not self._live.continues(text):
            yield from self._logs()  # what was flushed meanwhile comes before it
        if text:
            self.path = self._tails[-1].path
            yield from self._live.news(text)

    def close(self) -> None:
        """Close all files."""
        for tail in self._tails:
            tail.close()

    def _logs(self) -> Iterator[Piece | Loss]:
        for tail in self._tails:
            yield from self._unseen(tail)
        for path in self._successors():
            self._tails.append(_Tail(path))
            yield from self._unseen(self._tails[-1])
        while len(self._tails) > _KEPT:
            self._tails.pop(0).close()

    def _unseen(self, tail: "_Tail") -> Iterator[Piece | Loss]:
        """Yield what is new in a log but for what was read from the crash buffer before."""
        for item in tail.poll(self._options):
            self.path = tail.path
            if self._live is None or not isinstance(item, Piece):
                yield item
            else:
                text = self._live.without_seen(item.text)
                if len(text):
                    yield Piece(item.offset, text)

    def _successors(self) -> list[Path]:
        """Return the logs of the same name that follow the newest one."""
        newest = self._tails[-1].path
        match = _DATED.fullmatch(newest.name)
        if match is None:
            return []
        try:
            names = os.listdir(newest.parent)  # noqa: PTH208 - asked for several times a second
        except OSError:
            return []
        later = [
            name
            for name in names
            if (other := _DATED.fullmatch(name))
            and other["log"] == match["log"]
            and natural_order(name) > natural_order(newest.name)
        ]
        return [newest.with_name(name) for name in sorted(later, key=natural_order)]


class _Tail:
    """One file, read up to where its blocks are complete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1
        self._offset = 0
        self._size = 0
        self._head = b""
        self._is_plain = False
        self._is_clog = False
        self._text = 0
        """Bytes of the text of a `.clog` that were handed out."""

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def poll(self, options: Options) -> Iterator[Piece | Loss]:
        """Yield what is new; of a file that was replaced the rest comes first."""
        try:
            now = self.path.stat()
        except OSError:
            now = None
        if self._fd >= 0:
            yield from self._news(options)
            here = os.fstat(self._fd)
            if now is None or os.path.samestat(here, now):
                return
            self.close()
        if now is not None and self._open():
            yield from self._news(options)

    def _open(self) -> bool:
        try:
            self._fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError:
            return False  # it went, or is not ready: the next poll tells
        self._start_anew()
        return True

    def _start_anew(self) -> None:
        self._offset = self._size = 0
        self._head = b""
        self._is_plain = self._is_clog = False
        self._text = 0

    def _news(self, options: Options) -> Iterator[Piece | Loss]:
        size = os.fstat(self._fd).st_size
        if size == self._size:
            return
        if size < self._offset or not self._read_at(0, _HEAD).startswith(self._head):
            self._start_anew()
        self._head = self._read_at(0, _HEAD)
        self._size = size
        base = self._offset
        self._is_clog = self._is_clog or (not base and self._opens_a_clog())
        if self._is_clog:
            yield from self._clog_news(options, size)
            return
        if self._is_plain:
            yield Piece(base, self._read_at(base, size - base))
            self._offset = size
            return
        report = Report()
        source = _NewStretch(self._fd, base, size)
        items = iter_decode(source, options, report)
        unsettled = yield from _settled(items, base, size)
        self._offset = source.at - report.fill if unsettled is None else unsettled
        self._is_plain = bool(report.plain_text) and not report.blocks

    def _opens_a_clog(self) -> bool:
        head = self._read_at(0, _OPENING)
        if not head or begins_with_a_block(head):
            return False
        from xlogdecode.decoder.clog_proof import opens_a_clog

        return bool(opens_a_clog(head, is_all=True))

    def _clog_news(self, options: Options, size: int) -> Iterator[Piece | Loss]:
        """Yield the lines of a `.clog` that are new: one stream, read from its beginning."""
        at, held = 0, b""
        for item in iter_decode(_NewStretch(self._fd, 0, size), options):
            if isinstance(item, Loss):
                end = item.offset + item.length
                if item.offset >= self._offset and end < size:
                    if held:  # no more comes of that line
                        yield Piece(0, held)
                    self._text, self._offset, held = self._text + len(held), end, b""
                    yield item
                continue
            held += bytes(item.text)[max(self._text - at, 0) :]
            at += len(item.text)
            lines = held[: held.rfind(b"\n") + 1]
            held = held[len(lines) :]
            self._text += len(lines)
            if lines:
                yield Piece(item.offset, lines)

    def _read_at(self, offset: int, size: int) -> bytes:
        os.lseek(self._fd, offset, os.SEEK_SET)
        return os.read(self._fd, size)


class _NewStretch:
    """A part of a file, as it was when the poll began."""

    def __init__(self, fd: int, begin: int, end: int) -> None:
        self.at = begin
        self._fd = fd
        self._end = end

    def read(self, size: int, /) -> bytes:
        os.lseek(self._fd, self.at, os.SEEK_SET)
        data = os.read(self._fd, min(size, self._end - self.at))
        self.at += len(data)
        return data


def _settled(
    items: Iterator[Piece | Loss], base: int, end: int
) -> Generator[Piece | Loss, None, int | None]:
    """Yield items up to what reaches the end of the file unfinished; return where that begins.

    Offsets of the items count from `base`. A block that is being written looks like a torn one,
    behind which the zeros of a header may stand.
    """
    held: list[Piece | Loss] = []
    for item in items:
        if isinstance(item, Piece) and held and item.offset != held[-1].offset:
            yield from _at(base, held)
            held = []
        held.append(item)
    last = held[-1] if held else None
    if (
        isinstance(last, Loss)
        and not last.locked_blocks
        and base + last.offset + last.length + _LONGEST_HEADER >= end
        and last.length < _LONGEST_UNSETTLED
    ):
        begin = last.offset if last.length else held[0].offset  # a tailer that is yet to come
        yield from _at(base, [item for item in held if item.offset < begin])
        return base + begin
    yield from _at(base, held)
    return None


def _at(base: int, items: list[Piece | Loss]) -> Iterator[Piece | Loss]:
    for item in items:
        offset = base + item.offset
        yield item._replace(offset=offset)


class _Live:
    """The crash buffer of a log that is being written, and what was read from it already."""

    def __init__(self, log: Path) -> None:
        self._paths = [log.with_name(name) for name in crash_buffers_of(log.name)]
        self._seen = b""
        self._waited = 0

    def read(self, options: Options) -> bytes:
        """Return the text of its block; empty where there is none, or it is just being changed."""
        for path in self._paths:
            try:
                with path.open("rb") as file:
                    data = file.read(_LARGEST_BUFFER)
            except OSError:
                continue
            if text := _text_of(data, options):
                return text
        return b""

    def continues(self, text: bytes) -> bool:
        """Tell whether `text` is of the block that was seen before, or the first one."""
        return text.startswith(self._seen)

    def news(self, text: bytes) -> Iterator[Piece]:
        """Yield what was not seen of `text`, once the block before it is in the log."""
        if not self.continues(text):
            self._waited += 1
            if self._waited <= _PATIENCE:
                return
            self._seen = b""
        self._waited = 0
        news = text[len(self._seen) :]
        self._seen = text
        if news:
            yield Piece(0, news)

    def without_seen(self, text: Buffer) -> Buffer:
        """Return what was not seen of a block that is in the log now."""
        seen = self._seen
        if not seen or len(text) < len(seen) or bytes(text[: len(seen)]) != seen:
            return text
        self._seen = b""
        self._waited = 0
        return text[len(seen) :]


def _text_of(data: bytes, options: Options) -> bytes:
    """Return the text of a buffer's block, which ends where its length was when it was read."""
    reading = READINGS.get(data[0]) if data else None
    if reading is None or len(data) <= reading.header_size:
        return b""
    end = reading.header_size + parse_header(data, 0, reading).length
    text, report = decode_bytes(data[:end] + b"\0", options)
    return text if report.is_whole else b""
