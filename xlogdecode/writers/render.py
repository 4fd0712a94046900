"""From events to bytes: all steps for one source, by the faster lane that can do them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from itertools import chain, islice
from typing import Protocol, TypeGuard, TypeVar, cast, runtime_checkable

from xlogdecode.filters import LAST, Filter, Last, Selector, Shown, Tally, last_of_text, select_text
from xlogdecode.records import Event, Loss, Record, read_batches
from xlogdecode.records.look_ahead import look_ahead
from xlogdecode.records.page_reader import Part
from xlogdecode.records.reader import read_runs, read_uncut
from xlogdecode.records.reading import AS_LOGGED, LogHints
from xlogdecode.records.runs import RecordRun
from xlogdecode.records.sessions import last_session
from xlogdecode.records.uncut import UncutRun
from xlogdecode.writers.clear_lines import ClearLinesAside, PartLines
from xlogdecode.writers.messages import ChangeMessages, with_changed_messages
from xlogdecode.writers.text import TextWriter

__all__ = ["Writer", "is_bulk", "last_of", "render", "write_shown"]

T = TypeVar("T")

Batch = Sequence[Record | Loss]
Change = Callable[[Batch], Batch] | None
Add = Callable[[Iterable[Batch]], Iterable[Batch]] | None
Pages = Iterable[list[Part] | Loss] | Iterable[list[RecordRun | list[Record]] | Loss]

_BATCH = 1024


class Writer(Protocol):
    """A maker of bytes from records."""

    header: bytes
    """Comes once, before the first source."""

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the bytes of `batch`; `source` is that of the losses."""

    def close(self) -> bytes:
        """Return what comes behind the last source."""


@runtime_checkable
class SessionsWriter(Writer, Protocol):
    """A writer of sessions, whose rows come at the end of a source.

    It gets all lines at which sessions begin and end, whatever the filter.
    """

    with_banners: bool


@runtime_checkable
class RunWriter(Writer, Protocol):
    """A writer that takes records in runs, too."""

    def write_run(self, run: RecordRun) -> bytes:
        """Return the bytes of a run."""


@runtime_checkable
class UncutWriter(RunWriter, Protocol):
    """A writer that cuts runs itself."""

    def write_uncut(self, run: UncutRun) -> bytes:
        """Return the bytes of a run that is not cut yet."""


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
    reading: LogHints = AS_LOGGED,
    change: Change = None,
    change_messages: ChangeMessages | None = None,
    part_lines: PartLines | None = None,
    add: Add = None,
    tally: Tally | None = None,
    last: int | None = None,
    follows: bool = False,
) -> Iterator[bytes]:
    """Yield the output of one source, in chunks, without `writer.header`.

    `last` is how many records are wanted at most, the last ones; no more are held in memory. With
    `follows` these are the last until nothing more is there for now, and all comes after that.

    `zone`, `reading` and `local` are as for `read_records` and `select`; `change` is done to what
    is written (`redaction.Redactor.change_all`), and if `change_messages` is given, that to their
    messages does the same faster, and need not be done to the clear lines of `part_lines`. `add`
    gives all records that are read what the writer needs of others (`summary.context`). Level and
    time alone, written as text, take the bulk lane. Where an event says that nothing more is there
    for now, a chunk ends, even an empty one; but the last session comes when all is over.
    """
    wanted = wanted or Filter()
    is_exact, events = _needs_records(events, wanted, last, reading, follows=follows)
    if is_bulk(writer, wanted, change) and isinstance(writer, TextWriter) and not is_exact:
        spans = select_text(
            events, wanted, source=source, zone=zone, local=local, reading=reading, tally=tally,
            left_out=writer.gap,
        )  # fmt: skip
        spans = spans if last is None else last_of_text(spans, last)
        yield from (writer.add(span, source) for span in spans)
        return
    by_page = wanted.is_empty and last is None and add is None
    if by_page and (change is None or change_messages) and _takes_runs(writer):
        clear = part_lines if reading == AS_LOGGED and isinstance(writer, TextWriter) else None
        aside = ClearLinesAside(clear) if clear else None
        pages = _pages(events, writer, source, zone, reading, change_messages, aside)
        yield from _by_page(pages, writer, source, aside)
        return
    pauses: list[Event] = []
    events = _noting_pauses(events, pauses) if follows else events
    batches, wanted = _batches(events, wanted, source, zone, reading, add)
    by_session = isinstance(writer, SessionsWriter)
    selector = Selector(wanted, local=local, tally=tally, with_banners=by_session)
    yield from _selected(batches, wanted, selector, writer, source, change, last, pauses)


def _needs_records(
    events: Iterable[Event],
    wanted: Filter,
    last: int | None,
    reading: LogHints,
    *,
    follows: bool,
) -> tuple[bool, Iterable[Event]]:
    """Tell whether the last records cannot be found in the text alone; return all events, too.

    Of lines that were found, nobody can tell any more which are records by themselves.
    """
    if last is None or follows or wanted.grep or wanted.before or wanted.after:
        return last is not None, events
    ahead = look_ahead(events, reading)
    return not ahead.is_of_the_table, ahead.events


def _selected(
    batches: Iterable[Batch],
    wanted: Filter,
    selector: Selector,
    writer: Writer,
    source: str,
    change: Change,
    last: int | None,
    pauses: Sequence[Event],
) -> Iterator[bytes]:
    if last is None and not wanted.before and not wanted.after:
        for batch in batches:
            found = batch if wanted.is_empty else list(selector.pick(batch))
            yield writer.write(change(found) if change else found, source)
        return
    groups: Iterable[Iterable[Shown[Record | Loss]]] = map(selector.show, batches)
    if last is not None:
        groups = last_of(groups, Last(last, wanted.before), pauses)
    yield from (write_shown(group, writer, source, change) for group in groups)


def _batches(
    events: Iterable[Event],
    wanted: Filter,
    source: str,
    zone: tzinfo | None,
    reading: LogHints,
    add: Add,
) -> tuple[Iterable[Batch], Filter]:
    """Return the records and losses among which to select, and what is still to be selected."""
    read = read_batches(events, source=source, zone=zone, reading=reading)
    batches: Iterable[Batch] = (batch if isinstance(batch, list) else [batch] for batch in read)
    if add is not None:
        batches = add(batches)
    if wanted.session == LAST:
        items = last_session(chain.from_iterable(batches))
        return _in_batches(items), replace(wanted, session=None)
    return batches, wanted


def _takes_runs(writer: Writer) -> TypeGuard[RunWriter]:
    return isinstance(writer, RunWriter) and not (isinstance(writer, TextWriter) and writer.apart)


def _pages(
    events: Iterable[Event],
    writer: RunWriter,
    source: str,
    zone: tzinfo | None,
    reading: LogHints,
    change_messages: ChangeMessages | None,
    aside: ClearLinesAside | None,
) -> Pages:
    """Return the records of pages in runs, cut as far as the writer needs them to be."""
    if isinstance(writer, UncutWriter) and not change_messages:
        return read_uncut(events, source=source, zone=zone, reading=reading)
    take = aside.take if aside else None
    pages = read_runs(events, source=source, zone=zone, reading=reading, take=take)
    return with_changed_messages(pages, change_messages) if change_messages else pages


def _by_page(
    pages: Pages,
    writer: RunWriter,
    source: str,
    aside: ClearLinesAside | None = None,
) -> Iterator[bytes]:
    """Yield all that is read, page by page; of text, with the lines that were put aside."""
    for page in pages:
        parts: Sequence[Part | Batch] = page if isinstance(page, list) else [[page]]
        written = b"".join([_written(part, writer, source) for part in parts])
        if aside is None:
            yield written
        else:
            is_loss = isinstance(page, Loss)
            yield aside.before_loss() + written if is_loss else aside.give(written)
    if aside is not None:
        yield aside.before_loss()


def _written(part: Part | Batch, writer: RunWriter, source: str) -> bytes:
    if isinstance(part, UncutRun):
        return cast("UncutWriter", writer).write_uncut(part)
    return writer.write_run(part) if isinstance(part, RecordRun) else writer.write(part, source)


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
