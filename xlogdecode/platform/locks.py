"""Locks on open files: against other processes, and against other openings of this one.

`locked` holds one for as long as a run lasts, `locked_for_appending` for one block of a log.
"""

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from xlogdecode.errors import XlogError

__all__ = ["CAREFUL", "LockHeldError", "locked", "locked_for_appending", "try_lock", "unlock"]

CAREFUL: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags that open no link, and wait for nobody at a pipe."""

_PATIENCE: Final = 1000
"""Milliseconds to wait for an append to end: a lock lost in a forked child must not stop us."""


class LockHeldError(XlogError):
    """Another run of the same work holds the lock."""


if sys.platform == "win32":
    import msvcrt

    _FAR: Final = 0x7FFF_0000
    """The offset of the byte that is locked: Windows keeps others from reading a locked one."""

    def try_lock(descriptor: int) -> bool:
        """Take the lock unless another holds it; return whether it was free."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Give the lock back."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    # flock, not lockf: a lockf lock does not keep out this process, and goes with any close.

    def try_lock(descriptor: int) -> bool:
        """Take the lock unless another holds it; return whether it was free."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Give the lock back, from children that hold the file open too."""
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextlib.contextmanager
def locked_for_appending(path: str | os.PathLike[str]) -> Iterator[int]:
    """Open `path` to append to it, and keep other writers away as far as that is possible.

    Where the file system has no locks, or the lock does not come free within a second, the
    append goes ahead: it is one system call, and only cutting off half a block needs the lock.
    """
    flags = os.O_CREAT | os.O_APPEND | os.O_RDWR
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o644)
    try:
        _wait_for_lock(descriptor)
        yield descriptor
    finally:
        try:
            unlock(descriptor)
        finally:
            os.close(descriptor)


def _wait_for_lock(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        for _ in range(_PATIENCE):
            if try_lock(descriptor):
                return
            time.sleep(0.001)


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
        raise XlogError(f"{path}: cannot be made: {why}; {remedy}") from None
    end = time.monotonic() + patience
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise XlogError(f"{path}: cannot be made: not a regular file is there; {remedy}")
        while not try_lock(descriptor):
            if time.monotonic() >= end or stop():
                raise LockHeldError(f"{path}: {holder} holds the lock; let it finish")
            time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)
