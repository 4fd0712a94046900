"""Where a block may begin out of step, as patterns: most of what lies is told by them alone."""

import functools
import re
from collections.abc import Iterator

from xlogdecode.format import READINGS, Codec, Reading
from xlogdecode.framing.fit import LONGEST_SEARCHED, Place

__all__ = ["SHORTEST_SHAPE", "candidates"]

SHORTEST_SHAPE = 8
"""Bytes at the end of a buffer that the front of a header may need more of."""

_LONGEST_SHAPE = 80
"""Bytes that a header takes, and what is known of the payload's first ones."""

_BLOCK_TYPES = b"[%b]" % re.escape(bytes(byte for byte in range(256) if byte & 6 != 6))
_OPENINGS = {
    Codec.PLAIN: rb"[^\0]",
    Codec.DEFLATE: _BLOCK_TYPES,
    Codec.CHUNKED: rb"(?!\0\0).." + _BLOCK_TYPES,
    Codec.ZSTD: re.escape(b"\x28\xb5\x2f\xfd"),
}
_KEYS = {9: rb"(?!\0{4})", 13: rb"\0{4}", 73: rb".{64}"}


def candidates(
    place: Place, begin: int, stop: int, *, has_second_reading: bool
) -> Iterator[tuple[int, bool]]:
    """Yield each index below `stop` where a block may begin, and whether the buffer has enough of
    it to tell; no payload that is empty, or longer than out of step is believed, begins there.
    """
    buffer, size = place.buffer, len(place.buffer)
    shape, front = _shapes(place.max_block, has_second_reading)
    certain = min(stop, size - _LONGEST_SHAPE)
    if begin < certain:
        for match in shape.finditer(buffer, begin, certain + _LONGEST_SHAPE):
            if match.start() >= certain:
                break
            yield match.start(), True
    for match in front.finditer(buffer, max(begin, certain), min(size, stop + SHORTEST_SHAPE)):
        index = match.start()
        if index >= stop:
            break
        yield index, place.closed or shape.match(buffer, index) is not None


@functools.cache
def _shapes(
    max_block: int,
    has_second_reading: bool,  # noqa: FBT001 - a cache takes no names
) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return two patterns of one byte with more ahead: all that a reading tells of it, and only the
    fields up to the length, which stand in the first nine bytes.
    """
    top = re.escape(bytes([min(max_block, LONGEST_SEARCHED) >> 16]))
    length = rb"(?!\0\0\0)..[\x00-%b]\0" % top
    fields = rb"(?=..[\x00-\x17]{2}%b)" % length
    of_five = rb"|(?<=[\x01\x02])(?=%b)" % length if has_second_reading else b""
    ahead = b"|".join(
        _ahead(reading)
        for readings in READINGS.values()
        for reading in readings
        if reading.header_size > 5 and (has_second_reading or not reading.masked)
    )
    magic = rb"[\x01-\x0d]"  # one class in front: the search for it is the fast part
    shape = rb"%b(?:%b(?:%b)%b)" % (magic, fields, ahead, of_five)
    front = rb"%b(?:%b%b)" % (magic, fields, of_five)
    return re.compile(shape, re.DOTALL), re.compile(front, re.DOTALL)


def _ahead(reading: Reading) -> bytes:
    """Return what stands ahead of a magic, besides the fields of every header."""
    magic = re.escape(bytes([reading.magic]))
    length = rb".[\x00-\x40]\0\0" if reading.codec is Codec.PLAIN else b".{4}"  # LONGEST_LINE
    is_clear = not reading.masked and not reading.encrypted
    opening = _OPENINGS[reading.codec] if is_clear else b""
    return rb"(?<=%b)(?=.{4}%b%b%b)" % (magic, length, _KEYS[reading.header_size], opening)
