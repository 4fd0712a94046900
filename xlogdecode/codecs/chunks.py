"""The 0x05 payload: raw deflate in chunks of {u16 n, n bytes}, each a flush as a rule."""

import re
import struct
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from types import ModuleType

from xlogdecode.codecs.raw import FLUSH, inflate
from xlogdecode.types import Buffer

__all__ = ["inflate_chunks", "join_chunks", "join_many"]

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


def inflate_chunks(payload: Buffer, bound: int) -> bytearray | None:
    """Return the text of a payload, all of whose chunks are flushes as a rule; None as `inflate`.

    Then a length stands behind each flush's mark, and one call finds them all.
    """
    if payload[-len(FLUSH) :] == FLUSH:
        flushes = _join_flushes(payload)
        if flushes is not None:
            return inflate(flushes, bound)
    joined, rest = join_chunks(payload)
    return None if rest else inflate(joined, bound)


def _join_flushes(payload: Buffer) -> bytes | None:
    """Return the joined chunks; None unless each is one flush."""
    parts = _FLUSH_AND_LENGTH.split(payload[_LENGTH.size :])
    flushes = parts[::2]
    packed = b"".join((payload[: _LENGTH.size], *parts[1::2]))
    lengths = struct.unpack(f"<{len(flushes)}H", packed)
    mark = len(FLUSH)
    sizes = [size + mark for size in map(len, flushes)]
    sizes[-1] -= mark  # the last mark has no length behind it, and stands where it was
    if sizes != [*lengths]:
        return None
    return FLUSH.join(flushes)


def join_many(payloads: Sequence[Buffer]) -> list[memoryview | None]:
    """Return the joined chunks of each payload; None for one with a chunk that is not one flush.

    All are None where numpy is not installed, which takes a tenth of the time for many payloads in
    one go. A call a payload would have threads wait for each other.
    """
    np = _numpy()
    if np is None or min(map(len, payloads), default=0) < _LENGTH.size + len(FLUSH):
        return [None] * len(payloads)
    data = np.frombuffer(b"".join((*payloads, bytes(_LENGTH.size))), np.uint8)
    bounds = np.cumsum([len(payload) for payload in payloads])
    zeros, ones = data == 0x00, data == 0xFF
    marks = zeros[:-3] & zeros[1:-2] & ones[2:-1] & ones[3:]
    marks[bounds - len(FLUSH)] = True
    ends = np.flatnonzero(marks) + len(FLUSH)
    starts = np.concatenate(([0], ends[:-1]))
    lengths = data[starts] + (data[starts + 1].astype(np.intp) << 8)
    wrong = starts[starts + _LENGTH.size + lengths != ends]
    if len(wrong):
        bad = set(np.searchsorted(bounds, wrong, "right").tolist())
        good = iter(join_many([one for index, one in enumerate(payloads) if index not in bad]))
        return [None if index in bad else next(good) for index in range(len(payloads))]
    kept = np.ones(len(data), bool)
    kept[starts] = kept[starts + 1] = False
    joined = memoryview(data[kept])
    cuts = bounds - _LENGTH.size * np.searchsorted(ends, bounds, "right")
    return [joined[begin:end] for begin, end in pairwise((0, *cuts.tolist()))]


@cache
def _numpy() -> ModuleType | None:
    try:
        import numpy as np
    except ImportError:
        return None
    return np
