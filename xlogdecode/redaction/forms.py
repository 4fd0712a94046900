"""Other forms in which a log may have a word: hexadecimal, base64, as in URLs, as in JSON."""

import re
from binascii import b2a_base64
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

__all__ = ["forms_of"]

_SHORTEST: Final = 8
"""Letters of a form in hexadecimal or base64; a shorter one may be any word."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]*")
"""Words that are the same in URLs and in JSON."""


def forms_of(word: str) -> Iterator[str]:
    """Yield the other forms of `word`."""
    data = word.encode("utf-8", "surrogateescape")
    in_hex, in_base64 = data.hex(), b2a_base64(data, newline=False).decode().rstrip("=")
    if len(in_hex) >= _SHORTEST:
        yield from (in_hex, in_hex.upper())
    if len(in_base64) >= _SHORTEST:
        yield from (in_base64, in_base64.replace("+", "-").replace("/", "_"))
    if not _PLAIN.fullmatch(word):
        yield from _escaped(word, data)


def _escaped(word: str, data: bytes) -> Iterator[str]:
    from json import dumps, loads
    from urllib.parse import quote, unquote

    in_url = quote(data, safe="")
    yield in_url
    yield re.sub("%..", lambda sign: sign[0].lower(), in_url)
    yield in_url.replace("%20", "+")
    yield dumps(word)[1:-1]
    plain = unquote(word) if "%" in word else word
    if "\\u" in word:
        with suppress(ValueError):
            plain = str(loads(f'"{word}"'))
    if "\n" not in plain and (len(plain) >= _SHORTEST or not plain.isascii()):
        yield plain
