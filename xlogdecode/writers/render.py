"""From events to bytes: all steps for one source, by the faster lane that can do them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import groupby, islice
from tempfile import SpooledTemporaryFile
from typing import Protocol

from xlogdecode.filters import LAST, Filter, Selector, Tally, select_text
from xlogdecode.platform.temporary import keeping
from xlogdecode.records import Event, Loss, Record, read_batches, read_records
from xlogdecode.writers.text import TextWriter

__all__ = ["Writer", "is_bulk", "render"]

Batch = Sequence[Record | Loss]

_BATCH = 1024
_IN_MEMORY = 8 << 20
"""Bytes of the last session that are held in memory; more lie in a temporary file."""


class Writer(Protocol):
    """A maker of bytes from records."""

    header: bytes
    """Comes once, before the first source."""

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the bytes of `batch`; `source` is that of the losses."""


def is_bulk(writer: Writer, wanted: Filter, change: Callable[[Batch], Batch] | None = None) -> bool:
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
    change: Callable[[Batch], Batch] | None = None,
    tally: Tally | None = None,
) -> Iterator[bytes]:
    """Yield the output of one source, in chunks, without `writer.header`.

    `zone` and `local` are as for `read_records` and `select`; `change` is done to what is
    written (`redaction.Redactor.change_all`). Level and time alone, written as text, take the
    bulk lane. Where an event says that nothing more is there for now, a chunk ends, even an empty
    one; but the last session comes when all is over.
    """
    wanted = wanted or Filter()
    if is_bulk(writer, wanted, change) and isinstance(writer, TextWriter):
        spans = select_text(events, wanted, source=source, zone=zone, local=local, tally=tally)
        yield from (writer.add(span, source) for span in spans)
        return

    def written(batches: Iterable[Batch]) -> Iterator[bytes]:
        pick = None if wanted.is_empty else Selector(wanted, local=local, tally=tally).pick
        for batch in batches:
            found = batch if pick is None else list(pick(batch))
            if change is not None:
                found = change(found)
            yield writer.write(found, source)

    if wanted.session == LAST:
        yield from _last(read_records(events, source=source, zone=zone), written)
        return
    batches = read_batches(events, source=source, zone=zone)
    yield from written(batch if isinstance(batch, list) else [batch] for batch in batches)


def _last(
    items: Iterable[Record | Loss], written: Callable[[Iterable[Batch]], Iterator[bytes]]
) -> Iterator[bytes]:
    """Yield what is written of the last session, and of the losses before it.

    Each session is held until another begins.
    """
    number: int | None = None

    def session_of(item: Record | Loss) -> int | None:
        nonlocal number
        number = item.session if isinstance(item, Record) else number
        return number

    losses: list[Record | Loss] = []
    with SpooledTemporaryFile(_IN_MEMORY) as lost, SpooledTemporaryFile(_IN_MEMORY) as held:
        for _, group in groupby(items, session_of):
            held.seek(0)
            held.truncate()
            for chunk in written([losses]):
                with keeping("what was lost"):
                    lost.write(chunk)
            losses.clear()
            for chunk in written(_in_batches(_noting(group, losses))):
                with keeping("the last session"):
                    held.write(chunk)
        for file in (lost, held):
            with keeping("the last session"):
                file.seek(0)
            while chunk := file.read(1 << 16):
                yield chunk


def _noting(items: Iterator[Record | Loss], losses: list[Record | Loss]) -> Iterator[Record | Loss]:
    for item in items:
        if not isinstance(item, Record):
            losses.append(item)
        yield item


def _in_batches(items: Iterator[Record | Loss]) -> Iterator[Batch]:
    while batch := list(islice(items, _BATCH)):
        yield batch
