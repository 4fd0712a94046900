"""One input: decoded to where it is to go, and what came of it."""

import os
import stat
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from xlogdecode.decoder.decode import DamagedError, Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, MissingExtraError, OutputError
from xlogdecode.inputs import Entry, Input, Saved, is_crash_buffer
from xlogdecode.jobs.settings import Settings
from xlogdecode.jobs.status import KEY_REMEDY, Status, of_report
from xlogdecode.outputs import Escaped, OpenFile, SaveFile, Utf8
from xlogdecode.types import Sink, Source

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Nowhere", "Outcome", "Task", "of_damage", "standard_output", "through", "torn", "viewer",
]  # fmt: skip

T = TypeVar("T")


class Outcome(NamedTuple):
    """What came of one input."""

    name: str
    status: Status
    report: Report = Report()
    target: "Path | None" = None
    """The file that was written."""
    error: str = ""
    """Why there is nothing, or not all: a line that names what went wrong."""
    note: str = ""
    """What is worth knowing."""
    is_general: bool = False
    """The error is of the whole run, and every input may meet it."""
    is_skipped: bool = False
    """Nothing had to be done."""
    is_expected: bool = False
    """Its text went to standard output, where it is there to see."""
    size: int | None = None
    """Bytes of the file, where it is not simply the text."""


class Nowhere:
    """Takes text, and keeps none."""

    def write(self, data: object, /) -> None:
        """Forget `data`."""


def standard_output() -> OpenFile:
    """Return standard output, whatever Python made of it."""
    sys.stdout.flush()
    return OpenFile(sys.stdout.fileno(), "standard output")


LEFT_OUT = "all its records are in a log already: left out"


def viewer() -> Sink:
    """Return standard output, safe to look at if that is a terminal."""
    return Escaped(standard_output()) if sys.stdout.isatty() else standard_output()


class Task(NamedTuple):
    """One input and where its text goes: into `target`, or else into `sink`."""

    entry: Entry
    settings: Settings
    target: "Path | None"
    sink: Sink
    saved: Saved | None = None
    """Where logs and the crash buffer of an earlier launch meet; None where there is one input."""

    @property
    def is_alone(self) -> bool:
        """Whether all inputs before it have to be done first, and it before all others.

        The only input is alone, and needs no thread to be decoded beside others.
        """
        if self.saved is None or self.settings.form.in_turn or self.entry.is_streamed:
            return True
        return is_crash_buffer(self.entry.below)

    def run(self, threads: int) -> Outcome:
        """Decode it; only what ends the whole run is raised."""
        entry = self.entry
        options = self.settings.options
        if threads != options.threads:
            options = options._replace(threads=threads)
        try:
            with entry.source:
                source = self._unsaved()
                if source is None:
                    return Outcome(entry.name, Status.WHOLE, note=LEFT_OUT, is_skipped=True)
                report, file = self._decode(source, options)
        except MissingExtraError as failure:
            return Outcome(entry.name, Status.FAILED, error=str(failure), is_general=True)
        except (InputError, OutputError) as failure:
            if self.target is None and isinstance(failure, OutputError):
                raise  # what all share is gone
            return Outcome(entry.name, Status.FAILED, error=str(failure))
        except DamagedError as damage:
            status, why = of_damage(damage)
            return Outcome(entry.name, status, error=f"{entry.name}: {why}")
        status = of_report(report)
        error = torn(entry)
        if error and status is Status.WHOLE:
            status = Status.LOST
        note = ""
        written = self.target if file is not None and file.is_written else None
        is_whole = status is Status.WHOLE and file is not None and file.is_in_place
        if self.settings.remove and is_whole and entry.path and isinstance(entry.source, Input):
            note = _remove(entry.path, entry.stat)
        is_other = file is not None and file.is_in_place and not self.settings.form.is_copy
        return Outcome(
            entry.name,
            status,
            report,
            written,
            error,
            note,
            is_expected=self.target is None and not self.settings.test,
            size=file.size if file is not None and is_other else None,
        )

    def _unsaved(self) -> Source | None:
        """Return what to decode; None for a crash buffer that a launch saved into a log."""
        source = self.entry.source
        if self.saved is None:
            return source
        return self.saved.unsaved(source, is_buffer=is_crash_buffer(self.entry.below))

    def _decode(self, source: Source, options: Options) -> tuple[Report, SaveFile | None]:
        form = self.settings.form

        def pour(sink: Sink) -> Report:
            return form.pour(source, sink, options, self.entry.name)

        if self.target is None:
            return through(self.sink, self.settings, pour), None
        like = self.entry.stat
        file = SaveFile(
            self.target,
            like=like if stat.S_ISREG(like.st_mode) and self.entry.path else None,
            replace=self.settings.writes_over,
        )
        try:
            with file:
                file.write(form.header)
                report = through(file, self.settings, pour)
                if report.locked_blocks and stat.S_ISREG(like.st_mode):
                    file.date_before(like)
                is_copy = form.is_copy and _is_plain(report)
                if (not report.bytes_out and not report.is_whole) or is_copy:
                    file.discard()
        except BaseException as failure:
            file.clean()  # Ctrl-C may come as `with` is about to do it
            if isinstance(failure, OutputError) and self.saved is not None:
                self.saved.leave(self.entry.source, self.entry.path)
            raise
        return report, file


def torn(entry: Entry) -> str:
    """Say what is wrong with the archive that an input came from; nothing if it is whole."""
    fault = entry.source.fault
    return f"{entry.name}: is torn: {fault}: what came before that is decoded" if fault else ""


def of_damage(damage: DamagedError) -> tuple[Status, str]:
    """Return what an input that `--strict` stopped ends with, and why; a key is no damage."""
    if damage.loss.locked_blocks:
        return Status.LOCKED, f"{damage.loss}; {KEY_REMEDY}"
    return Status.LOST, str(damage)


def through(sink: Sink, settings: Settings, pour: Callable[[Sink], T]) -> T:
    """Pour into `sink` through what the viewer needs."""
    if not settings.utf8:
        return pour(sink)
    valid = Utf8(sink)
    result = pour(valid)
    valid.close()
    return result


def _is_plain(report: Report) -> bool:
    """Tell whether the input was nothing but text."""
    return bool(report.plain_text) and report.bytes_out == report.plain_text and report.is_whole


def _remove(name: str, was: os.stat_result) -> str:
    """Remove a source whose text is whole and in place; return why it is kept, if it is."""
    from pathlib import Path  # 4 ms that most runs need not spend

    path = Path(name)
    try:
        now = path.stat()
        if (now.st_size, now.st_mtime_ns) != (was.st_size, was.st_mtime_ns):
            return "has changed while it was read: kept"
        path.unlink()
    except OSError as error:
        return f"cannot be removed: {error.strerror}"
    return ""
