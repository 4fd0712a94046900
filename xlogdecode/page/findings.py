"""The events, codes, users and slow requests that were found, with the numbers of their rows."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from xlogdecode.records.sessions import Session
from xlogdecode.summary.codes import LITEAV, code_info
from xlogdecode.summary.events import EventRule, EventTable

__all__ = ["Findings", "as_dict"]

_MOST: Final = 200_000
"""Sightings of one kind that are kept: a page that has more shows that many."""
_SLOWEST: Final = 100
"""Requests, and users, that are kept."""


@dataclass(slots=True)
class Findings:
    """All that was found in some rows; `add` puts those of others behind it."""

    sessions: list[Session] = field(default_factory=list)
    codes: "dict[tuple[str, int], array[int]]" = field(default_factory=dict)
    """Series and code -> rows."""
    events: "dict[str, array[int]]" = field(default_factory=dict)
    users: dict[str, None] = field(default_factory=dict)
    slow: list[tuple[int, int]] = field(default_factory=list)
    """Milliseconds and row of each request that took long."""

    def add_code(self, series: str, code: int, rows: Iterable[int]) -> None:
        """Note rows that state a code."""
        _note(self.codes.setdefault((series, code), array("I")), rows)

    def add_event(self, name: str, rows: Iterable[int]) -> None:
        """Note rows that show an event."""
        _note(self.events.setdefault(name, array("I")), rows)

    def add_user(self, user: str) -> None:
        """Note a user."""
        if len(self.users) < _SLOWEST:
            self.users[user] = None

    def add_slow(self, requests: Iterable[tuple[int, int]]) -> None:
        """Note slow requests."""
        self.slow += requests
        if len(self.slow) > 8 * _SLOWEST:
            self.slow = sorted(self.slow, reverse=True)[:_SLOWEST]

    def add(self, other: "Findings", first: int) -> None:
        """Take in what was found in rows that are counted from `first` on here."""
        self.sessions += other.sessions
        for (series, code), rows in other.codes.items():
            self.add_code(series, code, [first + row for row in rows])
        for name, rows in other.events.items():
            self.add_event(name, [first + row for row in rows])
        for user in other.users:
            self.add_user(user)
        self.add_slow([(cost, first + row) for cost, row in other.slow])

    def without_records(self) -> "Findings":
        """Return what goes from one process to another: the sessions keep no record."""
        bare = [replace(s, first=None, last=None, last_error=None) for s in self.sessions]
        return replace(self, sessions=bare)


def as_dict(found: Findings, table: EventTable) -> dict[str, Any]:
    """Return codes, events, users and slow requests as the page's data has them."""
    codes = sorted(found.codes.items(), key=lambda item: (item[0][0] == LITEAV, -len(item[1])))
    rules = ((rule, found.events.get(name)) for name, rule in table.rules.items())
    return {
        "codes": [_code(*key, rows) for key, rows in codes],
        "events": [_event(rule, rows) for rule, rows in rules if rows],
        "users": list(found.users),
        "slow": sorted(found.slow, reverse=True)[:_SLOWEST],
    }


def _note(known: "array[int]", rows: Iterable[int]) -> None:
    known.extend(rows)
    del known[_MOST:]


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


def _event(rule: EventRule, rows: "array[int]") -> dict[str, Any]:
    look = rule.look
    words = {"en": rule.name, "zh": look.zh or rule.name}
    return {
        "name": rule.name, "lane": look.lane, "mood": look.mood, "words": words,
        "rows": _steps(rows),
    }  # fmt: skip
