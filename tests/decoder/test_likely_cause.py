"""The cause of damage is named where something shows it, and nowhere else."""

import json
import random

import pytest

from tests.command import run
from tests.mars import (
    KINDS,
    block,
    crash_buffer,
    file_of,
    imsdk_lines,
    log,
    mars_lines,
    new_session,
    private_key,
)
from xlogdecode import Options, decode_bytes
from xlogdecode.chinese import in_chinese

SERVER = private_key("server")
PACKED = ["imsdk-chunked", "zlib", "zlib-crypt", "zstd"]
DICE = random.Random(11)


def session_of(kind, seed="client"):
    return new_session(SERVER, seed) if KINDS[kind].encrypted else None


def log_of(kind, *, lines=400, first=1, seed="client"):
    texts = list(mars_lines(first, lines))
    session = session_of(kind, seed)
    if not KINDS[kind].compressed:
        return log(KINDS[kind], texts)
    return [
        block(KINDS[kind], texts[at : at + 20], seq=first + number, session=session)
        for number, at in enumerate(range(0, lines, 20))
    ]


def cause_of(data, *keys):
    report = decode_bytes(data, Options(keys=keys or (SERVER,)))[1]
    assert report.as_dict()["why"] == (report.why or None)
    assert not report.why or in_chinese(report.why) != report.why
    return report.why


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("size", [4096, 8192])
def test_two_processes_that_write_one_file(kind, size):
    one = file_of(log_of(kind))
    other = file_of(log_of(kind, first=300, seed="other"))
    mixed = b"".join(one[at : at + size] + other[at : at + size] for at in range(0, 60_000, size))
    assert cause_of(mixed).startswith("two processes wrote it: seq ")
    for data in (one + other, one + other + one[200:], one[:-700] + other[700:] + one):
        assert not cause_of(data).startswith("two processes")


@pytest.mark.parametrize("kind", ["imsdk-chunked", "zlib", "zstd"])
def test_two_processes_that_began_at_the_same_time(kind):
    """Their seqs are near each other all the time, and no client key tells them apart."""
    one = log_of(kind, lines=800)
    lines = list(mars_lines(77, 800))
    other = [
        block(KINDS[kind], lines[at : at + 20], seq=1 + number)
        for number, at in enumerate(range(0, 800, 20))
    ]
    dice, first, second, mixed = random.Random(2), file_of(one), file_of(other), b""
    while first or second:
        size = dice.choice((1024, 4096, 8192))
        piece, first = first[:size], first[size:]
        mixed += piece
        size = dice.choice((1024, 4096, 8192))
        piece, second = second[:size], second[size:]
        mixed += piece
    assert cause_of(mixed).startswith("two processes wrote it: seq ")
    days = [file_of(one[at : at + 10])[:-99] for at in (0, 20, 10, 30)]
    assert not cause_of(b"".join(days)).startswith("two processes")


@pytest.mark.parametrize("kind", [*PACKED, "sync-zlib"])
def test_a_cut_upload_has_a_size_that_tells(kind):
    data = file_of(log_of(kind, lines=1000))
    for size, shown in ((3 * 4096, "3 x 4 KiB"), (65536, "1 x 64 KiB")):
        assert len(data) > size
        assert shown in cause_of(data[:size])
        assert cause_of(data[: size + 77]) == ""
        assert cause_of(data[: size - 1]) == ""


@pytest.mark.parametrize("kind", [*PACKED, "sync-zlib"])
def test_pages_of_zeros_are_of_a_power_cut(kind):
    data = file_of(log_of(kind))
    page = data[:8192] + bytes(4096) + data[8192 + 4096 :]
    assert cause_of(page).startswith("a power cut, or a full disk: 4,0")
    blocks = log_of(kind)
    start = file_of(blocks[:2])
    lost = start + bytes(-len(start) % 4096 + 4096) + file_of(blocks[2:])
    assert cause_of(lost).startswith("a power cut")
    for few in (200, 1000):
        assert not cause_of(data[:9000] + bytes(few) + data[9000 + few :]).startswith("a power")


@pytest.mark.parametrize("kind", PACKED)
def test_a_crash_buffer_that_was_made_shorter_and_joined(kind):
    blocks = log_of(kind)
    buffer = crash_buffer(block(KINDS[kind], list(mars_lines(9, 9)), session=session_of(kind)))
    joined = file_of(blocks[:3]) + buffer[:60_001] + file_of(blocks[3:])
    assert cause_of(joined).startswith("a crash buffer was joined to it: ")
    assert cause_of(file_of(blocks[:3]) + buffer + file_of(blocks[3:])) == ""  # nothing is lost


def test_a_log_of_which_some_blocks_bore_the_transfer_as_text():
    plain = file_of(log(KINDS["imsdk-plain"], list(imsdk_lines(3, 20))))
    data = plain + file_of(log_of("imsdk-chunked")) + plain
    as_utf8 = data.decode("utf-8", "replace").encode()
    assert cause_of(as_utf8).startswith("sent as text: ")
    as_ascii = bytes(byte & 127 for byte in data[len(plain) :])
    assert cause_of(as_ascii).startswith("sent as text: no byte above")
    assert cause_of(file_of(log_of("sync-zlib")).replace(b"\n", b"\x0b")) == ""


def test_a_wrong_key_is_named_only_where_a_key_was_given():
    data = file_of(log_of("zlib-crypt"))
    assert cause_of(data, private_key("other")).startswith("wrong key: 20 blocks")
    assert decode_bytes(data)[1].why == ""
    both = data + file_of(log_of("zlib-crypt")[:1])
    assert cause_of(both) == ""


@pytest.mark.parametrize("kind", PACKED)
def test_a_file_whose_beginning_is_missing(kind):
    data = file_of(log_of(kind))
    for cut in (200, 777, 1200):
        assert cause_of(b"\xf1" + data[cut:]).startswith("its beginning is missing: ")


def test_what_was_saved_with_the_log():
    data = file_of(log_of("zlib"))
    form = b'------FormBoundary\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
    assert cause_of(form + data + b"\r\n------FormBoundary--\r\n").startswith("an upload form")
    assert cause_of(b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n" + data).startswith("the headers of")


def test_a_block_of_a_fork_among_others():
    blocks = log_of("zlib")
    forked = bytes([0x11]) + blocks[1].data[1:]
    data = blocks[0].data + forked + file_of(blocks[2:])
    assert cause_of(data).startswith("a fork of Mars wrote it: magic 0x11; ")


@pytest.mark.parametrize("kind", [*PACKED, "sync-zlib"])
def test_where_nothing_shows_a_cause_none_is_named(kind):
    data = file_of(log_of(kind))
    start = len(file_of(log_of(kind)[:4]))
    flipped = bytearray(data)
    flipped[start + 5] ^= 0x40
    for damaged in (
        data,
        data[:start] + DICE.randbytes(999) + data[start:],
        DICE.randbytes(999) + b"\x80" + data,
        bytes(flipped),
        data[:-9] if (len(data) - 9) % 4096 else data[:-8],
        data + b"trailing",
    ):
        assert cause_of(damaged) == ""


def test_the_command_shows_the_cause_where_it_is_asked_for(tmp_path):
    path = tmp_path / "app_20240101.xlog"
    path.write_bytes(file_of(log_of("zlib"))[: 3 * 4096])
    cause = "cut off by an upload or a copy: its size is 3 x 4 KiB; get the file anew"
    for command in (["-t"], ["summary"]):
        assert run(*command, path).err.count(f"xlogdecode: {path}: likely cause: {cause}\n") == 1
    report = tmp_path / "report.json"
    done = run("-c", path, "--report", report)
    assert "likely cause" not in done.err
    assert json.loads(report.read_text())["why"] == cause


def test_what_is_not_flushed_yet_is_in_the_crash_buffer_beside_the_log(tmp_path):
    path, buffer = tmp_path / "app_20240101.xlog", tmp_path / "app.mmap3"
    path.write_bytes(file_of(log_of("zlib"))[: 3 * 4096 + 50])
    assert "likely cause" not in run("-t", path).err
    buffer.write_bytes(crash_buffer(block(KINDS["zlib"], list(mars_lines(9, 9)), seq=21)))
    for command in (["-t"], ["summary"]):
        err = run(*command, path).err
        assert f"likely cause: not flushed yet: the crash buffer {buffer} beside it holds" in err
    buffer.write_bytes(bytes(153_600))
    assert "likely cause" not in run("-t", path).err
