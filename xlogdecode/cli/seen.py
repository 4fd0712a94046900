"""What `-l` tells from a text as it goes by: the first and the last time, and how many sessions."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from xlogdecode.codecs import Buffer
from xlogdecode.records.layouts import LEVELS, heads
from xlogdecode.records.shapes import Openers
from xlogdecode.records.stamps import Stamps, date_in_name

__all__ = ["Openings", "Seen", "Time"]

_TAIL = 64 << 10
"""Bytes at the end of the text among which the last record opens; lines have 16 KiB at most."""

_NEARER = 4 << 10
"""Bytes at the end that are looked through first: most often they do."""

_SESSION = b"\n" + b"^" * 10
"""How the banner of a session opens, in whatever layout its records are."""


class Time(NamedTuple):
    """When a record was logged, as it was written."""

    hour: str
    clock: str
    zone: str | None

    def shown(self, name: str) -> str:
        """Return it as it was logged; a year that is missing is that of the file's name."""
        around = Stamps(near=date_in_name(name))[self.hour, self.zone]
        return f"{around[0].replace('T', ' ') if around else self.hour}{self.clock}"


class Openings:
    """Finds the records of a text by the table that all of the package goes by."""

    def __init__(self) -> None:
        """Make the patterns ready."""
        self._openers = Openers()
        self._line = re.compile(rf"^(?:{heads(LEVELS)})[^\n]*".encode(), re.MULTILINE)

    def times(self, text: bytes) -> Iterator[Time]:
        """Yield the times of the records in `text`."""
        for line in self._line.finditer(text):
            opened = self._openers.match(line[0].decode("latin-1"))
            fields = opened[1].groupdict() if opened else {}
            hour, clock = fields.get("hour"), fields.get("clock")
            if hour and clock:
                yield Time(hour, clock, fields.get("zone"))


class Seen:
    """Takes text, and keeps only what is told of it."""

    def __init__(self, openings: Openings) -> None:
        """Start with no text."""
        self.first: Time | None = None
        self.sessions = 0
        """Banners in the text."""
        self._openings = openings
        self._tail = b"\n"

    def write(self, data: Buffer, /) -> None:
        """Look at `data`."""
        text = bytes(data)
        if self.first is None:
            self.first = next(self._openings.times(self._tail + text[:_TAIL]), None)
        seam = self._tail[1 - len(_SESSION) :] + text[: len(_SESSION) - 1]
        self.sessions += seam.count(_SESSION) + text.count(_SESSION)
        self._tail = text[-_TAIL:] if len(text) >= _TAIL else (self._tail + text)[-_TAIL:]

    @property
    def last(self) -> Time | None:
        """The time of the last record."""
        for size in (_NEARER, _TAIL):
            last = None
            begin = self._tail.find(b"\n", max(0, len(self._tail) - size)) + 1  # of a whole line
            for last in self._openings.times(self._tail[begin:]):  # noqa: B007 - the last is wanted
                pass
            if last is not None:
                return last
        return self.first
