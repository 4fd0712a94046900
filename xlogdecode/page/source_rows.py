"""Sources -> rows, and what is found in them: in this process, or in another that sends them here.

A worker numbers what its rows share by dictionaries of its own, which grow from source to source.
It sends the new entries only; `Arrivals` gives all numbers as if one process had done the work.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xlogdecode.page.dictionaries import Dictionary
from xlogdecode.page.findings import Findings
from xlogdecode.page.rows import RowColumns, Rows
from xlogdecode.page.story import Story
from xlogdecode.records import Loss, Record
from xlogdecode.records.columns import columns_of
from xlogdecode.records.runs import RecordRun

if TYPE_CHECKING:
    from xlogdecode.summary.events import EventTable

__all__ = ["Arrivals", "RowMaker", "SourceRows", "SourceWorker"]

_BATCH: Final = 4096
_MOST_TEXT: Final = 32 << 20
"""Characters of messages that are sent as one; a source that has more is not."""

Items = Iterable[Record | RecordRun | Loss]
Entry = tuple[Any, ...]


class RowMaker:
    """Makes rows of sources, one after the other."""

    def __init__(self, rows: Rows, story: Story, keep: "Callable[[RowColumns], object]") -> None:
        """Give rows to `keep`."""
        self._rows = rows
        self._story = story
        self._keep = keep
        self.records = 0
        """Those of the source so far."""

    def add(self, name: str, items: Items) -> None:
        """Take in a source."""
        self._rows.begin()
        self._story.begin(name)
        self.records = 0
        try:
            self._add_all(items)
        finally:
            self._story.end()

    def _add_all(self, items: Items) -> None:
        records: list[Record] = []
        for item in items:
            if isinstance(item, Record):
                records.append(item)
                if len(records) < _BATCH:
                    continue
            self._add(records)
            records = []
            if isinstance(item, RecordRun):
                sessions = self._story.add_run(item, self._rows.count)
                self._keep(self._rows.of_run(item, sessions))
                self.records += len(item)
            elif isinstance(item, Loss):
                self._keep(self._rows.of_loss(item, self._story.session))
        self._add(records)

    def _add(self, records: list[Record]) -> None:
        if records:
            columns = columns_of(records)
            sessions = self._story.add(records, columns, self._rows.count)
            self._keep(self._rows.of(records, columns, sessions))
            self.records += len(records)


class SourceRows(NamedTuple):
    """The rows of one source, counted from 0, and what goes with them."""

    worker: int
    """The number of the process that made them."""
    records: int
    rows: list[RowColumns]
    size: int
    sites: list[Entry]
    whos: list[Entry]
    """Entries that are new in the worker's dictionaries."""
    sessions: list[Entry]
    """All entries; the first is that of rows without a session."""
    found: Findings


class _TooLongError(Exception):
    """The rows are too long to be sent."""


class SourceWorker:
    """Makes rows of sources to be sent, in a process whose number is given."""

    def __init__(self, worker: int, events: "EventTable | None") -> None:
        """Look for `events`, by default those of the package."""
        self._worker = worker
        self._events = events
        self._rows = Rows()
        self._known = [0, 0]
        """Entries that were sent."""
        self._kept: list[RowColumns] = []
        self._text = 0

    def rows_of(self, name: str, items: Items) -> SourceRows | None:
        """Return the rows of a source; None if they are too long to be sent."""
        rows = self._rows
        rows.restart()
        self._kept, self._text = [], 0
        story = Story(self._events)
        maker = RowMaker(rows, story, self._keep)
        try:
            maker.add(name, items)
        except _TooLongError:
            return None
        sites, whos = map(Dictionary.entries_from, rows.shared, self._known)
        self._known = [len(each.entries) for each in rows.shared]
        return SourceRows(
            worker=self._worker,
            records=maker.records,
            rows=self._kept,
            size=rows.count,
            sites=sites,
            whos=whos,
            sessions=[*rows.sessions.entries],
            found=story.found.without_records(),
        )

    def _keep(self, rows: RowColumns) -> None:
        self._kept.append(rows)
        self._text += sum(map(len, rows.message))
        if self._text > _MOST_TEXT:
            raise _TooLongError


class Arrivals:
    """Takes the rows that workers made, in the order of the sources."""

    def __init__(self, rows: Rows, story: Story, keep: "Callable[[RowColumns], object]") -> None:
        """Give rows to `keep`."""
        self._rows = rows
        self._story = story
        self._keep = keep
        self._numbers: dict[int, tuple[list[int], list[int]]] = {}
        """Worker -> the numbers here of its sites, and of its processes and threads."""

    def fits(self, came: SourceRows) -> bool:
        """Note the new entries; tell whether there is place for all that its worker has sent."""
        numbers = self._numbers.setdefault(came.worker, ([], []))
        fresh = zip(numbers, self._rows.shared, (came.sites, came.whos), strict=True)
        for known, shared, entries in fresh:
            known.extend(shared.numbers(entries))
        return all(0 not in known[1:] for known in numbers)

    def take(self, came: SourceRows) -> None:
        """Take the rows of a source that `fits`."""
        sites, whos = self._numbers[came.worker]
        first, session = self._rows.count, len(self._story.found.sessions)
        keys = (
            (session + key if isinstance(key, int) else key, *rest) for key, *rest in came.sessions
        )
        sessions = self._rows.sessions.numbers(keys)
        for rows in came.rows:
            self._keep(
                rows._replace(
                    number=[first + number for number in rows.number],
                    site=[sites[number] for number in rows.site],
                    who=[whos[number] for number in rows.who],
                    session=[sessions[number] for number in rows.session],
                )
            )
        self._rows.count += came.size
        self._story.found.add(came.found, first)
