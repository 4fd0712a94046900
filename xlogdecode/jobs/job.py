"""One input: decoded to where its text goes, and the result of that."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from xlogdecode.decoder.decode import decode
from xlogdecode.decoder.options import DamagedError
from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, MissingExtraError, OutputError
from xlogdecode.framing.events import Reason
from xlogdecode.inputs import Entry, FoundFile, Input, SavedBlocks, is_crash_buffer, unsaved_beside
from xlogdecode.jobs.exit_status import Status, of_report
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.result import Period, Result, failed, of_damage
from xlogdecode.outputs import Utf8
from xlogdecode.platform.files import FileInfo, SaveFile, is_url
from xlogdecode.types import Sink, Source

if TYPE_CHECKING:
    from xlogdecode.filters import Tally
    from xlogdecode.jobs.period import Openings
    from xlogdecode.jobs.request import TextView
    from xlogdecode.outputs.parts import SaveParts
    from xlogdecode.outputs.stores import SaveObject
    from xlogdecode.writers import Writer

    MakesView = Callable[[Sink, Sequence[str]], TextView] | None

__all__ = ["LEFT_OUT", "Decoder", "add_cause", "archive_fault", "convert_into", "up_to_date"]

T = TypeVar("T")

_LARGE = 4 << 20
"""Bytes of a file that is worth more processes."""

_UNDATED = "a store dates its objects: -u takes this text for complete; use -f once there is a key"
"""The note on a text in a store that lacks encrypted blocks."""

LEFT_OUT = "all its records are in a log already: left out"


class _Nowhere:
    """Takes text, and keeps none."""

    def write(self, data: object, /) -> None:
        """Forget `data`."""


class Decoder:
    """Decodes inputs of one request, one after another."""

    def __init__(self, request: Request, sink: Sink | None = None) -> None:
        """Write what goes to no file to `sink`."""
        self._request = request
        self._sink = sink or _Nowhere()
        self._openings: Openings | None = None
        self._writer: Writer | None = None
        """The writer of the sink, where all that goes there is one stream."""

    def close(self) -> None:
        """Write what ends the stream of the sink."""
        if self._writer is not None:
            self._sink.write(self._writer.close())

    def decode(self, entry: Entry, target: str | None, saved: SavedBlocks | None = None) -> Result:
        """Decode an input into the file `target`, or else into the sink; close its source.

        `saved` is where logs and the crash buffer of an earlier launch meet. What ends all of the
        run is raised: the sink takes no more.
        """
        try:
            with entry.source as opened:
                if target is not None and self.is_up_to_date(entry, target):
                    _leave(entry, saved)
                    return up_to_date(entry.name, self._request.shown(target))
                source = _unsaved(opened, entry, saved)
                if source is None:
                    return Result(entry.name, Status.OK, Report(), note=LEFT_OUT, is_skipped=True)
                if target is None:
                    return self._to_sink(entry, source)
                return self._to_file(entry, source, target, saved)
        except (InputError, MissingExtraError) as error:
            return failed(entry.name, error)
        except OutputError as error:
            if target is None:
                raise  # all inputs share it
            return failed(entry.name, error)
        except DamagedError as damage:
            return of_damage(entry.name, damage)

    def is_up_to_date(self, entry: Entry | FoundFile, target: str) -> bool:
        """Tell whether nothing has to be done. Raises OutputError for the input itself."""
        from xlogdecode.outputs.destinations import look_at, shown_place

        info = entry.info or FileInfo()
        request = self._request
        found = look_at(target) if request.replaces else None
        if found is None:
            return False
        is_input = target == entry.path if is_url(target) else found.identity == info.identity
        if is_input:
            shown = shown_place(target)
            raise OutputError(f"{shown}: is the input itself; -o names another file")
        if request.partition_by:
            from xlogdecode.outputs.parts import is_complete

            return request.update and is_complete(target) and _is_newer(found, info)
        return request.update and _is_newer(found, info)

    def _to_sink(self, entry: Entry, source: Source) -> Result:
        request = self._request
        if not request.periods:
            shared = self._shared_writer()
            report, tally = self._convert(
                source, self._sink, entry.name, view=request.view, writer=shared
            )
            return _result(entry, report, is_printed=not request.test, tally=tally)
        from xlogdecode.jobs.period import LogPeriod, Openings
        from xlogdecode.records.reading import AS_LOGGED

        self._openings = self._openings or Openings(request.reading or AS_LOGGED)
        seen = LogPeriod(self._openings)
        report = decode(source, seen, request.options._replace(marks=False))
        first, last = (time and time.shown(entry.name) for time in (seen.first, seen.last))
        return _result(entry, report, period=Period(first, last, seen.sessions, seen.layout))

    def _shared_writer(self) -> "Writer | None":
        selection, options = self._request.selection, self._request.options
        if selection is not None and selection.is_one_stream and self._writer is None:
            self._writer = selection.writer(marks=options.marks)
        return self._writer

    def _to_file(
        self,
        entry: Entry,
        source: Source,
        target: str,
        saved: SavedBlocks | None,
    ) -> Result:
        request, like = self._request, entry.info
        file = self._file(target, like if entry.path else None)
        try:
            with file:
                if request.header:
                    file.write(request.header)
                report, tally = self._convert(source, file, entry.name)
                is_undated = bool(report.locked_blocks) and not file.date_before(like)
                is_copy = request.is_copy and _is_plain(report)
                if (not report.bytes_out and not report.is_whole) or is_copy:
                    file.discard()
        except BaseException as failure:
            file.clean()  # Ctrl-C may come as `with` is about to do it
            if isinstance(failure, OutputError) and saved is not None:
                saved.leave(entry.source, entry.path)
            raise
        result = _result(
            entry,
            report,
            path=request.shown(target) if file.is_written else None,
            note=_UNDATED if is_undated and file.is_written else "",
            tally=tally,
            size=file.size if file.is_in_place and not request.is_copy else None,
        )
        is_complete = result.status is Status.OK and file.is_in_place
        is_source = entry.path is not None and isinstance(entry.source, Input)
        if request.remove and is_complete and is_source:
            return result._replace(note=_remove(entry))
        return result

    def _file(self, target: str, like: FileInfo | None) -> "SaveFile | SaveObject | SaveParts":
        """Return what takes the output of an input."""
        request = self._request
        if request.partition_by:
            from xlogdecode.outputs.parts import SaveParts

            return SaveParts(
                target,
                request.partition_by,
                dataset=str(request.output),
                suffix=request.suffix,
                like=like,
                replace=request.replaces,
            )
        from xlogdecode.outputs.destinations import save_file  # a sink needs none

        return save_file(target, like=like, replace=request.replaces)

    def _convert(
        self,
        source: Source,
        sink: Sink,
        name: str,
        *,
        view: "MakesView" = None,
        writer: "Writer | None" = None,
    ) -> "tuple[Report, Tally | None]":
        selection, options = self._request.selection, self._request.options

        def convert(sink: Sink) -> "tuple[Report, Tally | None]":
            if selection is None:
                return self._decode(source, sink), None
            return selection.convert(source, sink, options, name, writer)

        return convert_into(
            sink, convert, utf8=self._request.utf8, encoding=self._request.encoding, view=view
        )

    def _decode(self, source: Source, sink: Sink) -> Report:
        """Decode into `sink`, in several processes where that is of use."""
        options = self._request.options
        if isinstance(source, Input) and source.size >= _LARGE:
            from xlogdecode.jobs.large_file import decode_large, processes_for

            processes = processes_for(source, sink, options, self._request.processes)
            if processes > 1:
                return decode_large(source, sink, options, processes)
        return decode(source, sink, options)


def up_to_date(name: str, shown: str) -> Result:
    """Return the result of an input whose text is up to date, at a place as messages have it."""
    note = f"{shown} is up to date"
    return Result(name, Status.OK, Report(), shown, note=note, is_skipped=True)


def convert_into(
    sink: Sink,
    convert: Callable[[Sink], T],
    *,
    utf8: bool,
    encoding: str | None = None,
    view: "MakesView" = None,
    names: Sequence[str] = (),
) -> T:
    """Do `convert` with `sink`, as people see it if there is a `view` (see `Request`).

    With `utf8` lines that are not UTF-8 become that on the way; `encoding` is as for `Utf8`.
    """
    if view is not None:
        shown = view(sink, names)
        try:
            return convert_into(shown, convert, utf8=utf8, encoding=encoding)
        finally:
            shown.close()
    if not utf8:
        return convert(sink)
    valid = Utf8(sink, encoding)
    result = convert(valid)
    valid.close()
    return result


def archive_fault(entry: Entry) -> InputError | None:
    """Return what is wrong with the archive that an input came from, if anything is."""
    fault = entry.source.fault
    what = "the text around the log" if entry.note else "the archive"
    why = f"{what} is damaged: {fault}; what came before that is decoded"
    return InputError(f"{entry.name}: {why}") if fault else None


def add_cause(report: Report, path: str | None) -> None:
    """Add the cause of a cut end that a crash buffer beside the log shows, if no other is known."""
    losses = report.losses
    if path is None or report.why or not losses or losses[-1].reason != Reason.CUT.value:
        return
    buffer = unsaved_beside(path)
    if buffer is not None:
        report.why = (
            f"not flushed yet: the crash buffer {buffer} beside it holds records of no log here; "
            "close the app and get both files anew, or add the crash buffer to the command"
        )


def _result(entry: Entry, report: Report, **more: Any) -> Result:
    """Return the result of an input that was decoded, with `more` of its fields."""
    add_cause(report, entry.path)
    status, error = of_report(report), archive_fault(entry)
    if error is not None and status is Status.OK:
        status = Status.LOST
    return Result(entry.name, status, report, error=error, **more)


def _unsaved(source: Source, entry: Entry, saved: SavedBlocks | None) -> Source | None:
    """Return what to decode; None for a crash buffer that a launch saved into a log."""
    if saved is None:
        return source
    return saved.unsaved(source, is_buffer=is_crash_buffer(entry.below))


def _leave(entry: Entry, saved: SavedBlocks | None) -> None:
    if saved is not None and not is_crash_buffer(entry.below):
        saved.leave(entry.source, entry.path)


def _is_plain(report: Report) -> bool:
    """Tell whether the input was nothing but text."""
    return bool(report.plain_text) and report.bytes_out == report.plain_text and report.is_whole


def _is_newer(output: FileInfo, source: FileInfo) -> bool:
    """Tell whether an output is not older than its source, as far as both are dated."""
    times = output.mtime_ns, source.mtime_ns
    return None not in times and (output.mtime_ns or 0) >= (source.mtime_ns or 0)


def _remove(entry: Entry) -> str:
    """Remove a source whose text is complete and in place; return why it is kept, if it is."""
    from pathlib import Path  # 4 ms that most runs need not spend

    if is_url(entry.path or ""):
        from xlogdecode.platform.stores import remove

        return remove(entry.path or "", entry.info)
    path, was = Path(entry.path or ""), entry.info
    try:
        now = path.stat()
        if (now.st_size, now.st_mtime_ns) != (was.size, was.mtime_ns):
            return "has changed while it was read: kept"
        path.unlink()
    except OSError as error:
        return f"cannot be removed: {error.strerror}"
    return ""
