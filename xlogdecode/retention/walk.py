"""One walk below one root, that follows all patterns of all layouts and opens each folder once."""

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from xlogdecode.retention.candidates import (
    Candidate,
    DecisionReason,
    EntryKind,
    KeptByName,
    LogDirectory,
    look_at,
    made,
)  # fmt: skip
from xlogdecode.retention.folders import NO_FOLDER, Folder, is_link, join
from xlogdecode.retention.layouts import FolderLayout
from xlogdecode.retention.mounts import MountTable
from xlogdecode.retention.names import Recogniser
from xlogdecode.retention.open_below import Leaper
from xlogdecode.retention.patterns import MAX_DEPTH, PatternState
from xlogdecode.retention.roots import RootFolder
from xlogdecode.retention.set_aside import put_back, was_set_aside

__all__ = ["FolderLook", "FolderWalk", "WalkOptions", "everywhere"]


class FolderLook(NamedTuple):
    """A log folder, or the next part of a large one; or a fault on the way."""

    folder: Folder | None
    """Open until the next look is asked for; None for a fault."""
    directory: LogDirectory
    candidates: list[Candidate]
    found: bool
    """Whether this is the first look at a folder of logs."""
    kept: list[DecisionReason]
    """Of each log that is kept by name and only counted, why."""


def everywhere(_: str) -> bool:
    """Want every folder."""
    return True


class WalkOptions(NamedTuple):
    """The options of a walk, the same for all roots of a scan."""

    wanted: Callable[[str], bool] = everywhere
    """Says of a path whether it is gone into: asked once on the way to each folder, where a
    pattern has its first wildcard, or else of the folder itself."""
    settled: bool = False
    """Whether `wanted` need not be asked."""
    kept_by_name: Callable[[str, str], KeptByName] | None = None
    """Says for a layout and a package which names of logs are enough."""
    part: int = 0
    """A folder of more entries comes in parts; 0 for never."""
    repair: bool = False
    """Put back what an interrupted sweep left."""
    cross_mounts: bool = False
    newest_first: bool = False
    """Entries of a folder by name from the last: of logs, the newest."""


class _Place(NamedTuple):
    """An open folder on the way, and the names that led to it from the root."""

    folder: Folder
    root: RootFolder
    names: tuple[str, ...]

    @property
    def path(self) -> str:
        return _below(self.root.path, self.names)

    @property
    def shown(self) -> str:
        return _below(self.root.shown, self.names)

    def entry(self, name: str, kind: EntryKind, error: OSError | None = None) -> FolderLook:
        directory = LogDirectory(self.path, self.shown, "", "")
        return fault(Candidate(directory, name, kind, error=error))

    def itself(self, kind: EntryKind, error: OSError | None = None) -> FolderLook:
        path, shown = Path(self.path), Path(self.shown)
        directory = LogDirectory(str(path.parent), str(shown.parent), "", "")
        return fault(Candidate(directory, path.name, kind, error=error))


def _below(root: str, names: tuple[str, ...]) -> str:
    return join(root, os.sep.join(names)) if names else root  # noqa: PTH118 - hot


def fault(candidate: Candidate) -> FolderLook:
    """Return the look at something that is not gone into."""
    return FolderLook(None, candidate.directory, [candidate], found=False, kept=[])


class _Level(NamedTuple):
    """A folder that the walk is in, and the names in it that it has yet to try."""

    place: _Place
    state: PatternState
    names: Iterator[str]
    ready: list[tuple[_Place, PatternState]]
    """Places further down that are open already, the next one last."""


class FolderWalk:
    """One walk below one root."""

    def __init__(
        self,
        folder: Folder,
        root: RootFolder,
        recognise: dict[str, Recogniser],
        mounts: MountTable,
        leaper: Leaper,
        options: WalkOptions,
    ) -> None:
        """FolderWalk below the open `folder`; `recognise` has an entry a layout. Raises OSError."""
        self._top = _Place(folder, root, ())
        self._recognise = recognise
        self._mounts = mounts
        self._leaper = leaper
        self._options = options
        self._wanted = options.wanted
        self._device = folder.identity()[0]
        self._mount: object = None

    def looks(self, start: PatternState) -> Iterator[FolderLook]:
        """Yield the log folders at and below the root, a folder before those in it.

        The way down is a list and no recursion: this runs for every folder there is.
        """
        faults: list[FolderLook] = []
        levels = [self._level(self._top, start, faults)]
        try:
            yield from self._accepted(self._top, start)
            while levels:
                step = self._next(levels[-1], faults)
                if step:
                    levels.append(self._level(*step, faults))
                else:
                    self._leave(levels)
                if faults:
                    yield from faults
                    faults.clear()
                if step and step[1].accepts:
                    yield from self._accepted(*step)
        finally:
            while levels:
                self._leave(levels)

    def _level(self, place: _Place, state: PatternState, faults: list[FolderLook]) -> _Level:
        names = self._names_below(place, state, faults)
        return made(_Level, (place, state, names, []))

    def _leave(self, levels: list[_Level]) -> None:
        level = levels.pop()
        if levels:  # the root is its owner's
            level.place.folder.close()
        for place, _ in level.ready:
            place.folder.close()

    def _next(self, level: _Level, faults: list[FolderLook]) -> tuple[_Place, PatternState] | None:
        """Return the next folder of a level, open, and the state there; None at its end."""
        place, state, names, ready = level
        if ready:
            return ready.pop()
        step = place.folder.step
        mine = everywhere if state.settled else functools.partial(self._wants, place)
        for name in names:
            below = state.after(name, mine)
            if below is None:
                continue
            if below.has_leaps and self._leapt(place, name, below, ready):
                if ready:
                    return ready.pop()
                continue
            try:
                folder = step(name)
            except FileNotFoundError:
                continue
            except OSError as error:
                faults += self._not_entered(place, name, state, error)
                continue
            return made(_Place, (folder, place.root, (*place.names, name))), below
        return None

    def _leapt(
        self,
        place: _Place,
        name: str,
        below: PatternState,
        ready: list[tuple[_Place, PatternState]],
    ) -> bool:
        """Open in one call each what can be reached behind `name`; return whether that is all."""
        leaps, start = below.leaps, os.fsencode(name)
        folders = self._leaper.open(place.folder, [start + leap.path for leap in leaps])
        for folder, leap in zip(folders or (), leaps, strict=False):
            if folder:
                names = (*place.names, name, *leap.steps)
                ready.append((_Place(folder, place.root, names), leap.state))
        ready.reverse()
        return folders is not None

    def _wants(self, place: _Place, name: str) -> bool:
        return self._wanted(join(place.path, name))

    def _names_below(
        self, place: _Place, state: PatternState, faults: list[FolderLook]
    ) -> Iterator[str]:
        """Yield the names of folders and links that some pattern may go on with, sorted.

        Literal names are tried even if the list has them not: a system may know them in another
        case, or by no list at all.
        """
        if len(place.names) >= MAX_DEPTH:
            return
        if not state.wild:
            yield from state.literals
            return
        try:
            with place.folder.entries() as entries:
                found = [
                    entry.name
                    for entry in entries
                    if state.fits(entry.name)
                    and (entry.is_dir(follow_symlinks=False) or entry.is_symlink())
                ]
        except OSError as error:
            if state.settled or self._wanted(place.path):
                faults.append(place.itself(EntryKind.UNREADABLE, error))
            found = list(state.literals)
        if not LISTS_ALL:
            found = list({*found, *state.literals})
        yield from sorted(found)

    def _not_entered(
        self, place: _Place, name: str, state: PatternState, error: OSError
    ) -> Iterator[FolderLook]:
        if not (state.settled or self._wants(place, name)):
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

    def _accepted(self, place: _Place, state: PatternState) -> Iterator[FolderLook]:
        for accept in state.accepts:
            package = accept.package(place.names)
            if package is not None and (accept.settled or self._wanted(place.path)):
                yield from self._look(place, accept.row, package)

    def _look(self, place: _Place, row: FolderLayout, package: str) -> Iterator[FolderLook]:
        """Yield what is in a log folder, by name; folders in it are left out."""
        options, recognise = self._options, self._recognise[row.name]
        try:
            identity = place.folder.identity()
            if identity[0] != self._device and not options.cross_mounts:
                yield place.itself(EntryKind.FOREIGN)
                return
            names = self._entries(place.folder, row, recognise)
            if options.newest_first:
                names.reverse()
        except OSError as error:
            yield place.itself(EntryKind.UNREADABLE, error)
            return
        directory = LogDirectory(place.path, place.shown, row.name, package, identity)
        by_name = options.kept_by_name(row.name, package) if options.kept_by_name else None
        found = not row.shared or any(map(recognise, names))
        step = options.part or len(names) or 1
        for first in range(0, len(names) or 1, step):
            part = names[first : first + step]
            looked = look_at(place.folder, directory, part, recognise, by_name)
            if looked.has_logs and not options.cross_mounts and self._is_foreign(place.folder):
                yield place.itself(EntryKind.FOREIGN)
                return
            is_first = found and not first
            yield FolderLook(place.folder, directory, looked.candidates, is_first, looked.kept)

    def _entries(self, folder: Folder, row: FolderLayout, recognise: Recogniser) -> list[str]:
        """Return the names in a log folder that are looked at, sorted."""
        names = folder.names()
        names.sort()
        if self._options.repair and put_back(folder, names):
            names = sorted(folder.names())
        if row.prefix:
            names = [n for n in names if n.startswith(row.prefix) or was_set_aside(n)]
        if row.name == "logs":
            names = [name for name in names if recognise(name) or was_set_aside(name)]
        return names

    def _is_foreign(self, folder: Folder) -> bool:
        """Return whether `folder` is on another mount than the root: a bind mount keeps devices.

        Where the system lists its mounts and none is below the root, no folder is asked.
        """
        if not self._mounts.may_be_below(self._top.root.path):
            return False
        if self._mount is None:
            self._mount = self._top.folder.mount()
        return folder.mount() != self._mount


LISTS_ALL: Final = os.name == "posix" and os.uname().sysname != "Darwin"
"""Whether a name that is not in a folder's list leads nowhere; elsewhere its case may differ."""
