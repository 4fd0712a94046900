"""Blocks of some MB at most that unpack to gigabytes."""

import struct
import zlib

from tests.mars import Kind, Session
from tests.mars.crypt import tea_encrypt

_LINES = [
    b"2024-01-01 a line of some log".ljust(size, b"a") + b"\n" for size in (*[16_383] * 61, 575)
]
"""A million bytes in lines of the length that Mars cuts them at; the opening of one proves a key.
"""


def bomb(kind: Kind, megabytes: int, session: Session | None = None) -> bytes:
    """Return a file of one block, whose text is `megabytes` million bytes."""
    if kind.codec == "zstd":
        payload = _zstd(megabytes)
    else:
        pieces = [_deflate()] * megabytes
        if kind.codec == "chunked":
            pieces = [len(piece).to_bytes(2, "little") + piece for piece in pieces]
        payload = b"".join(pieces)
    if kind.encrypted:
        assert session is not None
        payload = tea_encrypt(payload, session.tea_key)
    key = session.client_key if session else b""
    header = struct.pack("<BHBBI", kind.magic, 1, 9, 9, len(payload)) + key
    return header.ljust(kind.header_size, b"\0") + payload + b"\0"


def _deflate() -> bytes:
    """A million bytes that stand on their own: after a full flush nothing before is referred to."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    flushes = [stream.compress(line) + stream.flush(zlib.Z_SYNC_FLUSH) for line in _LINES]
    return b"".join(flushes) + stream.flush(zlib.Z_FULL_FLUSH)


def _zstd(megabytes: int) -> bytes:
    """A frame of a line, and of blocks that each say "a newline, 50,000 times"."""
    line = b"2024-01-01 a line of some log, by which a key is proven\n"
    opening = (len(line) << 3).to_bytes(3, "little") + line
    rest = (50_000 - len(line) << 3 | 1 << 1).to_bytes(3, "little") + b"\n"
    newlines = (50_000 << 3 | 1 << 1).to_bytes(3, "little") + b"\n"
    return b"\x28\xb5\x2f\xfd\x00\x30" + opening + rest + newlines * (megabytes * 20 - 1)
