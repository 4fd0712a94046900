"""A whole policy: its roots found, the guards asked, and decisions made folder by folder."""

import errno
import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xlogdecode.retention.guards import check_clock, check_count, check_root, newest_day
from xlogdecode.retention.plan import Decision, plan
from xlogdecode.retention.policy import Policy, Root
from xlogdecode.retention.roots import RootFolder, expand, has_wildcard, resolve
from xlogdecode.retention.scan import Candidate, Kind, LogDirectory, scan_directories
from xlogdecode.retention.workers import WHOLE, Share

__all__ = ["Sweep"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A policy at one moment: `check` it, then take `decisions` to `iter_outcomes`."""

    policy: Policy
    now: datetime
    missing_ok: bool = False

    def check(
        self, *, last_run: datetime | None = None, force: bool = False, limit: int | None = None
    ) -> None:
        """Raise GuardError if this sweep must not begin; `force` waives what the clock says.

        `last_run` is when the last one began; `limit` is how many files may go.
        """
        for root in self.policy.roots:
            check_root(root.path, root.layout)
            for folder in self._folders(root):
                if isinstance(folder, RootFolder):
                    check_root(folder.path, root.layout)
        if not force:
            check_clock(self.now, last_run, newest_day(self._candidates(), self.now))
        if limit is not None:
            check_count(sum(decision.clear for decision in self.decisions()), limit)

    @property
    def can_be_shared(self) -> bool:
        """Whether each folder is judged by itself, in one share only.

        A ceiling looks at a whole root; a root in another makes two ways to one folder.
        """
        folders = (folder for root in self.policy.roots for folder in self._folders(root))
        paths = sorted(Path(f.path).parts for f in folders if isinstance(f, RootFolder))
        nested = any(a != b and a == b[: len(a)] for a, b in itertools.pairwise(paths))
        return not nested and not any(_has_ceiling(root) for root in self.policy.roots)

    def decisions(self) -> Iterator[Decision]:
        """Yield a decision a file, folder by folder."""
        return itertools.chain.from_iterable(self.batches())

    def batches(self, share: Share = WHOLE) -> Iterator[list[Decision]]:
        """Yield the decisions on one folder after another: memory is bounded by the largest.

        All shares together have what the whole has, if it `can_be_shared`.

        A root with a ceiling is judged as a whole, and held in memory as a whole.
        """
        seen: set[str] = set()
        exceptions_first = sorted(self.policy.roots, key=lambda root: has_wildcard(root.path))
        for root in exceptions_first:
            for folder in self._folders(root):
                if isinstance(folder, Candidate):
                    if share.has(folder.shown):
                        yield plan([folder], root.rule, now=self.now)
                    continue
                batches: Iterable[list[Candidate]] = self._unseen(root, folder, seen, share)
                if _has_ceiling(root):
                    batches = [list(itertools.chain.from_iterable(batches))]
                for batch in batches:
                    yield plan(batch, root.rule, now=self.now, packages=root.packages)

    def _candidates(self) -> Iterator[Candidate]:
        for root in self.policy.roots:
            for folder in self._folders(root):
                if isinstance(folder, RootFolder):
                    yield from itertools.chain.from_iterable(
                        self._unseen(root, folder, set(), WHOLE)
                    )

    def _unseen(
        self, root: Root, folder: RootFolder, seen: set[str], share: Share
    ) -> Iterator[list[Candidate]]:
        """Yield what lies below one root but for folders that another root had before."""
        for batch in scan_directories(
            folder, layout=root.layout, liteav=self.policy.liteav, wanted=share.has
        ):
            if not batch:
                continue
            directory = batch[0].directory
            if directory.identity:  # else it is a fault
                if directory.path in seen:
                    continue
                seen.add(directory.path)
            yield batch

    def _folders(self, root: Root) -> Iterator[RootFolder | Candidate]:
        """Yield the folders that `root` stands for, and as a candidate what is wrong with it."""
        folders = [(resolve(root.path), None)] if root.literal else list(expand(root.path))
        if not folders and not self.missing_ok:
            yield _fault(root.path, FileNotFoundError(errno.ENOENT, "matches no folder"))
        for folder, error in folders:
            if error:
                yield _fault(folder.shown, error)
            elif not (self.missing_ok and not os.path.lexists(folder.path)):
                yield folder


def _has_ceiling(root: Root) -> bool:
    return any(rule.max_total is not None for rule in (root.rule, *root.packages.values()))


def _fault(root: str, error: OSError) -> Candidate:
    path = Path(root)
    directory = LogDirectory(str(path.parent), str(path.parent), "", "")
    return Candidate(directory, path.name, Kind.UNREADABLE, error=error)
