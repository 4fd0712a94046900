"""Whether anybody holds a file open: for reading, for writing, or mapped.

Linux tells in two ways. `/proc` lists the files of every process that we may look into; one look
serves many files. A write lease is granted only while nobody at all has the file open, but asking
for it takes as long as deleting, so it is asked for where it matters: for the newest of the logs
that are to go in a folder, the only ones that an SDK may still write. Other systems do not tell
(Windows refuses the deletion).
"""

import contextlib
import errno
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from typing import Final, Protocol

from xlogdecode.retention.candidates import Candidate
from xlogdecode.retention.folders import Folder

__all__ = ["NOTHING_HELD", "InUse", "Watch", "choose_watch"]

NOTHING_HELD: Final = -1


class InUse(Exception):  # noqa: N818 - a state of the file, no error of ours
    """Somebody holds the file open."""


class Watch(Protocol):
    """A way to tell."""

    def prepare(self) -> None:
        """Read now what serves many files, for all processes that are forked after this."""

    def claim(self, folder: Folder, candidate: Candidate, *, likely: bool) -> int:
        """Raise InUse if the file is held open; `likely` says that it is worth a closer look.

        Returns a descriptor to close when the file is gone, until when whoever opens the file
        has to wait; or NOTHING_HELD.
        """


class NoWatch:
    """For systems that do not tell."""

    def prepare(self) -> None:
        """Read nothing."""

    def claim(self, folder: Folder, candidate: Candidate, *, likely: bool) -> int:  # noqa: ARG002
        """Claim nothing."""
        return NOTHING_HELD


class LinuxWatch:
    """The table of `/proc` for all, read again when it is old, and leases for the likely."""

    def __init__(self) -> None:
        self._good_until = float("-inf")
        self._open: set[tuple[int, int]] = set()

    def claim(self, folder: Folder, candidate: Candidate, *, likely: bool) -> int:
        """Raise InUse if `/proc` shows the file, or the kernel grants no lease for it."""
        if time.monotonic() > self._good_until:
            self.prepare()
        is_open = (candidate.device, candidate.inode) in self._open
        if is_open and folder.stat(candidate.name).st_ino == candidate.inode:
            raise InUse  # looked up by name too: the number of a file that is gone is used anew
        return _lease(folder, candidate.name) if likely else NOTHING_HELD

    def prepare(self) -> None:
        """Read `/proc`: good for a second, and longer where that took more than 20 ms."""
        started = time.monotonic()
        if started <= self._good_until:
            return
        self._open = set(_open_files())
        ended = time.monotonic()
        self._good_until = ended + max(1.0, 50 * (ended - started))


def _lease(folder: Folder, name: str) -> int:
    """Return a descriptor with a write lease; NOTHING_HELD where the kernel has none to give.

    That is for another user's file, and on file systems without leases.
    """
    import fcntl

    try:
        descriptor = folder.open(name)
    except PermissionError:  # not ours to read, though it may be ours to delete
        return NOTHING_HELD
    try:
        # Whoever opens the file meanwhile makes the kernel send SIGIO, which ends a process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as error:
        os.close(descriptor)
        if error.errno == errno.EAGAIN:
            raise InUse from None
        return NOTHING_HELD
    return descriptor


def choose_watch() -> Watch:
    """Return the best way there is here."""
    return LinuxWatch() if sys.platform.startswith("linux") else NoWatch()


_MAPPED: Final = re.compile(rb"^\S+ \S+ \S+ \S+ [1-9]\S* +(/.*)$", re.MULTILINE)


def _open_files() -> Iterator[tuple[int, int]]:
    """Yield device and inode of every file that a process we may look into has open or mapped."""
    mapped: set[bytes] = set()
    for process in filter(str.isdigit, _list("/proc")):
        here = f"/proc/{process}/fd"
        for descriptor in _list(here):
            with contextlib.suppress(OSError):
                status = os.stat(f"{here}/{descriptor}")  # noqa: PTH116 - hot
                yield status.st_dev, status.st_ino
        with contextlib.suppress(OSError):
            mapped.update(_MAPPED.findall(_read(f"/proc/{process}/maps")))
    for path in mapped:
        with contextlib.suppress(OSError, ValueError):
            status = os.stat(path)  # noqa: PTH116 - bytes
            yield status.st_dev, status.st_ino


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return b"".join(iter(lambda: os.read(descriptor, 1 << 16), b""))
    finally:
        os.close(descriptor)


def _list(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are all that is needed
    except OSError:
        return []
