"""Where a block may begin out of step, as patterns: most of what only looks like one fails them."""

import functools
import re
from collections.abc import Iterator

from xlogdecode.format import READINGS, Codec, Reading
from xlogdecode.framing.validator import LONGEST_SEARCHED, View

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


def candidates(view: View, begin: int, stop: int) -> Iterator[tuple[int, bool]]:
    """Yield each index below `stop` where a block may begin, and whether the buffer has enough of
    it to tell; no payload that is empty, or longer than out of step is believed, begins there.
    """
    buffer, size = view.buffer, len(view.buffer)
    shape, front = _shapes(view.max_block)
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
        yield index, view.closed or shape.match(buffer, index) is not None


@functools.cache
def _shapes(max_block: int) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return two patterns of one byte with more ahead: all that a reading tells of it, and only the
    fields up to the length, which stand in the first nine bytes.
    """
    top = re.escape(bytes([min(max_block, LONGEST_SEARCHED) >> 16]))
    length = rb"(?!\0\0\0)..[\x00-%b]\0" % top
    fields = rb"(?=..[\x00-\x17]{2}%b)" % length
    ahead = b"|".join(map(_ahead, READINGS.values()))
    magic = rb"[%b]" % re.escape(bytes(READINGS))  # in front: the search for it is the fast part
    shape = rb"%b(?:%b(?:%b))" % (magic, fields, ahead)
    front = magic + fields
    return re.compile(shape, re.DOTALL), re.compile(front, re.DOTALL)


def _ahead(reading: Reading) -> bytes:
    """Return what is ahead of a magic, besides the fields of every header."""
    magic = re.escape(bytes([reading.magic]))
    length = rb".[\x00-\x40]\0\0" if reading.codec is Codec.PLAIN else b".{4}"  # LONGEST_LINE
    key = rb".{64}" if reading.has_key else rb"\0{%d}" % (reading.header_size - 9)
    opening = b"" if reading.encrypted else _OPENINGS[reading.codec]
    return rb"(?<=%b)(?=.{4}%b%b%b)" % (magic, length, key, opening)
