"""Files that are complete or not there at all, what is known of files, and paths that are URLs."""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, Self

from xlogdecode.errors import OutputError
from xlogdecode.types import Buffer

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FileInfo", "OpenFile", "SaveFile", "info_of", "is_file_at", "is_same_file", "is_url",
    "may_replace", "stat_of", "write_durably",
]  # fmt: skip

_BINARY = getattr(os, "O_BINARY", 0)
_MOST_PARTS = 64
"""Parts that one system call takes: every system takes 16 and more, Linux and macOS 1024."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_COARSEST = 2_000_000_000
"""Nanoseconds that FAT tells times by; no file system in use is coarser."""

_LONGEST = 50
"""Characters of a name that have at most 200 bytes, whatever they are."""


def is_url(path: str | os.PathLike[str]) -> bool:
    """Tell whether `path` is a URL, as in `s3://bucket/a.xlog`."""
    text = os.fspath(path)
    if "://" not in text:  # asked of each file some times
        return False
    scheme = text.partition("://")[0]
    return (
        len(scheme) > 1
        and scheme.isascii()
        and scheme[0].isalpha()
        and not (set(scheme.lower()) - _SCHEME)
    )


_SCHEME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")
"""The signs of a scheme (RFC 3986, 3.1)."""


class FileInfo(NamedTuple):
    """The size of a file or of an object in a store, its last change, and which one it is."""

    size: int | None = None
    """Bytes; None where nobody knows."""
    mtime_ns: int | None = None
    """Its last change, in ns since 1970; None of what has none, such as a pipe."""
    identity: tuple[int, int] | str | None = None
    """The device and inode of a file, the ETag of an object; None where it has neither."""
    mode: int | None = None
    """The permissions of a file."""
    atime_ns: int | None = None


def info_of(found: os.stat_result) -> FileInfo:
    """Return what is known of a regular file."""
    identity = (found.st_dev, found.st_ino)
    mode = stat.S_IMODE(found.st_mode)
    return FileInfo(found.st_size, found.st_mtime_ns, identity, mode, found.st_atime_ns)


class OpenFile:
    """A file descriptor that takes all it is given; its errors name it."""

    def __init__(self, fd: int, name: str) -> None:
        """Write to `fd`, called `name`."""
        self._fd = fd
        self._name = name

    def write(self, data: Buffer, /) -> None:
        """Write all of `data`. Raises OutputError, and BrokenPipeError where no one reads."""
        self.write_all((data,))

    def write_all(self, parts: Iterable[Buffer], /) -> None:
        """Write all of all parts. Raises as `write` does."""
        left = [part for part in parts if part]
        try:
            while left:
                left = _behind(left, _write_first(self._fd, left))
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"{self._name}: cannot be written: {error.strerror}; make room, or write elsewhere "
                "with -o"
            ) from None


def _write_first(fd: int, parts: list[Buffer]) -> int:
    """Write as many bytes as one system call takes; return how many those were."""
    if hasattr(os, "writev"):
        return os.writev(fd, parts[:_MOST_PARTS])
    return os.write(fd, parts[0])


def _behind(parts: list[Buffer], done: int) -> list[Buffer]:
    """Return what is left of parts of which so many bytes are done."""
    for number, part in enumerate(parts):
        if done < len(part):
            return [memoryview(part)[done:], *parts[number + 1 :]]
        done -= len(part)
    return []


class SaveFile:
    """A file that appears under its name only when complete, with its source's mode and mtime.

    What is written goes to a hidden file beside it, which takes its place when the block ends, and
    is removed when that ends with an exception or by `discard`. A device or a pipe of that name is
    written to as it is.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        like: FileInfo | None = None,
        replace: bool = False,
        secret: bool = False,
    ) -> None:
        """Write `path`; `like` is the source, whose mode and mtime it gets, `secret` is 0600.

        Raises OutputError if it exists and is not to be replaced.
        """
        self.path = path
        self.is_in_place = False
        self.size = 0
        """Bytes of it, once it is in place."""
        self._replace = replace
        like = like or FileInfo()
        self._atime_ns, self._mtime_ns = like.atime_ns, like.mtime_ns
        self._mode = None if like.mode is None or os.name == "nt" else like.mode & 0o666
        self._first_mode = 0o600 if secret else 0o666 if self._mode is None else self._mode
        folder, name = os.path.split(path)
        if len(name) > _LONGEST:
            encoding = sys.getfilesystemencoding()
            name = os.fsencode(name)[:200].decode(encoding, "ignore")  # 255 bytes are allowed
        self._part = os.path.join(folder, f".{name}.{os.urandom(4).hex()}.part")  # noqa: PTH118
        self._keep = True
        self._is_special = False
        self._fd = -1

    def __enter__(self) -> Self:
        """Open the hidden file."""
        try:
            self._open()
        except ValueError as error:  # NUL, or a character that no name here can have
            raise OutputError(f"{self.path!r}: is not a file name: {error}") from None
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written: {error.strerror}; write elsewhere with -o"
            ) from None
        except BaseException:  # it may be there all the same: Ctrl-C is raised behind the call
            self.clean()
            raise
        self._file = OpenFile(self._fd, str(self.path))
        return self

    def _open(self) -> None:
        found = _found(self.path)
        kind = stat.S_IFMT(found.st_mode) if found is not None else 0
        if kind == stat.S_IFDIR:
            raise OutputError(f"{self.path}: is a folder; -o chooses another name")
        if kind not in (0, stat.S_IFREG, stat.S_IFLNK):
            self._is_special = True
            self._fd = os.open(self.path, os.O_WRONLY | _BINARY)
            return
        if kind == stat.S_IFLNK:
            raise OutputError(f"{self.path}: is a link to nothing; -o chooses another name")
        if kind and not self._replace:
            raise OutputError(f"{self.path}: exists; -f writes over it, -o chooses another name")
        self._fd = os.open(self._part, _FLAGS, self._first_mode)

    def write(self, data: Buffer, /) -> None:
        """Write all of `data`. Raises OutputError."""
        self._file.write(data)

    def write_all(self, parts: Iterable[Buffer], /) -> None:
        """Write all of all parts. Raises OutputError."""
        self._file.write_all(parts)

    @property
    def is_written(self) -> bool:
        """Whether what was written is where it was to go."""
        return self.is_in_place or self._is_special

    def date_before(self, source: FileInfo) -> bool:
        """Have it look older than its source, for not all of that is in it: -u takes that anew.

        Return whether it will.
        """
        if source.mtime_ns is not None:
            self._mtime_ns = source.mtime_ns - _COARSEST
        return True

    def discard(self) -> None:
        """Leave no file."""
        self._keep = False

    def __exit__(self, kind: object, *_: object) -> None:
        """Give the file its name, or remove it."""
        keep = self._keep and kind is None and not self._is_special
        try:
            if keep:
                self._dress()
                self._date(self._fd)
            self._close()
            if keep:
                self._date(self._part)
                move = os.replace if self._replace else _move_to_free_name
                move(self._part, self.path)
                self.is_in_place = True
        except FileExistsError:
            raise OutputError(
                f"{self.path}: appeared meanwhile; -f writes over it, -o chooses another name"
            ) from None
        except OSError as failure:
            raise OutputError(
                f"{self.path}: cannot be made: {failure.strerror}; write elsewhere with -o"
            ) from None
        finally:
            self.clean()

    def clean(self) -> None:
        """Leave only what is complete and in place; for where Ctrl-C kept a `with` from it."""
        self._close()
        if not self.is_in_place:
            with contextlib.suppress(OSError):
                os.unlink(self._part)  # noqa: PTH108 - as above

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _dress(self) -> None:
        """Take over the source's mode, as far as the file system has it."""
        found = os.fstat(self._fd)
        self.size = found.st_size
        is_other = self._mode is not None and self._mode != stat.S_IMODE(found.st_mode)
        if is_other and hasattr(os, "fchmod"):  # by the umask
            with contextlib.suppress(PermissionError):
                os.fchmod(self._fd, self._mode or 0)

    def _date(self, target: int | str) -> None:
        """Take over the source's mtime: by descriptor, or on Windows, where to close a file that
        was written to dates it anew, by name once it is closed.
        """
        by_descriptor = os.utime in os.supports_fd
        if self._mtime_ns is not None and isinstance(target, int) == by_descriptor:
            read_ns = self._mtime_ns if self._atime_ns is None else self._atime_ns
            os.utime(target, ns=(read_ns, self._mtime_ns))


def _move_to_free_name(part: str, path: str | os.PathLike[str]) -> None:
    """Rename `part` to `path`; raise FileExistsError if there is something of that name."""
    if os.name == "nt":  # where a rename takes the place of nothing
        os.rename(part, path)  # noqa: PTH104 - thousands of files a second
        return
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without links, such as FAT
        if os.path.lexists(path):
            raise FileExistsError(error.errno, os.strerror(errno.EEXIST)) from None
        os.rename(part, path)  # noqa: PTH104 - as above
    else:
        os.unlink(part)  # noqa: PTH108 - as above


def _found(path: str | os.PathLike[str]) -> os.stat_result | None:
    """Return what has the name `path`: of a link what it leads to, or itself if that is nothing."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISLNK(found.st_mode):
        with contextlib.suppress(OSError):
            return os.stat(path)  # noqa: PTH116 - as above
    return found


def is_same_file(place: str | os.PathLike[str], info: FileInfo) -> bool:
    """Tell whether the regular file that `info` is of is at `place`."""
    found = stat_of(place) if info.identity is not None else None
    return found is not None and (found.st_dev, found.st_ino) == info.identity


def is_file_at(place: str | os.PathLike[str] | int, found: os.stat_result) -> bool:
    """Tell whether `found` is of the regular file that is at `place`."""
    other = stat_of(place) if stat.S_ISREG(found.st_mode) else None
    return other is not None and os.path.samestat(found, other)


def stat_of(place: str | os.PathLike[str] | int) -> os.stat_result | None:
    """Return what is at `place`, a path or a descriptor; None if nothing is to be seen there."""
    try:
        return os.stat(place)  # noqa: PTH116 - descriptors, too
    except (OSError, ValueError):  # NUL in a name
        return None


def write_durably(path: "Path", text: str, mode: int | None = None) -> None:
    """Write `text` to `path` so that a reader finds all of the old text or all of the new.

    `mode` is the file's, whatever the umask. Raises OSError where it cannot be written, or where
    something is that is not a regular file.
    """
    part = path.parent / f".{path.name}.part"
    may_replace(path)
    part.unlink(missing_ok=True)  # what a killed run left
    file = part.open("x", encoding="utf-8", newline="\n")  # follows no link
    try:
        with file:
            if mode is not None:
                part.chmod(mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def may_replace(path: "Path") -> None:
    """Raise OSError if a file must not be renamed to `path`: a device, a pipe, a link is there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        what = "a link" if stat.S_ISLNK(mode) else "not a regular file"
        raise OSError(errno.EEXIST, f"is {what}, and is not replaced")
