"""Does a block fit here? Pure looks at a buffer: where a block would end, and what stands there."""

import enum
from typing import NamedTuple, Self

from xlogdecode.format import READINGS, TAILER, Codec, Header, Reading, is_plausible, parse_header
from xlogdecode.framing.events import Block

__all__ = [
    "LONGEST_SEARCHED", "Fit", "Follow", "Place", "is_plain", "is_vouched_for", "measure",
    "what_follows",
]  # fmt: skip

LONGEST_SEARCHED = 256 << 10
"""No payload over this is believed out of step; writers stop at 150 KiB."""

_FILL_SEEN = 32
"""Zeros in a row that are taken for fill, or a hole, rather than for a stray tailer."""


class Fit(enum.Enum):
    """How far a block that would start here fits what is in the buffer."""

    TAILER = "a tailer stands where the length says"
    BARE = "some other byte stands there, or the input ends just before it"
    CUT = "the input ends within the block"
    TOO_LONG = "its length is beyond belief"
    MORE = "the buffer ends within the block"


class Follow(enum.Enum):
    """What stands behind a tailer."""

    END = "the end of the input"
    HEADER = "a header with plausible fields"
    MAGIC = "a known magic"
    FILL = "zeros"
    OTHER = "anything else"
    MORE = "the end of the buffer"


_VOUCHES = (Follow.HEADER, Follow.END, Follow.MORE)


class Place(NamedTuple):
    """Where one reads blocks: a buffer and its offset in the input, whether that ends there, the
    longest payload.
    """

    buffer: bytes
    base: int
    closed: bool
    max_block: int

    @classmethod
    def around(cls, block: Block, max_block: int) -> Self:
        """Return the place that a block was found in, which may no longer be at hand."""
        return cls(block.buffer, block.offset - block.start, closed=False, max_block=max_block)


def measure(place: Place, start: int, reading: Reading) -> tuple[Fit, Header | None]:
    """Return how a block at `start` fits, and its header where that is in the buffer whole."""
    buffer = place.buffer
    begin = start + reading.header_size
    if begin > len(buffer):
        return (Fit.CUT if place.closed else Fit.MORE), None
    header = parse_header(buffer, start, reading)
    if header.length > place.max_block:
        return Fit.TOO_LONG, header
    end = begin + header.length
    if end < len(buffer):
        return (Fit.BARE if buffer[end] else Fit.TAILER), header
    if not place.closed:
        return Fit.MORE, header
    return (Fit.BARE if end == len(buffer) else Fit.CUT), header


def what_follows(place: Place, index: int) -> Follow:
    """Return what stands at `index`, right behind a tailer."""
    buffer = place.buffer
    if index >= len(buffer):
        return Follow.END if place.closed else Follow.MORE
    if buffer[index] == 0:
        zeros = buffer[index : index + _FILL_SEEN]
        if any(zeros):
            return Follow.OTHER
        return Follow.FILL if len(zeros) == _FILL_SEEN or place.closed else Follow.MORE
    readings = READINGS.get(buffer[index], ())
    if not readings:
        return Follow.OTHER
    if len(buffer) - index < 13 and not place.closed:
        return Follow.MORE
    plausible = any(is_plausible(buffer, index, reading, place.max_block) for reading in readings)
    return Follow.HEADER if plausible else Follow.MAGIC


def is_vouched_for(place: Place, start: int, reading: Reading) -> bool:
    """Tell, at little cost, whether a tailer and another header may stand behind a block."""
    buffer = place.buffer
    at = start + (1 if reading.header_size == 5 else 5)
    end = start + reading.header_size + int.from_bytes(buffer[at : at + 4], "little")
    if end >= len(buffer):
        return not place.closed
    return buffer[end] == TAILER and what_follows(place, end + 1) in _VOUCHES


def is_plain(reading: Reading) -> bool:
    """Tell whether the payload is text as it stands, which framing can judge by itself."""
    return reading.codec is Codec.PLAIN and not reading.masked
