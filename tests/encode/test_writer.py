"""A log in a folder: files, blocks, hours, splits, and openings that share it."""

import errno
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.encode.conftest import PUBLIC_HEX
from tests.encode.folders import blocks_in, lines_in, text_in, xlog_files
from tests.encode.reader import read_blocks, read_text
from xlogdecode.encode import XlogWriter, crash_buffer
from xlogdecode.encode.block_format import BLOCK_SIZE
from xlogdecode.errors import OutputError, UsageError, XlogError
from xlogdecode.format import CRASH_BUFFER_SIZE

SHANGHAI = timezone(timedelta(hours=8))
NINE = datetime(2024, 1, 1, 9, 12, 33, tzinfo=SHANGHAI).timestamp()
TIP = b"~~~~~ begin of mmap ~~~~~\n"

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and signals")


class Clock:
    def __init__(self) -> None:
        self.now = NINE

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator:
    opened = []

    def open_log(**options) -> XlogWriter:
        options = {"clock": clock, "zone": SHANGHAI, "flush_interval": None} | options
        opened.append(XlogWriter(tmp_path, "app", **options))
        return opened[-1]

    yield open_log
    for writer in opened:
        writer.close()


def test_lines_stand_between_an_opening_and_a_closing_line(tmp_path: Path, log) -> None:
    with log() as writer:
        writer.write("one")
        writer.write("two\n")
        writer.write(b"\xff three\n\tof two lines")
    (path,) = xlog_files(tmp_path)
    assert path.name == "app_20240101.xlog"
    pattern = (
        rb"\^{10}\w{3} \d\d \d{4}\^{3}[\d:]{8}\^{10}\[%(ids)s\]\[2024-01-01 \+0800 09:12:33\]\n"
        rb"log appender mode:0, use mmap:1\n"
        rb"one\ntwo\n\xff three\n\tof two lines\n"
        rb"\${10}\w{3} \d\d \d{4}\${3}[\d:]{8}\${10}\[%(ids)s\]\[2024-01-01 \+0800 09:12:33\]\n"
    ) % {b"ids": b"%d,%d" % (os.getpid(), os.getpid())}
    assert re.fullmatch(pattern, text_in(tmp_path))


@pytest.mark.parametrize(
    ("options", "magic", "suffix"),
    [
        ({}, 0x09, "mmap3"),
        ({"codec": "zstd"}, 0x0D, "mmap3"),
        ({"public_key": True}, 0x07, "mmap3"),
        ({"codec": "zstd", "public_key": True}, 0x0C, "mmap3"),
        ({"format": "imsdk"}, 0x05, "mmap2"),
    ],
    ids=str,
)
def test_the_crash_buffer_holds_each_line_once_write_has_returned(
    tmp_path, log, options, magic, suffix, public_hex, private_key
) -> None:
    if options.get("public_key"):
        options = options | {"public_key": public_hex}
    writer = log(**options)
    buffer = tmp_path / f"app.{suffix}"
    for count in range(1, 100):
        writer.write(f"line {count * 7919}")
        (block,) = read_blocks(buffer.read_bytes(), private_key)
        assert (block.magic, block.seq, block.begin_hour) == (magic, 1, 9)
        assert block.text.count(b"\n") == count + 2
        assert block.text.endswith(b"line %d\n" % (count * 7919))
    assert not xlog_files(tmp_path)
    writer.close()
    assert buffer.read_bytes() == bytes(CRASH_BUFFER_SIZE)


@pytest.mark.parametrize(
    ("options", "magic"),
    [
        ({}, 0x08),
        ({"codec": "zstd"}, 0x0B),
        ({"format": "imsdk"}, 0x03),
    ],
    ids=str,
)
def test_sync_mode_puts_each_line_into_the_file_as_a_block(tmp_path, log, options, magic) -> None:
    writer = log(mode="sync", **options)
    writer.write("line")
    (*_, last) = blocks_in(tmp_path)
    assert (last.magic, last.seq, last.begin_hour, last.end_hour) == (magic, 0, 9, 9)
    assert last.text == b"line\n"
    assert not list(tmp_path.glob("*.mmap*"))


def test_seq_counts_on_and_blocks_close_at_a_third_of_the_buffer(tmp_path, log, noise) -> None:
    with log() as writer:
        for line in noise.splitlines():
            writer.write(line)
    blocks = blocks_in(tmp_path)
    assert [block.seq for block in blocks] == list(range(1, len(blocks) + 1))
    assert len(blocks) > 3
    assert all(BLOCK_SIZE <= len(block.payload) + 73 < BLOCK_SIZE + 300 for block in blocks[:-1])


def test_flush_closes_the_block_and_an_empty_one_is_never_written(tmp_path, log) -> None:
    writer = log()
    writer.write("one")
    writer.flush()
    writer.flush()
    assert len(blocks_in(tmp_path)) == 1
    assert lines_in(tmp_path) == [b"one"]


def test_the_timer_flushes_a_block_that_is_not_full(tmp_path, log) -> None:
    writer = log(flush_interval=0.02)
    writer.write("one")
    deadline = time.monotonic() + 10
    while not (xlog_files(tmp_path) and lines_in(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert lines_in(tmp_path) == [b"one"]


def test_a_header_tells_the_hours_at_which_its_block_began_and_was_flushed(
    tmp_path, log, clock
) -> None:
    with log() as writer:
        writer.write("at nine")
        clock.now += 2 * 3600
        writer.flush()
        writer.write("at eleven")
    assert [(block.begin_hour, block.end_hour) for block in blocks_in(tmp_path)] == [
        (9, 11),
        (11, 11),
    ]


def test_each_local_day_has_its_file(tmp_path, log, clock) -> None:
    with log() as writer:
        clock.now = datetime(2024, 1, 1, 23, 59, 59, tzinfo=SHANGHAI).timestamp()
        writer.write("last year's? no: new year's day")
        clock.now += 1
        writer.write("the second")
        clock.now += 10 * 86_400
        writer.write("the twelfth")
    texts = {path.name: read_text(path.read_bytes()) for path in xlog_files(tmp_path)}
    assert list(texts) == ["app_20240101.xlog", "app_20240102.xlog", "app_20240112.xlog"]
    assert texts["app_20240101.xlog"].endswith(b"new year's day\n")
    assert texts["app_20240102.xlog"] == b"the second\n"
    assert texts["app_20240112.xlog"].startswith(b"the twelfth\n$$$$")


def test_a_day_ends_at_local_midnight_when_clocks_change(tmp_path, clock) -> None:
    zoneinfo = pytest.importorskip("zoneinfo")
    try:
        berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:
        pytest.skip("no time zone database here")
    clock.now = datetime(2024, 3, 31, 0, 0, tzinfo=berlin).timestamp()
    with XlogWriter(tmp_path, "app", clock=clock, zone=berlin, flush_interval=None) as writer:
        clock.now += 23 * 3600 - 1
        writer.write("the day has 23 hours")
        clock.now += 1
        writer.write("april")
    assert [path.name for path in xlog_files(tmp_path)] == [
        "app_20240331.xlog",
        "app_20240401.xlog",
    ]


@pytest.mark.parametrize("mode", ["async", "sync"])
def test_a_file_beyond_the_limit_is_followed_by_the_next_index(tmp_path, log, noise, mode) -> None:
    lines = noise.splitlines()
    for part in (lines[:1000], lines[1000:]):
        with log(mode=mode, max_file_size=60_000) as writer:
            for line in part:
                writer.write(line)
    names = [path.name for path in xlog_files(tmp_path)]
    assert names == ["app_20240101.xlog"] + [f"app_20240101_{n}.xlog" for n in range(1, len(names))]
    sizes = [path.stat().st_size for path in xlog_files(tmp_path)]
    assert all(60_000 < size < 60_000 + BLOCK_SIZE + 300 for size in sizes[:-1])
    assert lines_in(tmp_path) == lines


@pytest.mark.parametrize("mode", ["async", "sync"])
@pytest.mark.parametrize("options", [{}, {"codec": "zstd"}, {"format": "imsdk"}], ids=str)
def test_a_line_of_any_length_is_kept(tmp_path, log, noise, mode, options) -> None:
    line = noise.replace(b"\n", b"") * 2
    with log(mode=mode, **options) as writer:
        writer.write(line)
        writer.write("after")
    assert lines_in(tmp_path) == [line, b"after"]


@pytest.mark.parametrize("mode", ["async", "sync"])
@pytest.mark.parametrize("size", [20_000, 60_000, 140_000, 400_000])
def test_a_long_line_stays_in_one_piece_though_another_writer_comes_between(
    tmp_path, log, noise, mode, size
) -> None:
    one = (noise.replace(b"\n", b"") * 3)[:size]
    lines = [mark + one + mark for mark in (b"a", b"b", b"c", b"d")]
    first, second = log(mode=mode), log(mode=mode)
    for line in lines:
        first.write(line)
        second.write(line)
    first.close()
    second.close()
    assert sorted(lines_in(tmp_path)) == sorted(lines * 2)


def test_a_folder_is_the_one_that_was_meant_though_the_process_goes_elsewhere(
    tmp_path, clock, monkeypatch, noise
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with XlogWriter("logs", "app", clock=clock, zone=SHANGHAI, flush_interval=None) as writer:
        monkeypatch.chdir(tmp_path / "elsewhere")
        writer.write(noise)
        writer.write("line")
    assert lines_in(tmp_path / "logs") == [*noise.splitlines(), b"line"]
    assert list(Path().iterdir()) == []


def test_a_line_whose_call_failed_is_not_stored_later(tmp_path, clock) -> None:
    folder = tmp_path / "logs"
    writer = XlogWriter(folder, "app", clock=clock, zone=SHANGHAI, flush_interval=None)
    writer.after_fork_in_child()
    away = folder.rename(tmp_path / "away")
    folder.touch()
    with pytest.raises(XlogError, match="no folder can be made"):
        writer.write("failed")
    folder.unlink()
    away.rename(folder)
    writer.write("stored")
    writer.close()
    assert lines_in(folder) == [b"stored"]


def test_nul_is_refused_and_nothing_of_the_line_is_stored(tmp_path, log) -> None:
    with log() as writer:
        writer.write("before")
        with pytest.raises(UsageError, match="NUL"):
            writer.write("a\0b")
        writer.write("after")
    assert lines_in(tmp_path) == [b"before", b"after"]


def test_text_that_is_no_unicode_is_written_escaped(tmp_path, log) -> None:
    with log() as writer:
        writer.write("\ud800")
    assert lines_in(tmp_path) == [b"\\ud800"]


def test_after_close_nothing_is_written(tmp_path, log) -> None:
    writer = log()
    writer.close()
    writer.close()
    writer.flush()
    with pytest.raises(UsageError, match="closed"):
        writer.write("late")
    assert lines_in(tmp_path) == []


@pytest.mark.parametrize(
    "options",
    [
        {"prefix": "a/b"},
        {"prefix": ""},
        {"prefix": "a\nb"},
        {"prefix": "app\n"},
        {"zone": "Asia/Atlantis"},
        {"zone": 8},
        {"mode": "sync", "public_key": PUBLIC_HEX},
        {"mode": "lazy"},
        {"codec": "lzma"},
        {"public_key": "12"},
        {"public_key": ""},
        {"compress_level": 10},
        {"compress_level": 0, "codec": "zstd"},
        {"compress_level": "6"},
        {"keep": ""},
        {"keep": 7},
        {"max_file_size": "10M"},
        {"max_file_size": -1},
        {"flush_interval": "900"},
        {"flush_interval": -1},
        {"flush_interval": float("nan")},
        {"flush_interval": float("inf")},
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(tmp_path, options) -> None:
    with pytest.raises(UsageError):
        XlogWriter(tmp_path, **({"prefix": "app"} | options))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "+09:00"])
def test_a_zone_may_be_named(tmp_path, zone) -> None:
    XlogWriter(tmp_path, "app", zone=zone, clock=lambda: 1704067200.0).close()
    assert xlog_files(tmp_path)[0].name == "app_20240101.xlog"
    text = b"".join(block.text for block in blocks_in(tmp_path))
    assert b"[2024-01-01 +0900 09:00:00]" in text


def test_an_empty_folder_is_none() -> None:
    with pytest.raises(UsageError, match="folder's name is empty"):
        XlogWriter("", "app")


def test_a_folder_is_made_and_a_file_in_its_place_is_named(tmp_path) -> None:
    XlogWriter(tmp_path / "new" / "folder", "app").close()
    assert xlog_files(tmp_path / "new" / "folder")
    (tmp_path / "file").touch()
    with pytest.raises(XlogError, match="file"):
        XlogWriter(tmp_path / "file", "app")


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_folder_that_is_gone_is_named(tmp_path, log, clock, mode) -> None:
    app = log(mode=mode, max_file_size=1000)
    app.write("one")
    app.flush()
    tmp_path.rename(tmp_path.with_name(f"{tmp_path.name} gone"))
    clock.now += 86_400
    with pytest.raises(OutputError, match=tmp_path.name):
        app.write("two") or app.flush()  # sync, async
    tmp_path.mkdir()


@posix
def test_what_a_crash_left_and_cannot_be_saved_is_named(tmp_path, log) -> None:
    if not (child := os.fork()):
        log().write("a line")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (tmp_path / "app_20991231.xlog").mkdir()  # the newest day's file would say what is saved
    with pytest.raises(OutputError, match=r"app\.mmap3: cannot be saved: "):
        log()


def test_a_buffer_that_cannot_be_locked_is_closed(tmp_path, log, monkeypatch) -> None:
    opened: list[int] = []

    def refused(file: int) -> bool:
        opened.append(file)
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(crash_buffer, "try_lock", refused)
    with pytest.raises(OutputError, match=r"no crash buffer can be kept there: .*lock"):
        log()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(*opened)


def test_two_openings_of_one_log_have_a_crash_buffer_each(tmp_path, log) -> None:
    first, second = log(), log(codec="zstd")
    for number in range(100):
        first.write(f"first {number}")
        second.write(f"second {number}")
    (one,) = read_blocks((tmp_path / "app.mmap3").read_bytes())
    (two,) = read_blocks((tmp_path / "app.1.mmap3").read_bytes())
    assert (one.magic, two.magic) == (0x09, 0x0D)
    first.close()
    second.close()
    lines = lines_in(tmp_path)
    assert lines[:100] == [b"first %d" % number for number in range(100)]
    assert lines[100:] == [b"second %d" % number for number in range(100)]
    assert TIP not in text_in(tmp_path)


def test_the_client_key_changes_with_each_opening(tmp_path, log, public_hex, private_key) -> None:
    for _ in range(2):
        with log(public_key=public_hex) as writer:
            writer.write("line")
            writer.flush()
            writer.write("line")
    keys = [block.key for block in blocks_in(tmp_path, private_key)]
    assert keys[0] == keys[1] != keys[2] == keys[3]


@posix
@pytest.mark.parametrize("mode", ["async", "sync"])
def test_a_child_of_a_fork_goes_on_in_a_buffer_of_its_own(tmp_path, log, mode) -> None:
    writer = log(mode=mode, flush_interval=3600)
    writer.write("before the fork")
    child = os.fork()
    if not child:
        for number in range(100):
            writer.write(f"child {number}")
        writer.close()
        os._exit(0)
    for number in range(100):
        writer.write(f"parent {number}")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    writer.close()
    lines = lines_in(tmp_path)
    assert sorted(lines) == sorted(
        [b"before the fork"]
        + [b"%s %d" % (who, number) for who in (b"child", b"parent") for number in range(100)]
    )
    assert text_in(tmp_path).count(b"^^^\n") == 0
    assert text_in(tmp_path).count(b"$$$$$$$$$$[") == 2


@posix
def test_a_child_that_never_logs_does_not_hold_the_parents_buffer(tmp_path, log) -> None:
    writer = log()
    ready, done = os.pipe()
    child = os.fork()
    if not child:
        os.close(done)
        os.read(ready, 1)
        os._exit(0)
    writer.write("line")
    writer.close()
    log().close()
    assert not (tmp_path / "app.1.mmap3").exists()
    os.close(done)
    os.close(ready)
    os.waitpid(child, 0)


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let writes fail beyond `size`, after a part of them, as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@posix
def test_on_a_full_disk_lines_stay_in_the_buffer_and_go_to_the_file_later(
    tmp_path, log, noise
) -> None:
    lines = noise.splitlines()
    with log() as writer:
        stored = []

        def write_all() -> None:
            for line in lines * 2:
                writer.write(line)
                stored.append(line)

        with no_file_larger_than(160_000):
            with pytest.raises(XlogError, match=r"app_20240101\.xlog: cannot append .* make room"):
                write_all()
            (path,) = xlog_files(tmp_path)
            assert list(read_blocks(path.read_bytes())), "a part of a block stands in the file"
        assert sum(map(len, stored)) > 160_000 + 100_000
        writer.write("room again")
    assert lines_in(tmp_path) == [*stored, b"room again"]


@posix
@pytest.mark.parametrize("mode", ["async", "sync"])
def test_on_a_full_disk_a_long_line_leaves_no_part_of_it(tmp_path, log, noise, mode) -> None:
    with log(mode=mode) as writer:
        writer.flush()
        with no_file_larger_than(160_000), pytest.raises(XlogError, match="cannot append"):
            writer.write(noise.replace(b"\n", b""))
        writer.write("short")
    assert lines_in(tmp_path) == [b"short"]
    assert [block.seq for block in blocks_in(tmp_path)] in ([1, 2], [0] * 4)


@posix
def test_a_log_closed_on_a_full_disk_is_saved_by_the_next_opening(tmp_path, log) -> None:
    writer = log()
    writer.write("line")
    with no_file_larger_than(10), pytest.raises(XlogError, match="cannot append"):
        writer.close()
    log().close()
    assert lines_in(tmp_path) == [b"line"]
    assert TIP in text_in(tmp_path)


@posix
@pytest.mark.untraced
def test_ctrl_c_at_any_moment_leaves_a_log_that_reads(
    tmp_path, log, public_hex, private_key
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    stored = []
    try:
        writer = log(public_key=public_hex)
        for number in range(1500):
            line = b"%d " % number + b"x%d" % (number * 7919) * 30
            try:
                signal.setitimer(signal.ITIMER_REAL, 2e-6 + (number % 50) ** 2 * 1e-6)
                writer.write(line)
                signal.setitimer(signal.ITIMER_REAL, 0)
                stored.append(line)
            except KeyboardInterrupt:
                pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    writer.close()
    assert 10 < len(stored) < 1490
    assert set(stored) <= set(lines_in(tmp_path, private_key))


@posix
@pytest.mark.untraced
def test_a_signal_handler_may_log_while_a_line_is_being_stored(tmp_path, log) -> None:
    writer = log()
    late = []

    def handle(*_: object) -> None:
        line = b"late %d" % len(late)
        late.append(line)
        writer.write(line)
        signal.setitimer(signal.ITIMER_REAL, 5e-5)  # an interval would let handlers pile up

    before = signal.signal(signal.SIGALRM, handle)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1e-3)
        for number in range(3000):
            writer.write(b"line %d" % number)
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    writer.close()
    lines = lines_in(tmp_path)
    assert len(late) > 10
    assert [line for line in lines if line.startswith(b"line")] == [
        b"line %d" % number for number in range(3000)
    ]
    assert sorted(line for line in lines if line.startswith(b"late")) == sorted(late)


def test_the_clock_is_read_in_the_systems_zone_unless_one_is_given(tmp_path, clock) -> None:
    with XlogWriter(tmp_path, "app", clock=clock, flush_interval=None):
        pass
    local = datetime.fromtimestamp(NINE, UTC).astimezone()
    assert [path.name for path in xlog_files(tmp_path)] == [f"app_{local:%Y%m%d}.xlog"]
    assert f"{local:[%Y-%m-%d %z %H:%M:%S]}".encode() in text_in(tmp_path)


@posix
def test_however_many_writers_there_are_a_fork_calls_three_functions(tmp_path, monkeypatch) -> None:
    """A hook of a process stays until the process ends."""
    from xlogdecode.platform import fork_hooks

    registered = []
    monkeypatch.setattr(fork_hooks, "_registered", False)
    monkeypatch.setattr(os, "register_at_fork", lambda **hooks: registered.append(hooks))
    for number in range(5):
        XlogWriter(tmp_path, f"app{number}", flush_interval=None).close()
    assert [set(hooks) for hooks in registered] == [{"before", "after_in_parent", "after_in_child"}]
