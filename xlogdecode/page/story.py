"""Sessions, events and codes, found by the rules of `summary`; rows are named by their numbers."""

import re
from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

from xlogdecode.page.findings import Findings, as_dict
from xlogdecode.records import Record
from xlogdecode.records.columns import Columns
from xlogdecode.records.matchers import SINGLES
from xlogdecode.records.record import readable
from xlogdecode.records.runs import RecordRun
from xlogdecode.records.sessions import NO_RECORDS, STEPS, Session, SessionTracker
from xlogdecode.summary.codes import LITEAV, codes_in
from xlogdecode.summary.events import EventTable, built_in_events
from xlogdecode.summary.line import LogLine, line_in, line_of
from xlogdecode.summary.machine import EventMachine
from xlogdecode.summary.signs import SignFinder

if TYPE_CHECKING:
    from xlogdecode.records.record import Place

__all__ = ["Story"]

_COST: Final = re.compile(r"(?:time cost|cost[ _]time)[:=] ?([0-9]{1,9}) ?ms")
_SLOW: Final = 1000
"""Milliseconds from which on a request is called slow."""
_SEVERE: Final = frozenset("EF")
_SIGNS: Final = ("code", "Code", "failed:", "cost", "TIM: |-")
"""Texts, one of which is in each message that states a code or how long a request took."""


class _Source:
    """The sessions and events of one source."""

    def __init__(self, name: str, first: int) -> None:
        self.name = name
        self.tracker = SessionTracker(name)
        self.first = first
        """The number in the story that its first session has."""
        self.sessions: list[Session] = []
        self.machines: list[EventMachine] = []
        """The events of each session."""

    def sessions_of(
        self,
        records: Sequence[Record],
        columns: Columns,
        telling: Collection[int],
        table: EventTable,
    ) -> list[int]:
        """Return the numbers of the sessions of records, which take them in.

        Of records in a row of one process and thread, only those that may tell something, and
        the first, are looked at; the others are counted.
        """
        add = self.tracker.add
        found = []
        run: tuple[Place, str | None] | None = None
        session: Session | None = None
        number = counted = 0
        stamps = zip(columns.layout, columns.level, columns.place, columns.who, strict=True)
        for at, (layout, level, place, who) in enumerate(stamps):
            is_plain = layout not in SINGLES and level not in _SEVERE and at not in telling
            if is_plain and run is not None and run[0] is place and run[1] == who:
                counted += 1
            else:
                _count(session, run, counted)
                counted = 0
                before, session = session, add(records[at])
                if session is not before:
                    number = self.number_of(session, table)
                run = None if session.is_over or layout in SINGLES else (place, who)
            found.append(number)
        _count(session, run, counted)
        return found

    def sessions_of_run(self, run: RecordRun, table: EventTable) -> list[int]:
        """Return the numbers of the sessions of a run's records, which take them in."""
        found: list[int] = []
        for start, stop in pairwise(self._stretches(run)):
            first = run.record(start)
            session = (
                self.tracker.add(first)
                if stop - start == 1
                else self.tracker.add_alike(first, run.record(stop - 1), stop - start)
            )
            found += [self.number_of(session, table)] * (stop - start)
        return found

    def _stretches(self, run: RecordRun) -> list[int]:
        """Return where records of one process begin, and each step of a session; and the end."""
        bounds = {0, len(run)}
        if not STEPS.isdisjoint(run.part("function")):
            for number, function in enumerate(run.part("function")):
                if function in STEPS:
                    bounds |= {number, number + 1}
        if len({*map(self.tracker.pid_of, {*run.part("who")})}) > 1:
            pids = [*map(self.tracker.pid_of, run.part("who"))]
            bounds.update(n for n, (pid, after) in enumerate(pairwise(pids), 1) if pid != after)
        return sorted(bounds)

    def number_of(self, session: Session, table: EventTable) -> int:
        """Return the number of a session in the story."""
        for at in range(len(self.sessions) - 1, -1, -1):
            if self.sessions[at] is session:
                return self.first + at
        self.sessions.append(session)
        self.machines.append(EventMachine(table, self.name))
        return self.first + len(self.sessions) - 1


def _count(session: Session | None, run: "tuple[Place, str | None] | None", records: int) -> None:
    """Count records that were not looked at."""
    if session is not None and run is not None and records:
        session.count(records, is_recovered=run[0].recovered)


class Story:
    """Takes in records; keeps what is shown above the list."""

    def __init__(self, events: EventTable | None = None) -> None:
        """Begin with nothing; look for `events`, by default those of the package."""
        self.found = Findings()
        """What was found so far; the sessions are those of the sources that are over."""
        self._table = events or built_in_events()
        self._signs = SignFinder(self._table)
        self._source = _Source("", 0)
        self._own: list[tuple[str, str | None, int]] = []

    def begin(self, source: str) -> None:
        """Take what follows for another source."""
        self._source = _Source(source, len(self.found.sessions))
        self._own = []

    def add(self, records: Sequence[Record], columns: Columns, first: int) -> list[int]:
        """Take in the records of the rows from `first` on; return the number of their sessions."""
        source, table = self._source, self._table
        telling = self._telling(columns)
        found = source.sessions_of(records, columns, telling, table)
        for at in sorted(telling):
            machine = source.machines[found[at] - source.first]
            self._look_at(_line(records, columns, at), first + at, machine)
        return found

    def add_run(self, run: RecordRun, first: int) -> list[int]:
        """Take in a run of records, as `add` takes others."""
        source, table = self._source, self._table
        found = source.sessions_of_run(run, table)
        for at in self._signs.numbers(run, _SLOW):
            machine = source.machines[found[at] - source.first]
            self._look_at(line_in(run, at), first + at, machine)
        return found

    @property
    def session(self) -> int | str:
        """The number of the session that is under way; before the first, the source's name."""
        source = self._source
        return source.first + len(source.sessions) - 1 if source.sessions else source.name

    def end(self) -> None:
        """Take over what only the end of a source decides."""
        own = {name for name, _, _ in self._own}
        for name, instead_of, number in self._own:
            if instead_of is None or instead_of not in own:
                self.found.add_event(instead_of or name, (number,))
        self._own = []
        self.found.sessions += self._source.sessions

    def as_dict(self) -> dict[str, Any]:
        """Return codes, events, users and slow requests as the page's data has them."""
        return as_dict(self.found, self._table)

    def _telling(self, columns: Columns) -> set[int]:
        """Return which records may show an event, a code or a request's time."""
        if NO_RECORDS.issuperset(columns.layout):
            return set()
        functions = self._table.functions
        telling = {at for at, name in enumerate(columns.function) if name in functions}
        ends = [*accumulate(len(message) + 1 for message in columns.message)]
        text = "\n".join(columns.message)
        for sign in (*_SIGNS, *self._table.texts):
            at = text.find(sign)
            while at >= 0:
                row = bisect_right(ends, at)
                telling.add(row)
                at = text.find(sign, ends[row])
        return telling

    def _look_at(self, line: LogLine, number: int, machine: EventMachine) -> None:
        found = dict.fromkeys((each.series, each.code) for each in codes_in(line))
        for series, code in found:
            if code:
                self.found.add_code(series, code, (number,))
        codes = frozenset(code for series, code in found if series != LITEAV)
        for episode in machine.events_of(line, codes):
            if user := episode.details.get("user"):
                self.found.add_user(user)
            self._own.append((episode.rule.name, episode.rule.instead_of, number))
        if "cost" in line.message and (cost := _COST.search(line.message)):
            milliseconds = int(cost[1])
            if milliseconds >= _SLOW:
                self.found.add_slow([(milliseconds, number)])


def _line(records: Sequence[Record], columns: Columns, at: int) -> LogLine:
    """Return a record as the summary looks at it, without its time."""
    message = columns.message[at]
    if "TIM: |-" in message:
        return line_of(records[at])
    names = [columns.tag[at], columns.file[at], columns.function[at]]
    tag, file, function = (name and readable(name) for name in names)
    level, layout = columns.level[at] or "", columns.layout[at]
    return LogLine(None, level, layout, tag, file, function, readable(message))
