"""Tars, member by member, as their bytes come."""

import tarfile
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import IO, cast

from xlogdecode.inputs.bounds import BombError, Meter
from xlogdecode.inputs.compressed import is_tar_header
from xlogdecode.inputs.members import COPY, TORN, OpenMember, Refused, as_member, lowered
from xlogdecode.inputs.names import safe_place
from xlogdecode.types import Source

__all__ = ["tar_members"]

_MOST_READS_AT_END = 8
_HEADERS = 4 << 20
"""Bytes of headers between two members beyond which there is something wrong."""


class _Unread:
    """Reads, and takes back what was read too much."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._data = b""

    def unread(self, data: bytes) -> None:
        """Take back `data`, which the next reads return."""
        self._data = data + self._data

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""
        if not self._data:
            return self._read(size)
        data, self._data = self._data[:size], self._data[size:]
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


def tar_members(source: Source, meter: Meter) -> Iterator[OpenMember | Refused]:
    """Yield the members of a tar, and of tars that follow it, joined by `cat`. Raises BombError."""
    unread = _Unread(source.read)
    while True:
        blocks = _Blocks(unread.read)
        end = yield from _members(blocks, meter)
        rest = b"" if end is None else blocks.behind(end)
        if not rest:
            return
        if not is_tar_header(rest[: tarfile.BLOCKSIZE]):
            yield Refused("", "has bytes behind its end that are not a tar; they are not read")
            return
        unread.unread(rest)


def _members(blocks: _Blocks, meter: Meter) -> Generator[OpenMember | Refused, None, int | None]:
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
                yield from _tar_member(archive, info, meter)
            if blocks.ends_well(archive.offset):
                return int(archive.offset)
            yield Refused("", f"is damaged at offset {archive.offset}; what follows is not read")
    except (tarfile.TarError, *TORN) as error:
        if isinstance(error, BombError):
            raise
        yield Refused("", f"is damaged: {lowered(error)}")
    return None


def _tar_member(
    archive: tarfile.TarFile, info: tarfile.TarInfo, meter: Meter
) -> Iterator[OpenMember | Refused]:
    if info.isdir():
        return
    place = safe_place(info.name)
    if isinstance(place, str):
        yield Refused(info.name, place)
        return
    if not info.isreg():
        yield Refused(info.name, "is not a file; links and devices are not read")
        return
    body = _Body(cast("IO[bytes]", archive.fileobj), info)
    member = as_member(
        body.read, meter if info.issparse() else None
    )  # else counted on the way here
    yield OpenMember(place, member)
    while member.read(COPY):
        pass
    member.end(info.name)


class _Body:
    """The bytes of a tar's member: `extractfile` drops what it reads before a tear."""

    def __init__(self, stream: IO[bytes], info: tarfile.TarInfo) -> None:
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
