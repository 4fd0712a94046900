"""The facts about the session of each record, as far as the records up to it show them.

The facts come from where a summary has them: the banners, the IM SDK's header, and the events that
name a version or a user. Memory does not grow with the records.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.record import Context, Place
from xlogdecode.records.sessions import NO_RECORDS, Session, SessionTracker
from xlogdecode.summary.codes import codes_in
from xlogdecode.summary.events import EventTable, built_in_events
from xlogdecode.summary.line import line_of

__all__ = ["ContextFinder", "with_context"]

Batch = Sequence[Record | Loss]

_TAKEN: Final = frozenset({"user", "sdk_version", "sdk_app_id", "device_type"})
"""The details of events that are fields of a session."""

_MOST_PLACES: Final = 256


class ContextFinder:
    """Finds the context of each record of one source, in their order."""

    def __init__(self, source: str) -> None:
        self._tracker = SessionTracker(source)
        self._table = _table()
        self._places: dict[tuple[int, Context], tuple[Place, Place]] = {}
        """The number of a place, and a context -> the place, which keeps the number its own, and
        the place with the context.
        """

    def find(self, record: Record, seen: Record | None = None) -> Record:
        """Return the record with its context; `seen` is the record as the context may show it."""
        context = self._context(seen or record)
        place = record.place
        known = self._places.get((id(place), context))
        if known is None:
            if len(self._places) >= _MOST_PLACES:
                self._places.clear()
            known = place, replace(place, context=context)
            self._places[id(place), context] = known
        return record.at_place(known[1])

    def _context(self, record: Record) -> Context:
        session = self._tracker.add(record)
        del self._tracker.sessions[:-1]
        message = record[10]
        if record.layout not in NO_RECORDS and (
            record.function in self._table.functions or self._table.has_text(message)
        ):
            self._learn(session, record)
        return Context(session.sdk_version, session.device_type, session.sdk_app_id, session.user)

    def _learn(self, session: Session, record: Record) -> None:
        line = line_of(record)
        codes = frozenset(sighting.code for sighting in codes_in(line))
        for rule, _ in self._table.shown_by(line, codes):
            for name, value in rule.details(line.message).items():
                # The header knows better, but a session may have several users.
                if name == "user" or (name in _TAKEN and getattr(session, name) is None):
                    setattr(session, name, value)


def with_context(
    batches: Iterable[Batch], source: str, change: Callable[[Batch], Batch] | None = None
) -> Iterator[Batch]:
    """Yield the batches of one source, each record with its context.

    `change` is done to what the context is taken from (`redaction.Redactor.change_all`).
    """
    finder = ContextFinder(source)
    for batch in batches:
        pairs = zip(batch, change(batch) if change else batch, strict=True)
        yield [
            finder.find(item, seen)
            if isinstance(item, Record) and isinstance(seen, Record)
            else item
            for item, seen in pairs
        ]


def _table() -> EventTable:
    """Return the events that name a version or a user."""
    rules = built_in_events().rules.values()
    return EventTable(rule for rule in rules if any(name in _TAKEN for name, _ in rule.take))
