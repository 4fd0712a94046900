"""What a process that died left behind, and what the next opening makes of it."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.encode.folders import blocks_in, first_block, lines_in, text_in, xlog_files
from tests.encode.reader import read_blocks, read_text
from tests.shared import CORPUS_KEY
from xlogdecode.encode import XlogWriter
from xlogdecode.errors import XlogError
from xlogdecode.format import CRASH_BUFFER_SIZE

SHANGHAI = timezone(timedelta(hours=8))
NINE = datetime(2024, 1, 1, 9, 12, 33, tzinfo=SHANGHAI).timestamp()
HOUR = 3600.0


def open_log(folder: Path, prefix: str = "app", *, now: float = NINE, **options) -> XlogWriter:
    return XlogWriter(
        folder, prefix, clock=lambda: now, zone=SHANGHAI, flush_interval=None, **options
    )


def leave(folder: Path, line: str, **options) -> bytes:
    """Write a line, and leave the folder as a killed process would; return the buffer's bytes."""
    writer = open_log(folder, **options)
    writer.write(line)
    (buffer,) = folder.glob("app.mmap*")
    left = buffer.read_bytes()
    writer._session._sink.release()
    return left


@pytest.mark.parametrize(
    ("options", "magics", "suffix"),
    [
        ({}, [0x08, 0x09, 0x08, 0x09], "mmap3"),
        ({"codec": "zstd"}, [0x0B, 0x0D, 0x0B, 0x0D], "mmap3"),
        ({"public_key": True}, [0x06, 0x07, 0x06, 0x07], "mmap3"),
        ({"codec": "zstd", "public_key": True}, [0x0A, 0x0C, 0x0A, 0x0C], "mmap3"),
        ({"format": "imsdk"}, [0x03, 0x05, 0x03, 0x05], "mmap2"),
    ],
    ids=str,
)
def test_the_next_opening_saves_the_block_between_its_tips(
    tmp_path, options, magics, suffix, public_hex, private_key
) -> None:
    if options.get("public_key"):
        options = options | {"public_key": public_hex}
    left = leave(tmp_path, "last words", **options)
    open_log(tmp_path, now=NINE + HOUR, **options).close()
    blocks = blocks_in(tmp_path, private_key)
    assert [block.magic for block in blocks] == magics
    begin, saved, end, opened = blocks
    assert begin.text == b"~~~~~ begin of mmap ~~~~~\n"
    assert saved.text.endswith(b"last words\n")
    assert re.fullmatch(
        rb"~~~~~ end of mmap ~~~~~\[\d+,\d+\]\[2024-01-01 \+0800 10:12:33\]\n", end.text
    )
    assert opened.text.startswith(b"^^^^^^^^^^")
    assert [(block.seq, block.begin_hour, block.end_hour) for block in blocks] == [
        (0, 10, 10), (1, 9, 10), (0, 10, 10), (1, 10, 10),
    ]  # fmt: skip
    assert begin.key == end.key == opened.key
    assert (tmp_path / f"app.{suffix}").read_bytes() == bytes(CRASH_BUFFER_SIZE)
    assert read_text(left, private_key) == saved.text


def test_a_block_is_saved_in_the_file_of_the_day_of_the_next_opening(tmp_path) -> None:
    leave(tmp_path, "last words")
    open_log(tmp_path, now=NINE + 30 * HOUR).close()
    assert [path.name for path in xlog_files(tmp_path)] == ["app_20240102.xlog"]
    assert lines_in(tmp_path) == [b"last words"]


def test_sync_mode_saves_what_async_mode_left(tmp_path) -> None:
    leave(tmp_path, "last words")
    open_log(tmp_path, mode="sync").close()
    assert lines_in(tmp_path) == [b"last words"]


def test_all_buffers_of_a_log_are_saved_by_the_next_opening(tmp_path) -> None:
    writers = [open_log(tmp_path) for _ in range(3)]
    for number, writer in enumerate(writers):
        writer.write(f"from buffer {number}")
    for writer in writers:
        writer._session._sink.release()
    open_log(tmp_path).close()
    assert lines_in(tmp_path) == [b"from buffer %d" % number for number in range(3)]


def test_the_buffer_of_a_running_process_is_left_alone(tmp_path) -> None:
    running = open_log(tmp_path)
    running.write("still here")
    open_log(tmp_path).close()
    assert lines_in(tmp_path) == []
    running.close()
    assert lines_in(tmp_path) == [b"still here"]


def _stop(*_: object) -> None:
    raise RuntimeError("the process dies here")


def test_a_block_that_reached_its_file_before_the_death_is_not_written_twice(
    tmp_path, monkeypatch
) -> None:
    writer = open_log(tmp_path)
    writer.write("once")
    with monkeypatch.context() as patch:
        patch.setattr("xlogdecode.encode.crash_buffer.CrashBuffer.clear", _stop)
        with pytest.raises(RuntimeError):
            writer.flush()
    writer._session._sink.release()
    open_log(tmp_path, now=NINE + HOUR).close()
    assert lines_in(tmp_path) == [b"once"]
    assert b"~~~~~" not in text_in(tmp_path)


def test_a_recovery_that_died_before_it_was_done_is_not_repeated(tmp_path, monkeypatch) -> None:
    leave(tmp_path, "once")
    with monkeypatch.context() as patch:
        patch.setattr("xlogdecode.encode.crash_buffer.CrashBuffer.clear", _stop)
        with pytest.raises(RuntimeError):
            open_log(tmp_path, now=NINE + HOUR)
    open_log(tmp_path, now=NINE + 2 * HOUR).close()
    assert lines_in(tmp_path) == [b"once"]


@pytest.mark.parametrize("kept", [1, 7, 26, 72, 80, 200, -1])
def test_half_a_block_at_the_end_of_the_file_gives_way_to_the_whole_one(tmp_path, kept) -> None:
    with open_log(tmp_path) as writer:
        writer.write("a session before")
    left = leave(tmp_path, "a line that is some two hundred bytes " + "long and longer " * 12)
    (block,) = read_blocks(left)
    torn = left[: 73 + len(block.payload) + 1][:kept]
    (path,) = xlog_files(tmp_path)
    path.write_bytes(path.read_bytes() + torn.rstrip(b"\0"))
    open_log(tmp_path).close()
    assert len(lines_in(tmp_path)) == 2


def test_a_whole_block_that_ends_as_the_next_begins_is_not_cut(tmp_path) -> None:
    with open_log(tmp_path) as writer:
        writer.write("a session before")
    left = leave(tmp_path, "a line")
    (path,) = xlog_files(tmp_path)
    before = path.read_bytes() + left[:3]  # of a seq below 256 the third byte is a zero
    path.write_bytes(before)
    open_log(tmp_path).close()
    assert path.read_bytes().startswith(before)


@pytest.mark.parametrize(
    "content",
    [b"\x99" * 100, b"\x09" + b"\xff" * 200, b"\x02\x00\x00\x01\x00\x00\x00 too short a header"],
    ids=["unknown magic", "a length beyond the buffer", "a header of five bytes"],
)
def test_a_buffer_that_cannot_be_read_is_set_aside(tmp_path, content) -> None:
    (tmp_path / "app.mmap3").write_bytes(content)
    with open_log(tmp_path) as writer:
        writer.write("line")
    kept = tmp_path / "app.mmap3.unreadable1"
    assert kept.read_bytes() == content.ljust(CRASH_BUFFER_SIZE, b"\0")
    assert lines_in(tmp_path) == [b"line"]


@pytest.mark.parametrize(
    "content", [b"", bytes(CRASH_BUFFER_SIZE), bytes(100), bytes(90) + b"junk"]
)
def test_an_empty_buffer_leaves_no_trace(tmp_path, content) -> None:
    (tmp_path / "app.mmap3").write_bytes(content)
    open_log(tmp_path).close()
    assert b"~~~~~" not in text_in(tmp_path)
    assert [path.name for path in tmp_path.glob("app.mmap3*")] == ["app.mmap3"]


@pytest.mark.parametrize("sample", ["zlib_nocrypt", "zlib_crypt", "zstd_nocrypt", "zstd_crypt"])
def test_what_mars_left_is_saved_as_mars_saves_it(tmp_path, corpus, sample) -> None:
    crash = corpus / "sets" / f"crash_{sample}"
    for name in ("imsdk.mmap3", "imsdk_20240101.xlog"):
        (tmp_path / name).write_bytes((crash / name).read_bytes())
    codec = sample.split("_")[0]
    open_log(tmp_path, prefix="imsdk", now=NINE + HOUR, codec=codec).close()
    ours = (tmp_path / "imsdk_20240101.xlog").read_bytes()
    mars = (corpus / "sets" / f"recovered_{sample}" / "imsdk_20240101.xlog").read_bytes()
    _, begin, saved, end, *_ = read_blocks(ours, CORPUS_KEY)
    _, theirs_begin, theirs_saved, theirs_end, *_ = read_blocks(mars, CORPUS_KEY)
    assert saved == theirs_saved
    assert begin.text == theirs_begin.text
    shape = re.sub(rb"\d", b"0", end.text)
    assert re.sub(rb"0+,0+", b"0,0", shape) == re.sub(
        rb"0+,0+", b"0,0", re.sub(rb"\d", b"0", theirs_end.text)
    )


def test_what_the_im_sdk_left_is_saved(tmp_path, corpus) -> None:
    left = (corpus / "imsdk" / "imsdk_C.mmap2").read_bytes()
    (tmp_path / "imsdk_C.mmap2").write_bytes(left)
    open_log(tmp_path, prefix="imsdk_C", format="imsdk").close()
    assert blocks_in(tmp_path)[1].text == read_text(left)


def test_a_buffer_that_cannot_be_made_is_named(tmp_path) -> None:
    (tmp_path / "app.mmap3").mkdir()
    with pytest.raises(XlogError, match=r"app\.mmap3: no crash buffer can be kept there"):
        open_log(tmp_path)


def test_every_state_between_two_stores_reads_back_all_lines(tmp_path, monkeypatch) -> None:
    """Look at the file after each store into the map, as a kill at that moment would leave it."""
    seen = []

    class Watched:
        def __init__(self, real) -> None:
            self._real = real

        def __setitem__(self, place, value) -> None:
            self._real[place] = value
            seen.append((stored, (tmp_path / "app.mmap3").read_bytes()))

        def __getitem__(self, place):
            return self._real[place]

        def __getattr__(self, name):
            return getattr(self._real, name)

    stored = 0
    writer = open_log(tmp_path)
    buffer = writer._session._sink._buffer
    buffer._map, buffer._length = Watched(buffer._map), Watched(buffer._length)
    for stored in range(1, 40):
        writer.write(f"line {stored}")
        if stored == 20:
            del seen[:]
            writer.flush()
            flushed = len(seen)
    after_flush = seen[flushed:]
    assert len(after_flush) > 19 * 2
    for count, content in after_flush:
        block = first_block(content)
        lines = read_text(block).split() if block else []
        assert lines[1::2] in (
            [b"%d" % number for number in range(21, count)],
            [b"%d" % number for number in range(21, count + 1)],
        )
