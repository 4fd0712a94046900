"""Text to blocks, and back by a reader that shares no code with the writer."""

import random
import struct
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.encode.conftest import PRIVATE_KEY, PUBLIC_HEX
from tests.encode.reader import decrypt, read_blocks, read_text, shared_secret
from xlogdecode.crypto import Cipher
from xlogdecode.encode import encode_bytes, parse_public_key
from xlogdecode.encode.block_format import BLOCK_SIZE, SequenceNumbers
from xlogdecode.encode.streams import WholeGroups, largest, new_streams
from xlogdecode.errors import UsageError
from xlogdecode.format import Codec

KEY = parse_public_key(PUBLIC_HEX)
WAYS = {
    "zlib async": ({}, 0x09),
    "zlib async key": ({"public_key": KEY}, 0x07),
    "zlib sync": ({"mode": "sync"}, 0x08),
    "zstd async": ({"codec": "zstd"}, 0x0D),
    "zstd async key": ({"codec": "zstd", "public_key": KEY}, 0x0C),
    "zstd sync": ({"codec": "zstd", "mode": "sync"}, 0x0B),
    "imsdk async": ({"format": "imsdk"}, 0x05),
    "imsdk sync": ({"format": "imsdk", "mode": "sync"}, 0x03),
}
every_way = pytest.mark.parametrize(("way", "magic"), WAYS.values(), ids=WAYS)
texts = st.binary(max_size=600).map(lambda data: data.replace(b"\0", b"\n"))


@every_way
@settings(max_examples=40)
@given(text=texts)
@example(text=b"no newline at the end")
@example(text=b"\n\n\r\n")
@example(text=bytes(range(1, 256)) * 300)
def test_any_text_without_nul_comes_back(way: dict, magic: int, text: bytes) -> None:
    data = encode_bytes(text, **way)
    assert read_text(data, PRIVATE_KEY) == text
    assert {block.magic for block in read_blocks(data, PRIVATE_KEY)} <= {magic}


@every_way
def test_seq_counts_async_blocks_and_is_0_in_sync_ones(way: dict, magic: int, noise) -> None:
    data = encode_bytes(noise, hour=23, **way)
    blocks = list(read_blocks(data, PRIVATE_KEY))
    wanted = [0] * len(blocks) if "mode" in way else list(range(1, len(blocks) + 1))
    assert [block.seq for block in blocks] == wanted
    assert {(block.begin_hour, block.end_hour) for block in blocks} == {(23, 23)}
    assert len(blocks) > 2


@every_way
def test_one_client_key_serves_all_blocks_of_an_opening(way: dict, magic: int, noise) -> None:
    keys = [
        {block.key for block in read_blocks(encode_bytes(noise, **way), PRIVATE_KEY)}
        for _ in range(2)
    ]
    assert [len(found) for found in keys] == [1, 1]
    assert (keys[0] != keys[1]) == ("public_key" in way)


def test_an_async_block_closes_with_the_line_that_takes_it_to_a_third_of_150_kib(noise) -> None:
    *full, last = read_blocks(encode_bytes(noise))
    assert all(BLOCK_SIZE <= len(block.payload) + 73 < BLOCK_SIZE + 300 for block in full)
    assert 0 < len(last.payload) < BLOCK_SIZE


def test_a_line_longer_than_16_kib_is_kept_whole_in_pieces() -> None:
    line = b"x" * 40_000 + b"\n"
    assert [len(block.text) for block in read_blocks(encode_bytes(line, mode="sync"))] == [
        16_384,
        16_384,
        7233,
    ]
    assert read_text(encode_bytes(line)) == line


def test_each_line_of_an_imsdk_block_is_a_chunk_that_ends_in_a_flush() -> None:
    (block,) = read_blocks(encode_bytes(b"one\ntwo\nthree", format="imsdk"))
    assert len(block.chunks) == 3
    assert all(chunk.endswith(b"\0\0\xff\xff") for chunk in block.chunks)


def test_a_zstd_frame_states_a_window_of_64_kib_and_nothing_else() -> None:
    (block,) = read_blocks(encode_bytes(b"one\n", codec="zstd"))
    assert block.payload[:6] == bytes.fromhex("28b52ffd 00 30")


def test_an_empty_text_makes_no_block() -> None:
    assert encode_bytes(b"") == b""


@pytest.mark.parametrize("mode", ["async", "sync"])
def test_nul_is_refused_with_its_place(mode: str) -> None:
    with pytest.raises(UsageError, match="byte 20005 is NUL"):
        encode_bytes(b"a" * 20_000 + b"line\n\0", mode=mode)


@pytest.mark.parametrize(
    "way",
    [
        {"format": "imsdk", "codec": "zstd"},
        {"format": "imsdk", "public_key": KEY},
        {"format": "other"},
        {"mode": "sync", "public_key": KEY},
        {"codec": "lzma"},
        {"mode": "lazy"},
        {"public_key": b"\1" * 64},
        {"public_key": b""},
        {"public_key": ""},
    ],
    ids=str,
)
def test_what_no_writer_makes_is_refused(way: dict) -> None:
    with pytest.raises(UsageError):
        encode_bytes(b"line\n", **way)


@pytest.mark.parametrize("text", ["", "zz", PUBLIC_HEX[:-2], "05" + PUBLIC_HEX])
def test_a_public_key_is_128_hex_digits(text: str) -> None:
    with pytest.raises(UsageError, match="128 hex digits"):
        parse_public_key(text)
    assert parse_public_key("04" + PUBLIC_HEX) == KEY


def test_seq_goes_from_65535_to_1() -> None:
    sequence = SequenceNumbers()
    counted = [sequence.next() for _ in range(65_537)]
    assert counted == [*range(1, 65_536), 1, 2]


@given(data=st.binary(max_size=300))
@example(data=bytes(range(256)) * 50)
@example(data=bytes(range(256)) * 200 + b"rest")
def test_what_is_encrypted_group_by_group_decrypts_and_the_rest_stays_clear(data: bytes) -> None:
    encrypted = _CIPHER.encrypt(data)
    assert decrypt(encrypted, _SECRET) == data
    rest = len(data) % 8
    assert encrypted[len(data) - rest :] == data[len(data) - rest :]


def test_the_reader_undoes_16_rounds_of_tea_as_its_authors_wrote_them() -> None:
    """A zero group under a zero key: `y += ((z<<4)+k0)^(z+sum)^((z>>5)+k1)`, 16 times."""
    y = z = total = 0
    for _ in range(16):
        total = total + 0x9E3779B9 & 0xFFFFFFFF
        y = y + (z << 4 ^ z + total ^ z >> 5) & 0xFFFFFFFF
        z = z + (y << 4 ^ y + total ^ y >> 5) & 0xFFFFFFFF
    assert decrypt(struct.pack("<2I", y, z), bytes(16)) == bytes(8)


@pytest.mark.parametrize("codec", [Codec.DEFLATE, Codec.ZSTD])
@settings(max_examples=30)
@given(lines=st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=10))
def test_whole_groups_are_never_written_twice_and_read_at_every_step(
    codec: Codec, lines: list[bytes]
) -> None:
    lines = [line.replace(b"\0", b"0") for line in lines]
    stream = WholeGroups(new_streams(codec, 6)(), _CIPHER, codec)
    magic = 0x07 if codec is Codec.DEFLATE else 0x0C
    payload = b""
    for count, line in enumerate(lines, start=1):
        payload += stream.add(line)
        assert len(payload) % 8 == 0
        header = struct.pack("<BHBBI", magic, 1, 0, 0, len(payload)) + _CIPHER.client_key
        block = header + payload + b"\0"
        assert read_text(block, PRIVATE_KEY) == b"".join(lines[:count])


@pytest.mark.parametrize("codec", [Codec.DEFLATE, Codec.CHUNKED, Codec.ZSTD])
def test_no_piece_adds_more_than_was_reckoned_with(codec: Codec) -> None:
    noise = random.Random(8).randbytes(33_792)
    stream = new_streams(codec, 6)()
    if codec is not Codec.CHUNKED:
        stream = WholeGroups(stream, _CIPHER, codec)
    cuts = [0, 1, 2, 10, 300, 1024, 17_408, 33_792]
    for start, end in pairwise(cuts):
        piece = noise[start:end]
        assert len(piece) < len(stream.add(piece)) <= largest(len(piece))


_CIPHER = Cipher(KEY)
_SECRET = shared_secret(PRIVATE_KEY, _CIPHER.client_key)


@pytest.mark.parametrize("hour", [-1, 24, 300])
def test_an_hour_that_no_day_has_is_refused(hour: int) -> None:
    with pytest.raises(UsageError, match="not an hour of the day"):
        encode_bytes(b"text", hour=hour)
