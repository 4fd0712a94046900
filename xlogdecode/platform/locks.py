"""Locks on open files: against other processes, and against other openings of this one."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import Final

__all__ = ["locked_for_appending", "try_lock", "unlock"]

_PATIENCE: Final = 1000
"""Milliseconds to wait for an append to end: a lock lost in a forked child must not stop us."""

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
