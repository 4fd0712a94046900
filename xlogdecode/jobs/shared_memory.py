"""Text between two processes: slots of memory that both see, and a pipe each way to speak of them.

Through a pipe itself text would cost what a second process gains.
"""

import mmap
import os
import pickle
import select
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import Enum
from typing import Any

from xlogdecode.types import Buffer

__all__ = ["SLOT", "Kind", "Pile", "Side", "in_pieces", "slots"]

SLOT = 384 << 10
"""Bytes of text that are handed over at a time."""

_SLOTS = 8
"""Handed over and not yet given back, each way."""

_MESSAGE = struct.Struct("<cI")


class Kind(Enum):
    """What a message tells; a number stands in each."""

    TEXT = b"T"
    """So many bytes are in the next slot."""
    OBJECT = b"O"
    """So many bytes of an object, pickled, follow."""
    END = b"E"
    """That was all."""
    FREE = b"F"
    """The oldest slot is given back."""


def slots() -> mmap.mmap:
    """Return the memory of one way, to be had by both processes."""
    return mmap.mmap(-1, SLOT * _SLOTS)


class Side:
    """One side of what is between two processes."""

    def __init__(self, hears: int, tells: int, *, takes: mmap.mmap, puts: mmap.mmap) -> None:
        """Take the descriptors of the pipes, and the slots that are read and that are filled."""
        self.free = _SLOTS
        """Slots that may be filled."""
        self.inbox: deque[tuple[Kind, Any]] = deque()
        """What came and was not taken: bytes in a slot, or an object."""
        self.is_over = False
        """The other side is gone."""
        self._hears = hears
        self._tells = open(tells, "wb")  # noqa: SIM115 - it hangs up
        self._takes = takes
        self._puts = memoryview(puts)
        self._given_back = self._put = 0
        self._unread = b""
        self._poll = select.poll()
        self._poll.register(hears, select.POLLIN)

    def put(self, pieces: Sequence[Buffer]) -> None:
        """Hand over text that fits a slot, of which there must be a free one."""
        start = at = self._put % _SLOTS * SLOT
        for piece in pieces:
            self._puts[at : at + len(piece)] = piece
            at += len(piece)
        self._put += 1
        self.free -= 1
        self._tell(Kind.TEXT, at - start)

    def put_object(self, found: object) -> None:
        """Hand over what is no text."""
        pickled = pickle.dumps(found)
        self._tell(Kind.OBJECT, len(pickled), pickled)

    def end(self) -> None:
        """Say that this was all."""
        self._tell(Kind.END)

    def hear(self, *, wait: bool) -> None:
        """Take in the messages that are there; with `wait`, at least a part of one."""
        if self.is_over or not (wait or self._poll.poll(0)):
            return
        data = os.read(self._hears, 1 << 16)
        self.is_over = not data
        unread, at = self._unread + data, 0
        while len(unread) >= (behind := at + _MESSAGE.size):
            letter, number = _MESSAGE.unpack_from(unread, at)
            kind = Kind(letter)
            if kind is Kind.OBJECT:
                if len(unread) < behind + number:
                    break
                found = pickle.loads(unread[behind : behind + number])  # noqa: S301 - our own
                self.inbox.append((kind, found))
                behind += number
            elif kind is Kind.FREE:
                self.free += 1
            else:
                self.inbox.append((kind, number))
            at = behind
        self._unread = unread[at:]

    def take(self, size: int) -> memoryview:
        """Return the text of the oldest slot, which is good until that is given back."""
        at = self._given_back % _SLOTS * SLOT
        return memoryview(self._takes)[at : at + size]

    def give_back(self) -> None:
        """Let the oldest slot be filled again."""
        self._given_back += 1
        self._tell(Kind.FREE)

    def close(self) -> None:
        """Tell nothing more."""
        with suppress(BrokenPipeError):
            self._tells.close()

    def _tell(self, kind: Kind, number: int = 0, more: bytes = b"") -> None:
        with suppress(BrokenPipeError):  # shows as soon as there is nothing more to hear
            self._tells.write(_MESSAGE.pack(kind.value, number) + more)
            self._tells.flush()


class Pile:
    """Text that waits to be handed over, up to a slot of it."""

    def __init__(self) -> None:
        """Start with none."""
        self._pieces: list[bytes | bytearray] = []
        self._size = 0

    def has_room(self, piece: Buffer) -> bool:
        """Tell whether all of it and `piece` fit a slot."""
        return self._size + len(piece) <= SLOT

    def add(self, piece: bytes | bytearray) -> None:
        """Take `piece`, for which there must be room."""
        self._pieces.append(piece)
        self._size += len(piece)

    def take(self) -> list[Buffer]:
        """Return all of it."""
        pieces: list[Buffer] = [*self._pieces]
        self._pieces, self._size = [], 0
        return pieces

    def take_lines(self) -> list[Buffer]:
        """Return all but the beginning of a line in the last piece: it need not be joined later."""
        last = self._pieces[-1]
        pieces = self.take()
        cut = last.rfind(b"\n") + 1
        if 0 < cut < len(last):
            pieces[-1] = memoryview(last)[:cut]
            self.add(last[cut:])
        return pieces


def in_pieces(text: bytes | bytearray) -> Iterator[bytes | bytearray]:
    """Yield `text`, unless it is empty, in pieces that fit a slot."""
    if 0 < len(text) <= SLOT:
        yield text
        return
    for start in range(0, len(text), SLOT):
        yield text[start : start + SLOT]
