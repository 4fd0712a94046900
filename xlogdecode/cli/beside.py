"""A filter in a process beside this one, which decodes meanwhile.

A regular expression keeps the interpreter to itself, so a thread gains nothing. Text goes there and
back through memory that both see: through a pipe it would cost what is gained.
"""

import mmap
import os
import pickle
import select
import stat
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from xlogdecode.cli.forks import Fork, fork, may_fork
from xlogdecode.codecs import Buffer
from xlogdecode.decode import Source
from xlogdecode.errors import InputError
from xlogdecode.jobs import keep_freed_pages
from xlogdecode.records import Event
from xlogdecode.records.pages import PAGE

__all__ = ["beside", "is_worth_a_process"]

Text = bytes | bytearray
Work = Callable[[Iterable[Event]], Iterator[bytes]]

_LEAST = 2 << 20
"""Bytes of a file below which a process is not worth its while."""

_SLOT = 768 << 10
"""Bytes of text that are handed over at a time."""

_SLOTS = 4
"""Handed over and not yet taken, each way."""

_PART = PAGE + (8 << 10)
"""Bytes of a slot that are worked on at a time: without a last line that is cut, still a page."""

_MESSAGE = struct.Struct("<cI")
_TEXT, _LOSS, _END, _FREE = b"T", b"L", b"E", b"F"
"""So many bytes are in the next slot; so many, a loss, follow; that was all; a slot is free."""


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
    there, back = (mmap.mmap(-1, _SLOT * _SLOTS) for _ in range(2))
    begun: list[Fork] = []
    asks, tells = os.pipe()

    def serve(results: int) -> None:
        os.close(tells)
        _serve(_Side(asks, results, takes=there, puts=back), work)

    if not (may_fork() and fork(serve, begun.append)):
        os.close(asks)
        os.close(tells)
        yield work(events)
        return
    process = begun[0]
    os.close(asks)
    side = _Side(process.results, tells, takes=back, puts=there)
    try:
        yield _all_of(events, side, process, name)
    finally:
        side.hang_up()
        process.end()


class _Side:
    """One side of what is between two processes."""

    def __init__(self, hears: int, tells: int, *, takes: mmap.mmap, puts: mmap.mmap) -> None:
        self.free = _SLOTS
        """Slots of `puts` that may be filled."""
        self.inbox: deque[tuple[bytes, Any]] = deque()
        """Texts' sizes, losses and the end, as far as they came and were not taken."""
        self.is_over = False
        """The other side is gone."""
        self._hears = hears
        self._tells = open(tells, "wb")  # noqa: SIM115 - it hangs up
        self._takes = memoryview(takes)
        self._puts = memoryview(puts)
        self._taken = self._put = 0
        self._unread = b""
        self._poll = select.poll()
        self._poll.register(hears, select.POLLIN)

    def put(self, pieces: Sequence[Text]) -> None:
        """Hand over text that fits a slot, of which there must be a free one."""
        start = at = self._put % _SLOTS * _SLOT
        for piece in pieces:
            self._puts[at : at + len(piece)] = piece
            at += len(piece)
        self._put += 1
        self.free -= 1
        self.tell(_TEXT, at - start)

    def tell(self, kind: bytes, number: int = 0, more: bytes = b"") -> None:
        """Send a message; that no one hears it shows when there is no more to hear."""
        with suppress(BrokenPipeError):
            self._tells.write(_MESSAGE.pack(kind, number) + more)
            self._tells.flush()

    def hear(self, *, wait: bool) -> None:
        """Take in the messages that are there; with `wait`, at least a part of one."""
        if self.is_over or not (wait or self._poll.poll(0)):
            return
        data = os.read(self._hears, 1 << 16)
        self.is_over = not data
        unread = self._unread + data
        at = 0
        while len(unread) >= (behind := at + _MESSAGE.size):
            kind, number = _MESSAGE.unpack_from(unread, at)
            if kind == _LOSS:
                if len(unread) < behind + number:
                    break
                loss = unread[behind : behind + number]
                self.inbox.append((kind, pickle.loads(loss)))  # noqa: S301 - from ourselves
                behind += number
            elif kind == _FREE:
                self.free += 1
            else:
                self.inbox.append((kind, number))
            at = behind
        self._unread = unread[at:]

    def take(self, size: int) -> memoryview:
        """Return the text of the oldest slot, which is good until `give_back`."""
        at = self._taken % _SLOTS * _SLOT
        self._taken += 1
        return self._takes[at : at + size]

    def give_back(self) -> None:
        """Let the oldest slot be filled again."""
        self.tell(_FREE)

    def hang_up(self) -> None:
        """Tell nothing more."""
        with suppress(BrokenPipeError):
            self._tells.close()


def _all_of(events: Iterable[Event], side: _Side, process: Fork, name: str) -> Iterator[Buffer]:
    """Hand over `events`; yield what comes back."""
    fault: Exception | None = None
    pile = _Pile()
    try:
        for event in events:
            match event:
                case (_, text):
                    for piece in _pieces(text):
                        while pile.size + len(piece) > _SLOT:
                            yield from _put(pile.take_lines(), side)
                        pile.add(piece)
                case loss:
                    yield from _put(pile.take(), side)
                    pickled = pickle.dumps(loss)
                    side.tell(_LOSS, len(pickled), pickled)
            if side.is_over:
                break
    except Exception as error:  # noqa: BLE001 - raised when what came before it is through
        fault = error
    yield from _put(pile.take(), side)
    side.tell(_END)
    while not side.is_over:
        yield from _came(side, wait=True)
    if status := process.wait():
        why = f"the process that filtered it ended with {status}; try -T 1"
        raise InputError(f"{name}: {why}")
    if fault is not None:
        raise fault


class _Pile:
    """Text that waits to be handed over, up to a slot of it."""

    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[Text] = []

    def add(self, piece: Text) -> None:
        self._pieces.append(piece)
        self.size += len(piece)

    def take(self) -> list[Text]:
        """Return all of it."""
        pieces, self._pieces, self.size = self._pieces, [], 0
        return pieces

    def take_lines(self) -> list[Text]:
        """Return all but a line that goes on, if that has just begun: it need not be joined."""
        pieces = self.take()
        last = pieces[-1]
        cut = last.rfind(b"\n") + 1
        if 0 < cut < len(last):
            pieces[-1] = last[:cut]
            self.add(last[cut:])
        return pieces


def _put(pieces: Sequence[Text], side: _Side) -> Iterator[Buffer]:
    if not pieces:
        return
    while not (side.free or side.is_over):
        yield from _came(side, wait=True)
    side.put(pieces)
    yield from _came(side, wait=False)


def _came(side: _Side, *, wait: bool) -> Iterator[Buffer]:
    side.hear(wait=wait)
    while side.inbox:
        _, size = side.inbox.popleft()
        yield side.take(size)
        side.give_back()


def _serve(side: _Side, work: Work) -> None:
    """Do `work` on the other side."""
    keep_freed_pages()
    for chunk in work(_heard(side)):
        for piece in _pieces(chunk):
            while not side.free:
                _listen(side)
            side.put([piece])


def _listen(side: _Side) -> None:
    side.hear(wait=True)
    if side.is_over:
        raise BrokenPipeError  # no one waits for anything any more


def _heard(side: _Side) -> Iterator[Event]:
    while True:
        while not side.inbox:
            _listen(side)
        kind, what = side.inbox.popleft()
        if kind == _END:
            return
        if kind == _LOSS:
            yield what
        else:
            yield from ((0, lines) for lines in _lines(side.take(what)))
            side.give_back()


def _lines(view: memoryview) -> Iterator[bytes]:
    """Yield whole lines, a page of them at a time: what is at hand to the processor goes faster."""
    at = 0
    while at < len(view):
        text = bytes(view[at : at + _PART])
        if at + _PART < len(view) and (cut := text.rfind(b"\n") + 1):
            text = text[:cut]
        yield text
        at += len(text)


def _pieces(text: Text) -> Iterator[Text]:
    """Yield `text` in pieces that fit a slot."""
    if len(text) <= _SLOT:
        if text:
            yield text
        return
    for start in range(0, len(text), _SLOT):
        yield text[start : start + _SLOT]
