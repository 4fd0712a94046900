"""Folders as handles: every step goes from an open folder to a name in it, and no link is followed.

On POSIX a handle is a descriptor (`O_DIRECTORY|O_NOFOLLOW`, `dir_fd`): what it stands for cannot be
swapped. Elsewhere it is a path, and each step refuses reparse points; a swap between two steps can
be lost there.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol, Self

__all__ = ["NO_FOLDER", "Folder", "is_link", "join", "open_folder", "split_anchor"]

_STEP = (
    getattr(os, "O_PATH", os.O_RDONLY)  # a folder that may be entered and not listed is a step too
    | getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_LIST = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)

NO_FOLDER: Final = frozenset({errno.ENOTDIR, errno.ELOOP, errno.EMLINK})
"""What systems say of a step to a link or a file."""

BY_DESCRIPTOR = (
    hasattr(os, "O_DIRECTORY")
    and hasattr(os, "O_NOFOLLOW")
    and os.supports_dir_fd >= {os.open, os.stat, os.unlink}
    and os.scandir in os.supports_fd
)
"""Whether this system has what the guarantee against races needs."""


class Folder(Protocol):
    """An open folder. Every name handed in is one step: no separator, no `..`."""

    def step(self, name: str) -> "Folder":
        """Open the folder `name` in this one; OSError (ENOTDIR, ELOOP for a link) if it is none."""

    def entries(self) -> contextlib.AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """Iterate over what is in the folder."""

    def names(self) -> list[str]:
        """Return the names of all that is in the folder, in no order."""

    def stat(self, name: str) -> os.stat_result:
        """Return the status of `name` itself, never of what a link leads to."""

    def open(self, name: str) -> int:
        """Return a descriptor of the file `name` for reading; it never waits for a writer."""

    def remove(self, name: str) -> None:
        """Unlink `name`."""

    def identity(self) -> tuple[int, int]:
        """Return device and inode."""

    def mount(self) -> object:
        """Return what differs between two mounts, as well as the system can tell."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class DescriptorFolder:
    """A folder held by a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._fd = descriptor

    def step(self, name: str) -> "DescriptorFolder":
        """Open the folder `name` in this one."""
        return DescriptorFolder(os.open(name, _STEP, dir_fd=self._fd))

    @contextlib.contextmanager
    def entries(self) -> Iterator[Iterator[os.DirEntry[str]]]:
        """Iterate over what is in the folder."""
        with self._readable() as descriptor, os.scandir(descriptor) as entries:
            yield entries

    def names(self) -> list[str]:
        """Return the names of all that is in the folder."""
        with self._readable() as descriptor:
            return os.listdir(descriptor)  # noqa: PTH208 - a descriptor

    @contextlib.contextmanager
    def _readable(self) -> Iterator[int]:
        descriptor = os.open(".", _LIST, dir_fd=self._fd)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def stat(self, name: str) -> os.stat_result:
        """Return the status of `name` itself."""
        return os.stat(name, dir_fd=self._fd, follow_symlinks=False)

    def open(self, name: str) -> int:
        """Return a descriptor of the file `name` for reading."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        return os.open(name, flags, dir_fd=self._fd)

    def remove(self, name: str) -> None:
        """Unlink `name`."""
        os.unlink(name, dir_fd=self._fd)

    def identity(self) -> tuple[int, int]:
        """Return device and inode."""
        status = os.fstat(self._fd)
        return status.st_dev, status.st_ino

    def mount(self) -> object:
        """Return device and, on Linux, mount number: a bind mount keeps the device."""
        return os.fstat(self._fd).st_dev, _mount_number(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


class PathFolder:
    """A folder known by its path, for systems without `dir_fd`."""

    def __init__(self, path: Path) -> None:
        status = path.lstat()
        if is_link(status) or not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        self._path = path
        self._identity = status.st_dev, status.st_ino

    def step(self, name: str) -> "PathFolder":
        """Open the folder `name` in this one."""
        return PathFolder(self._path / name)

    def entries(self) -> contextlib.AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """Iterate over what is in the folder."""
        return os.scandir(self._path)

    def names(self) -> list[str]:
        """Return the names of all that is in the folder."""
        return os.listdir(self._path)  # noqa: PTH208 - names are all that is needed

    def stat(self, name: str) -> os.stat_result:
        """Return the status of `name` itself."""
        return (self._path / name).lstat()

    def open(self, name: str) -> int:
        """Return a descriptor of the file `name` for reading."""
        return os.open(self._path / name, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def remove(self, name: str) -> None:
        """Unlink `name`, if the folder is still the one that was opened."""
        if PathFolder(self._path).identity() != self._identity:
            raise FileNotFoundError(
                errno.ENOENT, "the folder was replaced meanwhile", str(self._path)
            )
        (self._path / name).unlink()

    def identity(self) -> tuple[int, int]:
        """Return device and inode."""
        return self._identity

    def mount(self) -> object:
        """Return the device."""
        return self._identity[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held open."""


def is_link(status: os.stat_result) -> bool:
    """Tell whether `status` is of a symbolic link, or on Windows of any reparse point."""
    return stat.S_ISLNK(status.st_mode) or (_HAS_ATTRIBUTES and _is_reparse_point(status))


_HAS_ATTRIBUTES = hasattr(os.stat_result, "st_file_attributes")


def _is_reparse_point(status: os.stat_result) -> bool:
    attributes: int = getattr(status, "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def join(folder: str, name: str) -> str:
    """Return the path of `name` in `folder`; pathlib takes ten times as long, a file at a time."""
    return f"{folder}{name}" if folder.endswith(os.sep) else f"{folder}{os.sep}{name}"


def split_anchor(path: str) -> tuple[str, tuple[str, ...]]:
    """Return the anchor of an absolute path (`/`, `C:\\`) and its steps."""
    whole = Path(path)
    return whole.anchor, whole.parts[1:]


def open_folder(path: str) -> Folder:
    """Open the folder at the absolute `path`, no step of which may be a link."""
    anchor, steps = split_anchor(path)
    folder: Folder = (
        DescriptorFolder(os.open(anchor, _STEP)) if BY_DESCRIPTOR else PathFolder(Path(anchor))
    )
    for name in steps:
        with folder as parent:
            folder = parent.step(name)
    return folder


def _mount_number(descriptor: int) -> bytes:
    """Return the `mnt_id` that Linux tells of a descriptor; empty where nothing does."""
    try:
        info = os.open(f"/proc/self/fdinfo/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(info, 4096).partition(b"mnt_id:")[2].partition(b"\n")[0].strip()
    finally:
        os.close(info)
