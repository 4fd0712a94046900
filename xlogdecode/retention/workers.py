"""A sweep shared out among processes, each with its share of the folders and a count to send back.

Deleting is system calls, a few microseconds each, between which Python needs as long again: threads
only wait for each other there, processes do not. What happens in a share is what happens without
shares; a share ends between two files when it has to, and between two folders when the process
it works for is gone.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Final
from zlib import crc32

from xlogdecode.errors import XlogError
from xlogdecode.platform.forks import CAN_FORK, Fork, fork
from xlogdecode.retention.apply import SweepOutcome, is_warning
from xlogdecode.retention.totals import SweepStep, Totals

__all__ = ["CAN_SHARE", "WHOLE", "Count", "Share", "share_out"]

CAN_SHARE: Final = CAN_FORK


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the folders: the same folder is always the same share's."""

    which: int = 0
    of: int = 1

    def has(self, path: str) -> bool:
        """Return whether the folder at `path` is in this share."""
        return self.of == 1 or crc32(os.fsencode(path)) % self.of == self.which


WHOLE: Final = Share()


@dataclass(frozen=True, slots=True)
class Count:
    """The results of one share."""

    totals: Totals = field(default_factory=Totals)
    failures: list[SweepOutcome] = field(default_factory=list)

    def step(self, step: SweepStep) -> None:
        """Count one step, and keep the outcomes that are to be shown in any case."""
        self.totals.step(step)
        self.failures.extend(o for o in step.outcomes if is_warning(o))


ALONE = 0.05
"""Seconds of work that are too little to be shared: a process costs some milliseconds."""


def share_out(
    work: Callable[[Share], Iterable[SweepStep]], number: int, *, ready: Callable[[], object] = bool
) -> Iterator[Count]:
    """Do `work` for `number` shares; yield the count of each.

    The first share is done here. If that takes longer than a moment, `ready` is called and each of
    the others gets a process of its own. Raises XlogError, with the first cause, if one ends early.
    """
    processes: list[Fork] = []
    first, *others = [Share(which, number) for which in range(number)]
    send = partial(_send_count, work, os.getpid())
    here, count, since = others, Count(), time.monotonic()
    for step in work(first):
        count.step(step)
        if others and time.monotonic() - since >= ALONE:
            ready()
            here = [share for share in others if not fork(partial(send, share), processes.append)]
            others = []
    yield count
    yield from (_count(work(share)) for share in here)
    answers = [_answer_of(process) for process in processes]
    yield from (answer for answer in answers if isinstance(answer, Count))
    failures = [answer for answer in answers if isinstance(answer, str)]
    if failures:
        raise XlogError(
            f"{len(failures)} of {number} processes ended early: {failures[0]}; run the sweep again"
        )


def _send_count(
    work: Callable[[Share], Iterable[SweepStep]], parent: int, share: Share, results: int
) -> None:
    """Do the work of `share`, in a process of its own, as long as `parent` is there."""
    answer: Count | str
    try:
        answer = _count(takewhile(lambda _: os.getppid() == parent, work(share)))
    except XlogError as error:
        answer = str(error)
    except Exception as error:  # noqa: BLE001 - the process that waits reports it
        answer = f"{type(error).__name__}: {error}"
    import pickle  # one process needs none

    with os.fdopen(results, "wb") as pipe:
        pickle.dump(answer, pipe)


def _answer_of(process: Fork) -> Count | str:
    """Return the count that a process sends, or why there is none.

    Its exit status does not decide: the system keeps that where SIGCHLD is ignored.
    """
    import pickle

    with open(process.results, "rb", closefd=False) as pipe:
        data = pipe.read()
    status = process.wait()
    try:
        answer: Count | str = pickle.loads(data)  # noqa: S301 - from a process of our own
    except (EOFError, pickle.UnpicklingError):
        return "the system does not say why" if status is None else f"exit status {status}"
    return answer


def _count(steps: Iterable[SweepStep]) -> Count:
    count = Count()
    for step in steps:
        count.step(step)
    return count
