"""Tars, member by member, as their bytes come."""

import tarfile
from collections import deque
from collections.abc import Iterator
from typing import IO, cast

from xlogdecode.inputs.bounds import BombError, Meter
from xlogdecode.inputs.compressed import Reads
from xlogdecode.inputs.members import COPY, TORN, Found, Refused, as_member, lowered
from xlogdecode.inputs.names import safe_place

__all__ = ["tar_members"]

_HEADERS = 4 << 20
"""Bytes of headers between two members beyond which there is something wrong."""


class _Blocks:
    """Hands a tar's bytes to `tarfile`, and remembers the last of them."""

    def __init__(self, source: Reads) -> None:
        self.allowed = _HEADERS
        self._source = source
        self._kept = b""
        self._end = 0

    def read(self, size: int) -> bytes:
        """Return `size` bytes, or what there is up to the end."""
        data = b""
        while len(data) < size and (more := self._source.read(size - len(data))):
            data += more
        self.allowed -= len(data)
        if self.allowed < 0:
            raise ValueError("a header of it has no end")
        self._end += len(data)
        self._kept = (self._kept + data)[-4 * tarfile.RECORDSIZE :]
        return data

    def ends_well(self, offset: int) -> bool:
        """Tell whether a block of zeros stands at `offset`, as at the end of a whole tar."""
        begin = offset - (self._end - len(self._kept))
        block = self._kept[begin : begin + tarfile.BLOCKSIZE] if begin >= 0 else b""
        return bool(block) and not any(block)


def tar_members(source: Reads, meter: Meter) -> Iterator[Found | Refused]:
    """Yield what lies in a tar. Raises BombError."""
    blocks = _Blocks(source)
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
            if not blocks.ends_well(archive.offset):
                yield Refused("", f"is torn at offset {archive.offset}: what follows is not read")
    except (tarfile.TarError, *TORN) as error:
        if isinstance(error, BombError):
            raise
        yield Refused("", f"is torn: {lowered(error)}")


def _tar_member(
    archive: tarfile.TarFile, info: tarfile.TarInfo, meter: Meter
) -> Iterator[Found | Refused]:
    if info.isdir():
        return
    place = safe_place(info.name)
    if isinstance(place, str):
        yield Refused(info.name, place)
        return
    if not info.isreg():
        yield Refused(info.name, "it is no file: links and devices are not read")
        return
    body = _Body(cast("IO[bytes]", archive.fileobj), info)
    member = as_member(
        body.read, meter if info.issparse() else None
    )  # else counted on the way here
    yield Found(place, member)
    while member.read(COPY):
        pass
    member.end(info.name)


class _Body:
    """What there is of a tar's member: `extractfile` drops what it reads before a tear."""

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
