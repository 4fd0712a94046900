"""A pager for what is more than a screen, as git has it: $PAGER, or else less."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from types import TracebackType
from typing import Final, Self

from xlogdecode.cli.messages import hold, release, say
from xlogdecode.cli.streams import standard_output
from xlogdecode.types import Buffer, Sink

__all__ = ["Pager"]

_DEFAULT: Final = "less -R"
_NONE: Final = {"", "cat"}
_DEFAULTS: Final = {"LESS": "FRX", "LV": "-c"}
"""Variables that pagers get where the user has not set them: less ends by itself where all fits on
the screen, and shows colours; as with git.
"""


class Pager:
    """Standard output through a pager, which begins with the first text.

    While it runs, messages wait: they would be printed into what it shows. A pager that ends before
    all is written ends the work, and that is no error.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._out: Sink | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._terminal = -1

    def write(self, data: Buffer, /) -> None:
        """Write `data`. Raises BrokenPipeError once the pager has ended."""
        if self._out is None:
            self._start()
            self._out = standard_output()
        self._out.write(data)

    def _start(self) -> None:
        """Put the pager in the place of standard output, which forked processes share."""
        command = _command()
        if command is None:
            return
        environment = _DEFAULTS | os.environ
        sys.stdout.flush()
        process = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=environment)  # noqa: S602 - the user's own command
        hold()
        self._process = process
        self._terminal = os.dup(sys.stdout.fileno())
        with process.stdin as pipe:  # type: ignore[union-attr]  # it is a pipe, as ordered
            os.dup2(pipe.fileno(), sys.stdout.fileno())

    def __enter__(self) -> Self:
        """Return the pager."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        """Wait until the user ends the pager; return whether the work ended because of that."""
        process = self._process
        if process is None:
            return False
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pager now
        try:
            os.dup2(self._terminal, sys.stdout.fileno())
            os.close(self._terminal)
            if kind is not None and issubclass(kind, SystemExit):  # SIGTERM
                process.terminate()
            process.wait()
        finally:
            signal.signal(signal.SIGINT, before)
            release()
        return isinstance(error, BrokenPipeError)


def _command() -> str | None:
    """Return the command of the pager; None where there is none, or none is wanted."""
    wanted = os.environ.get("PAGER")
    command = (_DEFAULT if wanted is None else wanted).strip()
    if command in _NONE:
        return None
    try:
        program = shlex.split(command)[0]
    except ValueError:
        return command  # a shell may make more of it
    if "=" in program or shutil.which(program):
        return command
    if wanted is not None:
        say(f"note: {program}: is not a command; $PAGER names the pager")
    return None
