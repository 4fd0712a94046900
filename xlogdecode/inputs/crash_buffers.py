"""Which records of a crash buffer a later launch has already saved into a log.

The launch after a crash writes the buffer's block into the log of that day, right behind the line
`~~~~~ begin of mmap ~~~~~`, as it was but for its end hour. That line is plain text even in an
encrypted log, so that no key is needed to see it.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from xlogdecode.errors import InputError
from xlogdecode.format import (
    CRASH_BUFFER_SIZE,
    LAST_HOUR,
    READINGS,
    Header,
    Reading,
    parse_header,
)
from xlogdecode.inputs.entries import open_input
from xlogdecode.inputs.files import Chain, Input, Member
from xlogdecode.inputs.names import crash_buffers_of, natural_order
from xlogdecode.platform.files import is_url
from xlogdecode.types import Source

__all__ = ["LARGEST_BUFFER", "SavedBlocks", "unsaved_beside"]

LARGEST_BUFFER = 1 << 20
"""Bytes of a file that may be a crash buffer; they have 150 KiB."""

_TIP = b"begin of mmap ~~~~~\n\0"
_COMPARED = 1024
"""Bytes of payload that are compared; the first line's time and process are among them."""

_NEEDED = 73 + _COMPARED
_CHUNK = 512 << 10

_MOST_LOOKED_AT = 64 << 20
"""Bytes of logs that a hint is worth."""


class _Block(NamedTuple):
    reading: Reading
    header: Header
    payload: bytes

    @property
    def is_plausible(self) -> bool:
        """Whether the header can be a crash buffer's."""
        hours = (self.header.begin_hour, self.header.end_hour)
        return max(hours) <= LAST_HOUR and 0 < self.header.length < CRASH_BUFFER_SIZE

    @property
    def opening(self) -> bytes:
        """The bytes that are compared: of a short payload all but the last cipher group."""
        return self.payload[: min(len(self.payload), self.header.length, _COMPARED) // 8 * 8]

    def is_saved_as(self, saved: "_Block") -> bool:
        """Tell whether `saved` begins with all of this block (its last cipher group aside)."""
        opening = self.opening
        return (
            len(opening) >= 16
            and self.reading == saved.reading
            and self.header.length <= saved.header.length
            and saved.payload.startswith(opening)
        )

    def is_in(self, source: Source) -> bool:
        """Tell whether a log holds this block, or what became of it, wherever that may be."""
        opening, size = self.opening, self.reading.header_size
        rest = b""
        while len(opening) >= 16 and (data := source.read(_CHUNK)):
            buffer = rest + data
            index = buffer.find(opening)
            while index >= 0:
                found = _block_at(buffer[max(0, index - size) : index + _COMPARED])
                if found is not None and self.is_saved_as(found):
                    return True
                index = buffer.find(opening, index + 1)
            rest = buffer[-(size + len(opening)) :]
        return False


class SavedBlocks:
    """The blocks that were saved from crash buffers, of all logs watched so far."""

    def __init__(self) -> None:
        """Start with none."""
        self.blocks: list[_Block] = []
        self.left: list[str] = []
        """Paths of logs that were not read: they are looked at if a crash buffer comes."""

    def unsaved(self, source: Source, *, is_buffer: bool) -> Source | None:
        """Return what gives all of `source`; None for a crash buffer whose records were seen.

        What goes by of a log is looked at.
        """
        if not is_buffer:
            if isinstance(source, Input) and source.is_at_hand and _TIP not in source.peek():
                return source
            return _Watch(source, self.blocks)
        self._look_at_what_was_left()
        data = b""
        while len(data) < LARGEST_BUFFER and (more := source.read(LARGEST_BUFFER)):
            data += more
        return None if self.holds(data) else Chain(data, source.read)

    def leave(self, source: Source, path: str | None) -> None:
        """Take in a log that is not decoded; what is packed has to be looked at in its turn.

        A pipe is left alone: nobody knows how long it lasts.
        """
        if path is not None and isinstance(source, Input):
            self.left.append(path)
        elif isinstance(source, Member):
            with suppress(InputError):
                self.scan(source)

    def _look_at_what_was_left(self) -> None:
        paths, self.left = self.left, []
        for path in paths:
            try:
                with open_input(path) as source:
                    if source.is_regular or is_url(path):
                        self.scan(source)
            except InputError:
                continue  # it was reported when its turn came

    def scan(self, source: Source) -> None:
        """Look at all of a log."""
        watch = _Watch(source, self.blocks)
        while watch.read(_CHUNK):
            pass

    def add(self, other: "SavedBlocks") -> None:
        """Take in what another one saw."""
        self.blocks += other.blocks
        self.left += other.left

    def holds(self, buffer: bytes) -> bool:
        """Tell whether all records of the crash buffer, whose bytes are given, were seen."""
        block = _block_at(buffer)
        return block is not None and any(block.is_saved_as(saved) for saved in self.blocks)


class _Watch:
    """A log whose bytes are looked at as they go by."""

    def __init__(self, source: Source, found: list[_Block]) -> None:
        self._source = source
        self._found = found
        self._rest = b""

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)  # such as `may_wait`, if it has that

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        buffer = self._rest + data
        done = 0
        while (tip := buffer.find(_TIP, done)) >= 0:
            begin = tip + len(_TIP)
            if data and len(buffer) < begin + _NEEDED:
                self._rest = buffer[tip:]
                return data
            block = _block_at(buffer[begin : begin + _NEEDED])
            self._found += [block] if block else []
            done = begin
        self._rest = buffer[max(done, len(buffer) - len(_TIP) + 1) :]
        return data


def _block_at(data: bytes) -> _Block | None:
    """Return the compressed block that `data` begins with, if it can be one."""
    reading = READINGS.get(data[0]) if data else None
    if reading is None or len(data) <= reading.header_size:
        return None
    return _Block(reading, parse_header(data, 0, reading), data[reading.header_size :])


def unsaved_beside(log: str) -> str | None:
    """Return the crash buffer beside a log, if it holds records that no log beside it has.

    None of a log in a store, where each look is a request.
    """
    if is_url(log):
        return None
    folder, name = os.path.split(log)
    for buffer in crash_buffers_of(name):
        path = os.path.join(folder, buffer)  # noqa: PTH118 - pathlib takes 4 ms
        with suppress(InputError), open_input(path) as source:
            block = _block_at(source.read(CRASH_BUFFER_SIZE)) if source.is_regular else None
            if block is None or not block.is_plausible:
                continue
            if not any(map(block.is_in, _logs_beside(log, buffer))):
                return path
    return None


def _logs_beside(log: str, buffer: str) -> Iterator[Input]:
    """Yield the log, and then the others that go with the crash buffer, the newest first."""
    folder, name = os.path.split(log)
    names: list[str] = []
    with suppress(OSError):
        names = [one for one in os.listdir(folder or ".") if buffer in crash_buffers_of(one)]  # noqa: PTH208 - as above
    left = _MOST_LOOKED_AT
    for one in (name, *sorted({*names} - {name}, key=natural_order, reverse=True)):
        with suppress(InputError), open_input(os.path.join(folder, one)) as source:  # noqa: PTH118 - as above
            left -= 0 if one == name else source.size
            if left < 0:
                return
            if source.is_regular:
                yield source
