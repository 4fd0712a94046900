"""Files of a batch shared out: to forked processes, or to the executor that a caller has."""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, OutputError
from xlogdecode.inputs import FoundFile, Input, Refusal, SavedBlocks, open_place
from xlogdecode.jobs.exit_status import Status
from xlogdecode.jobs.forked_workers import LEFT, Left, Lost, in_turns
from xlogdecode.jobs.job import Decoder
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.result import Result, failed
from xlogdecode.platform.forks import may_fork, processes_of_use, usable_processors
from xlogdecode.types import Sink

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from xlogdecode.jobs.batch import Job

__all__ = ["DecodedFile", "by_executor", "by_forks", "of_use"]

_MANY = 48
"""Files that are worth more processes, however small they are."""

_LARGE = 1 << 20
"""Bytes of several files that are."""

_STRETCH = 8
"""Files that a process takes at a time; fewer where there are few."""

_AHEAD = 4
"""Files an executor may be ahead, for each of its workers as far as they are known."""

Prepare = Callable[[FoundFile, str], object]


class DecodedFile(NamedTuple):
    """The result of a file that another process decoded."""

    result: Result
    saved: SavedBlocks | None = None
    """The crash buffers that it saw in logs, if any."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the usual result come from another process in a tenth of the time."""
        result, saved = self
        report = result.report
        is_usual = result.error is None and result.period is None and not report.losses
        if not is_usual or report.notes or saved is not None:
            return DecodedFile, (result, saved)
        counts = tuple(vars(report).values())
        lost = _FIELDS.index("lost")
        more = (dict(report.blocks), *counts[1:lost], dict(report.lost), *counts[lost + 1 :])
        return _answer, (result.name, result.status.value, more, result[3:])


_FIELDS = tuple(vars(Report()))


def _answer(name: str, status: int, counts: tuple[Any, ...], more: tuple[Any, ...]) -> DecodedFile:
    """Return the answer that was reduced to these."""
    report = Report.__new__(Report)
    facts = vars(report)
    facts.update(zip(_FIELDS, counts, strict=True))
    for field in ("blocks", "lost"):
        counter = Counter.__new__(Counter)  # its own way takes 4 us
        dict.update(counter, facts[field])
        facts[field] = counter
    return DecodedFile(Result(name, Status(status), report, *more))


def of_use(places: Sequence[FoundFile], request: Request) -> int:
    """Return how many processes are of use for these files."""
    if len(places) < 2 or not may_fork():
        return 1
    processes = processes_of_use(request.processes)
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
    decoder: Decoder | None = None

    def work(job: "Job", sink: Sink | None) -> DecodedFile | Left:
        nonlocal decoder
        decoder = decoder or Decoder(request, sink)  # of this process, which has one sink
        if job.target is not None:
            try:
                prepare(job.place, job.target)
            except OutputError as error:
                return DecodedFile(failed(job.place.name, error))
        return _decoded(job, decoder) or LEFT

    stretch = max(1, min(_STRETCH, len(jobs) // (processes * 4)))
    shared = sink if request.to_sink else None
    answers = in_turns(jobs, work, processes, sink=shared, stretch=stretch)
    for job, answer in zip(jobs, answers, strict=True):
        if isinstance(answer, Lost):
            yield DecodedFile(_lost(job.place.path, answer))
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


def decode_file_of(job: "Job", request: Request) -> DecodedFile | None:
    """Decode one file, wherever this runs; return None for an archive, which needs its batch."""
    return _decoded(job, Decoder(request))


def _decoded(job: "Job", decoder: Decoder) -> DecodedFile | None:
    for entry in open_place(job.place):
        if isinstance(entry, Refusal):
            return DecodedFile(failed(entry.name, InputError(str(entry))))
        if not isinstance(entry.source, Input):
            entry.source.close()
            return None
        saved = SavedBlocks()
        result = decoder.decode(entry, job.target, saved)
        return DecodedFile(result, saved if saved.blocks or saved.left else None)
    return None
