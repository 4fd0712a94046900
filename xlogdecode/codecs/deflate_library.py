"""Deflate in one call: by `deflate` (libdeflate) where that is installed, else by zlib, slower."""

import zlib

from xlogdecode.types import Buffer

__all__ = ["IS_INSTALLED", "DeflateError", "crc32", "deflate_decompress", "zlib_compress"]


class ZlibError(Exception):
    """The data is not a complete deflate stream, or holds more than the bound."""


def decompress_by_zlib(data: Buffer, bound: int) -> bytearray:
    """Return the text of a raw deflate stream that ends within `data`, at most `bound` bytes.

    Raises ZlibError where there is more, or a fault, or no end.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = stream.decompress(data, bound + 1)
    except zlib.error as error:
        raise ZlibError(str(error)) from None
    if not stream.eof or len(text) > bound:
        raise ZlibError("no end within the bound")
    return bytearray(text)


def compress_by_zlib(data: Buffer, level: int) -> bytes:
    """Return a zlib stream; a level above 9, which only libdeflate has, is 9 here."""
    return zlib.compress(data, min(level, 9))


try:
    from deflate import DeflateError, crc32, deflate_decompress, zlib_compress

    IS_INSTALLED = True
except ImportError:
    crc32 = zlib.crc32  # type: ignore[assignment]
    DeflateError = ZlibError  # type: ignore[misc, assignment]
    deflate_decompress = decompress_by_zlib  # type: ignore[assignment]
    zlib_compress = compress_by_zlib  # type: ignore[assignment]
    IS_INSTALLED = False
