"""Plain blocks in bulk. In sync mode each line is a block, so a file holds millions of them."""

import struct
from collections.abc import Callable
from functools import cache
from itertools import repeat
from typing import Any

from xlogdecode.format import Reading
from xlogdecode.framing.events import PlainRun

__all__ = ["plain_run"]

_SHORT = 1024
"""Bytes below which nearly all lines are."""


def plain_run(
    buffer: bytes, start: int, offset: int, reading: Reading, most: int
) -> PlainRun | None:
    """Return the run of at most so many plain blocks at `start`, each followed by one of its magic.

    `buffer` must hold a whole header at `start`. The last block of a stretch, which something else
    follows, is not part of the run. None where there is no block to take.
    """
    header_size = reading.header_size
    skip = 1 + header_size
    joint = bytes((0, reading.magic))
    unpackers = _unpackers()
    lines: list[bytes] = []
    append = lines.append
    last_joint = b""
    opened: dict[bytes, int] = {}  # joint (seq is 0) and hours -> the first block they open
    begin = start + header_size
    length = int.from_bytes(buffer[start + 5 : start + 9], "little")
    try:
        for _ in repeat(None, most):
            try:
                line, found, next_length = unpackers[length](buffer, begin)
            except IndexError:
                line, found, next_length = _unpacker(length)(buffer, begin)
            if found != last_joint:
                if found not in opened:
                    if found[:2] != joint:
                        del lines[-1:]  # its length may lie: it is looked at closely
                        break
                    opened[found] = len(lines) + 1
                last_joint = found
            append(line)
            begin += length + skip
            length = next_length
    except struct.error:  # the next joint lies beyond the buffer
        pass
    text = _joined(lines)
    if not lines:
        return None
    length = len(lines) * (header_size + 1) + len(text)
    last = start + length - len(lines[-1]) - header_size - 1
    hours = {found[4:] for found, block in opened.items() if block < len(lines)}
    hours.add(buffer[start + 3 : start + 5])
    return PlainRun(offset, length, reading, len(lines), text, buffer, start, last, hours)


def _joined(lines: list[bytes]) -> bytes:
    """Return the text of `lines`; drop those from a NUL on: no writer puts one into a plain block,
    so a length lies.
    """
    text = b"".join(lines)
    if b"\0" in text:
        del lines[next(i for i, line in enumerate(lines) if b"\0" in line) :]
        text = b"".join(lines)
    return text


def _unpacker(length: int) -> Callable[[bytes, int], tuple[Any, ...]]:
    """Return what reads a line of so many bytes up to the next block's length: the line, what is
    from its tailer to the next hours, the length.
    """
    return struct.Struct(f"<{length}s6sI").unpack_from


@cache
def _unpackers() -> list[Callable[[bytes, int], tuple[Any, ...]]]:
    """Return those of all short lines: one call a line, where a slice would be a second."""
    return [_unpacker(length) for length in range(_SHORT)]
