"""All that the page takes from `summary`: sessions, events, codes with their meaning.

The only module here that knows it. Rows are named by their numbers.
"""

import re
from array import array
from collections.abc import Sequence
from typing import Any, Final

from xlogdecode.page.words import EVENT_WORDS
from xlogdecode.records import Record
from xlogdecode.records.columns import Columns
from xlogdecode.records.sessions import Session, SessionTracker
from xlogdecode.summary.codes import LITEAV, code_info, codes_in
from xlogdecode.summary.events import EventTable, built_in_events
from xlogdecode.summary.line import LogLine, line_of
from xlogdecode.summary.machine import EventMachine

__all__ = ["Story"]

_MOST: Final = 200_000
"""Sightings of one kind that are kept: a page that has more shows that many."""
_SLOWEST: Final = 100
_COST: Final = re.compile(r"(?:time cost|cost[ _]time)[:=] ?([0-9]{1,9}) ?ms")
_SLOW: Final = 1000
"""Milliseconds from which on a request is called slow."""
_SEVERE: Final = frozenset("EF")


class _Source:
    """The sessions and events of one source."""

    def __init__(self, name: str, first: int) -> None:
        self.name = name
        self.tracker = SessionTracker(name)
        self.first = first
        """The number in the story that its first session has."""
        self.sessions: list[Session] = []
        self.machines: list[EventMachine] = []
        """What knows the events of each session."""

    def number_of(self, session: Session, table: EventTable) -> int:
        """Return the number of a session in the story."""
        for at in range(len(self.sessions) - 1, -1, -1):
            if self.sessions[at] is session:
                return self.first + at
        self.sessions.append(session)
        self.machines.append(EventMachine(table, self.name))
        return self.first + len(self.sessions) - 1


class Story:
    """Takes in records; keeps what stands above the list."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.sessions: list[Session] = []
        """Those of the sources that are over, in their order."""
        self._table = built_in_events()
        self._codes: dict[tuple[str, int], array[int]] = {}
        self._events: dict[str, array[int]] = {}
        self._users: dict[str, None] = {}
        self._slow: list[tuple[int, int]] = []
        self._source = _Source("", 0)
        self._own: list[tuple[str, str | None, int]] = []

    def begin(self, source: str) -> None:
        """Take what follows for another source."""
        self._source = _Source(source, len(self.sessions))
        self._own = []

    def add(self, records: Sequence[Record], columns: Columns, first: int) -> list[int]:
        """Take in the records of the rows from `first` on; return the number of their sessions."""
        source, add, table = self._source, self._source.tracker.add, self._table
        found = []
        last: Session | None = None
        number = 0
        for record in records:
            session = add(record)
            if session is not last:
                last, number = session, source.number_of(session, table)
            found.append(number)
        for at in self._telling(columns):
            machine = source.machines[found[at] - source.first]
            self._look_at(line_of(records[at]), first + at, machine)
        return found

    @property
    def session(self) -> int:
        """The number of the session that is under way, for what has none of its own."""
        return self._source.first + len(self._source.sessions) - 1

    def end(self) -> None:
        """Take over what only the end of a source decides."""
        own = {name for name, _, _ in self._own}
        for name, instead_of, number in self._own:
            if instead_of is None or instead_of not in own:
                _note(self._events.setdefault(instead_of or name, array("I")), number)
        self._own = []
        self.sessions += self._source.sessions

    def as_dict(self) -> dict[str, Any]:
        """Return codes, events, users and slow requests as the page's data has them."""
        codes = sorted(self._codes.items(), key=lambda item: (item[0][0] == LITEAV, -len(item[1])))
        return {
            "codes": [_code(*key, rows) for key, rows in codes],
            "events": [_event(name, rows) for name, rows in self._ordered_events()],
            "users": list(self._users),
            "slow": sorted(self._slow, reverse=True)[:_SLOWEST],
        }

    def _ordered_events(self) -> list[tuple[str, "array[int]"]]:
        order = [name for name in self._table.rules if name in self._events]
        return [(name, self._events[name]) for name in order]

    def _telling(self, columns: Columns) -> list[int]:
        """Return which records may show an event, a code or a request's time."""
        functions, texts = self._table.functions, self._table.texts
        return [
            at
            for at, (message, function, level) in enumerate(
                zip(columns.message, columns.function, columns.level, strict=True)
            )
            if function in functions
            or "ode" in message
            or "cost" in message
            or "ailed:" in message
            or "TIM: |-" in message
            or (level in _SEVERE and "failed" in message)
            or any(text in message for text in texts)
        ]

    def _look_at(self, line: LogLine, number: int, machine: EventMachine) -> None:
        found = {(each.series, each.code) for each in codes_in(line)}
        for series, code in found:
            if code:
                _note(self._codes.setdefault((series, code), array("I")), number)
        codes = frozenset(code for series, code in found if series != LITEAV)
        for episode in machine.events_of(line, codes):
            user = episode.details.get("user")
            if user and len(self._users) < _SLOWEST:
                self._users[user] = None
            self._own.append((episode.rule.name, episode.rule.instead_of, number))
        if "cost" in line.message and (cost := _COST.search(line.message)):
            self._add_slow(int(cost[1]), number)

    def _add_slow(self, cost: int, number: int) -> None:
        if cost < _SLOW:
            return
        self._slow.append((cost, number))
        if len(self._slow) > 8 * _SLOWEST:
            self._slow = sorted(self._slow, reverse=True)[:_SLOWEST]


def _note(rows: "array[int]", number: int) -> None:
    if len(rows) < _MOST:
        rows.append(number)


def _steps(rows: "array[int]") -> list[int]:
    """Return the first number and the steps to the others: half as long in JSON."""
    ordered = sorted(rows)
    return [row - before for before, row in zip([0, *ordered[:-1]], ordered, strict=True)]


def _code(series: str, code: int, rows: "array[int]") -> dict[str, Any]:
    infos = {lang: code_info(code, lang) for lang in ("en", "zh")} if series != LITEAV else {}
    return {
        "code": code,
        "series": series,
        "meaning": {lang: info.meaning for lang, info in infos.items() if info},
        "todo": {lang: info.advice for lang, info in infos.items() if info},
        "rows": _steps(rows),
    }


def _event(name: str, rows: "array[int]") -> dict[str, Any]:
    lane, mood, chinese = EVENT_WORDS.get(name, ("other", "plain", name))
    words = {"en": name, "zh": chinese}
    return {"name": name, "lane": lane, "mood": mood, "words": words, "rows": _steps(rows)}
