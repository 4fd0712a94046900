"""A filter in a process beside this one, which decodes meanwhile.

A regular expression keeps the interpreter to itself, so that a thread would gain nothing.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from xlogdecode.cli.forks import Fork, fork, may_fork
from xlogdecode.cli.slots import Kind, Pile, Side, in_pieces, slots
from xlogdecode.codecs import Buffer
from xlogdecode.decode import Source
from xlogdecode.errors import InputError
from xlogdecode.jobs import keep_freed_pages
from xlogdecode.records import Event

__all__ = ["beside", "is_worth_a_process"]

Work = Callable[[Iterable[Event]], Iterator[bytes]]

_LEAST = 2 << 20
"""Bytes of a file below which a process is not worth its while."""


def is_worth_a_process(source: Source) -> bool:
    """Tell whether `source` is a large file: of it nothing has to be waited for."""
    found: object = getattr(source, "stat", None)
    if not isinstance(found, os.stat_result):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > _LEAST


@contextmanager
def beside(events: Iterable[Event], work: Work, name: str) -> Iterator[Iterator[Buffer]]:
    """Give what `work` makes of the text and the losses among `events`, in chunks of its own.

    A chunk is good until the next one is asked for. What `events` raise is raised once all is
    through that came before. Offsets are not handed over. `work` is done here where no process is
    to be had; one that ends early raises InputError, which names the input by `name`.
    """
    there, back = slots(), slots()
    begun: list[Fork] = []
    asks, tells = os.pipe()

    def serve(results: int) -> None:
        os.close(tells)
        _serve(Side(asks, results, takes=there, puts=back), work)

    if not (may_fork() and fork(serve, begun.append)):
        os.close(asks)
        os.close(tells)
        yield work(events)
        return
    process = begun[0]
    os.close(asks)
    side = Side(process.results, tells, takes=back, puts=there)
    try:
        yield _all_of(events, side, process, name)
    finally:
        side.hang_up()
        process.end()


def _all_of(events: Iterable[Event], side: Side, process: Fork, name: str) -> Iterator[Buffer]:
    """Hand over `events`; yield what comes back."""
    fault: Exception | None = None
    pile = Pile()
    try:
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
    except Exception as error:  # noqa: BLE001 - raised when what came before it is through
        fault = error
    yield from _put(pile.take(), side)
    side.end()
    while not side.is_over:
        yield from _came(side, wait=True)
    if status := process.wait():
        why = f"the process that filtered it ended with {status}; try -T 1"
        raise InputError(f"{name}: {why}")
    if fault is not None:
        raise fault


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
            yield from ((0, lines) for lines in side.take_lines(what))
            side.give_back()


def _listen(side: Side) -> None:
    side.hear(wait=True)
    if side.is_over:
        raise BrokenPipeError  # no one waits for anything any more
