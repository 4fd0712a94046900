"""`-F`: a log, and then what is written to it, until Ctrl-C."""

import time
from pathlib import Path

from xlogdecode.cli.keys import KEY_REMEDY
from xlogdecode.cli.settings import Settings
from xlogdecode.cli.status import Status
from xlogdecode.cli.voice import say
from xlogdecode.cli.work import viewer
from xlogdecode.decode import Piece
from xlogdecode.errors import UsageError
from xlogdecode.follow import Follower
from xlogdecode.inputs import STDIN, is_crash_buffer
from xlogdecode.outputs import Utf8

__all__ = ["follow"]

_SECONDS = 0.2
"""Between two looks."""


def follow(path: str, settings: Settings, *, with_mmap: bool) -> Status:
    """Print what is in the log at `path`, and what comes, until the process is interrupted."""
    if path == STDIN or Path(path).is_dir():
        raise UsageError(f"{path}: -F follows one log: name its file")
    if is_crash_buffer(path):
        raise UsageError(f"{path}: a crash buffer is followed with its log: name that, --with-mmap")
    if not Path(path).exists():
        say(f"note: {path}: is not there yet: waiting for it")
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
            time.sleep(_SECONDS)
    except KeyboardInterrupt:
        return Status.INTERRUPTED
    finally:
        follower.close()
