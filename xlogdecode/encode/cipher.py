"""The encrypting half: a client key pair, ECDH on secp256k1, TEA of 16 rounds.

Shared secret = the 32-byte X of ECDH; TEA key = its first 16 bytes as four little-endian u32.
Source: Tencent/mars `mars/xlog/crypt`.
"""

import struct
from typing import Final

from xlogdecode.errors import MissingExtraError, UsageError

__all__ = ["GROUP", "Cipher"]

GROUP: Final = 8
"""Bytes that TEA encrypts at a time; what is left of a payload stays clear."""

_ROUNDS: Final = 16
_DELTA: Final = 0x9E3779B9
_MANY: Final = 32 * 1024
"""Bytes at a time from which on numpy is faster."""
_ENOUGH: Final = 1 << 20
"""Bytes in all after which importing numpy, 90 ms, has paid."""
_LINE_LANES: Final = 32  # up to here a table for each number of groups: 90 KB when all are there


class Cipher:
    """A fresh client key pair, and TEA under the secret that it shares with the server.

    `public_key` is the server's, 64 bytes. Raises UsageError where it is no point of the curve,
    MissingExtraError where `cryptography` is not installed.
    """

    def __init__(self, public_key: bytes) -> None:
        self.client_key, secret = _agree(public_key)
        self._tea = _Tea(struct.unpack("<4I", secret[:16]))
        self._encrypted = 0

    def encrypt(self, data: bytes) -> bytes:
        """Return `data` encrypted; its last `len(data) % 8` bytes stay clear."""
        whole = len(data) // GROUP * GROUP
        self._encrypted += whole
        is_much = whole >= _MANY and self._encrypted >= _ENOUGH
        encrypt = self._tea.encrypt_many if is_much else self._tea.encrypt
        return encrypt(data[:whole]) + data[whole:]


def _agree(public_key: bytes) -> tuple[bytes, bytes]:
    """Return the client's public key (64 bytes) and the shared secret (32 bytes)."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    except ImportError:
        raise MissingExtraError(
            "encrypting needs cryptography: pip install 'xlogdecode[crypt]'"
        ) from None
    curve = ec.SECP256K1()
    try:
        server = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + public_key)
    except ValueError:
        raise UsageError(
            "the public key is no point of secp256k1: copy all 128 hex digits of it"
        ) from None
    client = ec.generate_private_key(curve)
    point = client.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point[1:], client.exchange(ec.ECDH(), server)


class _Tea:
    """TEA over many groups at once, in Python's long integers: 64 bits a lane, 32 of them used.

    A round costs as many operations whatever the number of lanes, which makes a log line 4 times
    and longer text 20 times as fast as a loop over the groups; numpy would take 0.1 ms for a
    line, and 100 ms to import, but beats this by 8 times on a whole block.
    Before the mask, a lane holds sums below 2 to the 38th, and in its five top bits what `>> 5`
    brought in from the next lane: no carry ever leaves it.
    """

    def __init__(self, key: tuple[int, ...]) -> None:
        self._key = key
        self._tables: dict[int, tuple[list[int], list[int], int]] = {}

    def _table(self, lanes: int) -> tuple[list[int], list[int], int]:
        """Return key, sums, and a mask of 32 bits, repeated in at least `lanes` lanes."""
        size = lanes if lanes <= _LINE_LANES else 1 << (lanes - 1).bit_length()
        if size not in self._tables:
            ones = sum(1 << 64 * lane for lane in range(size))
            sums = [ones * (_DELTA * turn & 0xFFFFFFFF) for turn in range(1, _ROUNDS + 1)]
            self._tables[size] = [ones * word for word in self._key], sums, ones * 0xFFFFFFFF
        return self._tables[size]

    def encrypt(self, data: bytes) -> bytes:
        """Return `data`, whole groups, encrypted."""
        (k0, k1, k2, k3), sums, low = self._table(len(data) // GROUP)
        both = int.from_bytes(data, "little")
        v0, v1 = both & low, both >> 32 & low
        for total in sums:
            v0 = v0 + ((v1 << 4) + k0 ^ v1 + total ^ (v1 >> 5) + k1) & low
            v1 = v1 + ((v0 << 4) + k2 ^ v0 + total ^ (v0 >> 5) + k3) & low
        whole = (v0 | v1 << 32) & (1 << 8 * len(data)) - 1
        return whole.to_bytes(len(data), "little")

    def encrypt_many(self, data: bytes) -> bytes:
        """As `encrypt`, for whole blocks."""
        try:
            import numpy as np
        except ImportError:  # the same, slower
            return self.encrypt(data)
        k0, k1, k2, k3 = (np.uint32(word) for word in self._key)
        groups = np.frombuffer(data, "<u4").reshape(-1, 2)
        v0, v1 = groups[:, 0].copy(), groups[:, 1].copy()
        for turn in range(1, _ROUNDS + 1):
            total = np.uint32(_DELTA * turn & 0xFFFFFFFF)
            v0 += ((v1 << 4) + k0) ^ (v1 + total) ^ ((v1 >> 5) + k1)
            v1 += ((v0 << 4) + k2) ^ (v0 + total) ^ ((v0 >> 5) + k3)
        return np.stack([v0, v1], axis=1).astype("<u4").tobytes()
