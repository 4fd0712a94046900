"""Runs: blocks in step, many at a time, as plain tuples over one buffer.

In a healthy file each block ends where the next one begins, whatever its magic. A run is taken by
the headers alone: whether its payloads decode is for the caller to find out. In sync mode each
line is a block, so a file holds millions of them: those are taken by their text as well.
"""

import struct
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from xlogdecode.format import (
    CRASH_BUFFER_SIZE,
    LAST_HOUR,
    READINGS,
    TAILER,
    Codec,
    Reading,
    is_torn,
)
from xlogdecode.framing.buffer import InputWindow
from xlogdecode.types import Buffer

__all__ = ["AHEAD", "PlainRun", "RunBlock", "Walk", "plain_run", "walk"]

AHEAD = 13
"""Bytes of zeros that are put behind the end of an input, so that all in it can be unpacked."""

_FIELDS = struct.Struct("<BHHII")
"""Magic, seq, both hours, length, and the start of the key's field."""

_LAST_HOURS = LAST_HOUR << 8 | LAST_HOUR

_MANY_LINES = 4
"""Plain blocks in a row from which on they are taken by `plain_run`."""


class RunBlock(NamedTuple):
    """One block of a run; indices are those of the run's buffer."""

    start: int
    begin: int
    """Index of the payload, behind the header."""
    end: int
    """Index of the tailer."""
    magic: int
    seq: int
    hours: int
    """Begin hour, and end hour times 256."""


class Walk(NamedTuple):
    """Blocks in step, and how the walk ended."""

    buffer: bytes
    blocks: list[RunBlock]
    end: int
    """Index behind the last block."""
    needs_more: bool
    """Whether only the end of the buffer, or of the count wanted, ended it."""
    lines_follow: bool
    """Whether many plain blocks of one magic begin where it ended."""


def walk(window: InputWindow, most: int) -> Walk:
    """Return at most so many blocks at the window's start, each followed by another header.

    A block that something else follows is not among them, unless the input ends behind it; nor
    is one that is longer than writers make them, or whose key field should be empty and is not.
    """
    buffer, start = window.buffer, window.start
    if window.is_last:
        buffer += bytes(AHEAD)
    size = len(window.buffer)
    sizes, keyed, plain = _header_sizes(), _keyed_magics(), _plain_magics()
    unpack, new = _FIELDS.unpack_from, tuple.__new__
    blocks: list[RunBlock] = []
    lines = 0
    ended = Walk(buffer, blocks, start, needs_more=True, lines_follow=False)
    if start + AHEAD > len(buffer):
        return ended
    magic, seq, hours, length, key = unpack(buffer, start)
    while len(blocks) < most:
        begin = start + sizes[magic]
        end = begin + length
        if begin == start or hours > _LAST_HOURS or hours & 0xFF > LAST_HOUR:
            return ended._replace(end=start, needs_more=False)
        if not 0 < length <= CRASH_BUFFER_SIZE or (key and magic not in keyed):
            return ended._replace(end=start, needs_more=False)
        if end + AHEAD >= len(buffer):
            return ended._replace(end=start)
        found = (start, begin, end, magic, seq, hours)
        before = magic
        magic, seq, hours, length, key = unpack(buffer, end + 1)
        is_next = buffer[end] == TAILER and (sizes[magic] or end + 1 == size)
        if not is_next or (before in plain and before in keyed and is_torn(buffer, start, end)):
            return ended._replace(end=start, needs_more=False)
        lines = lines + 1 if magic == before and magic in plain else 0
        if lines >= _MANY_LINES:
            del blocks[len(blocks) - lines + 1 :]
            start = blocks[-1].end + 1 if blocks else window.start
            return ended._replace(end=start, needs_more=False, lines_follow=True)
        blocks.append(new(RunBlock, found))
        start = end + 1
        if start == size:
            break
    return ended._replace(end=start)


@cache
def _header_sizes() -> list[int]:
    """Return the size of the header that each byte opens; 0 where it is not a magic."""
    return [READINGS[magic].header_size if magic in READINGS else 0 for magic in range(256)]


@cache
def _keyed_magics() -> frozenset[int]:
    return frozenset(magic for magic, one in READINGS.items() if one.has_key)


@cache
def _plain_magics() -> frozenset[int]:
    return frozenset(magic for magic, one in READINGS.items() if one.codec is Codec.PLAIN)


# plain blocks of a line each

_SHORT = 1024
"""Bytes below which nearly all lines are."""

_SHORTEST = 64
"""Bytes of a block that holds hardly a line."""


class PlainRun(NamedTuple):
    """Consecutive plain blocks of one magic, found in one pass; each ends a line."""

    reading: Reading
    start: int
    end: int
    """Index behind the last block."""
    blocks: int
    text: bytes
    hours: set[int]
    """Begin hour, and end hour times 256, of its blocks, each pair once."""
    first: tuple[int, int]
    """Seq and begin hour of the first block."""
    last: tuple[int, int]
    """Seq and end hour of the last block."""
    buffer: bytes

    def sizes(self) -> list[int]:
        """Return the bytes of text in each block."""
        found: list[int] = []
        index, between = self.start + 5, self.reading.header_size + 1
        for _ in range(self.blocks):
            size = int.from_bytes(self.buffer[index : index + 4], "little")
            found.append(size)
            index += size + between
        return found


def plain_run(buffer: bytes, start: int, reading: Reading, most: int) -> PlainRun | None:
    """Return the run of plain blocks at `start`, each followed by one of its magic, as far as so
    many of the shortest reach, or at least one of any length.

    The last block of a stretch, which something else follows, is not part of the run. None where
    there is no block to take.
    """
    header_size = reading.header_size
    if start + header_size > len(buffer):
        return None
    length = int.from_bytes(buffer[start + 5 : start + 9], "little")
    if reading.has_key and is_torn(buffer, start, start + header_size + length):
        return None
    stop = start + max(most * _SHORTEST, header_size + length + header_size)
    seen = buffer if stop >= len(buffer) else memoryview(buffer)[:stop]
    lines, opened = _lines(seen, start + header_size, length, reading)
    text = b"\n".join((*lines, b""))
    if b"\0" in text:  # no writer puts one into a plain block, so a length is wrong
        del lines[next(n for n, line in enumerate(lines) if b"\0" in line) :]
        text = b"\n".join((*lines, b""))
    if not lines:
        return None
    end = start + len(lines) * (header_size + 1) + len(text)
    last = end - len(lines[-1]) - header_size - 2
    hours = {
        int.from_bytes(joint[5:], "little") for joint, block in opened.items() if block < len(lines)
    }
    hours.add(int.from_bytes(buffer[start + 3 : start + 5], "little"))
    if any(pair > _LAST_HOURS or pair & 0xFF > LAST_HOUR for pair in hours):
        return None
    _, first_seq, first_hours, *_ = _FIELDS.unpack_from(buffer, start)
    _, last_seq, last_hours, *_ = _FIELDS.unpack_from(buffer, last)
    ends = (first_seq, first_hours & 0xFF), (last_seq, last_hours >> 8)
    return PlainRun(reading, start, end, len(lines), text, hours, *ends, buffer)


def _lines(
    seen: Buffer, begin: int, length: int, reading: Reading
) -> tuple[list[bytes], dict[bytes, int]]:
    """Return the blocks' texts, the first of so many bytes from `begin` on; and the joints between
    them, line feed to hours, with the number of the first block that each opens.
    """
    header_size = reading.header_size
    joint = bytes((0x0A, TAILER, reading.magic))
    unpackers, steps = _unpackers(has_key=reading.has_key), _steps(header_size)
    lines: list[bytes] = []
    last_joint, last_key = b"", 0
    opened: dict[bytes, int] = {}
    try:
        while True:
            try:
                line, found, next_length, key = unpackers[length](seen, begin)
                begin += steps[length]
            except IndexError:
                line, found, next_length, key = _unpacker(length, has_key=reading.has_key)(
                    seen, begin
                )
                begin += length + header_size + 1
            if key != last_key:
                if reading.has_key and is_torn(seen, begin - header_size, begin + next_length):
                    break
                last_key = key
            length = next_length
            if found != last_joint:
                if found not in opened:
                    if found[:3] != joint:
                        del lines[-1:]  # its length may lie: it is looked at closely
                        break
                    opened[found] = len(lines) + 1
                last_joint = found
            lines.append(line)
    except struct.error:  # the next joint is beyond what is seen, or a block is empty
        pass
    return lines, opened


def _unpacker(length: int, *, has_key: bool) -> Callable[[Buffer, int], tuple[Any, ...]]:
    """Return what reads a line of so many bytes up to the next block's text: the line but for its
    line feed, what is from there to the next hours, the length, and the end of the key field, which
    a session never changes.
    """
    return struct.Struct(f"<{length - 1}s7sI" + ("56xQ" if has_key else "I")).unpack_from


@cache
def _steps(header_size: int) -> list[int]:
    """Return how far the next block's text begins behind that of each short line."""
    return [header_size + length + 1 for length in range(_SHORT)]


@cache
def _unpackers(*, has_key: bool) -> list[Callable[[Buffer, int], tuple[Any, ...]]]:
    """Return those of all short lines: one call a line, where a slice would be a second."""
    return [_nothing, *(_unpacker(length, has_key=has_key) for length in range(1, _SHORT))]


def _nothing(_seen: Buffer, _begin: int) -> tuple[Any, ...]:
    raise struct.error
