"""The first and the last time of a text as it goes by, and the number of its sessions."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from xlogdecode.records.layouts import LEVELS, LONGEST_HEAD, heads
from xlogdecode.records.matchers import openers
from xlogdecode.records.timestamps import Stamps, date_in_name
from xlogdecode.types import Buffer

__all__ = ["LogPeriod", "Openings", "Time"]

_TAILS = (4 << 10, 64 << 10)
"""Bytes at the end of a text that are looked through before all of it: the last record is there."""

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
        self._openers = openers()
        self._line = re.compile(rf"^(?:{heads(LEVELS)})[^\n]*".encode(), re.MULTILINE)

    def first(self, text: bytes) -> Time | None:
        """Return the time of the first record in `text` that has one."""
        return self._first_of(line[0] for line in self._line.finditer(text))

    def last(self, text: bytes) -> Time | None:
        """Return the time of the last record in `text` that has one."""
        for size in (*_TAILS, len(text)):
            begin = text.find(b"\n", max(0, len(text) - size))  # of a whole line
            lines = self._line.findall(text, begin) if begin >= 0 else []
            if found := self._first_of(reversed(lines)):
                return found
        return None

    def _first_of(self, lines: Iterable[bytes]) -> Time | None:
        for line in lines:
            opened = self._openers.match(line.decode("latin-1"))
            fields = opened[1].groupdict() if opened else {}
            hour, clock = fields.get("hour"), fields.get("clock")
            if hour and clock:
                return Time(hour, clock, fields.get("zone"))
        return None


class LogPeriod:
    """Takes text, and keeps only what is shown of it."""

    def __init__(self, openings: Openings) -> None:
        """Start with no text."""
        self.first: Time | None = None
        self.last: Time | None = None
        """When its first and its last record were logged, of those that tell."""
        self.sessions = 0
        """Banners in the text."""
        self._openings = openings
        self._begun = b"\n"
        """The head of a line that is not yet complete."""

    def write(self, data: Buffer, /) -> None:
        """Look at `data`."""
        text = self._begun + bytes(data)
        if self.first is None:
            self.first = self._openings.first(text)
        self.last = self._openings.last(text) or self.last
        self.sessions += text.count(_SESSION) - self._begun.count(_SESSION)
        begun = text.rfind(b"\n")
        self._begun = text[begun : begun + LONGEST_HEAD]
