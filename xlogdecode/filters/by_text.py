"""The bulk lane: text in, the wanted stretches of it out, without a look at each record.

Level: one pattern finds runs of records of the wanted levels. Time: verdicts change only with the
time, so the text is searched for the next record of another hour (of another minute, in the hour
of a bound; of another record, in the minute of a bound), and what lies between is all in or out.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Final

from xlogdecode.filters.filter import Filter
from xlogdecode.filters.time_range import Window
from xlogdecode.records import Event, Loss
from xlogdecode.records.events import PAGE, Page, Then, pages
from xlogdecode.records.layouts import (
    FATAL_NOTES,
    LEVELS,
    LONGEST_HEAD,
    NOTES,
    OPENS_NOTHING,
    TIMED_STARTS,
    heads,
    openings,
    timed_heads,
    unlike_others,
)
from xlogdecode.records.matchers import JOINS, Openers
from xlogdecode.records.timestamps import Stamps, date_in_name, on_any_day

__all__ = ["select_text"]

Span = tuple[int, int]

_GRAINS = (
    # hour, minute, second: characters of the clock; the first and the last rest of it; any rest
    (0, ":00:00.000", ":59:59.999", (":", r"[0-9:]{5}\.[0-9]{3}")),
    (3, ":00.000", ":59.999", (":", r"[0-9]{2}\.[0-9]{3}")),
    (6, ".000", ".999", (r"\.", "[0-9]{3}")),
)


def select_text(
    events: Iterable[Event],
    wanted: Filter,
    *,
    source: str = "",
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    page: int = PAGE,
) -> Iterator[bytes | Loss]:
    """Yield the wanted text of one source, and its losses; `wanted.is_bulk` has to hold.

    What `select` would yield, as text. `source` and `zone` are as for `read_records`, `local` as
    for `select`.
    """
    level = None if wanted.levels is None else _Levels(wanted.levels)
    timed = wanted.since is not None or wanted.until is not None
    window = Window(wanted.since, wanted.until, local)
    time = _Times(window, Stamps(zone, date_in_name(source))) if timed else None
    for event in pages(events, page):
        if not isinstance(event, Page):
            if level:
                level.end()
            if time:
                time.end()
            yield event
            continue
        data = event.data
        stretches = [data]
        if time:
            spans = time.spans(data)
            stretches = [data] if spans == [(0, len(data))] else _cut(data, spans)
            if event.then is Then.END:
                time.end()
        if level:
            stretches = [part for each in stretches for part in level.parts(each)]
            if event.then is Then.END:
                level.end()
        yield b"".join(stretches)


def _cut(data: bytes, spans: list[Span]) -> list[bytes]:
    return [data[start:stop] for start, stop in spans]


class _Levels:
    """Runs of records of some levels."""

    def __init__(self, levels: str) -> None:
        others = "".join(letter for letter in LEVELS if letter not in levels)
        stops = f"{heads(others)}|{NOTES}"
        # A line that opens nothing belongs to what is before it, but a note takes in no line. What
        # most lines start with is tried first, since telling that none stops takes longer.
        usual = "|".join([*unlike_others(levels), OPENS_NOTHING])
        going_on = rf"(?:\n(?:{usual}|(?!{stops})).*+)*+"
        note = rf"\[F\]\[(?:{FATAL_NOTES}).*+" if "F" in levels else "(?!)"
        run = f"(?:{'|'.join([*(f'{each}.*+{going_on}' for each in openings(levels)), note])})"
        self._first: Final = re.compile(run.encode())
        self._runs: Final = re.compile(rf"\n{run}".encode())
        self._first_going_on: Final = re.compile(rf"(?!{stops}).*+{going_on}".encode())
        self._going_on: Final = re.compile(going_on.encode())
        self._note: Final = re.compile(rf"\n?{note}".encode())
        self._held = False
        """The next line, if it opens nothing, belongs to a wanted record."""
        self._rest_held = False
        """The next page starts in mid-line, and that line is wanted."""
        self._in_line = False

    def end(self) -> None:
        """Take what comes next for no part of what was."""
        self._held = self._rest_held = self._in_line = False

    def parts(self, data: bytes) -> list[bytes]:
        """Return what is wanted of `data`, in parts; it goes on where the last ended."""
        if not data:
            return []
        first, end = self._start(data), 0
        if first:
            end = first.end()
        elif self._in_line:
            end = data.find(b"\n") if b"\n" in data else len(data)
        parts: list[bytes] = self._runs.findall(data, end)  # each with the line end before it
        last = parts[-1] if parts else first[0] if first else b""
        to_the_end = data.endswith(last) if parts else end == len(data)
        if first or self._rest_held:
            parts.insert(0, data[:end])
        elif parts:
            parts[0] = parts[0][1:]
        if parts and not to_the_end:
            parts.append(b"\n")
        self._in_line = not data.endswith(b"\n")
        self._held = to_the_end and bool(self._held if self._rest_held and not last else last)
        self._held = self._held and not self._note.match(last)
        self._rest_held = to_the_end and self._in_line and bool(parts)
        return parts

    def _start(self, data: bytes) -> re.Match[bytes] | None:
        """Return what is wanted from the start of `data` on, if its first line is."""
        if self._in_line:
            line_end = data.find(b"\n")
            return self._going_on.match(data, line_end) if self._held and line_end >= 0 else None
        wanted = self._first.match(data)
        return wanted or (self._first_going_on.match(data) if self._held else None)


class _Times:
    """Stretches of records whose times are in a window."""

    def __init__(self, window: Window, stamps: Stamps) -> None:
        self._window = window
        self._stamps = stamps
        self._openers = Openers()
        self._timed: Final = re.compile(timed_heads().encode())
        self._any: Final = re.compile(rf"\n{TIMED_STARTS}".encode())
        self._next = self._any
        """Finds the lines whose time may change the verdict."""
        self._known: dict[tuple[str | None, ...], tuple[bool, re.Pattern[bytes]]] = {}
        """Layout, hour, zone and minute -> verdict, and what `_next` is to be."""
        self._held = False
        self._in_line = False

    def end(self) -> None:
        """Say that what comes starts a line, whatever came before."""
        self._in_line = False

    def spans(self, data: bytes) -> list[Span]:
        """Return the stretches of `data` that are wanted; it goes on where the last ended."""
        if not data:
            return []
        found, start, at = [], 0, 0
        if not self._in_line and self._timed.match(data):
            self._held = self._look(data)
        while line := self._next.search(data, at):
            stop, at = line.start() + 1, line.end()
            if not self._timed.match(data, stop):
                continue
            held = self._look(data, stop)
            if held != self._held:
                if self._held:
                    found.append((start, stop))
                start, self._held = stop, held
        if self._held:
            found.append((start, len(data)))
        self._in_line = not data.endswith(b"\n")
        return found

    def _look(self, data: bytes, start: int = 0) -> bool:
        """Return whether the record that opens at `start` is wanted; set what to look for next."""
        line = data[start : start + LONGEST_HEAD].partition(b"\n")[0].decode("latin-1")
        opened = self._openers.match(line)
        if opened is None:
            return self._held
        shape, found = opened
        fields = found.groupdict()
        hour, clock, zone = fields.get("hour"), fields.get("clock"), fields.get("zone")
        if shape.layout == "opened":
            self._stamps = self._stamps.after_banner(hour or "")
            self._known.clear()
        if not hour or not clock:
            return self._held
        around = self._stamps[hour, zone]
        if around is None and self._window.is_daily:
            around = on_any_day(hour)
        if around is None:
            return self._held
        if shape.layout not in JOINS:
            self._next = self._any
            return f"{around[0]}{clock}.000{around[1]}" in self._window
        return self._stretch(shape.layout, line, found, around)

    def _stretch(
        self, layout: str, line: str, found: re.Match[str], around: tuple[str, str]
    ) -> bool:
        """Return the verdict on a record of the app, which holds for as long as can be."""
        hour, clock, zone = found["hour"], found["clock"], found.groupdict().get("zone")
        for shown, first, last, rest in _GRAINS:
            key = (layout, hour, zone, clock[:shown])
            if key not in self._known:
                early, late = (
                    f"{around[0]}{clock[:shown]}{end}{around[1]}" for end in (first, last)
                )
                if not self._window.is_even(early, late):
                    continue
                self._known[key] = early in self._window, _other_than(line, found, shown, rest)
            held, self._next = self._known[key]
            return held
        self._next = self._any
        return f"{around[0]}{clock}{around[1]}" in self._window


def _other_than(
    line: str, found: re.Match[str], shown: int, rest: tuple[str, str]
) -> re.Pattern[bytes]:
    """Return what finds the next line that may have a time, but not the hour or minute of `line`.

    A line that has it and opens no record after all is passed over: it changes no verdict.
    """
    level, stop = found.start("level"), found.start("clock") + shown
    same = re.escape(line[:stop])
    if level < stop:
        same = f"{re.escape(line[:level])}[{LEVELS}]{re.escape(line[level + 1 : stop])}"
    zone = found.groupdict().get("zone")
    same += rest[0] + (rest[1] + re.escape(zone) if zone else "")
    return re.compile(rf"\n(?!{same}){TIMED_STARTS}".encode())
