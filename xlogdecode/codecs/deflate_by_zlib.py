"""The calls of the package `deflate` that are needed here, by zlib of the standard library."""

import zlib
from zlib import crc32

from xlogdecode.types import Buffer

__all__ = ["DeflateError", "crc32", "deflate_decompress", "zlib_compress"]


class DeflateError(Exception):
    """The data is not a complete deflate stream, or holds more than the bound."""


def deflate_decompress(data: Buffer, bound: int) -> bytearray:
    """Return the text of a raw deflate stream that ends within `data`, at most `bound` bytes.

    Raises DeflateError where there is more, or a fault, or no end.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = stream.decompress(data, bound + 1)
    except zlib.error as error:
        raise DeflateError(str(error)) from None
    if not stream.eof or len(text) > bound:
        raise DeflateError("no end within the bound")
    return bytearray(text)


def zlib_compress(data: Buffer, level: int) -> bytes:
    """Return a zlib stream; a level above 9, which only libdeflate has, is 9 here."""
    return zlib.compress(data, min(level, 9))
