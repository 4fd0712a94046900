"""Many small inputs, decoded a group at a time by processes of their own.

What a small input costs is Python's own work, which threads do not share out. A process that is
forked has all that was loaded and opened for its group; only what came of each goes back.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TypeGuard

from xlogdecode.inputs import Input, Saved
from xlogdecode.jobs.job import Outcome, Task
from xlogdecode.jobs.status import Status
from xlogdecode.platform.forks import CAN_FORK, Fork, fork, may_fork

__all__ = ["SMALL", "in_groups"]

SMALL = 48 << 10
"""Bytes of input below which one is small."""

_FIRST = 32
"""Small inputs that are decoded here: they load what all of them need, and may be all there are."""

_GROUP = 96
"""Inputs of a group: enough to be worth a process."""

_AT_WORK = 8
"""Groups that are at work at once: to list and open the inputs of more is beyond one process."""


def in_groups(tasks: Iterable[Task | Outcome], processes: int) -> Iterator[Task | Outcome]:
    """Yield what comes of small inputs in a row, so many groups being at work, 8 at most; and all
    others as they are, once what was before them is done: the first few, and what is left over.
    """
    if processes == 1 or not CAN_FORK:
        yield from tasks
        return
    at_most = min(processes, _AT_WORK)
    seen = 0
    waiting: deque[Task | Outcome] = deque()
    groups: deque[_Group] = deque()
    try:
        for task in tasks:
            if isinstance(task, Outcome) and (groups or waiting):
                waiting.append(task)
            elif not _is_small(task):
                yield from _drained(groups, waiting)
                yield task
                continue
            elif seen < _FIRST:
                seen += 1
                yield task
            else:
                waiting.append(task)
                task.entry.source.close()
            if len(waiting) < _GROUP:
                continue
            if len(groups) == at_most:
                yield from groups[0]
                groups.popleft()
            if may_fork() and _start(groups, [*waiting]):
                waiting.clear()
            else:
                yield from _drained(groups, waiting)
        yield from _drained(groups, waiting)
    finally:
        for group in groups:
            group.process.end()


def _drained(groups: "deque[_Group]", waiting: deque[Task | Outcome]) -> Iterator[Task | Outcome]:
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
    is_kept_here = task.target is None and (not task.settings.test or task.settings.lists)
    return is_at_hand and not is_kept_here and entry.stat.st_size < SMALL


def _start(groups: "deque[_Group]", tasks: Sequence[Task | Outcome]) -> bool:
    """Start a process for `tasks`, and add the group; tell whether there is one to be had."""
    return fork(partial(_work, tasks), lambda begun: groups.append(_Group(tasks, begun)))


class _Group:
    """Tasks that another process is at."""

    def __init__(self, tasks: Sequence[Task | Outcome], process: Fork) -> None:
        self._tasks = tasks
        self.process = process

    def __iter__(self) -> Iterator[Task | Outcome]:
        """Yield what came of each task, as it comes.

        Where the process ends early, that is what came of the task that it was at (whose text may
        be in place, or a hidden part of it), and those behind it are left to be done.
        """
        tasks = iter(self._tasks)
        for (outcome, saved), task in zip(self._received(), tasks, strict=False):
            if isinstance(task, Task) and task.saved is not None:
                task.saved.add(saved)
            yield outcome
        status = self.process.wait()
        failed = next(tasks, None)
        if failed is not None:
            yield self._lost(failed, status)
            yield from tasks

    def _received(self) -> Iterator[tuple[Outcome, Saved]]:
        from pickle import UnpicklingError, load

        with open(self.process.results, "rb", closefd=False) as pipe:
            while True:
                try:
                    received = load(pipe)  # noqa: S301 - from a process of our own
                except (EOFError, UnpicklingError):
                    return
                yield received

    def _lost(self, task: Task | Outcome, status: int | None) -> Outcome:
        name = task.name if isinstance(task, Outcome) else task.entry.name
        why = f"the process that decoded it ended with {status}; try -T 1"
        return Outcome(name, Status.FAILED, error=f"{name}: {why}")


def _work(tasks: Sequence[Task | Outcome], results: int) -> None:
    """Do all tasks; send what came of each, and what was seen of crash buffers."""
    from pickle import dump

    pipe = open(results, "wb")  # noqa: SIM115 - an early end does not wait for it to take all
    for task in tasks:
        saved = Saved()
        if isinstance(task, Task):
            dump((task._replace(saved=saved).run(1), saved), pipe)
        else:
            dump((task, saved), pipe)
        pipe.flush()  # what is sent is not done once more
