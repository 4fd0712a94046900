"""Many small inputs, decoded a group at a time by processes of their own.

What a small input costs is Python's own work, which threads do not share out. A process that is
forked has all that was loaded and opened for its group; only what came of each goes back.
"""

import contextlib
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn, TypeGuard

from xlogdecode.cli.status import Status
from xlogdecode.cli.work import Outcome, Task
from xlogdecode.inputs import Input, Saved

__all__ = ["SMALL", "in_groups"]

SMALL = 48 << 10
"""Bytes of input below which one is small."""

_FIRST = 32
"""Small inputs that are decoded here: they load what all of them need, and may be all there are."""

_GROUP = 96
"""Inputs of a group: enough to be worth a process."""

_AT_WORK = 8
"""Groups that are at work at once: to list and open the inputs of more is beyond one process."""

_CAN_FORK = sys.platform == "linux"
"""Elsewhere the system's own libraries do not bear it."""


def in_groups(tasks: Iterable[Task | Outcome], processes: int) -> Iterator[Task | Outcome]:
    """Yield what comes of small inputs in a row, so many groups being at work, 8 at most; and all
    others as they are, once what was before them is done: the first few, and what is left over.
    """
    if processes == 1 or not _CAN_FORK:
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
            if _may_fork() and _fork(groups, [*waiting]):
                waiting.clear()
            else:
                yield from _drained(groups, waiting)
        yield from _drained(groups, waiting)
    finally:
        for group in groups:
            group.end()


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


def _may_fork() -> bool:
    """Tell whether no other thread holds what would be held forever, and an end can be waited for:
    where SIGCHLD is ignored, as a caller may have it, the system tells of none.
    """
    is_awaited = signal.getsignal(signal.SIGCHLD) is not signal.SIG_IGN
    return is_awaited and threading.active_count() == 1


def _fork(groups: "deque[_Group]", tasks: Sequence[Task | Outcome]) -> bool:
    """Start a process for `tasks`, and add the group; tell whether there is one to be had.

    An end that comes meanwhile waits until the group is known to who has to end it. Ctrl-C, which
    comes to all processes, stays blocked in the new one.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        results, theirs = os.pipe()
        try:
            pid = os.fork()
            if not pid:
                os.close(results)  # so that it shows when no one waits for them any more
                _work(tasks, theirs)
        except OSError:
            os.close(results)
            raise
        finally:
            os.close(theirs)
        groups.append(_Group(tasks, pid, results))
    except OSError:
        return False
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return True


class _Group:
    """Tasks that another process is at."""

    def __init__(self, tasks: Sequence[Task | Outcome], pid: int, results: int) -> None:
        """Take the process, and the descriptor that it sends what came of the tasks to."""
        self._tasks = tasks
        self._pid = pid
        self._results = results

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
        status = self._wait()
        failed = next(tasks, None)
        if failed is not None:
            yield self._lost(failed, status)
            yield from tasks

    def _received(self) -> Iterator[tuple[Outcome, Saved]]:
        from pickle import UnpicklingError, load

        with open(self._results, "rb", closefd=False) as pipe:
            while True:
                try:
                    received = load(pipe)  # noqa: S301 - from a process of our own
                except (EOFError, UnpicklingError):
                    return
                yield received

    def _lost(self, task: Task | Outcome, status: int) -> Outcome:
        name = task.name if isinstance(task, Outcome) else task.entry.name
        why = f"the process that decoded it ended with {status}; try -T 1"
        return Outcome(name, Status.FAILED, error=f"{name}: {why}")

    def _wait(self) -> int:
        """Return the exit status of the process, minus the signal's number if one ended it."""
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        os.close(self._results)
        return os.waitstatus_to_exitcode(status)

    def end(self) -> None:
        """Let it go no further."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._pid, signal.SIGTERM)
                self._wait()


def _work(tasks: Sequence[Task | Outcome], results: int) -> NoReturn:
    """Do all tasks; send what came of each, and what was seen of crash buffers."""
    status = 1
    try:
        from pickle import dump

        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        pipe = open(results, "wb")  # noqa: SIM115 - an early end does not wait for it to take all
        for task in tasks:
            saved = Saved()
            if isinstance(task, Task):
                dump((task._replace(saved=saved).run(1), saved), pipe)
            else:
                dump((task, saved), pipe)
            pipe.flush()  # what is sent is not done once more
        status = 0
    except BrokenPipeError:
        pass
    except Exception:  # noqa: BLE001 - it goes no further than this process
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)
