"""Inputs that a caller hands over: bytes, and open binary files, which stay open."""

import os
from io import BytesIO, TextIOBase
from typing import IO, Any

from xlogdecode.inputs.files import Input
from xlogdecode.platform.files import FileInfo
from xlogdecode.types import Buffer, Source

__all__ = ["CallerInput", "caller_input", "refuse_other"]


class CallerInput(Input):
    """Bytes, or an open binary file, from where it is on."""

    def __init__(self, source: Source, name: str) -> None:
        """Read from `source`, called `name`."""
        self._source: Any = source
        self._is_seekable = _is_at_start(source)
        size = _size_of(self._source) if self._is_seekable else 0
        self.name = name
        self.info = FileInfo()
        self.is_regular = False
        self.size = size
        self.bytes_read = 0
        self._owned = False
        self._head = b""
        self._at_end = False
        self._on_read = None

    @property
    def may_wait(self) -> bool:
        """Whether nothing can be read yet, where the file knows."""
        return bool(not self._head and getattr(self._source, "may_wait", False))

    def file(self) -> IO[bytes] | None:
        """Return the file at its first byte; None where it was handed over further on."""
        if not self._is_seekable:
            return None
        self._source.seek(0)
        file: IO[bytes] = self._source
        return file

    def _take(self, size: int) -> bytes:
        return bytes(self._source.read(size) or b"")


def caller_input(source: Source | Buffer, number: int) -> CallerInput:
    """Return the input of bytes, or of an open file: the one of that number, from 0.

    Raises TypeError for what is neither.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return CallerInput(BytesIO(source), f"bytes {number + 1}")
    refuse_other(source)
    name = getattr(source, "name", None)
    return CallerInput(source, name if isinstance(name, str) and name else f"stream {number + 1}")


def refuse_other(source: object) -> None:
    """Raise TypeError for what is not a binary file."""
    if isinstance(source, TextIOBase):
        raise TypeError("the file is open in text mode; open it in binary mode: open(path, 'rb')")
    if not hasattr(source, "read"):
        raise TypeError(f"{type(source).__name__} is not a path, bytes or a binary file")


def _is_at_start(source: Any) -> bool:
    try:
        return bool(source.seekable()) and source.tell() == 0
    except (AttributeError, OSError, ValueError):
        return False


def _size_of(file: Any) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return int(size)
