"""Private keys as the command line takes them: a file or the environment, never an argument."""

import os

from xlogdecode.calls import read_keys as keys_in
from xlogdecode.crypto import parse_keys

__all__ = ["KEY_REMEDY", "read_keys"]

_VARIABLE = "XLOGDECODE_KEY"
KEY_REMEDY = f"give the server's private key with --key-file FILE or in ${_VARIABLE}"


def read_keys(key_file: str | None) -> tuple[bytes, ...]:
    """Return the keys of `key_file`, or else of the environment. Raises KeyFileError."""
    if key_file is None:
        text = os.environ.get(_VARIABLE, "")
        return parse_keys(text, f"${_VARIABLE}") if text.strip() else ()
    return keys_in(key_file)
