"""Raw deflate, flushed after each line: in one call of libdeflate; or flush by flush, by zlib."""

import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from xlogdecode.codecs.common import END, PIECE, CodecError, ends_with_mark
from xlogdecode.codecs.deflate_library import DeflateError, deflate_decompress
from xlogdecode.types import Buffer

if TYPE_CHECKING:
    Inflater = zlib._Decompress  # noqa: SLF001 - it has no public name

__all__ = [
    "FLUSH", "LAST_STORED_BLOCK", "count_lines", "flushes_in", "inflate", "inflate_lines",
    "iter_flushes", "iter_inflate", "may_inflate", "new_inflater",
]  # fmt: skip

FLUSH = b"\x00\x00\xff\xff"
"""The last bytes of each sync flush of deflate, on a byte's boundary."""

_SLICES = (4096, 64, 1)
"""Bytes handed to a decompressor at a time; after a fault the slice is taken again, finer."""

_LONGEST_FLUSH = 8 << 20
"""Bytes of text of one flush; a writer's line has 16 KiB."""

_END_OF_LINE = b"\n" + END

LAST_STORED_BLOCK = b"\x01\x08\x00\xf7\xff" + END
"""A final deflate block that holds `END`; libdeflate wants an end, which no writer makes."""


def new_inflater() -> "Inflater":
    """Return what inflates a stream from its beginning."""
    return zlib.decompressobj(-zlib.MAX_WBITS)


def inflate(payload: Buffer, bound: int) -> bytearray | None:
    """Return the text of a stream that ends with a flush, at most `bound` bytes; else None."""
    try:
        text = deflate_decompress(b"".join((payload, LAST_STORED_BLOCK)), bound + len(END))
    except DeflateError:
        return None
    if not ends_with_mark(text):
        return None
    del text[-len(END) :]
    return text


def inflate_lines(stream: bytes, bound: int, least: int) -> bytearray | None:
    """Return the text of a stream that has `LAST_STORED_BLOCK` behind it, if its end is the end of
    a line, and it has so many lines at least.
    """
    try:
        text: bytearray = deflate_decompress(stream, bound)
    except DeflateError:
        return None
    size = len(text) - len(END)
    if text.find(b"\0") != size or not text.endswith(_END_OF_LINE):
        return None
    del text[size:]
    return text if count_lines(text) >= least else None


def count_lines(text: bytes | bytearray) -> int:
    """Return how many lines end in `text`: twice as fast as `bytes.count`, which steps."""
    return len(text) - len(text.replace(b"\n", b""))


def may_inflate(head: Buffer) -> bool:
    """Tell, at little cost, whether a stream can begin like this."""
    if head[0] & 6 == 6:  # the block type that does not exist
        return False
    if head[0] & 6 == 0 and len(head) >= 5 and (head[1] ^ head[3], head[2] ^ head[4]) != (255, 255):
        return False  # a stored block's length goes with its complement
    try:
        new_inflater().decompress(head, PIECE)
    except zlib.error:
        return False
    return True


def iter_inflate(payload: Buffer, stream: "Inflater | None" = None) -> Iterator[bytes]:
    """Yield what raw deflate gives, slice by slice, each slice taken finer once it has failed.

    `stream` has taken what is before `payload`, if anything is.
    """
    stream = stream or new_inflater()
    finest = len(_SLICES) - 1
    index, level, fine_until = 0, 0, 0
    if len(payload) <= _SLICES[1]:  # a copy of the decompressor costs more than the finest slices
        level, fine_until = finest, len(payload)
    while index < len(payload) and not stream.eof:
        if index >= fine_until:
            level = 0
        before = stream if level == finest else stream.copy()
        data = payload[index : index + _SLICES[level]]
        try:
            texts = list(_inflate_slice(stream, data))
        except zlib.error as error:
            if level == finest:
                raise CodecError(str(error), index) from None
            stream, fine_until = before, index + len(data)
            level += 1
            continue
        yield from texts
        index += len(data)
    if index < len(payload) or stream.unused_data:
        raise CodecError("bytes follow the end of the stream", index)


def _inflate_slice(stream: "Inflater", data: Buffer) -> Iterator[bytes]:
    while True:
        text = stream.decompress(data, PIECE)
        if text:
            yield text
        data = stream.unconsumed_tail
        if not data and len(text) < PIECE:
            return


def flushes_in(payload: Buffer) -> Iterator[bytes]:
    """Yield the stretches of a stream that end in a flush mark; what is behind the last is none."""
    data, begin = bytes(payload), 0
    while (mark := data.find(FLUSH, begin)) >= 0:
        end = mark + len(FLUSH)
        yield data[begin:end]
        begin = end


def iter_flushes(
    stretches: Iterable[Buffer], *, marks_may_lie: bool, stream: "Inflater | None" = None
) -> Iterator[bytes]:
    """Yield the text of each flush; raise CodecError where one does not inflate to its mark.

    A mark is on a boundary of deflate blocks, unless the bytes only look like one, which is rare,
    or inflating has gone astray. Where `marks_may_lie`, a text that ends no line goes on behind a
    mark that is on none. `CodecError.consumed` counts the bytes of all flushes before. `stream` is
    as for `iter_inflate`.
    """
    stream = stream or new_inflater()
    text, flushed, seen = b"", 0, 0
    for stretch in stretches:
        seen += len(stretch)
        try:
            text += stream.decompress(stretch, _LONGEST_FLUSH)
        except zlib.error as error:
            raise CodecError(str(error), flushed) from None
        if stream.unconsumed_tail or len(text) > _LONGEST_FLUSH:
            raise CodecError("a flush of too much text", flushed)
        if (marks_may_lie and text.endswith(b"\n")) or _is_at_a_boundary(stream):
            yield text
            text, flushed = b"", seen
        elif not marks_may_lie:
            break
    if flushed < seen:
        raise CodecError("a flush mark is on no boundary", flushed)


def _is_at_a_boundary(stream: "Inflater") -> bool:
    try:
        return stream.copy().decompress(LAST_STORED_BLOCK) == END
    except zlib.error:
        return False
