"""The bar: for all that takes a while, on a terminal alone, and gone at the end."""

import io
import re
import signal
import sys

import pytest

from tests.command import run
from tests.samples import LOG, ZLIB
from tests.terminal import Terminal, in_terminal
from xlogdecode.cli import progress


@pytest.fixture
def big(tmp_path):
    """A log that takes every command a second or more."""
    path = tmp_path / "big.xlog"
    path.write_bytes(ZLIB.read_bytes() * 3000)
    return path


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.xlog"
    path.write_bytes(LOG.read_bytes() * 160)
    return path


def shares_in(screen):
    return [int(share) for share in re.findall(rb"(\d+)%\|", screen)]


def last_line(screen, columns=100):
    """Return what a person sees on the last line in the end."""
    shown = ""
    for written in screen.decode().rpartition("\r\n")[2].split("\r"):
        text, clears, _ = written.partition("\x1b[K")
        shown = text if clears else text + shown[len(text) :]
        assert len(shown) <= columns, "it went on in the next line"
    return shown.strip()


@pytest.mark.untraced
@pytest.mark.parametrize("command", ["summary", "--redact -o out", "--merge -o out", "html -o out"])
def test_each_command_shows_how_far_it_is(command, small, tmp_path):
    words = [*command.replace("out", str(tmp_path / "out")).split(), small]
    status, screen = in_terminal(*words)
    assert status == 0
    shares = shares_in(screen)
    assert shares[0] == 0
    assert any(0 < share < 100 for share in shares)
    assert shares == sorted(shares)
    assert shares[-1] <= 100
    assert last_line(screen) == ""
    assert "%|" not in run(*words, *["-f"] * ("-o" in words)).err


@pytest.mark.untraced
@pytest.mark.parametrize("command", ["-t", "-l", "summary", "--redact -o out", "html -o out"])
def test_no_bar_stays_behind_on_ctrl_c(command, big, tmp_path):
    terminal = Terminal(*command.replace("out", str(tmp_path / "out")).split(), big)
    terminal.wait_for(b"%|")
    terminal.press(b"\x03")
    status, screen = terminal.end()
    assert status in {130, -signal.SIGINT}  # where Ctrl-C comes as all is over
    assert b"Traceback" not in screen
    assert last_line(screen) == ""


def test_messages_push_the_bar_away(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.xlog").write_bytes(ZLIB.read_bytes() * 400 + b"\x07")
    status, screen = in_terminal("summary", "-r", tmp_path)
    assert status == 3
    for line in screen.split(b"\r\n"):
        text = line.rpartition(b"\r")[2]
        assert not (b"xlogdecode: " in text and b"%|" in text)
    assert screen.count(b"damaged: 1 place") == 3


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("seconds", "is_seen"), [(-1, True), (60, False)])
def test_a_sweep_counts_files_once_it_takes_a_while(seconds, is_seen, monkeypatch):
    screen = Screen()
    monkeypatch.setattr(progress, "_WORTH_A_COUNT", seconds)
    monkeypatch.setattr(sys, "stderr", screen)
    with progress.Counting("files") as counting:
        for _ in range(5):
            counting.add()
    assert ("1 files" in screen.getvalue()) == is_seen
    assert last_line(screen.getvalue().encode()) == ""
