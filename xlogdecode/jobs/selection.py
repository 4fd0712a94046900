"""Which records are taken, and in which format they are written.

Imported only where a filter or a format is wanted: patterns of records take 35 ms to load.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING

from xlogdecode.decoder.options import Options
from xlogdecode.decoder.report import Report
from xlogdecode.filters import LAST, Filter, Tally, count
from xlogdecode.outputs.sanitize import shown
from xlogdecode.records import Event, Loss, Record
from xlogdecode.records.events import iter_events
from xlogdecode.records.reading import AS_LOGGED, LogHints
from xlogdecode.records.record import CONTEXT_KEYS
from xlogdecode.types import Sink, Source
from xlogdecode.writers import (
    ONE_STREAM,
    SESSIONS,
    Style,
    Writer,
    render,
    suffix_of,
    writer_of,
)

if TYPE_CHECKING:
    from xlogdecode.merging import MergedLog
    from xlogdecode.redaction import Redactor

__all__ = ["Selection"]

_MOST_WAITING = 1000
Batch = Sequence[Record | Loss]


@dataclass(frozen=True, slots=True)
class Selection:
    """The records of each input that are taken, and how they are written."""

    filter: Filter = field(default_factory=Filter)
    format: str = "text"
    """One of `writers.FORMATS`."""
    last: int | None = None
    """So many records at most, the last ones, are taken."""
    count: bool = False
    """Only the number of the records is written."""
    fields: tuple[str, ...] = ()
    """Of rows: the fields, else all (`writers.parse_fields`)."""
    with_context: bool = False
    """Of rows: they have what is known of their session."""
    excel: bool = False
    """Of CSV: it is for Excel."""
    partition_by: tuple[str, ...] = ()
    """Of Parquet: the keys of a Hive dataset, which is the output (`writers.partitions`)."""
    zone: tzinfo | None = None
    """The zone of times that have none."""
    reading: LogHints = AS_LOGGED
    """The layout and the encoding of the logs, as a person gave them."""
    is_local: bool = False
    """Times are written in the zone of the machine."""
    redactor: "Redactor | None" = None
    sole_name: str = ""
    """The one input whose count is written without its name."""

    @property
    def is_plain(self) -> bool:
        """Whether the output is what decoding alone gives."""
        as_text = self.format == "text" and not self.count and self.redactor is None
        return as_text and self.filter.is_empty and self.last is None

    @property
    def suffix(self) -> str:
        """The end of the name of each file that is written."""
        suffix = suffix_of(self.format)
        return suffix if self.redactor is None else f".redacted{suffix}"

    @property
    def header(self) -> bytes:
        """The first bytes of each output."""
        return b"" if self.count or self.is_one_stream else self.writer().header

    @property
    def is_one_stream(self) -> bool:
        """Whether what goes to one output comes of one writer."""
        return self.format in ONE_STREAM and not self.count

    @property
    def wants_last(self) -> bool:
        """Whether the last session is wanted, which is known at the end only."""
        return self.filter.session == LAST

    @property
    def per_block(self) -> bool:
        """Whether each record names its block (`iter_events`)."""
        return self.format not in {"text", SESSIONS}

    @property
    def _change(self) -> Callable[[Sequence[Record | Loss]], Sequence[Record | Loss]] | None:
        redact = self.redactor.change_all if self.redactor else None
        if not self.is_local:
            return redact
        from xlogdecode.records.local_times import LocalTimes

        move = LocalTimes().change_all
        return move if redact is None else lambda batch: move(redact(batch))

    @property
    def _change_messages(self) -> Callable[[Sequence[str]], list[str]] | None:
        """The change of the messages, where nothing else is changed."""
        return None if self.redactor is None or self.is_local else self.redactor.change_messages

    @property
    def _part_lines(self) -> "Callable[[bytes], list[tuple[bytes, bytes]]] | None":
        """The function that knows the lines which are not changed."""
        return None if self.redactor is None or self.is_local else self.redactor.part

    def writer(self, *, marks: bool = True, named: bool = False, apart: bool = False) -> Writer:
        """Return the writer of the format; `named` and `apart` are as for `TextWriter`."""
        style = Style(marks, named, apart, self.fields, self.with_context, self.excel)
        return writer_of(self.format, style)

    @property
    def _needs_context(self) -> bool:
        return self.with_context or bool(set(CONTEXT_KEYS) & set(self.fields))

    def _add_context(self, source: str) -> "Callable[[Iterable[Batch]], Iterator[Batch]] | None":
        if not self._needs_context:
            return None
        from xlogdecode.summary.context import with_context

        return partial(with_context, source=source, change=self._change)

    def render(
        self,
        events: Iterable[Event],
        writer: Writer,
        source: str,
        tally: Tally | None = None,
        *,
        follows: bool = False,
    ) -> Iterator[bytes]:
        """Yield the output of one input, without `writer.header`; `follows` is as for `render`."""
        source = self._shown_source(source)
        return render(
            events,
            writer,
            wanted=self.filter,
            source=source,
            zone=self.zone,
            reading=self.reading,
            change=self._change,
            change_messages=self._change_messages,
            part_lines=self._part_lines,
            add=self._add_context(source),
            tally=tally,
            last=self.last,
            follows=follows,
        )

    def _shown_source(self, name: str) -> str:
        """Return the name of an input as the output has it: a home folder tells who someone is."""
        return self.redactor.redact(name) if self.redactor is not None else name

    def render_merged(
        self, logs: "Sequence[MergedLog]", writer: Writer, tally: Tally | None = None
    ) -> Iterator[bytes]:
        """Yield the output of all inputs as one timeline, without `writer.header`."""
        from xlogdecode.merging import render_merged

        if self.redactor is not None:
            from xlogdecode.redaction import learn_from

            for log in logs:
                deque(learn_from(log.events(), self.redactor), maxlen=0)
            logs = [replace(log, name=self._shown_source(log.name)) for log in logs]
        return render_merged(
            logs,
            writer,
            wanted=self.filter,
            zone=self.zone,
            reading=self.reading,
            change=self._change,
            tally=tally,
            last=self.last,
        )

    def convert(
        self,
        source: Source,
        sink: Sink,
        options: Options,
        name: str,
        shared: Writer | None = None,
    ) -> tuple[Report, Tally]:
        """Write what is taken of `source`, which is called `name`, to `sink`.

        A `shared` writer has more to come: it is not closed.
        """
        if self.count:
            return self._count(source, sink, options, name)
        report, tally = Report(), Tally()
        faults: list[Exception] = []
        events = _noting(iter_events(source, options, report, per_block=self.per_block), faults)
        if self.redactor is not None:
            from xlogdecode.redaction import learn_first

            events = learn_first(events, self.redactor)
        writer = shared or self.writer(marks=options.marks)
        is_text, waiting = self.format == "text", list[bytes]()
        for chunk in self.render(events, writer, name, tally):
            if is_text and report.gave_nothing:  # what is not a log gets no marks
                waiting = [*waiting, chunk][-_MOST_WAITING:]
            elif chunk:
                sink.write(b"".join((*waiting, chunk)))
                waiting = []
        if faults:
            raise faults[0]
        if shared is None and (end := writer.close()):
            sink.write(end)
        return report, tally

    def _count(
        self, source: Source, sink: Sink, options: Options, name: str
    ) -> tuple[Report, Tally]:
        """Write the number of the records that are taken."""
        report, tally = Report(), Tally()
        events = iter_events(source, options, report, per_block=False)
        number = count(
            events, self.filter, source=name, zone=self.zone, reading=self.reading, tally=tally
        )
        if not report.gave_nothing:
            label = "" if name == self.sole_name else f"{shown(name)}: "
            sink.write(f"{label}{number}\n".encode())
        return report, tally


def _noting(events: Iterable[Event], faults: list[Exception]) -> Iterator[Event]:
    """Yield `events`; note what they raise, so that all that came before it is written first."""
    try:
        yield from events
    except Exception as fault:  # noqa: BLE001 - raised when that is done
        faults.append(fault)
