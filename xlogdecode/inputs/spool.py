"""Inputs that are read more than once: files opened anew, anything else kept meanwhile."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Self

from xlogdecode.inputs.entries import open_input
from xlogdecode.inputs.files import Entry, Input
from xlogdecode.platform.temporary import keeping
from xlogdecode.types import Source

__all__ = ["Opened", "Spool"]

Opened = Callable[[], AbstractContextManager[Source]]
"""Opens an input at its first byte, as often as it is called."""

_CHUNK = 1 << 20


class Spool:
    """An unnamed file that holds, as it came, what can be read only once: a pipe, an archive."""

    def __init__(self) -> None:
        """Start with nothing; there is no file before it is needed."""
        self._file: IO[bytes] | None = None

    def keep(self, entry: Entry, on_read: Callable[[int], object] | None = None) -> Opened:
        """Return what opens `entry` as long as the spool lives; its source is at its start.

        `on_read` gets the number of bytes read from a file. Raises InputError.
        """
        source = entry.source
        if entry.path is not None and isinstance(source, Input) and source.is_regular:
            return partial(open_input, source.name, on_read)
        return self.keep_stream(source, entry.name)

    def keep_stream(self, source: Source, name: str) -> Opened:
        """Return what opens the rest of `source`, which is read to its end at once.

        `name` is for the message where there is no room for it: OutputError.
        """
        with keeping(name):
            if self._file is None:
                self._file = TemporaryFile()  # noqa: SIM115 - closed with the spool
            start = stop = self._file.seek(0, 2)
            while data := source.read(_CHUNK):
                stop += self._file.write(data)
                self._file.flush()
        file = self._file
        return lambda: nullcontext(_Slice(file, start, stop))

    def __enter__(self) -> Self:
        """Return the spool."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of what was kept."""
        if self._file is not None:
            self._file.close()


class _Slice:
    """A part of a file that several read in turns."""

    def __init__(self, file: IO[bytes], start: int, stop: int) -> None:
        self._file = file
        self._at = start
        self._stop = stop

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""
        self._file.seek(self._at)
        data = self._file.read(min(size, self._stop - self._at))
        self._at += len(data)
        return data
