"""A file set aside: renamed to a private name, so that what is looked at is what goes.

No system unlinks a file by its content, only by its name. Between a look and the unlink somebody
may put another file under the name; nobody puts one under a private name. What a sweep that was
killed in between leaves behind is recognised by that name and put back by the next one.
"""

import itertools
import os
import time
from bisect import bisect_left
from typing import Final

from xlogdecode.retention.folders import Folder

__all__ = ["OLD_ENOUGH", "new_mark", "put_back", "set_aside", "was_set_aside"]

_MARK: Final = ".xlogdecode-sweep-"
_TOKEN: Final = 16
"""Hexadecimal digits, chosen anew for every sweep."""
_LONGEST_NAME: Final = 255
OLD_ENOUGH: Final = 60.0
"""Seconds after which a private name is no longer that of a sweep at work, by its last rename."""


def new_mark() -> str:
    """Return how the private names of one sweep begin: no other has the same."""
    return f"{_MARK}{os.urandom(_TOKEN // 2).hex()}~"


def set_aside(folder: Folder, name: str, mark: str) -> str:
    """Rename `name` in `folder` and return its private name: `name` itself if that were too long.

    Raises OSError.
    """
    private = mark + name
    if len(private) > _LONGEST_NAME // 4 and len(os.fsencode(private)) > _LONGEST_NAME:
        return name
    folder.rename(name, private)
    return private


def was_set_aside(name: str) -> str:
    """Return the name that a file had before it was set aside; empty if it was not."""
    if not name.startswith(_MARK):
        return ""
    token, _, old = name[len(_MARK) :].partition("~")
    return old if len(token) == _TOKEN and token.isalnum() else ""


def put_back(folder: Folder, names: list[str]) -> bool:
    """Put back what a killed sweep left in `folder`; return whether anything was.

    `names` are those in it, sorted, so that private ones are side by side. A name that is taken,
    or too new to be a killed sweep's, stays as it is.
    """
    done = False
    for name in itertools.islice(names, bisect_left(names, _MARK), None):
        if not name.startswith(_MARK):
            break
        if not (old := was_set_aside(name)):
            continue
        try:
            if abs(time.time() - folder.stat(name).st_ctime) < OLD_ENOUGH:
                continue
            folder.rename_back(name, old)
            done = True
        except OSError:
            continue
    return done
