"""A log in a Hive dataset: a file in each part, as in `day=2024-01-01/level=E/NAME`, and a list.

The list has the files of the log. It lies in a folder of the dataset that engines pass over, is
written last, and has the time of the log: by it a later run knows what is there, complete, and what
to replace. While files come and go a second list has the old and the new ones. If the run is killed
then, the next one takes the log for one that is not there, and removes them all.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

from xlogdecode.errors import OutputError
from xlogdecode.outputs.destinations import look_at, save_file
from xlogdecode.outputs.folders import FolderHere, Move, folder_at
from xlogdecode.platform.files import FileInfo, SaveFile
from xlogdecode.types import Buffer

__all__ = ["LIST", "SaveParts", "is_complete", "lists_of", "marked_name"]

_OWN: Final = ".xlogdecode"
_LISTS: Final = f"{_OWN}/parts"
"""The folder of the lists in a dataset."""

LIST: Final = ".parts"
"""The end of the name of a list."""

_UNDONE: Final = ".undone"
"""The end of the name of the list of old and new files, besides."""

_LONGEST: Final = 180
"""Bytes of a log's name that the names of its files begin with, of 255."""


def lists_of(dataset: str) -> str:
    """Return the folder of the lists of a dataset, a path or a URL."""
    return f"{dataset.rstrip('/')}/{_LISTS}"


def is_complete(place: str) -> bool:
    """Tell whether no run was killed as the files of a list came and went. Raises OutputError."""
    return look_at(f"{place}{_UNDONE}") is None


def marked_name(name: str, of: str) -> str:
    """Return a file's name that begins with `name`, and ends with a mark of `of`: two logs of one
    name have different ones.
    """
    mark = hashlib.sha256(os.fsencode(of)).hexdigest()[:12]
    start = os.fsencode(name)[:_LONGEST].decode("utf-8", "ignore")
    return f"{start}-{mark}"


class SaveParts:
    """Takes a Parquet file, and puts its rows into the parts of a dataset; used as `SaveFile`."""

    def __init__(
        self,
        place: str,
        keys: Sequence[str],
        *,
        dataset: str,
        suffix: str,
        like: FileInfo | None = None,
        replace: bool = False,
    ) -> None:
        """Take the place of the log's list below `lists_of(dataset)`, and the end of file names."""
        self.is_in_place = False
        self.size = 0
        """Bytes of the files, once they are in place."""
        self._keys = tuple(keys)
        self._suffix = suffix
        self._folder = folder_at(dataset)
        self._name = place[len(lists_of(dataset)) + 1 :].removesuffix(f"{suffix}{LIST}")
        self._at = f"{_LISTS}/{self._name}{suffix}{LIST}"
        """The list, as the folder has it."""
        self._like = like
        self._list = save_file(place, like=like, replace=replace)
        if not replace and look_at(place) is not None:
            raise OutputError(
                f"{self._folder.shown}: has the rows of {self._name} already; -f replaces them, -o "
                "chooses another folder"
            )
        self._keep = True
        self._stack = ExitStack()
        self._rows: SaveFile | None = None

    def __enter__(self) -> Self:
        """Open a hidden file for all rows."""
        self._list.__enter__()
        folder = self._folder
        near = Path(folder.path, _OWN) if isinstance(folder, FolderHere) else None
        try:
            self._here = self._stack.enter_context(TemporaryDirectory(prefix="waiting-", dir=near))
            self._rows = SaveFile(os.path.join(self._here, "rows"), like=self._like)  # noqa: PTH118
            self._rows.__enter__()
        except OSError as error:
            self.clean()
            raise OutputError(
                f"{self._folder.shown}: cannot be written: {error.strerror}; write elsewhere with "
                "-o"
            ) from None
        except BaseException:
            self.clean()
            raise
        return self

    def write(self, data: Buffer, /) -> None:
        """Write all of `data`. Raises OutputError."""
        if self._rows is not None:
            self._rows.write(data)

    def write_all(self, parts: Iterable[Buffer], /) -> None:
        """Write all of all parts. Raises OutputError."""
        for part in parts:
            self.write(part)

    @property
    def is_written(self) -> bool:
        """Whether what was written is where it was to go."""
        return self.is_in_place

    def date_before(self, source: FileInfo) -> bool:
        """Have it look older than its source; return whether it will."""
        return self._list.date_before(source)

    def discard(self) -> None:
        """Leave the dataset as it is."""
        self._keep = False
        self._list.discard()

    def __exit__(self, kind: object, *rest: object) -> None:
        """Put the rows into their parts, or leave nothing."""
        try:
            if self._rows is not None:
                self._rows.__exit__(kind, *rest)
            if not self._keep or kind is not None:
                self._list.__exit__(kind, *rest)
                return
            undone = self._settle()
            self._list.__exit__(None)
            self.is_in_place = True
            self._folder.remove([undone])
        finally:
            self.clean()

    def clean(self) -> None:
        """Leave nothing but what is complete and in place."""
        if self._rows is not None:
            self._rows.clean()
        self._list.clean()
        self._stack.close()

    def _settle(self) -> str:
        """Replace the files of the log; return the second list, which is to be removed."""
        files = self._parted()
        new = [file.place for file in files]
        undone = f"{self._at}{_UNDONE}"
        old = {*self._listed(self._at), *self._listed(undone)} - set(new)
        self._folder.write(undone, _as_list([*new, *old]))
        self._folder.take(files)
        self._folder.remove(sorted(old))
        self._list.write(_as_list(new))
        return undone

    def _parted(self) -> list[Move]:
        from xlogdecode.writers.partitions import part

        own = marked_name(os.path.basename(self._name), self._name)  # noqa: PTH119 - of a URL, too
        rows = os.path.join(self._here, "rows")  # noqa: PTH118
        files = []
        try:
            for number, (named, path) in enumerate(
                part(rows, self._keys, lambda _, number: f"{rows}.{number}")
            ):
                files.append(Move(path, f"{named}/{own}-{number}{self._suffix}"))
            self.size = sum(os.stat(file.waits_at).st_size for file in files)  # noqa: PTH116
        except OSError as error:
            raise OutputError(
                f"{self._folder.shown}: {self._name} cannot be parted: {error.strerror or error}; "
                "make room"
            ) from None
        return files

    def _listed(self, name: str) -> list[str]:
        data = self._folder.read(name)
        try:
            found = json.loads(data or b'{"files": []}')["files"]
            return [str(file) for file in found if ".." not in file.split("/")]
        except (ValueError, TypeError, KeyError, AttributeError):
            raise OutputError(
                f"{self._folder.shown}/{name}: is not a list of files; remove it and the files of "
                "this log, and run again"
            ) from None


def _as_list(files: Iterable[str]) -> bytes:
    return json.dumps({"files": sorted(files)}).encode() + b"\n"
