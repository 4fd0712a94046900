"""The test encoder is held to the files that Mars itself wrote, so that it may stand for Mars."""

import zlib
from collections.abc import Callable, Iterator

import pytest

from tests.mars import (
    KINDS,
    Block,
    Session,
    block,
    crash_buffer,
    file_of,
    imsdk_lines,
    log,
    mars_lines,
    new_session,
    private_key,
)
from tests.mars.crypt import tea_encrypt
from tests.mars.walk import (
    Raw,
    deflate_lines,
    tea_decrypt,
    tea_key,
    unchunked,
    walk,
    zstd_lines,
)
from tests.shared import CORPUS, CORPUS_KEY, needs_corpus

same_zlib = pytest.mark.skipif(
    hasattr(zlib, "ZLIBNG_VERSION"), reason="zlib-ng packs to other bytes than Mars's zlib"
)
SERVER = private_key("server")


def blocks_of(name: str) -> list[Raw]:
    return list(walk((CORPUS / name).read_bytes()))


def bytes_of(raw: Raw) -> bytes:
    fixed = bytes([raw.kind.magic]) + raw.seq.to_bytes(2, "little") + bytes(raw.hours)
    return fixed + len(raw.payload).to_bytes(4, "little") + raw.key_area + raw.payload + b"\0"


def lines_of(raw: Raw) -> list[bytes]:
    """Return what was handed to the writer, one call an item."""
    payload = raw.payload
    if raw.kind.encrypted:
        payload = tea_decrypt(payload, tea_key(CORPUS_KEY, raw.key_area))
    if raw.kind.codec == "chunked":
        payload = b"".join(unchunked(payload))
    if raw.kind.codec == "plain":
        return [payload]
    return (zstd_lines if raw.kind.codec == "zstd" else deflate_lines)(payload)


def written_again(raw: Raw) -> Block:
    key = tea_key(CORPUS_KEY, raw.key_area) if raw.kind.encrypted else b""
    session = Session(raw.key_area, key) if raw.kind.keyed else None
    return block(
        raw.kind,
        lines_of(raw),
        seq=raw.seq,
        hours=raw.hours,
        session=session,
        key_bytes=raw.key_area,
    )


@needs_corpus
@same_zlib
@pytest.mark.parametrize(
    "name",
    [
        "async_zlib_nocrypt_small.xlog",
        "async_zlib_crypt_small.xlog",
        "sync_zlib_crypt_small.xlog",
        "sync_zstd_crypt_small.xlog",
        "imsdk/imsdk_20240101.xlog",
        "imsdk/imsdk_C_20231231.xlog",
        "old/first_async_0x04.xlog",
        "old/v116_async_0x05.xlog",
        "old/v120_async_crypt.xlog",
    ],
)
def test_what_mars_wrote_with_zlib_is_written_again_byte_for_byte(name: str) -> None:
    raws = blocks_of(name)
    assert raws
    for raw in raws:
        assert written_again(raw).data == bytes_of(raw)


@needs_corpus
@pytest.mark.parametrize("name", ["async_zstd_nocrypt_small.xlog", "async_zstd_crypt_small.xlog"])
def test_zstd_is_written_with_the_frame_of_mars_and_nearly_its_size(name: str) -> None:
    for raw in blocks_of(name):
        again = written_again(raw)
        assert again.header[:5] == bytes_of(raw)[:5]
        assert again.header[9:] == raw.key_area
        assert len(again.payload) == pytest.approx(len(raw.payload), rel=0.05)
        mirror = Raw(raw.kind, raw.seq, raw.hours, raw.key_area, again.payload)
        assert lines_of(mirror) == lines_of(raw)  # a frame header and a zstd block for each line


@pytest.mark.parametrize("name", KINDS)
def test_a_written_file_takes_apart_into_what_went_in(name: str) -> None:
    kind, lines = KINDS[name], list(mars_lines(1, 30))
    session = new_session(SERVER) if kind.keyed else None
    raws = list(walk(file_of(log(kind, lines, session=session))))
    assert [raw.kind for raw in raws] == [kind] * (3 if kind.compressed else 30)
    if not kind.encrypted:
        assert [line for raw in raws for line in lines_of(raw)] == lines


def test_a_server_reads_what_a_session_encrypted() -> None:
    session = new_session(SERVER)
    key = tea_key(SERVER, session.client_key)
    assert key == session.tea_key
    assert tea_decrypt(tea_encrypt(b"seventeen bytes..", key), key) == b"seventeen bytes.."
    assert tea_encrypt(b"short", key) == b"short"


def test_a_crash_buffer_is_one_block_and_zeros() -> None:
    last = block(KINDS["zlib"], [b"last words\n"], seq=1)
    assert crash_buffer(last).rstrip(b"\0") == last.data.rstrip(b"\0")
    assert len(crash_buffer(last)) == len(crash_buffer()) == 153_600


@needs_corpus
@pytest.mark.parametrize(
    ("kind", "name", "lines"),
    [
        ("zlib", "async_zlib_nocrypt_medium.xlog", mars_lines),
        ("zstd", "async_zstd_nocrypt_medium.xlog", mars_lines),
    ],
)
def test_made_up_text_packs_like_the_text_of_the_corpus(
    kind: str, name: str, lines: Callable[[int, int], Iterator[bytes]]
) -> None:
    raws = [raw for raw in blocks_of(name) if len(raw.payload) > 50_000][:4]
    theirs = sum(sum(map(len, lines_of(raw))) for raw in raws) / sum(len(r.payload) for r in raws)
    made = block(KINDS[kind], list(lines(1, 1000)))
    assert len(made.text) / len(made.payload) == pytest.approx(theirs, rel=0.25)


def test_made_up_lines_have_the_length_of_real_ones() -> None:
    for lines, size in ((mars_lines, 184), (imsdk_lines, 206)):
        sample = list(lines(3, 2000))
        assert sum(map(len, sample)) / len(sample) == pytest.approx(size, rel=0.05)
        assert sample == list(lines(3, 2000))
