"""Payloads that only a codec's own corner can get wrong."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.damage import sample_of
from tests.mars.walk import unchunked
from xlogdecode.codecs import CodecError, iter_unpack, unpack
from xlogdecode.format import Codec

FALSE_MARK = bytes.fromhex(
    "40000cc10109000008002000006845d7aa828228a8ff505ac956d14585a13f452632c33b0000ffffcde983bdc45ba8"
    "8b1a353eeb3e5bc146c821dabe70000000ffff1f008af68c55c84bad2851c8c9cc4b55c84f5328c94855c8c94fe702"
    "000000ffff"
)
"""Two chunks, legal deflate; the first holds 00 00 ff ff among its letters, where no flush ends.
Without the two bytes behind that it would inflate as well, to other text.
"""


@pytest.mark.parametrize("many", [False, True])
def test_what_looks_like_a_flush_within_a_chunk_is_none(many):
    assert FALSE_MARK.count(b"\0\0\xff\xff") == 3
    text = zlib.decompressobj(-15).decompress(b"".join(unchunked(FALSE_MARK)))
    assert text.endswith(b"[I] next line of the log\n")
    assert bytes(unpack(Codec.CHUNKED, FALSE_MARK, 1 << 16, many=many)) == text


CHUNKED = [one.payload for one in sample_of("imsdk-chunked").blocks if one.kind.compressed]


@given(
    payload=st.sampled_from(CHUNKED),
    place=st.floats(0, 1, exclude_max=True),
    put=st.sampled_from([b"", b"\0", b"\0\0\xff\xff", b"\x05\0", b"\xff\xff"]),
    taken=st.integers(0, 6),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_many_chunks_give_the_text_that_few_give(payload, place, put, taken):
    at = int(place * len(payload))
    changed = payload[:at] + put + payload[at + taken :]
    for one in (payload, changed):
        few, many = (unpack(Codec.CHUNKED, one, 1 << 16, many=many) for many in (False, True))
        assert few == many
    assert unpack(Codec.CHUNKED, payload, 1 << 16, many=True) == zlib.decompressobj(-15).decompress(
        b"".join(unchunked(payload))
    )


@pytest.mark.parametrize("many", [False, True])
def test_lengths_that_are_wrong_and_add_up_are_wrong(many):
    payload = max(CHUNKED, key=len)
    first, second = map(len, unchunked(payload)[:2])
    assert first != second
    changed = bytearray(payload)
    changed[:2] = second.to_bytes(2, "little")
    changed[2 + first : 4 + first] = first.to_bytes(2, "little")
    assert unpack(Codec.CHUNKED, bytes(changed), 1 << 16, many=many) is None


@pytest.mark.parametrize("descriptor", [0x70, 0xF8])  # windows of 16 MB and of terabytes
def test_a_window_that_no_writer_asks_for_is_refused_by_both_ways(descriptor):
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([descriptor]) + b"\x10\x00\x00ab"
    usual = frame[:5] + b"\x30" + frame[6:]
    assert unpack(Codec.ZSTD, usual, 1 << 16) == b"".join(iter_unpack(Codec.ZSTD, usual)) == b"ab"
    assert unpack(Codec.ZSTD, frame, 1 << 16) is None
    with pytest.raises(CodecError):
        list(iter_unpack(Codec.ZSTD, frame))
