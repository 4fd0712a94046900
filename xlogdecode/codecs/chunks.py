"""The 0x05 payload: raw deflate in chunks of {u16 n, n bytes}, each a flush as a rule."""

import re
import struct

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


def inflate_chunks(payload: Buffer, bound: int) -> bytearray | None:
    """Return the text of a payload, all of whose chunks are flushes as a rule; None as `inflate`.

    Then a length stands behind each flush's mark, and one call finds them all, where a call a chunk
    would have threads wait for each other. A mark that is none has the lengths add up to too much.
    """
    if payload[-len(FLUSH) :] == FLUSH:
        flushes, lengths = _split_chunks(payload)
        if sum(lengths) + 2 * len(lengths) == len(payload):
            return inflate(FLUSH.join(flushes), bound)
    joined, rest = join_chunks(payload)
    return None if rest else inflate(joined, bound)


def _split_chunks(payload: Buffer) -> tuple[list[bytes], tuple[int, ...]]:
    """Return the flushes without their marks, and what stands in front of each as its length."""
    parts = _FLUSH_AND_LENGTH.split(payload[_LENGTH.size :])
    lengths = b"".join((payload[: _LENGTH.size], *parts[1::2]))
    return parts[::2], struct.unpack(f"<{len(lengths) // 2}H", lengths)
