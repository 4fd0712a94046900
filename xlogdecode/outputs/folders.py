"""A folder for outputs, on this machine or in a store: what a dataset and a target need of it."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from xlogdecode.errors import OutputError
from xlogdecode.outputs.destinations import save_file, shown_place
from xlogdecode.outputs.stores import create_object, local_path, writable
from xlogdecode.platform.files import is_url
from xlogdecode.platform.stores import copy_in_s3, delete_in_s3, faults

__all__ = ["FolderHere", "FolderInStore", "Move", "OutputFolder", "folder_at"]

_AT_ONCE: Final = 16
"""Requests to a store side by side."""

_BULK: Final = 1000
"""Objects that S3 deletes in one request."""


class Move(NamedTuple):
    """A file that waits, and its place."""

    waits_at: str
    place: str


class OutputFolder(Protocol):
    """A folder; names in it are relative, with slashes. All raise OutputError."""

    @property
    def shown(self) -> str:
        """Its path or URL as messages have it."""

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file, which is there complete or not at all."""

    def take(self, files: Iterable[Move]) -> None:
        """Put files of this machine into their places; those here are moved."""

    def settle(self, moves: Iterable[Move]) -> list[Move]:
        """Move files of the folder to their places; return what is at neither of the two."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and folders in which nothing is left; what is gone is gone."""

    def clear(self, below: str) -> None:
        """Remove a folder of it, with all that is in it."""


def folder_at(place: "str | Path") -> "FolderHere | FolderInStore":
    """Return the folder at a path or a URL. Raises MissingExtraError and UsageError for a URL."""
    text = os.fspath(place)
    if not is_url(text):
        return FolderHere(text)
    local = local_path(text)
    return FolderInStore(text) if local is None else FolderHere(local)


class FolderHere:
    """A folder of this machine."""

    def __init__(self, path: str) -> None:
        """Take its path."""
        self.path = path
        self.shown = path

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if there is none."""
        try:
            return Path(self.path, name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutputError(f"{self._at(name)}: cannot be read: {error.strerror}") from None

    def write(self, name: str, data: bytes) -> None:
        """Write a file, which is there complete or not at all."""
        _make_folder_of(self._at(name))
        with save_file(self._at(name), replace=True) as file:
            file.write(data)

    def take(self, files: Iterable[Move]) -> None:
        """Move files into their places."""
        for file in files:
            _move(file.waits_at, self._at(file.place))

    def settle(self, moves: Iterable[Move]) -> list[Move]:
        """Move files to their places; return what is at neither of the two."""
        missing = []
        for move in moves:
            place = self._at(move.place)
            try:
                _move(self._at(move.waits_at), place)
            except FileNotFoundError:
                if not os.path.exists(place):  # noqa: PTH110 - moved by a run that was killed then
                    missing.append(move)
        return missing

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and folders in which nothing is left."""
        for name in names:
            _remove(self._at(name), self.path)

    def clear(self, below: str) -> None:
        """Remove a folder of it, with all that is in it."""
        import shutil

        shutil.rmtree(self._at(below), ignore_errors=True)

    def _at(self, name: str) -> str:
        return os.path.join(self.path, name)  # noqa: PTH118 - thousands a second


def _make_folder_of(place: str) -> None:
    folder = os.path.dirname(place)  # noqa: PTH120 - as above
    try:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be made: {error.strerror}; make room for it, and run again"
        ) from None


def _move(path: str, place: str) -> None:
    """Move a file. Raises OutputError, and FileNotFoundError where there is none."""
    _make_folder_of(place)
    try:
        os.replace(path, place)  # noqa: PTH105 - as above
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OutputError(
            f"{place}: cannot be made: {error.strerror}; make room for it, and run again"
        ) from None


def _remove(place: str, top: str) -> None:
    """Remove a file, and the folders below `top` that are empty then."""
    with suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(place)  # noqa: PTH108 - as above
    folder = os.path.dirname(place)  # noqa: PTH120
    with suppress(OSError):
        while folder != top:
            os.rmdir(folder)  # noqa: PTH106 - only if nothing is left in it
            folder = os.path.dirname(folder)  # noqa: PTH120


class FolderInStore:
    """A prefix of a store. Many objects are asked for side by side."""

    def __init__(self, url: str) -> None:
        """Take its URL. Nothing is asked of the store."""
        self.url = url.rstrip("/")
        self.shown = shown_place(self.url)
        self._store = writable(self.url)

    def read(self, name: str) -> bytes | None:
        """Return the content of an object; None if there is none."""
        with self._faults(name, "read"):
            try:
                data: bytes = self._fs.cat_file(self._at(name))
            except FileNotFoundError:
                return None
        return data

    def write(self, name: str, data: bytes) -> None:
        """Write an object."""
        with self._faults(name, "written"):
            self._fs.pipe_file(self._at(name), data)

    def create(self, name: str, data: bytes) -> bool:
        """Write an object where none is, as far as the store knows how; return whether it did."""
        with self._faults(name, "written"):
            try:
                create_object(self._store._replace(path=self._at(name)), data)
            except FileExistsError:
                return False
        return True

    def take(self, files: Iterable[Move]) -> None:
        """Send files to their places."""

        def send(file: Move) -> None:
            with self._faults(file.place, "written"):
                self._fs.put_file(file.waits_at, self._at(file.place))

        self._all(send, files)

    def settle(self, moves: Iterable[Move]) -> list[Move]:
        """Copy objects to their places, and then remove those that waited."""
        wanted, missing = list(moves), list[Move]()

        def copy(move: Move) -> None:
            with self._faults(move.place, "written"):
                try:
                    self._copy(self._at(move.waits_at), self._at(move.place))
                except FileNotFoundError:
                    if not self._fs.exists(self._at(move.place)):
                        missing.append(move)

        self._all(copy, wanted)
        self.remove(move.waits_at for move in wanted)
        return missing

    def _copy(self, source: str, place: str) -> None:
        if self._store.scheme == "s3":
            copy_in_s3(self._fs, source, place)
        else:
            self._fs.cp_file(source, place)

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects."""
        waiting = iter(names)
        if self._store.scheme != "s3":
            self._all(self._remove, waiting)
        while some := list(islice(waiting, _BULK)):
            by_path = {self._at(name): name for name in some}
            with self._faults("", "cleared"):
                refused = delete_in_s3(self._fs, list(by_path))
            for path, code in refused.items():
                raise OutputError(f"{self.shown}/{by_path[path]}: cannot be removed: {code}")

    def _remove(self, name: str) -> None:
        with self._faults(name, "removed"), suppress(FileNotFoundError):
            self._fs.rm_file(self._at(name))

    def clear(self, below: str) -> None:
        """Remove all objects below a folder of it."""
        self.remove(self.names(below))

    def fetch(self, name: str, path: Path) -> bool:
        """Write an object to a file; return whether there is one."""
        with self._faults(name, "read"):
            try:
                self._fs.get_file(self._at(name), str(path))
            except FileNotFoundError:
                path.unlink(missing_ok=True)
                return False
        return True

    def names(self, below: str) -> list[str]:
        """Return the names of all objects below a folder of it, sorted."""
        top = f"{self._store.path.strip('/')}/"
        with self._faults(below, "listed"):
            found = self._fs.find(self._at(below))
        return sorted(path.lstrip("/").removeprefix(top) for path in found)

    @property
    def _fs(self) -> Any:
        return self._store.fs

    def _at(self, name: str) -> str:
        return f"{self._store.path.rstrip('/')}/{name}"

    def _all(self, do: Callable[[Any], object], items: Iterable[Any]) -> None:
        """Do something for all items, side by side; raise what the first that failed raised."""
        some = list(items)
        if len(some) <= 1:
            for item in some:
                do(item)
            return
        with ThreadPoolExecutor(min(_AT_ONCE, len(some))) as threads:
            for _ in threads.map(do, some):
                pass

    def _faults(self, name: str, doing: str) -> AbstractContextManager[None]:
        return faults(f"{self.url}/{name}" if name else self.url, OutputError, doing)
