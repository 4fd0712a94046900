"""Members of archives as people pick them: `case.zip:logs/a.xlog`, `case.zip:*.xlog`."""

import os
from collections.abc import Iterator

__all__ = ["is_for_more", "is_match", "is_named", "picked", "split_pick"]

_GLOB = "*?["


def split_pick(path: str) -> tuple[str, str]:
    """Return the file at `path`, and what is picked of it; nothing of a file of just that name."""
    if ":" not in path or os.path.lexists(path):
        return path, ""
    for archive, pick in _splits(path):
        if os.path.isfile(archive):  # noqa: PTH113 - pathlib takes 4 ms
            return archive, _tidy(pick)
    return path, ""


def picked(path: str) -> list[str]:
    """Return `path` with the glob in its archive's name replaced by each file there is."""
    import glob

    for archive, pick in _splits(path):
        found = glob.glob(archive, recursive=True)  # noqa: PTH207
        files = [name for name in found if os.path.isfile(name)]  # noqa: PTH113
        if files and pick:
            return [f"{name}:{pick}" for name in files]
    return []


def is_match(place: str, pick: str) -> bool:
    """Tell whether the member at `place` is picked, or is in what is.

    A member of an archive within is `inner.zip:logs/a.xlog`. In a glob `*` is any text, also with
    slashes. Without a pick all are.
    """
    folder = pick.rstrip("/")
    return not pick or is_named(place, pick) or place.startswith((f"{folder}/", f"{folder}:"))


def is_named(place: str, pick: str) -> bool:
    """Tell whether `pick` means the very member at `place`: then its own name is no matter."""
    from fnmatch import fnmatchcase

    if not pick or place == pick:
        return bool(pick)
    return any(sign in pick for sign in _GLOB) and fnmatchcase(place, pick)


def is_for_more(place: str, pick: str) -> bool:
    """Tell whether what is in the archive at `place` may be picked."""
    return any(sign in pick for sign in _GLOB) or pick.startswith(f"{place}:")


def _splits(path: str) -> Iterator[tuple[str, str]]:
    at = path.find(":", 1)
    while at > 0:
        yield path[:at], path[at + 1 :]
        at = path.find(":", at + 1)


def _tidy(pick: str) -> str:
    """Return a pick as members are called, also one that was copied from a message."""
    return pick.replace(": ", ":").strip().replace("\\", "/").removeprefix("./")
