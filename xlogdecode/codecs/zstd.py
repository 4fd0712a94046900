"""zstd frames that are never finished: in one call, or up to the fault."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from xlogdecode.codecs.common import END, CodecError, ends_with_mark
from xlogdecode.format import READINGS, TAILER, is_plausible
from xlogdecode.types import Buffer

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["ends_a_zstd_block", "frame_header_size", "iter_unzstd", "unzstd"]

_MAGIC = b"\x28\xb5\x2f\xfd"
_OPENING = _MAGIC + b"\0"
"""How writers' frames begin: without a content size, which would be allocated untried."""
_LARGEST_WINDOW = 0x68
"""The window descriptor of 8 MB; writers have 64 KB."""
_WINDOW_LOG = 23

_LAST_BLOCK = b"\x41\x00\x00" + END
"""A last zstd block that holds `END`: a frame that ended early passes for all there is."""


@cache
def _library() -> "ModuleType":
    from xlogdecode.codecs import zstd_library  # 12 ms that most runs need not spend

    return zstd_library


def unzstd(payload: Buffer, bound: int) -> bytes | None:
    """Return the text of a frame that ends with a zstd block, at most `bound` bytes, and `END`
    behind it; else None.
    """
    if len(payload) < 6 or payload[:5] != _OPENING or payload[5] > _LARGEST_WINDOW:
        return None
    library = _library()
    try:
        text: bytes = library.decompress(
            b"".join((payload, _LAST_BLOCK)), bound + len(END), _WINDOW_LOG
        )
    except library.ZstdError:
        return None
    return text if ends_with_mark(text) else None


def iter_unzstd(payload: Buffer) -> Iterator[bytes]:
    """Yield what a zstd frame gives, a zstd block (at most 128 KiB of text) at a time."""
    data = bytes(payload)
    if data[:4] != _MAGIC[: len(data)]:
        raise CodecError("no zstd frame", 0)
    if len(data) <= len(_MAGIC):
        return
    index = len(_MAGIC) + frame_header_size(data[len(_MAGIC)])
    library = _library()
    stream = library.new_decompressor(_WINDOW_LOG)
    begin = 0
    while index < len(data):
        if data[index] == TAILER and _opens_a_block(data, index + 1):
            raise CodecError("the next block is within the payload", index)
        index = _end_of_block(data, index)
        try:
            yield stream.decompress(data[begin:index])
        except library.ZstdError as error:
            raise CodecError(str(error), begin) from None
        begin = index
        if stream.eof:
            break
    if index < len(data):
        raise CodecError("bytes follow the end of the frame", index)


def frame_header_size(flags: int) -> int:
    """Return by the byte behind a frame's magic how many bytes of header begin with it.

    RFC 8878, 3.1.1.1: the flags, a window unless all is one segment, dictionary id, content size.
    """
    is_single = flags >> 5 & 1
    content_size = (is_single, 2, 4, 8)[flags >> 6]
    return 1 + (not is_single) + (0, 1, 2, 4)[flags & 3] + content_size


def ends_a_zstd_block(data: Buffer) -> bool:
    """Tell whether a frame that shows no fault ends at the end of a zstd block."""
    if len(data) <= len(_MAGIC):
        return False
    index = len(_MAGIC) + frame_header_size(data[len(_MAGIC)])
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
