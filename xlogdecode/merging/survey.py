"""A first reading of a log: when it begins and ends, and whether it is in order within.

Only the text is looked at. One pattern finds the times of a page, those of an hour are compared as
text, and records of an unusual layout are matched one by one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache, partial
from itertools import groupby
from math import inf
from operator import itemgetter

from xlogdecode.merging.instants import Instants
from xlogdecode.records import Event, Loss, Record, read_records
from xlogdecode.records.events import LONGEST, Page, Then, pages
from xlogdecode.records.layouts import TIMED_STARTS, timed_fields
from xlogdecode.records.look_ahead import FirstZone, look_ahead
from xlogdecode.records.matchers import JOINS, openers
from xlogdecode.records.reading import AS_LOGGED, LogHints
from xlogdecode.records.timestamps import Stamps, date_in_name, zone_of_hour

__all__ = ["Survey", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """The times of a log, in milliseconds since 1970; -inf where it has none."""

    in_order: bool
    first: float
    """The time that is read first: that of what is before it."""
    earliest: float
    latest: float
    zone: tzinfo | None
    """That of times which show none before the first banner, to sort by."""
    session: int | None
    """The last one."""
    is_plain: bool
    """Records are parted by their heads alone: nothing was lost, and none is too long."""


def survey(
    events: Iterable[Event],
    name: str,
    zone: tzinfo | None,
    local: tzinfo | None,
    reading: LogHints = AS_LOGGED,
) -> tuple[Survey, bool]:
    """Return what is in a log, and whether its zone is that of times that were read before it.

    Times without a zone are in that of the session's banner. Before the first one they are in its
    zone if records are, too (`FirstZone`), else in `zone`, else in its zone all the same, so that
    the order is right, else in `local`.
    """
    ahead = look_ahead(events, reading)
    seen = _Seen(name, zone, local)
    if ahead.is_of_the_table:
        for event in pages(ahead.events):
            seen.add(event)
    else:
        seen.first_zone.zone = ahead.zone
        for item in read_records(ahead.events, source=name, zone=zone, reading=reading):
            seen.add_record(item)
    is_late = seen.begins_without_zone and seen.zone not in {None, zone}
    return seen.result(), is_late


class _Seen:
    """The part of a log that was looked at."""

    def __init__(self, name: str, zone: tzinfo | None, local: tzinfo | None) -> None:
        self._given = zone
        self.first_zone = FirstZone()
        self._banners: tzinfo | None = None
        self.begins_without_zone = False
        self._instants = Instants(zone or local)
        self._stamps = Stamps(None, date_in_name(name))
        self._layout = "imsdk"
        """That of the last record of the app: likely that of the next."""
        self._first, self._last = inf, -inf
        self._earliest, self._latest = inf, -inf
        self._in_order = self._is_plain = True
        self._sessions = 0
        self._in_line = False
        self._since_head = 0
        """Bytes since a record of the app began, or more."""

    @property
    def zone(self) -> tzinfo | None:
        """Return the zone of times before the first banner."""
        return self.first_zone.zone or self._given or self._banners

    def result(self) -> Survey:
        """Return what was found."""
        has_times = self._first < inf
        return Survey(
            self._in_order,
            self._first if has_times else -inf,
            self._earliest if has_times else -inf,
            self._latest,
            self.zone,
            self._sessions or None,
            self._is_plain,
        )

    def add(self, page: Page | Loss) -> None:
        """Look at what comes next."""
        if not isinstance(page, Page):
            self._is_plain = self._in_line = False
            return
        self.first_zone.add(page)
        text = page.data.decode("latin-1")
        rows = _times_of(self._layout).findall(text if self._in_line else f"\n{text}")
        for (hour, zone), run in groupby(rows, itemgetter(0, 2)):
            if hour:
                self._add_times(hour, zone, [clock for _, clock, *_ in run])
            else:
                for row in run:
                    self._add_line(row[3])
        has_heads = any(row[0] for row in rows)
        self._since_head = len(text) + (0 if has_heads else self._since_head)
        if self._since_head >= LONGEST or page.then is Then.PAUSE:
            self._is_plain = False
        self._in_line = page.then is not Then.END and not text.endswith("\n")

    def add_record(self, record: Record | Loss) -> None:
        """Take the next record of a log whose layout is not in the table."""
        self._is_plain = False
        if not isinstance(record, Record):
            return
        hour, clock, zone = record[2:5]
        if record.layout == "opened":
            self._sessions += 1
            self._banners = self._banners or zone_of_hour(hour or "")
        if hour and clock:
            self._stamps = record.place.stamps
            self._add_times(hour, zone, [clock])

    def _add_line(self, line: str) -> None:
        """Take a line that may open a record of another layout, or say something of a session."""
        opened = openers().match(line)
        if opened is None:
            return
        shape, found = opened
        fields = found.groupdict()
        hour, clock, zone = fields.get("hour"), fields.get("clock"), fields.get("zone")
        if shape.layout == "opened":
            self._stamps = self._stamps.after_banner(hour or "")
            self._sessions += 1
            self._banners = self._banners or zone_of_hour(hour or "")
        if shape.layout in JOINS:
            self._layout = shape.layout
        if hour and clock:
            self._add_times(hour, zone, [clock])

    def _add_times(self, hour: str, zone: str | None, clocks: list[str]) -> None:
        """Take the times of an hour, in the order in which they were logged."""
        around = self._stamps[hour, zone or None]
        if around is None:
            return
        at = partial(self._instants.at, around)
        is_even = self._instants.start(around) is not None  # then the text is in order of time
        ordered = sorted(clocks, key=None if is_even else at)
        first, last = at(clocks[0]), at(clocks[-1])
        if self._first == inf:
            self._first = first
            self.begins_without_zone = not around[1]
        self._in_order = self._in_order and ordered == clocks and first >= self._last
        self._last = last
        self._earliest = min(self._earliest, at(ordered[0]))
        self._latest = max(self._latest, at(ordered[-1]))


@cache
def _times_of(layout: str) -> re.Pattern[str]:
    """Return the pattern of lines that may show a time.

    Its groups are the hour, the clock and the zone of records of `layout`, and any other line.
    """
    fields = timed_fields(layout)
    zone = "" if "(?P<zone>" in fields else "(?P<zone>)"
    return re.compile(rf"\n(?:{fields}{zone}|((?={TIMED_STARTS})[^\n]*+))")
