"""What a stream of bytes turns out to be, piece by piece: blocks, damage, fill, plain text."""

import enum
import struct
from collections.abc import Iterator
from typing import NamedTuple

from xlogdecode.format import Header, Reading, parse_header

__all__ = [
    "Block",
    "Damage",
    "Event",
    "Fill",
    "PlainRun",
    "PlainText",
    "Proof",
    "Reason",
    "Verdict",
]


_LENGTH = struct.Struct("<I")
_LENGTH_AT = 5


class Verdict(enum.Enum):
    """What a probe found out about a block's payload."""

    WHOLE = "decodes, and ends where a writer's flush ends"
    OPEN = "decodes without a fault, and ends in mid-stream (a writer's buffer was full)"
    BROKEN = "does not decode"
    LOCKED = "encrypted, and no key fits"


class Proof(NamedTuple):
    """A probe's verdict, and its cost: about the nanoseconds it took, told by what it had to do."""

    verdict: Verdict
    cost: int


class Reason(enum.Enum):
    """Why bytes are damage."""

    GARBAGE = "no block starts here"
    HOLE = "zeros"
    UNKNOWN_MAGIC = "unknown magic"
    XORED = "looks like the XORed kind, which no released version of Mars writes"
    LENGTH = "the length does not fit"
    CUT = "the input ends within the block"
    TAILER = "the tailer is wrong"
    PAYLOAD = "the payload does not decode"


class Block(NamedTuple):
    """One block: `length` bytes at `offset` of the input, header and tailer included."""

    offset: int
    length: int
    reading: Reading
    header: Header
    buffer: bytes
    """Holds the block from index `start` on, and what followed it when it was found."""
    start: int

    @property
    def payload(self) -> memoryview:
        """The payload, as it stands in the input, without a copy."""
        begin = self.start + self.reading.header_size
        return memoryview(self.buffer)[begin : begin + self.header.length]

    @property
    def remains(self) -> memoryview:
        """All that follows the header; of a broken block the bytes up to the next believed one."""
        begin = self.start + self.reading.header_size
        return memoryview(self.buffer)[begin : self.start + self.length]


class PlainRun(NamedTuple):
    """Consecutive plain blocks of one magic, found in one pass."""

    offset: int
    length: int
    reading: Reading
    blocks: int
    text: bytes
    buffer: bytes
    start: int
    last: int
    """Index of the last block in `buffer`."""
    hours: set[bytes]
    """Begin and end hour of its blocks, a byte each, each pair once."""

    def sizes(self) -> list[int]:
        """Return the bytes of text in each block."""
        found: list[int] = []
        index, between = self.start + _LENGTH_AT, self.reading.header_size + 1
        for _ in range(self.blocks):
            (size,) = _LENGTH.unpack_from(self.buffer, index)
            found.append(size)
            index += size + between
        return found

    def split(self) -> Iterator[Block]:
        """Yield the blocks one by one."""
        index = self.start
        for _ in range(self.blocks):
            header = parse_header(self.buffer, index, self.reading)
            length = self.reading.header_size + header.length + 1
            offset = self.offset + index - self.start
            yield Block(offset, length, self.reading, header, self.buffer, index)
            index += length


class PlainText(NamedTuple):
    """A line of a plain-text log (`imsdk_YYYYMMDD.log` of before SDK 4.7.1), outside any block."""

    offset: int
    data: bytes

    @property
    def length(self) -> int:
        """Bytes in the input."""
        return len(self.data)


class Fill(NamedTuple):
    """Zeros up to the end of the input: room that a crash buffer never used."""

    offset: int
    length: int


class Damage(NamedTuple):
    """Bytes that belong to no block that can be believed; `length` is 0 where bytes are missing."""

    offset: int
    length: int
    reason: Reason
    detail: str = ""
    broken: Block | None = None
    """The block that the damage began in, where its header still says how to read what is left."""


Event = Block | Damage | Fill | PlainText
