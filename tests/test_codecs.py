"""Payloads that only a codec's own corner can get wrong."""

import zlib

from tests.mars.walk import unchunked
from xlogdecode.codecs import unpack
from xlogdecode.format import Codec

FALSE_MARK = bytes.fromhex(
    "40000cc10109000008002000006845d7aa828228a8ff505ac956d14585a13f452632c33b0000ffffcde983bdc45ba8"
    "8b1a353eeb3e5bc146c821dabe70000000ffff1f008af68c55c84bad2851c8c9cc4b55c84f5328c94855c8c94fe702"
    "000000ffff"
)
"""Two chunks, legal deflate; the first holds 00 00 ff ff among its letters, where no flush ends.
Without the two bytes behind that it would inflate as well, to other text.
"""


def test_what_looks_like_a_flush_within_a_chunk_is_none():
    assert FALSE_MARK.count(b"\0\0\xff\xff") == 3
    text = zlib.decompressobj(-15).decompress(b"".join(unchunked(FALSE_MARK)))
    assert text.endswith(b"[I] next line of the log\n")
    assert bytes(unpack(Codec.CHUNKED, FALSE_MARK, 1 << 16)) == text
