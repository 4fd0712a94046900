"""Roots as people name them, made into folders that are opened step by step."""

import errno
import fnmatch
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xlogdecode.errors import UsageError
from xlogdecode.retention.folders import NO_FOLDER, Folder, join, open_folder, split_anchor

__all__ = ["RootFolder", "expand", "has_wildcard", "resolve"]


@dataclass(frozen=True, slots=True)
class RootFolder:
    """One existing or missing folder to look for logs in."""

    shown: str
    """As it was named: how its files are reported."""
    path: str
    """Absolute; opened from the anchor down, and no step of it may be a link."""
    identity: tuple[int, int] | None = None
    """Device and inode, where they are known."""


def resolve(root: str | os.PathLike[str]) -> RootFolder:
    """Return the folder that `root` names.

    Links on the way to it are the caller's own and are resolved here, once; the last step is not,
    unless it is in the file system's root, as Android's `/sdcard` does: nobody swaps it there.
    Raises UsageError for an empty text, or one with a NUL.
    """
    shown = os.fspath(root)
    if not shown:
        raise UsageError("an empty root; name a folder (is a variable unset?)")
    if "\0" in shown:
        raise UsageError(f"{shown!r}: not a path, it has a NUL character; name a folder")
    path = shown if os.path.isabs(shown) else os.path.join(os.getcwd(), shown)  # noqa: PTH109, PTH117, PTH118
    head, tail = os.path.split(path.rstrip(os.sep) or os.sep)
    if tail in ("", ".", "..") or head == Path(head).anchor:
        return RootFolder(shown, os.path.realpath(shown))
    return RootFolder(shown, str(Path(os.path.realpath(head), tail)))


def has_wildcard(path: str) -> bool:
    """Return whether `path` holds any of `*?[`."""
    return any(sign in path for sign in "*?[")


def expand(pattern: str) -> Iterator[tuple[RootFolder, OSError | None]]:
    """Yield the folders that an absolute `pattern` matches, by name, hidden ones only by a dot.

    The part before the first wildcard is resolved as by `resolve`; from there on links match
    no wildcard. A folder that cannot be looked into comes with the reason, and stops no other.
    """
    if not has_wildcard(pattern):
        yield resolve(pattern), None
        return
    anchor, steps = split_anchor(pattern)
    first = next(at for at, step in enumerate(steps) if has_wildcard(step))
    named = Path(anchor, *steps[:first])
    base = RootFolder(str(named), os.path.realpath(named))
    try:
        folder = open_folder(base.path)
    except FileNotFoundError:
        return
    except OSError as error:
        yield base, error
        return
    with folder:
        yield from _matches(folder, base, steps[first:])


def _matches(
    folder: Folder, at: RootFolder, steps: tuple[str, ...]
) -> Iterator[tuple[RootFolder, OSError | None]]:
    if not any(map(has_wildcard, steps)):
        try:
            if len(steps) == 1:
                status = folder.stat(steps[0])
                yield _below(at, *steps, identity=(status.st_dev, status.st_ino)), None
            elif steps:
                folder.stat(steps[0])
                yield _below(at, *steps), None
            else:
                yield _below(at, identity=folder.identity()), None
        except OSError as error:
            if error.errno != errno.ENOENT:
                yield _below(at, *steps), error
        return
    try:
        names = _names(folder, steps[0]) if has_wildcard(steps[0]) else [steps[0]]
    except OSError as error:
        yield at, error
        return
    for name in names:
        try:
            child = folder.step(name)
        except OSError as error:
            if error.errno != errno.ENOENT and error.errno not in NO_FOLDER:
                yield _below(at, name), error
            continue
        with child:
            yield from _matches(child, _below(at, name), steps[1:])


def _names(folder: Folder, pattern: str) -> list[str]:
    with folder.entries() as entries:
        folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    dotted = pattern.startswith(".")
    return sorted(
        name
        for name in folders
        if fnmatch.fnmatchcase(name, pattern) and (dotted or not name.startswith("."))
    )


def _below(at: RootFolder, *steps: str, identity: tuple[int, int] | None = None) -> RootFolder:
    shown, path = at.shown, at.path
    for step in steps:
        shown, path = join(shown, step), join(path, step)
    return RootFolder(shown, path, identity)
