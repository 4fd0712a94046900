"""The keys of one session of a writer, and its encryption."""

from xlogdecode.errors import UsageError
from xlogdecode.secp256k1 import is_on_curve, make_key_pair, shared_x
from xlogdecode.tea import Encryption, tea_key

__all__ = ["Cipher"]


class Cipher:
    """A fresh client key pair, and TEA under the secret that it shares with the server.

    `public_key` is the server's, 64 bytes. Raises UsageError where it is no point of the curve,
    MissingExtraError where `cryptography` is not installed.
    """

    def __init__(self, public_key: bytes) -> None:
        if not is_on_curve(public_key):
            raise UsageError(
                "the public key is no point of secp256k1: copy all 128 hex digits of it"
            )
        private_key, self.client_key = make_key_pair()
        self.encrypt = Encryption(tea_key(shared_x(private_key, public_key))).encrypt
