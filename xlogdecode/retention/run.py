"""One sweep from its beginning to its end: guards, lock, memory, the work, totals and metrics."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xlogdecode.errors import UsageError
from xlogdecode.platform.files import is_url, write_durably
from xlogdecode.platform.forks import may_fork, usable_processors
from xlogdecode.retention.apply import (
    Applier,
    SweepOutcome,
    SweepVerdict,
    is_warning,
    iter_outcomes,
)  # fmt: skip
from xlogdecode.retention.candidates import DecisionReason
from xlogdecode.retention.guards import GuardError
from xlogdecode.retention.in_use import Watch, choose_watch
from xlogdecode.retention.layouts import AUTO
from xlogdecode.retention.options import SweepOptions, SweepResult, local_now
from xlogdecode.retention.plan import Rule
from xlogdecode.retention.policy import Policy, Root, parse_keep
from xlogdecode.retention.state import State
from xlogdecode.retention.sweep import DecisionBatch, Sweep, Target
from xlogdecode.retention.totals import SweepStep, Totals
from xlogdecode.retention.workers import CAN_SHARE, WHOLE, Count, Share, share_out
from xlogdecode.when import parse_age, parse_size

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from xlogdecode.retention.stores import StoreSweep, StoreTarget

__all__ = ["SweepOptions", "SweepResult", "count_roots", "local_now", "run_sweep", "sweep"]

MOST_SHARES: Final = 4
"""Processes that delete at once when nothing is to be shown."""


_MOST_FAILURES: Final = 100
_IN_THE_WAY: Final = (DecisionReason.UNREADABLE, DecisionReason.FOREIGN)
"""A root with such a fault is reported for that, not as one without logs."""


def sweep(
    *roots: str | os.PathLike[str],
    keep: str = "7d",
    delete: bool = False,
    keep_last: int = 0,
    max_total: str | None = None,
    layout: str = AUTO,
    liteav: bool = False,
    at_most_every: str | None = None,
    missing_ok: bool = False,
    state: str | os.PathLike[str] | None = None,
    show: Callable[[SweepOutcome], object] | None = None,
) -> SweepResult:
    """Clear IM SDK logs older than `keep` below `roots`, by all guards of `xlogdecode sweep`.

    Deletes only with `delete=True`; without, the result's `due` says how many files would go.
    `at_most_every="1d"` does nothing where the last success is less than a day ago, for apps that
    call this at each start. `state` is the folder for lock and last run, by default the user's.
    `show` is called with the outcome of each file.

    Raises GuardError where a guard refuses, LockHeldError where another sweep of these roots runs,
    and UsageError.
    """
    if not roots:
        raise UsageError("a sweep without a root; name a folder")
    rule = Rule(parse_keep(keep), keep_last, parse_size(max_total) if max_total else None)
    if not rule.keep and not rule.keep_last:
        raise UsageError("that would keep nothing; give keep or keep_last more than 0")
    policy = Policy(
        tuple(Root(os.fspath(root), layout, rule, literal=True) for root in roots), liteav
    )
    options = SweepOptions(
        delete=delete,
        missing_ok=missing_ok,
        at_most_every=parse_age(at_most_every) if at_most_every else None,
        state=Path(state) if state is not None else None,
        lean=show is None,
        only_warnings=show is None,
    )
    return run_sweep(policy, options, show=show or (lambda _: None))


def run_sweep(
    policy: Policy,
    options: SweepOptions,
    *,
    show: Callable[[SweepOutcome], object],
    warn: Callable[[str], object] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    executor: "Executor | None" = None,
) -> SweepResult:
    """Sweep `policy`; `show` gets outcomes as they come, `warn` lines about the run.

    With an `executor` of `concurrent.futures`, or of a cluster that has the same folders, the roots
    are swept there, and only failures and warnings are shown.

    Raises GuardError, LockHeldError and XlogError as `sweep` does.
    """
    for root in policy.roots:
        if "\0" in root.path:
            raise UsageError(f"{root.path!r}: not a path, it has a NUL character; name a folder")
    in_store = any(is_url(root.path) for root in policy.roots)
    real = str if in_store else os.path.realpath
    folders = sorted({real(root.path) for root in policy.roots if root.path})
    memory = State(options.state, [options.policy_file] if options.policy_file else folders)
    result = SweepResult(dry_run=not options.delete)

    def warned(text: str) -> None:
        result.warnings.append(text)
        warn(text)

    run = _SweepRun(policy, options, memory, result, warned, executor)
    if in_store:
        run.take_stores()
    if executor is not None:
        run.check_tasks()
    if options.delete and run.was_done_lately():
        result.skipped = True
        return result
    with memory.locked(folders, stop) if options.delete else nullcontext():
        run.all(show, stop)
    return result


class _SweepRun:
    """One run of one policy."""

    def __init__(
        self,
        policy: Policy,
        options: SweepOptions,
        memory: State,
        result: SweepResult,
        warn: Callable[[str], None],
        executor: "Executor | None" = None,
    ) -> None:
        self._executor = executor
        self._options = options
        self._memory = memory
        self._result = result
        self._warn = warn
        self._sweep = Sweep(policy, options.now, missing_ok=options.missing_ok)
        self._stores: StoreSweep | None = None
        self._guarded: Sweep | StoreSweep = self._sweep

    def take_stores(self) -> None:
        """Sweep prefixes of stores. Raises UsageError for what has no meaning there."""
        from xlogdecode.retention.stores import StoreSweep, are_urls

        if are_urls(self._sweep.policy):
            if self._options.archive is not None:
                raise UsageError("--archive cannot be used with URLs (it moves files on disk)")
            if self._sweep.policy.cross_mounts:
                raise UsageError("--cross-mounts cannot be used with URLs (a store has no mounts)")
            self._stores = StoreSweep(self._sweep.policy, self._options.now)
            self._guarded = self._stores

    def check_tasks(self) -> None:
        """Raise UsageError where the roots cannot be swept one without the others."""
        if self._options.archive is not None:
            raise UsageError("--archive cannot be used with --executor (one process writes it)")
        if not self._guarded.roots_are_apart and self._guarded.targets:
            raise UsageError(
                "roots that are in each other cannot be swept with --executor; name only the outer "
                "ones, or leave it out"
            )

    def was_done_lately(self) -> bool:
        every, last = self._options.at_most_every, self._memory.last_success()
        return bool(every and last and timedelta(0) <= self._options.now - last < every)

    def all(self, show: Callable[[SweepOutcome], object], stop: Callable[[], bool]) -> None:
        started = time.monotonic()
        faults = 1  # until all is done
        try:
            clock_is_right = self._checked()
            if self._options.delete:
                times = {"last_run": self._options.now}
                if clock_is_right:
                    times["clock"] = self._options.now
                self._memory.remember(**times)
            for outcome in self._outcomes(stop):
                few = len(self._result.failures) < _MOST_FAILURES
                if outcome.verdict is SweepVerdict.FAILED and few:
                    self._result.failures.append(outcome)
                show(outcome)
            self._result.stopped = stop()
            if not self._result.stopped:
                self._report_missing()
            if self._options.delete and self._result.ok:
                self._memory.remember(last_success=self._options.now)
            faults = 0
        finally:
            self._guarded.close()
            if self._options.delete and self._options.metrics:
                self._write_metrics(self._options.metrics, time.monotonic() - started, faults)

    def _checked(self) -> bool:
        """Ask the guards; return whether the clock is known to be right. Raises GuardError.

        In a dry run only the roots are refused, and all else is a warning.
        """
        options, right = self._options, True
        self._guarded.check_roots()
        try:
            memory = self._memory
            right = self._guarded.check_clock(memory.last_run(), memory.clock_was_right())
        except GuardError as error:
            if not options.force:
                self._refuse(error)
        if options.max_delete is not None:
            try:
                self._guarded.check_count(options.max_delete)
            except GuardError as error:
                self._refuse(error)
        return right

    def _refuse(self, error: GuardError) -> None:
        if self._options.delete:
            raise error
        self._warn(f"warning: {error}; with --delete this would be refused")

    def _outcomes(self, stop: Callable[[], bool]) -> Iterator[SweepOutcome]:
        """Do the work and count it; yield the outcomes that are to be shown."""
        options, totals = self._options, self._result.totals
        if self._executor is not None:
            yield from self._in_tasks(self._executor, stop)
            return
        if self._stores is not None:
            yield from self._in_stores(self._stores, stop)
            return
        if options.archive is not None and options.delete:
            yield from self._archived(options.archive, stop)
            return
        self._sweep.counts_kept = options.lean and options.only_warnings
        shares = min(usable_processors(), MOST_SHARES) if CAN_SHARE and may_fork() else 1
        shared = options.delete and options.only_warnings and shares > 1
        if shared and self._sweep.can_be_shared:
            watch = choose_watch()
            work = partial(self._steps, watch=watch, stop=stop)
            for count in share_out(work, shares, ready=watch.prepare):
                totals.merge(count.totals)
                yield from count.failures
            return
        for step in self._steps(WHOLE, choose_watch(), stop):
            totals.step(step)
            if options.most_kept is not None and totals.files.total() > options.most_kept:
                self._sweep.counts_kept = options.lean
            if options.only_warnings:
                yield from filter(is_warning, step.outcomes)
            else:
                yield from step.outcomes

    def _in_tasks(self, executor: "Executor", stop: Callable[[], bool]) -> Iterator[SweepOutcome]:
        """Have the roots swept elsewhere; count them, and yield the warnings."""
        from xlogdecode.retention.tasks import sweep_by_executor

        for remark in self._stores.remarks() if self._stores is not None else ():
            self._warn(remark)
        targets: Sequence[Target | StoreTarget] = self._guarded.targets
        policy = self._sweep.policy
        for target in targets:  # in their order, whichever is done first
            self._result.roots[target.folder.shown] = Totals()
        found = sweep_by_executor(executor, policy, targets, self._options, stop)
        for number, count in found:
            reached = bool(count.totals.reached)
            count.totals.reached = {number} if reached else set()
            self._result.totals.merge(count.totals)
            self._result.roots[targets[number].folder.shown].merge(count.totals)
            yield from count.failures

    def count(self) -> Count:
        """Sweep all roots, without a look at guards and locks; return the count."""
        count = Count()
        try:
            for step in (
                self._steps(WHOLE, choose_watch(), lambda: False)
                if self._stores is None
                else self._stores.steps(delete=self._options.delete)
            ):
                count.step(step)
        finally:
            self._guarded.close()
        return count

    def _in_stores(self, stores: "StoreSweep", stop: Callable[[], bool]) -> Iterator[SweepOutcome]:
        for remark in stores.remarks():
            self._warn(remark)
        for step in stores.steps(delete=self._options.delete, stop=stop):
            shown = stores.targets[step.root].folder.shown
            self._result.totals.step(step)
            self._result.roots.setdefault(shown, Totals()).step(step)
            if self._options.only_warnings:
                yield from filter(is_warning, step.outcomes)
            else:
                yield from step.outcomes

    def _steps(self, share: Share, watch: Watch, stop: Callable[[], bool]) -> Iterator[SweepStep]:
        delete = self._options.delete
        with Applier(watch=watch, stop=stop, dry_run=not delete) as applier:
            for batch in self._sweep.batches(share, lean=self._options.lean, repair=delete):
                if batch.folder is not None:
                    yield self._step(batch, applier.opened(batch.folder, batch.decisions))
                    continue
                outcomes: list[SweepOutcome] = []
                for _, group in groupby(batch.decisions, key=lambda d: d.candidate.directory):
                    outcomes += applier.reopened(list(group))
                yield self._step(batch, outcomes)

    def _step(self, batch: DecisionBatch, outcomes: list[SweepOutcome]) -> SweepStep:
        package = batch.directory.package
        named = package if package in self._sweep.targets[batch.number].root.packages else ""
        reached = bool(batch.found) or any(
            d.candidate.directory.identity is None and d.reason in _IN_THE_WAY
            for d in batch.decisions[:1]
        )
        return SweepStep(batch.number, outcomes, batch.found, reached, named, batch.kept)

    def _archived(self, folder: Path, stop: Callable[[], bool]) -> Iterator[SweepOutcome]:
        from xlogdecode.retention.archive import MonthlyArchive

        totals, archive = self._result.totals, MonthlyArchive(folder)
        decisions = []
        for batch in self._sweep.batches(lean=self._options.lean, repair=True):
            decisions += batch.decisions
            totals.step(self._step(batch, []))
        for outcome in iter_outcomes(decisions, archive=archive, stop=stop):
            totals.add([outcome])
            if is_warning(outcome) or not self._options.only_warnings:
                yield outcome

    def _report_missing(self) -> None:
        """Warn of roots without logs, and of packages that no folder has."""
        totals = self._result.totals
        targets: Sequence[Target | StoreTarget] = self._guarded.targets
        missing = [t for n, t in enumerate(targets) if n not in totals.reached and not t.error]
        if not self._options.missing_ok:
            totals.without_logs = len(missing)
            for target in missing:
                shown = target.folder.shown
                remedy = "" if self._stores else f"`xlogdecode layouts {shown}` looks for logs, "
                what = "log" if self._stores else "log folder"
                self._warn(f"{shown}: no {what} found; {remedy}--missing-ok accepts this")
        named = {name for root in self._sweep.policy.roots for name in root.packages}
        if not self._options.only_warnings:
            for package in sorted(named - totals.packages):
                self._warn(f"note: no folder belongs to the package {package} of the policy")

    def _write_metrics(self, path: Path, seconds: float, faults: int) -> None:
        text = self._result.totals.metrics(
            seconds=seconds,
            last_success=self._memory.last_success(),
            faults=faults,
            policy=self._options.policy_file,
        )
        try:
            write_durably(path, text, mode=0o644)  # who watches is somebody else
        except OSError as error:
            why = f"metrics not written: {error.strerror}: choose another file with --metrics"
            self._warn(f"{path}: {why}")


def count_roots(policy: Policy, options: SweepOptions) -> list[Count]:
    """Sweep the roots of a policy that guards have passed, in any process; return their counts."""
    counts = []
    for root in policy.roots:
        one, memory = replace(policy, roots=(root,)), State(options.state, [])
        run = _SweepRun(one, options, memory, SweepResult(), lambda _: None)
        if is_url(root.path):
            run.take_stores()
        counts.append(run.count())
    return counts
