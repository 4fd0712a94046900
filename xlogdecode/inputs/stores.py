"""Objects in stores, by URL: found by name, prefix or glob, and read as files are.

Imported only where a URL is given. What comes of a listing is fetched several small objects at a
time; a larger object is read piece by piece.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import IO, Any, Final

from xlogdecode.errors import InputError, XlogError
from xlogdecode.inputs.files import FoundFile, Input, Refusal
from xlogdecode.inputs.members import days_in_order
from xlogdecode.inputs.names import (
    LOOKED_FOR,
    is_archive,
    is_log,
    natural_order,
    safe_place,
)
from xlogdecode.platform.files import FileInfo, is_url
from xlogdecode.platform.stores import (
    Store,
    faults,
    info_at,
    info_from,
    reason_of,
    shown_url,
    store_at,
)

__all__ = ["ListedUrl", "Prefetched", "StoreInput", "expand_url", "is_url", "open_url", "places_at"]

_SMALL: Final = 1 << 20
"""Bytes of an object that is fetched in one request."""

_AT_ONCE: Final = 64
"""Objects that are fetched at a time, at most."""

_HELD: Final = 16 << 20
"""Bytes of objects that are."""

_BLOCK: Final = 4 << 20
"""Bytes that are read at a time of a larger object."""

_GLOB: Final = "*?["

_WHOLE: Final[Mapping[str, Mapping[str, Any]]] = {"s3": {"max_concurrency": 1}}
"""A scheme -> what makes one request of reading all of an object: s3fs would ask for its size."""


class StoreInput(Input):
    """An object in a store. It is opened with the first read."""

    is_folder = is_regular = False
    may_wait = False

    def __init__(
        self,
        url: str,
        info: FileInfo,
        data: bytes | None = None,
        on_read: Callable[[int], object] | None = None,
    ) -> None:
        """Read the object at `url`, of which `data` is all, if it was fetched."""
        self.name = shown_url(url)
        self.info = info
        self.size = info.size or 0
        self.bytes_read = 0
        self._url = url
        self._file: Any = None if data is None else BytesIO(data)
        self.seeks_freely = data is not None
        self._head = b""
        self._at_end = False
        self._on_read = on_read

    def file(self) -> IO[bytes] | None:
        """Return what reads it from any place, at its first byte; None where the store cannot."""
        file = self._opened()
        try:
            with faults(self._url):
                file.seek(0, 2)
                file.seek(0)
        except InputError:
            return None
        found: IO[bytes] = _Named(file, self._url)  # type: ignore[assignment]
        return found

    def _take(self, size: int) -> bytes:
        file = self._opened()
        with faults(self._url):
            data = bytes(file.read(size))
        if not data and not self.seeks_freely and self.bytes_read < self.size:
            raise InputError(
                f"{self.name}: ends after {self.bytes_read:,} of {self.size:,} bytes; try again"
            )
        return data

    def _opened(self) -> Any:
        if self._file is None:
            store = store_at(self._url)
            with faults(self._url):
                if self.info.size is not None and self.info.size <= _SMALL:
                    self._file = BytesIO(_fetch(store, [store.path])[0])
                    self.seeks_freely = True
                else:
                    self._file = store.fs.open(store.path, "rb", block_size=_BLOCK)
        return self._file

    def close(self) -> None:
        """Close it."""
        if self._file is not None:
            self._file.close()


class _Named:
    """A file of a store, whose faults name it: a reader of zips would take them for its own."""

    def __init__(self, file: Any, url: str) -> None:
        self._file = file
        self._url = url
        self.tell, self.seekable = file.tell, lambda: True

    def read(self, size: int = -1) -> bytes:
        with faults(self._url):
            return bytes(self._file.read(size))

    def seek(self, offset: int, whence: int = 0) -> int:
        with faults(self._url):
            return int(self._file.seek(offset, whence))


def _fetch(store: Store, paths: list[str], on_error: str = "raise") -> list[Any]:
    """Return all of each object, with `on_error="return"` the exception where it failed."""
    how = _WHOLE.get(store.scheme, {})
    found: list[Any] = store.fs.cat_ranges(paths, None, None, on_error=on_error, **how)
    return found


def open_url(
    url: str,
    on_read: Callable[[int], object] | None = None,
    *,
    info: FileInfo | None = None,
    ahead: "Prefetched | None" = None,
) -> StoreInput:
    """Open an object; without its `info` the store is asked for that. Raises InputError.

    `ahead` is where it may have been fetched to.
    """
    info = info or info_at(url)
    return StoreInput(url, info, None if ahead is None else ahead.take(url), on_read)


# what is there


class ListedUrl(str):
    """The URL of an object that a glob found, and what the listing says of it."""

    __slots__ = ("ahead", "info")
    info: FileInfo
    ahead: "Prefetched | None"


class _Listing:
    """Objects in the order in which they will be read; small ones are fetched ahead of that.

    The more are taken one after another, the more are fetched at a time.
    """

    def __init__(self, store: Store, items: Sequence[tuple[str, FileInfo]]) -> None:
        self._fs = store
        self._items = items
        self._held: dict[int, bytes | BaseException] = {}
        self._next = 0
        self._window = 1

    def take(self, index: int, url: str) -> bytes | None:
        """Return all of an object; None of one that is read piece by piece. Raises InputError."""
        if not self._is_small(index):
            return None
        if index not in self._held:
            self._window = min(self._window * 2, _AT_ONCE) if index == self._next else 1
            with faults(url):
                self._fetch(index)
        found = self._held.pop(index)
        if isinstance(found, BaseException):
            raise InputError(f"{shown_url(url)}: {reason_of(found, url)}")
        return found

    def _is_small(self, index: int) -> bool:
        size = self._items[index][1].size
        return size is not None and size <= _SMALL

    def _fetch(self, index: int) -> None:
        wanted: list[int] = []
        room = _HELD
        self._next = index
        while self._next < len(self._items) and len(wanted) < self._window:
            if self._is_small(self._next):
                room -= self._items[self._next][1].size or 0
                if room < 0:
                    break
                wanted.append(self._next)
            self._next += 1
        paths = [self._items[each][0] for each in wanted]
        self._held = dict(zip(wanted, _fetch(self._fs, paths, "return"), strict=True))


class Prefetched:
    """The place of an object in a listing; it does not go with it to another process."""

    __slots__ = ("_index", "_listing")

    def __init__(self, listing: _Listing, index: int) -> None:
        """Take both."""
        self._listing, self._index = listing, index

    def take(self, url: str) -> bytes | None:
        """Return all of the object; None where it is read piece by piece. Raises InputError."""
        return self._listing.take(self._index, url)

    def __reduce__(self) -> tuple[Any, ...]:
        """Become None elsewhere: there it is fetched by itself."""
        return type(None), ()


def places_at(
    url: str, *, recursive: bool = False, plain: bool = False, archives: bool = True
) -> Iterator[FoundFile | Refusal]:
    """Yield the object at `url`, those that a glob matches, and with `recursive` those below it.

    Raises nothing: what goes wrong is a Refusal.
    """
    try:
        if recursive and not isinstance(url, ListedUrl):
            yield from _below(url, plain=plain, archives=archives)
        else:
            yield from map(_place, expand_url(url))
    except XlogError as error:
        name = shown_url(url)
        yield Refusal(name, str(error).removeprefix(f"{name}: "))


def expand_url(url: str) -> list[str]:
    """Return the URLs that a glob matches, in the order they were written; else itself.

    Raises as `store_at` does, and InputError.
    """
    if isinstance(url, ListedUrl) or not _is_glob(url):
        return [url]
    store = store_at(url)
    with faults(url):
        found = store.fs.glob(store.path, detail=True)
    items = _in_order(found)
    listing = _Listing(store, items)
    urls: list[str] = []
    for index, (name, info) in enumerate(items):
        listed = ListedUrl(_url_of(name, url))
        listed.info, listed.ahead = info, Prefetched(listing, index)
        urls.append(listed)
    return urls or [url]  # a name may have such signs itself


def _url_of(name: str, url: str) -> str:
    """Return the URL of what is called `name` in the file system of `url`."""
    if is_url(name):
        return name
    scheme, _, rest = url.partition("://")
    authority = rest.partition("/")[0]
    if "@" in authority:  # `abfs://container@account`, of which names have the container
        name = f"{authority}/{name.partition('/')[2]}"
    return f"{scheme}://{name if rest.startswith('/') else name.lstrip('/')}"


def _is_glob(url: str) -> bool:
    """Tell whether a URL has signs of a glob; the query of a web address has none."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() in ("http", "https"):
        return "*" in rest.partition("?")[0]
    return any(sign in rest for sign in _GLOB)


def _is_object(found: Mapping[str, Any]) -> bool:
    return found.get("type") != "directory" and not str(found.get("name", "")).endswith("/")


def _in_order(
    found: dict[str, Mapping[str, Any]], is_wanted: Callable[[str], bool] = lambda _: True
) -> list[tuple[str, FileInfo]]:
    """Take all out of a listing; return its objects as folders are gone through.

    The files of a folder come first, and then what is below it. `is_wanted` gets the last part of
    a name.
    """
    folders: dict[str, list[tuple[str, FileInfo]]] = {}
    for name in list(found):
        one = found.pop(name)  # what a store says of each takes a KiB
        folder, _, last = name.rpartition("/")
        if _is_object(one) and is_wanted(last):
            folders.setdefault(folder, []).append((name, info_from(one)))
    ordered = sorted(folders, key=days_in_order)
    return [
        item
        for folder in ordered
        for item in sorted(folders[folder], key=lambda item: natural_order(item[0][len(folder) :]))
    ]


def _place(url: str) -> FoundFile:
    """Return the place of an object, which need not be there."""
    file, pick = _split_pick(url)
    top, _, name = shown_url(file).rpartition("/")
    place = FoundFile(file, top, name or "index", pick=pick)
    return place._replace(info=url.info, ahead=url.ahead) if isinstance(url, ListedUrl) else place


def _split_pick(url: str) -> tuple[str, str]:
    """Return the URL of an archive, and what is picked of it: `s3://b/case.zip:logs/*`."""
    start = url.find("/", url.find("://") + 3)
    at = url.find(":", start) if start > 0 and "?" not in url else -1
    while at > 0:
        if is_archive(posixpath.basename(url[:at])):
            return url[:at], url[at + 1 :].replace(": ", ":").strip().removeprefix("./")
        at = url.find(":", at + 1)
    return url, ""


def _below(url: str, *, plain: bool, archives: bool) -> Iterator[FoundFile | Refusal]:
    store = store_at(url)
    with faults(url):
        found = store.fs.find(store.path, detail=True)
        if not found and not store.fs.exists(store.path):
            raise FileNotFoundError(url)
    root = store.path.rstrip("/")
    if root in found:  # it is an object, not a folder
        yield _place(url)._replace(info=info_from(found[root]))
        return
    top = shown_url(url).rstrip("/")
    items = _in_order(
        found, lambda name: is_log(name, plain=plain) or (archives and is_archive(name))
    )
    listing = _Listing(store, items)
    for index, (name, info) in enumerate(items):
        below = name.removeprefix(root).lstrip("/")
        safe = safe_place(below)
        if isinstance(safe, str):
            yield Refusal(f"{top}/{below}", f"{safe}; copy it to another name first")
            continue
        path, tree = f"{url.rstrip('/')}/{below}", posixpath.basename(top)
        yield FoundFile(path, top, str(safe), tree, info=info, ahead=Prefetched(listing, index))
    if not items:
        yield Refusal(top, f"holds no log: looked for {LOOKED_FOR}")
