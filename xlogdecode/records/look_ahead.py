"""A look ahead at the start of a log: the zone of its first banner, and its layout.

A log of a day may begin within a session: its first records have no banner before them, and the
IM SDK's have no zone of their own, so they have that of the first banner behind them. A look over
the first AHEAD bytes of text finds it; memory stays flat, and a banner that comes later says
nothing about what is before it.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import timezone
from typing import Final, NamedTuple

from xlogdecode.line_layouts import NOTE_ROWS
from xlogdecode.records.events import PAGE, Event, Page, pages
from xlogdecode.records.reading import AS_LOGGED, LogHints, Settled, settle
from xlogdecode.records.timestamps import zone_of_hour

__all__ = ["AHEAD", "Ahead", "FirstZone", "look_ahead"]

AHEAD: Final = 4 * PAGE
"""Bytes of text in which the first banner is looked for."""

_BANNER: Final = re.compile(
    "|".join(head + rest for name, head, rest in NOTE_ROWS if name == "opened").encode()
)
_SIGN: Final = b"^" * 10
"""The start of each banner: `find` is many times as fast as a pattern with a choice before it."""


class FirstZone:
    """The zone of the first banner that has one, among the first AHEAD bytes of a log's text."""

    __slots__ = ("_seen", "zone")

    def __init__(self) -> None:
        """Start at the head of a log."""
        self.zone: timezone | None = None
        self._seen = 0

    def add(self, page: Page) -> None:
        """Look at the next page."""
        if self.zone is None and self._seen < AHEAD:
            for found in _banners(page.data):
                if self.zone is not None or self._seen + found.end() > AHEAD:
                    break
                self.zone = zone_of_hour(found["hour"].decode("latin-1"))
        self._seen += len(page.data)


def _banners(data: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the banners of a text."""
    at = data.find(_SIGN)
    while at >= 0:
        if (at == 0 or data[at - 1 : at] == b"\n") and (found := _BANNER.match(data, at)):
            yield found
        at = data.find(_SIGN, at + 1)


class Ahead(NamedTuple):
    """The facts that the start of a log shows."""

    zone: timezone | None
    """That of the first banner that has one."""
    settled: Settled | None
    """The layout; None where no line so far shows any, but one may come."""
    events: Iterator[Event]
    """All of the log."""

    @property
    def is_of_the_table(self) -> bool:
        """Its records are in layouts of the table (`line_layouts`)."""
        return self.settled is not None and self.settled.own is None


def look_ahead(events: Iterable[Event], reading: LogHints = AS_LOGGED) -> Ahead:
    """Return what the start of a log shows, and all `events`.

    The look ends where an event says that nothing more is there for now. A log whose first PAGE
    bytes show no layout has none but those of the table.
    """
    later = iter(events)
    held: list[Event] = []
    size, is_paused = 0, False
    for event in later:
        held.append(event)
        match event:
            case (_, text):
                size += len(text)
                is_paused = not text
                if size >= AHEAD or is_paused:
                    break
    found = [page for page in pages(held) if isinstance(page, Page)]
    text = b"\n".join([page.data for page in found]) if len(found) != 1 else found[0].data
    settled = settle(text[:PAGE].decode("latin-1"), reading)
    if settled is None and not is_paused:
        settled = Settled()
    return Ahead(_first_zone(found), settled, itertools.chain(held, later))


def _first_zone(found: Iterable[Page]) -> timezone | None:
    first = FirstZone()
    for page in found:
        first.add(page)
    return first.zone
