"""Block for block what Mars's own C++ writer makes of the same text."""

import re
import zlib
from pathlib import Path

import pytest
import zstandard

from tests.encode.reader import Block, read_blocks
from tests.shared import CORPUS_KEY
from xlogdecode.encode.block_format import BLOCK_SIZE, kind_of
from xlogdecode.encode.streams import new_streams
from xlogdecode.format import Codec

CORPUS_LEVEL = 9

same_zlib = pytest.mark.skipif(
    "ng" in zlib.ZLIB_RUNTIME_VERSION, reason="zlib-ng makes other bytes of the same text"
)


def pieces_of(block: Block) -> list[bytes]:
    """Return the text of each flush of a deflate payload, told by the marks 00 00 FF FF."""
    if len(block.chunks) > 1:
        parts = block.chunks
    else:
        ends = [mark.end() for mark in re.finditer(b"\0\0\xff\xff", block.payload)]
        parts = [block.payload[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    inflate = zlib.decompressobj(-15)
    return [inflate.decompress(part) for part in parts]


def zstd_flushes(payload: bytes) -> list[bytes]:
    """Return the text of each block of a frame that starts with a header of 6 bytes."""
    inflate, texts, place = zstandard.ZstdDecompressor().decompressobj(), [], 6
    inflate.decompress(payload[:6])
    while place < len(payload):
        end = place + 3 + (int.from_bytes(payload[place : place + 3], "little") >> 3)
        texts.append(inflate.decompress(payload[place:end]))
        place = end
    return texts


@same_zlib
@pytest.mark.parametrize(
    ("sample", "layout"),
    [
        ("async_zlib_nocrypt_medium.xlog", "mars"),
        ("async_zlib_crypt_small.xlog", "mars"),
        ("sets/crash_zlib_crypt/imsdk.mmap3", "mars"),
        ("sets/split_zlib_nocrypt/imsdk_20240101_1.xlog", "mars"),
        ("imsdk/imsdk_20240101.xlog", "imsdk"),
        ("imsdk/imsdk_C.mmap2", "imsdk"),
        ("old/v116_async_0x05.xlog", "imsdk"),
    ],
)
def test_zlib_payloads_are_the_same_bytes(corpus: Path, sample: str, layout: str) -> None:
    new_stream = new_streams(kind_of(layout, "zlib", None).codec, CORPUS_LEVEL)
    compressed = 0
    for block in read_blocks((corpus / sample).read_bytes(), CORPUS_KEY):
        if block.magic in {0x05, 0x07, 0x09}:
            stream = new_stream()
            assert b"".join(map(stream.add, pieces_of(block))) == block.payload
            compressed += 1
    assert compressed


@pytest.mark.parametrize(
    "sample", ["async_zstd_nocrypt_medium.xlog", "sets/recovered_zstd_crypt/imsdk_20240101.xlog"]
)
def test_zstd_payloads_have_the_same_header_and_size(corpus: Path, sample: str) -> None:
    new_stream = new_streams(Codec.ZSTD, CORPUS_LEVEL)
    ours = theirs = 0
    for block in read_blocks((corpus / sample).read_bytes(), CORPUS_KEY):
        if block.magic in {0x0C, 0x0D}:
            stream = new_stream()
            payload = b"".join(map(stream.add, zstd_flushes(block.payload)))
            assert payload[:6] == block.payload[:6]
            ours, theirs = ours + len(payload), theirs + len(block.payload)
    assert ours == pytest.approx(theirs, rel=0.01)


@pytest.mark.parametrize(
    ("sample", "way"),
    [
        ("sync_zlib_nocrypt_small.xlog", {}),
        ("sync_zlib_crypt_small.xlog", {"public_key": b"any"}),
        ("sync_zstd_nocrypt_small.xlog", {"codec": "zstd"}),
        ("sync_zstd_crypt_small.xlog", {"codec": "zstd", "public_key": b"any"}),
        ("old/v116_sync_0x03.xlog", {"format": "imsdk"}),
    ],
)
def test_sync_blocks_differ_in_nothing_but_the_key_bytes(
    corpus: Path, sample: str, way: dict
) -> None:
    kind = kind_of(way.get("format", "mars"), way.get("codec", "zlib"), way.get("public_key"))
    for block in read_blocks((corpus / sample).read_bytes()):
        (line, *more) = block.text.splitlines(keepends=True)
        if not more:  # a record of several lines is one block in Mars, a text has lines only
            (ours,) = read_blocks(kind.plain_block(line, block.begin_hour, b""))
            assert (ours.magic, ours.seq, ours.begin_hour, ours.end_hour, ours.payload) == (
                (block.magic, 0, block.begin_hour, block.end_hour, block.payload)
            )
            assert len(ours.key) == len(block.key)


def test_mars_closes_blocks_at_the_size_we_do(corpus: Path) -> None:
    data = (corpus / "async_zlib_nocrypt_medium.xlog").read_bytes()
    sizes = [len(block.payload) + 73 for block in read_blocks(data)][1:-1]
    assert BLOCK_SIZE <= min(sizes) < BLOCK_SIZE + 300
