"""The pager: for a person at a terminal, and out of the way of everyone else."""

import os
import sys

import pytest

from tests.samples import LOG, ZLIB, needs_tool
from tests.terminal import Terminal, in_terminal


@pytest.fixture
def pager(tmp_path):
    """Return a pager that is this Python code, run with the terminal as it was."""

    def make(code):
        path = tmp_path / "pager.py"
        path.write_text(f"import os, sys, signal, time\n{code}\n")
        return f"{sys.executable} {path} -x 'two words'"

    return make


@pytest.fixture
def big(tmp_path):
    """A log that fills any pipe."""
    path = tmp_path / "big.xlog"
    path.write_bytes(ZLIB.read_bytes() * 100)
    return path


COPY = (
    "sys.stdout.write(f'[{os.environ.get(\"LESS\")}|{sys.argv[2]}]' + sys.stdin.read() + '[end]')"
)


def test_a_terminal_gets_text_through_the_pager_of_the_user(pager):
    status, screen = in_terminal("-c", LOG, PAGER=pager(COPY))
    assert status == 0
    assert screen.startswith(b"[FRX|two words]^^^^^^^^^^")
    assert screen.endswith(b"[end]")


def test_pages_of_help_go_through_the_same_pager(pager):
    status, screen = in_terminal("help", "reading", PAGER=pager(COPY))
    assert status == 0
    assert screen.startswith(b"[FRX|two words]")
    assert screen.endswith(b"[end]")


def test_the_options_that_a_user_gives_less_are_kept(pager):
    _, screen = in_terminal("-c", LOG, PAGER=pager(COPY), LESS="-S")
    assert screen.startswith(b"[-S|")


@pytest.mark.parametrize("args", [["--merge", LOG], ["-c", "-g", "msf", LOG], ["-o", "-", LOG]])
def test_all_that_prints_text_has_it(args, pager):
    _, screen = in_terminal(*args, PAGER=pager(COPY))
    assert screen.endswith(b"[end]")


@pytest.mark.parametrize(
    "args", [["-c", "--no-pager", LOG], ["--count", LOG], ["-t", LOG], ["-l", LOG], ["-c", "none"]]
)
def test_what_has_no_text_to_read_has_none(args, pager):
    _, screen = in_terminal(*args, PAGER=pager(COPY))
    assert b"[end]" not in screen


def test_a_pipe_gets_the_text_itself(pager, tmp_path):
    with (tmp_path / "out").open("wb") as out:
        status, screen = in_terminal("-c", LOG, PAGER=pager(COPY), stdout=out)
    assert (status, screen) == (0, b"")
    assert (tmp_path / "out").read_bytes().startswith(b"^^^^^^^^^^")


@pytest.mark.parametrize(
    ("variables", "note"),
    [({"PAGER": ""}, b""), ({"PAGER": "cat"}, b""), ({"PAGER": "no-such-pager"}, b"not a command")],
)
def test_without_a_pager_the_text_is_printed(variables, note):
    status, screen = in_terminal("-c", LOG, **variables)
    assert status == 0
    assert b"NotifyReadWriteError" in screen
    assert note in screen


def test_without_any_pager_at_all_the_text_is_printed(tmp_path):
    terminal = Terminal("-c", LOG, PATH=str(tmp_path), PAGER="less -R")
    status, screen = terminal.end()
    assert (status, b"NotifyReadWriteError" in screen) == (0, True)


def test_a_pager_that_is_left_early_is_no_error(pager, big):
    status, screen = in_terminal("-c", big, PAGER=pager("print(sys.stdin.readline()[:10])"))
    assert status == 0
    assert screen == b"^^^^^^^^^^\r\n"


def test_messages_come_when_the_user_has_left_the_pager(pager, tmp_path):
    (tmp_path / "cut.xlog").write_bytes(LOG.read_bytes()[:9000])
    code = "text = sys.stdin.read(); time.sleep(0.3); print('[end]')"
    status, screen = in_terminal("-c", tmp_path / "cut.xlog", PAGER=pager(code))
    assert status == 3
    assert screen.index(b"[end]") < screen.index(b"damaged: 1 place")


def test_ctrl_c_is_the_pagers_and_its_user_reads_on(pager, big):
    code = (
        "signal.signal(signal.SIGINT, lambda *_: print('[caught]', flush=True))\n"
        "print('[begun]', flush=True)\n"
        "os.read(0, 10)\n"
        "open('/dev/tty').readline()\n"
        "print('[left]', flush=True)"
    )
    terminal = Terminal("-c", big, PAGER=pager(code))
    terminal.wait_for(b"[begun]")
    terminal.press(b"\x03")
    terminal.wait_for(b"[caught]")
    terminal.press(b"q\n")
    status, screen = terminal.end()
    assert status == 130
    assert b"[left]" in screen
    assert b"Traceback" not in screen


@needs_tool("less")
@pytest.mark.skipif(os.name != "posix", reason="less is there")
def test_less_prints_a_screen_and_waits_for_the_user_of_more(big):
    status, screen = in_terminal("-c", "-g", "UserSig expired", LOG, PAGER="less -R")
    assert (status, b"UserSig" in screen) == (0, True)
    terminal = Terminal("-c", big, PAGER="less -R")
    terminal.wait_for(b"[")
    terminal.press(b"q")
    status, screen = terminal.end()
    assert status == 0
    assert len(screen) < 100_000
