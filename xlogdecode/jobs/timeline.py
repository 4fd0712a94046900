"""All inputs as one timeline: each is read twice, and all are written once, in order of time."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xlogdecode.decoder.options import DamagedError, Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, MissingExtraError, UsageError, XlogError
from xlogdecode.filters import Tally
from xlogdecode.inputs import Entry, Refusal, SavedBlocks, is_crash_buffer, iter_entries
from xlogdecode.inputs.spool import Opened, Spool
from xlogdecode.jobs.exit_status import Status, of_report
from xlogdecode.jobs.job import LEFT_OUT, archive_fault, convert_into
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.result import Result, failed, of_damage
from xlogdecode.jobs.selection import Selection
from xlogdecode.merging import MergedLog, count_merged
from xlogdecode.outputs.destinations import is_folder, save_file, shown_place
from xlogdecode.outputs.sanitize import shown
from xlogdecode.platform.files import FileInfo, is_same_file, is_url
from xlogdecode.records import Event
from xlogdecode.records.events import iter_events
from xlogdecode.types import Sink

if TYPE_CHECKING:
    from xlogdecode.jobs.job import MakesView

__all__ = ["Timeline"]

OnRead = Callable[[int], object] | None


class Timeline:
    """All inputs of one request, which become one output."""

    def __init__(self, paths: Sequence[str], request: Request, sink: Sink) -> None:
        """Take the paths, globs expanded, and the sink for the text if there is no output file.

        Raises UsageError for a folder as the output.
        """
        self.paths = list(paths)
        self.request = request
        self._selection = request.selection or Selection()
        self._sink = sink
        self._hints: list[str] = []
        self._tally = Tally()
        output = request.output
        if output is not None and (request.output_is_folder or is_folder(output)):
            shown = shown_place(str(output))
            raise UsageError(f"{shown}: is a folder; -o takes one file for a timeline")

    def results(self, on_read: OnRead = None) -> Iterator[Result]:
        """Write the timeline; then yield the result of each input, in their order.

        `on_read` gets the number of bytes that were read.
        """
        with Spool() as spool:
            found = self._inputs(spool, on_read)
            parts = [item for item in found if isinstance(item, _TimelineLog)]
            written = self._write(parts)
        for item in found:
            yield item.result(written) if isinstance(item, _TimelineLog) else item

    def hints(self) -> Iterator[str]:
        """Yield what is worth knowing, once all inputs are done."""
        yield from self._hints
        yield from self._tally.remarks(self._selection.filter)

    def _inputs(self, spool: Spool, on_read: OnRead) -> "list[_TimelineLog | Result]":
        """Return each log, or why it is left out."""
        found: list[_TimelineLog | Result] = []
        half = None if on_read is None else lambda size: on_read(size // 2)  # read twice
        options = self.request.options
        request = self.request
        for item in iter_entries(
            self.paths, recursive=request.recursive, plain=True, archives=request.archives
        ):
            if isinstance(item, Refusal) and not item.is_failure:
                self._hints.append(str(item))
                continue
            if isinstance(item, Refusal):
                found.append(failed(item.name, InputError(str(item))))
                continue
            self._hints += [f"{item.name}: {item.note}"] if item.note else []
            try:
                with item.source:
                    opened = spool.keep(item, half)
            except InputError as error:
                found.append(failed(item.name, error))
                continue
            found.append(_TimelineLog(item, opened, options, per_block=self._selection.per_block))
        return _without_saved(found)

    def _write(self, parts: "Sequence[_TimelineLog]") -> Path | str | None:
        """Write the timeline; return the file that it went to."""
        target = self.request.output
        if target is None:
            self._convert(self._sink, parts, self.request.view)
            return None
        if any(part.is_at(target) for part in parts):
            shown = shown_place(str(target))
            raise UsageError(f"{shown}: is one of the inputs; -o names another file")
        file = save_file(target, replace=self.request.replace)
        try:
            with file:
                self._convert(file, parts)
                if all(part.gave_nothing for part in parts):
                    file.discard()
        except BaseException:
            file.clean()  # Ctrl-C may come as `with` is about to do it
            raise
        return target if file.is_written else None

    def _convert(
        self, sink: Sink, parts: "Sequence[_TimelineLog]", view: "MakesView" = None
    ) -> None:
        selection = self._selection
        name_of = shown if selection.format == "text" else str
        logs = [MergedLog(name_of(part.name), part.events) for part in parts]
        if selection.count:
            found = count_merged(
                logs,
                wanted=selection.filter,
                zone=selection.zone,
                reading=selection.reading,
                tally=self._tally,
            )
            sink.write(b"%d\n" % found)
            return
        marks, named = self.request.options.marks, len(logs) > 1
        writer = selection.writer(marks=marks, named=named, apart=True)

        def convert(sink: Sink) -> None:
            for chunk in selection.render_merged(logs, writer, self._tally):
                sink.write(chunk)
            sink.write(writer.close())

        sink.write(writer.header)
        names = [shown(log.name) for log in logs] if named else []
        convert_into(
            sink,
            convert,
            utf8=self.request.utf8,
            encoding=self.request.encoding,
            view=view,
            names=names,
        )


class _TimelineLog:
    """One log of the timeline, and its result."""

    def __init__(self, entry: Entry, opened: Opened, options: Options, *, per_block: bool) -> None:
        self.name = entry.name
        self.path = entry.path
        self.is_crash_buffer = is_crash_buffer(entry.below)
        self.opened = opened
        self._file = entry.info if entry.path else FileInfo()
        self._options = options
        self._per_block = per_block
        self._report = Report()
        self._failure: Result | None = None
        self._error: XlogError | None = archive_fault(entry)

    def events(self) -> Iterator[Event]:
        """Yield what is in it: the second time what the first gave, but nothing where it failed."""
        if self._failure is not None:
            return
        self._report = report = Report()
        try:
            with self.opened() as source:
                yield from iter_events(source, self._options, report, per_block=self._per_block)
        except DamagedError as damage:
            self._failure = of_damage(self.name, damage)
        except (InputError, MissingExtraError) as error:
            self._failure = failed(self.name, error)

    @property
    def gave_nothing(self) -> bool:
        """Whether there is not even an empty log."""
        return self._failure is not None or self._report.gave_nothing

    def is_at(self, path: Path | str) -> bool:
        """Tell whether it is the very file at `path`."""
        if is_url(path):
            return self.path == path
        return is_same_file(path, self._file)

    def result(self, written: Path | str | None) -> Result:
        """Return its result; `written` is the file of the timeline, if it went to one."""
        path = None if written is None else shown_place(str(written))
        is_printed = written is None
        if self._failure is not None:
            return self._failure._replace(report=self._report, path=path, is_printed=is_printed)
        status = of_report(self._report)
        if self._error is not None and status is Status.OK:
            status = Status.LOST
        return Result(self.name, status, self._report, path, self._error, is_printed=is_printed)


def _without_saved(found: "list[_TimelineLog | Result]") -> "list[_TimelineLog | Result]":
    """Leave out crash buffers whose records a launch has saved into one of the logs."""
    parts = [item for item in found if isinstance(item, _TimelineLog)]
    saved = SavedBlocks()
    if any(part.is_crash_buffer for part in parts):
        for part in parts:
            if not part.is_crash_buffer:
                with part.opened() as source:
                    saved.scan(source)
    return [
        Result(item.name, Status.OK, Report(), note=LEFT_OUT, is_skipped=True)
        if isinstance(item, _TimelineLog) and item.is_crash_buffer and _is_saved(item, saved)
        else item
        for item in found
    ]


def _is_saved(buffer: _TimelineLog, saved: SavedBlocks) -> bool:
    with buffer.opened() as source:
        return saved.unsaved(source, is_buffer=True) is None
