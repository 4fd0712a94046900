"""Blocks of one magic, many at a time."""

from xlogdecode.format import Reading
from xlogdecode.framing.buffer import Window
from xlogdecode.framing.events import Block, PlainRun
from xlogdecode.framing.packed import packed_run
from xlogdecode.framing.runs import plain_run

__all__ = ["Bulk"]

_FEW, _MANY = 64, 1 << 20
"""Blocks taken at a time right after damage, when what is taken may be in vain, and at most."""


class Bulk:
    """Takes more at a time the longer that goes well."""

    __slots__ = ("_most",)

    def __init__(self) -> None:
        """Expect a healthy file."""
        self._most = _MANY

    def shrink(self) -> None:
        """Take few from now on: there is damage."""
        self._most = _FEW

    def plain(self, window: Window, reading: Reading) -> PlainRun | None:
        """Return plain blocks at the window's start, if there are any."""
        run = plain_run(window.buffer, window.start, window.offset, reading, self._most)
        if run is not None:
            self._most = min(8 * self._most, _MANY)
        return run

    def packed(self, window: Window, reading: Reading, longest: int) -> list[Block]:
        """Return blocks of at most `longest` bytes of payload at the window's start."""
        blocks = packed_run(
            window.buffer, window.start, window.offset, reading, longest=longest, most=self._most
        )
        if blocks:
            self._most = min(8 * self._most, _MANY)
        return blocks
