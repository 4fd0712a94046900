"""Plain blocks in bulk. In sync mode each line is a block, so a file holds millions of them."""

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from xlogdecode.format import Reading
from xlogdecode.framing.events import PlainRun
from xlogdecode.types import Buffer

__all__ = ["plain_run"]

_SHORT = 1024
"""Bytes below which nearly all lines are."""

_JOINT = 10
"""Bytes from a block's tailer to the end of the next one's length."""

_SHORTEST = 64
"""Bytes of a block that holds hardly a line."""


def plain_run(
    buffer: bytes, start: int, offset: int, reading: Reading, most: int
) -> PlainRun | None:
    """Return the run of plain blocks at `start`, each followed by one of its magic, as far as so
    many of the shortest reach, or at least one of any length.

    `buffer` must hold a whole header at `start`. The last block of a stretch, which something else
    follows, is not part of the run. None where there is no block to take.
    """
    length = int.from_bytes(buffer[start + 5 : start + 9], "little")
    stop = start + max(most * _SHORTEST, reading.header_size + length + _JOINT)
    seen = buffer if stop >= len(buffer) else memoryview(buffer)[:stop]
    lines, opened = _walk(seen, start + reading.header_size, length, reading)
    text = _joined(lines)
    if not lines:
        return None
    around = reading.header_size + 1
    size = len(lines) * around + len(text)
    last = start + size - len(lines[-1]) - around
    hours = {joint[4:] for joint, block in opened.items() if block < len(lines)}
    hours.add(buffer[start + 3 : start + 5])
    return PlainRun(offset, size, reading, len(lines), text, buffer, start, last, hours)


def _walk(
    seen: Buffer, begin: int, length: int, reading: Reading
) -> tuple[list[bytes], dict[bytes, int]]:
    """Return the blocks' texts, the first of so many bytes from `begin` on; and the joints between
    them, tailer to hours (a plain block's seq is 0), with the number of the first block that each
    opens.
    """
    header_size = reading.header_size
    joint = bytes((0, reading.magic))
    unpackers, steps = _unpackers(), _steps(header_size)
    lines: list[bytes] = []
    last_joint = b""
    opened: dict[bytes, int] = {}
    try:
        while True:
            try:
                line, found, next_length = unpackers[length](seen, begin)
                begin += steps[length]
            except IndexError:
                line, found, next_length = _unpacker(length)(seen, begin)
                begin += length + header_size + 1
            length = next_length
            if found != last_joint:
                if found not in opened:
                    if found[:2] != joint:
                        del lines[-1:]  # its length may lie: it is looked at closely
                        break
                    opened[found] = len(lines) + 1
                last_joint = found
            lines.append(line)
    except struct.error:  # the next joint lies beyond what is seen
        pass
    return lines, opened


def _joined(lines: list[bytes]) -> bytes:
    """Return the text of `lines`; drop those from a NUL on: no writer puts one into a plain block,
    so a length lies.
    """
    text = b"".join(lines)
    if b"\0" in text:
        del lines[next(i for i, line in enumerate(lines) if b"\0" in line) :]
        text = b"".join(lines)
    return text


def _unpacker(length: int) -> Callable[[Buffer, int], tuple[Any, ...]]:
    """Return what reads a line of so many bytes up to the next block's length: the line, what is
    from its tailer to the next hours, the length.
    """
    return struct.Struct(f"<{length}s6sI").unpack_from


@cache
def _steps(header_size: int) -> list[int]:
    """Return how far the next block's text begins behind that of each short line."""
    return [header_size + length + 1 for length in range(_SHORT)]


@cache
def _unpackers() -> list[Callable[[Buffer, int], tuple[Any, ...]]]:
    """Return those of all short lines: one call a line, where a slice would be a second."""
    return [_unpacker(length) for length in range(_SHORT)]
