"""Colours: on a terminal, where they are wanted, and nowhere else."""

import os
import re

import pytest
from wcwidth import wcswidth

from tests.command import run
from tests.samples import LOG
from tests.shared import FIXTURES
from tests.terminal import COLOURS, in_terminal

RED, YELLOW, INVERTED, DIM = (b"\x1b[31m", b"\x1b[33m", b"\x1b[7m", b"\x1b[2m")
WARNING = b"TIM: 2024-01-01 08:47:04.162 W 4104-4156       |-login.cpp:3 Login |late\n"
LOCKED = FIXTURES / "async_zlib_crypt_small.xlog"
CODE = re.compile(rb"\x1b\[[0-9;]*m")


@pytest.fixture
def damaged(tmp_path):
    """A log that is cut off within its last block."""
    path = tmp_path / "日志.xlog"
    path.write_bytes(LOG.read_bytes()[:9000])
    return path


def test_levels_times_and_losses_are_seen_at_a_glance(damaged):
    status, screen = in_terminal("-c", damaged, **COLOURS)
    assert status == 3
    assert RED + b"TIM: " in screen
    assert YELLOW + b"TIM: " in screen
    assert DIM + b"2024-01-01 08:47:04.029" in screen
    assert INVERTED + b"[F][xlogdecode] 112 bytes" in screen
    assert b"\x1b[31mdamaged\x1b[0m: 1 place" in screen


@pytest.mark.parametrize(
    ("option", "variables", "has_colours"),
    [
        ("auto", {}, False),
        ("always", {}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False),
        ("auto", {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        ("never", {"CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_a_pipe_has_colours_only_on_demand(option, variables, has_colours):
    done = run("-c", "--color", option, LOG, env={"NO_COLOR": "", **variables})
    assert (CODE.search(done.out) is not None) == has_colours
    assert CODE.sub(b"", done.out) == run("-c", LOG).out


@pytest.mark.parametrize(
    ("option", "variables"),
    [("never", COLOURS), ("auto", {"NO_COLOR": "1"}), ("auto", COLOURS | {"TERM": "dumb"})],
)
def test_a_terminal_has_none_where_they_are_not_wanted(option, variables):
    _, screen = in_terminal("-c", "--color", option, LOG, **variables)
    assert b"\x1b" not in screen


def test_a_file_has_none_even_if_they_are_always_wanted(tmp_path):
    run("--color", "always", LOG, "-o", tmp_path / "a.log")
    assert (tmp_path / "a.log").read_bytes() == run("-c", LOG).out


@pytest.mark.parametrize("form", ["json", "csv"])
def test_formats_for_programs_have_none(form):
    assert b"\x1b" not in run("-c", "--color", "always", "--format", form, LOG).out


def test_what_a_log_holds_for_a_terminal_to_obey_is_shown_among_colours(tmp_path):
    log = tmp_path / "a.xlog"
    hostile = WARNING.replace(b"late", b"\x1b]0;owned\x07\x1b[32mgreen")
    run("encode", "-", "-o", log, input=hostile)
    out = run("-c", "--color", "always", log).out
    assert rb"\x1b]0;owned\x07\x1b[32mgreen" in out
    assert out.count(b"\x1b") == 6  # before the time, the time, the rest: each has an end


def test_hits_are_marked_and_those_of_what_is_not_wanted_are_not(tmp_path):
    hit = b"\x1b[30;43mNotifyReadWriteError\x1b[0m"
    assert run("-c", "--color", "always", "-g", "NotifyReadWriteError", LOG).out.count(hit) == 7
    inverted = run("-c", "--color", "always", "-g", "not in it", "--invert-match", LOG).out
    assert b"30;43" not in inverted


def test_many_logs_have_the_same_colours_however_many_processes_read_them(tmp_path):
    for number in range(60):
        (tmp_path / f"{number}.xlog").write_bytes(LOG.read_bytes())
    one, many = (run("-c", "-r", "-T", n, "--color", "always", tmp_path).out for n in (1, 4))
    assert one == many
    assert CODE.sub(b"", one) == run("-c", "-r", tmp_path).out


def test_sources_of_a_timeline_have_colours_of_their_own(tmp_path):
    for name in "ab":
        run("encode", "-", "-o", tmp_path / f"{name}.xlog", input=WARNING)
    paths = [tmp_path / "a.xlog", tmp_path / "b.xlog"]
    out = run("--merge", "--color", "always", *paths).out.decode()
    first, second = (line.partition(f"{tmp_path}")[0] for line in out.splitlines())
    assert first.startswith("\x1b[")
    assert second.startswith("\x1b[")
    assert first != second
    assert CODE.sub(b"", out.encode()) == run("--merge", *paths).out


def test_the_result_of_a_test_is_seen_at_a_glance(damaged):
    _, screen = in_terminal("-t", LOG, damaged, **COLOURS)
    assert b"imsdk_20240101.xlog: \x1b[32mOK\x1b[0m: 8 blocks" in screen
    assert b"\x1b[31mdamaged\x1b[0m: 1 place" in screen
    assert "\x1b" not in run("-t", LOG, damaged).err


@pytest.fixture
def case(tmp_path):
    """A folder with a long Chinese name, and a log of each state in it."""
    folder = tmp_path / "客户反馈二零二四年一月的日志文件夹" / "Android某某手机的日志"
    folder.mkdir(parents=True)
    (folder / "imsdk_20240101.xlog").write_bytes(LOG.read_bytes())
    (folder / "imsdk_20240102.xlog").write_bytes(LOG.read_bytes()[:9000])
    (folder / "imsdk_20240103.xlog").write_bytes(b"\xff" * 50 + LOG.read_bytes())
    (folder / "imsdk_20240104.xlog").write_bytes(LOCKED.read_bytes())
    return folder


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", ["-lr", "summary -r", "summary --timeline -r", "layouts"])
def test_a_table_is_as_wide_as_the_terminal_at_most(case, command, columns):
    _, screen = in_terminal(*command.split(), case, columns=columns, **COLOURS)
    lines = CODE.sub(b"", screen).decode().split("\r\n")
    table = [line for line in lines if not line.startswith(("xlogdecode: ", "to sweep", "total:"))]
    assert len(table) > 2
    assert max(map(wcswidth, table)) <= columns


def test_a_list_shows_the_states_in_colours(case):
    _, screen = in_terminal("-lr", case, columns=120, **COLOURS)
    for state in (b"32mOK", b"33mcut off", b"31mdamaged", b"35mencrypted"):
        assert b"\x1b[" + state + b"\x1b[0m" in screen
    assert b"\x1b" not in run("-lr", case).out


def test_a_summary_shows_losses_in_colours(damaged):
    _, screen = in_terminal("summary", damaged, **COLOURS)
    assert b"losses: \x1b[31m1, 112 bytes" in screen
    _, screen = in_terminal("summary", LOG, **COLOURS)
    assert b"losses: \x1b[32mnone\x1b[0m" in screen
    assert b"\x1b" not in run("summary", LOG).out


def test_a_sweep_shows_what_goes_in_colours(tmp_path):
    folder = tmp_path / "tencent/imsdklogs/com.example.chat"
    folder.mkdir(parents=True)
    for name in ("imsdk_20240101.xlog", "imsdk_C.mmap2"):
        (folder / name).write_bytes(LOG.read_bytes())
        os.utime(folder / name, (1.7e9, 1.7e9))
    _, screen = in_terminal("sweep", tmp_path, columns=300, **COLOURS)
    assert b"\x1b[33mdelete  \x1b[0m " in screen
    assert b"\x1b[2mkeep    \x1b[0m " in screen
    assert b"\x1b" not in run("sweep", tmp_path).out
    _, screen = in_terminal("sweep", "--summary", tmp_path, columns=80, **COLOURS)
    lines = CODE.sub(b"", screen).decode().split("\r\n")
    head, row = [line for line in lines if not line.startswith("xlogdecode: ")][:2]
    assert head.split() == ["folder", "keep", "delete", "size"]
    assert max(map(wcswidth, (head, row))) <= 80


def test_a_sweep_shortens_paths_for_a_terminal_and_never_for_a_pipe(tmp_path):
    root = tmp_path / "很长的文件夹名称"
    folder = root / "tencent/imsdklogs/com.example.chat"
    folder.mkdir(parents=True)
    log = folder / "imsdk_20240101.xlog"
    log.write_bytes(LOG.read_bytes())
    os.utime(log, (1.7e9, 1.7e9))
    _, screen = in_terminal("sweep", root, columns=80)
    (line,) = [line for line in screen.decode().split("\r\n") if line.startswith("delete")]
    assert wcswidth(line) <= 80
    assert " imsdk_20240101.xlog: older than 7 days" in line
    assert str(log) in run("sweep", root).out.decode()
