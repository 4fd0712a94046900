"""A sweep shared out among processes, each with its share of the folders and a count to send back.

Deleting is system calls, a few microseconds each, between which Python needs as long again: threads
only wait for each other there, processes do not. What happens in a share is what happens without
shares; a share ends between two files when it is told to, and between two folders when the process
it works for is gone.
"""

import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import BinaryIO, Final
from zlib import crc32

from xlogdecode.errors import XlogError
from xlogdecode.retention.apply import Outcome, Verdict
from xlogdecode.retention.totals import Tally

__all__ = ["CAN_SHARE", "WHOLE", "Count", "Share", "share_out"]

CAN_SHARE: Final = hasattr(os, "fork")


@dataclass(frozen=True, slots=True)
class Share:
    """Which folders are whose: the same folder is always the same share's."""

    which: int = 0
    of: int = 1

    def has(self, path: str) -> bool:
        """Tell whether the folder at `path` is in this share."""
        return self.of == 1 or crc32(os.fsencode(path)) % self.of == self.which


WHOLE: Final = Share()


@dataclass(frozen=True, slots=True)
class Count:
    """What one share came to."""

    tally: Tally = field(default_factory=Tally)
    failures: list[Outcome] = field(default_factory=list)

    def add(self, outcomes: list[Outcome]) -> None:
        """Count `outcomes`, and keep those that are failures."""
        self.tally.add(outcomes)
        self.failures.extend(o for o in outcomes if o.verdict is Verdict.FAILED)


def share_out(work: Callable[[Share], Iterable[list[Outcome]]], number: int) -> Iterator[Count]:
    """Do `work` for `number` shares, each in a process of its own; yield what each came to.

    Raises XlogError if a share ends without saying so.
    """
    shares, here = [], []
    for share in (Share(which, number) for which in range(number)):
        try:
            shares.append(_begin(work, share))
        except OSError:  # no process is to be had
            here.append(share)
    yield from (_count(work(share)) for share in here)
    lost = 0
    for process, answer in shares:
        with answer:
            data = answer.read()
        _, status = os.waitpid(process, 0)
        if status == 0:
            yield pickle.loads(data)  # noqa: S301 - from a process of our own
        else:
            lost += 1
    if lost:
        raise XlogError(f"{lost} of {number} processes ended early: run the sweep again")


def _count(batches: Iterable[list[Outcome]]) -> Count:
    count = Count()
    for outcomes in batches:
        count.add(outcomes)
    return count


def _begin(work: Callable[[Share], Iterable[list[Outcome]]], share: Share) -> tuple[int, BinaryIO]:
    reading, writing = os.pipe()
    us = os.getpid()
    try:
        process = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if process:
        os.close(writing)
        return process, os.fdopen(reading, "rb")
    status = 1
    try:
        os.close(reading)
        count = _count(takewhile(lambda _: os.getppid() == us, work(share)))
        with os.fdopen(writing, "wb") as answer:
            answer.write(pickle.dumps(count))
        status = 0
    finally:
        os._exit(status)  # nothing of what the parent has begun is ended twice
