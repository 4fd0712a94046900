"""Zips, member by member.

The table of contents is at the end: a zip that comes through a pipe, or is in another archive,
is kept in memory (up to 8 MiB) or in a file without a name until it is complete.
"""

import contextlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast

from xlogdecode.inputs.bombs import Meter
from xlogdecode.inputs.compressed import Inflated
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
from xlogdecode.platform.temporary import no_room
from xlogdecode.types import Source

if TYPE_CHECKING:
    from io import BufferedReader

__all__ = ["zip_members"]

_IN_MEMORY = 8 << 20
_CONTENTS = 16 << 20
"""Bytes of a table of contents, all of which is read: 100,000 files have half of that."""

_CONTENTS_MAGIC = b"PK\1\2"
"""How each entry of a table of contents begins (APPNOTE.TXT, 4.3.12)."""

_UTF_8 = 0x800
"""The flag of a member whose name is UTF-8."""


def zip_members(source: Source, meter: Meter) -> Iterator[OpenMember | Refused]:
    """Yield what is in a zip, days in their order. Raises BombError."""
    with SpooledTemporaryFile(_IN_MEMORY) as spool:
        file = seekable(source)
        if file is None:
            try:
                while data := source.read(COPY):
                    spool.write(data)
                spool.seek(0)
            except OSError as error:
                yield Refused("", no_room(error))
                return
        try:
            bounded = _Bounded(file or spool)
            archive = zipfile.ZipFile(cast("IO[bytes]", bounded))
        except TORN as error:
            yield Refused("", _no_zip(error))
            return
        advance = source.advance if file and isinstance(source, Input) else _tell_no_one
        with archive:
            later = bounded.later_versions(archive)
            for info in sorted(archive.infolist(), key=lambda info: days_in_order(info.filename)):
                passed = _Passed(info, advance)
                if version := later.get(info.header_offset):
                    why = f"needs version {version / 10} of zip; unpack it with other tools first"
                    yield Refused(_name_of(info), why)
                elif not info.filename.endswith("/"):
                    yield from _zip_member(archive, info, meter, passed)
                passed.end()


def _no_zip(error: Exception) -> str:
    if str(error) != "File is not a zip file":
        return f"cannot be read as a zip: {lowered(error)}"
    return (
        "is not a complete zip: its table of contents, at its end, is missing; get all of it, or "
        "try zip -FF"
    )


def _tell_no_one(size: int) -> None:
    """Forget `size`."""


class _Bounded:
    """The file of a zip, for `zipfile`, which reads a table of contents of any size in one go.

    `zipfile` refuses all of a zip for one member of a later version: the version is hidden from it.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._file = file
        self._versions: list[int] | None = []

    def later_versions(self, archive: zipfile.ZipFile) -> dict[int, int]:
        """Return the version, times ten, of each member that needs a later one, by its offset."""
        versions, self._versions = self._versions or [], None
        members = zip(archive.infolist(), versions, strict=False)
        return {info.header_offset: v for info, v in members if v > zipfile.MAX_EXTRACT_VERSION}

    def read(self, size: int = -1) -> bytes:
        if size > _CONTENTS:
            raise zipfile.BadZipFile(
                f"its table of contents has {size:,} bytes, more than {_CONTENTS >> 20} MiB: "
                "unpack it with other tools if you trust it"
            )
        data = self._file.read(size)
        is_contents = self._versions is not None and data.startswith(_CONTENTS_MAGIC)
        return self._without_versions(data) if is_contents else data

    def _without_versions(self, contents: bytes) -> bytes:
        """Return a table of contents in which no member needs a version; remember those."""
        changed = bytearray(contents)
        at, self._versions = 0, []
        while changed.startswith(_CONTENTS_MAGIC, at) and at + 46 <= len(changed):
            self._versions.append(changed[at + 6])
            changed[at + 6] = 0
            at += 46 + sum(struct.unpack_from("<3H", changed, at + 28))  # name, extra, comment
        return bytes(changed)


class _Passed:
    """Tells how many bytes of a zip on disk are through, of what a member has unpacked to."""

    def __init__(self, info: zipfile.ZipInfo, advance: Callable[[int], object]) -> None:
        self._packed, self._size = info.compress_size, max(info.file_size, 1)
        self._unpacked = self._told = 0
        self._advance = advance

    def count(self, data: bytes) -> bytes:
        self._unpacked += len(data)
        self._tell(min(self._unpacked, self._size) * self._packed // self._size)
        return data

    def end(self) -> None:
        self._tell(self._packed)

    def _tell(self, through: int) -> None:
        self._advance(through - self._told)
        self._told = through


def _zip_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter, passed: _Passed
) -> Iterator[OpenMember | Refused]:
    name = _name_of(info)
    place = safe_place(name)
    mode = info.external_attr >> 16
    if isinstance(place, str):
        yield Refused(name, place)
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        yield Refused(name, "is not a file; links and devices are not read")
    elif info.flag_bits & 1:
        yield Refused(name, "is encrypted; unpack it with its password first")
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        yield Refused(
            name, f"is packed by method {info.compress_type}; unpack it with other tools first"
        )
    else:
        is_deflated = info.compress_type == zipfile.ZIP_DEFLATED
        info.compress_type, info.file_size = zipfile.ZIP_STORED, info.compress_size
        checksum, info.CRC = info.CRC, None  # type: ignore[assignment]  # zipfile drops what is wrong
        try:
            file = archive.open(info)
        except TORN as error:
            yield Refused(name, f"cannot be read: {lowered(error)}")
            return
        with file:
            packed = cast("BufferedReader", file)
            checked = _Checked(Inflated(packed).read if is_deflated else packed.read1, checksum)
            member = as_member(lambda size: passed.count(checked.read(size)), meter)
            yield OpenMember(place, member)
            member.end(name)


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return a member's name: without the flag for UTF-8 it may be that, or GBK, as in China.

    `zipfile` takes it for the first PC's character set then.
    """
    if info.flag_bits & _UTF_8 or info.filename.isascii():
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeError):
            return info.filename.encode("cp437").decode(encoding)
    return info.filename


class _Checked:
    """Source a member of a zip, and finds fault with it only when all of it is handed out."""

    def __init__(self, read: Callable[[int], bytes], checksum: int) -> None:
        self._read = read
        self._expected = checksum
        self._found = 0

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; raises BadZipFile at the end of what is not as it was."""
        data = self._read(size)
        self._found = zlib.crc32(data, self._found)
        if not data and self._found != self._expected:
            raise zipfile.BadZipFile("the checksum is wrong")
        return data
