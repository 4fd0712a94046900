"""Processes that are forked for a part of the work, have all that was loaded, and end with it."""

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

__all__ = [
    "CAN_FORK", "Fork", "fork", "may_fork", "processes_of_use", "usable_processors", "widen_pipe",
]  # fmt: skip

_MOST = 8
"""Processes that are started where nobody says how many."""

CAN_FORK = sys.platform == "linux"
"""Elsewhere the system's own libraries do not bear it."""


class Fork:
    """A forked process, and the descriptor that it sends what came of its work to."""

    def __init__(self, pid: int, results: int) -> None:
        """Take both."""
        self.results = results
        self._pid = pid

    def wait(self) -> int | None:
        """Return its exit status, minus the signal's number if one ended it; None where the system
        does not tell, since the caller ignores SIGCHLD.
        """
        try:
            _, status = os.waitpid(self._pid, 0)
        except ChildProcessError:
            status = None
        self._pid = 0
        os.close(self.results)
        return None if status is None else os.waitstatus_to_exitcode(status)

    def end(self, by: int = signal.SIGTERM) -> None:
        """Let it go no further, even if it was stopped.

        A signal that comes just before a read that waits is not heard until that ends: so another
        follows after a second.
        """
        if self._pid:
            gone = select.poll()
            gone.register(self.results, 0)
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._pid, by)
                os.kill(self._pid, signal.SIGCONT)
                while not gone.poll(1000):
                    os.kill(self._pid, by)
                self.wait()


def may_fork() -> bool:
    """Tell whether processes can be forked: the system bears it, and no other thread holds what
    would be held forever.
    """
    return CAN_FORK and threading.active_count() == 1


def widen_pipe(end: int, size: int) -> None:
    """Let a pipe hold `size` bytes, or as many as the system grants; Linux does."""
    if CAN_FORK:
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, size)


def usable_processors() -> int:
    """Return how many processors this process may use."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processes_of_use(wanted: int) -> int:
    """Return `wanted`, or if that is 0, a process for each usable processor, at most eight."""
    return wanted or min(usable_processors(), _MOST)


def fork(work: Callable[[int], object], begun: Callable[[Fork], object]) -> bool:
    """Do `work`, which is given where its results go, in a process of its own; tell whether there
    is one to be had.

    An end that comes meanwhile waits until `begun` knows of the process, so that it can be
    ended. Ctrl-C, which comes to all processes, stays blocked in the new one.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        results, theirs = os.pipe()
        try:
            pid = os.fork()
            if not pid:
                os.close(results)  # so that it shows when no one waits for them any more
                _do(work, theirs)
        except OSError:
            os.close(results)
            raise
        finally:
            os.close(theirs)
        begun(Fork(pid, results))
    except OSError:
        return False
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return True


def _do(work: Callable[[int], object], results: int) -> NoReturn:
    status = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        work(results)
        status = 0
    except BrokenPipeError:
        pass
    except Exception:  # noqa: BLE001 - it goes no further than this process
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)
