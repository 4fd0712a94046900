"""The first and the last time that stands in a text, told from bytes as they go by."""

import re

from xlogdecode.codecs import Buffer

__all__ = ["Stamps"]

_STAMP = re.compile(
    rb"^(?:\[[VDIWEF]\]\[|TIM: )?"
    rb"(?P<date>\d{4}-\d\d-\d\d|\d\d-\d\d)(?: [+-][\d.]+)?[ /](?P<time>\d\d:\d\d:\d\d\.\d{3})",
    re.MULTILINE,
)
"""How records of every layout open: Mars, IM SDK, LiteAV (which has no year)."""

_TAIL = 64 << 10
"""Bytes at the end of the text among which the last record opens; lines have 16 KiB at most."""


class Stamps:
    """Takes text, and keeps only its first and last time."""

    def __init__(self) -> None:
        """Start with no text."""
        self.first: str | None = None
        self._tail = b""

    def write(self, data: Buffer, /) -> None:
        """Look at `data`."""
        if self.first is None:
            self.first = _stamp(_STAMP.search(self._tail + bytes(data[:_TAIL])))
        self._tail = (self._tail + bytes(data[-_TAIL:]))[-_TAIL:]

    @property
    def last(self) -> str | None:
        """The time of the last record; times are device-local, and as logged."""
        last = None
        for last in _STAMP.finditer(self._tail):  # noqa: B007 - the last one is wanted
            pass
        return _stamp(last) or self.first


def _stamp(match: re.Match[bytes] | None) -> str | None:
    return None if match is None else f"{match['date'].decode()} {match['time'].decode()}"
