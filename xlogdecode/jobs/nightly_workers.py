"""Inputs of a nightly job shared among processes: the outcomes come as they are done."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from xlogdecode.jobs.forked_workers import Left, Lost, in_turns
from xlogdecode.jobs.found_inputs import FoundInput
from xlogdecode.jobs.nightly_decode import NightlyWork, Outcome, decode_input, lost_outcome
from xlogdecode.platform.forks import may_fork, processes_of_use
from xlogdecode.types import Sink

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["outcomes"]

_MANY: Final = 48
"""Inputs that are worth more processes, however small they are."""

_LARGE: Final = 1 << 20
"""Bytes of several inputs that are."""

_STRETCH: Final = 8
"""Inputs that a process takes at a time; fewer where there are few."""


def outcomes(
    inputs: Sequence[FoundInput],
    work: NightlyWork,
    *,
    processes: int = 0,
    executor: "Executor | None" = None,
) -> Iterator[Outcome]:
    """Take all inputs, in several processes where that is of use.

    With an `executor` they are taken there.
    """
    if executor is not None:
        from xlogdecode.jobs.nightly_tasks import by_executor

        yield from by_executor(inputs, work, executor)
        return
    number = _of_use(inputs, processes)
    if number > 1:
        yield from _by_forks(inputs, work, number)
    else:
        yield from (decode_input(seen, work) for seen in inputs)


def _of_use(inputs: Sequence[FoundInput], processes: int) -> int:
    if len(inputs) < 2 or not may_fork():
        return 1
    number = min(processes_of_use(processes), len(inputs))
    is_little = len(inputs) < _MANY and sum(seen.size for seen in inputs) < _LARGE
    return 1 if is_little else number


def _by_forks(inputs: Sequence[FoundInput], work: NightlyWork, processes: int) -> Iterator[Outcome]:
    def take_one(seen: FoundInput, _: Sink | None) -> Outcome:
        return decode_input(seen, work)

    stretch = max(1, min(_STRETCH, len(inputs) // (processes * 4)))
    answers = in_turns(inputs, take_one, processes, stretch=stretch)
    for seen, answer in zip(inputs, answers, strict=True):
        if isinstance(answer, Lost):
            how = "early" if answer.status is None else f"with {answer.status}"
            yield lost_outcome(seen, f"the process that decoded it ended {how}; is memory short?")
        elif isinstance(answer, Left):
            yield decode_input(seen, work)
        else:
            yield answer
