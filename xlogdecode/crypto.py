"""Encrypted payloads: which server key a client key goes with, and TEA.

Sources: Tencent/mars `mars/xlog/crypt` (secp256k1, unhashed X, TEA of 16 rounds in ECB).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from xlogdecode.errors import MissingExtraError
from xlogdecode.keys import private_keys
from xlogdecode.types import Buffer

if TYPE_CHECKING:
    from types import ModuleType

    from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["Keyring", "TeaKey", "decrypt", "decrypt_many", "make_key_pair"]

TeaKey = tuple[int, int, int, int]

_DELTA = 0x9E3779B9
_ROUNDS = 16
_FIELD = 2**256 - 2**32 - 977
"""The prime that secp256k1's coordinates are counted by: y^2 = x^3 + 7."""
_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_GROUP = 8
"""Bytes that are encrypted together."""
_TILE = 1 << 17
"""Groups decrypted at a time: less would stay in a core's cache, and have two threads fight
for the interpreter, which each step lets go of.
"""

_REMEMBERED = 16384
"""TEA keys remembered, and sessions; a file has one client key a session."""

_FREE_AGREEMENTS, _BYTES_AN_AGREEMENT = 256, 4096
"""Agreements in vain, each of 0.7 ms, in any case; and bytes of payload that pay for another."""
_FEW_AGREEMENTS = 8
"""Agreements for which importing `cryptography`, 17 ms, does not pay."""
_FIRST_TRIES = 8
"""Blocks of a session on which all keys are tried; then on the 16th, the 32nd, and so on."""


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
        return _is_on_curve(*_point_of(client_key))

    def tea_keys(self, client_key: bytes, offset: int, size: int) -> Iterator[TeaKey]:
        """Yield a TEA key for each private key, the one that fitted last first, for a payload of
        `size` bytes at `offset`; none where `client_key` is not a point of the curve.

        A session that no key fits gets ever fewer; a log of so many such sessions that its bytes do
        not pay for the agreements gets none (`untried`).
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
        for private_key in tuple(self._keys):
            key = session.agreed.get(private_key)
            if key is None:
                if not self._affords_one():
                    self.untried += not session.is_untried
                    session.is_untried = True
                    return
                key = session.agreed[private_key] = self._agree(private_key, client_key)
            yield key

    def _add(self, client_key: bytes) -> _Session:
        while self._held >= _REMEMBERED and self._sessions:
            oldest = self._sessions.pop(next(iter(self._sessions)))
            self._held -= 1 + len(oldest.agreed)
        session = self._sessions[client_key] = _Session()
        self._held += 1
        return session

    def _affords_one(self) -> bool:
        free = _FREE_AGREEMENTS + 4 * len(self._keys)
        return self._in_vain < free + self._seen // _BYTES_AN_AGREEMENT

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
                self._keys.remove(private_key)
                self._keys.insert(0, private_key)
        self._held -= 1 + len(session.agreed) if session else 0

    def _agree(self, private_key: bytes, client_key: bytes) -> TeaKey:
        self._agreements += 1
        self._in_vain += 1
        self._held += 1
        if self._agreements <= _FEW_AGREEMENTS:
            return _tea_key(_shared_x(private_key, client_key))
        return _tea_key(_fast_shared_x(private_key, client_key))


# secp256k1: y^2 = x^3 + 7 over a field of prime order


def _point_of(client_key: bytes) -> tuple[int, int]:
    return int.from_bytes(client_key[:32], "big"), int.from_bytes(client_key[32:64], "big")


def _is_on_curve(x: int, y: int) -> bool:
    return x < _FIELD and y < _FIELD and (y * y - x * x * x - 7) % _FIELD == 0


def is_of_another_curve(client_key: bytes) -> bool:
    """Tell whether a client key is a point of prime256v1 (FIPS 186-4), which Mars used in 2017."""
    x, y = _point_of(client_key)
    field = 2**256 - 2**224 + 2**192 + 2**96 - 1
    is_point = x < field and y < field and (y * y - x * x * x + 3 * x - _P256_B) % field == 0
    return is_point and any(client_key)


_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def _shared_x(private_key: bytes, client_key: bytes) -> bytes:
    """Return X of the client's point times the private key, in Jacobian coordinates (SEC 1)."""
    x, y = _point_of(client_key)
    product = (0, 0, 0)  # Z is 0: the point at infinity
    for bit in f"{int.from_bytes(private_key, 'big'):b}":
        product = _doubled(*product)
        if bit == "1":
            product = _added(*product, x, y)
    px, _, pz = product
    return (px * pow(pz, -2, _FIELD) % _FIELD).to_bytes(32, "big")


def _doubled(x: int, y: int, z: int) -> tuple[int, int, int]:
    squared = y * y % _FIELD
    s = 4 * x * squared % _FIELD
    m = 3 * x * x % _FIELD
    doubled_x = (m * m - 2 * s) % _FIELD
    return doubled_x, (m * (s - doubled_x) - 8 * squared * squared) % _FIELD, 2 * y * z % _FIELD


def _added(x: int, y: int, z: int, other_x: int, other_y: int) -> tuple[int, int, int]:
    """Return a point in Jacobian coordinates plus one in affine ones."""
    if not z:
        return other_x, other_y, 1
    z2 = z * z % _FIELD
    h = (other_x * z2 - x) % _FIELD
    r = (other_y * z2 * z - y) % _FIELD
    if not h:
        return _doubled(x, y, z) if not r else (0, 0, 0)
    h2 = h * h % _FIELD
    h3, v = h * h2 % _FIELD, x * h2 % _FIELD
    sum_x = (r * r - h3 - 2 * v) % _FIELD
    return sum_x, (r * (v - sum_x) - y * h3) % _FIELD, h * z % _FIELD


def _fast_shared_x(private_key: bytes, client_key: bytes) -> bytes:
    """Return the same by `cryptography`, where that is installed."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        return _shared_x(private_key, client_key)
    curve = ec.SECP256K1()
    point = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + client_key)
    return _private(private_key).exchange(ec.ECDH(), point)


@lru_cache(256)
def _private(key: bytes) -> "ec.EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(int.from_bytes(key, "big"), ec.SECP256K1())


def make_key_pair() -> tuple[bytes, bytes]:
    """Return a new private key (32 bytes) and its public key (64 bytes: X, then Y).

    Raises MissingExtraError without `cryptography`.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise MissingExtraError(
            f"making keys needs {error.name}: run pip install 'xlogdecode[crypt]'"
        ) from None
    numbers = ec.generate_private_key(ec.SECP256K1()).private_numbers()
    point = numbers.public_numbers
    public = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    return numbers.private_value.to_bytes(32, "big"), public


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
    fills = [-len(payload) % _GROUP for payload in payloads]
    parts = ((payload, bytes(fill)) for payload, fill in zip(payloads, fills, strict=True))
    result = bytearray().join(chain.from_iterable(parts))
    _decrypt_in_place(result, key)
    view = memoryview(result)
    decrypted: list[memoryview] = []
    begin = 0
    for payload, fill in zip(payloads, fills, strict=True):
        end = begin + len(payload)
        if fill:
            tail = end // _GROUP * _GROUP
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
    for begin in range(0, len(data) - _GROUP + 1, _LANES * _GROUP):
        end = min(begin + _LANES * _GROUP, len(data) // _GROUP * _GROUP)
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
    count = len(groups) // _GROUP
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
    return (y | z << 32).to_bytes(count * _GROUP, "little")


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
    groups = np.frombuffer(data, "<u4", len(data) // _GROUP * 2).reshape(-1, 2)
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
