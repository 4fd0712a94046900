"""Raw deflate, flushed after each line: whole, by libdeflate; or up to its fault, by zlib."""

import contextlib
import re
import zlib
from collections.abc import Iterator
from itertools import pairwise

import deflate

from xlogdecode.codecs.common import END, PIECE, CodecError
from xlogdecode.types import Buffer

__all__ = ["FLUSH", "inflate", "inflate_to_fault", "iter_inflate", "may_inflate"]

FLUSH = b"\x00\x00\xff\xff"
"""What each sync flush of deflate ends with, on a byte's boundary."""

_FLUSHES = re.compile(re.escape(FLUSH))

_WINDOW = 1 << zlib.MAX_WBITS
"""Bytes of text that deflate refers back to."""

_SLICES = (4096, 64, 1)
"""Bytes handed to a decompressor at a time; after a fault the slice is taken again, finer."""

_LAST_STORED_BLOCK = b"\x01\x08\x00\xf7\xff" + END
"""A final deflate block that holds `END`; libdeflate wants an end, which no writer makes."""


def inflate(payload: Buffer, bound: int) -> bytearray | None:
    """Return the text of a stream that ends with a flush, at most `bound` bytes; else None."""
    try:
        text = deflate.deflate_decompress(b"".join((payload, _LAST_STORED_BLOCK)), bound + len(END))
    except deflate.DeflateError:
        return None
    if not text.endswith(END) or text.endswith(_LAST_STORED_BLOCK):  # as text: it was swallowed
        return None
    del text[-len(END) :]
    return text


def may_inflate(head: Buffer) -> bool:
    """Tell, at little cost, whether a stream can begin like this."""
    if head[0] & 6 == 6:  # the block type that does not exist
        return False
    if head[0] & 6 == 0 and len(head) >= 5 and (head[1] ^ head[3], head[2] ^ head[4]) != (255, 255):
        return False  # a stored block's length goes with its complement
    try:
        zlib.decompressobj(-zlib.MAX_WBITS).decompress(head, PIECE)
    except zlib.error:
        return False
    return True


def iter_inflate(payload: Buffer, text_before: Buffer = b"") -> Iterator[bytes]:
    """Yield what raw deflate gives, slice by slice, each slice taken finer once it has failed.

    `text_before` is what went before, as far as it may be referred to.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS, zdict=text_before)
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


def _inflate_slice(stream: "zlib._Decompress", data: Buffer) -> Iterator[bytes]:
    while True:
        text = stream.decompress(data, PIECE)
        if text:
            yield text
        data = stream.unconsumed_tail
        if not data and len(text) < PIECE:
            return


def inflate_to_fault(data: Buffer, fault: int, bound: int) -> bytes:
    """Return the text of raw deflate to the end of the flush that the line with the fault is in.

    Past a fault inflating may go on for many lines of junk before it meets an error. A flush leaves
    a mark, and at the mark a boundary, unless inflating has gone astray: the fault lies behind the
    last mark that is one. `fault` is where inflating failed; `bound` the text that came till then.
    """
    raw = bytes(data[:fault])
    ends = [0, *(match.end() for match in _FLUSHES.finditer(raw))]
    index, text = _last_sound(raw, ends, bound)
    stream = zlib.decompressobj(-zlib.MAX_WBITS, zdict=text[-_WINDOW:])
    flushes = pairwise([*ends[index:], len(raw)])
    for begin, end in flushes:
        piece = _inflate_flush(stream, raw[begin:end])
        if piece is None:
            text += _inflate_some(raw[begin:end], text[-_WINDOW:])
            break
        text += piece
    return bytes(text)


def _last_sound(raw: bytes, ends: list[int], bound: int) -> tuple[int, bytearray]:
    """Return the index of a late one of `ends`, 0 and marks, that is a boundary, and its text.

    It is looked for with growing steps: the marks behind it are quicker to look at one by one.
    """
    index, step = len(ends) - 1, 1
    while index > 0:
        text = inflate(raw[: ends[index]], bound)
        if text is not None:
            return index, text
        index, step = max(index - step, 0), step * 4
    return 0, bytearray()


def _inflate_flush(stream: "zlib._Decompress", flush: bytes) -> bytes | None:
    """Return the text of a flush if it ends where its mark is."""
    try:
        text = stream.decompress(flush)
        ends_here = stream.copy().decompress(_LAST_STORED_BLOCK) == END
    except zlib.error:
        return None
    return text if ends_here else None


def _inflate_some(data: bytes, before: bytearray) -> bytes:
    """Return the text up to a fault."""
    pieces: list[bytes] = []
    with contextlib.suppress(CodecError):
        pieces.extend(iter_inflate(data, before))
    return b"".join(pieces)
