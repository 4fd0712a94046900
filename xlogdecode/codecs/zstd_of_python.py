"""zstd by `compression.zstd` of the standard library, which Python has from 3.14 on."""

from collections.abc import Callable
from importlib import import_module
from typing import IO, Any

from xlogdecode.types import Buffer

__all__ = ["ZstdError", "decompress", "new_decompressor", "opened", "stream_maker"]

_zstd: Any = import_module("compression.zstd")
_Reading = _zstd.DecompressionParameter
_Writing = _zstd.CompressionParameter

ZstdError: type[Exception] = _zstd.ZstdError


def decompress(data: Buffer, bound: int, window_log: int) -> bytes:
    """Return the text of a complete frame, at most `bound` bytes; raises ZstdError."""
    frame = new_decompressor(window_log)
    text: bytes = frame.decompress(data, bound + 1)
    if not frame.eof or len(text) > bound:
        raise ZstdError("no end within the bound")
    return text


def new_decompressor(window_log: int) -> Any:
    """Return what takes a frame in pieces: `decompress(piece)`, and `eof` once it has ended."""
    return _zstd.ZstdDecompressor(options={_Reading.window_log_max: window_log})


class _Stream:
    def __init__(self, options: dict[Any, int]) -> None:
        self._zstd = _zstd.ZstdCompressor(options=options)

    def add(self, text: bytes) -> bytes:
        flushed: bytes = self._zstd.compress(text, self._zstd.FLUSH_BLOCK)
        return flushed


def stream_maker(level: int, window_log: int) -> Callable[[], _Stream]:
    """Return what begins a frame without a content size: `add(text)` gives its flushed bytes."""
    options = {
        _Writing.compression_level: level,
        _Writing.window_log: window_log,
        _Writing.content_size_flag: 0,
    }
    return lambda: _Stream(options)


def opened(file: IO[bytes], mode: str, window_log: int, level: int = 9) -> IO[bytes]:
    """Return `file` unpacked ("rb": all frames of it) or packed ("wb"); it stays open at close."""
    options = {_Reading.window_log_max: window_log}
    if mode == "wb":
        options = {_Writing.compression_level: level, _Writing.checksum_flag: 1}
    stream: IO[bytes] = _zstd.ZstdFile(file, mode, options=options)
    return stream
