"""Functions that undo how logs became text, piece by piece: base64, hex, line ends, UTF-8."""

import binascii
import codecs
import re
from collections.abc import Callable

from xlogdecode.decoder.wrapped import (
    DUMP_LINE,
    base64_body,
    base64_characters,
    hex_digits,
    undumped,
)
from xlogdecode.types import Source

__all__ = ["Base64", "Dump", "Hex", "LineFeeds", "Mapped", "SingleBytes", "Step", "TornError"]

Step = Callable[[bytes], bytes]
"""Makes bytes of the next piece, and of an empty one at the end. Raises ValueError."""

_PIECE = 64 << 10

_PREFIX = 4
"""Characters of hex text that are held back: `0x05` is one byte."""

_MOST_REPEATED = 64 << 20
"""Bytes that `*` in a dump may stand for."""

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==|[A-Za-z0-9+/]=))?")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})*")


class TornError(ValueError):
    """Text goes on as it cannot; `found` are the bytes before that."""

    def __init__(self, why: str, found: bytes) -> None:
        """Take the words for people, and the bytes."""
        super().__init__(why)
        self.found = found


class Base64:
    """Base64 into bytes; a PEM's last line is known by its dashes."""

    def __init__(self) -> None:
        """Start before the text."""
        self._is_begun = False
        self._is_over = False
        self._line = b""
        self._rest = b""

    def __call__(self, data: bytes) -> bytes:
        """Return the bytes of the next piece."""
        text = self._line + data
        cut = text.rfind(b"\n") + 1 if data else len(text)
        text, self._line = (text[:cut], text[cut:]) if cut else (text, b"")
        text = text.partition(b"-----END")[0]
        body = self._rest + (base64_characters(text) if self._is_begun else base64_body(text))
        self._is_begun = True
        size = len(body) // 4 * 4 if data else len(body)
        body, self._rest = body[:size], body[size:]
        body += b"=" * (-len(body) % 4)
        good = _BASE64.match(b"" if self._is_over else body)
        found = binascii.a2b_base64(good[0]) if good else b""
        if good is None or good.end() < len(body):
            raise TornError("its base64 has other characters in it, or goes on behind =", found)
        self._is_over = self._is_over or body.endswith(b"=")
        return found


class Hex:
    """Hex digits into bytes."""

    def __init__(self) -> None:
        """Start before the text."""
        self._text = b""
        self._digit = b""

    def __call__(self, data: bytes) -> bytes:
        """Return the bytes of the next piece."""
        text = self._text + data
        cut = max(0, len(text) - _PREFIX) if data else len(text)
        cut -= text[cut : cut + 1] in (b"x", b"X")  # `0x` is one
        text, self._text = text[: max(0, cut)], text[max(0, cut) :]
        digits = self._digit + hex_digits(text)
        size = len(digits) // 2 * 2 if data else len(digits)
        digits, self._digit = digits[:size], digits[size:]
        good = _HEX.match(digits)
        found = binascii.unhexlify(good[0]) if good else b""
        if 2 * len(found) < len(digits):
            raise TornError("its hex has other characters in it", found)
        return found


class Dump:
    """The lines of a hex dump into bytes; `*` is for lines like the one before."""

    def __init__(self) -> None:
        """Start before the first line."""
        self._line = b""
        self._last = b""
        self._size = 0

    def __call__(self, data: bytes) -> bytes:
        """Return the bytes of the lines that end in the next piece."""
        *lines, self._line = (self._line + data).split(b"\n")
        if not data:
            lines.append(self._line)
        found: list[bytes] = []
        for line in lines:
            try:
                found.append(self._bytes_of(line))
            except ValueError as error:
                raise TornError(str(error), b"".join(found)) from None
        return b"".join(found)

    def _bytes_of(self, line: bytes) -> bytes:
        offset = re.match(rb"[0-9a-fA-F]{6,16}\b", line)
        if offset is None:
            return b""
        missing = int(offset[0], 16) - self._size
        if not 0 <= missing <= (_MOST_REPEATED if self._last else 0):
            raise ValueError("lines of its hex dump are missing")
        repeated = (self._last * (missing // max(1, len(self._last)) + 1))[:missing]
        match = DUMP_LINE.match(line)
        self._last = undumped(match) if match else b""
        self._size += missing + len(self._last)
        return repeated + self._last


class LineFeeds:
    """CR LF into LF, so many times."""

    def __init__(self, times: int = 1) -> None:
        """Undo it once, or `times`."""
        self._times = times
        self._rest = b""

    def __call__(self, data: bytes) -> bytes:
        """Return the next piece as it was."""
        text = self._rest + data
        end = text[-self._times :]
        held = len(end) - len(end.rstrip(b"\r")) if data else 0
        text, self._rest = text[: len(text) - held], text[len(text) - held :]
        for _ in range(self._times):
            text = text.replace(b"\r\n", b"\n")
        return text


class SingleBytes:
    """UTF-8 of single bytes, taken for Latin-1 or Windows-1252, into these bytes."""

    def __init__(self) -> None:
        """Start before the text."""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        high = bytes(range(0x80, 0xA0)).decode("cp1252", "replace")
        self._bytes = {ord(sign): 0x80 + i for i, sign in enumerate(high) if sign != "\ufffd"}

    def __call__(self, data: bytes) -> bytes:
        """Return the bytes of the next piece."""
        return self._decoder.decode(data, not data).translate(self._bytes).encode("latin-1")


class Mapped:
    """A source, piece by piece through a function; the last piece that it gets is empty."""

    def __init__(self, source: Source, step: Step) -> None:
        """Read `source` through `step`."""
        self._source = source
        self._step = step
        self._found = b""
        self._torn: TornError | None = None
        self._is_over = False

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end. Raises ValueError."""
        while not self._found and not self._is_over and self._torn is None:
            data = self._source.read(_PIECE)
            self._is_over = not data
            try:
                self._found = self._step(data)
            except TornError as torn:
                self._found, self._torn = torn.found, torn
        if not self._found and self._torn is not None:
            raise self._torn
        found, self._found = self._found[:size], self._found[size:]
        return found
