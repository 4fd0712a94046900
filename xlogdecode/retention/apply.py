"""Decisions applied: each due file is set aside by a private name, looked at again, then deleted.

By that name nobody puts another file in its place: the file that was looked at is the one that
goes. A file that is no longer the one that was judged gets its name back.
"""

import contextlib
import enum
import errno
import itertools
import operator
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple, Protocol

from xlogdecode.retention.candidates import Candidate, DecisionReason, LogDirectory, made
from xlogdecode.retention.folders import Folder, FolderPath
from xlogdecode.retention.in_use import NOTHING_HELD, InUse, Watch, choose_watch
from xlogdecode.retention.plan import Decision
from xlogdecode.retention.set_aside import new_mark, set_aside

__all__ = [
    "Applier", "Archive", "SweepOutcome", "SweepVerdict", "carry_out",
    "is_warning", "iter_outcomes",
]  # fmt: skip

_SHARING_VIOLATION = 32  # ERROR_SHARING_VIOLATION: Windows' word for "in use"


class SweepVerdict(enum.Enum):
    """The end of a file."""

    KEPT = "keep"
    DUE = "delete"
    """It would go; this was a dry run."""
    DELETED = "deleted"
    ARCHIVED = "archived"
    VANISHED = "vanished"
    """It was to go, and somebody else had deleted it."""
    FAILED = "failed"

    __hash__ = object.__hash__  # counted for every file, and an Enum's own is slow


_DUE: Final = SweepVerdict.DUE  # in the hot loop an Enum's member is slow to look up
_KEPT: Final = SweepVerdict.KEPT


class SweepOutcome(NamedTuple):
    """A decision and its result."""

    decision: Decision
    verdict: SweepVerdict
    error: Exception | None = None
    """Why, for FAILED."""


class Archive(Protocol):
    """A place that files go to before they are deleted."""

    def take(
        self, folders: list[tuple[LogDirectory, list[Decision]]]
    ) -> dict[tuple[str, str], Exception]:
        """Store the files of all folders, read them back.

        Returns, by the paths of folders and names, the failures: all others are safe. Raises
        XlogError where nothing could be stored.
        """


def carry_out(
    decisions: Iterable[Decision],
    *,
    dry_run: bool = False,
    archive: Archive | None = None,
    watch: Watch | None = None,
) -> list[SweepOutcome]:
    """Delete the files that `decisions` clear; return one outcome a decision, in their order.

    A dry run does all but the deletion. `archive` takes each file first, and `watch` knows which
    are held open (by default as well as this system can tell).
    """
    return list(iter_outcomes(decisions, dry_run=dry_run, archive=archive, watch=watch))


def iter_outcomes(
    decisions: Iterable[Decision],
    *,
    dry_run: bool = False,
    archive: Archive | None = None,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[SweepOutcome]:
    """Yield what `carry_out` returns, folder by folder; once `stop` is true the rest stays.

    With an `archive` all decisions are read first: files of one archive come from many folders.
    """
    applier = Applier(
        watch=watch, stop=stop, dry_run=dry_run, archived=bool(archive) and not dry_run
    )
    groups: Iterable[list[Decision]] = (
        list(group)
        for _, group in itertools.groupby(decisions, key=operator.attrgetter("candidate.directory"))
    )
    with applier:
        if archive and not dry_run:
            groups = list(groups)
            applier.store(groups, archive)
        for group in groups:
            yield from applier.reopened(group)


class Applier:
    """One run: how files are looked at, and whether they are deleted."""

    def __init__(
        self,
        *,
        watch: Watch | None = None,
        stop: Callable[[], bool] = lambda: False,
        dry_run: bool = False,
        archived: bool = False,
    ) -> None:
        self._watch = watch or choose_watch()
        self._stop = stop
        self._remove = not dry_run
        self._done = SweepVerdict.ARCHIVED if archived else SweepVerdict.DELETED
        self._mark = new_mark()
        self._ways = FolderPath()
        self._settled: dict[tuple[str, str], SweepOutcome] = {}

    def __enter__(self) -> "Applier":
        return self

    def __exit__(self, *_: object) -> None:
        self._ways.__exit__()

    def store(self, groups: list[list[Decision]], archive: Archive) -> None:
        """Hand the files that may go to `archive`; those without a copy stay. Raises XlogError."""
        folders: list[tuple[LogDirectory, list[Decision]]] = []
        for group in groups:
            due = [decision for decision in group if decision.clear]
            if not due or self._stop():
                continue
            directory = due[0].candidate.directory
            try:
                folder = self._open(directory)
            except OSError:
                continue  # this is met again, and reported, by `reopened`
            free = []
            for decision in due:
                outcome = self._settle(folder, decision, likely=True, remove=False, fresh=False)
                if outcome.verdict is _DUE:
                    free.append(decision)
                else:
                    self._settled[directory.path, decision.candidate.name] = outcome
            folders.append((directory, free))
        if not any(free for _, free in folders):
            return
        failed = archive.take(folders)
        for directory, free in folders:
            for decision in free:
                key = directory.path, decision.candidate.name
                if error := failed.get(key):
                    self._settled[key] = SweepOutcome(decision, SweepVerdict.FAILED, error)

    def reopened(self, decisions: list[Decision]) -> Iterator[SweepOutcome]:
        """Apply the decisions on one folder, which is opened again."""
        due = [decision for decision in decisions if decision.reason.clears]
        if not due or self._stop():
            yield from (_kept(decision) for decision in decisions)
            return
        try:
            folder = self._open(due[0].candidate.directory)
        except OSError as error:
            yield from [_kept(decision, error) for decision in decisions]
            return
        yield from self._apply(folder, decisions, fresh=False)

    def opened(self, folder: Folder, decisions: list[Decision]) -> list[SweepOutcome]:
        """Apply the decisions on files of a folder that were looked at just now."""
        return list(self._apply(folder, decisions, fresh=True))

    def _open(self, directory: LogDirectory) -> Folder:
        folder = self._ways.open(directory.path)
        if folder.identity() != directory.identity:
            raise OSError(errno.ESTALE, "the folder was replaced meanwhile")
        return folder

    def _apply(
        self, folder: Folder, decisions: list[Decision], *, fresh: bool
    ) -> Iterator[SweepOutcome]:
        days = [_day(decision) for decision in decisions if decision.reason.clears]
        newest = max(filter(None, days), default=None)
        stop, remove, settled = self._stop, self._remove, self._settled
        for decision in decisions:
            if not decision.reason.clears or stop():
                yield _kept(decision)
                continue
            candidate = decision.candidate
            if settled and (known := settled.get((candidate.directory.path, candidate.name))):
                yield known
                continue
            likely = _day(decision) == newest
            yield self._settle(folder, decision, likely=likely, remove=remove, fresh=fresh)

    def _settle(
        self, folder: Folder, decision: Decision, *, likely: bool, remove: bool, fresh: bool
    ) -> SweepOutcome:
        """Look at one file again, and delete it if `remove`; `fresh`: it was looked at just now."""
        candidate = decision.candidate
        held = NOTHING_HELD
        try:
            held = self._watch.claim(folder, candidate, likely=likely)
            changed = not fresh and not _same(folder.stat(candidate.name), candidate)
            if changed or (remove and not _remove(folder, candidate, self._mark)):
                changed_now = decision._replace(reason=DecisionReason.CHANGED)
                return SweepOutcome(changed_now, _KEPT)
        except InUse:
            return SweepOutcome(decision._replace(reason=DecisionReason.IN_USE), _KEPT)
        except FileNotFoundError:
            return SweepOutcome(decision, SweepVerdict.VANISHED)
        except OSError as error:
            if getattr(error, "winerror", None) == _SHARING_VIOLATION:
                return SweepOutcome(decision._replace(reason=DecisionReason.IN_USE), _KEPT)
            return SweepOutcome(decision, SweepVerdict.FAILED, error)
        finally:
            if held != NOTHING_HELD:
                os.close(held)
        return made(SweepOutcome, (decision, self._done if remove else _DUE, None))


def _remove(folder: Folder, candidate: Candidate, mark: str) -> bool:
    """Delete the file if it is the one that was judged; return whether it was."""
    name = candidate.name
    private = set_aside(folder, name, mark)
    try:
        if _same(folder.stat(private), candidate):
            folder.remove(private)
            return True
    except BaseException:
        if private != name:
            with contextlib.suppress(OSError):
                folder.rename_back(private, name)
        raise
    if private != name:
        try:
            folder.rename_back(private, name)
        except FileExistsError:
            why = f"another file took its name meanwhile; it is now {private}"
            raise OSError(errno.EEXIST, why) from None
    return False


def is_warning(outcome: SweepOutcome) -> bool:
    """Return whether an outcome is shown even where little is: a failure, or a mount in the way."""
    foreign = outcome.decision.reason is DecisionReason.FOREIGN
    return outcome.verdict is SweepVerdict.FAILED or (
        foreign and outcome.decision.candidate.directory.identity is None
    )


def _kept(decision: Decision, error: OSError | None = None) -> SweepOutcome:
    """Return the outcome of a file that is not touched: its folder's `error`, or a stop."""
    reason = decision.reason
    if reason.clears:
        if error is None:
            return SweepOutcome(decision._replace(reason=DecisionReason.STOPPED), _KEPT)
        if error.errno == errno.ENOENT:
            return SweepOutcome(decision, SweepVerdict.VANISHED)
        return SweepOutcome(decision, SweepVerdict.FAILED, error)
    if reason is DecisionReason.UNREADABLE:
        return SweepOutcome(decision, SweepVerdict.FAILED, decision.candidate.error)
    return made(SweepOutcome, (decision, _KEPT, None))


def _day(decision: Decision) -> date | None:
    log = decision.candidate.log
    return log.day if log else None


def _same(now: os.stat_result, then: Candidate) -> bool:
    """Return whether a file is still the one that was judged."""
    _, _, _, _, size, mtime_ns, device, inode, _ = then  # faster than names, for every file
    return (
        now.st_ino == inode
        and now.st_mtime_ns == mtime_ns
        and now.st_size == size
        and now.st_dev == device
    )
