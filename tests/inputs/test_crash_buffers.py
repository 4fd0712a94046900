"""A crash buffer beside its logs: its records come out, and come out once."""

import gzip
import os
import shutil

import pytest

from tests.command import run
from tests.samples import BUFFER, LOG, TEXT, ZLIB, put
from tests.shared import CORPUS, FIXTURES, expected_text, needs_corpus
from xlogdecode.encode import XlogWriter

KINDS = ["zlib_nocrypt", "zlib_crypt", "zstd_nocrypt", "zstd_crypt"]


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
@pytest.mark.parametrize("kind", KINDS)
def test_blocks_that_mars_recovered_are_known(tmp_path, kind):
    buffer = put(CORPUS / f"sets/crash_{kind}/imsdk.mmap3", tmp_path / "imsdk.mmap3")
    recovered = CORPUS / f"sets/recovered_{kind}/imsdk_20240101.xlog"
    log = put(recovered, tmp_path / "imsdk_20240101.xlog")
    done = run("-c", "--key-file", FIXTURES / "key", buffer, log)
    assert (done.status, done.out) == (0, expected_text(recovered))


@needs_corpus
@pytest.mark.parametrize("kind", KINDS)
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
