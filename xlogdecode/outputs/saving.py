"""A file or an object that appears complete or not at all, by its path or its URL."""

import os
import stat
from typing import TYPE_CHECKING

from xlogdecode.platform.files import FileInfo, SaveFile, info_of, is_url, stat_of

if TYPE_CHECKING:
    from xlogdecode.outputs.stores import SaveObject

__all__ = ["look_at", "save_file", "shown_place"]


def save_file(
    path: str | os.PathLike[str], *, like: FileInfo | None = None, replace: bool = False
) -> "SaveFile | SaveObject":
    """Return what writes to `path`, a path or a URL; `like` and `replace` are as for `SaveFile`.

    Raises MissingExtraError and UsageError for a URL that cannot be written.
    """
    if is_url(path):
        from xlogdecode.outputs.stores import SaveObject, local_path

        local = local_path(os.fspath(path))
        if local is None:
            return SaveObject(os.fspath(path), replace=replace)
        path = local
    return SaveFile(path, like=like, replace=replace)


def look_at(path: str) -> FileInfo | None:
    """Return what is known of the regular file or the object at `path`; None if there is none.

    Raises OutputError where a store does not let that be seen.
    """
    if is_url(path):
        from xlogdecode.platform.stores import info_if_there

        return info_if_there(path)
    found = stat_of(path)
    return info_of(found) if found is not None and stat.S_ISREG(found.st_mode) else None


def shown_place(path: str) -> str:
    """Return a path as messages have it: a URL without what may be credentials."""
    if not is_url(path):
        return path
    from xlogdecode.platform.stores import shown_url

    return shown_url(path)
