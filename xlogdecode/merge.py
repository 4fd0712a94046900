"""Several logs as one timeline.

Each log is read once to see whether its records are in order of time, and a second time as the
timeline goes: a heap takes the earliest record of all logs that the timeline has come to, so that
memory holds a page of each of these, and days that follow one another are open one at a time. A log
that is not in order within (threads that overtook each other, a crash buffer saved late, a clock
that was set back) is sorted by itself first: stretches of SORTED records are sorted in memory,
and, if there are several, lie in a temporary file about twice as large as the text until the heap
has taken them.
"""

import heapq
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timezone, tzinfo
from itertools import islice
from math import inf
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, Final

from xlogdecode.filters import LAST, Around, Filter, Judge, Tally, count
from xlogdecode.platform.temporary import keeping
from xlogdecode.records import Event, Loss, Record, read_records
from xlogdecode.writers import Writer

__all__ = ["SORTED", "MergedLog", "count_merged", "merge", "render_merged"]

SORTED: Final = 20_000
"""Records that are sorted in memory at a time."""

_BLOCK: Final = 256
"""Records that are read from the temporary file at a time."""

_WALL: Final = len("2024-01-01T08:47:04.162")

_Timed = tuple[float, str, Record | Loss | None, bool | None]
"""Seconds since 1970, the log's name, what stands there, None where that is not read yet; and what
`filters.Judge` tells of it.
"""


@dataclass(frozen=True, slots=True)
class MergedLog:
    """One log to be merged; `events` is called for each reading of it."""

    name: str
    events: Callable[[], Iterable[Event]]


def merge(
    logs: Sequence[MergedLog],
    *,
    wanted: Filter | None = None,
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    tally: Tally | None = None,
) -> Iterator[tuple[str, Record | Loss]]:
    """Yield the wanted records and the losses of all logs in order of time, each with its log.

    Stable: what is of the same time stays in the order of its log, and of the logs. A record
    without a time, and a loss, stays behind the one before it. A time without a zone is in that
    of the session's banner, else of the log's first banner, else in `zone`, else in `local`, and
    if that is None in the machine's. What is around a record is so in the timeline.
    """
    wanted = wanted or Filter()
    with ExitStack() as files:
        runs: list[Iterable[_Timed]] = []
        for log in logs:
            timed, seen = _read(log, wanted, zone, local, tally)
            runs += [_later(seen.first, timed)] if seen.in_order else _sorted_runs(timed, files)
        timeline = heapq.merge(*runs, key=itemgetter(0))
        judged = (((name, item), known) for _, name, item, known in timeline if item is not None)
        yield from Around(wanted, past_losses=True).pick(judged)  # one log's is no gap in another


def render_merged(
    logs: Sequence[MergedLog],
    writer: Writer,
    *,
    wanted: Filter | None = None,
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    change: Callable[[Sequence[Record | Loss]], Sequence[Record | Loss]] | None = None,
    tally: Tally | None = None,
) -> Iterator[bytes]:
    """Yield the output of `merge` in chunks, without `writer.header` (see `writers.render`)."""
    items = merge(logs, wanted=wanted, zone=zone, local=local, tally=tally)
    while stretch := list(islice(items, 1024)):
        batch: list[Record | Loss] = []
        for name, item in stretch:
            if isinstance(item, Record):
                batch.append(item)
            else:  # it does not know its log
                yield writer.write(change(batch) if change else batch, "")
                yield writer.write([item], name)
                batch = []
        yield writer.write(change(batch) if change else batch, "")


def count_merged(
    logs: Sequence[MergedLog],
    *,
    wanted: Filter,
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    tally: Tally | None = None,
) -> int:
    """Return how many records `merge` yields, those of context not counted."""
    found = 0
    has_bounds = wanted.since is not None or wanted.until is not None
    for log in logs:
        known = _survey(log, zone, local).zone if has_bounds else None
        found += count(
            log.events(), wanted, source=log.name, zone=known or zone, local=local, tally=tally
        )
    return found


@dataclass(frozen=True, slots=True)
class _Survey:
    """What a first reading of a log tells."""

    in_order: bool
    first: float
    """The first time, in seconds since 1970: that of what stands before it."""
    zone: tzinfo | None
    session: int | None
    """The last one."""


def _read(
    log: MergedLog,
    wanted: Filter,
    zone: tzinfo | None,
    local: tzinfo | None,
    tally: Tally | None,
) -> tuple[Iterator[_Timed], _Survey]:
    """Return what is wanted of a log, and what its first reading told."""
    seen = _survey(log, zone, local)
    if wanted.session == LAST:
        wanted = replace(wanted, session=seen.session or LAST)
    records = read_records(log.events(), source=log.name, zone=seen.zone or zone)
    judge, has_context = (
        Judge(wanted, local=local, tally=tally),
        bool(wanted.before or wanted.after),
    )
    judged = ((at, log.name, item, judge(item)) for at, item in _timed(records, local, seen.first))
    return (each for each in judged if has_context or each[3] is not False), seen


def _survey(log: MergedLog, zone: tzinfo | None, local: tzinfo | None) -> _Survey:
    """Read a log to see what is in it; once more if its banner's zone is that of lines before."""
    seen, is_late = _look_through(log, zone, local)
    return _look_through(log, seen.zone, local)[0] if is_late else seen


def _look_through(
    log: MergedLog, zone: tzinfo | None, local: tzinfo | None
) -> tuple[_Survey, bool]:
    """Return what is in a log, and whether its zone was not known from its first time on."""
    found: tzinfo | None = None
    session: int | None = None
    first, last, in_order, has_local_times = inf, -inf, True, False
    records = read_records(log.events(), source=log.name)
    for at, item in _timed(records, zone or local):
        in_order = in_order and at >= last
        last = at
        if not isinstance(item, Record):
            continue
        if first == inf and at > -inf:
            first = at
            has_local_times = len(item.iso or "") == _WALL
        if item.session != session:
            session = item.session
            time = item.time
            offset = time.utcoffset() if time else None
            found = found or (None if offset is None else timezone(offset))
    is_late = has_local_times and found not in {None, zone}
    return _Survey(in_order, first if first < inf else -inf, found, session), is_late


def _later(first: float, timed: Iterator[_Timed]) -> Iterator[_Timed]:
    """Yield `timed`, which is not begun before a heap has come to `first`."""
    yield first, "", None, None
    yield from timed


def _timed(
    items: Iterable[Record | Loss], local: tzinfo | None, at: float = -inf
) -> Iterator[tuple[float, Record | Loss]]:
    """Yield `items` with their times; what has none has that of the one before, or `at`."""
    for item in items:
        if isinstance(item, Record) and (iso := item.iso):
            time = datetime.fromisoformat(iso)
            if time.tzinfo is None and local is not None:
                time = time.replace(tzinfo=local)
            at = time.timestamp()
        yield at, item


def _sorted_runs(items: Iterator[_Timed], files: ExitStack) -> list[Iterable[_Timed]]:
    """Return stretches of `items`, each in order."""
    runs: list[Iterable[_Timed]] = []
    file: IO[bytes] | None = None
    while stretch := sorted(islice(items, SORTED), key=itemgetter(0)):
        if len(stretch) < SORTED and file is None:
            return [stretch]
        with keeping("a log that is not in order"):
            if file is None:
                file = files.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
            runs.append(_Laid(file, stretch))
    return runs


class _Laid:
    """A stretch of items in a file that several share."""

    def __init__(self, file: IO[bytes], stretch: list[_Timed]) -> None:
        self._file = file
        self._start = file.tell()
        self._blocks = -(-len(stretch) // _BLOCK)
        for place in range(0, len(stretch), _BLOCK):
            pickle.dump(stretch[place : place + _BLOCK], file)
        file.flush()

    def __iter__(self) -> Iterator[_Timed]:
        place = self._start
        for _ in range(self._blocks):
            self._file.seek(place)
            block: list[_Timed] = pickle.load(self._file)  # noqa: S301 - we wrote it ourselves
            place = self._file.tell()
            yield from block
