"""Where the bytes come from: files, pipes, standard input."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlogdecode.errors import InputError

__all__ = ["STDIN", "Input", "open_input"]

STDIN = "-"


class Input:
    """A readable file descriptor whose errors name the input. Reads return what has come."""

    def __init__(self, fd: int, name: str) -> None:
        """Read from `fd`, called `name`."""
        self._fd = fd
        self._name = name

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end. Raises InputError."""
        try:
            return os.read(self._fd, size)
        except OSError as error:
            raise InputError(f"{self._name}: cannot be read: {error.strerror}") from None


@contextmanager
def open_input(path: str) -> Iterator[Input]:
    """Open a file, or standard input for `-`. Raises InputError."""
    if path == STDIN:
        yield Input(sys.stdin.fileno(), "standard input")
        return
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}") from None
    try:
        if Path(path).is_dir():
            raise InputError(f"{path}: is a folder: name the files in it")
        yield Input(fd, path)
    finally:
        os.close(fd)
