"""Does a block fit here? Pure looks at a buffer: where a block would end, and what stands there."""

import enum
import re
from functools import cache
from typing import NamedTuple

from xlogdecode.format import READINGS, Codec, Header, Reading, is_plausible, parse_header

__all__ = ["Fit", "Follow", "Place", "header_shape", "is_plain", "measure", "what_follows"]

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


class Place(NamedTuple):
    """Where one reads blocks: a buffer and its offset in the input, whether that ends there, the
    longest payload.
    """

    buffer: bytes
    base: int
    closed: bool
    max_block: int


@cache
def header_shape(max_block: int) -> re.Pattern[bytes]:
    """Return a pattern that matches one byte wherever the nine from there on can open a block."""
    top = re.escape(bytes([min(max_block >> 24, 0xFF)]))
    return re.compile(  # one class in front: the search for it is the fast part
        rb"[\x01-\x0d](?=..[\x00-\x17][\x00-\x17]...[\x00-%b]|(?<=[\x01\x02])...[\x00-%b])"
        % (top, top),
        re.DOTALL,
    )


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


def is_plain(reading: Reading) -> bool:
    """Tell whether the payload is text as it stands, which framing can judge by itself."""
    return reading.codec is Codec.PLAIN and not reading.masked
