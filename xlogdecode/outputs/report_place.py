"""A file that is written beside the text, and may take the place of nothing that a run uses: the
report.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from xlogdecode.errors import OutputError, UsageError
from xlogdecode.inputs import STDIN, is_log
from xlogdecode.inputs.entries import walk
from xlogdecode.inputs.files import FoundFile
from xlogdecode.outputs.destinations import same_name, shown_place
from xlogdecode.platform.files import is_file_at, stat_of

__all__ = ["ReportPlace", "ReportPlaceInStore"]


class ReportPlace:
    """The place of the report, which is neither an input nor an output. A device may be both."""

    def __init__(self, path: Path) -> None:
        """Take the place. Raises UsageError for a folder."""
        self.path = path
        self._found = stat_of(path)
        if self._found is not None and stat.S_ISDIR(self._found.st_mode):
            raise UsageError(f"{path}: is a folder; --report names a file")
        self._is_special = self._found is not None and not stat.S_ISREG(self._found.st_mode)

    def refuse(self, place: Path | str | int, what: str) -> None:
        """Raise UsageError if it is at `place`, a path or a descriptor, that is called `what`."""
        if not self._is_special and self._is_at(place):
            named = what if isinstance(place, int) else f"{what} {place}"
            raise UsageError(
                f"{self.path}: the report would take the place of {named}: "
                "--report names another file"
            )

    def refuse_inputs(self, paths: Iterable[str], *, recursive: bool) -> None:
        """Raise UsageError if it is one of the files that `paths` name or, `recursive`, hold."""
        for path in paths:
            if path == STDIN:
                self.refuse(0, "standard input")
                continue
            self.refuse(path, "the input")
            if self._found is not None and recursive and Path(path).is_dir():
                for found in walk(path, plain=True):
                    if isinstance(found, FoundFile):
                        self.refuse(found.path, "the input")

    def _is_at(self, place: Path | str | int) -> bool:
        if self._found is not None and is_file_at(place, self._found):
            return True
        if isinstance(place, int):
            return False
        folder, name = os.path.split(place)
        return same_name(name) == same_name(self.path.name) and (
            os.path.realpath(folder) == os.path.realpath(self.path.parent)
        )


class ReportPlaceInStore:
    """The place of the report in a store; as `ReportPlace`."""

    def __init__(self, url: str) -> None:
        """Take its URL. Raises UsageError for a folder, and for what cannot be written."""
        from xlogdecode.outputs.stores import writable

        self._url = url
        if url.endswith("/"):
            raise UsageError(f"{shown_place(url)}: is a folder; --report names a file")
        try:
            writable(url)
        except OutputError as error:
            why = str(error).partition("; ")[0]
            raise UsageError(f"{why}; --report names a file or an object") from None

    def refuse(self, place: Path | str | int, what: str) -> None:
        """Raise UsageError if it is at `place`, that is called `what`."""
        if place == self._url:
            raise UsageError(
                f"{shown_place(self._url)}: the report would take the place of {what}: --report "
                "names another object"
            )

    def refuse_inputs(self, paths: Iterable[str], *, recursive: bool) -> None:
        """Raise UsageError if it is one of the inputs, or would be taken for one of a prefix."""
        for path in paths:
            self.refuse(path, "the input")
            is_below = self._url.startswith(f"{path.rstrip('/')}/")
            if recursive and is_below and is_log(self._url, plain=True):
                self.refuse(self._url, f"a log of {shown_place(path)}")
