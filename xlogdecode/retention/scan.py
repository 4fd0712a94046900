"""A root into candidates: every entry of every log folder below it, and what could not be read.

Memory is bounded by the names in the largest folder.
"""

import errno
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from xlogdecode.retention.candidates import Candidate, EntryKind, LogDirectory
from xlogdecode.retention.folders import NO_FOLDER, FolderPath
from xlogdecode.retention.layouts import AUTO, layouts_for
from xlogdecode.retention.mounts import MountTable
from xlogdecode.retention.names import Recogniser, recogniser
from xlogdecode.retention.open_below import Leaper
from xlogdecode.retention.patterns import Patterns
from xlogdecode.retention.roots import RootFolder, resolve
from xlogdecode.retention.walk import FolderLook, FolderWalk, WalkOptions, fault

__all__ = ["Scanner", "scan", "scan_directories"]


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
    """Yield what `scan` returns, one list a folder."""
    scanner = Scanner(layout, liteav=liteav)
    named = root if isinstance(root, RootFolder) else resolve(root)
    return _lists(scanner, named)


def _lists(scanner: "Scanner", root: RootFolder) -> Iterator[list[Candidate]]:
    with scanner:
        for look in scanner.looks(root, WalkOptions()):
            if look.candidates:
                yield look.candidates


class Scanner:
    """One way to scan: for these layouts, with these names."""

    def __init__(
        self, layout: str = AUTO, *, liteav: bool = False, name_patterns: tuple[str, ...] = ()
    ) -> None:
        """Raise UsageError for an unknown layout. `name_patterns` are regular expressions."""
        rows = layouts_for(layout, liteav=liteav)
        self._patterns = Patterns(rows)
        self._recognise: dict[str, Recogniser] = {}
        for row in rows:
            kinds = ["imsdk", "liteav"] if row.name == "logs" and liteav else [row.names]
            self._recognise[row.name] = recogniser(kinds, name_patterns)
        self._ways = FolderPath()
        self._mounts = MountTable()
        self._leaper = Leaper()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ways.__exit__()
        self._mounts.close()

    def looks(self, root: RootFolder, options: WalkOptions) -> Iterator[FolderLook]:
        """Yield each log folder below `root`, open."""
        try:
            folder = self._ways.open(root.path)
            walk = FolderWalk(folder, root, self._recognise, self._mounts, self._leaper, options)
        except OSError as error:
            if options.settled or options.wanted(root.path):
                yield fault(_unreadable_root(root, error))
            return
        yield from walk.looks(self._patterns.start(settled=options.settled))


def _unreadable_root(root: RootFolder, error: OSError) -> Candidate:
    path = Path(root.path)
    if error.errno in NO_FOLDER and path.is_symlink():
        error = OSError(errno.ELOOP, "is a link; name the folder it leads to")
    shown = Path(root.shown)
    parent = LogDirectory(str(path.parent), str(shown.parent), "", "")
    return Candidate(parent, shown.name, EntryKind.UNREADABLE, error=error)
