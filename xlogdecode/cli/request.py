"""What the filter options ask for: imported only where one was given, since it costs 35 ms."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xlogdecode.cli.filter_options import FLAGS
from xlogdecode.decoder.decode import Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import ConfigError
from xlogdecode.filters import LAST, Filter, count
from xlogdecode.inputs import STDIN, STDIN_NAME
from xlogdecode.jobs.settings import Form
from xlogdecode.merge import Log, render_merged
from xlogdecode.records import Event, Record, read_records
from xlogdecode.records.events import iter_events
from xlogdecode.types import Sink, Source
from xlogdecode.when import parse_zone
from xlogdecode.writers import CsvWriter, JsonWriter, TextWriter, Writer, printable, render

if TYPE_CHECKING:
    from xlogdecode.redact import Redactor

__all__ = ["Asked", "parse_asked"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options ask for."""

    wanted: Filter
    form: str
    """`text`, `json` or `csv`."""
    count: bool
    """Only how many records are wanted."""
    merge: bool
    """All inputs as one timeline."""
    zone: tzinfo | None
    redactor: "Redactor | None"

    @property
    def is_plain(self) -> bool:
        """Nothing is asked for that the decoder's main road does not give."""
        needs_records = self.count or self.merge or self.redactor is not None
        return self.wanted.is_empty and self.form == "text" and not needs_records

    @property
    def wants_last(self) -> bool:
        """The last session is wanted, which nobody knows before the end."""
        return self.wanted.session == LAST

    @property
    def per_block(self) -> bool:
        """Each record is to tell its block (`iter_events`)."""
        return self.form != "text"

    @property
    def _change(self) -> Callable[[Record], Record] | None:
        return self.redactor.change if self.redactor else None

    def as_form(self, paths: Sequence[str]) -> Form:
        """Return what becomes of each log, unless all are merged; `paths` are all that is read."""
        if self.count:
            only = paths[0] if len(paths) == 1 else ""
            only = STDIN_NAME if only == STDIN else only
            return Form(partial(self._pour_count, only=only))
        suffix = ".log" if self.form == "text" else f".{self.form}"
        in_turn = self.redactor is not None  # placeholders are numbered as they come
        return Form(self._pour, self.writer().header, suffix, in_turn=in_turn, is_copy=False)

    def writer(self, *, marks: bool = True, named: bool = False, apart: bool = False) -> Writer:
        """Return what writes the form; `named` and `apart` are as for `TextWriter`."""
        if self.form == "text":
            return TextWriter(marks=marks, named=named, apart=apart)
        return JsonWriter(marks=marks) if self.form == "json" else CsvWriter(marks=marks)

    def render(self, events: Iterable[Event], writer: Writer, source: str) -> Iterator[bytes]:
        """Yield the output of one input, but for `writer.header`."""
        return render(
            events, writer, wanted=self.wanted, source=source, zone=self.zone, change=self._change
        )

    def render_merged(self, logs: Sequence[Log], writer: Writer) -> Iterator[bytes]:
        """Yield the output of all inputs as one timeline, but for `writer.header`."""
        return render_merged(logs, writer, wanted=self.wanted, zone=self.zone, change=self._change)

    def counted(self, events: Iterable[Event], source: str) -> int:
        """Return how many records of one input are wanted."""
        return count(read_records(events, source=source, zone=self.zone), self.wanted)

    def _pour(self, source: Source, sink: Sink, options: Options, name: str) -> Report:
        report = Report()
        writer = self.writer(marks=options.marks)
        faults: list[Exception] = []
        events = _noting(iter_events(source, options, report, per_block=self.per_block), faults)
        for chunk in self.render(events, writer, name):
            if chunk:
                sink.write(chunk)
        if faults:
            raise faults[0]
        return report

    def _pour_count(
        self, source: Source, sink: Sink, options: Options, name: str, *, only: str
    ) -> Report:
        """Write how many records are wanted, behind the name of the input if it is one of many."""
        report = Report()
        events = iter_events(source, options, report, per_block=False)
        number = self.counted(events, name)
        if not report.gave_nothing:
            sink.write(f"{'' if name == only else f'{printable(name)}: '}{number}\n".encode())
        return report


def _noting(events: Iterable[Event], faults: list[Exception]) -> Iterator[Event]:
    """Yield `events`; note what they raise, so that all that came before it is written first."""
    try:
        yield from events
    except Exception as fault:  # noqa: BLE001 - raised when that is done
        faults.append(fault)


def parse_asked(given: dict[str, Any], now: datetime) -> Asked:
    """Return what the options `given` (`take_filters`) ask for; `now` is aware.

    Raises UsageError for a value that is none, ConfigError for a file of patterns that is none.
    """
    told = dict.fromkeys(FLAGS) | given
    own, redacts = told["redact_patterns"], told["redact"] or told["redact_patterns"]
    return Asked(
        _wanted(told, now),
        told["form"] or "text",
        bool(told["count"]),
        bool(told["merge"]),
        _parsed(parse_zone, told["tz"]),
        _redactor(own) if redacts else None,
    )


def _wanted(told: dict[str, Any], now: datetime) -> Filter:
    return Filter(
        since=told["since"],
        until=told["until"],
        level=told["level"],
        tags=told["tags"] or (),
        pids=told["pids"] or (),
        tids=told["tids"] or (),
        grep=told["grep"],
        ignore_case=bool(told["ignore_case"]),
        invert=bool(told["invert_match"]),
        session=told["session"],
        before=_first_of(told["before"], told["around"]),
        after=_first_of(told["after"], told["around"]),
        now=now,
    )


def _first_of(*numbers: int | None) -> int:
    return next((number for number in numbers if number is not None), 0)


def _parsed(parse: Callable[[str], T], text: str | None) -> T | None:
    return None if text is None else parse(text)


def _redactor(path: str | None) -> "Redactor":
    from xlogdecode.redact import Redactor, built_in_patterns, parse_patterns

    own = []
    if path is not None:
        try:
            own = parse_patterns(Path(path).read_text("utf-8"), path)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{path}:1:1: no text: write patterns in YAML, in UTF-8") from None
    return Redactor([*own, *built_in_patterns()])
