"""All inputs of a run, one after another: each log in each path, folder and archive."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from xlogdecode.errors import InputError, UsageError, XlogError
from xlogdecode.inputs.compressed import foreign_kind_of, kind_of, may_be_wrapped
from xlogdecode.inputs.files import STDIN, STDIN_NAME, Entry, FoundFile, Input, Refusal, open_file
from xlogdecode.inputs.names import LOOKED_FOR, is_archive, is_log, natural_order
from xlogdecode.inputs.picks import picked, split_pick
from xlogdecode.platform.files import is_url
from xlogdecode.types import Buffer, Source

__all__ = ["expand", "iter_entries", "iter_places", "open_input", "open_place", "walk"]

OnRead = Callable[[int], object] | None
Given = str | os.PathLike[str] | Source | Buffer
"""A path, an open binary file, or bytes."""


def iter_entries(
    paths: Sequence[Given] | Source | Buffer,
    *,
    recursive: bool = False,
    plain: bool = False,
    archives: bool = True,
    on_read: OnRead = None,
) -> Iterator[Entry | Refusal]:
    """Yield each log in `paths`, in their order; what cannot be read as a Refusal.

    Bytes and open binary files, which stay open, are taken as well as paths; one of these may be
    given by itself. `recursive` walks folders (no link is followed), `plain` takes logs of before
    SDK 4.7.1 in them, `archives` the archives. `case.zip:logs/a.xlog` is a member of an archive,
    `case.zip:logs` are those of a folder in it, `case.zip:*.xlog` those that match.

    Archives are known by their content; what is in one can be read until the next entry is asked
    for, and raises InputError from then on. `on_read` gets the number of bytes read from files.
    Raises UsageError for a single path in place of several, TypeError for what is none of these.
    """
    if isinstance(paths, str | os.PathLike):
        raise UsageError("paths are several; put a single one into a list")
    if isinstance(paths, bytes | bytearray | memoryview) or hasattr(paths, "read"):
        paths = [paths]
    opened: list[Callable[[], Iterator[Entry | Refusal]]] = []
    open_each = partial(open_place, plain=plain, on_read=on_read)
    for index, given in enumerate(paths):
        if isinstance(given, str | os.PathLike):
            places = iter_places(
                [os.fspath(given)], recursive=recursive, plain=plain, archives=archives
            )
            opened.append(partial(_opened, places, open_each))
        else:
            from xlogdecode.inputs.from_callers import caller_input

            opened.append(partial(_entries_of, caller_input(given, index), plain=plain))
    return (
        item._replace(path_index=index) if isinstance(item, Entry) else item
        for index, items in enumerate(opened)
        for item in items()
    )


def _opened(
    places: Iterator[FoundFile | Refusal],
    open_each: Callable[[FoundFile], Iterator[Entry | Refusal]],
) -> Iterator[Entry | Refusal]:
    for place in places:
        yield from (place,) if isinstance(place, Refusal) else open_each(place)


def iter_places(
    paths: Sequence[str], *, recursive: bool = False, plain: bool = False, archives: bool = True
) -> Iterator[FoundFile | Refusal]:
    """Yield the file at each of `paths`, and with `recursive` those in folders; none is opened.

    Of a URL whose scheme or place cannot be used a Refusal is yielded.

    `recursive`, `plain` and `archives` are as for `iter_entries`.
    """
    for index, path in enumerate(paths):
        if is_url(path):
            from xlogdecode.inputs.stores import places_at

            for item in places_at(path, recursive=recursive, plain=plain, archives=archives):
                yield item._replace(path_index=index) if isinstance(item, FoundFile) else item
            continue
        if recursive and path != STDIN and os.path.isdir(path):  # noqa: PTH112
            for item in walk(path, plain=plain, archives=archives):
                yield item._replace(path_index=index) if isinstance(item, FoundFile) else item
            continue
        file, pick = split_pick(path)
        folder, name = os.path.split("stdin" if path == STDIN else file)
        yield FoundFile(file, folder, name, path_index=index, pick=pick)


def open_place(
    place: FoundFile, *, plain: bool = False, on_read: OnRead = None
) -> Iterator[Entry | Refusal]:
    """Open a file and yield it, or the logs in it if it is an archive (as `iter_entries`)."""
    try:
        source = _open(place, on_read)
    except XlogError as error:
        yield Refusal(*_split(str(error), place.name))
        return
    yield from _entries_of(source, place, plain=plain)


def _open(place: FoundFile, on_read: OnRead = None) -> Input:
    """Open what was found. Raises as `open_input` does."""
    if not is_url(place.path):
        return open_input(place.path, on_read)
    from xlogdecode.inputs.stores import open_url

    return open_url(place.path, on_read, info=place.info, ahead=place.ahead)


def open_input(path: str, on_read: OnRead = None) -> Input:
    """Open a file, an object by its URL, or standard input for `-`. Raises InputError.

    For a URL raises MissingExtraError and UsageError, too.
    """
    if path == STDIN:
        return Input(sys.stdin.fileno(), STDIN_NAME, owned=False, on_read=on_read)
    if is_url(path):
        from xlogdecode.inputs.stores import open_url

        return open_url(path, on_read)
    return open_file(path, on_read)


def _entries_of(
    source: Input, place: FoundFile | None = None, *, plain: bool
) -> Iterator[Entry | Refusal]:
    """Yield an open input, which is at `place`, or the logs in it if it is an archive."""
    place = place or FoundFile(STDIN, "", source.name)
    try:
        head = source.peek()
    except InputError as error:
        source.close()
        yield Refusal(*_split(str(error), source.name))
        return
    path = None if place.path == STDIN else place.path
    entry = Entry(
        source.name, place.top, place.below, place.tree, source, source.info, path,
        place.path_index,
    )  # fmt: skip
    foreign = foreign_kind_of(head)
    if foreign is not None:
        source.close()
        yield Refusal(source.name, f"is packed by {foreign}; unpack it first")
        return
    kind = kind_of(head, source.name)
    if kind is None and place.pick:
        source.close()
        yield Refusal(source.name, f"is not an archive; leave out ':{place.pick}'")
        return
    if kind is None:
        if may_be_wrapped(head):
            from xlogdecode.inputs.unwrap import as_log  # most logs are what they are

            entry = as_log(entry, head)
        yield entry
        return
    from xlogdecode.inputs.archives import Unpacker

    with source:
        yield from Unpacker(source, plain=plain, pick=place.pick).entries(entry, kind)


def _split(message: str, name: str) -> tuple[str, str]:
    """Return the name of an input as a line shows it, and the rest of a message that names it."""
    return name or "''", message.removeprefix(f"{name}: ").removeprefix(f"{name!r}: ")


def expand(paths: list[str]) -> list[str]:
    """Return `paths` with each glob that no shell has expanded (on Windows none does) replaced."""
    found: list[str] = []
    for path in paths:
        if is_url(path):
            from xlogdecode.inputs.stores import expand_url

            try:
                found += expand_url(path)
            except XlogError:
                found.append(path)  # its turn will show what is wrong
            continue
        if path == STDIN or not any(sign in path for sign in "*?[") or os.path.lexists(path):
            found.append(path)
            continue
        import glob

        matches = glob.glob(path, recursive=True) or picked(path)  # noqa: PTH207
        found += sorted(matches, key=natural_order) or [path]
    return found


def walk(folder: str, *, plain: bool, archives: bool = True) -> Iterator[FoundFile | Refusal]:
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
                yield FoundFile(entry.path, folder, str(below / entry.name), tree)
        waiting += reversed(folders)
    if not found:
        yield Refusal(folder, f"holds no log: looked for {LOOKED_FOR}")
