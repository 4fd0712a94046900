"""The first and the last time of a text as it goes by, and the number of its sessions."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from xlogdecode.records.events import PAGE
from xlogdecode.records.layouts import LEVELS, LONGEST_HEAD, heads
from xlogdecode.records.matchers import JOINS, openers
from xlogdecode.records.reading import AS_LOGGED, LogHints, Settled, is_of_the_table, settle
from xlogdecode.records.timestamps import Stamps, date_in_name
from xlogdecode.types import Buffer

if TYPE_CHECKING:
    from xlogdecode.records.own_layout import OwnLayout

__all__ = ["LogPeriod", "Openings", "Time"]

_TAILS = (4 << 10, 64 << 10)
"""Bytes at the end of a text that are looked through before all of it: the last record is there."""

_ANY_LINE = re.compile(rb"[^\n]+")

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


class TimeFound(NamedTuple):
    """A record that shows when it was logged."""

    time: Time
    layout: str


class Openings:
    """Finds the records of a text by the table that all of the package goes by."""

    def __init__(self, reading: LogHints = AS_LOGGED) -> None:
        """Make the patterns ready; `reading` is what a person says of the logs."""
        self.reading = reading
        self._openers = openers()
        self._line = re.compile(rf"^(?:{heads(LEVELS)})[^\n]*".encode(), re.MULTILINE)

    def first(self, text: bytes, own: "OwnLayout | None" = None) -> TimeFound | None:
        """Return the first record in `text` that has a time; `own` is the layout, if not known."""
        lines = _ANY_LINE if own else self._line
        return self._first_of((line[0] for line in lines.finditer(text)), own)

    def last(self, text: bytes, own: "OwnLayout | None" = None) -> TimeFound | None:
        """Return the last record in `text` that has a time."""
        lines = _ANY_LINE if own else self._line
        for size in (*_TAILS, len(text)):
            begin = text.find(b"\n", max(0, len(text) - size))  # of a full line
            found = lines.findall(text, begin) if begin >= 0 else []
            if record := self._first_of(reversed(found), own):
                return record
        return None

    def _first_of(self, lines: Iterable[bytes], own: "OwnLayout | None") -> TimeFound | None:
        stamps = Stamps()
        for data in lines:
            line = data.decode("latin-1")
            parts = own.parts(line, stamps) if own and not is_of_the_table(line) else None
            if own and parts and parts.hour and parts.clock:
                return TimeFound(Time(parts.hour, parts.clock, parts.zone), own.name)
            opened = self._openers.match(line)
            fields = opened[1].groupdict() if opened else {}
            hour, clock = fields.get("hour"), fields.get("clock")
            if opened and opened[0].layout in JOINS and hour and clock:
                return TimeFound(Time(hour, clock, fields.get("zone")), opened[0].layout)
        return None


class LogPeriod:
    """Takes text, and keeps only what is shown of it."""

    def __init__(self, openings: Openings) -> None:
        """Start with no text."""
        self.first: Time | None = None
        self.last: Time | None = None
        """When its first and its last record were logged, of those that tell."""
        self.layout: str | None = None
        """That of the first record of the app."""
        self.sessions = 0
        """Banners in the text."""
        self._settled: Settled | None = None
        self._openings = openings
        self._begun = b"\n"
        """The head of a line that is not yet complete."""

    def write(self, data: Buffer, /) -> None:
        """Look at `data`."""
        text = self._begun + bytes(data)
        if self._settled is None:
            self._settled = settle(text[:PAGE].decode("latin-1"), self._openings.reading)
        own = self._settled.own if self._settled else None
        if self.layout is None and (found := self._openings.first(text, own)):
            self.first, self.layout = found.time, found.layout
        if last := self._openings.last(text, own):
            self.last = last.time
        self.sessions += text.count(_SESSION) - self._begun.count(_SESSION)
        begun = text.rfind(b"\n")
        self._begun = text[begun : begun + LONGEST_HEAD]
