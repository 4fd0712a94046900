"""All inputs of a run, one after another: each log in each path, folder and archive."""

import os
from collections.abc import Callable, Iterator, Sequence

from xlogdecode.errors import InputError, UsageError
from xlogdecode.inputs.compressed import foreign_kind_of, kind_of
from xlogdecode.inputs.entry import Entry, Refusal
from xlogdecode.inputs.files import STDIN, open_input
from xlogdecode.inputs.walk import Place, walk

__all__ = ["iter_entries"]

OnRead = Callable[[int], object] | None


def iter_entries(
    paths: Sequence[str], *, recursive: bool = False, plain: bool = False, on_read: OnRead = None
) -> Iterator[Entry | Refusal]:
    """Yield each log in `paths`, in their order; what cannot be read as a Refusal.

    `recursive` walks folders (no link is followed), `plain` takes logs of before SDK 4.7.1 in them.
    Archives are told by content; what lies in one can be read until the next entry is asked for,
    and raises InputError from then on. `on_read` is told of all bytes read from files. Raises
    UsageError for a single path in place of several.
    """
    if isinstance(paths, str | bytes | os.PathLike):
        raise UsageError("paths are several: put a single one into a list")
    return _each(paths, recursive, plain, on_read)


def _each(
    paths: Sequence[str],
    recursive: bool,  # noqa: FBT001
    plain: bool,  # noqa: FBT001
    on_read: OnRead,
) -> Iterator[Entry | Refusal]:
    for index, path in enumerate(paths):
        for item in _entries(path, recursive, plain, on_read):
            yield item._replace(path_index=index) if index and isinstance(item, Entry) else item


def _entries(path: str, recursive: bool, plain: bool, on_read: OnRead) -> Iterator[Entry | Refusal]:  # noqa: FBT001
    if recursive and path != STDIN and os.path.isdir(path):  # noqa: PTH112
        for item in walk(path, plain=plain):
            yield from (item,) if isinstance(item, Refusal) else _open(item, plain, on_read)
        return
    folder, name = os.path.split("stdin" if path == STDIN else path)
    yield from _open(Place(path, folder, name), plain, on_read)


def _open(place: Place, plain: bool, on_read: OnRead) -> Iterator[Entry | Refusal]:  # noqa: FBT001
    """Open a file and yield it, or the logs in it if it is an archive."""
    try:
        source = open_input(place.path, on_read)
    except InputError as error:
        yield Refusal(*_split(str(error), place.path))
        return
    try:
        head = source.peek()
    except InputError as error:
        source.close()
        yield Refusal(*_split(str(error), source.name))
        return
    path = None if place.path == STDIN else place.path
    entry = Entry(
        source.name, place.top, place.below, place.tree, source, source.stat, path,
        is_streamed=path is None,
    )  # fmt: skip
    foreign = foreign_kind_of(head)
    if foreign is not None:
        source.close()
        yield Refusal(source.name, f"is packed by {foreign}: unpack it first")
        return
    kind = kind_of(head, source.name)
    if kind is None:
        yield entry
        return
    from xlogdecode.inputs.archives import Unpacker

    with source:
        yield from Unpacker(source, plain=plain).entries(entry, kind)


def _split(message: str, name: str) -> tuple[str, str]:
    return name, message.removeprefix(f"{name}: ")
