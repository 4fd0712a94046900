"""Where the lines of an opening go: into the crash buffer and then a file, or straight there."""

from collections.abc import Sequence as Pieces
from dataclasses import dataclass
from typing import Final, Protocol

from xlogdecode.crypto import Cipher
from xlogdecode.encode.block_format import BLOCK_SIZE, BlockFormat, SequenceNumbers
from xlogdecode.encode.calendar import BEGIN_OF_MMAP, Calendar, Day, end_of_mmap
from xlogdecode.encode.crash_buffer import CrashBuffer
from xlogdecode.encode.files import DayFiles
from xlogdecode.encode.streams import PayloadStream, WholeGroups, largest, new_streams
from xlogdecode.errors import OutputError

__all__ = ["BufferedSink", "LineSink", "OpenLog", "PlainSink", "recover"]

_LATER: Final = 8 * 1024
"""Bytes that a block may grow before a flush that failed is tried again."""


@dataclass(frozen=True, slots=True)
class OpenLog:
    """The files and settings of one opening."""

    files: DayFiles
    kind: BlockFormat
    cipher: Cipher | None
    calendar: Calendar
    level: int
    key: bytes
    """The key field of all headers: the client public key, or 64 bytes that differ for each opening
    (Mars leaves memory as it found it), or none, where the header has no such field."""

    def plain_block(self, text: bytes, now: float) -> bytes:
        """Return `text` as a sync block of this moment."""
        return self.kind.plain_block(text, self.calendar.hour(now), self.key)


class LineSink(Protocol):
    """An object that takes lines, in pieces of at most 16 KiB; raises OutputError if it cannot."""

    def add(self, line: Pieces[bytes], day: Day, now: float) -> None:
        """Store all of `line` or nothing: when this returns, killing the process loses none of it.

        No other process's line comes between its pieces.
        """

    def flush(self, now: float) -> None:
        """Put what is stored into its day's file."""

    def try_flush(self, now: float) -> None:
        """Do the same where it is possible, else go on."""

    def release(self) -> None:
        """Let go of all files, as they are."""

    def abandon(self) -> None:
        """Do so in the child of a fork, without touching what is the parent's."""


class PlainSink:
    """Sync mode: each piece is a block of its own in the file."""

    def __init__(self, log: OpenLog) -> None:
        self._log = log

    def add(self, line: Pieces[bytes], day: Day, now: float) -> None:
        """Append plain blocks."""
        blocks = b"".join([self._log.plain_block(piece, now) for piece in line])
        self._log.files.append(day.date, blocks)

    def flush(self, now: float) -> None:
        """Do nothing: all is in the file."""

    def try_flush(self, now: float) -> None:
        """Do nothing, as above."""

    def release(self) -> None:
        """Do nothing: nothing is held open."""

    def abandon(self) -> None:
        """Do nothing, as above."""


class BufferedSink:
    """Async mode: one block grows in the crash buffer, and goes to its file at 50 KiB."""

    def __init__(self, log: OpenLog, buffer: CrashBuffer) -> None:
        self._log = log
        self._buffer = buffer
        self._sequence = SequenceNumbers()
        self._new_stream = new_streams(log.kind.codec, log.level)
        self._stream: PayloadStream | None = None
        self._day: Day | None = None
        self._wanted = BLOCK_SIZE
        self._torn = False
        """Compressed and perhaps not stored (Ctrl-C comes anywhere): the stream cannot go on."""

    def add(self, line: Pieces[bytes], day: Day, now: float) -> None:
        """Make the block longer by `line`, and flush the block once it is large enough."""
        buffer, most = self._buffer, sum([largest(len(piece)) for piece in line])
        if self._torn or buffer.room < most:
            self.flush(now)
            if buffer.room < most:
                self._append(line, day, now)
                return
        stream = self._stream or self._start(day)
        self._torn = True
        data = b"".join([stream.add(piece) for piece in line])
        if buffer.used:
            buffer.extend(data)
        else:
            buffer.begin(self._header(len(data), now), data)
        self._torn = False
        if buffer.used >= self._wanted:
            self.try_flush(now)

    def flush(self, now: float) -> None:
        """Append the block to the file of the day it was begun on, then forget it."""
        if self._day is None:
            return
        if self._buffer.size:
            self._buffer.set_end_hour(self._log.calendar.hour(now))
            self._log.files.append(self._day.date, self._buffer.block())
        self._buffer.clear()
        self._stream = self._day = None
        self._torn = False

    def try_flush(self, now: float) -> None:
        """Flush, or keep the block and try later: until the buffer is full nothing is lost."""
        try:
            self.flush(now)
        except OutputError:
            self._wanted = self._buffer.used + _LATER

    def release(self) -> None:
        """Unmap and unlock the buffer; a block in it is for the next opening to save."""
        self._buffer.close()

    def abandon(self) -> None:
        """Unmap the buffer."""
        self._buffer.abandon()

    def _start(self, day: Day) -> PayloadStream:
        self._day = day
        self._wanted = BLOCK_SIZE
        self._stream = self._begin()
        return self._stream

    def _begin(self) -> PayloadStream:
        stream, cipher = self._new_stream(), self._log.cipher
        return WholeGroups(stream, cipher, self._log.kind.codec) if cipher else stream

    def _append(self, line: Pieces[bytes], day: Day, now: float) -> None:
        """Store in blocks of its own a line that the buffer may be too small for."""
        before = self._sequence.last
        try:
            self._log.files.append(day.date, self._blocks(line, now))
        except OutputError:
            self._sequence.last = before  # else they would be missed
            raise

    def _blocks(self, line: Pieces[bytes], now: float) -> bytes:
        payloads, stream = [b""], self._begin()
        for piece in line:
            if len(payloads[-1]) >= BLOCK_SIZE:
                payloads.append(b"")
                stream = self._begin()
            payloads[-1] += stream.add(piece)
        return b"".join([self._header(len(each), now) + each + b"\0" for each in payloads])

    def _header(self, length: int, now: float) -> bytes:
        hour = self._log.calendar.hour(now)
        return self._log.kind.async_header(self._sequence.next(), hour, length, self._log.key)


def recover(buffer: CrashBuffer, log: OpenLog, day: Day, now: float) -> None:
    """Append the block that a killed process left in `buffer` to the file of `day`, between tips.

    A block that reached its file before the process died is not written twice; what is not a block
    is set aside beside the buffer.
    """
    if not buffer.is_readable:
        buffer.set_aside()
    elif buffer.size and not log.files.settle(buffer.block(), buffer.header_size):
        buffer.set_end_hour(log.calendar.hour(now))
        begin = log.plain_block(BEGIN_OF_MMAP, now)
        end = log.plain_block(end_of_mmap(log.calendar.local(now)), now)
        log.files.append(day.date, begin + buffer.block() + end)
    buffer.clear()
