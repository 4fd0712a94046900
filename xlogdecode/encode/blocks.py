"""Text -> blocks in one go, without a folder or a clock: fixtures, benchmarks, round trips."""

import io
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from xlogdecode.crypto import Cipher
from xlogdecode.encode.block_format import (
    BLOCK_SIZE,
    PIECE_SIZE,
    BlockFormat,
    SequenceNumbers,
    check_mode,
    kind_of,
    level_of,
)
from xlogdecode.encode.streams import new_streams
from xlogdecode.errors import UsageError
from xlogdecode.keys import parse_public_key

__all__ = ["encode_bytes", "iter_blocks"]


def encode_bytes(
    text: bytes,
    *,
    codec: str = "zlib",
    mode: str = "async",
    format: str = "mars",  # noqa: A002 - as the option is called
    public_key: str | bytes | None = None,
    compress_level: int | None = None,
    hour: int = 0,
) -> bytes:
    """Return `text` as an xlog file without banners: decoded, it is `text` again.

    `codec` is zlib or zstd, `mode` async (compressed blocks) or sync (a plain block a line),
    `format` mars or imsdk; `public_key` (the server's, 64 bytes or 128 hex digits) makes async
    blocks encrypted; `compress_level` is the codec's, by default Mars's own; `hour` (0-23) is in
    all headers, so that the same clear text always gives the same file. Raises UsageError for
    text that holds NUL, and for blocks that no writer makes.
    """
    blocks = iter_blocks(
        io.BytesIO(text),
        codec=codec, mode=mode, format=format, public_key=public_key,
        compress_level=compress_level, hour=hour,
    )  # fmt: skip
    return b"".join(blocks)


def iter_blocks(
    source: BinaryIO,
    *,
    codec: str = "zlib",
    mode: str = "async",
    format: str = "mars",  # noqa: A002 - as the option is called
    public_key: str | bytes | None = None,
    compress_level: int | None = None,
    hour: int = 0,
) -> Iterator[bytes]:
    """Yield the blocks of the text read from `source`, as `encode_bytes` takes it."""
    server = parse_public_key(public_key) if public_key is not None else None
    check_mode(mode, server)
    if hour not in range(24):
        raise UsageError(f"{hour} is not an hour of the day; write 0 to 23")
    kind = kind_of(format, codec, server)
    cipher = Cipher(server) if server else None
    pieces = _iter_pieces(source)
    if mode == "sync":
        return (kind.plain_block(piece, hour, b"") for piece in pieces)
    return _iter_async(pieces, kind, cipher, level_of(kind, compress_level), hour)


def _iter_pieces(source: BinaryIO) -> Iterator[bytes]:
    offset = 0
    for piece in iter(partial(source.readline, PIECE_SIZE), b""):
        if b"\0" in piece:
            place = offset + piece.index(b"\0")
            name = getattr(source, "name", "text")
            raise UsageError(f"{name}: byte {place} is NUL, which xlog text cannot hold; remove it")
        offset += len(piece)
        yield piece


def _iter_async(
    pieces: Iterator[bytes], kind: BlockFormat, cipher: Cipher | None, level: int, hour: int
) -> Iterator[bytes]:
    new_stream = new_streams(kind.codec, level)
    sequence = SequenceNumbers()
    wanted = BLOCK_SIZE - kind.header_size
    add, payload, size = new_stream().add, list[bytes](), 0
    for piece in pieces:
        data = add(piece)
        payload.append(data)
        size += len(data)
        if size >= wanted:
            yield _block(kind, cipher, b"".join(payload), sequence.next(), hour)
            add, payload, size = new_stream().add, [], 0
    if payload:
        yield _block(kind, cipher, b"".join(payload), sequence.next(), hour)


def _block(kind: BlockFormat, cipher: Cipher | None, payload: bytes, seq: int, hour: int) -> bytes:
    key = cipher.client_key if cipher else b""
    header = kind.async_header(seq, hour, len(payload), key)
    return header + (cipher.encrypt(payload) if cipher else payload) + b"\0"
