"""The xlog format on one page: magics, headers, and what each payload is, as a table.

A file is a run of blocks with nothing around them; a block is HEADER, payload (`length` bytes),
tailer (one zero byte). Integers are little-endian. No magic, no checksum, no index but the header:

    offset  73 bytes (0x06-0x0D)   13 bytes (0x03-0x05)
    0       magic                  magic
    1       seq, u16               seq, u16
    3       begin hour             begin hour
    4       end hour               end hour
    5       length, u32            length, u32
    9       client key, 64 bytes   key, 4 zero bytes

Source: Tencent/mars `mars/xlog/src`, releases up to 2025-09. Mars's C decoder has a second meaning
for 0x01-0x05, XORed payloads behind headers of 5 and 9 bytes, that no writer is known to write.
"""

import enum
import re
import struct
from typing import Final, NamedTuple

from xlogdecode.types import Buffer

__all__ = [
    "CRASH_BUFFER_SIZE",
    "LAST_HOUR",
    "LONGEST_HEADER",
    "LONGEST_LINE",
    "NOT_TEXT",
    "READINGS",
    "TAILER",
    "Codec",
    "Header",
    "Reading",
    "begins_with_a_block",
    "is_plausible",
    "is_torn",
    "parse_header",
]  # fmt: skip

TAILER: Final = 0
LONGEST_LINE: Final = 16 << 10
"""Bytes at which Mars cuts a line; a plain block holds one."""
NOT_TEXT: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")
"""Bytes that text seldom holds, and what is not text holds soon."""
_LONGEST_PAYLOAD: Final = 16 << 20
CRASH_BUFFER_SIZE: Final = 150 * 1024
"""Bytes of an `.mmap3` or `.mmap2` file; no writer makes a block longer than this."""


class Codec(enum.Enum):
    """The form of a payload once it is decrypted."""

    PLAIN = "plain"
    DEFLATE = "zlib"
    CHUNKED = "chunked zlib"  # {u16 n, n bytes} repeated; joined, one raw deflate stream
    ZSTD = "zstd"


class Reading(NamedTuple):
    """The way to read a block that opens with `magic`."""

    magic: int
    header_size: int
    codec: Codec
    encrypted: bool = False

    @property
    def has_key(self) -> bool:
        """The header holds a 64-byte client public key (or, unencrypted, uninitialised memory)."""
        return self.header_size == 73

    @property
    def is_plain(self) -> bool:
        """The payload is text as it is, which framing can judge by itself."""
        return self.codec is Codec.PLAIN

    @property
    def kind(self) -> str:
        """The name of such blocks for people: `plain`, `zlib`, `zstd encrypted`, ..."""
        return f"{self.codec.value}{' encrypted' * self.encrypted}"


class Header(NamedTuple):
    """The fields of one block's header."""

    seq: int
    begin_hour: int
    end_hour: int
    length: int
    client_key: bytes
    """64 bytes, X then Y, big-endian; empty where the header has no room for one."""


_TABLE = (
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
)

READINGS: Final = {reading.magic: reading for reading in _TABLE}
"""Magic -> how to read its blocks. A new magic is a new row of `_TABLE`, and nothing else."""

LONGEST_HEADER: Final = max(reading.header_size for reading in _TABLE)
LAST_HOUR: Final = 23

_FIELDS = struct.Struct("<xHBBI")


def parse_header(data: bytes, offset: int, reading: Reading) -> Header:
    """Return the header at `offset` of `data`, which must hold `reading.header_size` bytes."""
    seq, begin, end, length = _FIELDS.unpack_from(data, offset)
    key = bytes(data[offset + 9 : offset + 73]) if reading.has_key else b""
    return Header(seq, begin, end, length, key)


def is_plausible(buffer: bytes, start: int, reading: Reading, max_block: int) -> bool:
    """Tell whether the header's fields, as far as they are in the buffer, can be a writer's."""
    if max(buffer[start + 3 : start + 5], default=0) > LAST_HOUR:
        return False
    if not reading.has_key and any(buffer[start + 9 : start + reading.header_size]):
        return False
    return int.from_bytes(buffer[start + 5 : start + 9], "little") <= max_block


_HEADERS = re.compile(
    rb"[%b](?=..[\x00-%c]{2}..[\x00-\x02]\x00)" % (re.escape(bytes(READINGS)), LAST_HOUR), re.DOTALL
)


def is_torn(buffer: Buffer, start: int, end: int) -> bool:
    """Tell whether the header at `start` of a block whose tailer is at `end` was cut off.

    Then the next block's header is in its key field, and says that its own block ends there.
    """
    for match in _HEADERS.finditer(buffer, start + 9, start + LONGEST_HEADER + 8):
        index = match.start()
        length = int.from_bytes(buffer[index + 5 : index + 9], "little")
        if length and index + READINGS[buffer[index]].header_size + length == end:
            return True
    return False


def begins_with_a_block(data: bytes) -> bool:
    """Tell whether the fields of a block's header, up to its length, are at the head of `data`."""
    reading = READINGS.get(data[0]) if len(data) >= _FIELDS.size else None
    return reading is not None and is_plausible(data, 0, reading, _LONGEST_PAYLOAD)
