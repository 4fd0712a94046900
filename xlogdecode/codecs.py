"""Payload into text: deflate, chunked deflate and zstd as xlog writers leave them, never finished.

A writer flushes after each line and closes nothing, so a whole payload ends at the end of a flush:
a deflate block's boundary, or a zstd block's. `unpack` takes just those, at full speed;
`iter_unpack` takes whatever there is, in bounded pieces, up to the fault.
"""

import bisect
import re
import struct
import zlib
from collections.abc import Iterator

import deflate

from xlogdecode.format import READINGS, TAILER, Codec, is_plausible

__all__ = [
    "CodecError",
    "ends_a_flush",
    "flush_around",
    "iter_unpack",
    "join_chunks",
    "may_start_with",
    "unpack",
]

Buffer = bytes | bytearray | memoryview

PIECE = 1 << 20
"""Bytes of text that `iter_unpack` yields at most at a time."""

_SLICES = (4096, 64, 1)
"""Bytes handed to a decompressor at a time; after a fault the slice is taken again, finer."""

_END = b"\0xlogend"
"""Text that shows that a stream ended where it was made to, and not before: no log text holds a
NUL."""

_LAST_STORED_BLOCK = b"\x01\x08\x00\xf7\xff" + _END
"""A final deflate block that holds `_END`; libdeflate wants an end, which no writer makes."""

_FLUSH = b"\x00\x00\xff\xff"
"""What each sync flush of deflate ends with, on a byte's boundary."""

_FLUSH_AND_LENGTH = re.compile(re.escape(_FLUSH) + rb"(..)", re.DOTALL)

_LAST_ZSTD_BLOCK = b"\x41\x00\x00" + _END
"""The same for zstd, which takes a frame that ended early for all there is."""

_LENGTH = struct.Struct("<H")
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW = 8 << 20
_LONGEST_FRAME_HEADER = 18


class CodecError(Exception):
    """The payload does not decode any further; all text before the fault has been handed out."""

    def __init__(self, detail: str, consumed: int) -> None:
        """Take what is wrong, and how many bytes of payload were read."""
        super().__init__(detail)
        self.consumed = consumed


def unpack(codec: Codec, payload: Buffer, bound: int) -> Buffer | None:
    """Return the text of a whole payload, at most `bound` bytes of it.

    None where the payload is damaged, ends in mid-stream, or unpacks to more than that. Symbols
    that no writer uses (286, 287, 30, 31) pass for their neighbours here, not in `iter_unpack`.
    """
    match codec:
        case Codec.PLAIN:
            return payload
        case Codec.DEFLATE:
            return _inflate(payload, bound)
        case Codec.CHUNKED:
            return _inflate_chunks(payload, bound)
        case Codec.ZSTD:
            return _unzstd(payload, bound)


def may_start_with(codec: Codec, head: Buffer) -> bool:
    """Tell, at little cost, whether a payload can begin like this."""
    if codec is Codec.CHUNKED:
        head, codec = join_chunks(head)[0], Codec.DEFLATE
    if codec is Codec.PLAIN or not head:
        return True
    if codec is Codec.ZSTD:
        try:
            for _ in _iter_unzstd(head):
                pass
        except CodecError:
            return False
        return True
    if head[0] & 6 == 6:  # the block type that does not exist
        return False
    if head[0] & 6 == 0 and len(head) >= 5 and (head[1] ^ head[3], head[2] ^ head[4]) != (255, 255):
        return False  # a stored block's length goes with its complement
    try:
        zlib.decompressobj(-zlib.MAX_WBITS).decompress(head, PIECE)
    except zlib.error:
        return False
    return True


def iter_unpack(codec: Codec, payload: Buffer) -> Iterator[bytes]:
    """Yield the text of a payload in pieces of at most `PIECE` bytes, up to its end or its fault.

    Raises CodecError at a fault. An end in mid-stream is none.
    """
    match codec:
        case Codec.PLAIN:
            yield bytes(payload)
        case Codec.DEFLATE:
            yield from _iter_inflate(payload)
        case Codec.CHUNKED:
            joined, rest = join_chunks(payload)
            yield from _iter_inflate(joined)
            if rest:
                raise CodecError("the chunk lengths do not add up", len(payload) - rest)
        case Codec.ZSTD:
            yield from _iter_unzstd(payload)


def ends_a_flush(codec: Codec, data: Buffer) -> bool:
    """Tell whether compressed data that shows no fault ends where a flush does: by a sync flush's
    last bytes, or at the end of a zstd block.
    """
    if codec is not Codec.ZSTD:
        return bytes(data[-len(_FLUSH) :]) == _FLUSH
    import zstandard

    try:
        index = zstandard.frame_header_size(bytes(data[:_LONGEST_FRAME_HEADER]))
    except zstandard.ZstdError:
        return False
    while index < len(data):
        index = _end_of_zstd_block(data, index)
    return index == len(data)


def flush_around(data: Buffer, fault: int, bound: int) -> int:
    """Return where in raw deflate the flush ends that the line with the fault belongs to.

    Past a fault inflating may go on for many lines of junk before it meets an error. A flush leaves
    a mark, and at the mark a boundary, unless inflating has gone astray: the fault lies behind the
    last mark that is one. `fault` is where inflating failed; `bound` the text that may be made.
    """
    raw = bytes(data[:fault])
    ends = [match.end() for match in re.finditer(re.escape(_FLUSH), raw)]
    sound = bisect.bisect_right(ends, 0, key=lambda end: int(_inflate(raw[:end], bound) is None))
    return ends[sound] if sound < len(ends) else fault


def join_chunks(payload: Buffer) -> tuple[bytes, int]:
    """Join the {u16 n, n bytes} chunks of a 0x05 payload; return them and the bytes left over.

    A chunk that is cut short is taken as far as it goes, and counts as left over, its length too.
    So does all from an empty chunk on: a flush is never empty, and zeros are no chunks.
    """
    data = bytes(payload)
    chunks: list[bytes] = []
    index, size = 0, len(data)
    append, length = chunks.append, _LENGTH.unpack_from
    try:
        while index < size:
            begin = index + 2
            index = begin + length(data, index)[0]
            append(data[begin:index])
    except struct.error:  # a single byte is left
        pass
    if not all(chunks):
        del chunks[chunks.index(b"") :]
        index = sum(map(len, chunks), 2 * len(chunks))
    rest = size - index if index <= size else 2 + len(chunks[-1])
    return b"".join(chunks), rest


def _inflate(payload: Buffer, bound: int) -> bytearray | None:
    try:
        text = deflate.deflate_decompress(
            b"".join((payload, _LAST_STORED_BLOCK)), bound + len(_END)
        )
    except deflate.DeflateError:
        return None
    if not text.endswith(_END):
        return None
    del text[-len(_END) :]
    return text


def _inflate_chunks(payload: Buffer, bound: int) -> bytearray | None:
    """Return the text of a 0x05 payload, all of whose chunks are flushes as a rule.

    Then a length stands behind each flush's mark, and one call finds them all, where a call a chunk
    would have threads wait for each other. A mark that is none has the lengths add up to too much.
    """
    if ends_a_flush(Codec.CHUNKED, payload):
        flushes, lengths = _split_chunks(payload)
        if sum(lengths) + 2 * len(lengths) == len(payload):
            return _inflate(_FLUSH.join(flushes), bound)
    joined, rest = join_chunks(payload)
    return None if rest else _inflate(joined, bound)


def _split_chunks(payload: Buffer) -> tuple[list[bytes], tuple[int, ...]]:
    """Return the flushes without their marks, and what stands in front of each as its length."""
    parts = _FLUSH_AND_LENGTH.split(payload[_LENGTH.size :])
    lengths = b"".join((payload[: _LENGTH.size], *parts[1::2]))
    return parts[::2], struct.unpack(f"<{len(lengths) // 2}H", lengths)


def _iter_inflate(payload: Buffer) -> Iterator[bytes]:
    """Yield what raw deflate gives, slice by slice, each slice taken finer once it has failed."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    index, level, fine_until = 0, 0, 0
    while index < len(payload) and not stream.eof:
        if index >= fine_until:
            level = 0
        before = stream.copy()
        data = payload[index : index + _SLICES[level]]
        try:
            texts = list(_inflate_slice(stream, data))
        except zlib.error as error:
            if level == len(_SLICES) - 1:
                raise CodecError(str(error), index) from None
            stream, fine_until, level = before, index + len(data), level + 1
            continue
        yield from texts
        index += len(data)
    if index < len(payload) or stream.unused_data:
        raise CodecError("bytes follow the end of the stream", index)


def _inflate_slice(stream: "zlib._Decompress", data: Buffer) -> Iterator[bytes]:
    while True:
        text = stream.decompress(data, PIECE)
        if text:
            yield text
        data = stream.unconsumed_tail
        if not data and len(text) < PIECE:
            return


def _unzstd(payload: Buffer, bound: int) -> memoryview | None:
    import zstandard  # 12 ms that most runs need not spend

    try:
        if zstandard.frame_content_size(bytes(payload[:_LONGEST_FRAME_HEADER])) >= 0:
            return None  # no writer states a size, and one that is stated is allocated untried
        text = zstandard.ZstdDecompressor().decompress(
            b"".join((payload, _LAST_ZSTD_BLOCK)), max_output_size=bound + len(_END)
        )
    except zstandard.ZstdError:
        return None
    return memoryview(text)[: -len(_END)] if text.endswith(_END) else None  # a slice is a copy


def _iter_unzstd(payload: Buffer) -> Iterator[bytes]:
    """Yield what a zstd frame gives, a zstd block (at most 128 KiB of text) at a time."""
    import zstandard

    data = bytes(payload)
    if data[:4] != _ZSTD_MAGIC[: len(data)]:
        raise CodecError("no zstd frame", 0)
    try:
        index = zstandard.frame_header_size(data)
    except zstandard.ZstdError:
        if len(data) < _LONGEST_FRAME_HEADER:
            return
        raise CodecError("no zstd frame header", 0) from None
    stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    begin = 0
    while index < len(data):
        if data[index] == TAILER and _opens_a_block(data, index + 1):
            raise CodecError("the next block stands within the payload", index)
        index = _end_of_zstd_block(data, index)
        try:
            yield stream.decompress(data[begin:index])
        except zstandard.ZstdError as error:
            raise CodecError(str(error), begin) from None
        begin = index
        if stream.eof:
            break
    if index < len(data):
        raise CodecError("bytes follow the end of the frame", index)


def _end_of_zstd_block(data: Buffer, index: int) -> int:
    head = int.from_bytes(data[index : index + 3], "little")
    return index + 3 + (1 if head >> 1 & 3 == 1 else head >> 3)  # of a repeated byte there is one


def _opens_a_block(data: bytes, index: int) -> bool:
    """Tell whether a whole header stands here: a length that lied has swallowed it."""
    readings = READINGS.get(data[index], ()) if index < len(data) else ()
    return any(
        index + reading.header_size <= len(data) and is_plausible(data, index, reading, len(data))
        for reading in readings
    )
