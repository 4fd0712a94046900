"""Payload into text: deflate, chunked deflate and zstd as xlog writers leave them, never finished.

A writer flushes after each line and closes nothing, so a payload ends at the end of a flush: a
deflate block's boundary, or a zstd block's. `unpack` takes just those, at full speed; `iter_unpack`
takes whatever there is, in bounded pieces, up to the fault; `flushed_texts` goes flush by flush.
"""

from collections.abc import Iterator

from xlogdecode.codecs.chunks import iter_chunks, join_chunks, split_chunks
from xlogdecode.codecs.common import END, CodecError
from xlogdecode.codecs.deflate import (
    FLUSH,
    LAST_STORED_BLOCK,
    count_lines,
    flushes_in,
    inflate,
    inflate_lines,
    iter_flushes,
    iter_inflate,
    may_inflate,
)
from xlogdecode.codecs.zstd import ends_a_zstd_block, iter_unzstd, unzstd
from xlogdecode.format import Codec
from xlogdecode.types import Buffer

__all__ = [
    "FLUSH", "CodecError", "count_flushes", "count_lines", "ends_a_flush", "flushed_texts",
    "iter_unpack", "join_chunks", "may_start_with", "split_chunks", "unpack", "unpack_lines",
]  # fmt: skip


def unpack(codec: Codec, payload: Buffer, bound: int) -> Buffer | None:
    """Return the text of a payload that ends with a flush, at most `bound` bytes of it.

    None where the payload is damaged, ends in mid-stream, or unpacks to more than that. Symbols
    that no writer uses (286, 287, 30, 31) pass for their neighbours here, not in `iter_unpack`.
    """
    match codec:
        case Codec.PLAIN:
            return payload
        case Codec.DEFLATE:
            return inflate(payload, bound)
        case Codec.CHUNKED:
            joined, rest = join_chunks(payload)
            return None if rest else inflate(joined, bound)
        case Codec.ZSTD:
            text = unzstd(payload, bound)
            return None if text is None else memoryview(text)[: -len(END)]  # a slice is a copy


def unpack_lines(codec: Codec, buffer: bytes, begin: int, end: int) -> Buffer | None:
    """Return the text of the payload `buffer[begin:end]` if all looks as most writers leave it.

    That is: flushed to its end, at most 16 times as long, with a line's end at its end, and as many
    more within as there are flushes (where these show). `buffer` has two bytes behind `end`.
    """
    bound = _USUAL_RATIO * (end - begin) + 4096
    if codec is Codec.CHUNKED:
        parts = split_chunks(buffer, begin, end)
        if parts is None:
            return None
        flushes = len(parts)
        parts.append(LAST_STORED_BLOCK)
        return inflate_lines(FLUSH.join(parts), bound, flushes)
    if codec is Codec.DEFLATE:
        stream = buffer[begin:end] + LAST_STORED_BLOCK
        return inflate_lines(stream, bound, stream.count(FLUSH))
    if codec is Codec.ZSTD:
        unpacked = unpack(codec, buffer[begin:end], bound)
        return unpacked if unpacked and unpacked[-1] == _NEWLINE else None
    line = buffer[begin:end]
    return line if line.endswith(b"\n") and b"\0" not in line else None


_USUAL_RATIO = 16
_NEWLINE = 0x0A


def may_start_with(codec: Codec, head: Buffer) -> bool:
    """Tell, at little cost, whether a payload can begin like this."""
    if codec is Codec.CHUNKED:
        head, codec = join_chunks(head)[0], Codec.DEFLATE
    if codec is Codec.PLAIN or not head:
        return True
    if codec is Codec.DEFLATE:
        return may_inflate(head)
    try:
        for _ in iter_unzstd(head):
            pass
    except CodecError:
        return False
    return True


def iter_unpack(codec: Codec, payload: Buffer) -> Iterator[bytes]:
    """Yield the text of a payload in pieces of at most 1 MiB, up to its end or its fault.

    Raises CodecError at a fault. An end in mid-stream is none.
    """
    match codec:
        case Codec.PLAIN:
            yield bytes(payload)
        case Codec.DEFLATE:
            yield from iter_inflate(payload)
        case Codec.CHUNKED:
            joined, rest = join_chunks(payload)
            yield from iter_inflate(joined)
            if rest:
                raise CodecError("the chunk lengths do not add up", len(payload) - rest)
        case Codec.ZSTD:
            yield from iter_unzstd(payload)


def flushed_texts(codec: Codec, payload: Buffer, *, marks_may_lie: bool = False) -> Iterator[bytes]:
    """Yield what each flush of a payload added to the text, up to its end or its fault.

    Raises CodecError at a fault, and where a flush does not end at its mark (`iter_flushes`).
    """
    match codec:
        case Codec.PLAIN:
            yield bytes(payload)
        case Codec.DEFLATE:
            yield from iter_flushes(flushes_in(payload), marks_may_lie=marks_may_lie)
        case Codec.CHUNKED:
            yield from iter_flushes(iter_chunks(payload), marks_may_lie=marks_may_lie)
        case Codec.ZSTD:
            yield from iter_unzstd(payload)


def count_flushes(codec: Codec, payload: Buffer) -> int:
    """Return how many flushes a payload shows: each ended a line."""
    match codec:
        case Codec.DEFLATE:
            return bytes(payload).count(FLUSH)
        case Codec.CHUNKED:
            return sum(1 for _ in iter_chunks(payload))
        case _:
            return 0


def ends_a_flush(codec: Codec, data: Buffer) -> bool:
    """Tell whether compressed data that shows no fault ends where a flush does."""
    return ends_a_zstd_block(data) if codec is Codec.ZSTD else data[-len(FLUSH) :] == FLUSH
