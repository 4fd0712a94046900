"""All inputs of a case -> one page; several processes read logs, where that is of use."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from xlogdecode.decoder.options import Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, MissingExtraError
from xlogdecode.inputs import (
    STDIN,
    Entry,
    FoundFile,
    Input,
    Refusal,
    SavedBlocks,
    is_crash_buffer,
    is_log,
    is_url,
    iter_places,
    open_place,
)
from xlogdecode.jobs.exit_status import Status, of_report, state_of
from xlogdecode.jobs.forked_workers import LEFT, Left, in_turns
from xlogdecode.jobs.job import LEFT_OUT, add_cause
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.result import Result, failed
from xlogdecode.jobs.sharing import of_use
from xlogdecode.page import CasePage, LogFacts, SourceRows, SourceWorker
from xlogdecode.records import Loss, Record
from xlogdecode.records.events import Event, iter_events
from xlogdecode.records.reader import read_parts, read_records
from xlogdecode.records.reading import AS_LOGGED, LogHints
from xlogdecode.types import Sink, Source

if TYPE_CHECKING:
    from xlogdecode.filters import Filter
    from xlogdecode.records.runs import RecordRun
    from xlogdecode.redaction import Redactor
    from xlogdecode.summary.events import EventTable

__all__ = ["EVERYTHING", "CaseJob"]

EVERYTHING: Final = Request(recursive=True, periods=True)
"""The inputs: folders and plain text as well."""

_LISTED: Final = 4096
"""Inputs that are listed at a time."""
_LARGEST: Final = 4 << 20
"""Bytes of a file that another process reads: all that comes of it is held in memory."""
_AHEAD: Final = 1 << 20
"""Bytes that a process may be ahead."""

OnRead = Callable[[int], object] | None
Items = Iterable["Record | RecordRun | Loss"]


class _Answer(NamedTuple):
    """All that another process has to say of a log."""

    name: str
    path: str | None
    note: str
    rows: SourceRows
    report: Report
    saved: SavedBlocks
    texts: list[bytes]
    """The text that has to be learnt from."""


@dataclass(slots=True)
class CaseJob:
    """Fills a page with what its inputs give."""

    page: CasePage
    wanted: "Filter"
    zone: tzinfo | None = None
    options: Options = field(default_factory=Options)
    redactor: "Redactor | None" = None
    """That of the page."""
    reading: "LogHints | None" = None
    events: "EventTable | None" = None
    """Those of the page."""
    _saved: SavedBlocks = field(default_factory=SavedBlocks)
    _worker: SourceWorker | None = None
    """Of this process, where it is one that was forked."""

    def results(self, paths: Sequence[str], on_read: OnRead = None) -> Iterator[Result]:
        """Add every log that `paths` lead to; yield the result of each input.

        `on_read` gets the number of bytes that were read.
        """
        self._saved.left = [path for path in paths if is_log(path, plain=False)]
        places = iter_places(paths, recursive=True, plain=True)
        while listed := list(islice(places, _LISTED)):
            for is_shareable, group in groupby(listed, _is_shareable):
                items = list(group)
                if is_shareable:
                    found = [item for item in items if isinstance(item, FoundFile)]
                    yield from self._shared(found, on_read)
                else:
                    for item in items:
                        yield from self._one(item, on_read)

    def _shared(self, places: Sequence[FoundFile], on_read: OnRead) -> Iterator[Result]:
        processes = of_use(places, EVERYTHING)
        answers: Iterable[object] = [None] * len(places)
        if processes > 1:
            answers = in_turns(places, self._answer, processes, ahead=_AHEAD)
        for place, answer in zip(places, answers, strict=True):
            if isinstance(answer, _Answer) and self.page.fits(answer.rows):
                yield self._take(answer, on_read)
            else:
                yield from self._one(place, on_read)

    def _answer(self, place: FoundFile, _: Sink | None) -> _Answer | Left:
        """Return what a log gives, in a process of its own; what fails is left."""
        worker = self._worker = self._worker or SourceWorker(os.getpid(), self.events)
        for entry in open_place(place, plain=True):
            if isinstance(entry, Refusal):
                return LEFT
            report, saved, texts = Report(), SavedBlocks(), list[bytes]()
            try:
                with entry.source as opened:
                    if not isinstance(opened, Input) or opened.size > _LARGEST:
                        return LEFT
                    source = saved.unsaved(opened, is_buffer=False)
                    if source is None:
                        return LEFT
                    events = iter_events(source, self.options, report, per_block=False)
                    if self.redactor is not None:
                        events = _keeping_text(events, texts)
                    rows = worker.rows_of(entry.name, self._records(events, entry.name))
            except (InputError, MissingExtraError):
                return LEFT
            if rows is None:
                return LEFT
            return _Answer(entry.name, entry.path, entry.note, rows, report, saved, texts)
        return LEFT

    def _take(self, answer: _Answer, on_read: OnRead) -> Result:
        """Take what another process has read; learn first, as if it were read here."""
        if on_read is not None:
            on_read(answer.report.bytes_in)
        if self.redactor is not None:
            _learn(answer.texts, self.redactor)
        self._saved.add(answer.saved)
        facts = LogFacts(answer.name)
        self.page.take(answer.rows, facts)
        return _completed(facts, answer.report, answer.path, answer.note)

    def _one(self, place: FoundFile | Refusal, on_read: OnRead) -> Iterator[Result]:
        """Add what is at a place, or in the archive there, in this process."""
        if isinstance(place, Refusal):
            yield self._refused(place)
            return
        for entry in open_place(place, plain=True, on_read=on_read):
            yield self._refused(entry) if isinstance(entry, Refusal) else self._add(entry)

    def _refused(self, refusal: Refusal) -> Result:
        facts = self.page.add(refusal.name, ())
        facts.state = "failed" if refusal.is_failure else "skipped"
        facts.detail = refusal.reason
        if refusal.is_failure:
            return failed(refusal.name, InputError(str(refusal)))
        return Result(refusal.name, Status.OK, Report(), note=refusal.reason, is_skipped=True)

    def _add(self, entry: Entry) -> Result:
        report, states = Report(), self.page.states
        before = len(states)
        try:
            with entry.source as opened:
                source = self._saved.unsaved(opened, is_buffer=is_crash_buffer(entry.below))
                if source is None:
                    facts = self.page.add(entry.name, ())
                    facts.state, facts.detail = "skipped", LEFT_OUT
                    return Result(entry.name, Status.OK, report, note=LEFT_OUT, is_skipped=True)
                events = self._learnt(source, report)
                facts = self.page.add(entry.name, self._records(events, entry.name))
        except (InputError, MissingExtraError) as error:
            facts = states[-1] if len(states) > before else self.page.add(entry.name, ())
            facts.state, facts.detail = "failed", str(error).removeprefix(f"{entry.name}: ")
            return failed(entry.name, error)
        return _completed(facts, report, entry.path, entry.note)

    def _learnt(self, source: Source, report: Report) -> Iterator[Event]:
        """Return the events of a log, once all private values in it are known."""
        events = iter_events(source, self.options, report, per_block=False)
        if self.redactor is None:
            return events
        from xlogdecode.redaction import learn_first

        return learn_first(events, self.redactor)

    def _records(self, events: Iterator[Event], name: str) -> Items:
        reading = self.reading or AS_LOGGED
        if self.wanted.is_empty:
            return read_parts(events, source=name, zone=self.zone, reading=reading)
        from xlogdecode.filters import select

        records = read_records(events, source=name, zone=self.zone, reading=reading)
        return select(records, self.wanted)


def _is_shareable(place: FoundFile | Refusal) -> bool:
    """Tell whether another process may read it: a log that waits for no other."""
    if isinstance(place, Refusal) or place.path == STDIN or is_url(place.path):
        return False
    return is_log(place.below, plain=True) and not is_crash_buffer(place.below)


def _keeping_text(events: Iterable[Event], texts: list[bytes]) -> Iterator[Event]:
    for event in events:
        if not isinstance(event, Loss):
            texts.append(bytes(event[1]))
        yield event


def _learn(texts: Iterable[bytes], redactor: "Redactor") -> None:
    from xlogdecode.redaction import learn_from

    for _ in learn_from(((0, text) for text in texts), redactor):
        pass
    if redactor.on_replay is not None:
        redactor.on_replay(1.0)


def _completed(facts: LogFacts, report: Report, path: str | None, note: str) -> Result:
    """Complete what is known of a log that was read; return its result."""
    status = of_report(report)
    add_cause(report, path)
    facts.report, facts.state = report, state_of(status, report).name.lower()
    if report.is_not_a_log:
        facts.detail = report.outcome()
    return Result(facts.name, status, report, note=note)
