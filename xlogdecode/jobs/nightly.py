"""`xlogdecode.batch`: a job that decodes what is new in its sources, night after night.

Processes decode inputs into a folder where files wait. This one, which holds the lock of the
target, commits them some hundred at a time: the manifest says first what they are, then they are
moved into place. Killed at any moment, nothing is there twice after the next run, and nothing is
missing: what was decided is moved then, and what was not is decoded again.
"""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xlogdecode.errors import UsageError
from xlogdecode.inputs import Refusal
from xlogdecode.jobs.batch_file import load_job
from xlogdecode.jobs.batch_job import BatchJob
from xlogdecode.jobs.batch_target import WAITING, open_target, seen_target
from xlogdecode.jobs.executors import open_executor
from xlogdecode.jobs.exit_status import Status, worst
from xlogdecode.jobs.found_inputs import FoundInput, list_inputs
from xlogdecode.jobs.manifest import DEAD_LETTERS, DeadLetter, Known, Manifest
from xlogdecode.jobs.nightly_decode import InputState, MadeFile, NightlyWork, Outcome, lost_outcome
from xlogdecode.jobs.nightly_workers import outcomes
from xlogdecode.outputs.folders import FolderHere
from xlogdecode.outputs.parts import marked_name
from xlogdecode.platform.files import write_durably
from xlogdecode.prometheus import Metric, metrics_text
from xlogdecode.writers.formats import writer_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["BatchResult", "batch", "dead_letters"]

_LISTED: Final = 4096
"""Inputs that are looked up, and shared among processes, at a time."""

_COMMITTED: Final = 256
_SECONDS: Final = 5.0
"""A commit has so many inputs, or what came in so long a time."""

_NOT_HERE: Final = (
    "the worker's output is not here; give workers the same folders as this machine has"
)

Show = Callable[["Outcome | Refusal | Due"], object]


@dataclass(frozen=True, slots=True)
class Due:
    """An input that a dry run would take, and why."""

    seen: FoundInput
    why: str


@dataclass(slots=True)
class BatchResult:
    """The counts of one run of a job."""

    taken: Counter[str] = field(default_factory=Counter)
    """Inputs that were taken, by state (`ok`, `damaged`, `encrypted`, `failed`, ...)."""
    unchanged: int = 0
    """Inputs that were seen, and not taken."""
    refused: int = 0
    """Sources and folders that could not be read."""
    states: Counter[str] = field(default_factory=Counter)
    """All inputs of the manifest, by state."""
    bytes_in: int = 0
    bytes_out: int = 0
    lost_bytes: int = 0
    seconds: float = 0.0
    status: Status = Status.OK
    """The most severe of this run."""

    def add(self, outcome: Outcome) -> None:
        """Count an input."""
        self.taken[outcome.state] += 1
        self.bytes_in += outcome.bytes_in
        self.bytes_out += outcome.bytes_out
        self.lost_bytes += outcome.lost_bytes
        self.status = worst((self.status, outcome.status))

    @property
    def waiting(self) -> int:
        """Inputs in the list of dead letters."""
        return sum(self.states[state] for state in DEAD_LETTERS)


def batch(
    job: "BatchJob | str | os.PathLike[str]",
    *,
    dry_run: bool = False,
    rebuild: bool = False,
    executor: "Executor | None" = None,
    show: Show | None = None,
) -> BatchResult:
    """Decode what is new in the sources of a job, or has changed, into its target.

    `job` is a BatchJob, or the path of its file (YAML). `dry_run` finds out what would be taken.
    `rebuild` takes all inputs that are there again, as is needed for other settings. With an
    `executor` of `concurrent.futures`, or of a cluster that has the same folders, the work is done
    there, else where the job says. `show` gets each outcome once it is committed, and each place
    that cannot be read as a Refusal.

    Raises UsageError for what cannot be, such as a target that was made with other settings,
    ConfigError for a file that is wrong, MissingExtraError, LockHeldError while another run has the
    target, OutputError where the target cannot be written.
    """
    if not isinstance(job, BatchJob):
        job = load_job(job)
    writer_of(job.format)  # a package that it needs is missed once, and not for each input
    with seen_target(job.target) if dry_run else open_target(job.target) as manifest:
        run = _BatchRun(job, manifest, show or (lambda _: None))
        if dry_run:
            return run.dry(rebuild=rebuild)
        if executor is not None:
            return run.all(executor, rebuild=rebuild)
        with open_executor(job.executor, job.scheduler, job.processes) as opened:
            return run.all(opened, rebuild=rebuild)


def dead_letters(job: "BatchJob | str | os.PathLike[str]") -> Iterator[DeadLetter]:
    """Yield the inputs of a job that gave nothing, or not all for want of a key, and why."""
    if not isinstance(job, BatchJob):
        job = load_job(job)
    with seen_target(job.target) as manifest:
        yield from manifest.dead_letters()


class _BatchRun:
    """One run of one job."""

    def __init__(self, job: BatchJob, manifest: Manifest, show: Show) -> None:
        self._job = job
        self._manifest = manifest
        self._show = show
        self._request = job.request()
        self._settings = job.settings()
        self._keys = job.key_marks()
        self._result = BatchResult()
        self._executor: Executor | None = None
        self._folder = manifest.folder
        here = isinstance(self._folder, FolderHere)
        self._work = NightlyWork(
            self._request,
            os.path.join(job.target, WAITING) if here else WAITING,  # noqa: PTH118 - for workers
            "" if here else job.target,
            job.partition_by,
        )

    def dry(self, *, rebuild: bool) -> BatchResult:
        """Show what would be taken."""
        self._check_settings(rebuild=rebuild)
        for some in self._due(anew=rebuild):
            for due in some:
                self._show(due)
                self._result.taken["due"] += 1
        self._result.states = self._manifest.states()
        return self._result

    def all(self, executor: "Executor | None", *, rebuild: bool) -> BatchResult:
        """Take all that is due, and commit it."""
        self._executor = executor
        begun = time.monotonic()
        self._check_settings(rebuild=rebuild)
        is_done = False
        try:
            self._manifest.settle()
            self._folder.clear(WAITING)
            if not self._work.store:
                Path(self._work.waiting).mkdir(parents=True, exist_ok=True)
            self._manifest.start(self._settings, anew=rebuild)
            for some in self._due():
                self._take([due.seen for due in some])
            self._folder.clear(WAITING)
            is_done = True
        finally:
            self._result.seconds = time.monotonic() - begun
            if is_done:
                self._manifest.note_success()
                self._manifest.save()
            self._result.states = self._manifest.states()
            self._write_metrics()
        return self._result

    def _check_settings(self, *, rebuild: bool) -> None:
        other = self._manifest.other_settings(self._settings)
        if other and not rebuild:
            raise UsageError(
                f"{self._folder.shown}: was made with other settings ({', '.join(other)}); name "
                "another target, or add --rebuild to decode all inputs again"
            )

    def _due(self, *, anew: bool = False) -> Iterator[list[Due]]:
        """Yield the inputs to take, some thousand at a time."""
        request, due = self._request, list[Due]()
        listed = list_inputs(
            self._job.sources, plain=request.takes_plain, archives=self._job.archives
        )
        while some := list(islice(listed, _LISTED)):
            for item in some:
                if isinstance(item, Refusal):
                    self._refuse(item)
            seen = {item.name: item for item in some if isinstance(item, FoundInput)}
            for old in due:  # a file that two sources have
                seen.pop(old.seen.name, None)
            known = self._manifest.known(seen)
            for name, one in seen.items():
                why = self._why_due(one, known.get(name), anew=anew)
                due += [Due(one, why)] if why else []
                self._result.unchanged += not why
            if len(due) >= _LISTED:
                yield due
                due = []
        if due:
            yield due

    def _why_due(self, seen: FoundInput, known: Known | None, *, anew: bool) -> str:
        """Return why an input is to be taken; empty if it is not."""
        if known is None:
            return "new"
        if (known.size, known.mtime_ns, known.etag) != (seen.size, seen.mtime_ns, seen.etag):
            return "grown" if seen.size > known.size else "changed"
        if (
            anew
            or known.state == InputState.UNREAD
            or known.generation != self._manifest.generation
        ):
            return "again"
        if known.state == InputState.LEFT_OUT:
            return ""  # logs that had its records may be gone by now, and their outputs are not
        if known.beside != seen.beside_mark:
            return "logs beside it"
        is_worth_it = known.state == InputState.ENCRYPTED and self._keys - known.keys
        return "another key" if is_worth_it else ""

    def _refuse(self, refusal: Refusal) -> None:
        """Show what cannot be read. A folder without logs is a night without uploads."""
        if refusal.is_failure and not refusal.reason.startswith("holds no log"):
            self._result.refused += 1
            self._result.status = worst((self._result.status, Status.FAILED))
            self._show(refusal)

    def _take(self, inputs: Sequence[FoundInput]) -> None:
        found: list[Outcome] = []
        begun = time.monotonic()
        for outcome in self._outcomes(inputs):
            found.append(outcome)
            if len(found) >= _COMMITTED or time.monotonic() - begun > _SECONDS:
                self._commit(found)
                found, begun = [], time.monotonic()
        self._commit(found)

    def _outcomes(self, inputs: Sequence[FoundInput]) -> Iterator[Outcome]:
        """Take inputs; check that what was made of them is here, wherever that was done."""
        for outcome in outcomes(
            inputs,
            self._work,
            processes=self._job.processes,
            executor=self._executor,
        ):
            if self._work.store or all(os.path.exists(made.waits_at) for made in outcome.made):  # noqa: PTH110 - many
                yield outcome
            else:
                yield lost_outcome(outcome.seen, _NOT_HERE)

    def _commit(self, found: Sequence[Outcome]) -> None:
        if not found:
            return
        suffix = self._request.suffix
        places = {
            made.waits_at: _place(outcome.seen, made, suffix)
            for outcome in found
            for made in outcome.made
        }
        if hasattr(os, "sync") and not self._work.store:
            os.sync()  # what is committed outlives a power cut, too
        self._manifest.decide(found, self._keys, places)
        self._manifest.settle()
        for outcome in found:
            self._result.add(outcome)
            self._show(outcome)

    def _write_metrics(self) -> None:
        if self._job.metrics is None:
            return
        path = Path(self._job.metrics)
        labels = {"job": self._job.name} if self._job.name else {}
        text = metrics_text("xlogdecode_batch_", _metrics(self._result, self._manifest), labels)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, text, mode=0o644)  # who watches is somebody else
        except OSError as error:
            why = f"metrics not written: {error.strerror}; name another file for metrics"
            self._show(Refusal(str(path), why))
            self._result.status = worst((self._result.status, Status.FAILED))


def _place(seen: FoundInput, made: MadeFile, suffix: str) -> str:
    """Return where in the target an output goes: as the input lies in its source, and never where
    that of another input does.
    """
    folder, name = os.path.split(seen.place.below)
    own = marked_name(name, seen.name)
    if made.part:  # flat: not each engine looks further down than parts go
        below = hashlib.sha256(made.below.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        number = made.waits_at.rpartition(".")[2]
        return f"{made.part}/{own}{f'-{below}' if made.below else ''}-{number}{suffix}"
    at = "/".join(filter(None, (seen.place.tree, folder, own)))
    return f"{at}/{made.below}" if made.below else f"{at}{suffix}"


def _metrics(result: BatchResult, manifest: Manifest) -> list[Metric]:
    return [
        ("last_success_timestamp_seconds", "End of the last run that came to its end.",
         [({}, manifest.last_success())]),
        ("taken_inputs", "Inputs the last run took, by what came of them.",
         [({"state": state}, result.taken[state]) for state in InputState]),
        ("inputs", "Inputs in the manifest, by state.",
         [({"state": state}, result.states[state]) for state in InputState]),
        ("unchanged_inputs", "Inputs the last run saw and did not take.", [({}, result.unchanged)]),
        ("dead_letters", "Inputs that wait for a change or a key.", [({}, result.waiting)]),
        ("errors", "Inputs and folders the last run could not read, or write the output of.",
         [({}, result.refused + result.taken[InputState.UNREAD])]),
        ("read_bytes", "Bytes of logs the last run decoded.", [({}, result.bytes_in)]),
        ("text_bytes", "Bytes of text in them.", [({}, result.bytes_out)]),
        ("lost_bytes", "Bytes of them that were lost.", [({}, result.lost_bytes)]),
        ("duration_seconds", "Time of the last run.", [({}, result.seconds)]),
    ]  # fmt: skip
