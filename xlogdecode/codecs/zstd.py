"""zstd frames that are never finished: whole at full speed, or up to the fault."""

from collections.abc import Iterator

from xlogdecode.codecs.common import END, CodecError
from xlogdecode.format import READINGS, TAILER, is_plausible
from xlogdecode.types import Buffer

__all__ = ["ends_a_zstd_block", "iter_unzstd", "unzstd"]

_MAGIC = b"\x28\xb5\x2f\xfd"
_WINDOW = 8 << 20
_LONGEST_FRAME_HEADER = 18

_LAST_BLOCK = b"\x41\x00\x00" + END
"""A last zstd block that holds `END`: a frame that ended early passes for all there is."""


def unzstd(payload: Buffer, bound: int) -> memoryview | None:
    """Return the text of a frame that ends with a zstd block, at most `bound` bytes; else None."""
    import zstandard  # 12 ms that most runs need not spend

    try:
        frame = zstandard.get_frame_parameters(bytes(payload[:_LONGEST_FRAME_HEADER]))
        if frame.content_size != zstandard.CONTENTSIZE_UNKNOWN or frame.window_size > _WINDOW:
            return None  # no writer states a size, and one that is stated is allocated untried
        text = zstandard.ZstdDecompressor().decompress(
            b"".join((payload, _LAST_BLOCK)), max_output_size=bound + len(END)
        )
    except zstandard.ZstdError:
        return None
    if not text.endswith(END) or text.endswith(_LAST_BLOCK):  # as text: it was swallowed
        return None
    return memoryview(text)[: -len(END)]  # a slice of bytes is a copy


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
            raise CodecError("the next block stands within the payload", index)
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
    """Tell whether a whole header stands here: a length that lied has swallowed it."""
    reading = READINGS.get(data[index]) if index < len(data) else None
    if reading is None or index + reading.header_size > len(data):
        return False
    return is_plausible(data, index, reading, len(data))
