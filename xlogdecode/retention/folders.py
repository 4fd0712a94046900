"""Folders as handles: every step goes from an open folder to a name in it, and no link is followed.

On POSIX a handle is a descriptor (`O_DIRECTORY|O_NOFOLLOW`, `dir_fd`): the folder behind it cannot
be swapped. Elsewhere it is a path, and each step refuses reparse points; a swap between two steps
can be lost there.
"""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol, Self

__all__ = [
    "HAS_REPARSE_POINTS", "NO_FOLDER", "Folder", "FolderPath", "is_link", "join", "open_folder",
    "split_anchor",
]  # fmt: skip

_LIST = (
    os.O_RDONLY
    | getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_ENTER = _LIST | getattr(os, "O_PATH", 0)

NO_FOLDER: Final = frozenset({errno.ENOTDIR, errno.ELOOP, errno.EMLINK})
"""Errors of a step to a link or a file, on all systems."""

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

    def rename(self, name: str, new: str) -> None:
        """Give `name` a name that nothing has."""

    def rename_back(self, name: str, old: str) -> None:
        """Rename a file, but replace nothing: FileExistsError if something has the name."""

    def identity(self) -> tuple[int, int]:
        """Return device and inode."""

    def mount(self) -> object:
        """Return what differs between two mounts, as well as the system can tell."""

    def close(self) -> None:
        """Let go of it."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class DescriptorFolder:
    """A folder held by a descriptor."""

    __slots__ = ("descriptor",)

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def step(self, name: str) -> "DescriptorFolder":
        """Open the folder `name` in this one; one that may be entered and not listed, too."""
        try:
            return DescriptorFolder(os.open(name, _LIST, dir_fd=self.descriptor))
        except PermissionError:
            return DescriptorFolder(os.open(name, _ENTER, dir_fd=self.descriptor))

    def entries(self) -> contextlib.AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """Iterate over what is in the folder."""
        return os.scandir(self.descriptor)

    def names(self) -> list[str]:
        """Return the names of all that is in the folder."""
        try:
            return os.listdir(self.descriptor)  # noqa: PTH208 - a descriptor
        except OSError as error:
            if error.errno != errno.EBADF:  # opened to be entered only
                raise
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None

    def stat(self, name: str) -> os.stat_result:
        """Return the status of `name` itself."""
        return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)

    def open(self, name: str) -> int:
        """Return a descriptor of the file `name` for reading."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        return os.open(name, flags, dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        """Unlink `name`."""
        os.unlink(name, dir_fd=self.descriptor)

    def rename(self, name: str, new: str) -> None:
        """Give `name` a name that nothing has."""
        os.rename(name, new, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def rename_back(self, name: str, old: str) -> None:
        """Rename a file; FileExistsError if something has the name."""
        if not rename_without_replacing(self.descriptor, name, old):
            os.link(
                name,
                old,
                src_dir_fd=self.descriptor,
                dst_dir_fd=self.descriptor,
                follow_symlinks=False,
            )
            os.unlink(name, dir_fd=self.descriptor)

    def identity(self) -> tuple[int, int]:
        """Return device and inode."""
        status = os.fstat(self.descriptor)
        return status.st_dev, status.st_ino

    def mount(self) -> object:
        """Return device and, on Linux, mount number: a bind mount keeps the device."""
        return os.fstat(self.descriptor).st_dev, _mount_number(self.descriptor)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


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

    def rename(self, name: str, new: str) -> None:
        """Give `name` a name that nothing has, if the folder is still the one that was opened."""
        if PathFolder(self._path).identity() != self._identity:
            raise OSError(errno.ESTALE, "the folder was replaced meanwhile", str(self._path))
        (self._path / name).rename(self._path / new)

    def rename_back(self, name: str, old: str) -> None:
        """Rename a file; FileExistsError if something has the name."""
        if os.path.lexists(self._path / old):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), old)
        (self._path / name).rename(self._path / old)

    def identity(self) -> tuple[int, int]:
        """Return device and inode."""
        return self._identity

    def mount(self) -> object:
        """Return the device."""
        return self._identity[0]

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""


def is_link(status: os.stat_result) -> bool:
    """Return whether `status` is of a symbolic link, or on Windows of any reparse point."""
    return stat.S_ISLNK(status.st_mode) or (HAS_REPARSE_POINTS and _is_reparse_point(status))


HAS_REPARSE_POINTS: Final = hasattr(os.stat_result, "st_file_attributes")
"""Whether a status says of a link only in its attributes that it is one, as on Windows."""


def _is_reparse_point(status: os.stat_result) -> bool:
    attributes: int = getattr(status, "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def join(folder: str, name: str) -> str:
    """Return the path of `name` in `folder`; pathlib takes ten times as long, a file at a time."""
    return f"{folder}{name}" if folder.endswith(os.sep) else f"{folder}{os.sep}{name}"


def split_anchor(path: str) -> tuple[str, tuple[str, ...]]:
    """Return the anchor of an absolute path (`/`, `C:\\`) and its steps."""
    if os.sep == "/" and path.startswith("/"):  # pathlib takes ten times as long
        return "/", tuple(step for step in path.split("/") if step not in ("", "."))
    whole = Path(path)
    return whole.anchor, whole.parts[1:]


def open_folder(path: str) -> Folder:
    """Open the folder at the absolute `path`, no step of which may be a link."""
    anchor, steps = split_anchor(path)
    folder = _anchor(anchor)
    for name in steps:
        with folder as parent:
            folder = parent.step(name)
    return folder


class FolderPath:
    """The way to the folder that was opened last, held open: neighbours share most of it."""

    def __init__(self) -> None:
        self._open: list[Folder] = []
        self._steps: list[str] = []

    def open(self, path: str) -> Folder:
        """Open the folder at the absolute `path`, as `open_folder`; it ends with the next call."""
        anchor, names = split_anchor(path)
        steps = [anchor, *names]
        common = 0
        for ours, theirs in zip(self._steps, steps, strict=False):
            if ours != theirs:
                break
            common += 1
        self._close(min(common, len(steps) - 1))  # the last step is looked up anew each time
        while len(self._open) < len(steps):
            step = steps[len(self._open)]
            folder = self._open[-1].step(step) if self._open else _anchor(step)
            self._open.append(folder)
            self._steps.append(step)
        return self._open[-1]

    def _close(self, keep: int) -> None:
        while len(self._open) > keep:
            self._steps.pop()
            self._open.pop().__exit__()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close(0)


def _anchor(path: str) -> Folder:
    return DescriptorFolder(os.open(path, _ENTER)) if BY_DESCRIPTOR else PathFolder(Path(path))


def rename_without_replacing(folder: int, name: str, new: str) -> bool:
    """Rename in one step if `new` is free; return False where the system has no such call.

    Raises OSError, FileExistsError if `new` is taken.
    """
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # only what must be put back needs it

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    no_replace = 1  # RENAME_NOREPLACE, linux/fs.h
    if call(folder, os.fsencode(name), folder, os.fsencode(new), no_replace) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS):  # the file system has none
        return False
    raise OSError(number, os.strerror(number), name)


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
