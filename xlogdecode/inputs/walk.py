"""Paths as the command line has them -> files: folders walked, globs the shell left alone."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from xlogdecode.inputs.entry import Refusal
from xlogdecode.inputs.files import STDIN
from xlogdecode.inputs.names import is_archive, is_log, natural_order

__all__ = ["Place", "expand", "walk"]


class Place(NamedTuple):
    """A file that was found, or named, and where it lies in the tree that was asked for."""

    path: str
    top: str
    """The folder that `below` starts from."""
    below: str
    """With slashes."""
    tree: str = ""
    """The folder's name, where a folder was asked for."""
    path_index: int = 0
    """Which of the paths asked for it lies in."""
    in_archive: bool = False
    """As of an `Entry`: never."""


def expand(paths: list[str]) -> list[str]:
    """Return `paths` with each glob that no shell has expanded (on Windows none does) replaced."""
    found: list[str] = []
    for path in paths:
        if path == STDIN or not any(sign in path for sign in "*?[") or os.path.lexists(path):
            found.append(path)
            continue
        import glob

        found += sorted(glob.glob(path, recursive=True), key=natural_order) or [path]  # noqa: PTH207
    return found


def walk(folder: str, *, plain: bool, archives: bool = True) -> Iterator[Place | Refusal]:
    """Yield the logs in `folder` and below, in the order they were written; no link is followed.

    Archives are yielded, too, unless `archives` is false.
    """
    from pathlib import Path, PurePosixPath  # 4 ms that most runs need not spend

    tree = Path(folder).resolve().name
    waiting = [PurePosixPath()]
    found = False
    while waiting:
        below = waiting.pop()
        here = os.path.join(folder, below) if below.parts else folder  # noqa: PTH118 - as it was named
        try:
            with os.scandir(here) as listing:
                entries = sorted(listing, key=lambda entry: natural_order(entry.name))
        except OSError as error:
            yield Refusal(here, f"cannot be listed: {error.strerror}")
            found = True  # nobody knows what it holds
            continue
        folders: list[PurePosixPath] = []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(below / entry.name)
            elif (
                is_log(entry.name, plain=plain) or (archives and is_archive(entry.name))
            ) and entry.is_file(follow_symlinks=False):
                found = True
                yield Place(entry.path, folder, str(below / entry.name), tree)
        waiting += reversed(folders)
    if not found:
        yield Refusal(folder, "holds no log: looked for *.xlog, *.mmap2, *.mmap3")
