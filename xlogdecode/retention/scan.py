"""A root into candidates: every entry of every log folder below it, and what could not be read.

All patterns of all layouts are followed in one walk, and each folder is opened once. Nothing here
decides. A fault is a value in the stream (`Candidate.error`), so that one bad folder never stops
the rest. Memory is bounded by the names in the largest folder.
"""

import enum
import errno
import functools
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

from xlogdecode.retention.aside import put_back, was_set_aside
from xlogdecode.retention.folders import NO_FOLDER, Folder, FolderPath, is_link, join
from xlogdecode.retention.layouts import AUTO, FolderLayout, layouts_for
from xlogdecode.retention.mounts import MountTable
from xlogdecode.retention.names import LogName, Recogniser, recogniser
from xlogdecode.retention.patterns import MAX_DEPTH, Patterns, PatternState
from xlogdecode.retention.roots import RootFolder, resolve

__all__ = ["Candidate", "EntryKind", "LogDirectory", "Look", "Scanner", "scan", "scan_directories"]


class EntryKind(enum.Enum):
    """The kinds of entries, as far as they matter."""

    FILE = "a regular file"
    LINK = "a link"
    SPECIAL = "not a regular file"
    FOREIGN = "on another file system"
    SET_ASIDE = "set aside by a sweep that was interrupted"
    UNREADABLE = "cannot be read"


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


class Look(NamedTuple):
    """A log folder, or the next part of a large one; or a fault on the way."""

    folder: Folder | None
    """Open until the next look is asked for; None for a fault."""
    directory: LogDirectory
    candidates: list[Candidate]
    found: bool
    """Whether this is the first look at a folder of logs."""


def scan(
    root: str | os.PathLike[str] | RootFolder, *, layout: str = AUTO, liteav: bool = False
) -> Iterator[Candidate]:
    """Yield the entries of the log folders below `root`, folder by folder, by name.

    `layout` is a name of `LAYOUTS` or `auto`; `liteav` adds LiteAV's folders. Raises UsageError
    for an unknown layout, and for an empty root.
    """
    return itertools.chain.from_iterable(scan_directories(root, layout=layout, liteav=liteav))


def scan_directories(
    root: str | os.PathLike[str] | RootFolder, *, layout: str = AUTO, liteav: bool = False
) -> Iterator[list[Candidate]]:
    """As `scan`, one list a folder."""
    scanner = Scanner(layout, liteav=liteav)
    named = root if isinstance(root, RootFolder) else resolve(root)
    return _lists(scanner, named)


def _lists(scanner: "Scanner", root: RootFolder) -> Iterator[list[Candidate]]:
    with scanner:
        for look in scanner.looks(root):
            if look.candidates:
                yield look.candidates


def everywhere(_: str) -> bool:
    """Want every folder."""
    return True


class Scanner:
    """One way to scan: for these layouts, with these names, as deep as they say."""

    def __init__(
        self,
        layout: str = AUTO,
        *,
        liteav: bool = False,
        name_patterns: tuple[str, ...] = (),
        cross_mounts: bool = False,
    ) -> None:
        """Raise UsageError for an unknown layout. `name_patterns` are regular expressions."""
        rows = layouts_for(layout, liteav=liteav)
        self._patterns = Patterns(rows)
        self._cross = cross_mounts
        self._recognise: dict[str, Recogniser] = {}
        for row in rows:
            kinds = ["imsdk", "liteav"] if row.name == "logs" and liteav else [row.names]
            self._recognise[row.name] = recogniser(kinds, name_patterns)
        self._ways = FolderPath()
        self._mounts = MountTable()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ways.__exit__()
        self._mounts.close()

    def looks(
        self,
        root: RootFolder,
        *,
        wanted: Callable[[str], bool] = everywhere,
        settled: bool = False,
        kept_by_name: Callable[[LogName | None, str], bool] | None = None,
        part: int = 0,
        repair: bool = False,
    ) -> Iterator[Look]:
        """Yield each log folder below `root`, open.

        `wanted` says of a path whether it is gone into: asked once on the way to each folder,
        where a pattern has its first wildcard, or else of the folder itself (`settled`: never).
        `kept_by_name` says of a name and a package that no look at the file is needed. A folder
        of more entries than `part` comes in parts; 0 for never. `repair` puts back what an
        interrupted sweep left.
        """
        try:
            folder = self._ways.open(root.path)
            walk = _Walk(self._recognise, folder, wanted, kept_by_name, part)
            walk.cross, walk.repair = self._cross, repair
            walk.mounts, walk.root_path = self._mounts, root.path
        except OSError as error:
            if settled or wanted(root.path):
                yield _fault(_unreadable_root(root, error))
            return
        start = self._patterns.start(settled=settled)
        yield from walk.at(_Place(folder, root, ()), start)


def _unreadable_root(root: RootFolder, error: OSError) -> Candidate:
    path = Path(root.path)
    if error.errno in NO_FOLDER and path.is_symlink():
        error = OSError(errno.ELOOP, "is a link: name the folder it leads to")
    shown = Path(root.shown)
    parent = LogDirectory(str(path.parent), str(shown.parent), "", "")
    return Candidate(parent, shown.name, EntryKind.UNREADABLE, error=error)


def _fault(candidate: Candidate) -> Look:
    return Look(None, candidate.directory, [candidate], found=False)


class _Place(NamedTuple):
    """An open folder on the way, and the names that led to it from the root."""

    folder: Folder
    root: RootFolder
    names: tuple[str, ...]

    @property
    def path(self) -> str:
        return functools.reduce(join, self.names, self.root.path)

    @property
    def shown(self) -> str:
        return functools.reduce(join, self.names, self.root.shown)

    def entry(self, name: str, kind: EntryKind, error: OSError | None = None) -> Look:
        directory = LogDirectory(self.path, self.shown, "", "")
        return _fault(Candidate(directory, name, kind, error=error))

    def itself(self, kind: EntryKind, error: OSError | None = None) -> Look:
        path, shown = Path(self.path), Path(self.shown)
        directory = LogDirectory(str(path.parent), str(shown.parent), "", "")
        return _fault(Candidate(directory, path.name, kind, error=error))


class _Walk:
    """One walk below one root."""

    cross = False
    repair = False
    mounts: MountTable
    root_path: str

    def __init__(
        self,
        recognise: dict[str, Recogniser],
        root: Folder,
        wanted: Callable[[str], bool],
        kept_by_name: Callable[[LogName | None, str], bool] | None,
        part: int,
    ) -> None:
        self._recognise = recognise
        self._root = root
        self._device = root.identity()[0]
        self._mount: object = None
        self._wanted = wanted
        self._kept_by_name = kept_by_name
        self._part = part

    def at(self, place: _Place, state: PatternState) -> Iterator[Look]:
        """Yield the log folders at and below `place`."""
        for accept in state.accepts:
            package = accept.package(place.names)
            if package is None or not (accept.settled or self._wanted(place.path)):
                continue
            yield from self._look(place, accept.row, package)
        if len(place.names) >= MAX_DEPTH:
            return
        yield from self._below(place, state)

    def _below(self, place: _Place, state: PatternState) -> Iterator[Look]:
        names: list[str] = []
        if state.wild:
            try:
                names = self._names(place, state)
            except OSError as error:
                if state.settled or self._wanted(place.path):
                    yield place.itself(EntryKind.UNREADABLE, error)
                names = list(state.literals)
        else:
            names = list(state.literals)
        for name in names:
            below = state.after(name, functools.partial(self._wants, place, name))
            if below is None:
                continue
            try:
                folder = place.folder.step(name)
            except OSError as error:
                if error.errno != errno.ENOENT:
                    yield from self._not_entered(place, name, state, error)
                continue
            with folder:
                yield from self.at(_Place(folder, place.root, (*place.names, name)), below)

    def _wants(self, place: _Place, name: str) -> bool:
        return self._wanted(join(place.path, name))

    def _names(self, place: _Place, state: PatternState) -> list[str]:
        """Return the names of folders and links that some pattern may go on with, sorted.

        Literal names are tried even if the list has them not: a system may know them in another
        case, or by no list at all.
        """
        with place.folder.entries() as entries:
            found = {
                entry.name
                for entry in entries
                if state.fits(entry.name)
                and (entry.is_dir(follow_symlinks=False) or entry.is_symlink())
            }
        if not LISTS_ALL:
            found.update(state.literals)
        return sorted(found)

    def _not_entered(
        self, place: _Place, name: str, state: PatternState, error: OSError
    ) -> Iterator[Look]:
        if not (state.settled or self._wanted(join(place.path, name))):
            return
        if error.errno not in NO_FOLDER:
            if state.expects(name, link=False):
                yield place.entry(name, EntryKind.UNREADABLE, error)
            return
        try:
            link = is_link(place.folder.stat(name))
        except OSError:
            return
        if link and state.expects(name, link=True):
            yield place.entry(name, EntryKind.LINK)

    def _look(self, place: _Place, row: FolderLayout, package: str) -> Iterator[Look]:
        """Yield what is in a log folder, by name; folders in it are left out."""
        try:
            identity = place.folder.identity()
            if identity[0] != self._device and not self.cross:
                yield place.itself(EntryKind.FOREIGN)
                return
            names = place.folder.names()
            if self.repair and put_back(place.folder, filter(was_set_aside, names)):
                names = place.folder.names()
        except OSError as error:
            yield place.itself(EntryKind.UNREADABLE, error)
            return
        if row.prefix:
            names = [n for n in names if n.startswith(row.prefix) or was_set_aside(n)]
        recognise = self._recognise[row.name]
        if row.name == "logs":
            names = [name for name in names if recognise(name) or was_set_aside(name)]
        names.sort()
        directory = LogDirectory(place.path, place.shown, row.name, package, identity)
        found = not row.shared or any(map(recognise, names))
        step = self._part or len(names) or 1
        for first in range(0, len(names) or 1, step):
            part = names[first : first + step]
            candidates, looked = self._candidates(place.folder, directory, part, recognise)
            if looked and not self.cross and self._is_foreign(place.folder):
                yield place.itself(EntryKind.FOREIGN)
                return
            yield Look(place.folder, directory, candidates, found and not first)

    def _is_foreign(self, folder: Folder) -> bool:
        """Return whether `folder` is on another mount than the root: a bind mount keeps devices.

        Where the system lists its mounts and none is below the root, no folder is asked.
        """
        if not self.mounts.may_be_below(self.root_path):
            return False
        if self._mount is None:
            self._mount = self._root.mount()
        return folder.mount() != self._mount

    def _candidates(
        self, folder: Folder, directory: LogDirectory, names: list[str], recognise: Recogniser
    ) -> tuple[list[Candidate], bool]:
        """Return what has one of `names`, folders left out, and whether a log was looked at.

        Runs for every file there is.
        """
        device = directory.identity[0] if directory.identity else 0
        kept_by_name, package = self._kept_by_name, directory.package
        found: list[Candidate] = []
        looked = False
        for name in names:
            log = recognise(name)
            if kept_by_name and log and kept_by_name(log, package):
                found.append(made(Candidate, (directory, name, _FILE, log, 0, 0, 0, 0, None)))
                continue
            try:
                status = folder.stat(name)
            except FileNotFoundError:  # somebody else cleans up, too
                continue
            except OSError as error:
                found.append(Candidate(directory, name, EntryKind.UNREADABLE, log, error=error))
                continue
            looked = looked or log is not None
            if kind := _kind(status, device):
                if log is None and was_set_aside(name):
                    kind = EntryKind.SET_ASIDE
                found.append(made(Candidate, (
                    directory, name, kind, log,
                    status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino, None,
                )))  # fmt: skip
        return found, looked


LISTS_ALL: Final = os.name == "posix" and os.uname().sysname != "Darwin"
"""Whether a name that is not in a folder's list leads nowhere; elsewhere its case may differ."""

made: Final = tuple.__new__
"""Makes a named tuple of a tuple: all that its own way comes to, in a quarter of the time."""

_FILE: Final = EntryKind.FILE  # in the hot loop an Enum's member is slow to look up


def _kind(status: os.stat_result, device: int) -> EntryKind | None:
    """Return the kind of an entry; None for a folder."""
    mode = status.st_mode
    if stat.S_ISREG(mode) and status.st_dev == device and not is_link(status):
        return _FILE
    if is_link(status):
        return EntryKind.LINK
    if stat.S_ISREG(mode):
        return EntryKind.FOREIGN
    return None if stat.S_ISDIR(mode) else EntryKind.SPECIAL
