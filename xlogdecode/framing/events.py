"""The pieces of a stream of bytes: blocks, damage, fill, plain text."""

import enum
from typing import NamedTuple

from xlogdecode.format import Header, Reading

__all__ = [
    "Block",
    "Damage",
    "Event",
    "Fill",
    "PlainText",
    "Proof",
    "Reason",
    "Verdict",
]


class Verdict(enum.Enum):
    """The result of a probe of a block's payload."""

    WHOLE = "decodes, and ends where a writer's flush ends"
    OPEN = "decodes without a fault, and ends in mid-stream (a writer's buffer was full)"
    BROKEN = "does not decode"
    LOCKED = "encrypted, and no key fits"


class Proof(NamedTuple):
    """A probe's verdict, and its cost: about the nanoseconds it took, by what it had to do."""

    verdict: Verdict
    cost: int


class Reason(enum.Enum):
    """Why bytes are damage."""

    GARBAGE = "not log data"
    HOLE = "filled with zero bytes"
    UNKNOWN_MAGIC = "unknown magic"
    XORED = "an xlog of the second, XORed kind, which no released writer makes"
    LENGTH = "impossible block length in the header"
    CUT = "the file is cut off in the middle of a block"
    TAILER = "the byte that ends a block is wrong"
    PAYLOAD = "the block's data are damaged"


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
        """The payload, as it is in the input, without a copy."""
        begin = self.start + self.reading.header_size
        return memoryview(self.buffer)[begin : begin + self.header.length]

    @property
    def remains(self) -> memoryview:
        """All that follows the header; of a broken block the bytes up to the next believed one."""
        begin = self.start + self.reading.header_size
        return memoryview(self.buffer)[begin : self.start + self.length]


class PlainText(NamedTuple):
    """A line of a plain-text log (`imsdk_YYYYMMDD.log` of before SDK 4.7.1), outside any block."""

    offset: int
    data: bytes

    @property
    def length(self) -> int:
        """Bytes in the input."""
        return len(self.data)


class Fill(NamedTuple):
    """Zeros up to the end of the input, or of a crash buffer within it: space never used."""

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
    sample: bytes = b""
    """Its first bytes, 64 KiB at most."""


Event = Block | Damage | Fill | PlainText
