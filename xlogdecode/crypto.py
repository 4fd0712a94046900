"""Which server key the client key of a block goes with; and the new keys of what is encrypted."""

from collections.abc import Iterable, Iterator

from xlogdecode.errors import UsageError
from xlogdecode.keys import private_keys
from xlogdecode.secp256k1 import is_fast, is_on_curve, make_key_pair, shared_x, shared_x_of_integers
from xlogdecode.tea import Encryption, TeaKey, tea_key

__all__ = ["Cipher", "Keyring"]


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
        return tea_key(agree(private_key, client_key))


class Cipher:
    """A fresh client key pair, and TEA under the secret that it shares with the server.

    `public_key` is the server's, 64 bytes. Raises UsageError where it is not a point of the curve,
    MissingExtraError where `cryptography` is not installed.
    """

    def __init__(self, public_key: bytes) -> None:
        if not is_on_curve(public_key):
            raise UsageError(
                "the public key is not a point of secp256k1; copy all 128 hex digits of it"
            )
        private_key, self.client_key = make_key_pair()
        self.encrypt = Encryption(tea_key(shared_x(private_key, public_key))).encrypt
