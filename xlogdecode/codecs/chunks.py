"""The 0x05 payload: raw deflate in chunks of {u16 n, n bytes}, each a flush."""

import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

from xlogdecode.codecs.deflate import FLUSH
from xlogdecode.types import Buffer

__all__ = ["iter_chunks", "join_chunks", "split_chunks"]

_LENGTH = struct.Struct("<H")
_MARK = int.from_bytes(FLUSH, "little")
_LONGEST = 0xFFFF
"""Bytes of a chunk at most: a flush of more goes on in the next one."""

Unpack = Callable[[Buffer, int], tuple[Any, ...]]


_UNPACKERS: Final[dict[int, Unpack]] = {}
"""A call for each length of a chunk that was met: it takes the chunk apart into what is before its
mark, the mark, and the length of the next chunk."""

_MOST_UNPACKERS = 4096


def split_chunks(buffer: bytes, begin: int, end: int) -> list[bytes] | None:
    """Return the chunks of the payload in `buffer[begin:end]`, each without its flush mark.

    None unless each ends in one, and the last at `end`, behind which `buffer` has two more bytes.
    """
    unpackers = _UNPACKERS
    parts: list[bytes] = []
    append = parts.append
    at, stop = begin + _LENGTH.size, end + _LENGTH.size
    (length,) = _LENGTH.unpack_from(buffer, begin)
    while at < stop:
        try:
            while at < stop:
                part, mark, following = unpackers[length](buffer, at)
                if mark != _MARK:
                    return None
                append(part)
                at += length + 2
                length = following
        except KeyError:
            if length < len(FLUSH):
                return None
            if len(unpackers) == _MOST_UNPACKERS:
                unpackers.clear()
            unpackers[length] = struct.Struct(f"<{length - 4}sIH").unpack_from
        except struct.error:  # the buffer ends
            return None
    return parts if at == stop else None


def iter_chunks(payload: Buffer) -> Iterator[memoryview]:
    """Yield the chunks up to the first that does not end in a flush mark, or is cut short."""
    view = memoryview(payload)
    index, size = 0, len(view)
    while index + 2 <= size:
        begin = index + 2
        index = begin + _LENGTH.unpack_from(view, index)[0]
        chunk = view[begin:index]
        if index > size or (chunk[-4:] != FLUSH and len(chunk) < _LONGEST):
            return
        yield chunk


def join_chunks(payload: Buffer) -> tuple[bytearray, int]:
    """Join the chunks of a payload; return them, and the bytes left over.

    A chunk that is cut short, or does not end in a flush mark, is taken as far as it goes, and
    counts as left over, its length too; so does all behind it.
    """
    joined = bytearray()
    index = 0
    for chunk in iter_chunks(payload):
        joined += chunk
        index += 2 + len(chunk)
    rest = memoryview(payload)[index:]
    if len(rest) > 2:
        joined += rest[2 : 2 + _LENGTH.unpack_from(rest)[0]]
    return joined, len(rest)
