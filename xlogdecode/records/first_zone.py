"""The zone of a log's first banner, which records before the banner have, too.

A log of a day may begin within a session: its first records have no banner before them, and the
IM SDK's have no zone of their own. A look ahead over the first AHEAD bytes of text finds the
banner; memory stays flat, and one that comes later says nothing about what is before it.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import timezone
from typing import Final

from xlogdecode.line_layouts import NOTE_ROWS
from xlogdecode.records.events import PAGE, Event, Page, pages
from xlogdecode.records.timestamps import zone_of_hour

__all__ = ["AHEAD", "FirstZone", "look_ahead"]

AHEAD: Final = 4 * PAGE
"""Bytes of text in which the first banner is looked for."""

_BANNER: Final = re.compile(
    "|".join(
        rf"(?:\A|\n){head}{rest}" for name, head, rest in NOTE_ROWS if name == "opened"
    ).encode()
)


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
            for found in _BANNER.finditer(page.data):
                if self._seen + found.end() > AHEAD:
                    break
                self.zone = self.zone or zone_of_hour(found["hour"].decode("latin-1"))
        self._seen += len(page.data)


def look_ahead(events: Iterable[Event]) -> tuple[timezone | None, Iterator[Event]]:
    """Return the zone of the first banner that has one, and all `events`.

    The look ends where an event says that nothing more is there for now.
    """
    later = iter(events)
    held: list[Event] = []
    size = 0
    for event in later:
        held.append(event)
        match event:
            case (_, text):
                size += len(text)
                if size >= AHEAD or not text:
                    break
    return _first_zone(held), itertools.chain(held, later)


def _first_zone(events: list[Event]) -> timezone | None:
    first = FirstZone()
    for page in pages(events):
        if isinstance(page, Page):
            first.add(page)
    return first.zone
