"""Text -> payload, one flush after each piece, never finished: one stream is one block.

Every `add` returns the bytes that make the payload longer, and never changes those before: what
the crash buffer held stays good while the next piece is being stored.
"""

import struct
import zlib
from collections.abc import Callable
from typing import Final, Protocol

from xlogdecode.crypto import Cipher
from xlogdecode.format import Codec
from xlogdecode.tea import GROUP

__all__ = ["PayloadStream", "WholeGroups", "largest", "new_streams"]

WINDOW_LOG: Final = 16


class PayloadStream(Protocol):
    """One block's payload in the making."""

    def add(self, text: bytes) -> bytes:
        """Return the bytes that `text`, which is not empty, adds to the payload."""


def largest(size: int) -> int:
    """Return what `size` bytes of text (one piece) can add to a payload at most.

    Stored blocks (5 bytes for each 16 KiB), headers of frames and chunks, and the filler before
    encryption stay below the reserve.
    """
    return size + size // 256 + 64


class _Deflate:
    def __init__(self, level: int) -> None:
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)

    def add(self, text: bytes) -> bytes:
        return self._deflate.compress(text) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


class _Chunked(_Deflate):
    def add(self, text: bytes) -> bytes:
        data = super().add(text)
        return struct.pack("<H", len(data)) + data


def new_streams(codec: Codec, level: int) -> Callable[[], PayloadStream]:
    """Return what makes the stream of each new block."""
    if codec is Codec.ZSTD:
        from xlogdecode.codecs.zstd_library import stream_maker

        return stream_maker(level, WINDOW_LOG)
    make = _Chunked if codec is Codec.CHUNKED else _Deflate
    return lambda: make(level)


class WholeGroups:
    """Encrypts a stream as it grows: each piece is filled up to full cipher groups.

    Mars leaves the last `length % 8` bytes clear and encrypts them in place when more follow; a
    process killed between that and the new length would lose the end of a line that was safe. An
    empty deflate or zstd block costs 7 to 11 bytes a line on average, and no reader sees it.
    """

    def __init__(self, stream: PayloadStream, cipher: Cipher, codec: Codec) -> None:
        self._stream = stream
        self._cipher = cipher
        self._fillers = _FILLERS[codec]

    def add(self, text: bytes) -> bytes:
        """Return encrypted bytes, a multiple of eight."""
        data = self._stream.add(text)
        return self._cipher.encrypt(data + self._fillers[-len(data) % GROUP])


def _empty_deflate_blocks(fixed: int) -> bytes:
    """Return `fixed` empty blocks of fixed Huffman codes (10 bits each), then an empty stored one.

    RFC 1951, 3.2.3: BFINAL 0, BTYPE 01, end of block 0000000; BFINAL 0, BTYPE 00, LEN 0, NLEN.
    """
    bits = sum(0b10 << 10 * block for block in range(fixed))
    return bits.to_bytes((10 * fixed + 3 + 7) // 8, "little") + b"\0\0\xff\xff"


def _by_remainder(fillers: list[bytes]) -> dict[int, bytes]:
    return {0: b""} | {len(filler) % GROUP: filler for filler in fillers}


_FILLERS: Final = {
    Codec.DEFLATE: _by_remainder([_empty_deflate_blocks(fixed) for fixed in range(7)]),
    Codec.ZSTD: _by_remainder([bytes(3 * blocks) for blocks in range(1, GROUP)]),  # raw, size 0
}
"""Bytes that are missing to a full cipher group -> blocks of no text that bring them."""
