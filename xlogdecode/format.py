"""The xlog format on one page: magics, headers, and what each payload is, as a table.

A file is a run of blocks with nothing around them; a block is HEADER, payload (`length` bytes),
tailer (one zero byte). Integers are little-endian. No magic, no checksum, no index but the header:

    offset  73 bytes (0x06-0x0D)   13 bytes (0x03-0x05)   9 bytes (0x03-0x05)   5 bytes (0x01, 0x02)
    0       magic                  magic                  magic                 magic
    1       seq, u16               seq, u16               seq, u16              length, u32
    3       begin hour             begin hour             begin hour
    4       end hour               end hour               end hour
    5       length, u32            length, u32            length, u32
    9       client key, 64 bytes   key, 4 zero bytes

The 9- and 5-byte headers are the second reading of 0x01-0x05, whose payloads are XORed with one
byte. Source: Tencent/mars `mars/xlog/src`, releases up to 2025-09.
"""

import enum
import functools
import re
import struct
from typing import Final, NamedTuple

__all__ = [
    "CRASH_BUFFER_SIZE", "LONGEST_LINE", "NOT_TEXT", "READINGS", "TAILER", "Codec", "Header",
    "Reading", "is_plausible", "parse_header", "unmasked",
]  # fmt: skip

TAILER: Final = 0
LONGEST_LINE: Final = 16 << 10
"""Bytes at which Mars cuts a line; a plain block holds one."""
NOT_TEXT: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")
"""Bytes that text seldom holds, and what is no text holds soon."""
CRASH_BUFFER_SIZE: Final = 150 * 1024
"""Bytes of an `.mmap3` or `.mmap2` file; no writer makes a block longer than this."""


class Codec(enum.Enum):
    """What a payload is once it is decrypted."""

    PLAIN = "plain"
    DEFLATE = "zlib"
    CHUNKED = "chunked zlib"  # {u16 n, n bytes} repeated; joined, one raw deflate stream
    ZSTD = "zstd"


class Reading(NamedTuple):
    """One way to read a block that opens with `magic`."""

    magic: int
    header_size: int
    codec: Codec
    encrypted: bool = False
    masked: bool = False
    """The payload is XORed with one byte (`unmasked`)."""

    @property
    def has_key(self) -> bool:
        """The header holds a 64-byte client public key (or, unencrypted, uninitialised memory)."""
        return self.header_size == 73

    @property
    def kind(self) -> str:
        """What a person calls such blocks: `plain`, `zlib`, `zstd encrypted`, ..."""
        return f"{self.codec.value}{' encrypted' * self.encrypted}"


class Header(NamedTuple):
    """The fields of one block's header; `seq` and the hours are 0 where the header has none."""

    seq: int
    begin_hour: int
    end_hour: int
    length: int
    client_key: bytes
    """64 bytes, X then Y, big-endian; empty where the header has no room for one."""


def _table(*readings: Reading) -> dict[int, tuple[Reading, ...]]:
    table: dict[int, tuple[Reading, ...]] = {}
    for reading in readings:
        table[reading.magic] = (*table.get(reading.magic, ()), reading)
    return table


READINGS: Final = _table(
    Reading(0x03, 13, Codec.PLAIN),
    Reading(0x04, 13, Codec.DEFLATE),
    Reading(0x05, 13, Codec.CHUNKED),
    Reading(0x06, 73, Codec.PLAIN),  # written with a key set, and plain nevertheless
    Reading(0x07, 73, Codec.DEFLATE, encrypted=True),
    Reading(0x08, 73, Codec.PLAIN),
    Reading(0x09, 73, Codec.DEFLATE),
    Reading(0x0A, 73, Codec.PLAIN),  # as 0x06
    Reading(0x0B, 73, Codec.PLAIN),
    Reading(0x0C, 73, Codec.ZSTD, encrypted=True),
    Reading(0x0D, 73, Codec.ZSTD),
    Reading(0x01, 5, Codec.PLAIN, masked=True),
    Reading(0x02, 5, Codec.DEFLATE, masked=True),
    Reading(0x03, 9, Codec.PLAIN, masked=True),
    Reading(0x04, 9, Codec.DEFLATE, masked=True),
    Reading(0x05, 9, Codec.CHUNKED, masked=True),
)
"""Magic -> its readings, the likelier one first."""

_LONG = struct.Struct("<xHBBI")
_SHORT = struct.Struct("<xI")


def parse_header(data: bytes, offset: int, reading: Reading) -> Header:
    """Return the header at `offset` of `data`, which must hold `reading.header_size` bytes."""
    if reading.header_size == 5:
        return Header(0, 0, 0, _SHORT.unpack_from(data, offset)[0], b"")
    seq, begin, end, length = _LONG.unpack_from(data, offset)
    key = bytes(data[offset + 9 : offset + 73]) if reading.has_key else b""
    return Header(seq, begin, end, length, key)


def is_plausible(buffer: bytes, start: int, reading: Reading, max_block: int) -> bool:
    """Tell whether the header's fields, as far as they are in the buffer, can be a writer's."""
    if reading.header_size == 5:
        return int.from_bytes(buffer[start + 1 : start + 5], "little") <= max_block
    if max(buffer[start + 3 : start + 5], default=0) > 23:
        return False
    key = buffer[start + 9 : start + 13]
    if reading.header_size in (9, 13) and len(key) == 4 and any(key) != (reading.header_size == 9):
        return False  # four zero bytes of key, which no masked text begins with
    return int.from_bytes(buffer[start + 5 : start + 9], "little") <= max_block


def unmasked(data: bytes | bytearray | memoryview, header: Header, reading: Reading) -> bytes:
    """Return `data`, bytes of the payload of a masked reading, as they were before the XOR."""
    low = header.length if reading.header_size == 5 else header.seq
    mask = 0xCC ^ (low & 0xFF) ^ reading.magic
    return bytes(data).translate(_table_of(mask))


@functools.cache
def _table_of(mask: int) -> bytes:
    return bytes(byte ^ mask for byte in range(256))
