"""The 0x05 payload: raw deflate in chunks of {u16 n, n bytes}, each a flush as a rule."""

import re
import struct
from functools import cache
from types import ModuleType

from xlogdecode.codecs.common import Buffer
from xlogdecode.codecs.raw import FLUSH, inflate

__all__ = ["inflate_chunks", "join_chunks"]

_LENGTH = struct.Struct("<H")
_FLUSH_AND_LENGTH = re.compile(re.escape(FLUSH) + rb"(..)", re.DOTALL)


def join_chunks(payload: Buffer) -> tuple[bytes, int]:
    """Join the {u16 n, n bytes} chunks of a 0x05 payload; return them and the bytes left over.

    A chunk that is cut short is taken as far as it goes, and counts as left over, its length too.
    So does all from an empty chunk on: a flush is never empty, and zeros are no chunks.
    """
    data = bytes(payload)
    chunks: list[bytes] = []
    index, size = 0, len(data)
    append, length = chunks.append, _LENGTH.unpack_from
    try:
        while index < size:
            begin = index + 2
            index = begin + length(data, index)[0]
            append(data[begin:index])
    except struct.error:  # a single byte is left
        pass
    if not all(chunks):
        del chunks[chunks.index(b"") :]
        index = sum(map(len, chunks), 2 * len(chunks))
    rest = size - index if index <= size else 2 + len(chunks[-1])
    return b"".join(chunks), rest


def inflate_chunks(payload: Buffer, bound: int, *, many: bool = False) -> bytearray | None:
    """Return the text of a payload, all of whose chunks are flushes as a rule; None as `inflate`.

    Then a length stands behind each flush's mark, and one call finds them all, where a call a chunk
    would have threads wait for each other. `many` says that there are enough of them to import
    numpy, which takes half the time where it is installed.
    """
    if payload[-len(FLUSH) :] == FLUSH:
        numpy = _numpy() if many else None
        flushes = _by_numpy(payload, numpy) if numpy else _by_pattern(payload)
        if flushes is not None:
            return inflate(flushes, bound)
    joined, rest = join_chunks(payload)
    return None if rest else inflate(joined, bound)


def _by_pattern(payload: Buffer) -> bytes | None:
    """Return the joined chunks; None unless each is one flush."""
    parts = _FLUSH_AND_LENGTH.split(payload[_LENGTH.size :])
    flushes = parts[::2]
    packed = b"".join((payload[: _LENGTH.size], *parts[1::2]))
    lengths = struct.unpack(f"<{len(flushes)}H", packed)
    sizes = [len(flush) + len(FLUSH) for flush in flushes]
    sizes[-1] -= len(FLUSH)  # the last mark has no length behind it, and stands where it was
    if sizes != [*lengths]:
        return None
    return FLUSH.join(flushes)


def _by_numpy(payload: Buffer, np: ModuleType) -> memoryview | None:
    """Return the joined chunks; None unless each is one flush."""
    data = np.frombuffer(payload, np.uint8)
    zeros, ones = data == 0x00, data == 0xFF
    marks = zeros[:-3] & zeros[1:-2] & ones[2:-1] & ones[3:]
    ends = np.flatnonzero(marks) + len(FLUSH)
    starts = np.concatenate(([0], ends[:-1]))
    lengths = data[starts] + (data[starts + 1].astype(np.intp) << 8)
    if not np.array_equal(starts + _LENGTH.size + lengths, ends):
        return None
    kept = np.ones(len(data), bool)
    kept[starts] = kept[starts + 1] = False
    return memoryview(data[kept])


@cache
def _numpy() -> ModuleType | None:
    try:
        import numpy as np
    except ImportError:
        return None
    return np
