"""zstd by the package `zstandard`, for Python up to 3.13."""

import threading
from collections.abc import Callable
from typing import IO

import zstandard
from zstandard import ZstdError

from xlogdecode.types import Buffer

__all__ = ["ZstdError", "decompress", "new_decompressor", "opened", "stream_maker"]


class _OfThread(threading.local):
    """A decompressor, which takes as long to make as a small block to decode; one a thread."""

    decompressor: zstandard.ZstdDecompressor | None = None
    window_log = 0


_of_thread = _OfThread()


def decompress(data: Buffer, bound: int, window_log: int) -> bytes:
    """Return the text of a complete frame, at most `bound` bytes; raises ZstdError."""
    if _of_thread.decompressor is None or _of_thread.window_log != window_log:
        _of_thread.decompressor = zstandard.ZstdDecompressor(max_window_size=1 << window_log)
        _of_thread.window_log = window_log
    return _of_thread.decompressor.decompress(data, max_output_size=bound)


def new_decompressor(window_log: int) -> "zstandard.ZstdDecompressionObj":
    """Return what takes a frame in pieces: `decompress(piece)`, and `eof` once it has ended."""
    return zstandard.ZstdDecompressor(max_window_size=1 << window_log).decompressobj()


class _Stream:
    def __init__(self, compressor: zstandard.ZstdCompressor) -> None:
        self._zstd = compressor.compressobj()

    def add(self, text: bytes) -> bytes:
        return self._zstd.compress(text) + self._zstd.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def stream_maker(level: int, window_log: int) -> Callable[[], _Stream]:
    """Return what begins a frame without a content size: `add(text)` gives its flushed bytes."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, window_log=window_log, write_content_size=0
    )
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    return lambda: _Stream(compressor)


def opened(file: IO[bytes], mode: str, window_log: int, level: int = 9) -> IO[bytes]:
    """Return `file` unpacked ("rb": all frames of it) or packed ("wb"); it stays open at close."""
    if mode == "wb":
        packer = zstandard.ZstdCompressor(level=level, write_checksum=True)
        return packer.stream_writer(file, closefd=False)
    unpacker = zstandard.ZstdDecompressor(max_window_size=1 << window_log)
    return unpacker.stream_reader(file, read_across_frames=True, closefd=False)
