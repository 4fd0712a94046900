"""What stands between the text and a viewer that cannot take it as it is."""

import codecs
import re

from xlogdecode.types import Buffer, Sink

__all__ = ["Escaped", "Utf8"]

_HOSTILE = rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]"
"""Control characters but newline and tab, the C1 set in UTF-8 among them."""


class Escaped:
    """Shows control characters as `\\x1b`: a log may hold what a terminal would obey."""

    def __init__(self, sink: Sink) -> None:
        """Write to `sink`."""
        self._sink = sink

    def write(self, data: Buffer, /) -> None:
        """Write `data`, escaped."""
        self._sink.write(re.sub(_HOSTILE, _escape, data))


def _escape(match: re.Match[bytes]) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in match[0])


class Utf8:
    """Replaces what is no UTF-8."""

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
