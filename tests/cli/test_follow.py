"""Following a log: what is printed, when, and that nothing is printed twice."""

import gzip
import os
import select
import signal
import subprocess
import sys
import time

import pytest

from tests.mars import KINDS, block
from tests.samples import LOG, TEXT, ZLIB, ZSTD, put
from xlogdecode import Options, Piece
from xlogdecode.encode import XlogWriter
from xlogdecode.follow import Follower

WRITER = """
import os, signal, sys, datetime
from xlogdecode.encode import XlogWriter
now = [datetime.datetime(2024, 1, 1, 23, 0).timestamp()]
log = XlogWriter(sys.argv[1], "app", *sys.argv[2:3], clock=lambda: now[0], flush_interval=None)
for line in sys.stdin:
    verb, _, text = line.rstrip("\\n").partition(" ")
    if verb == "write":
        log.write(text)
    elif verb == "flush":
        log.flush()
    elif verb == "day":
        now[0] += 86400
    elif verb == "close":
        log.close()
    print("done", flush=True)
"""


class Writer:
    """A process that logs as an app does."""

    def __init__(self, folder, codec="zlib"):
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, folder, codec],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, *commands):
        for command in commands:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            assert self.process.stdout.readline() == "done\n"

    def kill(self):
        self.process.kill()
        self.process.communicate()


def text_of(follower):
    return b"".join(bytes(item.text) for item in follower.poll() if isinstance(item, Piece))


@pytest.fixture
def follow(tmp_path):
    """Follow a path with the library; all is closed at the end."""
    followers = []

    def start(path, **how):
        followers.append(Follower(path, Options(), **how))
        return followers[-1]

    yield start
    for follower in followers:
        follower.close()


# the file


def test_what_is_there_comes_first_and_then_each_block_as_it_is_flushed(tmp_path, follow):
    log = put(LOG, tmp_path / "a.xlog")
    follower = follow(log)
    assert text_of(follower) == TEXT[LOG]
    assert text_of(follower) == b""
    with log.open("ab") as file:
        file.write(ZLIB.read_bytes())
    assert text_of(follower) == TEXT[ZLIB]


@pytest.mark.parametrize("source", [LOG, ZLIB, ZSTD], ids=["imsdk", "zlib", "zstd"])
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_block_that_is_half_written_waits_for_its_rest(tmp_path, follow, source, step):
    data = source.read_bytes()[:2500]
    log = tmp_path / "a.xlog"
    log.touch()
    follower = follow(log)
    whole = follow(put(source, tmp_path / "whole.xlog"))
    (tmp_path / "whole.xlog").write_bytes(data)
    expected = text_of(whole)
    seen, losses = b"", []
    with log.open("ab", buffering=0) as file:
        for begin in range(0, len(data), step):
            file.write(data[begin : begin + step])
            for item in follower.poll():
                if isinstance(item, Piece):
                    seen += bytes(item.text)
                else:
                    losses.append(item)
    assert (seen, losses) == (expected, [])


@pytest.mark.parametrize("kind", ["sync-zlib", "zlib", "sync-zstd"])
def test_a_header_that_ends_in_zeros_waits_for_its_rest_too(tmp_path, follow, kind):
    lines = [b"%d %s\n" % (n, b"x" * 99) for n in range(3)]
    blocks = [block(KINDS[kind], [line], seq=n, key_bytes=b"") for n, line in enumerate(lines, 1)]
    data = b"".join(block.data for block in blocks)
    start = len(blocks[0].data)
    for cut in range(start, start + 90):
        path = tmp_path / f"{cut}.xlog"
        path.write_bytes(data[:cut])
        follower = follow(path)
        seen = text_of(follower)
        path.write_bytes(data)
        assert seen + text_of(follower) == b"".join(block.text for block in blocks)


def test_damage_is_told_once_something_follows_it(tmp_path, follow):
    log = tmp_path / "a.xlog"
    log.write_bytes(ZLIB.read_bytes() + b"junk" * 50)
    follower = follow(log)
    assert [type(item).__name__ for item in follower.poll()].count("Loss") == 0
    with log.open("ab") as file:
        file.write(ZLIB.read_bytes())
    items = list(follower.poll())
    assert [(item.offset, item.length) for item in items if not isinstance(item, Piece)] == [
        (ZLIB.stat().st_size, 200)
    ]
    assert b"".join(bytes(i.text) for i in items if isinstance(i, Piece)) == TEXT[ZLIB]


def test_a_truncated_log_is_read_anew(tmp_path, follow):
    log = put(LOG, tmp_path / "a.xlog")
    follower = follow(log)
    text_of(follower)
    log.write_bytes(b"")
    assert text_of(follower) == b""
    log.write_bytes(ZSTD.read_bytes())
    assert text_of(follower) == TEXT[ZSTD]


def test_a_log_rewritten_to_a_greater_length_is_read_anew(tmp_path, follow):
    log = put(ZLIB, tmp_path / "a.xlog")
    follower = follow(log)
    text_of(follower)
    log.write_bytes(LOG.read_bytes() * 3)
    assert text_of(follower) == TEXT[LOG] * 3


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be replaced there")
def test_of_a_replaced_log_the_rest_comes_first(tmp_path, follow):
    log = put(LOG, tmp_path / "a.xlog")
    follower = follow(log)
    text_of(follower)
    with log.open("ab") as file:
        file.write(ZLIB.read_bytes())
    put(ZSTD, tmp_path / "new").replace(log)
    assert text_of(follower) == TEXT[ZLIB] + TEXT[ZSTD]


def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path, follow):
    follower = follow(tmp_path / "a.xlog")
    assert text_of(follower) == b""
    put(LOG, tmp_path / "a.xlog")
    assert text_of(follower) == TEXT[LOG]


def test_a_log_of_plain_text_is_followed_too(tmp_path, follow):
    log = tmp_path / "imsdk_20180101.log"
    log.write_bytes(TEXT[LOG])
    follower = follow(log)
    assert text_of(follower) == TEXT[LOG]
    with log.open("ab") as file:
        file.write(b"\tat a.b.C\n")
    assert text_of(follower) == b"\tat a.b.C\n"


def test_the_next_days_file_and_the_next_of_a_day_take_over(tmp_path, follow):
    first = put(LOG, tmp_path / "app_20240101.xlog")
    put(ZLIB, tmp_path / "other_20240102.xlog")
    follower = follow(first)
    assert text_of(follower) == TEXT[LOG]
    with first.open("ab") as file:
        file.write(ZLIB.read_bytes())
    put(ZSTD, tmp_path / "app_20240102.xlog")
    assert text_of(follower) == TEXT[ZLIB] + TEXT[ZSTD]
    put(LOG, tmp_path / "app_20240102_1.xlog")
    assert text_of(follower) == TEXT[LOG]
    with (tmp_path / "app_20240102.xlog").open("ab") as file:
        file.write(ZLIB.read_bytes())
    assert text_of(follower) == TEXT[ZLIB]


# the crash buffer


@pytest.mark.parametrize("codec", ["zlib", "zstd"])
def test_lines_come_before_they_are_flushed_and_only_once(tmp_path, follow, codec):
    with XlogWriter(tmp_path, "app", codec, flush_interval=None) as writer:
        log = tmp_path / f"app_{time.strftime('%Y%m%d')}.xlog"
        follower = follow(log, with_mmap=True)
        seen = text_of(follower)
        for number in range(300):
            writer.write(f"line {number}")
            if number % 7 == 0:
                seen += text_of(follower)
                assert seen.endswith(b"line %d\n" % number)
            if number % 50 == 49:
                writer.flush()
    for _ in range(5):
        seen += text_of(follower)
    plain = follow(log)
    assert seen == text_of(plain)
    assert [line for line in seen.splitlines() if line.startswith(b"line")] == [
        b"line %d" % number for number in range(300)
    ]


def test_without_being_asked_for_nothing_unflushed_is_read(tmp_path, follow):
    with XlogWriter(tmp_path, "app", flush_interval=None) as writer:
        writer.write("a line")
        log = tmp_path / f"app_{time.strftime('%Y%m%d')}.xlog"
        assert b"a line" not in text_of(follow(log))
        assert b"a line" in text_of(follow(log, with_mmap=True))


def test_an_empty_buffer_of_another_kind_hides_none(tmp_path, follow):
    with XlogWriter(tmp_path, "app", flush_interval=None) as writer:
        writer.write("a line")
        (tmp_path / "app.mmap2").write_bytes(bytes(150 << 10))
        log = tmp_path / f"app_{time.strftime('%Y%m%d')}.xlog"
        assert b"a line" in text_of(follow(log, with_mmap=True))


def test_what_a_crash_left_is_not_printed_again_when_it_is_saved(tmp_path, follow):
    writer = Writer(tmp_path)
    writer.tell("write one", "flush", "write two", "write three")
    follower = follow(tmp_path / "app_20240101.xlog", with_mmap=True)
    seen = text_of(follower)
    assert seen.endswith(b"two\nthree\n")
    writer.kill()
    seen += text_of(follower)
    again = Writer(tmp_path)
    again.tell("write four", "flush")
    again.tell("close")
    again.kill()
    for _ in range(6):
        seen += text_of(follower)
    words = [line for line in seen.split(b"\n") if line in (b"one", b"two", b"three", b"four")]
    assert words == [b"one", b"two", b"three", b"four"]
    assert b"begin of mmap" in seen


# the command


class Following:
    """`xlogdecode -F`, with what it prints in a file."""

    def __init__(self, tmp_path, *args):
        self.out = tmp_path / "printed"
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "xlogdecode", "-F", *map(str, args)],
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
            )

    def wait_for(self, text):
        deadline = time.monotonic() + 30
        while text not in (printed := self.out.read_bytes()):
            assert time.monotonic() < deadline, printed[-500:]
            assert self.process.poll() is None, self.process.stderr.read()
            time.sleep(0.05)
        return printed

    def end(self):
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=20)
        return said


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
def test_a_writer_is_followed_over_midnight_through_its_death_and_the_next_launch(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    writer = Writer(folder, "zstd")
    writer.tell("write first", "flush")
    following = Following(tmp_path, folder / "app_20240101.xlog", "--with-mmap")
    try:
        following.wait_for(b"first\n")
        writer.tell("write second")
        following.wait_for(b"second\n")
        writer.tell("day", "write third", "flush", "write fourth")
        following.wait_for(b"fourth\n")
        writer.kill()
        writer = Writer(folder, "zstd")
        writer.tell("write fifth", "flush")
        printed = following.wait_for(b"fifth\n")
        assert [
            word for word in printed.split() if word in b"first second third fourth fifth".split()
        ] == b"first second third fourth fifth".split()
    finally:
        writer.kill()
        said = following.end()
    assert said == ""
    assert following.process.returncode == 130


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
def test_the_last_records_come_first_and_then_all_that_are_written(tmp_path):
    log = put(LOG, tmp_path / "a.xlog")
    errors = [line for line in TEXT[LOG].splitlines() if line[28:31] == b" E "]
    following = Following(tmp_path, "-n", "2", "-p", "E", log)
    try:
        following.wait_for(errors[-1])
        log.write_bytes(LOG.read_bytes() * 2)
        following.wait_for(errors[0])
    finally:
        following.end()
    printed = [line for line in following.out.read_bytes().splitlines() if line in errors]
    assert printed[:2] == errors[-2:]
    assert printed[2:5] == errors[:3]


@pytest.mark.skipif(not hasattr(select, "poll"), reason="Windows has no poll")
def test_following_ends_when_no_one_reads_on(tmp_path):
    put(LOG, tmp_path / "a.xlog")
    following = subprocess.Popen(
        [sys.executable, "-m", "xlogdecode", "-F", tmp_path / "a.xlog"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert following.stdout.read(len(TEXT[LOG])) == TEXT[LOG]
    following.stdout.close()
    assert (following.wait(20), following.stderr.read()) == (0, b"")
    following.stderr.close()


@pytest.mark.parametrize("bad", ["-", ".", "a.mmap3", "a.xlog.gz", "pipe.xlog"])
def test_only_a_log_can_be_followed(tmp_path, bad):
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.xlog")
    (tmp_path / "a.mmap3").touch()
    (tmp_path / "a.xlog.gz").write_bytes(gzip.compress(LOG.read_bytes()))
    done = subprocess.run(
        [sys.executable, "-m", "xlogdecode", "-F", bad],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
