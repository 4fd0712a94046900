"""TEA of 16 rounds in ECB, both ways: by integers of Python, and for much data by numpy.

Source: Tencent/mars `mars/xlog/crypt`. A last group of under 8 bytes stays as it is.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from xlogdecode.types import Buffer

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["GROUP", "Encryption", "TeaKey", "decrypt", "decrypt_many", "tea_key"]

TeaKey = tuple[int, int, int, int]

GROUP: Final = 8
"""Bytes that are encrypted together."""
_DELTA: Final = 0x9E3779B9
_ROUNDS: Final = 16
_TILE = 1 << 15
"""Groups decrypted at a time: less would stay in a core's cache, and have two threads fight
for the interpreter, which each step lets go of.
"""

_MUCH_TO_ENCRYPT: Final = 32 * 1024
"""Bytes at a time from which on numpy encrypts faster."""
_ENCRYPTED_IN_ALL: Final = 1 << 20
"""Bytes in all after which importing numpy, 90 ms, has paid."""
_LINE_LANES: Final = 32
"""Groups up to which there is a table for each number of them: 90 KB when all are there."""


def tea_key(secret: bytes) -> TeaKey:
    """Return the key that is made of the first 16 bytes of a shared secret."""
    a, b, c, d = (int.from_bytes(secret[i : i + 4], "little") for i in (0, 4, 8, 12))
    return a, b, c, d


def decrypt(data: Buffer, key: TeaKey) -> bytearray:
    """Return `data` decrypted; a last group of under 8 bytes is returned as it is."""
    result = bytearray(data)
    _decrypt_in_place(result, key)
    return result


def decrypt_many(payloads: Sequence[Buffer], key: TeaKey) -> list[memoryview]:
    """Return payloads of one key decrypted, each as `decrypt` does it, in one go."""
    fills = [-len(payload) % GROUP for payload in payloads]
    parts = ((payload, bytes(fill)) for payload, fill in zip(payloads, fills, strict=True))
    result = bytearray().join(chain.from_iterable(parts))
    _decrypt_in_place(result, key)
    view = memoryview(result)
    decrypted: list[memoryview] = []
    begin = 0
    for payload, fill in zip(payloads, fills, strict=True):
        end = begin + len(payload)
        if fill:
            tail = end // GROUP * GROUP
            view[tail:end] = payload[tail - begin :]
        decrypted.append(view[begin:end])
        begin = end + fill
    return decrypted


def _decrypt_in_place(data: bytearray, key: TeaKey) -> None:
    """Decrypt all complete groups: a few by big integers, many by numpy, where it is installed."""
    global _decrypted  # noqa: PLW0603 - of the process, as an import is
    _decrypted += len(data)
    is_much = _decrypted >= _MANY and len(data) >= _MUCH
    if is_much and (np := _numpy()) is not None:
        _decrypt_by_numpy(np, data, key)
        return
    for begin in range(0, len(data) - GROUP + 1, _LANES * GROUP):
        end = min(begin + _LANES * GROUP, len(data) // GROUP * GROUP)
        data[begin:end] = _decrypt_by_integers(data[begin:end], key)


_decrypted = 0
_MANY = 2 << 20
"""Bytes after which numpy, whose import takes 90 ms, is worth it: it is 14 times as fast."""
_MUCH = 4096
"""Bytes below which numpy's calls take longer than integers do."""
_LANES = 2048
"""Groups decrypted in one integer, each word in 64 bits of it: the upper half takes carries."""


def _decrypt_by_integers(groups: bytes | bytearray, key: TeaKey) -> bytes:
    """Return groups decrypted: two integers hold the low and high words of all, a lane each."""
    count = len(groups) // GROUP
    ones = _every_lane(count)
    low32 = ones * 0xFFFFFFFF
    borrow = ones << 32
    words = int.from_bytes(groups, "little")
    y, z = words & low32, words >> 32 & low32
    k0, k1, k2, k3 = (ones * part for part in key)
    shifted = ones * 0x07FFFFFF  # what is left of a word 5 bits to the right
    for turn in range(_ROUNDS, 0, -1):
        total = ones * (_DELTA * turn & 0xFFFFFFFF)
        mixed = ((y << 4) + k2) ^ (y + total) ^ ((y >> 5 & shifted) + k3)
        z = (z + borrow - (mixed & low32)) & low32
        mixed = ((z << 4) + k0) ^ (z + total) ^ ((z >> 5 & shifted) + k1)
        y = (y + borrow - (mixed & low32)) & low32
    return (y | z << 32).to_bytes(count * GROUP, "little")


@lru_cache(16)
def _every_lane(count: int) -> int:
    """Return 1 in each of so many lanes."""
    return int.from_bytes(b"\1\0\0\0\0\0\0\0" * count, "little")


@cache
def _numpy() -> "ModuleType | None":
    try:
        import numpy as np
    except ImportError:
        return None
    return np


def _decrypt_by_numpy(np: Any, data: bytearray, key: TeaKey) -> None:
    left, right, add, subtract, xor = (
        np.left_shift, np.right_shift, np.add, np.subtract, np.bitwise_xor
    )  # fmt: skip
    groups = np.frombuffer(data, "<u4", len(data) // GROUP * 2).reshape(-1, 2)
    # operands as arrays, and no keywords: a call takes 0.5 us less of the 3 that it has
    k0, k1, k2, k3, four, five = (np.array(part, "<u4") for part in (*key, 4, 5))
    rounds = [np.array((_DELTA * n) & 0xFFFFFFFF, "<u4") for n in range(_ROUNDS, 0, -1)]
    for begin in range(0, len(groups), _TILE):
        tile = groups[begin : begin + _TILE]
        y, z = tile[:, 0].copy(), tile[:, 1].copy()
        t, u = np.empty_like(y), np.empty_like(y)
        for total in rounds:
            for half, source, low, high in ((z, y, k2, k3), (y, z, k0, k1)):
                left(source, four, t)
                add(t, low, t)
                add(source, total, u)
                xor(t, u, t)
                right(source, five, u)
                add(u, high, u)
                xor(t, u, t)
                subtract(half, t, half)
        tile[:, 0], tile[:, 1] = y, z


class Encryption:
    """TEA under one key, over many groups at once: 64 bits of a long integer for each, 32 used.

    A round costs as many operations whatever the number of lanes, which makes a log line 4 times
    and longer text 20 times as fast as a loop over the groups; numpy would take 0.1 ms for a
    line, and 100 ms to import, but beats this by 8 times on a whole block.
    Before the mask, a lane holds sums below 2 to the 38th, and in its five top bits what `>> 5`
    brought in from the next lane: no carry ever leaves it.
    """

    def __init__(self, key: TeaKey) -> None:
        """Take the key."""
        self._key = key
        self._tables: dict[int, tuple[list[int], list[int], int]] = {}
        self._encrypted = 0

    def encrypt(self, data: bytes) -> bytes:
        """Return `data` encrypted; its last `len(data) % 8` bytes stay clear."""
        size = len(data) // GROUP * GROUP
        self._encrypted += size
        is_much = size >= _MUCH_TO_ENCRYPT and self._encrypted >= _ENCRYPTED_IN_ALL
        encrypt = self._encrypt_by_numpy if is_much else self._encrypt_by_integers
        return encrypt(data[:size]) + data[size:]

    def _table(self, lanes: int) -> tuple[list[int], list[int], int]:
        """Return key, sums, and a mask of 32 bits, repeated in at least `lanes` lanes."""
        size = lanes if lanes <= _LINE_LANES else 1 << (lanes - 1).bit_length()
        if size not in self._tables:
            ones = sum(1 << 64 * lane for lane in range(size))
            sums = [ones * (_DELTA * turn & 0xFFFFFFFF) for turn in range(1, _ROUNDS + 1)]
            self._tables[size] = [ones * word for word in self._key], sums, ones * 0xFFFFFFFF
        return self._tables[size]

    def _encrypt_by_integers(self, data: bytes) -> bytes:
        (k0, k1, k2, k3), sums, low = self._table(len(data) // GROUP)
        both = int.from_bytes(data, "little")
        v0, v1 = both & low, both >> 32 & low
        for total in sums:
            v0 = v0 + ((v1 << 4) + k0 ^ v1 + total ^ (v1 >> 5) + k1) & low
            v1 = v1 + ((v0 << 4) + k2 ^ v0 + total ^ (v0 >> 5) + k3) & low
        groups = (v0 | v1 << 32) & (1 << 8 * len(data)) - 1
        return groups.to_bytes(len(data), "little")

    def _encrypt_by_numpy(self, data: bytes) -> bytes:
        np = _numpy()
        if np is None:
            return self._encrypt_by_integers(data)
        k0, k1, k2, k3 = (np.uint32(word) for word in self._key)
        groups = np.frombuffer(data, "<u4").reshape(-1, 2)
        v0, v1 = groups[:, 0].copy(), groups[:, 1].copy()
        for turn in range(1, _ROUNDS + 1):
            total = np.uint32(_DELTA * turn & 0xFFFFFFFF)
            v0 += ((v1 << 4) + k0) ^ (v1 + total) ^ ((v1 >> 5) + k1)
            v1 += ((v0 << 4) + k2) ^ (v0 + total) ^ ((v0 >> 5) + k3)
        encrypted: bytes = np.stack([v0, v1], axis=1).astype("<u4").tobytes()
        return encrypted
