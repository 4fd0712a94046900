"""Encrypted payloads: which server key a client key goes with, and TEA.

Source: Tencent/mars `mars/xlog/crypt` (TEA of 16 rounds in ECB).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from xlogdecode.keys import private_keys
from xlogdecode.secp256k1 import is_fast, is_on_curve, shared_x, shared_x_of_integers
from xlogdecode.types import Buffer

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["GROUP", "Keyring", "TeaKey", "decrypt", "decrypt_many"]

TeaKey = tuple[int, int, int, int]

_DELTA = 0x9E3779B9
_ROUNDS = 16
GROUP = 8
"""Bytes that are encrypted together."""
_TILE = 1 << 15
"""Groups decrypted at a time: less would stay in a core's cache, and have two threads fight
for the interpreter, which each step lets go of.
"""

_REMEMBERED = 16384
"""TEA keys remembered, and sessions; a file has one client key a session."""

_FREE_AGREEMENTS, _BYTES_AN_AGREEMENT = 256, 4096
"""Agreements in vain, each of 0.05 to 0.5 ms (`secp256k1`), in any case; and bytes of payload
that pay for another.
"""
_FREE_IF_FAST = 1280
"""The same where one takes 0.05 ms: 20 keys for each of 60 sessions."""
_FEW_AGREEMENTS = 4
"""Agreements for which importing a library, 8 to 17 ms, does not pay."""
_LIKELY = 2
"""Keys that are tried on every session, if they fitted others: the last ones that did."""
_FIRST_TRIES = 4
"""Blocks of a session on which all keys are tried; then on the 8th, the 16th, and so on."""


class _Session:
    """The facts on one client key: the TEA keys by private key, and where they were tried."""

    __slots__ = ("agreed", "is_untried", "last", "tries")

    def __init__(self) -> None:
        self.agreed: dict[bytes, TeaKey] = {}
        self.tries = 0
        self.last = -1
        self.is_untried = False


class Keyring:
    """Server private keys (32 bytes each), and for each client key the TEA keys they give."""

    def __init__(self, keys: Iterable[bytes | str]) -> None:
        """Take the keys. Raises KeyFileError for what is not a key."""
        self._keys = private_keys(keys)
        self._sessions: dict[bytes, _Session] = {}
        self._held = 0
        self._proven: dict[bytes, TeaKey] = {}
        self._fitted: set[bytes] = set()
        self._agreements = 0
        self._in_vain = 0
        self._seen = 0
        self.untried = 0
        """Sessions that not all keys were tried on."""

    def __bool__(self) -> bool:
        """Whether there is any key."""
        return bool(self._keys)

    @staticmethod
    def is_client_key(client_key: bytes) -> bool:
        """Tell a client key from other bytes: a false header costs no agreement."""
        return is_on_curve(client_key)

    def tea_keys(self, client_key: bytes, offset: int, size: int) -> Iterator[TeaKey]:
        """Yield a TEA key for each private key, the one that fitted last first, for a payload of
        `size` bytes at `offset`; none where `client_key` is not a point of the curve.

        A session that no key fits gets ever fewer; a log of so many such sessions that its bytes do
        not pay for the agreements gets only the keys that fitted others (`untried`).
        """
        session = self._sessions.get(client_key)
        if session is None:
            if not self._keys or not self.is_client_key(client_key):
                return
            session = self._add(client_key)
        if offset > session.last:
            session.last = offset
            session.tries += 1
            self._seen += size
        if session.tries > _FIRST_TRIES and session.tries & (session.tries - 1):
            return
        for number, private_key in enumerate(tuple(self._keys)):
            key = session.agreed.get(private_key)
            if key is None:
                is_likely = number < _LIKELY and private_key in self._fitted
                if not is_likely and not self._affords_one():
                    self.untried += not session.is_untried
                    session.is_untried = True
                    return
                key = session.agreed[private_key] = self._agree(private_key, client_key)
            yield key

    def likely(self, client_key: bytes) -> TeaKey | None:
        """Return the TEA key of a client key that is new, by the private key that fitted last."""
        if not self._fitted or client_key in self._sessions or not is_on_curve(client_key):
            return None
        private_key = self._keys[0]
        key = self._add(client_key).agreed[private_key] = self._agree(private_key, client_key)
        return key

    def _add(self, client_key: bytes) -> _Session:
        while self._held >= _REMEMBERED and self._sessions:
            oldest = self._sessions.pop(next(iter(self._sessions)))
            self._held -= 1 + len(oldest.agreed)
        session = self._sessions[client_key] = _Session()
        self._held += 1
        return session

    def _affords_one(self) -> bool:
        earned = self._seen // _BYTES_AN_AGREEMENT
        if self._in_vain < _FREE_AGREEMENTS + 4 * len(self._keys) + earned:
            return True
        return self._in_vain < _FREE_IF_FAST + earned and is_fast()

    def proven(self, client_key: bytes) -> TeaKey | None:
        """Return the TEA key that a payload of this client key has decoded with, if one has."""
        return self._proven.get(client_key)

    def prove(self, client_key: bytes, key: TeaKey) -> None:
        """Remember that a payload of this client key decodes with `key`."""
        if len(self._proven) >= _REMEMBERED:
            self._proven.clear()
        self._proven[client_key] = key
        session = self._sessions.pop(client_key, None)
        for private_key, agreed in session.agreed.items() if session else ():
            self._in_vain -= 1
            if agreed == key:
                self._fitted.add(private_key)
                self._keys.remove(private_key)
                self._keys.insert(0, private_key)
        self._held -= 1 + len(session.agreed) if session else 0

    def _agree(self, private_key: bytes, client_key: bytes) -> TeaKey:
        self._agreements += 1
        self._in_vain += 1
        self._held += 1
        agree = shared_x if self._agreements > _FEW_AGREEMENTS else shared_x_of_integers
        return _tea_key(agree(private_key, client_key))


def _tea_key(secret: bytes) -> TeaKey:
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
