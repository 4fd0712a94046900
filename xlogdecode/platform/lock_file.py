"""A lock that a process holds by a file, as long as it lives."""

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from xlogdecode.errors import XlogError
from xlogdecode.platform.locks import try_lock

__all__ = ["CAREFUL", "LockHeldError", "locked"]

CAREFUL: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags that open no link, and wait for nobody at a pipe."""


class LockHeldError(XlogError):
    """Another run of the same work holds the lock."""


@contextlib.contextmanager
def locked(
    path: Path,
    remedy: str,
    *,
    holder: str = "another sweep",
    patience: float = 0,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Hold the lock file at `path`, and make it and its folder where they are not.

    Waits up to `patience` seconds for another that holds it, and no longer once `stop` is true.
    The system drops the lock when the process ends, however it ends; the file stays. Raises
    LockHeldError, which names the `holder`, and XlogError with `remedy` where the file cannot be
    made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | CAREFUL, 0o600)
    except OSError as error:
        why = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise XlogError(f"{path}: cannot be made: {why}: {remedy}") from None
    end = time.monotonic() + patience
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise XlogError(f"{path}: cannot be made: not a regular file is there: {remedy}")
        while not try_lock(descriptor):
            if time.monotonic() >= end or stop():
                raise LockHeldError(f"{path}: {holder} holds the lock: let it finish")
            time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)
