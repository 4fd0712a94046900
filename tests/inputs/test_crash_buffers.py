"""A crash buffer beside its logs: its records come out, and come out once."""

import gzip
import os
import shutil

import pytest

from tests.command import run
from tests.mars import (
    KINDS,
    block,
    crash_buffer,
    file_of,
    imsdk_lines,
    new_session,
    private_key,
)
from tests.mars import log as log_of
from tests.samples import BUFFER, LOG, TEXT, ZLIB, put
from tests.shared import CORPUS, FIXTURES, expected_text, needs_corpus
from xlogdecode.encode import XlogWriter

CORPUS_KINDS = ["zlib_nocrypt", "zlib_crypt", "zstd_nocrypt", "zstd_crypt"]


@pytest.fixture
def crashed(tmp_path):
    """A folder as it was after a crash: a log, and a crash buffer with three lines."""
    folder = tmp_path / "crashed"
    writer = XlogWriter(folder, "app", flush_interval=None)
    writer.write("flushed")
    writer.flush()
    for number in range(3):
        writer.write(f"last words {number}")
    return folder, writer


def snapshot(folder, target):
    return shutil.copytree(folder, target)


def test_what_a_crash_left_comes_behind_the_log(crashed, tmp_path):
    folder, _ = crashed
    pulled = snapshot(folder, tmp_path / "pulled")
    done = run("-rc", pulled)
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[-3:] == [b"last words 0", b"last words 1", b"last words 2"]


def saved_by_the_next_launch(folder, pulled):
    """Copy the buffer, and then the log that the next launch has saved it into."""
    snapshot(folder, pulled)
    (buffer,) = pulled.glob("*.mmap3")
    kept = buffer.read_bytes()
    next_launch = XlogWriter(pulled, "app", flush_interval=None)
    next_launch.close()
    buffer.write_bytes(kept)
    (log,) = pulled.glob("*.xlog")
    assert b"end of mmap" in log.read_bytes()
    return log, buffer


def test_what_a_launch_has_saved_already_is_not_printed_twice(crashed, tmp_path):
    log, buffer = saved_by_the_next_launch(crashed[0], tmp_path / "pulled")
    alone = run("-c", log).out
    assert alone.count(b"last words") == 3
    for paths in ((log, buffer), (buffer, log), ("-r", log.parent)):
        done = run("-c", *paths)
        assert (done.status, done.out) == (0, alone), paths
        assert len(done.lines) == 1
        assert f"{buffer}: all its records are in a log already" in done.lines[0]
    assert run("-c", buffer).out.count(b"last words") == 3


@pytest.mark.parametrize("options", ["-u", ""])
def test_what_a_log_holds_that_need_not_be_decoded_again_is_not_printed_either(
    crashed, tmp_path, options
):
    log, buffer = saved_by_the_next_launch(crashed[0], tmp_path / "pulled")
    archive = shutil.make_archive(str(tmp_path / "case"), "zip", log.parent)
    packed = tmp_path / f"{log.name}.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    os.utime(packed, (1e9, 1e9))
    for number, sources in enumerate([[log.parent], [archive], [packed, buffer]]):
        out = tmp_path / "out" / str(number)
        for _ in range(2):
            run("-r", *sources, "-o", out, *options.split())
        assert [path.name for path in out.rglob("*.log")] == [f"{log.name}.log"]


def test_an_archive_holds_no_records_twice(crashed, tmp_path):
    log, _ = saved_by_the_next_launch(crashed[0], tmp_path / "pulled")
    archive = shutil.make_archive(str(tmp_path / "case"), "gztar", log.parent)
    assert run("-c", archive).out == run("-c", log).out


@needs_corpus
@pytest.mark.parametrize("kind", CORPUS_KINDS)
def test_blocks_that_mars_recovered_are_known(tmp_path, kind):
    buffer = put(CORPUS / f"sets/crash_{kind}/imsdk.mmap3", tmp_path / "imsdk.mmap3")
    recovered = CORPUS / f"sets/recovered_{kind}/imsdk_20240101.xlog"
    log = put(recovered, tmp_path / "imsdk_20240101.xlog")
    done = run("-c", "--key-file", FIXTURES / "key", buffer, log)
    assert (done.status, done.out) == (0, expected_text(recovered))


@needs_corpus
@pytest.mark.parametrize("kind", CORPUS_KINDS)
def test_blocks_that_no_launch_recovered_come_out(tmp_path, kind):
    folder = CORPUS / f"sets/crash_{kind}"
    done = run("-rc", folder, "--key-file", FIXTURES / "key")
    expected = expected_text(folder / "imsdk_20240101.xlog")
    assert (done.status, done.out) == (0, expected + expected_text(folder / "imsdk.mmap3"))


def test_a_note_says_that_a_crash_buffer_lies_beside_the_one_log(tmp_path):
    log = put(LOG, tmp_path / "imsdk_C_20240101.xlog")
    put(ZLIB, tmp_path / "other.mmap3")
    assert run("-c", log).err == ""
    buffer = put(BUFFER, tmp_path / "imsdk_C.mmap2")
    done = run("-c", log)
    assert (done.status, done.out) == (0, TEXT[LOG])
    assert len(done.lines) == 1
    assert str(buffer) in done.lines[0]
    assert "note" in done.lines[0]
    assert run("-qc", log).err == ""
    buffer.write_bytes(bytes(153_600))
    assert run("-c", log).err == ""


def test_no_note_is_made_of_a_crash_buffer_whose_records_a_log_beside_it_has(crashed, tmp_path):
    log, buffer = saved_by_the_next_launch(crashed[0], tmp_path / "pulled")
    assert run("-c", log).err == ""
    other = put(LOG, log.with_name("app_20010101.xlog"))
    assert run("-c", other).err == ""
    log.unlink()
    assert str(buffer) in run("-c", other).err


def test_no_note_is_made_of_records_that_the_app_itself_has_flushed_since(tmp_path):
    lines = list(imsdk_lines(5, 30))
    kept = crash_buffer(block(KINDS["imsdk-chunked"], lines[:20], seq=7))
    (tmp_path / "im_C.mmap2").write_bytes(kept)
    log = tmp_path / "im_C_20240101.xlog"
    log.write_bytes(block(KINDS["imsdk-chunked"], lines, seq=7).data)
    assert run("-c", log).err == ""
    log.write_bytes(block(KINDS["imsdk-chunked"], lines[:10], seq=7).data)
    assert "im_C.mmap2" in run("-c", log).err


def test_no_note_is_made_of_a_crash_buffer_in_which_nothing_was_logged(tmp_path):
    log = put(LOG, tmp_path / "im_C_20240101.xlog")
    empty = block(KINDS["imsdk-chunked"], []).data
    for content in (empty.ljust(153_600, b"\0"), b"", b"\x05", b"nothing of the kind" * 99):
        (tmp_path / "im_C.mmap2").write_bytes(content)
        assert run("-c", log).err == "", content[:20]


@pytest.mark.parametrize("kind", ["imsdk-chunked", "zlib", "zlib-crypt"])
def test_a_crash_buffer_joined_to_logs_is_no_damage(tmp_path, kind):
    key = private_key("server")
    session = new_session(key) if KINDS[kind].encrypted else None
    blocks = log_of(KINDS[kind], list(imsdk_lines(3, 60)), per_block=10, session=session)
    whole = file_of(blocks)
    buffer = crash_buffer(block(KINDS[kind], list(imsdk_lines(4, 20)), session=session))
    empty = bytes(len(buffer))
    path = tmp_path / "joined.xlog"
    text = b"".join(one.text for one in blocks)
    for parts in ([whole, buffer, whole], [buffer, buffer, whole], [empty, whole, empty, whole]):
        path.write_bytes(b"".join(parts))
        done = run("-c", path, key=key.hex())
        assert done.status == 0, done.err
        assert done.out.count(text) == parts.count(whole)
        assert run("-c", path).status == (4 if session else 0)


def test_zeros_that_no_crash_buffer_left_are_damage(tmp_path):
    whole = LOG.read_bytes()
    buffer = BUFFER.read_bytes()
    path = tmp_path / "torn.xlog"
    used = len(buffer.rstrip(b"\0")) + 1
    for zeros in (4096, 8192, len(buffer) - used - 1, len(buffer) - used + 1, len(buffer) - 1):
        path.write_bytes(whole + buffer[:used] + bytes(zeros) + whole)
        done = run("-t", path)
        assert done.status == 3
        assert f" {zeros:,} bytes lost" in done.err
    torn = bytearray(buffer)
    torn[used - 500 : used] = bytes(500)
    path.write_bytes(whole + torn + whole)
    done = run("-t", path)
    assert done.status == 3
    assert f" {used - 1:,} bytes lost" in done.err  # what was written, and not the fill


def test_the_text_of_a_crash_buffer_is_no_log(tmp_path):
    folder = tmp_path / "q"
    folder.mkdir()
    shutil.copy(FIXTURES / "imsdk_C.mmap2", folder)
    counted = run("--count", folder / "imsdk_C.mmap2").out
    assert run("-r", folder).status == 0
    for name in ("imsdk_C.mmap2~2.log", "imsdk_C.mmap3.log", "imsdk_20240101.xlog~3.log"):
        shutil.copy(folder / "imsdk_C.mmap2.log", folder / name)
    assert run("--merge", "--count", "-r", folder).out == counted
    packed = shutil.make_archive(str(tmp_path / "q"), "zip", folder)
    assert run("--merge", "--count", packed).out == counted


def test_the_text_of_a_plain_log_is_no_log(tmp_path):
    (tmp_path / "imsdk_20190101.log").write_bytes(TEXT[LOG])
    assert run("-r", "-p", "E", tmp_path).status == 0
    assert (tmp_path / "imsdk_20190101.log.log").exists()
    done = run("-l", "--json", "-r", tmp_path)
    assert b"imsdk_20190101.log" in done.out
    assert b".log.log" not in done.out
