"""Names and text made safe to show: they come from archives and logs, and a terminal would obey."""

import codecs
import re

from xlogdecode.types import Buffer, Sink

__all__ = ["Escaped", "Utf8", "escaped", "is_hostile", "shown"]

_C1_LEAD = b"\xc2"
_HOSTILE = rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]"
"""Control characters but newline and tab, the C1 set in UTF-8 among them."""


class Escaped:
    """Shows control characters as `\\x1b`: a log may hold what a terminal would obey."""

    def __init__(self, sink: Sink) -> None:
        """Write to `sink`."""
        self._sink = sink
        self._is_cut = False
        """Whether the last byte may be the first of a C1 control: the second is escaped alone."""

    def write(self, data: Buffer, /) -> None:
        """Write `data`, escaped."""
        if not data:
            return
        rest = bytes(data)
        begin = b""
        if self._is_cut and 0x80 <= rest[0] <= 0x9F:
            begin, rest = b"\\x%02x" % rest[0], rest[1:]
        self._is_cut = rest.endswith(_C1_LEAD)
        self._sink.write(begin + escaped(rest))


def is_hostile(data: bytes) -> bool:
    """Tell whether `data` holds any character that a terminal would obey."""
    return re.search(_HOSTILE, data) is not None


def escaped(data: bytes) -> bytes:
    """Return `data` with control characters as `\\x1b`."""
    return re.sub(_HOSTILE, _escape, data)


def _escape(match: re.Match[bytes]) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in match[0])


class Utf8:
    """Replaces bytes that are not UTF-8."""

    def __init__(self, sink: Sink) -> None:
        """Write to `sink`."""
        self._sink = sink
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, data: Buffer, /) -> None:
        """Write `data`; a character that is cut waits for its rest."""
        self._sink.write(self._decoder.decode(bytes(data)).encode())

    def close(self) -> None:
        """Write what still waits."""
        self._sink.write(self._decoder.decode(b"", final=True).encode())


def shown(text: str) -> str:
    """Return `text` with all that would break a line, a terminal or an encoder escaped."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    code = ord(sign)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as Python keeps it
        return f"\\x{code - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode("ascii")
