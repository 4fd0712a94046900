"""Payloads as Mars leaves them: flushed after each line, and never finished."""

import zlib
from collections.abc import Iterable

import zstandard

_ZSTD = zstandard.ZstdCompressionParameters.from_level(
    3, window_log=16, write_content_size=False, write_checksum=False, write_dict_id=False
)


def deflate_pieces(lines: Iterable[bytes]) -> list[bytes]:
    """Return one sync-flushed piece a line of a single raw deflate stream without its end."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return [stream.compress(line) + stream.flush(zlib.Z_SYNC_FLUSH) for line in lines]


def zstd_pieces(lines: Iterable[bytes]) -> list[bytes]:
    """Return one flushed piece a line of a single zstd frame without its epilogue."""
    stream = zstandard.ZstdCompressor(compression_params=_ZSTD).compressobj()
    flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    return [stream.compress(line) + stream.flush(flush) for line in lines]


def chunked(pieces: Iterable[bytes]) -> bytes:
    """Return the pieces, each behind its length as u16 (a piece over 65535 bytes in several)."""
    parts = (
        piece[start : start + 0xFFFF] for piece in pieces for start in range(0, len(piece), 0xFFFF)
    )
    return b"".join(len(part).to_bytes(2, "little") + part for part in parts)
