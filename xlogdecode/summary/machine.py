"""The state of a session: which of the lines that show an event are about one and the same.

An episode of an event runs until an event that ends it. Within one, lines of different signs are
about the same event, so the sign with the most lines says how often it happened.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from xlogdecode.summary.events import EventRule, EventTable, value_behind
from xlogdecode.summary.line import LogLine

__all__ = ["Episode", "EventMachine"]


@dataclass(slots=True)
class Episode:
    """An event that happened, shown by one line or several."""

    rule: EventRule
    source: str
    iso: str | None
    """When its first line was logged."""
    details: dict[str, str] = field(default_factory=dict)
    codes: set[int] = field(default_factory=set)
    lines: int = 1


@dataclass(slots=True)
class _EventState:
    """The episode of one event that is under way."""

    lines: Counter[int] = field(default_factory=Counter)
    """The number of a sign -> lines that fit it."""
    counted: int = 0
    last: Episode | None = None


class EventMachine:
    """Turns the lines of one session into events, each once."""

    def __init__(self, table: EventTable, source: str) -> None:
        self._table = table
        self._source = source
        self._states: dict[str, _EventState] = {}
        self._by_key: dict[tuple[str, str], Episode] = {}

    def events_of(self, line: LogLine, codes: frozenset[int]) -> list[Episode]:
        """Return the events that a line with these codes shows first; add it to those known."""
        shown, begun = self._table.shown_by(line, codes), []
        for rule, signs in shown:
            episode = self._take(rule, signs, line)
            if episode is not None:
                episode.codes |= codes - {0}
                begun.append(episode)
        for rule, _ in shown:
            for ended in self._table.ends.get(rule.name, ()):
                self._states.pop(ended, None)
        return begun

    def _take(self, rule: EventRule, signs: Collection[int], line: LogLine) -> Episode | None:
        """Return the event if this line is the first that shows it."""
        if rule.per:
            return self._take_key(rule, value_behind(rule.per, line.message), line)
        if len(rule.signs) == 1 and not rule.once:
            return self._episode(rule, line)
        state = self._states.get(rule.name)
        if state is None:
            self._states[rule.name] = state = _EventState()
        for sign in signs:
            state.lines[sign] += 1
        times = 1 if rule.once else max(state.lines.values())
        if times > state.counted:
            state.counted = times
            state.last = self._episode(rule, line)
            return state.last
        if state.last is not None:
            _add_line(state.last, line)
        return None

    def _take_key(self, rule: EventRule, key: str, line: LogLine) -> Episode | None:
        known = self._by_key.get((rule.name, key))
        if known is not None:
            _add_line(known, line)
        elif key:
            self._by_key[rule.name, key] = episode = self._episode(rule, line)
            episode.details.setdefault("id", key)
            return episode
        return None

    def _episode(self, rule: EventRule, line: LogLine) -> Episode:
        return Episode(rule, self._source, line.iso, rule.details(line.message))


def _add_line(episode: Episode, line: LogLine) -> None:
    episode.lines += 1
    episode.details = episode.rule.details(line.message) | episode.details
