"""Entries of one log folder, looked at: what each is, as far as a decision needs it.

The reasons of decisions are here too, but nothing here decides. A fault is a value
(`Candidate.error`), so that one bad file never stops the rest.
"""

import enum
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from xlogdecode.retention.folders import HAS_REPARSE_POINTS, Folder, is_link, join
from xlogdecode.retention.names import LogName, Recogniser
from xlogdecode.retention.set_aside import was_set_aside

__all__ = [
    "Candidate", "DecisionReason", "EntryKind", "KeptByName", "LogDirectory", "Looked",
    "look_at", "made",
]  # fmt: skip


class EntryKind(enum.Enum):
    """The kinds of entries, as far as they matter."""

    FILE = "a regular file"
    LINK = "a link"
    SPECIAL = "not a regular file"
    FOREIGN = "on another file system"
    SET_ASIDE = "set aside by a sweep that was interrupted"
    UNREADABLE = "cannot be read"


class DecisionReason(enum.Enum):
    """Why a file stays or goes."""

    AGE = "older than {age} (date in name and last change)"
    CEILING = "one of the oldest, and the logs take more than max_total"
    YOUNG = "not older than {age} (date in name)"
    TOUCHED = "written to less than {age} ago"
    KEEP_LAST = "one of the newest {last} here"
    FUTURE_DATE = "dated in the future"
    FUTURE_MTIME = "last written in the future"
    IMPOSSIBLE_DATE = "the date in its name does not exist"
    UNKNOWN_NAME = "not an SDK log file"
    CRASH_BUFFER = "crash buffer: never deleted"
    LINK = "a link"
    SPECIAL = "not a regular file"
    FOREIGN = "on another file system"
    SET_ASIDE = "left by an interrupted sweep; the next one puts it back"
    IN_USE = "held open"
    CHANGED = "changed since it was looked at"
    STOPPED = "the sweep was stopped before it"
    UNREADABLE = "cannot be read"

    def __init__(self, words: str) -> None:
        self.words = words
        self.clears = self.name in ("AGE", "CEILING")
        """Whether it is a reason to go."""

    __hash__ = object.__hash__  # counted for every file, and an Enum's own is slow


@dataclass(frozen=True, slots=True)
class LogDirectory:
    """A folder that a layout names."""

    path: str
    """Absolute, without links."""
    shown: str
    """The same, below the root as it was named."""
    layout: str
    package: str
    """The Android package; empty where the layout has none."""
    identity: tuple[int, int] | None = None
    """Device and inode; None for the folder of something that was not gone into."""


class Candidate(NamedTuple):
    """One entry. A tuple, as it is made for every file: it costs a third of a frozen dataclass."""

    directory: LogDirectory
    name: str
    kind: EntryKind
    log: LogName | None = None
    """None where the name is not a log's."""
    size: int = 0
    """Bytes; 0 where the name alone was enough."""
    mtime_ns: int = 0
    device: int = 0
    inode: int = 0
    error: OSError | None = None
    """Why it cannot be looked at, for UNREADABLE."""

    @property
    def shown(self) -> str:
        """The path, below the root as it was named."""
        return join(self.directory.shown, self.name)


class KeptByName:
    """Logs whose names are enough to keep them: nobody looks at these files."""

    def __init__(self, reason: Callable[[LogName], DecisionReason | None]) -> None:
        """`reason` says why a name keeps its log, or None; once there is one, it stays."""
        self.reason = reason
        self.counted = False
        """Whether such logs are only counted, and are not candidates."""
        self.known: dict[str, DecisionReason] = {}
        """Names met: the same days are in every folder."""


class Looked(NamedTuple):
    """The entries of some names in a folder."""

    candidates: list[Candidate]
    kept: list[DecisionReason]
    """Of each log that is kept by name and only counted, why."""
    has_logs: bool
    """Whether the file of a log was looked at."""


def look_at(
    folder: Folder,
    directory: LogDirectory,
    names: list[str],
    recognise: Recogniser,
    by_name: KeptByName | None,
) -> Looked:
    """Look at what has one of `names`; folders are left out. Runs for every file there is."""
    found: list[Candidate] = []
    kept: list[DecisionReason] = []
    keeps = by_name.reason if by_name else None
    logs: Iterable[tuple[str, LogName | None]] = zip(names, map(recognise, names), strict=True)
    if by_name and by_name.counted:
        logs, kept = _counted(names, recognise, by_name)
        keeps = None
    device = directory.identity[0] if directory.identity else 0
    has_logs = False
    for name, log in logs:
        if keeps and log and keeps(log):
            found.append(made(Candidate, (directory, name, _FILE, log, 0, 0, 0, 0, None)))
            continue
        try:
            status = folder.stat(name)
        except FileNotFoundError:  # somebody else cleans up, too
            continue
        except OSError as error:
            found.append(Candidate(directory, name, EntryKind.UNREADABLE, log, error=error))
            continue
        kind: EntryKind | None = _FILE
        if log is None or status.st_mode & _TYPE != _REGULAR or status.st_dev != device:
            kind = _kind(name, log, status, device)
        elif HAS_REPARSE_POINTS and is_link(status):
            kind = EntryKind.LINK
        has_logs = has_logs or log is not None
        if kind:
            found.append(made(Candidate, (
                directory, name, kind, log,
                status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino, None,
            )))  # fmt: skip
    return Looked(found, kept, has_logs)


def _counted(
    names: list[str], recognise: Recogniser, by_name: KeptByName
) -> tuple[list[tuple[str, LogName | None]], list[DecisionReason]]:
    """Return names of files to look at, with what they say, and why other logs are kept."""
    known = by_name.known
    kept = [known[name] for name in names if name in known]
    left: list[tuple[str, LogName | None]] = []
    for name in [name for name in names if name not in known] if kept else names:
        log = recognise(name)
        reason = by_name.reason(log) if log else None
        if reason is None:
            left.append((name, log))
            continue
        kept.append(reason)
        if len(known) < _MOST_NAMES:
            known[name] = reason
    return left, kept


made: Final = tuple.__new__
"""Makes a named tuple of a tuple: all that its own way comes to, in a quarter of the time."""

_FILE: Final = EntryKind.FILE  # in the hot loop an Enum's member is slow to look up
_TYPE: Final = 0o170000
"""The bits of a mode that say what a file is; `stat.S_IFMT` is a call."""
_REGULAR: Final = stat.S_IFREG
_MOST_NAMES: Final = 1024


def _kind(name: str, log: LogName | None, status: os.stat_result, device: int) -> EntryKind | None:
    """Return the kind of an entry; None for a folder."""
    regular = stat.S_ISREG(status.st_mode)
    if stat.S_ISDIR(status.st_mode) and not is_link(status):
        return None
    if log is None and was_set_aside(name):
        return EntryKind.SET_ASIDE
    if is_link(status):
        return EntryKind.LINK
    if not regular:
        return EntryKind.SPECIAL
    return _FILE if status.st_dev == device else EntryKind.FOREIGN
