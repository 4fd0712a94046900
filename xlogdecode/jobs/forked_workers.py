"""Work shared by forked processes that take turns: answers, and text, come in order of the items.

Each process does every Nth stretch of the items. It has all that was loaded, and only its answers
go back, through a pipe. Where the text of all goes to one output, a process holds its text until it
gets the turn, a byte through a pipe from the process before it; then it writes, answers, and
passes the turn on. So a process that ends early ends the turn: nothing is written after a gap.
"""

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import partial
from typing import IO, Final, Generic, NamedTuple, TypeVar

from xlogdecode.errors import XlogError
from xlogdecode.platform.forks import Fork, fork, may_fork, widen_pipe
from xlogdecode.types import Buffer, Sink

__all__ = ["LEFT", "Left", "Lost", "in_turns"]

T = TypeVar("T")
R = TypeVar("R")

_HELD: Final = 2 << 20
"""Bytes of text that a process holds until it gets the turn."""

_TURN: Final = b"\n"


class Lost(NamedTuple):
    """The answer for the item at which a process ended early."""

    status: int | None
    """Its exit status, minus the signal's number if one ended it; None if the system kept it."""


class Left(Enum):
    """The answer for an item that no process began, or whose text none began to write."""

    LEFT = 0


LEFT: Final = Left.LEFT


class _Again(Enum):
    """The answer for each item of a stretch in which a process ended before it wrote any text."""

    AGAIN = 0


class _Writes(NamedTuple):
    """Comes before the answers of a stretch: its text is being written from now on."""


class _Raised(NamedTuple):
    """The answer where the work raised what ends all of it."""

    error: Exception


class _TurnLostError(BaseException):
    """The process before this one is gone, and the turn with it."""


def in_turns(
    items: Sequence[T],
    work: Callable[[T, Sink | None], R | Left],
    processes: int,
    *,
    sink: Sink | None = None,
    stretch: int = 1,
    ahead: int = 0,
) -> Iterator[R | Lost | Left]:
    """Do `work` for each item in forked processes; yield an answer for each, in their order.

    `work` gets a sink for text that all write to `sink` in the order of the items; None if there is
    no `sink`. A process takes `stretch` items at a time, and may be `ahead` bytes of answers ahead,
    if that is more than a pipe holds. `work` may answer LEFT for an item that
    has to be done elsewhere; with a `sink` all items after it are left, too. Raises the XlogError
    or OSError that `work` raised for the first item where it did. Answers are pickled.
    """
    members = _start(items, work, processes, sink, stretch)
    try:
        for member in members:
            if member is not None and ahead:
                widen_pipe(member.results, ahead)
        for index, item in enumerate(items):
            member = members[index // stretch % processes]
            answer = LEFT if member is None else member.answer()
            if answer is _Again.AGAIN:
                (answer,) = in_turns([item], work, 1, sink=sink)
            yield answer
    finally:
        for member in members:
            if member is not None:
                member.end()


def _start(
    items: Sequence[T],
    work: Callable[[T, Sink | None], R | Left],
    processes: int,
    sink: Sink | None,
    stretch: int,
) -> "list[_Member[R] | None]":
    """Start all processes; with a `sink` all or none, since the turn goes through each."""
    members: list[_Member[R] | None] = [None] * processes
    if not may_fork():
        return members
    turns = [] if sink is None else [os.pipe() for _ in range(processes)]
    begun: list[Fork] = []
    try:
        for number in range(processes):
            starts = range(number * stretch, len(items), processes * stretch)
            shares = [items[start : start + stretch] for start in starts]
            serve = partial(_serve, shares, work, sink, turns, number, begun)
            if fork(serve, begun.append):
                members[number] = _Member(begun[-1], stretch, in_order=sink is not None)
            elif sink is not None:
                for process in begun:
                    process.end()
                return [None] * processes
        if turns:
            os.write(turns[0][1], _TURN)
    finally:
        for end in (end for pipe in turns for end in pipe):
            os.close(end)
    return members


class _Member(Generic[R]):
    """A process, seen from the one that started all."""

    def __init__(self, process: Fork, stretch: int, *, in_order: bool) -> None:
        self._process = process
        self.results = process.results
        self._pipe: IO[bytes] = open(process.results, "rb", closefd=False)  # noqa: SIM115
        self._stretch = stretch
        self._in_order = in_order
        self._answered = 0
        self._writes = False
        self._doubtful: list[Lost | _Again] = []
        """The answers for the rest of the stretch in which it ended."""
        self._is_over = False

    def answer(self) -> R | Lost | Left | _Again:
        """Return the answer for its next item."""
        if self._is_over:
            return self._doubtful.pop() if self._doubtful else LEFT
        from pickle import UnpicklingError, load

        try:
            answer: R | Left | _Raised | _Writes = load(self._pipe)  # noqa: S301 - from our own
        except (EOFError, UnpicklingError):
            return self._end_early()
        if isinstance(answer, _Writes):
            self._writes = True
            return self.answer()
        if isinstance(answer, _Raised):
            raise answer.error
        self._is_over = self._in_order and answer is LEFT
        self._answered += 1
        self._writes = self._writes and self._answered % self._stretch > 0
        return answer

    def _end_early(self) -> Lost | _Again:
        """Return the answer for the item at which it ended, as far as that is known."""
        self._is_over = True
        lost: Lost | _Again = Lost(self._process.wait())
        if self._in_order and self._stretch > 1:
            lost = lost if self._writes else _Again.AGAIN
            self._doubtful = [lost] * (self._stretch - self._answered % self._stretch - 1)
        return lost

    def end(self) -> None:
        """End the process, if it is still there."""
        self._pipe.close()
        self._process.end()


def _serve(
    shares: Sequence[Sequence[T]],
    work: Callable[[T, Sink | None], R | Left],
    sink: Sink | None,
    turns: Sequence[tuple[int, int]],
    number: int,
    others: Sequence[Fork],
    results: int,
) -> None:
    """Do the work of one process."""
    import gc
    from pickle import dump

    gc.freeze()  # its pages stay shared
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that hidden files are removed
    for other in others:
        os.close(other.results)
    pipe = open(results, "wb")  # noqa: SIM115 - an early end does not wait for it to take all

    def begin() -> None:
        dump(_Writes(), pipe)
        pipe.flush()

    turn = None if sink is None else _Turn(sink, turns, number, results, begin)
    for share in shares:
        for answer in _answers(share, work, turn):
            dump(answer, pipe)
            if turn is None:
                pipe.flush()  # what was answered is not done once more
        pipe.flush()
        if answer is LEFT or isinstance(answer, _Raised):
            if turn is not None or answer is not LEFT:
                return
        elif turn is not None and not turn.give():
            dump(LEFT, pipe)
            pipe.flush()
            return


def _answers(
    share: Sequence[T], work: Callable[[T, Sink | None], R | Left], turn: "_Turn | None"
) -> Iterator[R | Left | _Raised]:
    """Yield the answers for a stretch; those whose text goes to the shared output once it is there.

    None comes after one that was raised, and with a turn after one that is left.
    """
    done: list[R | Left] = []
    try:
        for item in share:
            answer = work(item, turn)
            if turn is None:
                yield answer
                continue
            done.append(answer)
            if answer is LEFT:
                break
        if turn is not None:
            turn.take()
    except _TurnLostError:
        yield LEFT
        return
    except (XlogError, OSError) as error:
        yield _Raised(error)
        return
    yield from done


class _Turn:
    """The shared output, as one process has it: text waits here until the process gets the turn."""

    def __init__(
        self,
        sink: Sink,
        turns: Sequence[tuple[int, int]],
        number: int,
        results: int,
        begin: Callable[[], object],
    ) -> None:
        """Write to `sink`, after a call of `begin` in each turn, while `results` is read."""
        self._sink = sink
        self._write_all = getattr(sink, "write_all", None) or self._write_joined
        self._begin = begin
        self._get = turns[number][0]
        self._give = turns[(number + 1) % len(turns)][1]
        self._waiting = select.poll()
        self._waiting.register(self._get, select.POLLIN)
        self._waiting.register(results, 0)  # of which the end of their reader is told in any case
        self._held: list[Buffer] = []
        self._size = 0
        self._is_ours = False
        for end in (end for pipe in turns for end in pipe):
            if end not in (self._get, self._give):
                os.close(end)  # so that the end of a process shows

    def write(self, data: Buffer, /) -> None:
        """Write `data`, or hold it."""
        self.write_all((bytes(data),))

    def write_all(self, parts: Iterable[Buffer], /) -> None:
        """Write all of all parts, or hold them: nobody may change them."""
        if self._is_ours:
            self._write_all(parts)
            return
        before = len(self._held)
        self._held += parts
        self._size += sum(map(len, self._held[before:]))
        if self._size > _HELD:
            self.take()

    def _write_joined(self, parts: Iterable[Buffer]) -> None:
        self._sink.write(b"".join(parts))

    def take(self) -> None:
        """Wait for the turn, and write what was held."""
        if not self._is_ours:
            if self._get not in dict(self._waiting.poll()):
                raise BrokenPipeError  # the process that gives the first turn was killed before
            if not os.read(self._get, 1):
                raise _TurnLostError
            self._is_ours = True
            self._begin()
        held, self._held, self._size = self._held, [], 0
        if held:
            self._write_all(held)

    def give(self) -> bool:
        """Pass the turn on; return whether there is a process that takes it."""
        self._is_ours = False
        with contextlib.suppress(BrokenPipeError):
            return os.write(self._give, _TURN) == 1
        return False
