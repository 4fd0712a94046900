"""Prefixes of object stores, swept by the rule that holds for folders. Imported for URLs only.

A listing shows names and last changes. What is due is looked at once more, and what is unchanged
is deleted, many objects at a time. No object can be held open; versions that a bucket keeps are
never touched.
"""

import contextlib
import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice, pairwise
from typing import Any, Final, NamedTuple

from xlogdecode.errors import UsageError
from xlogdecode.platform.files import is_url
from xlogdecode.platform.stores import (
    Store,
    delete_in_s3,
    faults,
    info_from,
    reason_of,
    shown_url,
    store_at,
)
from xlogdecode.retention.apply import SweepOutcome, SweepVerdict
from xlogdecode.retention.candidates import Candidate, DecisionReason, EntryKind, LogDirectory
from xlogdecode.retention.guards import (
    GuardError,
    check_clock,
    check_count,
    is_recent,
    newest_day,
)
from xlogdecode.retention.layouts import AUTO
from xlogdecode.retention.names import Recogniser, recogniser
from xlogdecode.retention.plan import Decision, MomentJudge, plan
from xlogdecode.retention.policy import Policy, Root
from xlogdecode.retention.roots import RootFolder, has_wildcard
from xlogdecode.retention.totals import SweepStep

__all__ = ["StoreSweep", "StoreTarget", "are_urls"]

_AT_ONCE: Final = 1000
"""Objects that S3 deletes in one request."""

_LOOKS: Final = 16
"""Objects that are looked at side by side."""

_SECOND: Final = 1_000_000_000

_LAYOUT: Final = "logs"
"""The layout of a prefix: itself and all that is below it."""

_NOT_SWEPT: Final = {
    "file": "name the folder by its path, where open files are watched",
    "http": "a web address is only read",
    "https": "a web address is only read",
}
"""Schemes that are refused, and why."""


def are_urls(policy: Policy) -> bool:
    """Tell whether the roots are URLs. Raises UsageError if only some are."""
    found = {is_url(root.path) for root in policy.roots}
    if len(found) > 1:
        raise UsageError("folders and URLs cannot be swept in one run; sweep them one by one")
    return found == {True}


class StoreTarget(NamedTuple):
    """A root of the policy. `folder` and `error` are as of `Target`."""

    root: Root
    folder: RootFolder
    store: Store
    error: OSError | None = None


class StoreSweep:
    """A policy of URLs at one moment; it is judged by the same guards as one of folders."""

    def __init__(self, policy: Policy, now: datetime) -> None:
        """Take both. Raises UsageError and MissingExtraError for URLs that cannot be used."""
        self.policy = policy
        self.now = now
        self._liteav = policy.liteav
        self._judge = MomentJudge(now)
        self.targets = [_target(root) for root in policy.roots]
        self._listed: dict[int, list[Candidate]] = {}

    @property
    def roots_are_apart(self) -> bool:
        """Whether no object belongs to two roots."""
        prefixes = sorted(_prefix(target) for target in self.targets)
        return not any(after.startswith(one) for one, after in pairwise(prefixes))

    def check_roots(self) -> None:
        """Raise GuardError if a root is one that no sweep may begin at."""
        for target in self.targets:
            name = target.folder.shown
            if why := _NOT_SWEPT.get(target.store.scheme):
                raise GuardError(f"{name}: {why}")
            if not target.store.path.strip("/"):
                raise GuardError(f"{name}: names no bucket; write it behind ://")

    def check_clock(self, last_run: datetime | None, clock_was_right: datetime | None) -> bool:
        """Raise GuardError if the clock is not plausible; return whether anything speaks for it."""
        recent = is_recent(clock_was_right, self.now)
        days = [newest_day(self._candidates(n), self.now) for n in range(len(self.targets))]
        newest = None if recent else max(filter(None, days), default=None)
        check_clock(self.now, last_run, newest)
        return recent or newest is not None

    def check_count(self, limit: int) -> None:
        """Raise GuardError if more than `limit` objects are to go."""
        numbers = range(len(self.targets))
        check_count(sum(d.clear for number in numbers for d in self._decisions(number)), limit)

    def remarks(self) -> Iterator[str]:
        """Yield what is worth knowing of the buckets."""
        buckets = {(t.store.path.strip("/").partition("/")[0]): t.store for t in self.targets}
        for bucket, store in buckets.items():
            if store.scheme != "s3":
                continue
            versioned = False
            with contextlib.suppress(Exception):  # not everyone may see that
                versioned = bool(store.fs.is_bucket_versioned(bucket))
            if versioned:
                yield (
                    f"note: the bucket {bucket} keeps versions: what is deleted stays as an old "
                    "version, which takes room until a lifecycle rule removes it"
                )

    def steps(
        self, *, delete: bool, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[SweepStep]:
        """Do the work, root by root; yield the outcomes as they come."""
        for number in range(len(self.targets)):
            decisions = self._decisions(number)
            folders = {d.candidate.directory.path for d in decisions}
            yield SweepStep(number, [], len(folders), bool(folders))
            store = self.targets[number].store
            waiting = iter(decisions)
            while part := list(islice(waiting, _AT_ONCE)):
                yield SweepStep(number, _outcomes(part, store, delete, stop), 0, bool(folders))
            self._listed[number] = []

    def close(self) -> None:
        """Forget what was listed."""
        self._listed.clear()

    def _decisions(self, number: int) -> list[Decision]:
        rule = self.targets[number].root.rule
        return plan(self._candidates(number), rule, now=self.now, judge=self._judge)

    def _candidates(self, number: int) -> list[Candidate]:
        """Return the objects of a root, without those of a root below it; listed once."""
        if number not in self._listed:
            target = self.targets[number]
            mine = _prefix(target)
            others = {_prefix(t) for t in self.targets} - {mine}
            inner = tuple(other for other in others if other.startswith(mine))
            self._listed[number] = list(_listing(target, inner, self._recogniser(target.root)))
        return self._listed[number]

    def _recogniser(self, root: Root) -> Recogniser:
        return recogniser(["imsdk", "liteav"] if self._liteav else ["imsdk"], root.names)


def _target(root: Root) -> StoreTarget:
    if root.layout not in (AUTO, _LAYOUT):
        raise UsageError(f"{shown_url(root.path)}: a store has only the layout logs")
    if not root.literal and has_wildcard(root.path):
        raise UsageError(f"{shown_url(root.path)}: a wildcard is not supported in a URL to sweep")
    shown = shown_url(root.path).rstrip("/")
    return StoreTarget(root, RootFolder(shown, root.path), store_at(root.path))


def _prefix(target: StoreTarget) -> str:
    return f"{target.store.path.strip('/')}/"


def _listing(
    target: StoreTarget, without: tuple[str, ...], recognise: Recogniser
) -> Iterator[Candidate]:
    store, shown = target.store, target.folder.shown
    with faults(target.root.path, doing="listed"):
        found: dict[str, Mapping[str, Any]] = store.fs.find(store.path, detail=True)
    prefix = _prefix(target)
    directories: dict[str, LogDirectory] = {}
    for path in sorted(found):
        one = found.pop(path)
        plain = path.lstrip("/")
        if not plain.startswith(prefix) or path.endswith("/") or plain.startswith(without or "/"):
            continue
        folder, _, name = path.rpartition("/")
        log = recognise(name)
        if log is None:  # as in the layout of that name
            continue
        below = f"{folder.lstrip('/')}/".removeprefix(prefix).rstrip("/")
        if folder not in directories:
            place = f"{shown}/{below}" if below else shown
            directories[folder] = LogDirectory(folder, place, _LAYOUT, "")
        info = info_from(one)
        if info.mtime_ns is None:
            error = OSError(errno.ENODATA, "the store does not say when it was written")
            yield Candidate(directories[folder], name, EntryKind.UNREADABLE, log, error=error)
            continue
        yield Candidate(
            directories[folder], name, EntryKind.FILE, log, info.size or 0, info.mtime_ns,
        )  # fmt: skip


def _outcomes(
    decisions: Sequence[Decision],
    store: Store,
    delete: bool,  # noqa: FBT001 - as the option
    stop: Callable[[], bool],
) -> list[SweepOutcome]:
    """Delete what is to go; return the outcome of each."""
    due = [d for d in decisions if d.clear]
    errors: dict[str, Exception] = {}
    if delete and due:
        errors = dict.fromkeys(map(_path, due), _StayedError(DecisionReason.STOPPED))
        if not stop():
            errors = _changed(store, due)
            errors |= _delete(store, [_path(d) for d in due if _path(d) not in errors])
    outcomes: list[SweepOutcome] = []
    for decision in decisions:
        error = errors.get(_path(decision))
        if decision.candidate.kind is EntryKind.UNREADABLE:
            outcome = SweepOutcome(decision, SweepVerdict.FAILED, decision.candidate.error)
        elif not decision.clear:
            outcome = SweepOutcome(decision, SweepVerdict.KEPT)
        elif not delete:
            outcome = SweepOutcome(decision, SweepVerdict.DUE)
        elif isinstance(error, _StayedError):
            outcome = SweepOutcome(decision._replace(reason=error.reason), SweepVerdict.KEPT)
        elif isinstance(error, FileNotFoundError):
            outcome = SweepOutcome(decision, SweepVerdict.VANISHED)
        elif error is not None:
            outcome = SweepOutcome(decision, SweepVerdict.FAILED, error)
        else:
            outcome = SweepOutcome(decision, SweepVerdict.DELETED)
        outcomes.append(outcome)
    return outcomes


class _StayedError(Exception):
    """An object that was to go is kept."""

    def __init__(self, reason: DecisionReason) -> None:
        super().__init__(reason.words)
        self.reason = reason


def _changed(store: Store, due: Sequence[Decision]) -> dict[str, Exception]:
    """Look once more at what is to go; return why some of it is not to be deleted now."""

    def look(decision: Decision) -> Exception | None:
        candidate = decision.candidate
        try:
            now = info_from(store.fs.info(_path(decision)))
        except Exception as error:  # noqa: BLE001 - each store has classes of its own
            if isinstance(error, FileNotFoundError):
                return error
            return OSError(errno.EIO, reason_of(error, _path(decision)))
        # in a listing some stores have fractions of a second, and none of them here
        is_same = (now.mtime_ns or 0) // _SECOND == candidate.mtime_ns // _SECOND
        is_same = is_same and now.size == candidate.size
        return None if is_same else _StayedError(DecisionReason.CHANGED)

    with ThreadPoolExecutor(_LOOKS) as threads:
        found = zip(due, threads.map(look, due), strict=True)
        return {_path(decision): error for decision, error in found if error is not None}


def _path(decision: Decision) -> str:
    return f"{decision.candidate.directory.path}/{decision.candidate.name}"


def _delete(store: Store, paths: Sequence[str]) -> dict[str, OSError]:
    """Delete objects; return why those are still there that are."""
    if not paths:
        return {}
    if store.scheme == "s3":
        return _delete_of_s3(store.fs, paths)
    errors: dict[str, OSError] = {}
    for path in paths:
        try:
            store.fs.rm_file(path)
        except FileNotFoundError as error:
            errors[path] = error
        except Exception as error:  # noqa: BLE001 - each store has classes of its own
            errors[path] = OSError(errno.EIO, reason_of(error, path, "deleted"))
    return errors


def _delete_of_s3(files: Any, paths: Sequence[str]) -> dict[str, OSError]:
    """Delete objects in one request, whose answer has the refusals one by one."""
    try:
        refused = delete_in_s3(files, paths)
    except Exception as error:  # noqa: BLE001 - as above
        bucket = paths[0].lstrip("/").partition("/")[0]
        why = OSError(errno.EIO, reason_of(error, f"s3://{bucket}", "deleted"))
        return dict.fromkeys(paths, why)
    return {
        path: OSError(errno.EACCES, f"refused by the store: {code}")
        for path, code in refused.items()
    }
