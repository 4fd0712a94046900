"""Text that goes to a store by URL: an object is there complete, or not there at all.

Imported only where a URL is given. Up to some size the text is held, and put in one request. A
larger one goes up in parts, which are joined last, where the store's package can drop them if that
fails; else it is kept in a temporary file until it is complete.
"""

import contextlib
import errno
import signal
import threading
from collections.abc import Iterable, Iterator
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Final, Self

from xlogdecode.errors import OutputError
from xlogdecode.platform.files import FileInfo
from xlogdecode.platform.stores import Store, faults, info_if_there, shown_url, store_at
from xlogdecode.platform.temporary import keeping
from xlogdecode.types import Buffer

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["SaveObject", "create_object", "is_folder_at", "local_path", "writable"]

_PART: Final = 8 << 20
"""Bytes of a part: S3 takes 10,000 of them, of 5 MiB at least."""

_IN_PARTS: Final = frozenset({"s3", "gs"})
"""Schemes whose packages put parts together only when told to (`autocommit=False`)."""

_CREATE: Final = frozenset({"s3", "gs", "abfs", "memory"})
"""Schemes that can be told to make an object only where none is."""

_READ_ONLY: Final = frozenset({"http", "https"})
_LOCAL: Final = frozenset({"file", "local"})


def local_path(url: str) -> str | None:
    """Return the path of `file:///a/b`, which is written as any file; None for another URL."""
    if url.partition("://")[0].lower() not in _LOCAL:
        return None
    return store_at(url).path


def is_folder_at(url: str) -> bool:
    """Tell whether there is anything below `url`. Raises OutputError."""
    store = writable(url)
    with faults(url, OutputError, "looked at"):
        return bool(store.fs.isdir(store.path))


class SaveObject:
    """An object that appears under its name only once it is complete; as `SaveFile` is used."""

    def __init__(self, url: str, *, replace: bool = False) -> None:
        """Write to `url`; raises OutputError if an object is there that is not to be replaced."""
        self.path = url
        self.is_in_place = False
        self.size = 0
        """Bytes of it."""
        self._replace = replace
        self._keep = True
        self._store = writable(url)
        self._held = bytearray()
        self._parts: Any = None
        self._kept: Any = None

    def __enter__(self) -> Self:
        """Look whether an object is there already."""
        if not self._replace and info_if_there(self.path) is not None:
            name = shown_url(self.path)
            raise OutputError(f"{name}: exists; -f writes over it, -o chooses another name")
        return self

    def write(self, data: Buffer, /) -> None:
        """Write all of `data`. Raises OutputError."""
        self._held += data
        self.size += len(data)
        if len(self._held) >= _PART:
            self._pass_on()

    def write_all(self, parts: Iterable[Buffer], /) -> None:
        """Write all of all parts. Raises OutputError."""
        for part in parts:
            self.write(part)

    def _pass_on(self) -> None:
        """Send what is held on its way."""
        data, self._held = bytes(self._held), bytearray()
        if self._store.scheme in _IN_PARTS:
            with self._faults():
                if self._parts is None:
                    self._parts = self._open_parts()
                    with _ctrl_c_later():  # till it is known what would have to be dropped
                        self._parts.write(data)
                else:
                    self._parts.write(data)
            return
        with keeping(shown_url(self.path)):
            if self._kept is None:
                self._kept = NamedTemporaryFile(prefix="xlogdecode-")  # noqa: SIM115 - see clean
            self._kept.write(data)
            self._kept.flush()

    def _open_parts(self) -> Any:
        fs, path = self._store
        mode = "wb" if self._replace else "xb"
        file = fs.open(path, mode, block_size=_PART, autocommit=False)
        with contextlib.suppress(ValueError):
            fs.transaction.files.remove(file)  # it is no part of one
        return file

    @property
    def is_written(self) -> bool:
        """Whether what was written is where it was to go."""
        return self.is_in_place

    def date_before(self, source: FileInfo) -> bool:  # noqa: ARG002 - as SaveFile
        """Return that it cannot look older than its source: a store dates it itself."""
        return False

    def discard(self) -> None:
        """Leave no object."""
        self._keep = False

    def __exit__(self, kind: object, *_: object) -> None:
        """Put the object in its place, or leave nothing."""
        try:
            if self._keep and kind is None:
                self._finish()
                self.is_in_place = True
        finally:
            self.clean()

    def _finish(self) -> None:
        if self._parts is None and self._kept is None:
            self._put(bytes(self._held))
            return
        if self._held:
            self._pass_on()
        with self._faults():
            if self._parts is not None:
                self._parts.close()
                self._parts.commit()
                self._parts = None
            else:
                self._store.fs.put_file(self._kept.name, self._store.path)

    def _put(self, data: bytes) -> None:
        with self._faults():
            if self._replace:
                self._store.fs.pipe_file(self._store.path, data)
            else:
                create_object(self._store, data)

    def _faults(self) -> contextlib.AbstractContextManager[None]:
        return faults(self.path, OutputError, "written")

    def clean(self) -> None:
        """Leave nothing but what is complete and in place."""
        parts, self._parts = self._parts, None
        if parts is not None:
            with contextlib.suppress(Exception):  # what failed is known already
                parts.discard()
            parts.closed = True  # else it would be completed when it is forgotten
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()


def create_object(store: Store, data: bytes) -> None:
    """Write an object where none is, as far as the store knows how.

    Raises FileExistsError, and what the store's packages raise.
    """
    fs, path = store
    if store.scheme not in _CREATE:
        fs.pipe_file(path, data)
        return
    try:
        fs.pipe_file(path, data, mode="create")
    except NotImplementedError:
        fs.pipe_file(path, data)
    except OSError as error:
        if error.errno != errno.ENOSYS:  # a server that knows no If-None-Match
            raise
        fs.pipe_file(path, data)


@contextlib.contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda *arguments: came.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came and callable(before):
            before(*came[0])


def writable(url: str) -> Store:
    """Return the store of a URL to write to. Raises as `store_at` does, and OutputError."""
    if url.partition("://")[0].lower() in _READ_ONLY:
        raise OutputError(
            f"{shown_url(url)}: web addresses are only read; -o names a file, a folder or a store"
        )
    return store_at(url)
