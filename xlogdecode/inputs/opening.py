"""Opens an input: a file, an object in a store, or standard input."""

import os
import sys
from collections.abc import Callable

from xlogdecode.errors import InputError
from xlogdecode.inputs.files import STDIN, STDIN_NAME, FoundFile, Input
from xlogdecode.platform.files import is_url

__all__ = ["open_found", "open_input"]

OnRead = Callable[[int], object] | None


def open_found(place: FoundFile, on_read: OnRead = None) -> Input:
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
    if not path:
        raise InputError("'': names nothing: is a variable unset?")
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # NUL, or a character that no name here can have
        raise InputError(f"{path!r}: is no file's name: {error}") from None
    except OSError as error:
        if os.path.isdir(path):  # noqa: PTH112 - Windows cannot open one, and says that otherwise
            raise InputError(f"{path}: is a folder: -r takes the logs in it") from None
        raise InputError(f"{path}: cannot be opened: {error.strerror}") from None
    source = Input(fd, path, on_read=on_read)
    if source.is_folder:
        source.close()
        raise InputError(f"{path}: is a folder: -r takes the logs in it")
    return source
