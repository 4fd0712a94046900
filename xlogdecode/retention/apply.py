"""Decisions into deeds: each folder opened again by steps, each file looked at again, then gone.

The last look and the unlink are two system calls, one after the other: no system unlinks a file by
what it is, only by its name, so a file put in place within those microseconds would go instead.
"""

import enum
import errno
import itertools
import operator
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple, Protocol

from xlogdecode.retention.folders import Folder, open_folder
from xlogdecode.retention.in_use import NOTHING_HELD, InUse, Watch, choose_watch
from xlogdecode.retention.plan import Decision, Reason
from xlogdecode.retention.scan import Candidate, made

__all__ = ["Archive", "Outcome", "Verdict", "carry_out", "iter_outcomes"]

_SHARING_VIOLATION = 32  # ERROR_SHARING_VIOLATION: Windows' word for "in use"


class Verdict(enum.Enum):
    """What became of a file."""

    KEPT = "keep"
    DUE = "delete"
    """It would go; this was a dry run."""
    DELETED = "deleted"
    ARCHIVED = "archived"
    FAILED = "failed"

    __hash__ = object.__hash__  # counted for every file, and an Enum's own is slow


_DUE: Final = Verdict.DUE  # in the hot loop an Enum's member is slow to look up


class Outcome(NamedTuple):
    """A decision and what became of it."""

    decision: Decision
    verdict: Verdict
    error: Exception | None = None
    """Why, for FAILED."""


class Archive(Protocol):
    """Where files go before they are deleted."""

    def take(self, folder: Folder, decisions: list[Decision]) -> list[Exception | None]:
        """Store the files, read them back; return None for each that is safe, else what failed."""


def carry_out(
    decisions: Iterable[Decision],
    *,
    dry_run: bool = False,
    archive: Archive | None = None,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Outcome]:
    """Delete what `decisions` clear and return one outcome a decision, in their order.

    A dry run does all but the deletion. `archive` takes each file first, `watch` tells which are
    held open (by default what this system offers), and once `stop` says so the rest is kept.
    """
    return list(iter_outcomes(decisions, dry_run=dry_run, archive=archive, watch=watch, stop=stop))


def iter_outcomes(
    decisions: Iterable[Decision],
    *,
    dry_run: bool = False,
    archive: Archive | None = None,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Outcome]:
    """As `carry_out`, folder by folder and lazily: nothing goes before it is asked for."""
    hand = _Hand(watch or choose_watch(), stop, None if dry_run else archive, dry_run=dry_run)
    for _, group in itertools.groupby(decisions, key=operator.attrgetter("candidate.directory")):
        yield from hand.folder(list(group))


class _Hand:
    """One run."""

    def __init__(
        self, watch: Watch, stop: Callable[[], bool], archive: Archive | None, *, dry_run: bool
    ) -> None:
        self._watch = watch
        self._stop = stop
        self._archive = archive
        self._remove = not dry_run
        self._done = Verdict.ARCHIVED if archive else Verdict.DELETED

    def folder(self, decisions: list[Decision]) -> Iterator[Outcome]:
        """Carry out the decisions on one folder."""
        due = [decision for decision in decisions if decision.reason.clears]
        if not due or self._stop():
            yield from (self._kept(decision) for decision in decisions)
            return
        directory = due[0].candidate.directory
        try:
            folder = open_folder(directory.path)
        except OSError as error:
            yield from [self._kept(decision, error) for decision in decisions]
            return
        with folder:
            if folder.identity() != directory.identity:
                replaced = FileNotFoundError(errno.ENOENT, "the folder was replaced meanwhile")
                yield from (self._kept(decision, replaced) for decision in decisions)
                return
            settled = self._archived(folder, due)
            newest = max(filter(None, map(_day, due)), default=None)
            stop, remove = self._stop, self._remove
            for decision in decisions:
                if not decision.reason.clears or stop():
                    yield self._kept(decision)
                elif settled and decision.candidate.name in settled:
                    yield settled[decision.candidate.name]
                else:
                    likely = _day(decision) == newest
                    yield self._last_look(folder, decision, likely=likely, remove=remove)

    def _kept(self, decision: Decision, error: Exception | None = None) -> Outcome:
        if decision.clear:
            if error:
                return Outcome(decision, Verdict.FAILED, error)
            return Outcome(decision._replace(reason=Reason.STOPPED), Verdict.KEPT)
        if decision.reason is Reason.UNREADABLE:
            return Outcome(decision, Verdict.FAILED, decision.candidate.error)
        return Outcome(decision, Verdict.KEPT)

    def _archived(self, folder: Folder, due: list[Decision]) -> dict[str, Outcome]:
        """Hand what may go to the archive; return, by name, what must stay for lack of a copy."""
        if self._archive is None:
            return {}
        looks = [self._last_look(folder, d, likely=True, remove=False) for d in due]
        free = [outcome.decision for outcome in looks if outcome.verdict is Verdict.DUE]
        settled = [outcome for outcome in looks if outcome.verdict is not Verdict.DUE]
        for decision, error in zip(free, self._archive.take(folder, free), strict=True):
            if error:
                settled.append(Outcome(decision, Verdict.FAILED, error))
        return {outcome.decision.candidate.name: outcome for outcome in settled}

    def _last_look(
        self, folder: Folder, decision: Decision, *, likely: bool, remove: bool
    ) -> Outcome:
        candidate = decision.candidate
        name = candidate.name
        held = NOTHING_HELD
        try:
            held = self._watch.claim(folder, candidate, likely=likely)
            if not _same(folder.stat(name), candidate):
                return Outcome(decision._replace(reason=Reason.CHANGED), Verdict.KEPT)
            if remove:
                folder.remove(name)
        except InUse:
            return Outcome(decision._replace(reason=Reason.IN_USE), Verdict.KEPT)
        except OSError as error:
            if getattr(error, "winerror", None) == _SHARING_VIOLATION:
                return Outcome(decision._replace(reason=Reason.IN_USE), Verdict.KEPT)
            return Outcome(decision, Verdict.FAILED, error)
        finally:
            if held != NOTHING_HELD:
                os.close(held)
        return made(Outcome, (decision, self._done if remove else _DUE, None))


def _day(decision: Decision) -> date | None:
    log = decision.candidate.log
    return log.day if log else None


def _same(now: os.stat_result, then: Candidate) -> bool:
    """Tell whether a file is still the one that was judged."""
    _, _, _, _, size, mtime_ns, device, inode, _ = then  # faster than names, for every file
    return (
        now.st_ino == inode
        and now.st_mtime_ns == mtime_ns
        and now.st_size == size
        and now.st_dev == device
    )
