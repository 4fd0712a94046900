"""All inputs of a run, one after another: each log in each path, folder and archive."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from xlogdecode.errors import InputError, UsageError
from xlogdecode.inputs.compressed import foreign_kind_of, kind_of
from xlogdecode.inputs.entry import Entry, Refusal
from xlogdecode.inputs.files import STDIN, open_input
from xlogdecode.inputs.walk import Place, walk

__all__ = ["iter_entries", "iter_places", "open_place"]

OnRead = Callable[[int], object] | None


def iter_entries(
    paths: Sequence[str],
    *,
    recursive: bool = False,
    plain: bool = False,
    archives: bool = True,
    on_read: OnRead = None,
) -> Iterator[Entry | Refusal]:
    """Yield each log in `paths`, in their order; what cannot be read as a Refusal.

    `recursive` walks folders (no link is followed), `plain` takes logs of before SDK 4.7.1 in them,
    `archives` the archives.
    Archives are told by content; what lies in one can be read until the next entry is asked for,
    and raises InputError from then on. `on_read` is told of all bytes read from files. Raises
    UsageError for a single path in place of several.
    """
    if isinstance(paths, str | bytes | os.PathLike):
        raise UsageError("paths are several: put a single one into a list")
    places = iter_places(paths, recursive=recursive, plain=plain, archives=archives)
    return _opened(places, partial(open_place, plain=plain, on_read=on_read))


def _opened(
    places: Iterator[Place | Refusal], open_each: Callable[[Place], Iterator[Entry | Refusal]]
) -> Iterator[Entry | Refusal]:
    for place in places:
        yield from (place,) if isinstance(place, Refusal) else open_each(place)


def iter_places(
    paths: Sequence[str], *, recursive: bool = False, plain: bool = False, archives: bool = True
) -> Iterator[Place | Refusal]:
    """Yield the file at each of `paths`, and with `recursive` those in folders; none is opened.

    `recursive`, `plain` and `archives` are as for `iter_entries`.
    """
    for index, path in enumerate(paths):
        if recursive and path != STDIN and os.path.isdir(path):  # noqa: PTH112
            for item in walk(path, plain=plain, archives=archives):
                yield item._replace(path_index=index) if isinstance(item, Place) else item
            continue
        folder, name = os.path.split("stdin" if path == STDIN else path)
        yield Place(path, folder, name, path_index=index)


def open_place(
    place: Place, *, plain: bool = False, on_read: OnRead = None
) -> Iterator[Entry | Refusal]:
    """Open a file and yield it, or the logs in it if it is an archive (as `iter_entries`)."""
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
        place.path_index, is_streamed=path is None,
    )  # fmt: skip
    foreign = foreign_kind_of(head)
    if foreign is not None:
        source.close()
        yield Refusal(source.name, f"is packed by {foreign}; unpack it first")
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
