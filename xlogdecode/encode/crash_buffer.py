"""The crash buffer: 150 KiB of a file mapped into memory, with one block that is always complete.

The order of the stores is the point of it. A process may be killed between any two of them, and
what is in the file then must hold every line that was stored before, and decode: text comes
first, the length that claims it after, in one store; the magic of a new block comes last of all.
"""

import mmap
import os
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from xlogdecode.errors import OutputError
from xlogdecode.format import CRASH_BUFFER_SIZE, READINGS
from xlogdecode.platform.locks import try_lock, unlock

__all__ = ["CrashBuffer", "claim_buffer", "iter_left_behind"]

_LENGTH: Final = slice(5, 9)
_END_HOUR: Final = 4
_FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
_MOST_SLOTS: Final = 1000


class CrashBuffer:
    """One locked and mapped buffer file; make it with `claim`."""

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        self._file = file
        self._close_file = weakref.finalize(self, os.close, file)
        self._close_file.atexit = False  # handlers are closed at exit too, and need it until then
        _fill_up(file)
        self._map = mmap.mmap(file, CRASH_BUFFER_SIZE)
        # Through a view of u32, a length is one store; a slice is copied as libc pleases.
        self._length = memoryview(self._map)[_LENGTH].cast("I")
        reading = READINGS.get(self._map[0])
        self.header_size = reading.header_size if reading else 0
        """Bytes of the block's header; 0 where there is nothing that could be one."""
        self.used = self.size
        """`size` as of the last store that was not interrupted."""

    @classmethod
    def claim(cls, path: Path) -> "CrashBuffer | None":
        """Return the buffer at `path`, made if need be, or None where another opening holds it.

        Raises OutputError where it cannot be made or locked.
        """
        try:
            file = os.open(path, _FLAGS, 0o644)
            is_ours = False
            try:
                is_ours = try_lock(file)
            finally:
                if not is_ours:
                    os.close(file)
            return cls(path, file) if is_ours else None
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(
                f"{path}: no crash buffer can be kept there: {reason}; "
                "choose another directory, or mode sync"
            ) from error

    @property
    def size(self) -> int:
        """Bytes of the block, header included, as the file states them; 0 while there is none."""
        length = _swapped(self._length[0])
        return self.header_size + length if length and self.header_size else 0

    def begin(self, header: bytes, payload: bytes) -> None:
        """Store a block where there is none; `header` states the length of `payload`."""
        start = len(header)
        self._map[start : start + len(payload)] = payload
        self._map[1:start] = header[1:]
        self._map[0] = header[0]
        self.header_size = start
        self.used = start + len(payload)

    def extend(self, data: bytes) -> None:
        """Make the block's payload longer by `data`, which must have room (`room`)."""
        end = self.used + len(data)
        self._map[self.used : end] = data
        self._length[0] = _swapped(end - self.header_size)
        self.used = end

    @property
    def room(self) -> int:
        """Bytes that the block can still grow by, the zero that is the tailer left out."""
        return CRASH_BUFFER_SIZE - 1 - self.used

    def block(self) -> bytes:
        """Return the block and its tailer, in whose place text may stand that no length claims."""
        return self._map[: self.size] + b"\0"

    def set_end_hour(self, hour: int) -> None:
        """State when the block was flushed."""
        self._map[_END_HOUR] = hour

    def clear(self) -> None:
        """Forget the block, once it is in a file."""
        self._length[0] = 0
        self._map[:] = bytes(CRASH_BUFFER_SIZE)
        self.used = 0

    @property
    def is_readable(self) -> bool:
        """Whether the buffer is empty, or holds what a writer may have put there."""
        return self._map[0] == 0 or (self.header_size > _LENGTH.stop and self.room >= 0)

    def set_aside(self) -> None:
        """Copy a buffer that cannot be read beside it, for whoever can, and clear it."""
        for number in range(1, _MOST_SLOTS):
            copy = self.path.with_name(f"{self.path.name}.unreadable{number}")
            if not copy.exists():
                copy.write_bytes(self._map[:])
                break
        self.clear()

    def close(self) -> None:
        """Unmap and unlock, leaving what is there."""
        unlock(self._file)
        self.abandon()

    def abandon(self) -> None:
        """Unmap what a fork brought along; the lock is the parent's, and stays."""
        self._length.release()
        self._map.close()
        self._close_file()


def claim_buffer(directory: Path, prefix: str, suffix: str) -> CrashBuffer:
    """Return the first buffer of `<prefix>.mmap3`, `<prefix>.1.mmap3` ... that no one holds.

    The second and later are for processes, or children after a fork, that write the same log.
    """
    for slot in range(_MOST_SLOTS):
        buffer = CrashBuffer.claim(_slot(directory, prefix, suffix, slot))
        if buffer:
            return buffer
    raise OutputError(f"{directory / prefix}: {_MOST_SLOTS} processes write it; use other prefixes")


def iter_left_behind(directory: Path, prefix: str, suffix: str) -> Iterator[CrashBuffer]:
    """Yield the buffers that exist and that no one holds."""
    for slot in range(_MOST_SLOTS):
        path = _slot(directory, prefix, suffix, slot)
        if not path.exists():
            return
        buffer = CrashBuffer.claim(path)
        if buffer:
            yield buffer


def _slot(directory: Path, prefix: str, suffix: str, slot: int) -> Path:
    return directory / (f"{prefix}.{slot}{suffix}" if slot else f"{prefix}{suffix}")


def _fill_up(file: int) -> None:
    """Write zeros up to the full size: in a hole, a full disk would be SIGBUS at a store."""
    missing = CRASH_BUFFER_SIZE - os.fstat(file).st_size
    if missing > 0:
        os.lseek(file, 0, os.SEEK_END)
        if os.write(file, bytes(missing)) < missing:
            raise OSError("no room for 150 KiB")


def _swapped(length: int) -> int:
    """Return a little-endian u32 as this machine reads it, and the other way round."""
    if sys.byteorder == "little":
        return length
    return int.from_bytes(length.to_bytes(4, "little"), "big")
