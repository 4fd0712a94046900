"""Private keys at the command line: taken from files and the environment, never from an argument.

No message shows a word that may be one and is not a file.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from xlogdecode.keys import parse_keys
from xlogdecode.keys import read_keys as keys_in

__all__ = ["hide_keys", "read_keys"]

_VARIABLE = "XLOGDECODE_KEY"

_HEX: Final = "[0-9A-Fa-f]"
_KEY: Final = rf"(?:{_HEX}{{48,}}|(?:{_HEX}{{2}}[: ]){{24,}}{_HEX}{{0,2}}|[0-9A-Za-z+/]{{43}}(?==))"
"""A key of 64 hex digits, a few of them missing too; with separators; and in base64."""

_PLACES: Final = ("-o", "--output", "--report")
"""Options of files that need not exist; their names may be checksums."""


def read_keys(key_files: Iterable[str]) -> tuple[bytes, ...]:
    """Return the keys of all files, and of the environment. Raises KeyFileError."""
    keys = [key for path in key_files for key in keys_in(path)]
    text = os.environ.get(_VARIABLE, "")
    if text.strip():
        keys += parse_keys(text, f"${_VARIABLE}")
    return tuple(dict.fromkeys(keys))


def hide_keys(text: str) -> str:
    """Return a message without the keys that are among this run's arguments."""
    for key in _keys():
        text = text.replace(key, f"<{len(key)} characters like a key>")
    return text


@cache
def _keys() -> tuple[str, ...]:
    return tuple(_iter_keys(sys.argv[1:]))


def _iter_keys(words: list[str]) -> Iterator[str]:
    for before, word in zip(("", *words), words, strict=False):
        value = word.partition("=")[2] if word.startswith("--") else word
        is_place = before in _PLACES or word.startswith(tuple(f"{one}=" for one in _PLACES))
        if not (is_place or "://" in word or os.path.lexists(value or word)):
            yield from re.findall(_KEY, word)
