"""`--merge`: all inputs are read twice, and written once, as one timeline."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from xlogdecode.cli.request import Asked
from xlogdecode.decoder.decode import DamagedError, Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, MissingExtraError, UsageError
from xlogdecode.inputs import (
    Entry,
    Refusal,
    Saved,
    is_crash_buffer,
    iter_entries,
)
from xlogdecode.inputs.spool import Opened, Spool
from xlogdecode.jobs.batch import Run
from xlogdecode.jobs.job import LEFT_OUT, Outcome, of_damage, through, torn
from xlogdecode.jobs.settings import Settings
from xlogdecode.jobs.status import Status, of_report
from xlogdecode.merge import Log, count_merged
from xlogdecode.outputs import SaveFile
from xlogdecode.records import Event
from xlogdecode.records.events import iter_events
from xlogdecode.types import Sink

__all__ = ["MergedRun"]

OnRead = Callable[[int], object] | None


class MergedRun(Run):
    """One call of the command whose inputs become one output."""

    def __init__(self, paths: list[str], settings: Settings, asked: Asked) -> None:
        """Take the paths, globs expanded. Raises UsageError for a folder as the output."""
        super().__init__(paths, settings)
        self._asked = asked
        if settings.output is not None and (settings.in_folder or settings.output.is_dir()):
            raise UsageError(f"{settings.output}: is a folder: -o names one file for a timeline")

    def outcomes(self, on_read: OnRead = None) -> Iterator[Outcome]:
        """Write the timeline; then yield what came of each input, in their order."""
        with Spool() as spool:
            found = self._inputs(spool, on_read)
            parts = [item for item in found if isinstance(item, _Part)]
            written = self._write(parts)
        for item in found:
            yield item.outcome(written) if isinstance(item, _Part) else item

    def _inputs(self, spool: Spool, on_read: OnRead) -> "list[_Part | Outcome]":
        """Return each log, or why it is left out."""
        found: list[_Part | Outcome] = []
        half = None if on_read is None else lambda size: on_read(size // 2)  # read twice
        for item in iter_entries(self.paths, recursive=self.settings.recursive, plain=True):
            if isinstance(item, Refusal) and not item.is_failure:
                self._passed_over.append(str(item))
                continue
            if isinstance(item, Refusal):
                found.append(Outcome(item.name, Status.FAILED, error=str(item)))
                continue
            try:
                with item.source:
                    opened = spool.keep(item, half)
            except InputError as error:
                found.append(Outcome(item.name, Status.FAILED, error=str(error)))
                continue
            found.append(_Part(item, opened, self._options, per_block=self._asked.per_block))
        return _without_saved(found)

    @property
    def _options(self) -> Options:
        return self.settings.options._replace(threads=1)  # many are read side by side

    def _write(self, parts: "Sequence[_Part]") -> Path | None:
        """Write the timeline; return the file that it went to."""
        target = self.settings.output
        if target is None:
            self._pour(self._sink, parts)
            return None
        if any(part.is_at(target) for part in parts):
            raise UsageError(f"{target}: is one of the inputs: -o names another file")
        file = SaveFile(target, replace=self.settings.force)
        try:
            with file:
                self._pour(file, parts)
                if all(part.gave_nothing for part in parts):
                    file.discard()
        except BaseException:
            file.clean()  # Ctrl-C may come as `with` is about to do it
            raise
        return target if file.is_written else None

    def _pour(self, sink: Sink, parts: "Sequence[_Part]") -> None:
        asked, logs = self._asked, [Log(part.name, part.events) for part in parts]
        if asked.count:
            sink.write(b"%d\n" % count_merged(logs, wanted=asked.wanted, zone=asked.zone))
            return
        marks, named = self.settings.options.marks, len(logs) > 1
        writer = asked.writer(marks=marks, named=named, apart=True)

        def pour(sink: Sink) -> None:
            for chunk in asked.render_merged(logs, writer):
                sink.write(chunk)

        sink.write(writer.header)
        through(sink, self.settings, pour)


class _Part:
    """One log of the timeline, and what came of it."""

    def __init__(self, entry: Entry, opened: Opened, options: Options, *, per_block: bool) -> None:
        self.name = entry.name
        self.is_crash_buffer = is_crash_buffer(entry.below)
        self.opened = opened
        self._file = entry.stat if entry.path else None
        self._options = options
        self._per_block = per_block
        self._report = Report()
        self._status: Status | None = None
        self._error = torn(entry)
        self._is_general = False

    def events(self) -> Iterator[Event]:
        """Yield what is in it: the second time what the first gave, but nothing where it failed."""
        if self._status is not None:
            return
        self._report = report = Report()
        try:
            with self.opened() as source:
                yield from iter_events(source, self._options, report, per_block=self._per_block)
        except DamagedError as damage:
            self._status, why = of_damage(damage)
            self._error = f"{self.name}: {why}"
        except (InputError, MissingExtraError) as failure:
            self._status, self._error = Status.FAILED, str(failure)
            self._is_general = isinstance(failure, MissingExtraError)

    @property
    def gave_nothing(self) -> bool:
        """Whether there is not even an empty log."""
        return self._status is not None or self._report.gave_nothing

    def is_at(self, path: Path) -> bool:
        """Tell whether it is the very file at `path`."""
        try:
            return self._file is not None and os.path.samestat(self._file, path.stat())
        except OSError:
            return False

    def outcome(self, written: Path | None) -> Outcome:
        """Return what came of it; `written` is the file of the timeline, if it went to one."""
        status = self._status or of_report(self._report)
        if self._error and status is Status.WHOLE:
            status = Status.LOST
        return Outcome(
            self.name,
            status,
            self._report,
            written,
            self._error,
            is_expected=written is None,
            is_general=self._is_general,
        )


def _without_saved(found: "list[_Part | Outcome]") -> "list[_Part | Outcome]":
    """Leave out crash buffers whose records a launch has saved into one of the logs."""
    parts = [item for item in found if isinstance(item, _Part)]
    saved = Saved()
    if any(part.is_crash_buffer for part in parts):
        for part in parts:
            if not part.is_crash_buffer:
                with part.opened() as source:
                    saved.scan(source)
    return [
        Outcome(item.name, Status.WHOLE, note=LEFT_OUT, is_skipped=True)
        if isinstance(item, _Part) and item.is_crash_buffer and _is_saved(item, saved)
        else item
        for item in found
    ]


def _is_saved(buffer: _Part, saved: Saved) -> bool:
    with buffer.opened() as source:
        return saved.unsaved(source, is_buffer=True) is None
