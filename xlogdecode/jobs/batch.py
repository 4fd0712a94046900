"""All inputs, one after another: where each goes, what came of it, what is said."""

import os
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from xlogdecode.errors import InputError, OutputError
from xlogdecode.inputs import (
    STDIN,
    Entry,
    Refusal,
    Saved,
    crash_buffers_of,
    is_crash_buffer,
    is_log,
    iter_entries,
    open_input,
)
from xlogdecode.jobs.job import Nowhere, Outcome, Task, viewer
from xlogdecode.jobs.settings import Settings
from xlogdecode.jobs.status import Status
from xlogdecode.jobs.threads import outcomes

if TYPE_CHECKING:
    from pathlib import Path

    from xlogdecode.outputs.destinations import Places
    from xlogdecode.outputs.reserved import Apart

__all__ = ["Run"]


class Run:
    """One call of the command."""

    def __init__(self, paths: list[str], settings: Settings, report: "Apart | None" = None) -> None:
        """Take the paths, globs expanded; no text goes where the report will."""
        self.paths = paths
        self.settings = settings
        self._sink = Nowhere() if settings.test else viewer()
        self._report = report
        self._is_begun = False
        self._saved = Saved()
        self._scanned = 0
        self._passed_over: list[str] = []
        self._is_alone = len(paths) <= 1 and not settings.recursive

    @cached_property
    def _places(self) -> "Places":
        from xlogdecode.outputs.destinations import Places  # 5 ms; standard output needs none

        settings, several = self.settings, len(self.paths) > 1
        return Places(
            settings.output,
            in_folder=settings.recursive or settings.in_folder or several,
            several=several,
            suffix=settings.form.suffix,
        )

    def outcomes(self, on_read: Callable[[int], object] | None = None) -> Iterator[Outcome]:
        """Decode all inputs; yield what came of each, in their order."""
        yield from outcomes(self._tasks(on_read), self.settings.options.threads)

    def _tasks(self, on_read: Callable[[int], object] | None) -> Iterator[Task | Outcome]:
        settings = self.settings
        for item in iter_entries(
            self.paths, recursive=settings.recursive, plain=settings.takes_plain, on_read=on_read
        ):
            if isinstance(item, Refusal) and not item.is_failure:
                self._passed_over.append(str(item))
            elif isinstance(item, Refusal):
                yield Outcome(item.name, Status.FAILED, error=str(item))
            else:
                yield self._task_or_fault(item)

    def _task_or_fault(self, entry: Entry) -> Task | Outcome:
        try:
            return self._task(entry)
        except OutputError as error:
            entry.source.close()
            return Outcome(entry.name, Status.FAILED, error=str(error))

    def _task(self, entry: Entry) -> Task | Outcome:
        settings = self.settings
        self._look_ahead(entry)
        saved = None if self._is_alone and not entry.in_archive else self._saved
        from_stdin = self.paths[entry.path_index] == STDIN
        if settings.test or settings.to_stdout or (from_stdin and settings.output is None):
            if not self._is_begun:
                self._is_begun = True
                self._sink.write(settings.form.header)
            return Task(entry, settings, None, self._sink, saved)
        target = self._places.place(entry)
        if self._report is not None:
            self._report.refuse(target, "the text in")
        found = _stat(target) if settings.writes_over else None
        if found is not None and os.path.samestat(found, entry.stat):
            raise OutputError(f"{target}: is the input itself; -o names another file")
        if settings.update and found and found.st_mtime_ns >= entry.stat.st_mtime_ns:
            if saved is not None and not is_crash_buffer(entry.below):
                saved.leave(entry.source, entry.path)
            entry.source.close()
            note = f"{target} is up to date" if settings.verbose else ""
            return Outcome(entry.name, Status.WHOLE, note=note, is_skipped=True)
        self._places.prepare(entry, target)
        return Task(entry, settings, target, self._sink, saved)

    def _look_ahead(self, entry: Entry) -> None:
        """Have logs that were named behind a crash buffer looked at: they may hold its records."""
        if not is_crash_buffer(entry.below):
            return
        first = max(entry.path_index + 1, self._scanned)
        self._scanned = len(self.paths)
        self._saved.left += [
            path
            for path in self.paths[first:]
            if path != STDIN and is_log(path, plain=False) and not is_crash_buffer(path)
        ]

    def notes(self) -> Iterator[str]:
        """Yield what is worth knowing, once all inputs are through."""
        yield from self._passed_over
        buffer = self._crash_buffer_beside()
        if buffer is not None:
            yield f"{buffer}, beside it, holds records that may be in no log: name it too"

    def _crash_buffer_beside(self) -> str | None:
        """Return the crash buffer beside the one log that was named, if it holds any records."""
        if not self._is_alone or not self.paths:
            return None
        folder, log = os.path.split(self.paths[0])
        for name in crash_buffers_of(log):
            path = os.path.join(folder, name)  # noqa: PTH118 - pathlib takes 4 ms
            try:
                with open_input(path) as source:
                    if source.is_regular and any(source.peek()[:1]):
                        return path
            except InputError:
                continue
        return None


def _stat(path: "Path") -> os.stat_result | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - thousands of files a second
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None
