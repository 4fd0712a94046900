"""Encryption of payloads: ECDH over secp256k1, then 16 rounds of TEA."""

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec

_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_DELTA = 0x9E3779B9


@dataclass(frozen=True, slots=True)
class Session:
    """One opening of a log by an app that was given the server's public key."""

    client_key: bytes  # 64 bytes, X then Y
    tea_key: bytes  # 16 bytes


def private_key(seed: str) -> bytes:
    """Return 32 bytes that are a valid private key, always the same for one seed."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big") % (_ORDER - 1) + 1
    return number.to_bytes(32, "big")


@cache
def new_session(server: bytes, seed: str = "client") -> Session:
    """Return what a client makes of the server's key: `server` is private, 32 bytes."""
    ours = _point(private_key(seed))
    numbers = ours.public_key().public_numbers()
    shared = ours.exchange(ec.ECDH(), _point(server).public_key())
    return Session(numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"), shared[:16])


def _point(private: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256K1())


def tea_encrypt(data: bytes, key: bytes) -> bytes:
    """Encrypt all whole groups of 8 bytes; the last `len(data) % 8` bytes stay clear."""
    whole = len(data) // 8 * 8
    words = np.frombuffer(data, "<u4", whole // 4).reshape(-1, 2)
    left, right = words[:, 0].copy(), words[:, 1].copy()
    k0, k1, k2, k3 = (np.uint32(word) for word in np.frombuffer(key, "<u4", 4))
    for turn in range(1, 17):
        total = np.uint32(turn * _DELTA & 0xFFFFFFFF)
        left += ((right << 4) + k0) ^ (right + total) ^ ((right >> 5) + k1)
        right += ((left << 4) + k2) ^ (left + total) ^ ((left >> 5) + k3)
    return np.stack((left, right), 1).astype("<u4").tobytes() + data[whole:]
