"""Tars, member by member: as their bytes come, or days in order where they are files."""

import tarfile
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import IO, NamedTuple, cast

from xlogdecode.inputs.bombs import BombError, Meter
from xlogdecode.inputs.compressed import is_tar_header
from xlogdecode.inputs.files import Input
from xlogdecode.inputs.members import (
    COPY,
    TORN,
    OpenMember,
    Refused,
    as_member,
    days_in_order,
    lowered,
    seekable,
)
from xlogdecode.inputs.names import safe_place
from xlogdecode.types import Source

__all__ = ["tar_members"]

_MOST_READS_AT_END = 8
_MOST_HELD = 64 << 20
"""Bytes that the headers of all members may take; where it is more, members come as they are."""

_HEADERS = 4 << 20
"""Bytes of headers between two members beyond which there is something wrong."""


class _Unread:
    """Reads, and takes back what was read too much."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.at = 0
        """Bytes that were read."""
        self._read = read
        self._data = b""

    def unread(self, data: bytes) -> None:
        """Take back `data`, which the next reads return."""
        self._data = data + self._data
        self.at -= len(data)

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""
        if self._data:
            data, self._data = self._data[:size], self._data[size:]
        else:
            data = self._read(size)
        self.at += len(data)
        return data


class _Blocks:
    """Hands a tar's bytes to `tarfile`, and remembers the last of them."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.allowed = _HEADERS
        self._read = read
        self._kept = b""
        self._end = 0
        self._reads_at_end = 0

    def read(self, size: int) -> bytes:
        """Return `size` bytes, or what there is up to the end.

        Raises EOFError for reads without end behind it: a header may claim 2**60 bytes.
        """
        data = b""
        while len(data) < size and (more := self._read(size - len(data))):
            data += more
        if not data:
            self._reads_at_end += 1
            if self._reads_at_end > _MOST_READS_AT_END:
                raise EOFError("it ends within a member")
        self.allowed -= len(data)
        if self.allowed < 0:
            raise ValueError("a header of it has no end")
        self._end += len(data)
        self._kept = (self._kept + data)[-4 * tarfile.RECORDSIZE :]
        return data

    def ends_well(self, offset: int) -> bool:
        """Tell whether a block of zeros is at `offset`, as at the end of a complete tar."""
        block = self._from(offset)[: tarfile.BLOCKSIZE]
        return bool(block) and not any(block)

    def behind(self, offset: int) -> bytes:
        """Return the first blocks behind `offset` that are not zeros; nothing if there are none."""
        block = self._from(offset)
        while block and not any(block):
            block = self._read(tarfile.RECORDSIZE)
        while len(block) % tarfile.BLOCKSIZE and (more := self._read(tarfile.BLOCKSIZE)):
            block += more
        zeros = len(block) - len(block.lstrip(b"\0"))
        return block[zeros // tarfile.BLOCKSIZE * tarfile.BLOCKSIZE :]

    def _from(self, offset: int) -> bytes:
        begin = offset - (self._end - len(self._kept))
        return self._kept[begin:] if begin >= 0 else b""


class _Found(NamedTuple):
    """A member's header, and the stream that it was read from."""

    info: tarfile.TarInfo
    stream: "IO[bytes] | _File"
    base: int
    """Input offset of its tar: several may be joined by `cat`."""


def tar_members(source: Source, meter: Meter) -> Iterator[OpenMember | Refused]:
    """Yield the members of a tar, and of tars that follow it, joined by `cat`. Raises BombError.

    Days come in their order where it is a file on disk, which is gone through once before; of a
    store it would come twice.
    """
    file = seekable(source) if isinstance(source, Input) and source.seeks_freely else None
    if file is None or not isinstance(source, Input):
        yield from _in_turn(source.read, meter)
        return
    found = _all_of(file)
    tar = _File(file, source)
    if found is None:
        file.seek(0)
        yield from _in_turn(tar.read, meter)
        return
    for item in sorted(found, key=_place_of):
        if isinstance(item, Refused):
            yield item
        else:
            tar.base = item.base
            yield from _tar_member(item._replace(stream=tar), meter)


def _in_turn(read: Callable[[int], bytes], meter: Meter) -> Iterator[OpenMember | Refused]:
    for item in _walk(read):
        yield from (item,) if isinstance(item, Refused) else _tar_member(item, meter)


def _all_of(file: IO[bytes]) -> list[_Found | Refused] | None:
    """Return what is in a tar; None where that is too much to hold."""
    found: list[_Found | Refused] = []
    held = 0
    for item in _walk(file.read):
        found.append(item)
        if isinstance(item, _Found):
            item.info.pax_headers = {}
            parts = item.info.sparse or ()
            held += 1000 + 4 * len(item.info.name + item.info.linkname) + 100 * len(parts)
        if held > _MOST_HELD:
            return None
    return found


def _place_of(item: _Found | Refused) -> tuple[bool, list[tuple[bool, list[tuple[int, str, str]]]]]:
    """Return what sorts members by their days; what is wrong with the tar comes last."""
    if isinstance(item, Refused):
        return True, []
    return False, days_in_order(item.info.name)


def _walk(read: Callable[[int], bytes]) -> Iterator[_Found | Refused]:
    """Yield the header of each member; what is not read of its body is passed over."""
    unread = _Unread(read)
    while True:
        blocks = _Blocks(unread.read)
        end = yield from _headers(blocks, unread.at)
        rest = b"" if end is None else blocks.behind(end)
        if not rest:
            return
        if not is_tar_header(rest[: tarfile.BLOCKSIZE]):
            yield Refused("", "has bytes behind its end that are not a tar; they are not read")
            return
        unread.unread(rest)


def _headers(blocks: _Blocks, base: int) -> Generator[_Found | Refused, None, int | None]:
    """Yield the members of one tar; return the offset of its end, or None for a torn one."""
    try:
        with tarfile.open(fileobj=blocks, mode="r|") as archive:  # type: ignore[call-overload]
            while True:
                blocks.allowed = _HEADERS
                info = archive.next()
                if info is None:
                    break
                blocks.allowed = 1 << 62
                archive.members = []  # it would remember them all
                yield _Found(info, cast("IO[bytes]", archive.fileobj), base)
            if blocks.ends_well(archive.offset):
                return int(archive.offset)
            yield Refused("", f"is damaged at offset {archive.offset}; what follows is not read")
    except (tarfile.TarError, *TORN) as error:
        if isinstance(error, BombError):
            raise
        yield Refused("", f"is damaged: {lowered(error)}")
    return None


def _tar_member(found: _Found, meter: Meter) -> Iterator[OpenMember | Refused]:
    info = found.info
    if info.isdir():
        return
    place = safe_place(info.name)
    if isinstance(place, str):
        yield Refused(info.name, place)
        return
    if not info.isreg():
        yield Refused(info.name, "is not a file; links and devices are not read")
        return
    body = _Body(found.stream, info)
    member = as_member(
        body.read, meter if info.issparse() else None
    )  # else counted on the way here
    yield OpenMember(place, member)
    if not isinstance(found.stream, _File):
        while member.read(COPY):
            pass
    member.end(info.name)


class _File:
    """Tars in a file on disk, of which any member can be read."""

    def __init__(self, file: IO[bytes], source: Input) -> None:
        self.base = 0
        """Where the tar begins that offsets count from."""
        self._file = file
        self._source = source

    def seek(self, offset: int) -> None:
        self._file.seek(self.base + offset)

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._source.advance(len(data))
        return data


class _Body:
    """The bytes of a tar's member: `extractfile` drops what it reads before a tear."""

    def __init__(self, stream: "IO[bytes] | _File", info: tarfile.TarInfo) -> None:
        stream.seek(info.offset_data)
        self._stream = stream
        self._size = max(info.size, 0)
        parts = cast("list[tuple[int, int]]", info.sparse) or [(0, self._size)]
        self._parts = deque((begin, begin + size) for begin, size in parts)
        self._at = 0

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end; raises EOFError where the tar is torn."""
        while self._parts and self._at >= self._parts[0][1]:
            self._parts.popleft()
        begin, end = self._parts[0] if self._parts else (self._size, self._size)
        if hole := max(min(begin, self._size) - self._at, 0):
            data = bytes(min(size, hole))
        else:
            wanted = max(min(size, min(end, self._size) - self._at), 0)
            data = self._stream.read(wanted)
            if wanted and not data:
                raise EOFError("it ends within a member")
        self._at += len(data)
        return data
