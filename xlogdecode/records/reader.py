"""The exact lane: pages of text -> records."""

from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from itertools import chain
from typing import cast

from xlogdecode.records.events import PAGE, Event, Loss, Page, pages
from xlogdecode.records.look_ahead import look_ahead
from xlogdecode.records.page_reader import PageReader, Part
from xlogdecode.records.reading import AS_LOGGED, LogHints
from xlogdecode.records.record import Place, Record
from xlogdecode.records.runs import RecordRun
from xlogdecode.records.timestamps import Stamps, date_in_name

__all__ = ["read_batches", "read_parts", "read_records", "read_runs", "read_uncut"]


def read_records(
    events: Iterable[Event],
    *,
    source: str = "",
    zone: tzinfo | None = None,
    reading: LogHints = AS_LOGGED,
    page: int = PAGE,
) -> Iterator[Record | Loss]:
    """Yield the records of one source, and its losses, in order; memory stays flat.

    `events` are the decoder's: `(block offset, text)` and losses. A time without a zone is in that
    of the session's banner, else of the log's first banner (`look_ahead`), else in `zone`. A line
    without a year takes it from the date in `source`, a file's name, or from the banner. A record
    ends at a loss; what follows a loss and opens no layout is a record without fields. A record
    longer than LONGEST comes in parts that share its fields.
    `reading` is what a person says of the log: its layout, its encoding.
    """
    for batch in read_batches(events, source=source, zone=zone, reading=reading, page=page):
        yield from batch if isinstance(batch, list) else (batch,)


def read_batches(
    events: Iterable[Event],
    *,
    source: str = "",
    zone: tzinfo | None = None,
    reading: LogHints = AS_LOGGED,
    page: int = PAGE,
) -> Iterator[list[Record] | Loss]:
    """Yield what `read_records` yields, the records in lists: as fast as it goes."""
    for found in read_runs(events, source=source, zone=zone, reading=reading, page=page):
        if isinstance(found, list):
            parts = (part.records() if isinstance(part, RecordRun) else part for part in found)
            yield list(chain.from_iterable(parts))
        else:
            yield found


def read_runs(
    events: Iterable[Event],
    *,
    source: str = "",
    zone: tzinfo | None = None,
    reading: LogHints = AS_LOGGED,
    page: int = PAGE,
    take: Callable[[Iterable[Event]], Iterator[Event]] | None = None,
) -> Iterator[list[RecordRun | list[Record]] | Loss]:
    """Yield what `read_batches` yields, but many records of a kind in a row as columns.

    Of a log in layouts of the table, `take` takes what is to be read once its layout is known.
    """
    for found in _read(events, source, zone, reading, page, is_uncut=False, take=take):
        yield cast("list[RecordRun | list[Record]] | Loss", found)


def read_uncut(
    events: Iterable[Event],
    *,
    source: str = "",
    zone: tzinfo | None = None,
    reading: LogHints = AS_LOGGED,
    page: int = PAGE,
) -> Iterator[list[Part] | Loss]:
    """Yield what `read_runs` yields, but where that is possible, the text of runs (`uncut`)."""
    yield from _read(events, source, zone, reading, page, is_uncut=True)


def _read(
    events: Iterable[Event],
    source: str,
    zone: tzinfo | None,
    reading: LogHints,
    page: int,
    *,
    is_uncut: bool,
    take: Callable[[Iterable[Event]], Iterator[Event]] | None = None,
) -> Iterator[list[Part] | Loss]:
    ahead = look_ahead(events, reading)
    if take and ahead.is_of_the_table:
        ahead = ahead._replace(events=take(ahead.events))
    stamps = Stamps(ahead.zone or zone, date_in_name(source))
    place = Place(source, None, recovered=False, stamps=stamps, encoding=reading.encoding)
    reader = PageReader(place, reading, ahead.settled, is_uncut=is_uncut)
    own = ahead.settled.own if ahead.settled else None
    for event in pages(ahead.events, page, own):
        if isinstance(event, Page):
            yield reader.read(event)
        else:
            yield reader.end()
            yield event
    yield reader.end()


def read_parts(
    events: Iterable[Event],
    *,
    source: str = "",
    zone: tzinfo | None = None,
    reading: LogHints = AS_LOGGED,
) -> Iterator[RecordRun | Record | Loss]:
    """Yield what `read_records` yields, but many records of a kind in a row as one run."""
    for found in read_runs(events, source=source, zone=zone, reading=reading):
        for part in found if isinstance(found, list) else [found]:
            if isinstance(part, list):
                yield from part
            else:
                yield part
