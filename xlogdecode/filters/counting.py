"""The count of wanted records, by the faster way that can do it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo

from xlogdecode.filters.by_record import count_records
from xlogdecode.filters.by_text import Stages, search_of
from xlogdecode.filters.filter import Filter
from xlogdecode.filters.tally import PageTally, Tally
from xlogdecode.records import Event, read_records
from xlogdecode.records.events import PAGE, Page, pages
from xlogdecode.records.look_ahead import look_ahead
from xlogdecode.records.reading import AS_LOGGED, LogHints

__all__ = ["count", "count_text"]


def count(
    events: Iterable[Event],
    wanted: Filter,
    *,
    source: str = "",
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    reading: LogHints = AS_LOGGED,
    tally: Tally | None = None,
) -> int:
    """Return how many records of one source are wanted, those around them not counted.

    `source`, `zone` and `reading` are as for `read_records`, `local` as for `select`.
    """
    wanted = replace(wanted, before=0, after=0)
    if wanted.is_bulk:
        return count_text(
            events, wanted, source=source, zone=zone, local=local, reading=reading, tally=tally
        )
    records = read_records(events, source=source, zone=zone, reading=reading)
    return count_records(records, wanted, local=local, tally=tally)


def count_text(
    events: Iterable[Event],
    wanted: Filter,
    *,
    source: str = "",
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    reading: LogHints = AS_LOGGED,
    tally: Tally | None = None,
    page: int = PAGE,
) -> int:
    """Return how many records of one source are wanted; `wanted.is_bulk` must hold.

    The arguments are those of `select_text`. Records of context do not count.
    """
    from xlogdecode.records.bounds import Counter  # its patterns take 4 ms

    ahead = look_ahead(events, reading)
    if not ahead.is_of_the_table:
        records = read_records(ahead.events, source=source, zone=zone, reading=reading, page=page)
        return count_records(records, wanted, local=local, tally=tally)
    stages = Stages(wanted, source, ahead.zone or zone, local)
    read, counter = PageTally(tally), Counter()
    search = search_of(wanted, reading)
    for event in pages(ahead.events, page):
        if not isinstance(event, Page):
            stages.end()
            read.end()
            counter.end()
            if search:
                search.end()
            continue
        data = stages.take(event)
        if search:
            search.take(data, event.then)
        else:
            counter.add(data)
        read.add(event.data, found=bool(search.found if search else counter.found))
    if search:
        search.end()
    found = search.found if search else counter.found
    read.close(found=bool(found))
    return found
