"""All of a policy: its roots found, the guards asked, and decisions made folder by folder."""

import errno
import itertools
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from xlogdecode.retention.candidates import (
    Candidate,
    DecisionReason,
    EntryKind,
    KeptByName,
    LogDirectory,
)
from xlogdecode.retention.folders import Folder
from xlogdecode.retention.guards import (
    MAX_SILENCE,
    RootGuard,
    check_clock,
    check_count,
    is_recent,
    newest_day,
)  # fmt: skip
from xlogdecode.retention.names import LogName
from xlogdecode.retention.plan import Decision, MomentJudge, plan
from xlogdecode.retention.policy import Policy, Root
from xlogdecode.retention.roots import RootFolder, expand, has_wildcard, resolve
from xlogdecode.retention.scan import Scanner
from xlogdecode.retention.walk import FolderLook, WalkOptions, fault
from xlogdecode.retention.workers import WHOLE, Share

__all__ = ["DecisionBatch", "Sweep", "Target"]

PART = 1000
"""Files of one folder that are judged at a time."""
_ROOTS_A_SHARE = 8
"""From so many roots for each share on, a root belongs to one share with all that is in it."""


class Target(NamedTuple):
    """A folder that a root of the policy means, or the reason why there is none."""

    root: Root
    folder: RootFolder
    error: OSError | None


class DecisionBatch(NamedTuple):
    """The decisions on a folder, a part of it, or on all folders of a root with a ceiling."""

    number: int
    """Number of the target."""
    folder: Folder | None
    """Open until the next batch is asked for; None where it must be opened again."""
    directory: LogDirectory
    decisions: list[Decision]
    found: int
    """Log folders that begin here."""
    kept: list[DecisionReason]
    """Of each log that is kept by name and only counted, why."""


class Sweep:
    """A policy at one moment: judge it by the guards, then apply the `batches`."""

    def __init__(self, policy: Policy, now: datetime, *, missing_ok: bool = False) -> None:
        self.policy = policy
        self.now = now
        self._missing_ok = missing_ok
        self._known: list[Target] | None = None
        self._overlap = self._nested = False
        self._judge = MomentJudge(now)
        self.counts_kept = False
        """Whether logs that are kept by name are only counted, from the next folder on."""
        self._scanners: dict[tuple[str, tuple[str, ...]], Scanner] = {}
        self._by_name: dict[object, KeptByName] = {}

    @property
    def targets(self) -> list[Target]:
        """The folders of all roots. Where some overlap, the deepest is first: it wins.

        Of several names of one folder, the one without wildcards is first.
        """
        if self._known is None:
            found = [target for root in self.policy.roots for target in self._targets(root)]
            paths = [target.folder.path for target in found]
            different = set(paths)
            self._nested = len(self.policy.roots) > 1 and any(
                str(parent) in different for path in different for parent in Path(path).parents
            )
            self._overlap = self._nested or len(different) < len(paths)
            if self._overlap:
                found.sort(
                    key=lambda t: (-len(Path(t.folder.path).parts), has_wildcard(t.root.path))
                )
            self._known = found
        return self._known

    def check_roots(self) -> None:
        """Raise GuardError if a root is one that no sweep may begin at."""
        guard = RootGuard()
        for root in self.policy.roots:
            guard.check(root.path, root.layout)
        for target in self.targets:
            guard.check(target.folder.path, target.root.layout, target.folder.identity)

    def check_clock(self, last_run: datetime | None, clock_was_right: datetime | None) -> bool:
        """Raise GuardError if the clock is not plausible; return whether something speaks for it.

        A clock is plausible shortly after it was so, or if a log of any root is recent.
        """
        recent = is_recent(clock_was_right, self.now)
        newest = None if recent else self.newest_day()
        check_clock(self.now, last_run, newest)
        return recent or newest is not None

    def newest_day(self) -> date | None:
        """Return the newest day of a log of all roots, or the first that is recent enough."""
        newest = date.min

        def no_newer(log: LogName) -> DecisionReason | None:
            older = log.day is None or log.day <= newest
            return DecisionReason.YOUNG if older else None

        by_name = KeptByName(no_newer)
        by_name.counted = True
        options = self._options(WHOLE, lambda *_: by_name)._replace(newest_first=True)
        for target in self.targets:
            for look in self._looks(target, options):
                newest = max(newest, newest_day(look.candidates, self.now) or newest)
                if self.now.date() - newest <= MAX_SILENCE:
                    return newest
        return None if newest == date.min else newest

    def check_count(self, limit: int) -> None:
        """Raise GuardError if more than `limit` files are to go."""
        batches = self.batches(lean=True)
        check_count(sum(d.clear for batch in batches for d in batch.decisions), limit)

    @property
    def can_be_shared(self) -> bool:
        """Whether each folder is judged by itself, in one share only.

        A ceiling looks at all of a root; a root in another makes two ways to one folder.
        """
        roots_overlap = bool(self.targets) and self._nested
        return not roots_overlap and not any(_has_ceiling(root) for root in self.policy.roots)

    @property
    def roots_are_apart(self) -> bool:
        """Whether no folder belongs to two roots."""
        return bool(self.targets) and not self._overlap

    def decisions(self) -> Iterator[Decision]:
        """Yield a decision a file, folder by folder."""
        return itertools.chain.from_iterable(batch.decisions for batch in self.batches())

    def batches(
        self, share: Share = WHOLE, *, lean: bool = False, repair: bool = False
    ) -> Iterator[DecisionBatch]:
        """Yield the decisions on one folder after another: memory is bounded by the largest.

        All shares together have all batches, if the sweep `can_be_shared`. A root with a ceiling
        is judged, and held in memory, as one. `lean` looks at no file that its name keeps: its
        size and last change are not known then. `repair` puts back what an interrupted sweep left.
        """
        seen: set[str] = set()
        by_root = len(self.targets) >= _ROOTS_A_SHARE * share.of
        for number, target in enumerate(self.targets):
            root = target.root
            if by_root and not share.has(target.folder.path):
                continue
            ranked = _is_ranked(root)
            options = self._options(
                WHOLE if by_root else share,
                self._by_folder(root) if lean and not ranked else None,
                part=0 if ranked else PART,
                repair=repair,
            )
            looks = self._looks(target, options)
            if self._overlap:
                looks = _unseen(looks, seen)
            if _has_ceiling(root):
                yield from self._all_at_once(number, root, looks)
                continue
            for look in looks:
                yield self._batch(number, root, look)

    def _batch(self, number: int, root: Root, look: FolderLook) -> DecisionBatch:
        decisions = plan(
            look.candidates, root.rule, now=self.now, packages=root.packages, judge=self._judge
        )
        return DecisionBatch(number, look.folder, look.directory, decisions, look.found, look.kept)

    def _all_at_once(
        self, number: int, root: Root, looks: Iterator[FolderLook]
    ) -> Iterator[DecisionBatch]:
        candidates: list[Candidate] = []
        found = 0
        directory: LogDirectory | None = None
        for look in looks:
            candidates += look.candidates
            found += look.found
            directory = look.directory
        if directory is not None:
            decisions = plan(candidates, root.rule, now=self.now, packages=root.packages)
            yield DecisionBatch(number, None, directory, decisions, found, [])

    def _options(
        self,
        share: Share,
        kept_by_name: Callable[[str, str], KeptByName] | None,
        *,
        part: int = PART,
        repair: bool = False,
    ) -> WalkOptions:
        return WalkOptions(
            wanted=share.has,
            settled=share is WHOLE,
            kept_by_name=kept_by_name,
            part=part,
            repair=repair,
            cross_mounts=self.policy.cross_mounts,
        )

    def _looks(self, target: Target, options: WalkOptions) -> Iterator[FolderLook]:
        root, folder, error = target
        if error is None:
            yield from self._scanner(root).looks(folder, options)
        elif options.wanted(folder.shown):
            yield fault(_unreached(folder.shown, error))

    def _scanner(self, root: Root) -> Scanner:
        key = root.layout, root.names
        if key not in self._scanners:
            self._scanners[key] = Scanner(
                root.layout,
                liteav=self.policy.liteav,
                name_patterns=root.names,
            )
        return self._scanners[key]

    def close(self) -> None:
        """Let go of the folders that are held open."""
        for scanner in self._scanners.values():
            scanner.__exit__()

    def _by_folder(self, root: Root) -> Callable[[str, str], KeptByName]:
        """Return what says for a layout and a package of `root` which names are enough."""

        def by_name(layout: str, package: str) -> KeptByName:
            rule = root.packages.get(package, root.rule)
            key = layout, rule.keep, root.names
            if key not in self._by_name:
                self._by_name[key] = KeptByName(self._judge.by_name(rule))
            found = self._by_name[key]
            found.counted = self.counts_kept
            return found

        return by_name

    def _targets(self, root: Root) -> Iterator[Target]:
        """Yield the folders that `root` means, and what is wrong with it."""
        folders = [(resolve(root.path), None)] if root.literal else list(expand(root.path))
        if not folders and not self._missing_ok:
            missing = FileNotFoundError(errno.ENOENT, "matches no folder")
            yield Target(root, RootFolder(root.path, root.path), missing)
        for folder, error in folders:
            known = error or folder.identity or not self._missing_ok
            if known or os.path.lexists(folder.path):
                yield Target(root, folder, error)


def _unseen(looks: Iterator[FolderLook], seen: set[str]) -> Iterator[FolderLook]:
    """Leave out folders that another root had before."""
    here = ""
    for look in looks:
        path = look.directory.path
        if look.directory.identity and path != here:
            if path in seen:
                continue
            seen.add(path)
            here = path
        yield look


def _is_ranked(root: Root) -> bool:
    """Return whether files of a folder are compared with each other."""
    rules = (root.rule, *root.packages.values())
    return any(rule.keep_last or rule.max_total is not None for rule in rules)


def _has_ceiling(root: Root) -> bool:
    return any(rule.max_total is not None for rule in (root.rule, *root.packages.values()))


def _unreached(root: str, error: OSError) -> Candidate:
    path = Path(root)
    directory = LogDirectory(str(path.parent), str(path.parent), "", "")
    return Candidate(directory, path.name, EntryKind.UNREADABLE, error=error)
