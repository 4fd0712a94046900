"""How many records are wanted, by the faster lane that can tell."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo

from xlogdecode.filters.by_record import count_records
from xlogdecode.filters.by_text import Stages
from xlogdecode.filters.filter import Filter
from xlogdecode.filters.search import Search
from xlogdecode.records import Event, read_records
from xlogdecode.records.bounds import Bounds
from xlogdecode.records.events import PAGE, Page, Then, pages

__all__ = ["count", "count_text"]


def count(
    events: Iterable[Event],
    wanted: Filter,
    *,
    source: str = "",
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
) -> int:
    """Return how many records of one source are wanted, those around them not counted.

    `source` and `zone` are as for `read_records`, `local` as for `select`.
    """
    wanted = replace(wanted, before=0, after=0)
    if wanted.is_bulk:
        return count_text(events, wanted, source=source, zone=zone, local=local)
    return count_records(read_records(events, source=source, zone=zone), wanted, local=local)


def count_text(
    events: Iterable[Event],
    wanted: Filter,
    *,
    source: str = "",
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    page: int = PAGE,
) -> int:
    """Return how many records of one source are wanted; `wanted.is_bulk` must hold.

    The arguments are those of `select_text`. Records of context do not count.
    """
    stages = Stages(wanted, source, zone, local)
    search, found, goes_on = Search(wanted) if wanted.grep else None, 0, False
    for event in pages(events, page):
        if not isinstance(event, Page):
            stages.end()
            goes_on = False
            if search:
                search.end()
            continue
        data = stages.take(event)
        if search:
            search.take(data, event.then)
        elif data:
            bounds = Bounds(data.decode("latin-1"), goes_on=goes_on)
            found += bounds.count()
            goes_on = bounds.open_from() is not None
        if event.then is Then.END:
            goes_on = False
    if search is None:
        return found
    search.end()
    return search.found
