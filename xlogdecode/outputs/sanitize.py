"""Names and text made safe to show: they come from archives and logs, and a terminal would obey."""

import re

from xlogdecode.types import Buffer, Sink

__all__ = ["Escaped", "Utf8", "escaped", "is_hostile", "shown"]

_C1_LEAD = b"\xc2"
_LONGEST_LINE = 1 << 20
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
    """Turns lines that are not UTF-8 into that, and replaces what no encoding reads."""

    def __init__(self, sink: Sink, encoding: str | None = None) -> None:
        """Write to `sink`; bytes that are not UTF-8 are of `encoding` (see `encodings`)."""
        self._sink = sink
        self._encoding = encoding
        self._waits = b""
        """The start of a line that is not ASCII: the rest says how it is to be read."""

    def write(self, data: Buffer, /) -> None:
        """Write `data`; a line that is not complete may wait for its rest."""
        lines = self._waits + bytes(data)
        end = lines.rfind(b"\n") + 1
        if lines[end:].isascii() or len(lines) - end > _LONGEST_LINE:
            end = len(lines)
        self._waits = lines[end:]
        self._write(lines[:end])

    def close(self) -> None:
        """Write what still waits."""
        self._write(self._waits)
        self._waits = b""

    def _write(self, lines: bytes) -> None:
        try:
            lines.decode()
        except UnicodeDecodeError:
            from xlogdecode.encodings import decoded_lines  # few logs need it

            text = decoded_lines(lines.decode("latin-1"), self._encoding)
            lines = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").encode()
        self._sink.write(lines)


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
