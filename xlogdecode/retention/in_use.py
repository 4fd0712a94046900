"""Whether anybody holds a file open: for reading, for writing, or mapped.

Linux tells in two ways. `/proc` lists every process's files to a root that sees every process; one
look serves many files. Anybody else takes a write lease, which the kernel grants on one's own files
only while nobody else has them open; where it grants none (another's file, a file system without
leases), what `/proc` shows has to do. Other systems do not tell (Windows refuses the deletion).
"""

import contextlib
import errno
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from xlogdecode.retention.folders import Folder
from xlogdecode.retention.scan import Candidate

__all__ = ["InUse", "Watch", "choose_watch"]

_FIRST_NAMESPACE: Final = "pid:[4026531836]"
"""PROC_PID_INIT_INO of the kernel's `include/linux/proc_ns.h`: no process is out of sight there."""


class InUse(Exception):  # noqa: N818 - a state of the file, no error of ours
    """Somebody holds the file open."""


class Watch(Protocol):
    """A way to tell."""

    def claim(
        self, folder: Folder, candidate: Candidate, /
    ) -> contextlib.AbstractContextManager[None]:
        """Raise InUse if the file is held open; within the context it stays closed, if it can."""


class Nobody:
    """For systems that do not tell."""

    def claim(self, _folder: Folder, _candidate: Candidate) -> contextlib.nullcontext[None]:
        """Claim nothing."""
        return _NOTHING


_NOTHING: Final = contextlib.nullcontext()


class OpenFiles:
    """What `/proc` shows, looked at again when it is older than a tenth of a second.

    Or than twenty times what a look costs, on machines with many open files.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._good_until = float("-inf")
        self._open: set[tuple[int, int]] = set()

    def claim(self, _folder: Folder, candidate: Candidate) -> contextlib.nullcontext[None]:
        """Raise InUse if the file was open at the last look."""
        if self._clock() > self._good_until:
            started = self._clock()
            self._open = set(_open_files())
            ended = self._clock()
            self._good_until = ended + max(0.1, 20 * (ended - started))
        if (candidate.device, candidate.inode) in self._open:
            raise InUse
        return _NOTHING


class Leases:
    """A write lease on the file until it is gone, or where none is granted, `fallback`."""

    def __init__(self, fallback: Watch) -> None:
        self._fallback = fallback

    @contextlib.contextmanager
    def claim(self, folder: Folder, candidate: Candidate) -> Iterator[None]:
        """Raise InUse if the kernel says that the file is open."""
        descriptor = -1
        try:
            with contextlib.suppress(PermissionError):  # not ours to read
                descriptor = folder.open(candidate.name)
            if descriptor < 0 or not _lease(descriptor):
                with self._fallback.claim(folder, candidate):
                    pass
            yield
        finally:
            if descriptor >= 0:
                os.close(descriptor)


def _lease(descriptor: int) -> bool:
    """Take a write lease; False where none is to be had, InUse where somebody is in the way."""
    import fcntl

    # Whoever opens the file meanwhile makes the kernel send SIGIO, which would end the process.
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EBUSY):
            raise InUse from None
        return False
    return True


def choose_watch() -> Watch:
    """Return the best way there is here."""
    if not sys.platform.startswith("linux"):
        return Nobody()
    return OpenFiles() if _sees_everything() else Leases(OpenFiles())


def _sees_everything() -> bool:
    try:
        first = str(Path("/proc/self/ns/pid").readlink()) == _FIRST_NAMESPACE
        Path("/proc/1/cwd").readlink()  # needs what looking into others' files needs
    except OSError:
        return False
    return first


def _open_files() -> Iterator[tuple[int, int]]:
    """Yield device and inode of every file that a process we may look into has open or mapped."""
    mapped: set[str] = set()
    for process in _list("/proc"):
        if not process.isdigit():
            continue
        for descriptor in _list(f"/proc/{process}/fd"):
            with contextlib.suppress(OSError):
                status = os.stat(f"/proc/{process}/fd/{descriptor}")  # noqa: PTH116 - hot
                yield status.st_dev, status.st_ino
        with contextlib.suppress(OSError):
            maps = Path(f"/proc/{process}/maps").read_text("utf-8", "surrogateescape")
            mapped.update(re.findall(r"(?m)^\S+ \S+ \S+ \S+ [1-9]\S* +(/.*)$", maps))
    for path in mapped:
        with contextlib.suppress(OSError, ValueError):
            status = Path(path).stat()
            yield status.st_dev, status.st_ino


def _list(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are all that is needed
    except OSError:
        return []
