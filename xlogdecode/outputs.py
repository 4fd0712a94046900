"""Where the text goes: names beside the sources, files that are whole or not there at all."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from xlogdecode.codecs import Buffer
from xlogdecode.errors import OutputError

__all__ = ["OpenFile", "Output", "SaveFile", "log_beside", "open_output"]

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def log_beside(source: Path) -> Path:
    """Return where the text of `source` goes by default, as Mars's own script has it."""
    return source.with_name(source.name + ".log")


class OpenFile:
    """A file descriptor that takes all it is given; its errors name it."""

    def __init__(self, fd: int, name: str) -> None:
        """Write to `fd`, called `name`."""
        self._fd = fd
        self._name = name

    def discard(self) -> None:
        """Do nothing: what is written is written."""

    def write(self, data: Buffer, /) -> None:
        """Write all of `data`. Raises OutputError, and BrokenPipeError where no one reads."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"{self._name}: cannot be written: {error.strerror}; make room, or write elsewhere "
                "with -o"
            ) from None


@contextmanager
def open_output(path: Path, *, source: Path | None, replace: bool) -> Iterator["Output"]:
    """Open where the text of `source` goes: a `SaveFile`, or a device or pipe as it is.

    Raises OutputError, also where the output is the source.
    """
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise OutputError(f"{path}: is the input itself; choose another name with -o")
    if not path.exists() or path.is_file() or path.is_dir():
        with SaveFile(path, like=source, replace=replace) as file:
            yield file
        return
    try:
        fd = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise OutputError(f"{path}: cannot be opened: {error.strerror}") from None
    try:
        yield OpenFile(fd, str(path))
    finally:
        os.close(fd)


class SaveFile:
    """A file that appears under its name only once it is whole, with the rights of its source.

    What is written goes to a hidden file beside it, which takes its place when the block ends, and
    is removed when that ends with an exception or by `discard`.
    """

    def __init__(self, path: Path, *, like: Path | None = None, replace: bool = False) -> None:
        """Write `path`; `like` is the file whose mode it gets. Raises OutputError if it exists."""
        self.path = path
        self._replace = replace
        self._mode = stat.S_IMODE(like.stat().st_mode) & 0o666 if like else None
        self._part = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
        self._keep = True
        self._fd = -1

    def __enter__(self) -> Self:
        """Open the hidden file."""
        if not self._replace and os.path.lexists(self.path):
            raise OutputError(f"{self.path}: exists; -f writes over it, -o chooses another name")
        try:
            self._fd = os.open(self._part, _FLAGS, 0o600 if self._mode is not None else 0o666)
            if self._mode is not None and hasattr(os, "fchmod"):
                os.fchmod(self._fd, self._mode)
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written: {error.strerror}; write elsewhere with -o"
            ) from None
        self._file = OpenFile(self._fd, str(self.path))
        return self

    def write(self, data: Buffer, /) -> None:
        """Write all of `data`. Raises OutputError."""
        self._file.write(data)

    def discard(self) -> None:
        """Leave no file."""
        self._keep = False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the file its name, or remove it."""
        os.close(self._fd)
        try:
            if kind is None and self._keep:
                self._part.replace(self.path)
                return
        except OSError as failure:
            self._part.unlink(missing_ok=True)
            raise OutputError(f"{self.path}: cannot be made: {failure.strerror}") from None
        self._part.unlink(missing_ok=True)


Output = OpenFile | SaveFile
"""What `open_output` gives: `write`, and `discard` to leave no file."""
