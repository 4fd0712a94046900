"""Deflate in one call: by `deflate` (libdeflate) where that is installed, else by zlib, slower."""

__all__ = ["IS_INSTALLED", "DeflateError", "crc32", "deflate_decompress", "zlib_compress"]

try:
    from deflate import DeflateError, crc32, deflate_decompress, zlib_compress

    IS_INSTALLED = True
except ImportError:
    from xlogdecode.codecs.deflate_by_zlib import (  # type: ignore[assignment]
        DeflateError,
        crc32,
        deflate_decompress,
        zlib_compress,
    )

    IS_INSTALLED = False
