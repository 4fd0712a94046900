"""The curve of the keys, y^2 = x^3 + 7, and the secret that two keys share (SEC 1, SEC 2).

Three libraries give the same secret: `coincurve` in 0.05 ms (libsecp256k1 is made for this curve),
`cryptography` in 0.5 ms (OpenSSL takes it as any curve), integers of Python in 2.5 ms. A point is
64 bytes, X then Y; a secret is 32: X, not hashed, as in Tencent/mars `mars/xlog/crypt`.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from xlogdecode.errors import MissingExtraError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

__all__ = [
    "is_fast",
    "is_of_another_curve",
    "is_on_curve",
    "make_key_pair",
    "shared_x",
    "shared_x_of_integers",
]

Agreement = Callable[[bytes, bytes], bytes]

_FIELD = 2**256 - 2**32 - 977
"""The prime that coordinates are counted by."""
_P256_FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def _coordinates(point: bytes) -> tuple[int, int]:
    return int.from_bytes(point[:32], "big"), int.from_bytes(point[32:64], "big")


def is_on_curve(point: bytes) -> bool:
    """Tell whether 64 bytes are a point of secp256k1."""
    x, y = _coordinates(point)
    return x < _FIELD and y < _FIELD and (y * y - x * x * x - 7) % _FIELD == 0


def is_of_another_curve(point: bytes) -> bool:
    """Tell whether 64 bytes are a point of prime256v1 (FIPS 186-4), which Mars used in 2017."""
    x, y = _coordinates(point)
    left, right = y * y, x * x * x - 3 * x + _P256_B
    is_point = x < _P256_FIELD and y < _P256_FIELD and (left - right) % _P256_FIELD == 0
    return is_point and any(point)


def make_key_pair() -> tuple[bytes, bytes]:
    """Return a new private key (32 bytes) and its public key (64 bytes: X, then Y).

    Raises MissingExtraError without `cryptography`.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise MissingExtraError(
            f"making keys, and encrypting, needs {error.name}; run pip install 'xlogdecode[crypt]'"
        ) from None
    numbers = ec.generate_private_key(ec.SECP256K1()).private_numbers()
    point = numbers.public_numbers
    public = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    return numbers.private_value.to_bytes(32, "big"), public


def shared_x(private_key: bytes, point: bytes) -> bytes:
    """Return the secret of a private key and a point of the curve, by the fastest library."""
    return _library().agree(private_key, point)


def is_fast() -> bool:
    """Tell whether a secret takes 0.05 ms."""
    return _library().is_fast


class _Library(NamedTuple):
    agree: Agreement
    is_fast: bool


@cache
def _library() -> _Library:
    for make, is_fast in ((_of_coincurve, True), (_of_cryptography, False)):
        try:
            return _Library(make(), is_fast)
        except ImportError:
            continue
    return _Library(shared_x_of_integers, is_fast=False)


def _of_coincurve() -> Agreement:
    from coincurve import PublicKey

    def agree(private_key: bytes, point: bytes) -> bytes:
        product = PublicKey(b"\x04" + point).multiply(private_key)
        return product.format(compressed=False)[1:33]

    return agree


def _of_cryptography() -> Agreement:
    from cryptography.hazmat.primitives.asymmetric import ec

    curve, method = ec.SECP256K1(), ec.ECDH()

    @lru_cache(256)
    def private(key: bytes) -> "ec.EllipticCurvePrivateKey":
        return ec.derive_private_key(int.from_bytes(key, "big"), curve)

    def agree(private_key: bytes, point: bytes) -> bytes:
        public = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + point)
        return private(private_key).exchange(method, public)

    return agree


def shared_x_of_integers(private_key: bytes, point: bytes) -> bytes:
    """Return the same without a library, in Jacobian coordinates."""
    x, y = _coordinates(point)
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
