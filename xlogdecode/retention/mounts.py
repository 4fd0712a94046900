"""The system's mount points, read once and again only when they change."""

import os
import re
import select
import sys
from bisect import bisect_left

__all__ = ["MountTable"]

_TABLE = "/proc/self/mountinfo"


class MountTable:
    """The table of mounts of this process, where the system has one."""

    def __init__(self) -> None:
        self._process = 0
        self._descriptor = -1
        self._points: list[str] | None = None
        self._poll: select.poll | None = None

    def may_be_below(self, path: str) -> bool:
        """Return whether a mount is, or may be, below the folder at the absolute `path`."""
        if self._process != os.getpid():  # a fork shares what was read, not what changes
            self._open()
        if self._poll is not None and self._poll.poll(0):
            self._read()
        if self._points is None:
            return True
        start = path if path.endswith("/") else path + "/"
        at = bisect_left(self._points, start)
        return at < len(self._points) and self._points[at].startswith(start)

    def close(self) -> None:
        """Let go of the table."""
        if self._descriptor >= 0 and self._process == os.getpid():
            os.close(self._descriptor)
        self._descriptor, self._points, self._poll, self._process = -1, None, None, 0

    def _open(self) -> None:
        self.close()
        self._process = os.getpid()
        if sys.platform != "linux":
            return
        try:
            self._descriptor = os.open(_TABLE, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLPRI | select.POLLERR)
        self._read()

    def _read(self) -> None:
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            data = b""
            while part := os.read(self._descriptor, 1 << 16):
                data += part
        except OSError:
            self._points = None
            return
        lines = os.fsdecode(data).splitlines()
        self._points = sorted(_unescaped(line.split(" ")[4]) for line in lines if line)


def _unescaped(text: str) -> str:
    """Return a path as it is: the table writes spaces, tabs and line ends as `\\040`."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
