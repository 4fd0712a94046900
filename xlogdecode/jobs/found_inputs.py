"""The inputs of a nightly job as they are now: name, size, time, and what else they depend on."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from xlogdecode.inputs import FoundFile, Refusal, expand, is_crash_buffer, is_url, iter_places
from xlogdecode.inputs.names import crash_buffers_of

__all__ = ["FoundInput", "list_inputs"]


class FoundInput(NamedTuple):
    """An input, as it was before it was read."""

    place: FoundFile
    name: str
    """Its path, and which members of it are wanted: the manifest knows it by this."""
    size: int
    mtime_ns: int
    etag: str = ""
    """The name that a store has for this content of it; empty for a file."""
    beside: tuple[str, ...] = ()
    """Of a crash buffer: the logs beside it, which may hold its records."""
    beside_mark: str = ""
    """Changes when any of these does."""


def list_inputs(
    sources: Sequence[str], *, plain: bool, archives: bool
) -> Iterator[FoundInput | Refusal]:
    """Yield each file in the sources once, and what cannot be read; none is opened."""
    paths = expand(list(sources))
    beside = _Beside()
    for item in iter_places(paths, recursive=True, plain=plain, archives=archives):
        if isinstance(item, Refusal):
            yield item
            continue
        info = item.look()
        if info.size is None:
            yield Refusal(item.name, _why_unseen(item.path))
            continue
        name = f"{item.name}:{item.pick}" if item.pick else item.name
        etag = info.identity if isinstance(info.identity, str) else ""
        place = item._replace(ahead=None)  # it may be for another process
        seen = FoundInput(place, name, info.size, info.mtime_ns or 0, etag)
        yield beside.added_to(seen) if is_crash_buffer(item.below) else seen


def _why_unseen(path: str) -> str:
    if is_url(path):
        return "cannot be opened: its store does not show it"
    try:
        os.stat(path)  # noqa: PTH116 - for its error
    except OSError as error:
        return f"cannot be opened: {error.strerror}"
    return "is a folder or a device; name a log, or its folder"


class _Beside:
    """The logs that go with each crash buffer, in the folder that is looked at."""

    def __init__(self) -> None:
        self._folder = ""
        self._logs: dict[str, list[str]] = {}
        """The name of a crash buffer -> the paths of its logs."""

    def added_to(self, seen: FoundInput) -> FoundInput:
        """Return the crash buffer with the logs beside it."""
        if is_url(seen.place.path):
            return seen  # whose logs are not looked at
        folder, name = os.path.split(seen.place.path)
        if folder != self._folder or not self._logs:
            self._folder, self._logs = folder, _by_buffer(folder)
        logs = self._logs.get(name, [])
        return seen._replace(beside=tuple(logs), beside_mark=_mark(logs))


def _by_buffer(folder: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names alone
    except OSError:
        return found
    for name in names:
        for buffer in crash_buffers_of(name):
            found.setdefault(buffer, []).append(os.path.join(folder, name))  # noqa: PTH118
    return found


def _mark(paths: Iterable[str]) -> str:
    mark = hashlib.sha256()
    for path in paths:
        try:
            found = os.stat(path)  # noqa: PTH116 - as above
        except OSError:
            continue
        mark.update(os.fsencode(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0"))
    return mark.hexdigest()[:16]
