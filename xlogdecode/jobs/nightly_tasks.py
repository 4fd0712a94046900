"""Inputs of a nightly job as tasks for an executor, some hundred small logs or one large in each.

A cluster does a task anew when it loses the worker. If that does not help, each input of it is
tried by itself, so that one that kills its worker costs no other its outcome. Tasks that are done
twice do no harm: each try writes files of its own, and one of them is committed.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import Final

from xlogdecode.errors import InputError, XlogError
from xlogdecode.jobs.found_inputs import FoundInput
from xlogdecode.jobs.nightly_decode import NightlyWork, Outcome, decode_inputs, lost_outcome

__all__ = ["by_executor"]

_MANY: Final = 200
"""Inputs of a task, at most."""

_LARGE: Final = 8 << 20
"""Bytes of inputs at which a task ends."""

_AHEAD: Final = 64
"""Tasks that are begun and not done."""

Task = Sequence[FoundInput]


def by_executor(
    inputs: Iterable[FoundInput], work: NightlyWork, executor: Executor
) -> Iterator[Outcome]:
    """Yield the outcome of each input as it is done.

    Raises the XlogError or OSError that a task raised, InputError where workers lack xlogdecode.
    """
    begun: dict[Future[list[Outcome]], Task] = {}
    tasks = _tasks(inputs)
    again: list[Task] = []
    try:
        while True:
            while len(begun) < _AHEAD and (task := again.pop() if again else next(tasks, None)):
                begun[_submit(executor, task, work)] = task
            if not begun:
                return
            for done in wait(begun, return_when=FIRST_COMPLETED).done:
                task = begun.pop(done)
                error = _error_of(done)
                if error is None:
                    yield from done.result()
                elif len(task) > 1:
                    again += [[seen] for seen in task]
                else:
                    yield lost_outcome(
                        task[0], f"its worker ended: {type(error).__name__}: {error}"
                    )
    finally:
        for future in begun:
            future.cancel()


def _tasks(inputs: Iterable[FoundInput]) -> Iterator[Task]:
    task: list[FoundInput] = []
    size = 0
    for seen in inputs:
        if task and (len(task) >= _MANY or size + seen.size > _LARGE):
            yield task
            task, size = [], 0
        task.append(seen)
        size += seen.size
    if task:
        yield task


def _submit(executor: Executor, task: Task, work: NightlyWork) -> Future[list[Outcome]]:
    """Return the future of a task; one that failed already where the executor takes no more."""
    try:
        return executor.submit(decode_inputs, task, work)
    except BrokenExecutor as error:
        failed: Future[list[Outcome]] = Future()
        failed.set_exception(error)
        return failed


def _error_of(done: Future[list[Outcome]]) -> BaseException | None:
    """Return how a task failed. Raises what would befall each task."""
    error = done.exception()
    if isinstance(error, XlogError | OSError):
        raise error
    if isinstance(error, ImportError):
        raise InputError(f"the workers cannot run xlogdecode: {error}; install it there")
    return error
