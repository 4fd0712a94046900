"""Payload into text: deflate, chunked deflate and zstd as xlog writers leave them, never finished.

A writer flushes after each line and closes nothing, so a whole payload ends at the end of a flush:
a deflate block's boundary, or a zstd block's. `unpack` takes just those, at full speed;
`iter_unpack` takes whatever there is, in bounded pieces, up to the fault.
"""

from collections.abc import Iterator

from xlogdecode.codecs.chunks import inflate_chunks, join_chunks, join_many
from xlogdecode.codecs.common import CodecError
from xlogdecode.codecs.raw import FLUSH, inflate, inflate_to_fault, iter_inflate, may_inflate
from xlogdecode.codecs.zstd import ends_a_zstd_block, iter_unzstd, unzstd
from xlogdecode.format import Codec
from xlogdecode.types import Buffer

__all__ = [
    "FLUSH", "CodecError", "ends_a_flush", "inflate_to_fault", "iter_unpack",
    "join_chunks", "join_many", "may_start_with", "unpack",
]  # fmt: skip


def unpack(codec: Codec, payload: Buffer, bound: int) -> Buffer | None:
    """Return the text of a whole payload, at most `bound` bytes of it.

    None where the payload is damaged, ends in mid-stream, or unpacks to more than that. Symbols
    that no writer uses (286, 287, 30, 31) pass for their neighbours here, not in `iter_unpack`.
    """
    match codec:
        case Codec.PLAIN:
            return payload
        case Codec.DEFLATE:
            return inflate(payload, bound)
        case Codec.CHUNKED:
            return inflate_chunks(payload, bound)
        case Codec.ZSTD:
            return unzstd(payload, bound)


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


def ends_a_flush(codec: Codec, data: Buffer) -> bool:
    """Tell whether compressed data that shows no fault ends where a flush does."""
    return ends_a_zstd_block(data) if codec is Codec.ZSTD else data[-len(FLUSH) :] == FLUSH
