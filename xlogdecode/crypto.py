"""Encrypted payloads: which server key a client key goes with, and TEA.

Sources: Tencent/mars `mars/xlog/crypt` (secp256k1, unhashed X, TEA of 16 rounds in ECB).
"""

import re
import threading
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from xlogdecode.errors import KeyFileError, MissingExtraError
from xlogdecode.types import Buffer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["Keyring", "TeaKey", "decrypt", "decrypt_many", "make_key_pair", "parse_keys"]

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

_REMEMBERED = 4096
"""Client keys remembered; a file has one a session."""


def parse_keys(text: str, name: str) -> tuple[bytes, ...]:
    """Return the private keys in `text`, one a line: 64 hex digits; `#` starts a comment.

    `name` is what an error calls the text. Raises KeyFileError, which never shows a key.
    """
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        digits = line.partition("#")[0].strip()
        if not digits:
            continue
        if not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
            raise KeyFileError(
                f"{name}:{number}:1: no private key: write 64 hex digits a line, # for comments"
            )
        if not 0 < int(digits, 16) < _CURVE_ORDER:
            raise KeyFileError(f"{name}:{number}:1: no private key of secp256k1: out of its range")
        keys.append(bytes.fromhex(digits))
    if not keys:
        raise KeyFileError(f"{name}:1:1: holds no key: write a private key as 64 hex digits")
    return tuple(keys)


class Keyring:
    """Server private keys (32 bytes each), and for each client key the TEA keys they give."""

    def __init__(self, private_keys: Iterable[bytes]) -> None:
        """Take the keys. What they need is imported when the first encrypted block comes.

        Raises KeyFileError for what is none.
        """
        self._keys = tuple(private_keys)
        if any(not isinstance(key, bytes) or len(key) != 32 for key in self._keys):
            raise KeyFileError("a private key is 32 bytes: read_keys reads them from a file")
        self._private: list[ec.EllipticCurvePrivateKey] = []
        self._shared: dict[bytes, tuple[TeaKey, ...]] = {}
        self._proven: dict[bytes, TeaKey] = {}
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Whether there is any key."""
        return bool(self._keys)

    def tea_keys(self, client_key: bytes) -> tuple[TeaKey, ...]:
        """Return a TEA key for each private key, in their order.

        Empty where there are none, or `client_key` is no point of the curve. One ECDH a key and
        client key. Raises MissingExtraError without `cryptography` and numpy.
        """
        if not self._keys or not _is_on_curve(client_key):
            return ()
        with self._lock:
            if not self._private:
                self._private = [_private_key(key) for key in self._keys]
            keys = self._shared.get(client_key)
            if keys is None:
                if len(self._shared) >= _REMEMBERED:
                    self._shared.clear()
                keys = self._shared[client_key] = self._agree(client_key)
            return keys

    def proven(self, client_key: bytes) -> TeaKey | None:
        """Return the TEA key that a payload of this client key has decoded with, if one has."""
        return self._proven.get(client_key)

    def prove(self, client_key: bytes, key: TeaKey) -> None:
        """Remember that a payload of this client key decodes with `key`."""
        with self._lock:
            if len(self._proven) >= _REMEMBERED:
                self._proven.clear()
            self._proven[client_key] = key

    def _agree(self, client_key: bytes) -> tuple[TeaKey, ...]:
        from cryptography.hazmat.primitives.asymmetric import ec

        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), b"\x04" + client_key)
        return tuple(_tea_key(key.exchange(ec.ECDH(), point)) for key in self._private)


def _is_on_curve(client_key: bytes) -> bool:
    """Tell a client key from other bytes: a false header costs no import, and no error."""
    x, y = (int.from_bytes(client_key[i : i + 32], "big") for i in (0, 32))
    return x < _FIELD and y < _FIELD and (y * y - x * x * x - 7) % _FIELD == 0


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


def _private_key(key: bytes) -> "ec.EllipticCurvePrivateKey":
    try:
        import numpy  # noqa: F401, ICN001 - needed later, and missed as early as can be
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise MissingExtraError(
            f"decryption needs {error.name}: run pip install 'xlogdecode[crypt]'"
        ) from None
    return ec.derive_private_key(int.from_bytes(key, "big"), ec.SECP256K1())


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
    """Decrypt all whole groups."""
    import numpy as np

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
