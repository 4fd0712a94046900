"""How a log begins that was wrapped: base64, hex, mangled bytes; and one of a fork of Mars."""

import binascii
import re
from typing import Final

from xlogdecode.format import (
    CRASH_BUFFER_SIZE,
    LAST_HOUR,
    LONGEST_HEADER,
    READINGS,
    is_plausible,
)

__all__ = [
    "DUMP_LINE",
    "REPLACEMENT",
    "base64_body",
    "base64_characters",
    "base64_of_a_log",
    "dump_of_a_log",
    "hex_digits",
    "hex_of_a_log",
    "is_utf8",
    "opens_a_block",
    "opens_as_mangled",
    "undumped",
]  # fmt: skip

REPLACEMENT: Final = b"\xef\xbf\xbd"
"""U+FFFD in UTF-8: what a decoder of text puts in the place of bytes that are none."""

DUMP_LINE: Final = re.compile(rb"([0-9a-fA-F]{6,16})(:?)[ \t]+([0-9a-fA-F].*)")
"""A line of `xxd`, `hexdump -C` or `od -A x -t x1`: the offset, and what follows it."""

_SHOWN: Final = 16
"""Bytes of a header that have to fit: it has at least 13."""

_BASE64: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:-----BEGIN [^\n]{0,80}-----\s*|data:[^,\n]{0,120};base64,)?\"?"
)
_SEPARATORS: Final = b" \t\r\n,;:-\"'{}[]"


def opens_a_block(data: bytes) -> bool:
    """Tell whether the header of a block is at the start."""
    reading = READINGS.get(data[0]) if len(data) >= _SHOWN else None
    return (
        reading is not None and is_plausible(data, 0, reading, CRASH_BUFFER_SIZE) and any(data[5:8])
    )


def fork_magic(data: bytes) -> int:
    """Return the magic of a fork's block at the start, if its header and its end fit; else 0."""
    if len(data) < _SHOWN or data[0] not in _FORKS or max(data[3:5]) > LAST_HOUR:
        return 0
    length = int.from_bytes(data[5:9], "little")
    ends = [index for size in (13, LONGEST_HEADER) if (index := size + length) < len(data)]
    fits = not ends or any(_ends_a_block(data, index) for index in ends)
    return data[0] if 0 < length <= CRASH_BUFFER_SIZE and fits else 0


def _ends_a_block(data: bytes, index: int) -> bool:
    return data[index] == 0 and (index + 1 >= len(data) or data[index + 1] in _MAGICS)


_FORKS: Final = range(0x0E, 0x16)
"""Magics of branches (manual/format.md, Other writers)."""

_MAGICS: Final = frozenset((*READINGS, *_FORKS))


def base64_body(text: bytes) -> bytes:
    """Return a text without what may stand before its base64, in the usual alphabet."""
    return base64_characters(text[match.end() :] if (match := _BASE64.match(text)) else text)


def base64_characters(text: bytes) -> bytes:
    """Return a text without line ends and quotes, in the usual alphabet."""
    return text.translate(bytes.maketrans(b"-_", b"+/"), b" \t\r\n\\\"'")


def base64_of_a_log(text: bytes) -> bool:
    """Tell whether a text begins as a log in base64 does."""
    try:
        return opens_a_block(binascii.a2b_base64(base64_body(text[:512])[:64], strict_mode=True))
    except binascii.Error:
        return False


def hex_digits(text: bytes) -> bytes:
    """Return a text without what may stand between the digits of bytes."""
    digits = text.translate(None, _SEPARATORS)
    if b"x" in digits or b"X" in digits:
        digits = re.sub(rb"0x|\\x", b"", digits, flags=re.IGNORECASE)
    return digits


def hex_of_a_log(text: bytes) -> bool:
    """Tell whether a text begins as a log in hex does."""
    try:
        return opens_a_block(binascii.unhexlify(hex_digits(text[:256])[: 2 * _SHOWN]))
    except (binascii.Error, ValueError):
        return False


def dump_of_a_log(text: bytes) -> bool:
    """Tell whether a text begins as the hex dump of a log does, with offsets."""
    line = DUMP_LINE.match(text)
    return line is not None and int(line[1], 16) == 0 and opens_a_block(undumped(line))


def undumped(line: re.Match[bytes]) -> bytes:
    """Return the bytes in a line of a dump; those of no hex digits have none."""
    body = line[3].split(b"  ")[0] if line[2] else re.split(rb"[|>]", line[3])[0]
    digits = body.translate(None, b" \t\r")
    return binascii.unhexlify(digits) if len(digits) <= 64 else b""


def opens_as_mangled(head: bytes) -> bool:
    """Tell whether a log begins here whose bytes above 0x7F have become U+FFFD."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if head.count(REPLACEMENT) < 3 or not 0x03 <= head[0] < 0x16 or b"\0" not in head[:32]:
        return False
    return is_utf8(head)


def is_utf8(head: bytes) -> bool:
    """Tell whether all of it is UTF-8, but for a last character that may be cut."""
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and error.reason == "unexpected end of data"
    return True
