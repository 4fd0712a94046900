"""A root into candidates: every entry of every log folder below it, and what could not be read.

Nothing here decides. A fault is a value in the stream (`Candidate.error`), so that one bad folder
never stops the rest. Memory is bounded by the largest folder.
"""

import enum
import errno
import functools
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from xlogdecode.retention import layouts
from xlogdecode.retention.folders import NO_FOLDER, Folder, is_link, join, open_folder
from xlogdecode.retention.layouts import AUTO, Layout, LogName
from xlogdecode.retention.roots import RootFolder, resolve

__all__ = ["Candidate", "Kind", "LogDirectory", "scan", "scan_directories"]

MAX_SEGMENTS: Final = 16
"""Folders that may make a package's name; Android's longest packages have fewer."""


class Kind(enum.Enum):
    """What an entry is, as far as it matters."""

    FILE = "a regular file"
    LINK = "a link"
    SPECIAL = "no regular file"
    FOREIGN = "on another file system"
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
    kind: Kind
    log: LogName | None = None
    """None where the name is no log's."""
    size: int = 0
    mtime_ns: int = 0
    device: int = 0
    inode: int = 0
    error: OSError | None = None
    """Why it cannot be looked at, for UNREADABLE."""

    @property
    def shown(self) -> str:
        """The path, below the root as it was named."""
        return join(self.directory.shown, self.name)


def scan(
    root: str | os.PathLike[str] | RootFolder, *, layout: str = AUTO, liteav: bool = False
) -> Iterator[Candidate]:
    """Yield what lies in the log folders below `root`, folder by folder, by name.

    `layout` is a name of `LAYOUTS` or `auto`; `liteav` adds LiteAV's folders. Raises UsageError
    for an unknown layout, and for an empty root.
    """
    return itertools.chain.from_iterable(scan_directories(root, layout=layout, liteav=liteav))


def scan_directories(
    root: str | os.PathLike[str] | RootFolder,
    *,
    layout: str = AUTO,
    liteav: bool = False,
    wanted: Callable[[str], bool] = lambda _: True,
) -> Iterator[list[Candidate]]:
    """As `scan`, one list a folder.

    `wanted` says of a path whether it is gone into: asked once on the way to each folder, where a
    pattern has its first wildcard, or else of the folder itself.
    """
    rows = layouts.layouts_for(layout, liteav=liteav)
    named = root if isinstance(root, RootFolder) else resolve(root)
    return _scan(named, rows, wanted)


def _scan(
    root: RootFolder, rows: tuple[Layout, ...], wanted: Callable[[str], bool]
) -> Iterator[list[Candidate]]:
    try:
        folder = open_folder(root.path)
    except OSError as error:
        if wanted(root.path):
            yield [_unreadable_root(root, error)]
        return
    with folder:
        reported: set[str] = set()
        mount = folder.mount()
        for row in rows:
            for pattern in row.directories:
                start = _Place(folder, LogDirectory(root.path, root.shown, row.name, ""), wanted)
                steps = tuple(filter(None, pattern.split("/")))
                for found in _walk(start, steps):
                    if isinstance(found, _Place):
                        yield _look(found, row, mount)
                    elif found.shown not in reported:  # several patterns begin with one folder
                        reported.add(found.shown)
                        yield [found]


def _unreadable_root(root: RootFolder, error: OSError) -> Candidate:
    path = Path(root.path)
    if error.errno in NO_FOLDER and path.is_symlink():
        error = OSError(errno.ELOOP, "is a link: name the folder it leads to")
    shown = Path(root.shown)
    parent = LogDirectory(str(path.parent), str(shown.parent), "", "")
    return Candidate(parent, shown.name, Kind.UNREADABLE, error=error)


class _Place(NamedTuple):
    """Where a walk stands."""

    folder: Folder
    directory: LogDirectory
    wanted: Callable[[str], bool]
    """Whether a path is gone into; below a wildcard that is settled."""
    segments: int = 0
    loud: bool = True
    """Whether a folder that cannot be entered is a fault."""

    def below(self, folder: Folder, name: str, step: str) -> "_Place":
        here = self.directory
        package = here.package
        if step == "<package>":
            package = name
        elif step == "<package-in-folders>":
            package = f"{package}.{name}" if package else name
        directory = LogDirectory(
            join(here.path, name), join(here.shown, name), here.layout, package
        )
        segments = self.segments + (step == "<package-in-folders>")
        wanted = _everything if step in _WILD else self.wanted
        return _Place(folder, directory, wanted, segments, self.loud and step != "<program>")

    def fault(self, error: OSError, name: str = "") -> Candidate:
        directory = self.directory
        if not name:
            path, shown = Path(directory.path), Path(directory.shown)
            name = path.name
            directory = replace(directory, path=str(path.parent), shown=str(shown.parent))
        return Candidate(directory, name, Kind.UNREADABLE, error=error)


def _everything(_: str) -> bool:
    return True


_WILD: Final[dict[str, Callable[[str], bool]]] = {
    "<package>": layouts.is_package,
    "<package-in-folders>": layouts.is_segment,
    "<hap>": bool,
    "<program>": bool,
}


def _walk(place: _Place, steps: tuple[str, ...]) -> Iterator[_Place | Candidate]:
    """Yield the folders that `steps` lead to, and what stood in the way."""
    here = place.directory.path
    if not steps:
        if place.wanted(here):
            yield place
        return
    step, rest = steps[0], steps[1:]
    try:
        names = _names(place, step)
    except OSError as error:
        if place.wanted(here):
            yield place.fault(error)
        return
    for name in names:
        try:
            folder = place.folder.step(name)
        except OSError as error:
            if place.wanted(join(here, name)):
                yield from _not_entered(place, name, step, error)
            continue
        with folder:
            below = place.below(folder, name, step)
            if step != "<package-in-folders>" or below.segments > 1:
                yield from _walk(below, rest)
            if step == "<package-in-folders>" and below.segments < MAX_SEGMENTS:
                yield from _walk(below, steps)


def _names(place: _Place, step: str) -> list[str]:
    """Return the names that `step` stands for, those not gone into left out."""
    if step not in _WILD:
        return [step]
    fits, here = _WILD[step], place.directory.path
    with place.folder.entries() as entries:
        return sorted(
            entry.name
            for entry in entries
            if fits(entry.name)
            and place.wanted(join(here, entry.name))
            and (entry.is_dir(follow_symlinks=False) or entry.is_symlink())
        )


def _not_entered(place: _Place, name: str, step: str, error: OSError) -> Iterator[Candidate]:
    if error.errno == errno.ENOENT:
        return
    if error.errno in NO_FOLDER:
        try:
            link = is_link(place.folder.stat(name))
        except OSError:
            return
        if link and step not in ("<program>", "<hap>"):
            yield Candidate(place.directory, name, Kind.LINK)
    elif place.loud and step != "<program>":
        yield place.fault(error, name)


def _look(place: _Place, row: Layout, mount: object) -> list[Candidate]:
    """Return what lies in a log folder, by name; folders in it are nobody's business here."""
    try:
        if place.folder.mount() != mount:
            return [place.fault(OSError())._replace(kind=Kind.FOREIGN, error=None)]
        identity = place.folder.identity()
        directory = replace(place.directory, identity=identity)
        names = place.folder.names()
    except OSError as error:
        return [place.fault(error)]
    if row.prefix:
        names = [name for name in names if name.startswith(row.prefix)]
    return list(_candidates(place.folder, directory, sorted(names), row.names))


_recognise = functools.lru_cache(4096)(layouts.recognise)  # the same days in every folder


def _candidates(
    folder: Folder, directory: LogDirectory, names: list[str], kind_of_names: str
) -> Iterator[Candidate]:
    """Yield what has one of `names`, folders left out. Runs for every file there is."""
    device = directory.identity[0] if directory.identity else 0
    for name in names:
        log = _recognise(name, kind_of_names)
        try:
            status = folder.stat(name)
        except OSError as error:
            yield Candidate(directory, name, Kind.UNREADABLE, log, error=error)
            continue
        if kind := _kind(status, device):
            yield made(Candidate, (
                directory, name, kind, log,
                status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino, None,
            ))  # fmt: skip


made: Final = tuple.__new__
"""Makes a named tuple of a tuple: all that its own way comes to, in a quarter of the time."""

_FILE: Final = Kind.FILE  # in the hot loop an Enum's member is slow to look up


def _kind(status: os.stat_result, device: int) -> Kind | None:
    """Return what an entry is; None for a folder."""
    mode = status.st_mode
    if stat.S_ISREG(mode) and status.st_dev == device and not is_link(status):
        return _FILE
    if is_link(status):
        return Kind.LINK
    if stat.S_ISREG(mode):
        return Kind.FOREIGN
    return None if stat.S_ISDIR(mode) else Kind.SPECIAL
