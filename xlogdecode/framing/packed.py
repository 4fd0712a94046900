"""Compressed blocks in bulk: in a healthy file each is followed by another of its kind."""

import struct

from xlogdecode.format import TAILER, Header, Reading
from xlogdecode.framing.events import Block

__all__ = ["packed_run"]

_FIELDS = struct.Struct("<BHBBI")


def packed_run(
    buffer: bytes, start: int, offset: int, reading: Reading, *, longest: int, most: int
) -> list[Block]:
    """Return at most so many blocks at `start` that each end in a tailer and have the same magic
    behind it.

    The last block of a stretch, which something else follows, is not among them, and no block whose
    payload has more than `longest` bytes. A header must stand at `start` whole.
    """
    blocks: list[Block] = []
    size, last_header = reading.header_size, len(buffer) - reading.header_size
    unpack = _FIELDS.unpack_from
    magic, seq, begin_hour, end_hour, length = unpack(buffer, start)
    while length <= longest and len(blocks) < most:
        end = start + size + length
        if end >= last_header or buffer[end] != TAILER or buffer[end + 1] != magic:
            break
        key = buffer[start + 9 : start + 73] if reading.has_key else b""
        header = Header(seq, begin_hour, end_hour, length, key)
        blocks.append(Block(offset, size + length + 1, reading, header, buffer, start))
        offset += size + length + 1
        start = end + 1
        magic, seq, begin_hour, end_hour, length = unpack(buffer, start)
    return blocks
