"""Server keys in the forms in which people keep them: hex in texts and files, or the bytes.

A private key is 32 bytes and decrypts logs, a public one is 64 (X, then Y) and encrypts them. No
error shows a key, nor a file name that may be one.
"""

import os
import re
from collections.abc import Callable, Iterable
from typing import Final

from xlogdecode.errors import KeyFileError, UsageError, XlogError

__all__ = ["is_like_a_key", "parse_keys", "parse_public_key", "private_keys", "read_keys"]

_CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_ASSIGNED: Final = r"(?=[A-Za-z_ ]*[G-Zg-z_])[A-Za-z_ ]+[:=]\s*"
"""How a line of a script gives a key its name: `PRIV_KEY = "…"`."""

_PROSE: Final = r"(?![0-9a-fA-F]{12})[^0-9]{0,60}"
"""A line that holds no key, such as the headings that Mars's gen_key.py prints."""

_NAME_LIKE_A_KEY: Final = (
    r"(?:\w+\s*=\s*)?(?=.*[0-9])[0-9A-Za-z+=\"' :]{32,}|[0-9A-Za-z+/]{43}=|\W*0[xX].*"
    r"|[0-9A-Fa-f]{24,}|(?s:.{200,})"
)
"""Names that are not shown if there is no such file."""

_IS_A_NAME: Final = (
    "--key-file takes a file name, not a key; save the key in a file or set XLOGDECODE_KEY"
)


def private_keys(keys: "Iterable[bytes | str] | bytes | str") -> list[bytes]:
    """Return private keys, each given as 32 bytes or as 64 hex digits. Raises KeyFileError."""
    several = [keys] if isinstance(keys, bytes | str) else keys
    found: list[bytes] = []
    for key in several:
        if isinstance(key, str):
            found += parse_keys(key, "a private key")
        elif isinstance(key, bytes) and len(key) == 32:
            found.append(_checked(key, "a private key"))
        else:
            raise KeyFileError("a private key is 32 bytes or 64 hex digits; read_keys reads a file")
    return found


def read_keys(path: str | os.PathLike[str]) -> tuple[bytes, ...]:
    """Return the private keys in a file, for `Options.keys`.

    A key a line as 64 hex digits, `#` starts a comment; also as scripts have it (`0x…`, quotes,
    `PRIV_KEY = "…"`), as Mars's gen_key.py prints it, in UTF-16, or 32 bytes and nothing else.
    Raises KeyFileError, which names the line, and never shows a key.
    """
    name = os.fspath(path)
    data = _content_of(name)
    if len(data) == 32 and not data.isascii():
        return (_checked(data, f"{name}:1:1"),)
    return parse_keys(_as_text(data, name), name)


def parse_keys(text: str, name: str) -> tuple[bytes, ...]:
    """Return the private keys in `text`, as `read_keys` does; `name` is what errors call it."""
    if "-----BEGIN" in text:
        raise KeyFileError(
            f"{name}:1:1: a PEM file; write the 64 hex digits of the private key, "
            "as openssl ec -text -noout -in FILE prints them"
        )
    keys: list[bytes] = []
    public = ""
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}:{number}:1"
        for digits in _hex_in(line, lambda why, where=where: KeyFileError(f"{where}: {why}")):  # type: ignore[misc]
            if len(digits) == 64:
                keys.append(_checked(bytes.fromhex(digits), where))
            else:
                public = public or where
    if not keys and public:
        raise KeyFileError(f"{public}: this is the public key; the private one is needed")
    if not keys:
        raise KeyFileError(f"{name}:1:1: holds no key; write the private key as 64 hex digits")
    return tuple(dict.fromkeys(keys))


def parse_public_key(key: "str | bytes | os.PathLike[str]") -> bytes:
    """Return the 64 bytes of a server's public key: 128 hex digits, X then Y, or the bytes.

    A path, or a text that names a file, is read. An uncompressed point's leading `04` is taken
    too. Raises UsageError for anything else.
    """
    if isinstance(key, os.PathLike) or (isinstance(key, str) and _is_file(key)):
        try:
            key = _as_text(_content_of(os.fspath(key)), "the public key")
        except XlogError as error:
            raise UsageError(str(error)) from None
    found: list[bytes] = [key] if isinstance(key, bytes) else []
    if isinstance(key, str):
        lines = key.splitlines()
        digits = [word for line in lines for word in _hex_in(line, _not_public)]
        found = [bytes.fromhex(word) for word in digits if len(word) > 64]
    point = found[0] if found else b""
    if len(point) == 65 and point[0] == 4:
        point = point[1:]
    if len(point) != 64:
        raise _not_public("")
    return point


def _not_public(_: str) -> UsageError:
    return UsageError("not a public key; write 128 hex digits, X then Y, as the app has them")


def _hex_in(line: str, error: Callable[[str], XlogError]) -> list[str]:
    """Return the keys in a line, as hex: 64 digits are private, 128 or 130 public.

    Raises what `error` returns for a line that may be a key and is none.
    """
    line = line.partition("#")[0].strip()
    line = re.sub(rf"^{_ASSIGNED}", "", line)
    if re.fullmatch("[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+", line):
        line = line.replace(":", "")
    words = [re.sub("^(?:[bB](?=[\"']))?[\"']*(?:0[xX])?", "", w) for w in line.split()]
    words = [word.rstrip("\"';,") for word in words]
    if len(words) > 1 and not all(re.fullmatch("[0-9a-fA-F]{64,}", word) for word in words):
        joined = "".join(words)
        words = [joined] if re.fullmatch("[0-9a-fA-F]+", joined) else words
    if not line or (re.fullmatch(_PROSE, line) and max(map(len, words)) < 24):
        return []
    for word in words:
        if not re.fullmatch("[0-9a-fA-F]+", word):
            raise error(_what_else(word))
        if len(word) not in (64, 128, 130) or (len(word) == 130 and word[:2] != "04"):
            raise error(f"{len(word)} hex digits; a private key has 64")
    return words


def _what_else(word: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9+/]{43}=", word):
        return "this looks like base64; write it as 64 hex digits: base64 -d FILE | xxd -p -c 32"
    return "not a private key; write 64 hex digits a line, # for comments"


def _checked(key: bytes, where: str) -> bytes:
    if not 0 < int.from_bytes(key, "big") < _CURVE_ORDER:
        raise KeyFileError(f"{where}: not a private key of secp256k1: out of its range")
    return key


def is_like_a_key(name: str) -> bool:
    """Tell whether what is to be the name of a file may be a key, and must not be shown."""
    return bool(re.fullmatch(_NAME_LIKE_A_KEY, name.strip()))


def _is_file(name: str) -> bool:
    try:
        return os.path.isfile(name)  # noqa: PTH113 - a start-up without pathlib
    except ValueError:  # NUL
        return False


def _content_of(name: str) -> bytes:
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - as above
            return file.read(1 << 20)
    except (OSError, ValueError) as error:
        if is_like_a_key(name):
            raise KeyFileError(_IS_A_NAME) from None
        why = error.strerror if isinstance(error, OSError) else str(error)
        shown = re.sub("[0-9A-Fa-f]{24,}", "...", name)
        raise KeyFileError(f"{shown}: cannot be read: {why}") from None


def _as_text(data: bytes, name: str) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise KeyFileError(f"{name}:1:1: is not text; write 64 hex digits a line") from None
