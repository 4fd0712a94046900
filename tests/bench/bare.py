"""The codec alone over the streams of an input, one thread, its output thrown away.

`deflate` (libdeflate) a block at a time for all that is deflate, `zstandard` for zstd: the payloads
joined from their chunks and not encrypted, with the bytes of text to expect.
"""

import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import deflate
import zstandard

from tests.mars.walk import Raw, unchunked, walk

_EMPTY_LAST_BLOCK = b"\x03\x00"
"""libdeflate wants an end, which no writer makes."""


class Stream(NamedTuple):
    """A payload for the bare codec, and the bytes of text in it."""

    codec: str  # deflate or zstd
    payload: bytes
    size: int


def streams_of(paths: Sequence[Path]) -> list[Stream]:
    """Return the compressed payloads of healthy files without encryption."""
    return [
        _stream(raw) for path in paths for raw in walk(path.read_bytes()) if raw.kind.compressed
    ]


def _stream(raw: Raw) -> Stream:
    if raw.kind.codec == "zstd":
        text = zstandard.ZstdDecompressor().decompressobj().decompress(raw.payload)
        return Stream("zstd", raw.payload, len(text))
    payload = b"".join(unchunked(raw.payload)) if raw.kind.codec == "chunked" else raw.payload
    text = zlib.decompressobj(-15).decompress(payload)
    return Stream("deflate", payload + _EMPTY_LAST_BLOCK, len(text))


def bare_seconds(streams: Sequence[Stream]) -> float:
    """Return the processor time that the codec takes for these."""
    inflate = deflate.deflate_decompress
    decompressor = zstandard.ZstdDecompressor()
    start = time.process_time()
    for codec, payload, size in streams:
        if codec == "zstd":
            decompressor.decompressobj().decompress(payload)
        else:
            inflate(payload, size)
    return time.process_time() - start
