"""Files of a batch shared out: to forked processes, or to the executor that a caller has."""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, OutputError
from xlogdecode.inputs import FoundFile, Input, Refusal, Saved, open_place
from xlogdecode.jobs.exit_status import Status
from xlogdecode.jobs.forked_workers import LEFT, Left, Lost, in_turns
from xlogdecode.jobs.job import Decoder
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.result import Result, failed
from xlogdecode.platform.forks import may_fork, usable_processors
from xlogdecode.types import Sink

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from xlogdecode.jobs.batch import Job

__all__ = ["DecodedFile", "by_executor", "by_forks", "of_use"]

_MANY = 48
"""Files that are worth more processes, however small they are."""

_LARGE = 1 << 20
"""Bytes of several files that are."""

_MOST = 8
"""Processes that are started without being asked for."""

_STRETCH = 8
"""Files that a process takes at a time; fewer where there are few."""

_AHEAD = 4
"""Files an executor may be ahead, for each of its workers as far as they are known."""

Prepare = Callable[[FoundFile, str], object]


class DecodedFile(NamedTuple):
    """The result of a file that another process decoded."""

    result: Result
    saved: Saved
    """The crash buffers that it saw in logs."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the usual result come from another process in a tenth of the time."""
        result, saved = self
        report = result.report
        is_usual = result.error is None and result.period is None and not report.losses
        if not is_usual or report.notes or saved.blocks or saved.left:
            return DecodedFile, (result, saved)
        counts = [dict(v) if isinstance(v, Counter) else v for v in vars(report).values()]
        return _answer, (result.name, result.status.value, counts, result[3:])


def _answer(name: str, status: int, counts: list[Any], more: tuple[Any, ...]) -> DecodedFile:
    """Return the answer that was reduced to these."""
    report = Report()
    for field, value in zip(tuple(vars(report)), counts, strict=True):
        if isinstance(value, dict):
            dict.update(getattr(report, field), value)  # of a Counter; its own takes 8 us
        else:
            setattr(report, field, value)
    return DecodedFile(Result(name, Status(status), report, *more), Saved())


def of_use(places: Sequence[FoundFile], request: Request) -> int:
    """Return how many processes are of use for these files."""
    if len(places) < 2 or not may_fork():
        return 1
    processes = request.processes or min(usable_processors(), _MOST)
    if processes == 1 or (len(places) < _MANY and sum(map(_size, places)) < _LARGE):
        return 1
    return min(processes, len(places))


def _size(place: FoundFile) -> int:
    try:
        return os.stat(place.path).st_size  # noqa: PTH116 - of many files
    except OSError:
        return 0


def by_forks(
    jobs: "Sequence[Job]", request: Request, processes: int, sink: Sink | None, prepare: Prepare
) -> Iterator[DecodedFile | None]:
    """Yield the answer for each job, in their order; None for one that has to be done here."""

    def work(job: "Job", sink: Sink | None) -> DecodedFile | Left:
        if job.target is not None:
            try:
                prepare(job.place, job.target)
            except OutputError as error:
                return DecodedFile(failed(job.place.name, error), Saved())
        return decode_file_of(job, request, sink) or LEFT

    stretch = max(1, min(_STRETCH, len(jobs) // (processes * 4)))
    shared = sink if request.to_sink else None
    answers = in_turns(jobs, work, processes, sink=shared, stretch=stretch)
    for job, answer in zip(jobs, answers, strict=True):
        if isinstance(answer, Lost):
            yield DecodedFile(_lost(job.place.path, answer), Saved())
        else:
            yield None if isinstance(answer, Left) else answer


def _lost(name: str, answer: Lost) -> Result:
    how = "early" if answer.status is None else f"with {answer.status}"
    why = f"the process that decoded it ended {how}; try -T 1"
    return failed(name, InputError(f"{name}: {why}"))


def by_executor(
    jobs: "Sequence[Job]", request: Request, executor: "Executor", prepare: Prepare
) -> Iterator[DecodedFile | None]:
    """Yield the answer for each job, in their order; None for one that has to be done here."""
    waiting: deque[Future[DecodedFile | None]] = deque()
    ahead = max(1, request.processes or usable_processors()) * _AHEAD
    try:
        for job in jobs:
            if job.target is not None:
                prepare(job.place, job.target)
            waiting.append(executor.submit(decode_file_of, job, request))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def decode_file_of(job: "Job", request: Request, sink: Sink | None = None) -> DecodedFile | None:
    """Decode one file, wherever this runs; return None for an archive, which needs its batch."""
    saved = Saved()
    for entry in open_place(job.place):
        if isinstance(entry, Refusal):
            return DecodedFile(failed(entry.name, InputError(str(entry))), saved)
        if not isinstance(entry.source, Input):
            entry.source.close()
            return None
        return DecodedFile(Decoder(request, sink).decode(entry, job.target, saved), saved)
    return None
