"""The batch: all inputs of a request, where the text of each goes, and who decodes it."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple

from xlogdecode.errors import InputError, OutputError
from xlogdecode.inputs import (
    STDIN,
    Entry,
    FoundFile,
    Refusal,
    SavedBlocks,
    is_crash_buffer,
    is_log,
    is_url,
    iter_places,
    open_place,
    unsaved_beside,
)
from xlogdecode.jobs.job import Decoder, up_to_date
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.result import Result, failed
from xlogdecode.types import Sink

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from xlogdecode.outputs.destinations import Places

__all__ = ["Batch"]

OnRead = Callable[[int], object] | None

_LISTED = 4096
"""Inputs that are listed at a time."""


class Job(NamedTuple):
    """A file that any process can decode by itself, and the file that its text goes to."""

    place: FoundFile
    target: str | None = None


class Batch:
    """All inputs of one request."""

    def __init__(
        self,
        paths: Sequence[str],
        request: Request,
        sink: Sink | None = None,
        *,
        reserve: Callable[[str], object] | None = None,
        executor: "Executor | None" = None,
    ) -> None:
        """Take the paths, globs expanded, and the sink for text that goes to no file.

        `reserve` raises UsageError for a place where no text may go. With an `executor` inputs that
        are files are decoded there.
        """
        self.paths = list(paths)
        self.request = request
        self._sink = sink
        self._on_read: OnRead = None
        self._reserve = reserve
        self._executor = executor
        self._decoder = Decoder(request, sink)
        self._saved = SavedBlocks()
        self._scanned = 0
        self._is_begun = False
        self._is_sole = len(paths) <= 1 and not request.recursive
        self._hints: list[str] = []

    def results(self, on_read: OnRead = None) -> Iterator[Result]:
        """Decode all inputs; yield the result of each, in their order.

        `on_read` gets the number of bytes that were read.

        Raises OutputError, or BrokenPipeError, where the sink takes no more.
        """
        request, self._on_read = self.request, on_read
        places = iter_places(
            self.paths,
            recursive=request.recursive,
            plain=request.takes_plain,
            archives=request.archives,
        )
        while listed := list(islice(places, _LISTED)):
            for is_shareable, group in groupby(listed, self._is_shareable):
                items = list(group)
                if is_shareable:
                    yield from self._shared([item for item in items if isinstance(item, FoundFile)])
                else:
                    for item in items:
                        yield from self._one(item)
        self._decoder.close()

    def hints(self) -> Iterator[str]:
        """Yield what is worth knowing, once all inputs are done."""
        yield from self._hints
        buffer = unsaved_beside(self.paths[0]) if self._is_sole and self.paths else None
        if buffer is not None:
            yield f"the crash buffer {buffer} holds records of no log here; add it to the command"

    def _is_shareable(self, item: FoundFile | Refusal) -> bool:
        """Tell whether another process may decode it: a log that waits for no other."""
        if isinstance(item, Refusal) or self._is_sole or self.request.in_turn:
            return False
        if self._executor is None and self._is_in_store(item):
            return False  # what talks to stores does not survive a fork
        name = item.below
        return item.path != STDIN and is_log(name, plain=True) and not is_crash_buffer(name)

    def _is_in_store(self, item: FoundFile) -> bool:
        """Tell whether a text comes from a store, or goes to one."""
        return is_url(item.path) or isinstance(self.request.output, str)

    def _shared(self, places: Sequence[FoundFile]) -> Iterator[Result]:
        """Decode logs in several processes, if that is of use; yield the results in order."""
        from xlogdecode.jobs.sharing import by_executor, by_forks, of_use

        processes = of_use(places, self.request)
        if self._executor is None and processes == 1:
            for place in places:
                yield from self._one(place)
            return
        jobs = [self._job(place) for place in places]
        ready = [job for job in jobs if isinstance(job, Job)]
        if self._executor is not None:
            answers = by_executor(ready, self.request, self._executor, self._prepare)
        else:
            self._begin()
            sink = None if self.request.test else self._sink
            answers = by_forks(ready, self.request, processes, sink, self._prepare)
        for job in jobs:
            if isinstance(job, Result):
                yield job
                continue
            answer = next(answers)
            if answer is None:  # it has to be done here
                yield from self._one(job.place, job.target)
                continue
            if answer.saved is not None:
                self._saved.add(answer.saved)
            if self._on_read is not None:
                self._on_read(answer.result.report.bytes_in)
            yield answer.result

    def _job(self, place: FoundFile) -> Job | Result:
        try:
            return Job(place, self._target(place))
        except OutputError as error:
            return failed(place.name, error)

    def _one(self, item: FoundFile | Refusal, target: str | None = None) -> Iterator[Result]:
        """Decode what is at a place, or in the archive there, in this process."""
        if isinstance(item, Refusal):
            yield from self._refused(item)
            return
        if self._may_be_up_to_date(item):
            try:
                target = target or self._target(item)
                is_done = target is not None and self._decoder.is_up_to_date(item, target)
            except OutputError as error:
                yield failed(item.name, error)
                return
            if target is not None and is_done:
                self._saved.left.append(item.path)
                yield up_to_date(item.name, self.request.shown(target))
                return
        plain = self.request.takes_plain
        for entry in open_place(item, plain=plain, on_read=self._on_read):
            if isinstance(entry, Refusal):
                yield from self._refused(entry)
            else:
                self._hints += [f"{entry.name}: {entry.note}"] if entry.note else []
                yield self._decode(entry, None if entry.in_archive else target)

    def _may_be_up_to_date(self, item: FoundFile) -> bool:
        """Tell whether a listing has the time of a log, which then need not be opened to see it."""
        is_dated = self.request.update and item.info is not None
        return is_dated and is_log(item.below, plain=True) and not is_crash_buffer(item.below)

    def _refused(self, refusal: Refusal) -> Iterator[Result]:
        if refusal.is_failure:
            yield failed(refusal.name, InputError(str(refusal)))
        else:
            self._hints.append(str(refusal))

    def _decode(self, entry: Entry, target: str | None) -> Result:
        self._look_ahead(entry)
        saved = None if self._is_sole and not entry.in_archive else self._saved
        try:
            target = target or self._target(entry)
            if target is None:
                self._begin()
            else:
                self._prepare(entry, target)
        except OutputError as error:
            entry.source.close()
            return failed(entry.name, error)
        return self._decoder.decode(entry, target, saved)

    def _target(self, entry: Entry | FoundFile) -> str | None:
        """Return the file that a text goes to; None if it goes to the sink."""
        request = self.request
        from_stdin = self.paths[entry.path_index] == STDIN
        if request.test or request.to_sink or (from_stdin and request.output is None):
            return None
        target = self._places.place(entry)
        if self._reserve is not None:
            self._reserve(target)
        return target

    def _prepare(self, entry: Entry | FoundFile, target: str) -> None:
        self._places.prepare(entry, target)

    @cached_property
    def _places(self) -> "Places":
        from xlogdecode.outputs.destinations import Places  # 5 ms; a sink needs none

        request, several = self.request, len(self.paths) > 1
        if request.partition_by:
            from pathlib import Path

            from xlogdecode.outputs.parts import LIST, lists_of

            lists = lists_of(str(request.output))
            return Places(
                lists if is_url(lists) else Path(lists),
                in_folder=True,
                several=several,
                suffix=f"{request.suffix}{LIST}",
            )
        return Places(
            request.output,
            in_folder=request.recursive or request.output_is_folder or several,
            several=several,
            suffix=request.suffix,
        )

    def _begin(self) -> None:
        """Write the header, once."""
        request = self.request
        if not self._is_begun and self._sink is not None and not request.test:
            self._is_begun = True
            self._sink.write(request.header)

    def _look_ahead(self, entry: Entry) -> None:
        """Have logs that are named after a crash buffer looked at: they may hold its records."""
        if not is_crash_buffer(entry.below):
            return
        first = max(entry.path_index + 1, self._scanned)
        self._scanned = len(self.paths)
        self._saved.left += [
            path
            for path in self.paths[first:]
            if path != STDIN and is_log(path, plain=False) and not is_crash_buffer(path)
        ]
