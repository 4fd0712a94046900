"""Damage to any file, wherever it falls: holes, bytes that are more or less, flipped bits."""

import random
from collections.abc import Callable

__all__ = ["EDITS", "HOLES", "SHIFTS", "Edit", "delete", "flip", "insert"]

Edit = Callable[[bytearray, int, random.Random], None]


def hole(fill: bytes, size: int) -> Edit:
    """Return what overwrites a sector, or a page, at its place on a disk."""

    def edit(data: bytearray, at: int, _: random.Random) -> None:
        at -= at % size
        data[at : at + size] = fill * len(data[at : at + size])

    return edit


def insert(data: bytearray, at: int, dice: random.Random) -> None:
    data.insert(at, dice.randrange(256))


def delete(data: bytearray, at: int, _: random.Random) -> None:
    del data[at]


def flip(data: bytearray, at: int, dice: random.Random) -> None:
    data[at] ^= 1 << dice.randrange(8)


HOLES = {
    "a sector of zeros": hole(b"\0", 512),
    "a page of zeros": hole(b"\0", 4096),
    "a sector of 0xFF": hole(b"\xff", 512),
    "a page of 0xFF": hole(b"\xff", 4096),
}
SHIFTS = {"a byte more": insert, "a byte less": delete}
EDITS: dict[str, tuple[Edit, ...]] = {
    **{name: (edit,) for name, edit in (HOLES | SHIFTS).items()},
    "a flipped bit": (flip,),
    "a sector of zeros, a byte less": (HOLES["a sector of zeros"], delete),
    "a page of 0xFF, a byte more": (HOLES["a page of 0xFF"], insert),
    "two flipped bits": (flip, flip),
}
