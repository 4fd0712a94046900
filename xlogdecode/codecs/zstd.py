"""zstd frames that are never finished: in one call, or up to the fault."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from xlogdecode.codecs.common import END, CodecError, ends_with_mark
from xlogdecode.format import READINGS, TAILER, is_plausible
from xlogdecode.types import Buffer

if TYPE_CHECKING:
    import zstandard

__all__ = ["ends_a_zstd_block", "iter_unzstd", "unzstd"]

_MAGIC = b"\x28\xb5\x2f\xfd"
_OPENING = _MAGIC + b"\0"
"""How writers' frames begin: without a content size, which would be allocated untried."""
_LARGEST_WINDOW = 0x68
"""The window descriptor of 8 MB; writers have 64 KB."""
_WINDOW = 8 << 20
_LONGEST_FRAME_HEADER = 18

_LAST_BLOCK = b"\x41\x00\x00" + END
"""A last zstd block that holds `END`: a frame that ended early passes for all there is."""


class _OfThread(threading.local):
    """A decompressor, which takes as long to make as a small block to decode; one a thread."""

    decompressor: "zstandard.ZstdDecompressor | None" = None


_of_thread = _OfThread()


def _decompressor() -> "zstandard.ZstdDecompressor":
    if _of_thread.decompressor is None:
        import zstandard  # 12 ms that most runs need not spend

        _of_thread.decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    return _of_thread.decompressor


def unzstd(payload: Buffer, bound: int) -> bytes | None:
    """Return the text of a frame that ends with a zstd block, at most `bound` bytes, and `END`
    behind it; else None.
    """
    if len(payload) < 6 or payload[:5] != _OPENING or payload[5] > _LARGEST_WINDOW:
        return None
    decompressor = _decompressor()
    try:
        text = decompressor.decompress(
            b"".join((payload, _LAST_BLOCK)), max_output_size=bound + len(END)
        )
    except _error():
        return None
    return text if ends_with_mark(text) else None


def _error() -> type[Exception]:
    import zstandard

    return zstandard.ZstdError


def iter_unzstd(payload: Buffer) -> Iterator[bytes]:
    """Yield what a zstd frame gives, a zstd block (at most 128 KiB of text) at a time."""
    import zstandard

    data = bytes(payload)
    if data[:4] != _MAGIC[: len(data)]:
        raise CodecError("no zstd frame", 0)
    try:
        index = zstandard.frame_header_size(data)
    except zstandard.ZstdError:
        if len(data) < _LONGEST_FRAME_HEADER:
            return
        raise CodecError("no zstd frame header", 0) from None
    stream = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
    begin = 0
    while index < len(data):
        if data[index] == TAILER and _opens_a_block(data, index + 1):
            raise CodecError("the next block is within the payload", index)
        index = _end_of_block(data, index)
        try:
            yield stream.decompress(data[begin:index])
        except zstandard.ZstdError as error:
            raise CodecError(str(error), begin) from None
        begin = index
        if stream.eof:
            break
    if index < len(data):
        raise CodecError("bytes follow the end of the frame", index)


def ends_a_zstd_block(data: Buffer) -> bool:
    """Tell whether a frame that shows no fault ends at the end of a zstd block."""
    import zstandard

    try:
        index = zstandard.frame_header_size(bytes(data[:_LONGEST_FRAME_HEADER]))
    except zstandard.ZstdError:
        return False
    while index < len(data):
        index = _end_of_block(data, index)
    return index == len(data)


def _end_of_block(data: Buffer, index: int) -> int:
    head = int.from_bytes(data[index : index + 3], "little")
    return index + 3 + (1 if head >> 1 & 3 == 1 else head >> 3)  # of a repeated byte there is one


def _opens_a_block(data: bytes, index: int) -> bool:
    """Tell whether all of a header is here: a length that lied has swallowed it."""
    reading = READINGS.get(data[index]) if index < len(data) else None
    if reading is None or index + reading.header_size > len(data):
        return False
    return is_plausible(data, index, reading, len(data))
