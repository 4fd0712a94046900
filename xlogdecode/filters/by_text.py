"""The fast way: text in, the wanted stretches of it out, without a look at each record.

Level: one pattern finds runs of records of the wanted levels. Time: verdicts change only with the
time, so the text is searched for the next record of another hour (of another minute, in the hour
of a bound; of another record, in the minute of a bound), and what is between is all in or out.
A pattern of words (`search`) comes last.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, Final

from xlogdecode.filters.by_record import Selector
from xlogdecode.filters.filter import Filter
from xlogdecode.filters.tally import PageTally, Tally
from xlogdecode.filters.time_range import Window
from xlogdecode.records import Event, Loss, Record, read_batches
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
from xlogdecode.records.look_ahead import look_ahead
from xlogdecode.records.matchers import JOINS, openers
from xlogdecode.records.reading import AS_LOGGED, LogHints
from xlogdecode.records.timestamps import Stamps, date_in_name, on_any_day

if TYPE_CHECKING:
    from xlogdecode.filters.search import Search

__all__ = ["Stages", "search_of", "select_text"]

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
    reading: LogHints = AS_LOGGED,
    page: int = PAGE,
    tally: Tally | None = None,
    left_out: Callable[[], object] | None = None,
) -> Iterator[bytes | Loss]:
    """Yield the wanted text of one source, and its losses; `wanted.is_bulk` must hold.

    It is the text of what `select` yields. `source`, `zone` and `reading` are as for
    `read_records`, `local` as for `select`. If records around those that are wanted are shown,
    `left_out` is called where some are left out before what comes next. Text that shows no layout
    of the table is read record by record.
    """
    ahead = look_ahead(events, reading)
    if not ahead.is_of_the_table:
        selector = Selector(wanted, local=local, tally=tally)
        batches = read_batches(ahead.events, source=source, zone=zone, reading=reading, page=page)
        yield from _text_of(batches, selector, left_out)
        return
    stages, read = Stages(wanted, source, ahead.zone or zone, local), PageTally(tally)
    search, found = search_of(wanted, reading), False
    for event in pages(ahead.events, page):
        if not isinstance(event, Page):
            stages.end()
            read.end()
            if search:
                yield from _grouped(search.end(), left_out)
            yield event
            continue
        data = stages.take(event)
        groups = search.take(data, event.then) if search else [data]
        found = found or any(groups)
        read.add(event.data, found=found)
        yield from _grouped(groups, left_out)
    if search:
        groups = search.end()
        found = found or any(groups)
        yield from _grouped(groups, left_out)
    read.close(found=found)


def search_of(wanted: Filter, reading: LogHints) -> "Search | None":
    """Return the search for the words of a filter, if it has any."""
    if wanted.grep is None:
        return None
    from xlogdecode.filters.search import Search  # its patterns take 5 ms

    return Search(wanted, reading.encoding)


def _grouped(groups: list[bytes], left_out: Callable[[], object] | None) -> Iterator[bytes]:
    for number, group in enumerate(groups):
        if number and left_out is not None:
            left_out()
        yield group


def _text_of(
    batches: Iterable[list[Record] | Loss],
    selector: Selector,
    left_out: Callable[[], object] | None,
) -> Iterator[bytes | Loss]:
    """Yield the text of what is wanted: a stretch for each batch, even an empty one."""
    for batch in batches:
        found: list[bytes] = []
        for item, _, is_apart in selector.show(batch if isinstance(batch, list) else [batch]):
            if is_apart and left_out is not None:
                yield b"".join(found)
                found = []
                left_out()
            if isinstance(item, Record):
                found.append(item.raw)
            else:
                yield b"".join(found)
                found = []
                yield item
        yield b"".join(found)


class Stages:
    """Level and time, one after the other."""

    def __init__(
        self, wanted: Filter, source: str, zone: tzinfo | None, local: tzinfo | None
    ) -> None:
        self._level = None if wanted.levels is None else _Levels(wanted.levels)
        window = Window(wanted.since, wanted.until, local)
        stamps = Stamps(zone, date_in_name(source))
        self._time = _Times(window, stamps) if wanted.has_bounds else None

    def end(self) -> None:
        """Take what comes next for no part of what was."""
        if self._level:
            self._level.end()
        if self._time:
            self._time.end()

    def take(self, page: Page) -> bytes:
        """Return what is wanted of the next page."""
        data = page.data
        stretches = [data]
        if self._time:
            spans = self._time.spans(data)
            stretches = [data] if spans == [(0, len(data))] else _cut(data, spans)
        if self._level:
            stretches = [part for each in stretches for part in self._level.parts(each)]
        if page.then is Then.END:
            self.end()
        return stretches[0] if len(stretches) == 1 else b"".join(stretches)


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
        going_on = rf"(?>(?:\n(?:{usual}|(?!{stops})).*+)*)"
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
        self._openers = openers()
        self._timed: Final = re.compile(timed_heads().encode())
        self._any: Final = re.compile(rf"\n{TIMED_STARTS}".encode())
        self._known: dict[tuple[str | None, ...], tuple[bool, re.Pattern[bytes]]] = {}
        """Layout, hour, zone and minute -> verdict, and what finds the records of the same."""
        self._held = False
        self._same: re.Pattern[bytes] | None = None
        """Finds all that has the verdict of the record that was looked at last."""
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
            self._held = self._look(data, 0)
            at = self._stop_of_same(data, 0, 0)
        while line := self._any.search(data, at):
            stop, at = line.start() + 1, line.end()
            if not self._timed.match(data, stop):
                continue
            held = self._look(data, stop)
            at = self._stop_of_same(data, stop, at)
            if held != self._held:
                if self._held:
                    found.append((start, stop))
                start, self._held = stop, held
        if self._held:
            found.append((start, len(data)))
        self._in_line = not data.endswith(b"\n")
        return found

    def _stop_of_same(self, data: bytes, start: int, at: int) -> int:
        """Return where to look for another time than that of the record at `start`."""
        found = self._same and self._same.match(data, start)
        return found.end() if found else at

    def _look(self, data: bytes, start: int) -> bool:
        """Return whether the record that opens at `start` is wanted; set what finds the same."""
        self._same = None
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
            return f"{around[0]}{clock}.000{around[1]}" in self._window
        return self._stretch(shape.layout, found, around)

    def _stretch(self, layout: str, found: re.Match[str], around: tuple[str, str]) -> bool:
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
                self._known[key] = early in self._window, _same(found, shown, rest)
            held, self._same = self._known[key]
            return held
        return f"{around[0]}{clock}{around[1]}" in self._window


def _same(found: re.Match[str], shown: int, rest: tuple[str, str]) -> re.Pattern[bytes]:
    """Return what finds a record and those behind it of the same hour, or minute.

    A line that has it and opens no record after all is passed over: it changes no verdict. `re`
    keeps the pattern, which is the same for all hours of a layout.
    """
    level, stop = found.start("level"), found.start("clock") + shown
    one, again = f"(.{{{stop}}})", r"\1"
    if level < stop:
        letter = f"[{LEVELS}]"
        one = f"(.{{{level}}}){letter}(.{{{stop - level - 1}}})"
        again = rf"\1{letter}\2"
    if zone := found.groupdict().get("zone"):
        one += f"{''.join(rest)}(?P<zone>.{{{len(zone)}}})"
        again += f"{''.join(rest)}(?P=zone)"
    else:
        again += rest[0]
    return re.compile(rf"{one}.*+(?>(?:\n(?:{again}|(?!{TIMED_STARTS})).*+)*)".encode())
