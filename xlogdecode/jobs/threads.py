"""Inputs of middling size decoded side by side, with outputs in their order.

A small input is not worth a thread (`groups.py`), and a large one keeps all busy by itself.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from xlogdecode.jobs.job import Outcome, Task
from xlogdecode.jobs.processes import SMALL, in_groups
from xlogdecode.types import Buffer, Sink

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

__all__ = ["outcomes"]

_LARGEST = 2 << 20
"""Bytes of input up to which one that is not small gets a thread of its own."""

_WAITING = 8
"""Inputs a thread that may wait for their turn."""

_HELD = 2 << 20
"""Bytes of text that an input may hold ready for its turn."""


def outcomes(tasks: Iterable[Task | Outcome], threads: int) -> Iterator[Outcome]:
    """Run all tasks; yield what comes of them, in their order."""
    if threads == 1:
        yield from (task if isinstance(task, Outcome) else task.run(1) for task in tasks)
        return
    pool = _Pool(threads)
    try:
        for task in in_groups(tasks, threads):
            pool.add(task)
            alone = isinstance(task, Task) and task.is_alone
            while pool.is_full or (alone and pool.queue):
                yield pool.take()
        while pool.queue:
            yield pool.take()
    finally:
        pool.close()


class _Pool:
    def __init__(self, threads: int) -> None:
        self.queue: deque[tuple[_Turn | None, Callable[[], Outcome]]] = deque()
        self._threads = threads
        self._executor: Executor | None = None
        self._stopped = threading.Event()

    @property
    def is_full(self) -> bool:
        """Whether the first one is to be taken before more are added."""
        return len(self.queue) >= self._threads * _WAITING or (
            bool(self.queue) and self.queue[0][0] is None
        )

    def add(self, task: Task | Outcome) -> None:
        """Start a task, or let it wait for its turn."""
        if isinstance(task, Outcome):
            self.queue.append((None, lambda: task))
            return
        size = task.entry.stat.st_size
        if task.is_alone or not SMALL <= size <= _LARGEST:
            self.queue.append((None, lambda: task.run(self._threads)))
            return
        if self._executor is None:
            from concurrent.futures import ThreadPoolExecutor

            self._executor = ThreadPoolExecutor(self._threads, "xlogdecode-input")
        turn = _Turn(task.sink, self._stopped)
        future: Future[Outcome] = self._executor.submit(task._replace(sink=turn).run, 1)
        self.queue.append((turn, future.result))

    def take(self) -> Outcome:
        """Wait for the first task."""
        turn, result = self.queue.popleft()
        if turn is None:
            return result()
        turn.come()
        outcome = result()
        turn.flush()
        if self._executor is not None and not any(turn for turn, _ in self.queue):
            self._executor.shutdown()  # a process that has threads may not fork
            self._executor = None
        return outcome

    def close(self) -> None:
        """End what still runs."""
        self._stopped.set()
        for turn, _ in self.queue:
            if turn is not None:
                turn.come()
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)


class _Stopped(BaseException):
    """The run ends early."""


class _Turn:
    """Holds text back until its turn has come."""

    def __init__(self, sink: Sink, stopped: threading.Event) -> None:
        self._sink = sink
        self._stopped = stopped
        self._come = threading.Event()
        self._held: list[bytes] = []
        self._size = 0

    def come(self) -> None:
        self._come.set()

    def write(self, data: Buffer, /) -> None:
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size > _HELD:
            self._come.wait()
        if self._stopped.is_set():
            raise _Stopped
        if self._come.is_set():
            self.flush()

    def flush(self) -> None:
        held, self._held, self._size = self._held, [], 0
        for data in held:
            self._sink.write(data)
