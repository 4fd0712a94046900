"""Folders that hold logs, some levels below a root, and the roots by which a sweep finds them.

Looks at names and sizes only. Links are not followed, and the walk is bounded.
"""

import functools
import itertools
import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from xlogdecode.retention.folders import join, split_anchor
from xlogdecode.retention.layouts import LAYOUTS, is_package, is_segment
from xlogdecode.retention.names import Recogniser, dated, recogniser
from xlogdecode.retention.roots import expand

__all__ = ["Discovery", "FolderOfLogs", "discover"]

MAX_DEPTH: Final = 16
"""Levels below the root; the deepest layout below a folder of phones has 10."""
MAX_FOLDERS: Final = 50_000

_FITS: Final = {"<package>": is_package, "<package-in-folders>": is_segment}
_MOST_NAMES: Final = 16
"""Patterns of names for a folder; with more of them these are no logs of an app."""
_SEVERAL: Final = 3
"""So many roots that differ in one step are written with a wildcard."""


@dataclass(frozen=True, slots=True)
class FolderOfLogs:
    """A folder and the logs in it."""

    path: str
    layout: str
    """The name of its layout; empty if it is in none."""
    root: str
    """The root below which a sweep finds it; the folder itself without a layout."""
    logs: int
    size: int
    """Bytes of the logs."""
    oldest: date
    newest: date
    names: tuple[str, ...] = ()
    """Patterns of the names that a policy must add, where the logs have others than the SDK's."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The folders of logs below a root."""

    folders: list[FolderOfLogs]
    complete: bool
    """Whether the walk came to its end within its bounds."""
    liteav: bool = False
    """Whether LiteAV's logs were looked for, too."""

    def roots(self) -> list[tuple[str, str, list[str]]]:
        """Return root, layout and names to add for a policy.

        The layout is `auto`, or `logs` and `path` for other folders. Roots are absolute patterns,
        each of which matches folders with logs only. Several that differ in one step have a
        wildcard there.
        """
        known = sorted({os.path.realpath(f.root) for f in self.folders if f.layout})
        others: dict[str, list[str]] = {}
        for folder in self.folders:
            if not folder.layout:
                others.setdefault(os.path.realpath(folder.root), []).extend(folder.names)
        roots: list[tuple[str, str, list[str]]] = []
        roots += [(path, "auto", []) for path in _with_wildcards(known)]
        if len(others) >= _SEVERAL:
            above = os.path.commonpath(others)
            inside = {os.path.realpath(f.path) for f in self.folders if f.layout}
            if not any(Path(path).is_relative_to(above) for path in inside):
                names = sorted({name for some in others.values() for name in some})
                return [*roots, (_as_pattern(above), "logs", names)]
        for path, names in sorted(others.items()):  # `path` knows no names but the SDK's
            layout = "logs" if self.liteav or names else "path"
            roots.append((_as_pattern(path), layout, sorted({*names})))
        return roots


def discover(root: str, *, liteav: bool = False) -> Discovery:
    """Return the folders of logs at and below `root`. Raises OSError if it cannot be listed.

    Folders below it that cannot be listed are passed over. `liteav` looks for LiteAV's logs too.
    """
    recognise = recogniser(["imsdk", "liteav"] if liteav else ["imsdk"])
    found: list[FolderOfLogs] = []
    waiting = deque([(root, 0)])
    seen = 0
    while waiting and seen < MAX_FOLDERS:
        path, depth = waiting.popleft()
        seen += 1
        try:
            below, logs, others = _listed(path, recognise)
        except OSError:
            if not depth:
                raise
            continue
        if logs or others:
            found += _folders(path, root, logs, others)
        if depth < MAX_DEPTH:
            waiting.extend((name, depth + 1) for name in below)
    return Discovery(sorted(found, key=lambda folder: folder.path), not waiting, liteav)


def _listed(
    path: str, recognise: Recogniser
) -> tuple[list[str], list[tuple[date, int]], dict[str, list[tuple[date, int]]]]:
    """Return the folders in `path`, day and size of each log in it, and those of other names.

    The last come by the pattern of their names.
    """
    below: list[str] = []
    logs: list[tuple[date, int]] = []
    others: dict[str, list[tuple[date, int]]] = {}
    with os.scandir(path) as entries:
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    below.append(join(path, entry.name))
                    continue
                log = recognise(entry.name)
                other = dated(entry.name) if log is None else None
                day = other[1] if other else log and log.day
                if day is None:
                    continue
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                of_name = others.setdefault(other[0], []) if other else logs
                of_name.append((day, status.st_size))
    return sorted(below), logs, others


def _folders(
    path: str,
    root: str,
    logs: list[tuple[date, int]],
    others: dict[str, list[tuple[date, int]]],
) -> Iterator[FolderOfLogs]:
    """Yield the folder if it has logs; in a layout those of other names are none."""
    steps = Path(path).relative_to(root).parts
    layout, above = _layout(steps)
    names: tuple[str, ...] = ()
    if not layout:
        names = (*sorted(others)[:_MOST_NAMES],)
        logs = [*logs, *itertools.chain.from_iterable(others[name] for name in names)]
    if logs:
        days = [day for day, _ in logs]
        its_root = functools.reduce(join, steps[:above], root) if layout else path
        total = sum(size for _, size in logs)
        yield FolderOfLogs(path, layout, its_root, len(logs), total, min(days), max(days), names)


def _layout(names: tuple[str, ...]) -> tuple[str, int]:
    """Return the layout of the folder that `names` lead to, and how many are its root's.

    The longest pattern that fits the end counts; an empty name if none does.
    """
    best, above = "", len(names) + 1
    for row in LAYOUTS.values():
        if row.asked_for:
            continue
        for pattern in row.directories:
            for start in _starts(names, tuple(filter(None, pattern.split("/")))):
                if start < above:
                    best, above = row.name, start
    return best, above


def _starts(names: tuple[str, ...], steps: tuple[str, ...]) -> Iterator[int]:
    """Yield where in `names` a pattern begins that ends with them."""
    several = steps[-1:] == ("<package-in-folders>",)
    for extra in range(1, 16) if several else (0,):
        whole = steps + steps[-1:] * extra
        start = len(names) - len(whole)
        if start >= 0 and all(map(_fits, whole, names[start:])):
            yield start


def _fits(step: str, name: str) -> bool:
    if not step.startswith("<"):
        return step == name
    return step not in _FITS or _FITS[step](name)


def _with_wildcards(paths: list[str]) -> list[str]:
    """Return patterns of `paths`; those that differ in one step are one, if it matches no other."""
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for path in paths:
        anchor, steps = split_anchor(path)
        for at, step in enumerate(steps):
            if not step.startswith("."):  # `*` matches no hidden folder
                alike.setdefault(((anchor, *steps[:at]), steps[at + 1 :]), []).append(path)
    left, patterns = set(paths), []
    for (before, after), group in sorted(alike.items(), key=lambda item: -len(item[1])):
        if len(group) < _SEVERAL or not left.issuperset(group):
            continue
        pattern = str(Path(*map(_as_pattern, before), "*", *map(_as_pattern, after)))
        if {folder.path for folder, _ in expand(pattern)} == set(group):
            left.difference_update(group)
            patterns.append(pattern)
    return sorted([*map(_as_pattern, left), *patterns])


def _as_pattern(path: str) -> str:
    """Return a pattern that matches `path`; a byte that is no UTF-8, so not in YAML, is `?`."""
    signs = {sign: f"[{sign}]" for sign in "*?["}
    return "".join("?" if "\ud800" <= sign <= "\udfff" else signs.get(sign, sign) for sign in path)
