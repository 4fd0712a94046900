"""Several logs as one timeline.

Each log is read once to see when it begins and ends (`survey`), and a second time as the timeline
goes. Logs whose times do not overlap follow one another, as text where nothing more is wanted.
Of those that overlap a heap takes the earliest record of all that the timeline has come to, so that
memory holds a page of each of these. A log that is not in order within (threads that overtook each
other, a crash buffer saved late, a clock that was set back) is sorted by itself first, and so are
all of a group of which too many are to be read side by side.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Final

from xlogdecode.filters import LAST, Around, Filter, Judge, Last, Shown, Tally, count
from xlogdecode.merging.instants import timed
from xlogdecode.merging.sorting import Timed, sorted_runs
from xlogdecode.merging.survey import Survey, survey
from xlogdecode.records import Event, Loss, Record, read_records
from xlogdecode.records.events import Page, pages
from xlogdecode.records.reading import AS_LOGGED, LogHints
from xlogdecode.writers import Prefixer, TextWriter, Writer, render
from xlogdecode.writers.render import last_of, write_shown

__all__ = ["MergedLog", "count_merged", "merge", "render_merged"]

_SIDE_BY_SIDE: Final = 32
"""Logs that are open at a time."""

_PAGE: Final = 64 * 1024
"""Bytes that are read of each of these at a time."""

_RECORDS: Final = 1024
_BYTES: Final = 1 << 20
"""Records, and bytes of their text, that are written at a time."""

Named = tuple[str, Record | Loss]
"""An item, and the name of its log."""

Change = Callable[[Sequence[Record | Loss]], Sequence[Record | Loss]]


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
    reading: LogHints = AS_LOGGED,
    tally: Tally | None = None,
) -> Iterator[tuple[str, Record | Loss]]:
    """Yield the wanted records and the losses of all logs in order of time, each with its log.

    Stable: what is of the same time stays in the order of its log, and of the logs. A record
    without a time, and a loss, stays behind the one before it. A time without a zone is in that
    of the session's banner, else of the log's first banner, else in `zone`, else in `local`, and
    if that is None in the machine's. What is around a record is so in the timeline.
    """
    wanted = wanted or Filter()
    groups = _groups(_parts(logs, wanted, zone, local, reading, tally))
    items = _around(chain.from_iterable(map(_in_order, groups)), wanted)
    yield from (shown.item for shown in items)


def render_merged(
    logs: Sequence[MergedLog],
    writer: Writer,
    *,
    wanted: Filter | None = None,
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    reading: LogHints = AS_LOGGED,
    change: Change | None = None,
    tally: Tally | None = None,
    last: int | None = None,
) -> Iterator[bytes]:
    """Yield the output of `merge` in chunks, without `writer.header` (see `writers.render`)."""
    wanted = wanted or Filter()
    groups = _groups(_parts(logs, wanted, zone, local, reading, tally))
    if wanted.before or wanted.after or last is not None:
        items = _around(chain.from_iterable(map(_in_order, groups)), wanted)
        if last is not None:
            items = chain.from_iterable(
                last_of([items], Last(last, wanted.before, past_losses=True))
            )
        yield from _written(items, writer, change)
        return
    is_text = wanted.is_empty and change is None
    for group in groups:
        first = group[0]
        if len(group) > 1 or not first.seen.in_order:
            yield from _written(_around(_in_order(group), wanted), writer, change)
        elif is_text and isinstance(writer, TextWriter) and first.seen.is_plain:
            yield from _as_text(first.log, writer)
        else:
            yield from first.render(writer, change)


def count_merged(
    logs: Sequence[MergedLog],
    *,
    wanted: Filter,
    zone: tzinfo | None = None,
    reading: LogHints = AS_LOGGED,
    tally: Tally | None = None,
) -> int:
    """Return how many records `merge` yields, those of context not counted."""
    return sum(
        count(log.events(), wanted, source=log.name, zone=zone, reading=reading, tally=tally)
        for log in logs
    )


@dataclass(frozen=True, slots=True)
class _SurveyedLog:
    """One log of the timeline, after its first reading."""

    place: int
    log: MergedLog
    seen: Survey
    wanted: Filter
    zone: tzinfo | None
    local: tzinfo | None
    reading: LogHints
    tally: Tally | None

    def items(self, page: int = _PAGE) -> Iterator[Timed]:
        """Yield what is wanted of it, and what may be around that."""
        name, wanted, local = self.log.name, self.wanted, self.local
        records = read_records(
            self.log.events(), source=name, zone=self.zone, reading=self.reading, page=page
        )
        judge = Judge(wanted, local=local, tally=self.tally)
        has_context = bool(wanted.before or wanted.after)
        for at, item in timed(records, self.seen.zone or local, self.seen.first):
            verdict = judge(item)
            if has_context or verdict is not False:
                yield at, name, item, verdict

    def later(self) -> Iterator[Timed]:
        """Yield what `items` does, which is not begun before a heap has come to its first time."""
        yield self.seen.first, "", None, None
        yield from self.items()

    def render(self, writer: Writer, change: Change | None) -> Iterator[bytes]:
        """Yield its output."""
        return render(
            self.log.events(),
            writer,
            wanted=self.wanted,
            source=self.log.name,
            zone=self.zone,
            local=self.local,
            reading=self.reading,
            change=change,
            tally=self.tally,
        )


def _survey(log: MergedLog, zone: tzinfo | None, local: tzinfo | None, reading: LogHints) -> Survey:
    """Read a log to see what is in it; once more if its banner's zone is that of lines before."""
    seen, is_late = survey(log.events(), log.name, zone, local, reading)
    return survey(log.events(), log.name, seen.zone, local, reading)[0] if is_late else seen


def _parts(
    logs: Sequence[MergedLog],
    wanted: Filter,
    zone: tzinfo | None,
    local: tzinfo | None,
    reading: LogHints,
    tally: Tally | None,
) -> list[_SurveyedLog]:
    """Read all logs for the first time."""
    parts = []
    for place, log in enumerate(logs):
        seen = _survey(log, zone, local, reading)
        own = replace(wanted, session=seen.session) if wanted.session == LAST else wanted
        parts.append(_SurveyedLog(place, log, seen, own, zone, local, reading, tally))
    return parts


def _groups(parts: Sequence[_SurveyedLog]) -> list[list[_SurveyedLog]]:
    """Return the logs in groups that follow one another; those of a group overlap."""
    groups: list[list[_SurveyedLog]] = []
    end: tuple[float, int] | None = None
    for part in sorted(parts, key=lambda part: (part.seen.earliest, part.place)):
        if end is None or (part.seen.earliest, part.place) > end:
            groups.append([])
            end = (part.seen.latest, part.place)
        groups[-1].append(part)
        end = max(end, (part.seen.latest, part.place))
    return [sorted(group, key=attrgetter("place")) for group in groups]


def _in_order(group: Sequence[_SurveyedLog]) -> Iterator[Timed]:
    """Yield the items of a group in order of time."""
    if len(group) == 1 and group[0].seen.in_order:
        yield from group[0].items()
        return
    with ExitStack() as files:
        runs: list[Iterable[Timed]] = []
        if _most_at_once(group) > _SIDE_BY_SIDE:
            everything = chain.from_iterable(part.items() for part in group)
            runs = sorted_runs(everything, files, spill=False)
        else:
            for part in group:
                if part.seen.in_order:
                    runs.append(part.later())
                else:
                    runs += sorted_runs(part.items(), files, spill=len(group) > 1)
        yield from (each for each in heapq.merge(*runs, key=itemgetter(0)) if each[2] is not None)


def _most_at_once(group: Sequence[_SurveyedLog]) -> int:
    """Return how many logs of a group have begun and not ended at a time, at most."""
    ends: list[float] = []
    most = 0
    for seen in sorted((part.seen for part in group), key=attrgetter("earliest")):
        while ends and ends[0] < seen.earliest:
            heapq.heappop(ends)
        heapq.heappush(ends, seen.latest)
        most = max(most, len(ends))
    return most


def _around(items: Iterable[Timed], wanted: Filter) -> Iterator[Shown[Named]]:
    """Yield of `items` those that are wanted, and those around them."""
    judged = (((name, item), known) for _, name, item, known in items if item is not None)
    yield from Around(wanted, past_losses=True).pick(judged)  # one log's is no gap in another


def _written(
    items: Iterator[Shown[Named]], writer: Writer, change: Change | None
) -> Iterator[bytes]:
    for stretch in _stretches(items):
        batch: list[Shown[Record | Loss]] = []
        for (name, item), is_wanted, is_apart in stretch:
            shown: Shown[Record | Loss] = Shown(item, is_wanted, is_apart)
            if isinstance(item, Record):
                batch.append(shown)
            else:  # it does not know its log
                yield write_shown(batch, writer, "", change)
                yield write_shown([shown], writer, name)
                batch = []
        yield write_shown(batch, writer, "", change)


def _stretches(items: Iterator[Shown[Named]]) -> Iterator[list[Shown[Named]]]:
    """Yield items in batches: one line may be many records of 4 MB."""
    stretch: list[Shown[Named]] = []
    size = 0
    for shown in items:
        stretch.append(shown)
        size += len(shown.item[1][0]) if isinstance(shown.item[1], Record) else 0
        if len(stretch) >= _RECORDS or size >= _BYTES:
            yield stretch
            stretch, size = [], 0
    if stretch:
        yield stretch


def _as_text(log: MergedLog, writer: TextWriter) -> Iterator[bytes]:
    """Yield the text of a log as it is, with its name before each record if the writer names it."""
    prefixer = Prefixer(writer.name_of(log.name))
    yield writer.end_line()
    for event in pages(log.events()):
        if isinstance(event, Page):
            yield writer.add(prefixer.add(event.data))
        else:  # the log has changed since the first reading
            prefixer.end()
            yield writer.add(event, log.name)
