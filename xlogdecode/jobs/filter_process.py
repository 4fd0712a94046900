"""A filter in a process beside this one, which decodes meanwhile.

A regular expression keeps the interpreter to itself, so that a thread would gain nothing.
"""

import os
import signal
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from xlogdecode.decoder.lookahead import keep_freed_pages
from xlogdecode.errors import InputError
from xlogdecode.jobs.shared_memory import Kind, Pile, Side, in_pieces, slots
from xlogdecode.platform.forks import Fork, fork, may_fork
from xlogdecode.records import Event
from xlogdecode.types import Buffer, Source

__all__ = ["beside", "is_worth_a_process"]

Work = Callable[[Iterable[Event]], Iterator[bytes]]

_LEAST = 8 << 20
"""Bytes of a file below which a process is not worth its while."""


def is_worth_a_process(source: Source) -> bool:
    """Tell whether `source` is a large file, of which nothing has to be waited for, and a process
    may be started.
    """
    found: object = getattr(source, "stat", None)
    if not isinstance(found, os.stat_result):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > _LEAST and may_fork()


@contextmanager
def beside(events: Iterable[Event], work: Work, name: str) -> Iterator[Iterator[Buffer]]:
    """Give what `work` makes of the text and the losses among `events`, in chunks of its own.

    A chunk is good until the next one is asked for. Offsets are not handed over. `work` is done
    here where no process is to be had; one that ends early raises InputError, which names the input
    by `name`.
    """
    begun: list[Fork] = []
    try:
        side = _begin(work, begun)
        if side is None:
            yield work(events)
            return
        with closing(side):
            yield _all_of(events, side, begun[0], name)
    finally:
        for process in begun:
            process.end(signal.SIGKILL)  # it has nothing to tidy up


def _begin(work: Work, begun: list[Fork]) -> Side | None:
    """Start a process that does `work`, and add it to `begun`; return this side of what is between
    the two, or None where there is none to be had.
    """
    try:
        there, back = slots(), slots()
        asks, tells = os.pipe()
    except OSError:
        return None

    def serve(results: int) -> None:
        os.close(tells)
        _serve(Side(asks, results, takes=there, puts=back), work)

    is_begun = fork(serve, begun.append)
    os.close(asks)
    if not is_begun:
        os.close(tells)
        return None
    return Side(begun[0].results, tells, takes=back, puts=there)


def _all_of(events: Iterable[Event], side: Side, process: Fork, name: str) -> Iterator[Buffer]:
    """Hand over `events`; yield what comes back."""
    pile = Pile()
    for event in events:
        match event:
            case (_, text):
                for piece in in_pieces(text):
                    while not pile.has_room(piece):
                        yield from _put(pile.take_lines(), side)
                    pile.add(piece)
            case loss:
                yield from _put(pile.take(), side)
                side.put_object(loss)
        if side.is_over:
            break
    yield from _put(pile.take(), side)
    side.end()
    while not side.is_over:
        yield from _came(side, wait=True)
    if status := process.wait():
        why = f"the process that filtered it ended with {status}; try -T 1"
        raise InputError(f"{name}: {why}")


def _put(pieces: Sequence[Buffer], side: Side) -> Iterator[Buffer]:
    if not pieces:
        return
    while not (side.free or side.is_over):
        yield from _came(side, wait=True)
    side.put(pieces)
    yield from _came(side, wait=False)


def _came(side: Side, *, wait: bool) -> Iterator[Buffer]:
    side.hear(wait=wait)
    while side.inbox:
        _, size = side.inbox.popleft()
        yield side.take(size)
        side.give_back()


def _serve(side: Side, work: Work) -> None:
    """Do `work` on the other side."""
    keep_freed_pages()
    for chunk in work(_heard(side)):
        for piece in in_pieces(chunk):
            while not side.free:
                _listen(side)
            side.put([piece])


def _heard(side: Side) -> Iterator[Event]:
    while True:
        while not side.inbox:
            _listen(side)
        kind, what = side.inbox.popleft()
        if kind is Kind.END:
            return
        if kind is Kind.OBJECT:
            yield what
        else:
            text = bytes(side.take(what))
            side.give_back()
            yield 0, text


def _listen(side: Side) -> None:
    side.hear(wait=True)
    if side.is_over:
        raise BrokenPipeError  # no one waits for anything any more
