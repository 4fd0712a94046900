"""The files of a log: `<prefix>_YYYYMMDD.xlog`, and `_1`, `_2` ... where a size limit is set."""

import os
import re
from datetime import date
from pathlib import Path
from typing import Final

from xlogdecode.errors import OutputError
from xlogdecode.platform.locks import locked_for_appending

__all__ = ["DayFiles"]

_KEYLESS: Final = 13
"""Bytes of a header without the key."""

_LONGEST_TIP: Final = 128

_ROOM_FOR_TIPS: Final = 512
"""Bytes that may follow a recovered block: the line after it, in a block of its own."""


class DayFiles:
    """Appends complete blocks, and opens the file each time: no sweep or fork finds it held open.

    `max_size` in bytes: a file that has grown beyond it is followed by the next index.
    """

    def __init__(self, directory: Path, prefix: str, *, max_size: int | None) -> None:
        self._directory = directory
        self._prefix = prefix
        self._max_size = max_size
        self._day: date | None = None
        self._index = 0

    def append(self, day: date, blocks: bytes) -> None:
        """Append `blocks` to the file of `day`, all or none of them.

        Raises OutputError where the file cannot be written; what was there is as it was.
        """
        path = self._directory
        try:
            path = self._path(day)
            with locked_for_appending(path) as file:
                _append_all(file, blocks)
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(
                f"{path}: cannot append {len(blocks)} bytes: {reason}; "
                "make room, or let this user write there"
            ) from error

    def settle(self, block: bytes, header_size: int) -> bool:
        """Return whether the newest file holds `block` already; cut off a part of it at its end.

        A process may die after it appended a block and before it cleared the buffer, or halfway.
        The key bytes tell a block from the same text of another opening. The IM SDK's blocks have
        none: there only the last block counts, or what a recovery left.
        """
        existing = self._existing()
        if not existing:
            return False
        with locked_for_appending(self._named(*existing[-1])) as file:
            return _settle(file, block, header_size)

    def _path(self, day: date) -> Path:
        if day != self._day:
            self._index = self._last_index(day) if self._max_size else 0
            self._file = self._named(f"{day:%Y%m%d}", self._index)
            self._day = day
        while self._max_size and self._file.exists() and self._file.stat().st_size > self._max_size:
            self._index += 1
            self._file = self._named(f"{day:%Y%m%d}", self._index)
        return self._file

    def _last_index(self, day: date) -> int:
        stem = f"{day:%Y%m%d}"
        return max((index for found, index in self._existing() if found == stem), default=0)

    def _named(self, day: str, index: int) -> Path:
        return self._directory / f"{self._prefix}_{day}{f'_{index}' if index else ''}.xlog"

    def _existing(self) -> list[tuple[str, int]]:
        """Return day and index of each file there is, in order."""
        name = re.compile(re.escape(self._prefix) + r"_([0-9]{8})(?:_([1-9][0-9]*))?\.xlog")
        matches = (name.fullmatch(path.name) for path in self._directory.iterdir())
        return sorted((match[1], int(match[2] or 0)) for match in matches if match)


def _append_all(file: int, data: bytes) -> None:
    before = os.fstat(file).st_size
    try:
        _write_all(file, data)
    except BaseException:
        os.ftruncate(file, before)
        raise


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _settle(file: int, block: bytes, header_size: int) -> bool:
    start = max(0, os.fstat(file).st_size - len(block) - _ROOM_FOR_TIPS)
    os.lseek(file, start, os.SEEK_SET)
    end = os.read(file, len(block) + _ROOM_FOR_TIPS)
    found = end.rfind(block)
    if found >= 0 and (header_size > _KEYLESS or _ends_a_log(end[found + len(block) :])):
        return True
    place = end.rfind(block[:header_size])
    if place < 0:
        place = _start_of_header(end, block[:header_size])
    if place >= 0 and block.startswith(end[place:]):
        os.ftruncate(file, start + place)
    return False


def _ends_a_log(rest: bytes) -> bool:
    """Tell whether behind a block nothing follows, or just the line that ends a recovery."""
    return not rest or (len(rest) < _LONGEST_TIP and b"~~~~~ end of mmap ~~~~~" in rest)


def _start_of_header(end: bytes, header: bytes) -> int:
    """Return where the part of `header` begins that `end` ends with; -1 if there is none.

    A part that ends with a zero is not looked for: a block that is complete may end so by chance.
    """
    if end.endswith(b"\0"):
        return -1
    sizes = range(min(len(header), len(end)), 0, -1)
    return next((len(end) - size for size in sizes if end.endswith(header[:size])), -1)
