"""Where the text of each input goes: beside it, or in a folder or a store, as in the tree."""

import os
import re
import stat
from typing import TYPE_CHECKING

from xlogdecode.errors import OutputError
from xlogdecode.inputs import Entry, FoundFile, is_url
from xlogdecode.platform.files import FileInfo, SaveFile, info_of, stat_of

if TYPE_CHECKING:
    from pathlib import Path

    from xlogdecode.outputs.stores import SaveObject

__all__ = ["Places", "is_folder", "look_at", "same_name", "save_file", "shown_place"]

_FORBIDDEN = r'[<>:"|?*]|[. ]+\Z'
_RESERVED = r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)"
"""Names that Windows keeps for devices."""

_UNTIDY = r"//|(?:^|/)\.(?:/|\Z)|/\Z|\\"
"""Folders as people write them that are not written so in messages."""


class Places:
    """Gives each input a place of its own."""

    def __init__(
        self, output: "Path | str | None", *, in_folder: bool, several: bool, suffix: str = ".log"
    ) -> None:
        """Put all below `output`, or into it if it is to be one file, or beside each source.

        An `output` in a store is its URL. Raises as `store_at` does, and OutputError.

        `in_folder` makes `output` a folder, `several` keeps what was asked for by several paths
        apart in it. A folder that exists is one in any case. `suffix` ends all names but `output`.
        """
        self._suffix = suffix
        self._output = output
        self._in_folder = in_folder or (output is not None and is_folder(output))
        self._several = several
        self._taken: dict[str, int] = {}
        """Each place that is taken, and the last number that was given to another of its name."""
        self._parents: set[str] = set()
        self._roots: dict[tuple[str, str], str] = {}
        """The folder that the texts of each tree lie below."""

    def place(self, entry: Entry | FoundFile) -> str:
        """Return where the text of `entry` goes."""
        is_one = entry.is_picked or not entry.in_archive
        if self._output is not None and is_one and not self._in_folder:
            return str(self._output)
        tree = entry.top, entry.tree
        root = self._roots.get(tree)
        if root is None:
            root = self._roots[tree] = self._root(entry)
        below = _storable(entry.below)
        if os.name == "nt":
            below = "/".join(map(_portable, below.split("/")))
        return self._claim(f"{root}{below}")

    def _root(self, entry: Entry | FoundFile) -> str:
        """Return the folder that the text of `entry` goes below, with a slash behind it."""
        if isinstance(self._output, str):
            root = self._output.rstrip("/")
            return f"{root}/{entry.tree}/" if self._several and entry.tree else f"{root}/"
        if self._output is None and is_url(entry.top):
            return f"{entry.top}/"
        if self._output is None and not re.search(_UNTIDY, entry.top):
            return f"{entry.top}/" if entry.top else ""
        from pathlib import Path  # 4 ms that a log in a folder need not spend

        folder = self._output or Path(entry.top)
        if self._output is not None and self._several and entry.tree:
            folder /= _portable(_storable(entry.tree))
        return "" if folder == Path() else f"{str(folder).removesuffix('/')}/"

    def prepare(self, entry: Entry | FoundFile, target: str) -> None:
        """Make the folder that `target` is in, if it is one of ours. Raises OutputError."""
        folder = os.path.dirname(target)  # noqa: PTH120 - thousands of files a second
        if folder in self._parents:
            return
        if self._output is None and entry.path is not None:
            return
        from pathlib import Path

        top: Path | str = self._output or entry.top
        if is_url(target):
            from xlogdecode.outputs.stores import local_path

            local = local_path(target)
            if local is None:  # a store has no folders
                return
            target, top = local, local_path(str(top)) or top
            folder = os.path.dirname(target)  # noqa: PTH120 - as above
        parent, root = Path(folder), Path(top)
        if root == Path(target):
            return
        try:
            parent.mkdir(parents=True, exist_ok=True)
            inside = parent.resolve().is_relative_to(root.resolve())
        except OSError as error:
            raise OutputError(
                f"{error.filename or parent}: no folder can be made of it: {error.strerror}"
            ) from None
        if not inside:
            raise OutputError(f"{target}: is outside of {root}, behind a link: not written")
        self._parents.add(folder)

    def _claim(self, place: str) -> str:
        """Return `place` with its ending, or a numbered one where another input has that."""
        target = f"{place}{self._suffix}"
        first = key = same_name(target)
        number = self._taken.get(first, 1)
        while key in self._taken:
            number += 1
            target = f"{place}~{number}{self._suffix}"
            key = same_name(target)
        self._taken[key] = 1
        self._taken[first] = number
        return target


def is_folder(output: "Path | str") -> bool:
    """Tell whether a folder is at the path or the URL of an output. Raises OutputError."""
    if not isinstance(output, str):
        return output.is_dir()
    from xlogdecode.outputs.stores import is_folder_at

    return output.endswith("/") or is_folder_at(output)


def same_name(target: str) -> str:
    """Return what all names have in common that some system takes for `target`."""
    if target.isascii():
        return target.casefold()
    import unicodedata

    return unicodedata.normalize("NFC", target).casefold()


def _storable(name: str) -> str:
    """Return a name that came from an archive as one that files can have in this locale."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return os.fsdecode(name.encode("utf-8", "surrogateescape"))
    return name


def _portable(part: str) -> str:
    """Return a name that this system can have."""
    if os.name != "nt":
        return part
    part = re.sub(_FORBIDDEN, "_", part)
    return f"_{part}" if re.match(_RESERVED, part) else part


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
