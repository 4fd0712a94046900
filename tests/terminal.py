"""The command line in a pseudo-terminal, as a person has it before them."""

import os
import subprocess
import sys
import time

import pytest

pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX's")
termios = pytest.importorskip("termios", reason="pseudo-terminals are POSIX's")

_OTHERS = ("CLICOLOR_FORCE", "LESS", "COLUMNS", "LINES", "XLOGDECODE_KEY")
"""Variables of whoever runs the tests that change what is shown."""

COLOURS = {"NO_COLOR": ""}
"""The variables of a terminal that has colours: here most have none, to be read easily."""


class Terminal:
    """A process whose standard error, and the rest unless given, is a terminal."""

    def __init__(self, *args, stdin=None, stdout=None, columns=100, rows=24, **variables):
        env = {name: value for name, value in os.environ.items() if name not in _OTHERS}
        env |= {"TERM": "xterm", "PAGER": "cat", "NO_COLOR": "1", **variables}
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (rows, columns))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "xlogdecode", *map(str, args)],
            stdin=theirs if stdin is None else stdin,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
            env=env,
            preexec_fn=lambda: _take(theirs),  # noqa: PLW1509 - no threads here
        )
        os.close(theirs)
        self.screen = b""

    def _read(self):
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # Linux says the other end is gone that way
            return False
        self.screen += data
        return bool(data)

    def wait_for(self, text):
        """Read until `text` is on the screen."""
        deadline = time.monotonic() + 60
        while text not in self.screen:
            assert time.monotonic() < deadline, self.screen
            if not self._read():
                raise AssertionError(self.screen)

    def press(self, keys):
        os.write(self._ours, keys)

    def end(self):
        """Return the exit status, and all that the screen has had."""
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait(), self.screen


def _take(terminal):
    """Make `terminal` that of a session of its own, so that Ctrl-C comes as a person sends it."""
    import fcntl

    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def in_terminal(*args, **kwargs):
    """Run to the end; return the exit status and the screen."""
    return Terminal(*args, **kwargs).end()
