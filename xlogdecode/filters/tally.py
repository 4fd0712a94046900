"""The count of what a filter read, to say why it found nothing."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from xlogdecode.filters.filter import LAST, Filter
from xlogdecode.records import Record
from xlogdecode.records.layouts import FIELDS

if TYPE_CHECKING:
    from xlogdecode.records.bounds import Counter

__all__ = ["PageTally", "Tally"]


class Tally:
    """The count of records up to the first that is wanted: from there on nothing is counted."""

    def __init__(self) -> None:
        """Start before the first input."""
        self.matched = False
        self.records = 0
        self.known: set[str] = set()
        """The fields that any record has, of _FIELDS."""
        self.sessions = 0
        """The highest number of a session in any input."""

    def add(self, record: Record) -> None:
        """Count a record that is not wanted."""
        self.records += 1
        known = self.known
        if len(known) < len(_FIELDS):
            if record.level is not None:
                known.add("level")
            if record.has_time:
                known.add("time")
            known.update(name for name, part in _PARTS if record[part] is not None)
            if record.tid is not None:
                known.add("thread")
        self.sessions = max(self.sessions, record.session or 0)

    def add_all(self, other: "Tally") -> None:
        """Take in the tally of another input."""
        self.matched = self.matched or other.matched
        self.records += other.records
        self.known |= other.known
        self.sessions = max(self.sessions, other.sessions)

    def remarks(self, wanted: Filter) -> Iterator[str]:
        """Yield why nothing of what was read is wanted; nothing if something is."""
        if self.matched or wanted.is_empty or not self.records:
            return
        count = len(found := list(self._reasons(wanted)))
        yield from found
        if not count:
            records = "1 record" if self.records == 1 else f"{self.records:,} records"
            yield f"{records} read, none matched"

    def _reasons(self, wanted: Filter) -> Iterator[str]:
        needs = {
            "level": bool(wanted.levels),
            "time": wanted.has_bounds,
            "tag": bool(wanted.tags),
            "function": bool(wanted.functions),
            "file": bool(wanted.files),
            "thread": bool(wanted.pids or wanted.tids),
        }
        for field in _FIELDS:
            if needs[field] and field not in self.known:
                yield f"no record that was read has a {field} that is known here"
        if wanted.session not in {None, LAST} and self.sessions < (wanted.session or 0):
            yield f"no session {wanted.session} (the log has {self.sessions})"
        since, until = wanted.since, wanted.until
        if isinstance(since, datetime) and isinstance(until, datetime) and _is_after(since, until):
            first, last = (bound.isoformat(" ", "seconds") for bound in (since, until))
            yield f"the bounds exclude every time: {first} is after {last}"


class PageTally:
    """Counts for a tally what is read of the pages of one source."""

    def __init__(self, tally: Tally | None) -> None:
        """Count for `tally`, if there is one."""
        self._tally = tally
        self._counter: Counter | None = None

    def add(self, page: bytes, *, found: bool) -> None:
        """Take the next page, and whether anything was found so far."""
        tally = self._tally
        if tally is None or tally.matched:
            return
        tally.matched = found
        if not found:
            if self._counter is None:
                from xlogdecode.records.bounds import Counter  # 4 ms: most filters find something

                self._counter = Counter()
            self._counter.add(page)

    def end(self) -> None:
        """Take what comes next for no part of what was."""
        if self._counter is not None:
            self._counter.end()

    def close(self, *, found: bool) -> None:
        """Give the tally what was counted."""
        tally, counter = self._tally, self._counter
        if tally is None:
            return
        tally.matched = tally.matched or found
        if counter is None:
            return
        tally.records += counter.found
        if counter.has_heads:
            tally.known |= {"level", "time"}


_PARTS: Final = [(name, FIELDS.index(name)) for name in ("tag", "function", "file")]
_FIELDS: Final = ("level", "time", "tag", "function", "file", "thread")


def _is_after(since: datetime, until: datetime) -> bool:
    return (since.tzinfo is None) == (until.tzinfo is None) and since > until
