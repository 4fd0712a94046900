"""Columns of numbers and texts -> bytes that compress well, and that a browser reads quickly.

A column of numbers is laid out in planes: the lowest byte of every number, then the next byte, and
so on. Most planes are zeros, which deflate to almost nothing. `data.js` reads them back.
"""

from array import array
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import add, sub
from typing import NamedTuple

from xlogdecode.codecs.deflate_library import zlib_compress

__all__ = ["Blob", "deltas", "pack", "pack_numbers"]

_LEVEL = 7
"""Of 1 to 12: a higher one gains a percent or two, and takes twice as long."""


class Blob(NamedTuple):
    """Records of one level in one window, deflated."""

    rows: int
    planes: tuple[int, ...]
    """Bytes of a number in each column."""
    data: bytes


def pack(columns: Iterable[Sequence[int]], texts: Sequence[str]) -> Blob:
    """Return columns of numbers, none below zero, and a text for each row, one character a byte.

    A byte that is not UTF-8 stays as it is; the browser shows that it cannot be read.
    """
    packed = [pack_numbers(column) for column in (*columns, [*map(len, texts)])]
    data = b"".join([*(data for _, data in packed), "".join(texts).encode("latin-1")])
    return Blob(
        len(texts), tuple(planes for planes, _ in packed), bytes(zlib_compress(data, _LEVEL))
    )


def pack_numbers(numbers: Sequence[int]) -> tuple[int, bytes]:
    """Return how many bytes a number takes, at least 1, and the planes."""
    planes = max(1, (max(numbers, default=0).bit_length() + 7) // 8)
    wide = array("Q", numbers)
    if wide.itemsize != 8 or array("H", [1]).tobytes() != b"\1\0":
        return planes, b"".join(bytes(n >> 8 * at & 255 for n in numbers) for at in range(planes))
    data = wide.tobytes()
    return planes, b"".join(data[at::8] for at in range(planes))


def deltas(numbers: Sequence[int]) -> list[int]:
    """Return the first number and then each step, with the sign in the lowest bit."""
    steps: list[int] = [*numbers[:1], *map(sub, islice(numbers, 1, None), numbers)]
    if min(steps, default=0) >= 0:
        return [*map(add, steps, steps)]
    return [step << 1 if step >= 0 else (-step << 1) - 1 for step in steps]
