"""What can be had of a broken payload: the text up to its fault."""

from collections.abc import Iterator

from xlogdecode.codecs import FLUSH, CodecError, inflate_to_fault, iter_unpack, join_chunks
from xlogdecode.format import LONGEST_LINE, NOT_TEXT, Codec
from xlogdecode.types import Buffer

__all__ = ["TEXT_LIMIT", "salvage_plain", "up_to_the_fault"]

TEXT_LIMIT = 8 << 20
"""Bytes of text held at a time; a block that unpacks to more is streamed."""


def salvage_plain(remains: memoryview, *, to_the_end: bool) -> Iterator[bytes]:
    """Yield a plain payload up to its first NUL (its tailer, if the length lied), if it is text."""
    text = bytes(remains[: LONGEST_LINE + 1])
    text = text.partition(b"\0")[0]
    if to_the_end and len(text) + 1 != len(remains):
        return
    if len(text) <= LONGEST_LINE and not NOT_TEXT.search(text):
        yield text


def up_to_the_fault(codec: Codec, data: Buffer, hole: int) -> Iterator[bytes]:
    """Yield the text before the fault; a hole (index `hole`) that lies before it is the fault."""
    if codec is Codec.CHUNKED:
        data, codec = join_chunks(data)[0], Codec.DEFLATE
    pieces: list[bytes] = []
    size, fault = 0, len(data)
    try:
        for piece in iter_unpack(codec, data):
            pieces.append(piece)
            size += len(piece)
            if size > TEXT_LIMIT:  # too much to look back at
                yield b"".join(pieces)
                pieces.clear()
    except CodecError as error:
        fault = min(error.consumed, hole) if hole >= 0 else error.consumed
    if size <= TEXT_LIMIT and codec is Codec.DEFLATE:
        if fault == hole or FLUSH in bytes(data[:fault]):  # else nothing came that is astray
            pieces = [inflate_to_fault(data, fault, size)]
    elif size <= TEXT_LIMIT and fault < len(data):
        pieces = list(_before(codec, data[:fault]))
    yield _without_junk(b"".join(pieces))


def _without_junk(text: bytes) -> bytes:
    """Cut what inflating past a tear made of it: NULs, and control characters in the last line."""
    text = text.partition(b"\0")[0]
    junk = NOT_TEXT.search(text, text.rfind(b"\n") + 1)
    return text[: junk.start()] if junk else text


def _before(codec: Codec, data: Buffer) -> Iterator[bytes]:
    try:
        yield from iter_unpack(codec, data)
    except CodecError:
        return
