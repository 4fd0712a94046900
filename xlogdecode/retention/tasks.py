"""Roots of a sweep as tasks for an executor: threads or processes here, or a cluster.

Guards and locks are the business of who hands the tasks out. A task that is done twice does no
harm: what is gone is gone. A root that a lost worker had is swept by the next run.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlogdecode.errors import XlogError
from xlogdecode.retention.policy import Policy, Root
from xlogdecode.retention.run import SweepOptions, count_roots
from xlogdecode.retention.workers import Count

if TYPE_CHECKING:
    from xlogdecode.retention.stores import StoreTarget
    from xlogdecode.retention.sweep import Target

__all__ = ["sweep_by_executor"]

_MOST: Final = 20
"""Roots of a task, at most."""

_TASKS: Final = 64
"""Tasks that are worth more than larger ones, and that are begun and not done."""


def sweep_by_executor(
    executor: Executor,
    policy: Policy,
    targets: "Sequence[Target | StoreTarget]",
    options: SweepOptions,
    stop: Callable[[], bool],
) -> Iterator[tuple[int, Count]]:
    """Yield the number and the count of each root as it is swept.

    Raises XlogError, when the others are done, where tasks ended early.
    """
    count = len(targets)
    size = max(1, min(_MOST, count // _TASKS))
    tasks = iter([range(start, min(start + size, count)) for start in range(0, count, size)])
    begun: dict[Future[list[Count]], range] = {}
    lost: list[BaseException] = []
    try:
        while True:
            while len(begun) < _TASKS and not stop() and (numbers := next(tasks, None)):
                part = replace(policy, roots=tuple(_literal(targets[n]) for n in numbers))
                begun[_submit(executor, part, options)] = numbers
            if not begun:
                break
            for done in wait(begun, return_when=FIRST_COMPLETED).done:
                numbers = begun.pop(done)
                error = done.exception()
                if error is None:
                    yield from zip(numbers, done.result(), strict=True)
                elif isinstance(error, XlogError):
                    raise error
                else:
                    lost.append(error)
    finally:
        for future in begun:
            future.cancel()
    if lost:
        why = f"{type(lost[0]).__name__}: {lost[0]}"
        raise XlogError(f"{len(lost)} tasks ended early: {why}; run the sweep again")


def _literal(target: "Target | StoreTarget") -> Root:
    """Return the root of one folder."""
    if target.folder.path == target.root.path:
        return target.root
    return replace(target.root, path=target.folder.path, literal=True)


def _submit(executor: Executor, policy: Policy, options: SweepOptions) -> Future[list[Count]]:
    """Return the future of a task; one that failed already where the executor takes no more."""
    try:
        return executor.submit(count_roots, policy, options)
    except BrokenExecutor as error:
        failed: Future[list[Count]] = Future()
        failed.set_exception(error)
        return failed
