"""Many small inputs, decoded a group at a time by processes of their own.

What a small input costs is Python's own work, which threads do not share out. A process that is
forked has all that was loaded and opened for its group; only what came of each goes back.
"""

import contextlib
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeGuard

from xlogdecode.cli.status import Status
from xlogdecode.cli.work import Outcome, Task
from xlogdecode.inputs import Input, Saved

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["SMALL", "in_groups"]

SMALL = 48 << 10
"""Bytes of input below which one is small."""

_FIRST = 32
"""Small inputs that are decoded here: they load what all of them need, and may be all there are."""

_GROUP = 96
"""Inputs of a group: enough to be worth a process."""

_CAN_FORK = sys.platform == "linux"
"""Elsewhere the system's own libraries do not bear it."""


def in_groups(tasks: Iterable[Task | Outcome], processes: int) -> Iterator[Task | Outcome]:
    """Yield what comes of small inputs, so many groups being at work; and all others as they are,
    once what was before them is done.
    """
    if processes == 1 or not _CAN_FORK:
        yield from tasks
        return
    seen = 0
    waiting: deque[Task] = deque()
    groups: deque[_Group] = deque()
    try:
        for task in tasks:
            if not _is_small(task):
                yield from _drained(groups, waiting)
                yield task
            elif seen < _FIRST:
                seen += 1
                yield task
            else:
                waiting.append(task)
                task.entry.source.close()
                if len(waiting) < _GROUP:
                    continue
                if len(groups) == processes:
                    yield from groups[0]
                    groups.popleft()
                if group := _forked([*waiting]):
                    groups.append(group)
                    waiting.clear()
                else:
                    yield from _drained(groups, waiting)
        yield from _drained(groups, waiting)
    finally:
        for group in groups:
            group.end()


def _drained(groups: "deque[_Group]", waiting: deque[Task]) -> Iterator[Task | Outcome]:
    while groups:
        yield from groups[0]
        groups.popleft()
    while waiting:
        yield waiting.popleft()


def _is_small(task: Task | Outcome) -> TypeGuard[Task]:
    """Tell whether a task can be done apart from all others, and is worth less than a thread."""
    if isinstance(task, Outcome) or task.is_alone:
        return False
    entry = task.entry
    is_at_hand = isinstance(entry.source, Input) and entry.source.is_at_hand
    shares_output = task.target is None and not task.settings.test
    return is_at_hand and not shares_output and entry.stat.st_size < SMALL


def _forked(tasks: Sequence[Task]) -> "_Group | None":
    """Return a group at work; None where there is to be no process for it."""
    if threading.active_count() > 1:  # what another thread holds would be held forever
        return None
    try:
        return _Group(tasks)
    except OSError:
        return None


class _Group:
    """Tasks that a process of their own is at."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        """Start it. Raises OSError."""
        import multiprocessing

        fork = multiprocessing.get_context("fork")
        self._tasks = tasks
        self._results, theirs = pipe = fork.Pipe(duplex=False)
        self._process = fork.Process(target=_run, args=(tasks, *pipe), daemon=True)
        # an end that came before the process is known would leave it behind
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            self._process.start()
        finally:
            theirs.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def __iter__(self) -> Iterator[Outcome]:
        """Wait for all of the group; yield what came of each task."""
        try:
            outcomes, saved = self._results.recv()
        except EOFError:
            self._process.join()
            outcomes, saved = [self._lost(task) for task in self._tasks], Saved()
        self._process.join()
        self._results.close()
        if self._tasks[0].saved is not None:
            self._tasks[0].saved.add(saved)
        yield from outcomes

    def _lost(self, task: Task) -> Outcome:
        name = task.entry.name
        why = f"the process that decoded it ended with {self._process.exitcode}; try -T 1"
        return Outcome(name, Status.FAILED, error=f"{name}: {why}")

    def end(self) -> None:
        """Let it go no further."""
        self._process.terminate()
        self._process.join()


def _run(tasks: Sequence[Task], theirs: "Connection", results: "Connection") -> None:
    """Do all tasks; send what came of them, and what was seen of crash buffers.

    Ctrl-C, which comes to all processes, stays blocked: the one that forked ends this one.
    """
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    theirs.close()  # so that it shows when no one waits for the results any more
    saved = Saved()
    outcomes = [task._replace(saved=saved).run(1) for task in tasks]
    with contextlib.suppress(BrokenPipeError):
        results.send((outcomes, saved))
