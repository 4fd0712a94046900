"""Refusals: the roots, clocks and numbers that a sweep does not begin with."""

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from xlogdecode.errors import XlogError
from xlogdecode.retention.candidates import Candidate, EntryKind

__all__ = [
    "GuardError", "RootGuard", "check_clock", "check_count", "check_root", "is_recent",
    "newest_day",
]  # fmt: skip


class GuardError(XlogError):
    """A guard refused; nothing was deleted."""


MAX_SILENCE: Final = timedelta(days=30)
"""A clock further than this beyond the newest log and the last run is not believed."""

# ruff: noqa: S108 - these are the names of what is refused
_SYSTEM: Final = (
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt",
    "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var",
    "/dev/shm", "/usr/bin", "/usr/lib", "/usr/local", "/usr/sbin", "/usr/share", "/var/cache",
    "/var/lib", "/var/log", "/var/run", "/var/spool", "/var/tmp",
    "/Applications", "/Library", "/Network", "/System", "/Users", "/Volumes", "/private",
    "/private/etc", "/private/tmp", "/private/var", "/Library/Caches", "/Library/Logs",
    "/data", "/data/data", "/data/local", "/data/local/tmp", "/data/media", "/sdcard", "/storage",
    "/storage/emulated", "/storage/emulated/0", "/system", "/vendor",
)  # fmt: skip
_SYSTEM_TREES: Final = (
    "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/sys", "/System",
    "/usr/bin", "/usr/lib", "/usr/sbin", "/system", "/vendor",
)  # fmt: skip
_WINDOWS: Final = (
    "SystemRoot", "SystemDrive", "ProgramFiles", "ProgramFiles(x86)", "ProgramData", "PUBLIC",
    "APPDATA", "LOCALAPPDATA", "TEMP", "TMP", "ALLUSERSPROFILE",
)  # fmt: skip


class RootGuard:
    """Knows the folders that no sweep may begin at; looks each of them up once."""

    def __init__(self) -> None:
        self._top: set[tuple[int, int]] = set(filter(None, map(_identity, ["/"])))
        self._names: set[Path] = set()
        self._identities: set[tuple[int, int]] = set()
        self._homes: set[tuple[int, int]] = set()

    def check(self, root: str, layout: str, identity: tuple[int, int] | None = None) -> None:
        """Raise GuardError if `root` is one that no sweep may begin at.

        These are an empty path, the file system's root by whatever name, and where the folder
        itself is taken for a log folder (`path`, `logs`) a home or a folder of the system.
        `identity` is of a root that was reached by steps, without links.
        """
        if not root.strip():
            raise GuardError("an empty root; name a folder (is a variable unset?)")
        path = root if identity else os.path.realpath(root)
        identity = identity or _identity(path)
        if os.path.splitdrive(path)[1] in ("", os.sep) or identity in self._top:
            raise GuardError(f"{root}: is the root of the file system; name a folder in it")
        if layout not in ("path", "logs"):
            return
        if not self._names:
            self._learn()
        real = Path(path)
        if identity in self._homes:
            raise GuardError(f"{root}: is a home, not a log folder; name the log folder in it")
        trees = (Path(tree) for tree in _SYSTEM_TREES)
        known = real in self._names or identity in self._identities
        if known or any(tree in real.parents for tree in trees):
            raise GuardError(f"{root}: is the system's, not a log folder; name the log folder")

    def _learn(self) -> None:
        self._homes = set(filter(None, map(_identity, _homes())))
        self._names = set(_system_folders())
        self._identities = set(filter(None, map(_identity, self._names)))


def check_root(root: str, layout: str) -> None:
    """Raise GuardError if `root` is one that no sweep may begin at; see RootGuard."""
    RootGuard().check(root, layout)


def _identity(path: str | Path) -> tuple[int, int] | None:
    """Return device and inode: one folder has many names (a bind mount is another)."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a text or a Path
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _homes() -> Iterator[Path]:
    for variable in ("HOME", "USERPROFILE"):
        if home := os.environ.get(variable):
            yield Path(os.path.realpath(home))
    if sys.platform != "win32":
        import pwd

        for user in getattr(pwd, "getpwall", list)():  # Android may have none
            if user.pw_dir:
                yield Path(os.path.realpath(user.pw_dir))


def _system_folders() -> Iterator[Path]:
    for folder in _SYSTEM:
        yield Path(folder)
    for variable in _WINDOWS:
        if sys.platform == "win32" and (value := os.environ.get(variable)):
            yield Path(value)
            yield Path(value).parent


def newest_day(candidates: Iterable[Candidate], now: datetime) -> date | None:
    """Return the newest day that a log's name states, or the first that is recent enough.

    Days after tomorrow say nothing of the clock and are passed over.
    """
    tomorrow = min(now.date(), date.max - timedelta(days=1)) + timedelta(days=1)
    newest: date | None = None
    for candidate in candidates:
        day = candidate.log.day if candidate.log and candidate.kind is EntryKind.FILE else None
        if day and day <= tomorrow and (newest is None or day > newest):
            newest = day
            if now.date() - newest <= MAX_SILENCE:
                break
    return newest


def is_recent(moment: datetime | None, now: datetime) -> bool:
    """Return whether `moment` is near enough before `now` to make the clock plausible."""
    return moment is not None and timedelta(0) <= now - moment <= MAX_SILENCE


_REMEDY: Final = "set the clock, or give --force once if it is right"


def check_clock(now: datetime, last_run: datetime | None, newest: date | None) -> None:
    """Raise GuardError if the clock is before the last run, or far beyond all logs."""
    if last_run and now < last_run:
        raise GuardError(
            f"the clock may be wrong: it says {now:%Y-%m-%d %H:%M}, which is before the last run "
            f"({last_run.astimezone(now.tzinfo):%Y-%m-%d %H:%M}); {_REMEDY}"
        )
    if newest and now.date() - newest > MAX_SILENCE:
        run = f"the last run was on {last_run:%Y-%m-%d}" if last_run else "no run is on record"
        raise GuardError(
            f"the clock may be wrong: it says {now:%Y-%m-%d}, the newest log of all roots is of "
            f"{newest} ({(now.date() - newest).days} days before), and {run}; {_REMEDY}"
        )


def check_count(due: int, limit: int | None) -> None:
    """Raise GuardError if more than `limit` files are to go."""
    if limit is not None and due > limit:
        raise GuardError(f"{due} files to delete are more than --max-delete {limit}; look first")
