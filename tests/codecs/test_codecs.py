"""Payloads that only a codec's own corner can get wrong."""

import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.damage import sample_of
from tests.mars.walk import unchunked
from xlogdecode.codecs import (
    CodecError,
    flushed_texts,
    iter_unpack,
    join_chunks,
    split_chunks,
    unpack,
    unpack_lines,
)
from xlogdecode.codecs.deflate import flushes_in
from xlogdecode.format import Codec

FALSE_MARK = bytes.fromhex(
    "40000cc10109000008002000006845d7aa828228a8ff505ac956d14585a13f452632c33b0000ffffcde983bdc45ba8"
    "8b1a353eeb3e5bc146c821dabe70000000ffff1f008af68c55c84bad2851c8c9cc4b55c84f5328c94855c8c94fe702"
    "000000ffff"
)
"""Two chunks, legal deflate; the first holds 00 00 ff ff among its letters, where no flush ends.
Without the two bytes behind that it would inflate as well, to other text.
"""


def test_what_looks_like_a_flush_within_a_chunk_is_none() -> None:
    assert FALSE_MARK.count(b"\0\0\xff\xff") == 3
    text = zlib.decompressobj(-15).decompress(b"".join(unchunked(FALSE_MARK)))
    assert text.endswith(b"[I] next line of the log\n")
    assert bytes(unpack(Codec.CHUNKED, FALSE_MARK, 1 << 16)) == text
    assert unpack_lines(Codec.CHUNKED, FALSE_MARK + b"\0\0", 0, len(FALSE_MARK)) == text
    assert b"".join(flushed_texts(Codec.CHUNKED, FALSE_MARK, marks_may_lie=True)) == text


CHUNKED = [one.payload for one in sample_of("imsdk-chunked").blocks if one.kind.compressed]


@st.composite
def changed_payloads(draw: st.DrawFn) -> bytes:
    payload = draw(st.sampled_from(CHUNKED))
    at = draw(st.sampled_from([0, len(payload) - 5, draw(st.integers(0, len(payload)))]))
    put = draw(st.sampled_from([b"", b"\0", b"\0\0\xff\xff", b"\x05\0", b"\xff\xff", b"\xff"]))
    return payload[:at] + put + payload[at + draw(st.integers(0, 6)) :]


@given(payload=changed_payloads())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_chunks_taken_in_one_pass_are_those_of_the_payload(payload: bytes) -> None:
    parts = split_chunks(payload + b"\0\0", 0, len(payload))
    if parts is not None:
        flushes = [part + b"\0\0\xff\xff" for part in parts]
        assert flushes == unchunked(payload)
        assert join_chunks(payload) == (b"".join(flushes), 0)
    assert parts is not None or payload not in CHUNKED


@pytest.mark.parametrize("chunk", [b"\0\0", b"\1\0x", b"\2\0xy", b"\5\0hello"])
def test_chunks_that_are_no_flush_are_refused_and_cost_no_memory(chunk: bytes) -> None:
    payload = chunk * (3_000_000 // len(chunk))
    assert split_chunks(payload + b"\0\0", 0, len(payload)) is None
    assert join_chunks(payload) == (chunk[2:], len(payload))


def test_lengths_that_are_wrong_and_add_up_are_wrong() -> None:
    payload = max(CHUNKED, key=len)
    first, second = map(len, unchunked(payload)[:2])
    assert first != second
    changed = bytearray(payload)
    changed[:2] = second.to_bytes(2, "little")
    changed[2 + first : 4 + first] = first.to_bytes(2, "little")
    assert unpack(Codec.CHUNKED, bytes(changed), 1 << 16) is None
    assert split_chunks(bytes(changed) + b"\0\0", 0, len(changed)) is None


@pytest.mark.parametrize("descriptor", [0x70, 0xF8])  # windows of 16 MB and of terabytes
def test_a_window_that_no_writer_asks_for_is_refused_by_both_ways(descriptor):
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([descriptor]) + b"\x10\x00\x00ab"
    usual = frame[:5] + b"\x30" + frame[6:]
    assert unpack(Codec.ZSTD, usual, 1 << 16) == b"".join(iter_unpack(Codec.ZSTD, usual)) == b"ab"
    assert unpack(Codec.ZSTD, frame, 1 << 16) is None
    with pytest.raises(CodecError):
        list(iter_unpack(Codec.ZSTD, frame))


@pytest.mark.parametrize("missing", range(1, 20))
def test_a_last_stored_block_that_is_cut_gives_no_byte_that_was_not_logged(missing: int) -> None:
    text = b"[I] a line that was logged\n"
    size = len(text) + missing
    stored = b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
    frame = b"\x28\xb5\x2f\xfd\x00\x58" + (size << 3 | 1).to_bytes(3, "little")
    for codec, payload in ((Codec.DEFLATE, stored + text), (Codec.ZSTD, frame + text)):
        assert unpack(codec, payload, 1 << 16) is None, codec
        assert b"".join(iter_unpack(codec, payload)) == text


@pytest.mark.parametrize("data", [b"", bytes(200_000), b"\0\0\xff" * 70_000, b"x" * 200_000])
def test_a_stream_without_a_mark_is_searched_once(data):
    begin = time.process_time()
    assert list(flushes_in(data)) == []
    assert list(flushes_in(b"a\0\0\xff\xff" + data)) == [b"a\0\0\xff\xff"]
    assert time.process_time() - begin < 0.5
