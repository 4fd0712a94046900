"""Private keys as the command line takes them: a file or the environment, never an argument."""

import os
from collections.abc import Iterable

from xlogdecode.keys import parse_keys
from xlogdecode.keys import read_keys as keys_in

__all__ = ["read_keys"]

_VARIABLE = "XLOGDECODE_KEY"


def read_keys(key_files: Iterable[str]) -> tuple[bytes, ...]:
    """Return the keys of all files, and of the environment. Raises KeyFileError."""
    keys = [key for path in key_files for key in keys_in(path)]
    text = os.environ.get(_VARIABLE, "")
    if text.strip():
        keys += parse_keys(text, f"${_VARIABLE}")
    return tuple(dict.fromkeys(keys))
