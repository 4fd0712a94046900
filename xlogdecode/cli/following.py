"""`-F`: a log, and then what is written to it, until Ctrl-C."""

import os
import select
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

from xlogdecode.cli.keys import KEY_REMEDY
from xlogdecode.cli.settings import Settings
from xlogdecode.cli.status import Status
from xlogdecode.cli.voice import say
from xlogdecode.cli.work import viewer
from xlogdecode.decode import Piece
from xlogdecode.errors import InputError, UsageError
from xlogdecode.follow import Follower
from xlogdecode.inputs import STDIN, is_crash_buffer, kind_of, open_input
from xlogdecode.outputs import Utf8

__all__ = ["follow"]

_SECONDS = 0.2
"""Between two looks."""


def follow(path: str, settings: Settings, *, with_mmap: bool) -> Status:
    """Print what is in the log at `path`, and what comes, until the process is interrupted.

    Ends, too, when no one reads what it prints any more.
    """
    _refuse_what_does_not_grow(path)
    if not Path(path).exists() and not settings.quiet:
        say(f"note: {path}: is not there yet: waiting for it")
    wait = _waits_for_reader()
    sink = Utf8(viewer()) if settings.utf8 else viewer()
    follower = Follower(path, settings.options, with_mmap=with_mmap)
    key_is_missing = False
    try:
        while True:
            for item in follower.poll():
                if isinstance(item, Piece):
                    sink.write(item.text)
                    continue
                if settings.options.marks:
                    sink.write(item.mark())
                if item.locked_blocks and not key_is_missing:
                    key_is_missing = True
                    say(f"{path}: {item}; {KEY_REMEDY}")
            if not wait(_SECONDS):
                return Status.WHOLE
    except KeyboardInterrupt:
        return Status.INTERRUPTED
    finally:
        follower.close()


def _refuse_what_does_not_grow(path: str) -> None:
    if path == STDIN or Path(path).is_dir():
        raise UsageError(f"{path}: -F follows one log: name its file")
    if is_crash_buffer(path):
        raise UsageError(f"{path}: a crash buffer is followed with its log: name that, --with-mmap")
    try:
        with open_input(path) as source:
            is_archive = source.is_regular and kind_of(source.peek()) is not None
    except InputError:
        return  # it may come yet
    if is_archive:
        raise UsageError(f"{path}: is an archive, which does not grow: leave out -F")


def _waits_for_reader() -> Callable[[float], bool]:
    """Return what waits for some seconds, and tells whether anyone still reads standard output.

    A pipe tells; else one would learn it no sooner than there is something to print.
    """
    is_pipe = hasattr(select, "poll") and stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
    poll = select.poll() if is_pipe else None
    if poll is not None:
        poll.register(sys.stdout.fileno(), 0)

    def wait(seconds: float) -> bool:
        if poll is not None:
            return not poll.poll(seconds * 1000)
        time.sleep(seconds)
        return True

    return wait
