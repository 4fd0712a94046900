"""Inputs: files, pipes, members of archives, whose errors name them; and what is not read."""

import os
import select
import stat
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, NamedTuple, Self

from xlogdecode.errors import InputError, XlogError
from xlogdecode.platform.files import FileInfo, info_of, is_url, stat_of

if TYPE_CHECKING:
    from xlogdecode.inputs.stores import Prefetched

__all__ = [
    "STDIN", "STDIN_NAME", "Chain", "Entry", "FoundFile", "Input", "Member", "Refusal", "open_file",
]  # fmt: skip

STDIN = "-"
STDIN_NAME = "standard input"

_HEAD = 4096
"""Bytes that are looked at to tell an archive from a log; a tar shows itself within 512."""

_AT_ONCE = 64 << 10
"""Bytes of a file that is read in one go."""


class Input:
    """A readable file descriptor whose errors name the input. Reads return what has come."""

    fault = ""
    seeks_freely = True
    """Whether it costs nothing to read the same bytes twice, where that is possible."""

    def __init__(
        self,
        fd: int,
        name: str,
        *,
        owned: bool = True,
        on_read: Callable[[int], object] | None = None,
    ) -> None:
        """Read from `fd`, called `name`; `on_read` gets how many bytes came."""
        self.name = name
        found = os.fstat(fd)
        self.is_folder = stat.S_ISDIR(found.st_mode)
        self.is_regular = stat.S_ISREG(found.st_mode)
        """Whether it is a file that can be read from any place."""
        self.info = info_of(found) if self.is_regular else FileInfo()
        self.size = found.st_size if self.is_regular else 0
        """Bytes of a file; 0 where nobody knows."""
        self.bytes_read = 0
        self._fd = fd
        self._owned = owned
        self._head = b""
        self._at_end = False
        self._on_read = on_read

    @property
    def fd(self) -> int:
        """The descriptor."""
        return self._fd

    @property
    def is_at_hand(self) -> bool:
        """Whether all of a file was read to peek at it: it may be closed, and read after that."""
        return self._at_end

    @property
    def may_wait(self) -> bool:
        """Whether nothing can be read yet: what is there may be worked on first."""
        if self.is_regular or self._head or not hasattr(select, "poll"):
            return False
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return not poll.poll(0)

    def peek(self) -> bytes:
        """Return the first bytes, which the next read returns once more.

        A log shows itself by its first byte, and is not waited for any longer.
        """
        is_small = self.is_regular and self.size < _AT_ONCE
        head = self._head or self.read(_AT_ONCE if is_small else _HEAD)
        self._head = b""
        while head[:1] > b"\x1f" and len(head) < 512 and (more := self.read(_HEAD - len(head))):
            head += more
        self._head = head
        return head

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end. Raises InputError."""
        head, self._head = self._head, b""
        if head and not (self.is_regular and len(head) < size):
            self._head = head[size:]
            return head[:size]
        if self._at_end:
            return head
        wanted = size - len(head)
        try:
            data = self._take(wanted)
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read: {error.strerror}") from None
        self.advance(len(data))
        if self.is_regular and len(data) < wanted:  # saves asking once more
            self._at_end = not data or 0 < self.size <= self.bytes_read
        return head + data if head else data

    def _take(self, size: int) -> bytes:
        return os.read(self._fd, size)

    def file(self) -> IO[bytes] | None:
        """Return what reads it from any place, at its first byte; None where nothing does."""
        if not self.is_regular:
            return None
        file = open(self._fd, "rb", closefd=False)  # noqa: SIM115 - closed by its owner
        file.seek(0)
        return file

    def unread(self, data: bytes) -> None:
        """Take back what was read last: the next reads return it once more."""
        self._head = data + self._head

    def seek(self, offset: int) -> None:
        """Go on at `offset` of a regular file, further on than before."""
        os.lseek(self._fd, offset, os.SEEK_SET)
        self._head, self._at_end = b"", False
        self.advance(offset - self.bytes_read)

    def advance(self, size: int) -> None:
        """Say that `size` more bytes are through: by `read`, or by whoever uses `fd`."""
        self.bytes_read += size
        if self._on_read:
            self._on_read(size)

    def close(self) -> None:
        """Close the descriptor, if it is ours."""
        if self._owned:
            self._owned = False
            os.close(self._fd)

    def __enter__(self) -> Self:
        """Return the input."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


class Member:
    """A member of an archive, while its turn lasts. Where it is torn it ends, with a `fault`."""

    may_wait = False

    def __init__(
        self,
        read: Callable[[int], bytes],
        torn: tuple[type[Exception], ...] = (),
        count: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """Read with `read`, whose errors `torn` mean that the archive is; `count` sees all."""
        self.fault = ""
        self._read = read
        self._torn = torn
        self._count = count
        self._head = b""
        self._over = ""

    def peek(self, size: int = 512) -> bytes:
        """Return the first bytes, `size` or more, which the next reads return once more."""
        head, self._head = self._head, b""
        while len(head) < size and (more := self.read(size - len(head))):
            head += more
        self._head = head
        return head

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end or where the archive is torn.

        Raises InputError once the turn is over.
        """
        if self._over:
            raise InputError(self._over)
        if self._head:
            head, self._head = self._head[:size], self._head[size:]
            return head
        if self.fault:
            return b""
        try:
            data = self._read(size)
        except self._torn as error:
            text = str(error) or type(error).__name__
            self.fault = text[:1].lower() + text[1:]
            return b""
        return self._count(data) if self._count else data

    def unread(self, data: bytes) -> None:
        """Take back what was read last: the next reads return it once more."""
        self._head = data + self._head

    def end(self, name: str) -> None:
        """Say that the turn is over: the archive is read on from behind what is called `name`."""
        self._over = f"{name}: is in an archive: it can be read until the next entry is asked for"

    def close(self) -> None:
        """Do nothing: the archive goes on behind it."""

    def __enter__(self) -> Self:
        """Return the member."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""


class Chain:
    """Bytes that are at hand, and then what is read."""

    may_wait = False

    def __init__(self, data: bytes, read: Callable[[int], bytes]) -> None:
        """Read `data`, and then with `read`."""
        self._data = data
        self._read = read

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""
        if not self._data:
            return self._read(size)
        data, self._data = self._data[:size], self._data[size:]
        return data


class Refusal(NamedTuple):
    """An input, or a part of one, that is not read; `str()` is a line that names it."""

    name: str
    reason: str
    is_failure: bool = True
    """Whether it was asked for; else a note says that it is there."""

    def __str__(self) -> str:
        """Say what is not read, and why."""
        return f"{self.name}: {self.reason}"


class Entry(NamedTuple):
    """A log that can be read; whoever takes it closes its source."""

    name: str
    """The name in messages: its path, with `: ` before its place in an archive."""
    top: str
    """The folder that its text goes to by default."""
    below: str
    """Its path below that folder (with slashes), without the ending that says it is packed."""
    tree: str
    """The name of its folder or archive; empty for a file named by itself."""
    source: Input | Member
    info: FileInfo
    """The size, the last change and the identity of the file or the object."""
    path: str | None = None
    """That file, or the URL of the object, where all of it is this log."""
    path_index: int = 0
    """Which of the paths it is in."""
    is_picked: bool = False
    """It was named by itself in its archive."""
    note: str = ""
    """How it is read, where that is worth knowing: "is base64 text: …"."""

    @property
    def in_archive(self) -> bool:
        """Whether there may be others like it in the same file."""
        return self.path is None and bool(self.tree)


class FoundFile(NamedTuple):
    """A file that was found, or named, and its place in the tree that was named."""

    path: str
    top: str
    """The folder that `below` starts from."""
    below: str
    """With slashes."""
    tree: str = ""
    """The folder's name, where a folder was named."""
    path_index: int = 0
    """Which of the paths it is in."""
    pick: str = ""
    """Which members are wanted, if the file is an archive: all, unless it says so."""
    in_archive: bool = False
    """As of an `Entry`: never."""
    is_picked: bool = False
    """As of an `Entry`: never."""
    info: FileInfo | None = None
    """The facts that a listing has of an object in a store; None where nothing was listed."""
    ahead: "Prefetched | None" = None
    """Where an object in a store may have been fetched to."""

    @property
    def name(self) -> str:
        """The name in messages."""
        if not is_url(self.path):
            return self.path
        from xlogdecode.platform.stores import shown_url

        return shown_url(self.path)

    def look(self) -> FileInfo:
        """Return the size, the last change and the identity, all None if it cannot be seen.

        Of an object that no listing gave, that is one request.
        """
        if self.info is not None:
            return self.info
        if is_url(self.path):
            from xlogdecode.platform.stores import info_at

            try:
                return info_at(self.path)
            except XlogError:
                return FileInfo()
        found = stat_of(self.path)
        return FileInfo() if found is None else info_of(found)


def open_file(path: str, on_read: Callable[[int], object] | None = None) -> Input:
    """Open a file. Raises InputError."""
    if not path:
        raise InputError("'': names nothing; is a variable unset?")
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # NUL, or a character that no name here can have
        raise InputError(f"{path!r}: is not a file name: {error}") from None
    except OSError as error:
        if os.path.isdir(path):  # noqa: PTH112 - Windows cannot open one, and says that otherwise
            raise InputError(f"{path}: is a folder; -r takes the logs in it") from None
        raise InputError(f"{path}: cannot be opened: {error.strerror}") from None
    source = Input(fd, path, on_read=on_read)
    if source.is_folder:
        source.close()
        raise InputError(f"{path}: is a folder; -r takes the logs in it")
    return source
