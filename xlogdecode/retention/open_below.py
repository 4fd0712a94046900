"""Several steps at once: Linux opens a path below a folder in one call, and refuses links in it."""

import errno
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from xlogdecode.retention.folders import DescriptorFolder, Folder

__all__ = ["Leaper"]

_Leap = Callable[[int, bytes], int]
"""Opens the folder at a path below that of a descriptor; returns minus the error's number if a step
is missing, a link, or cannot be made.
"""

_OPENAT2 = 437
"""Its number on all machines but alpha."""
_NO_LINKS = 0x04 | 0x02 | 0x08
"""RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS, RESOLVE_BENEATH, linux/openat2.h."""
_WORTH_IT: Final = 200
"""Questions from which on it is worth 4 ms to load what makes the call."""


class Leaper:
    """Opens folders several steps down, where this system can, once that is worth it."""

    def __init__(self) -> None:
        self._asked = 0
        self._leap: _Leap | None = None

    def open(self, folder: Folder, paths: Sequence[bytes]) -> list[Folder | None] | None:
        """Return the folder at each of `paths` below `folder`, None for one that is missing.

        None in place of the list says that each step must be made by itself, because this system
        has no such call, or to see what is wrong: a link, a file, or a folder that is not ours.
        """
        self._asked += 1
        if self._asked == _WORTH_IT:
            self._leap = _find()
        leap = self._leap
        if leap is None or not isinstance(folder, DescriptorFolder):
            return None
        found: list[Folder | None] = []
        for path in paths:
            descriptor = leap(folder.descriptor, path)
            if descriptor >= 0:
                found.append(DescriptorFolder(descriptor))
            elif descriptor == -errno.ENOENT:
                found.append(None)
            else:
                for one in filter(None, found):
                    one.close()
                return None
        return found


def _find() -> _Leap | None:
    """Return the call; None where the system has none (Linux before 5.6, some sandboxes)."""
    if not sys.platform.startswith("linux") or os.uname().machine == "alpha":
        return None
    import ctypes

    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    how = (ctypes.c_uint64 * 3)(flags, 0, _NO_LINKS)
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.argtypes = (
        ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t,
    )  # fmt: skip
    call.restype = ctypes.c_long
    size = ctypes.sizeof(how)

    def leap(descriptor: int, path: bytes) -> int:
        found: int = call(_OPENAT2, descriptor, path, how, size)
        return found if found >= 0 else -ctypes.get_errno()

    here = os.open("/", flags)
    try:
        found = leap(here, b".")
    finally:
        os.close(here)
    if found < 0:
        return None
    os.close(found)
    return leap
