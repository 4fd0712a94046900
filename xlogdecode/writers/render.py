"""From events to bytes: all steps for one source, by the faster lane that can do them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from itertools import islice
from typing import Protocol, TypeVar

from xlogdecode.filters import LAST, Filter, Last, Selector, Shown, Tally, last_of_text, select_text
from xlogdecode.records import Event, Loss, Record, read_batches, read_records
from xlogdecode.records.sessions import last_session
from xlogdecode.writers.text import TextWriter

__all__ = ["Writer", "is_bulk", "last_of", "render", "write_shown"]

T = TypeVar("T")

Batch = Sequence[Record | Loss]
Change = Callable[[Batch], Batch] | None

_BATCH = 1024


class Writer(Protocol):
    """A maker of bytes from records."""

    header: bytes
    """Comes once, before the first source."""

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the bytes of `batch`; `source` is that of the losses."""

    def close(self) -> bytes:
        """Return what comes behind the last source."""


def is_bulk(
    writer: Writer,
    wanted: Filter,
    change: Change = None,
) -> bool:
    """Tell whether `render` takes the bulk lane."""
    as_text = isinstance(writer, TextWriter) and not writer.apart and change is None
    return as_text and wanted.is_bulk


def render(
    events: Iterable[Event],
    writer: Writer,
    *,
    wanted: Filter | None = None,
    source: str = "",
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    change: Change = None,
    tally: Tally | None = None,
    last: int | None = None,
    follows: bool = False,
) -> Iterator[bytes]:
    """Yield the output of one source, in chunks, without `writer.header`.

    `last` is how many records are wanted at most, the last ones; no more are held in memory. With
    `follows` these are the last until nothing more is there for now, and all comes after that.

    `zone` and `local` are as for `read_records` and `select`; `change` is done to what is
    written (`redaction.Redactor.change_all`). Level and time alone, written as text, take the
    bulk lane. Where an event says that nothing more is there for now, a chunk ends, even an empty
    one; but the last session comes when all is over.
    """
    wanted = wanted or Filter()
    # of lines that were found, nobody can tell any more which are records by themselves
    is_exact = last is not None and bool(follows or wanted.grep or wanted.before or wanted.after)
    if is_bulk(writer, wanted, change) and isinstance(writer, TextWriter) and not is_exact:
        spans = select_text(
            events, wanted, source=source, zone=zone, local=local, tally=tally, left_out=writer.gap
        )
        if last is not None:
            spans = last_of_text(spans, last)
        yield from (writer.add(span, source) for span in spans)
        return
    pauses: list[Event] = []
    if follows:
        events = _noting_pauses(events, pauses)
    batches, wanted = _batches(events, wanted, source, zone)
    selector = Selector(wanted, local=local, tally=tally)
    if last is not None or wanted.before or wanted.after:
        groups: Iterable[Iterable[Shown[Record | Loss]]] = map(selector.show, batches)
        if last is not None:
            groups = last_of(groups, Last(last, wanted.before), pauses)
        yield from (write_shown(group, writer, source, change) for group in groups)
        return
    for batch in batches:
        found = batch if wanted.is_empty else list(selector.pick(batch))
        yield writer.write(change(found) if change else found, source)


def _batches(
    events: Iterable[Event], wanted: Filter, source: str, zone: tzinfo | None
) -> tuple[Iterable[Batch], Filter]:
    """Return the records and losses among which to select, and what is still to be selected."""
    if wanted.session == LAST:
        items = last_session(read_records(events, source=source, zone=zone))
        return _in_batches(items), replace(wanted, session=None)
    read = read_batches(events, source=source, zone=zone)
    return (batch if isinstance(batch, list) else [batch] for batch in read), wanted


def last_of(
    groups: Iterable[Iterable[Shown[T]]], last: Last[T], pauses: Sequence[object] = ()
) -> Iterator[Iterable[Shown[T]]]:
    """Yield the last of all groups; and all that comes once there has been a pause."""
    is_over = False
    for group in groups:
        if is_over:
            yield group
            continue
        for each in group:
            last.add(each)
        is_over = bool(pauses)
        yield last.take() if is_over else ()
    yield last.take()


def _noting_pauses(events: Iterable[Event], pauses: list[Event]) -> Iterator[Event]:
    """Yield `events`, and note the first that says that nothing more is there for now."""
    for event in events:
        match event:
            case (_, text) if not text and not pauses:
                pauses.append(event)
        yield event


def write_shown(
    shown: Iterable[Shown[Record | Loss]], writer: Writer, source: str, change: Change = None
) -> bytes:
    """Return what is written of records, and of the lines between groups of them in text."""
    parts: list[bytes] = []
    batch: list[Record | Loss] = []
    for item, _, is_apart in shown:
        if is_apart and isinstance(writer, TextWriter):
            parts.append(writer.write(change(batch) if change else batch, source))
            writer.gap()
            batch = []
        batch.append(item)
    parts.append(writer.write(change(batch) if change else batch, source))
    return b"".join(parts)


def _in_batches(items: Iterator[Record | Loss]) -> Iterator[Batch]:
    while batch := list(islice(items, _BATCH)):
        yield batch
