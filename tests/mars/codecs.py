"""Payloads as Mars leaves them: flushed after each line, and never finished."""

import zlib
from collections.abc import Callable, Iterable

import zstandard

Packer = Callable[[bytes], bytes]
"""Takes a line, returns what it adds to the payload."""

_ZSTD = zstandard.ZstdCompressionParameters.from_level(
    3, window_log=16, write_content_size=False, write_checksum=False, write_dict_id=False
)


def plain_packer() -> Packer:
    """Return a packer that leaves lines as they are."""
    return bytes


def deflate_packer() -> Packer:
    """Return a packer into one raw deflate stream, sync-flushed after each line."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return lambda line: stream.compress(line) + stream.flush(zlib.Z_SYNC_FLUSH)


def zstd_packer() -> Packer:
    """Return a packer into one zstd frame, a flushed block a line."""
    stream = zstandard.ZstdCompressor(compression_params=_ZSTD).compressobj()
    flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    return lambda line: stream.compress(line) + stream.flush(flush)


PACKERS: dict[str, Callable[[], Packer]] = {
    "plain": plain_packer,
    "deflate": deflate_packer,
    "chunked": deflate_packer,
    "zstd": zstd_packer,
}


def pieces_of(codec: str, lines: Iterable[bytes]) -> list[bytes]:
    """Return what each line adds to one payload (chunks still without their lengths)."""
    return list(map(PACKERS[codec](), lines))


def chunked(piece: bytes) -> bytes:
    """Return a piece behind its length as u16; one over 65535 bytes becomes several."""
    parts = [piece[start : start + 0xFFFF] for start in range(0, len(piece), 0xFFFF)]
    return b"".join(len(part).to_bytes(2, "little") + part for part in parts)
