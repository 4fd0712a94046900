"""Local days and hours, and the lines of an opening that carry a time."""

import os
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from xlogdecode.errors import UsageError
from xlogdecode.when import parse_zone

__all__ = ["Calendar", "Day", "closing_line", "end_of_mmap", "opening_lines", "zone_of"]

BEGIN_OF_MMAP: Final = b"~~~~~ begin of mmap ~~~~~\n"

_BUILD: Final = ("Nov 24 2026", "00:00:00")
"""Where Mars puts the date of its own build."""

_QUARTER: Final = 900
"""Seconds; no zone's hours begin anywhere but on a quarter of UTC's."""


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: its date, and its first moment and the next day's, in seconds since 1970."""

    date: date
    begins: float
    ends: float


class Calendar:
    """Turns seconds since 1970 into local time; `zone` None is the system's."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._hour = (-1, 0)

    def local(self, now: float) -> datetime:
        """Return `now` with its zone."""
        return datetime.fromtimestamp(now, UTC).astimezone(self._zone)

    def hour(self, now: float) -> int:
        """Return the local hour, 0-23, as a header holds it."""
        quarter, hour = self._hour
        if quarter != now // _QUARTER:
            hour = self.local(now).hour
            self._hour = int(now // _QUARTER), hour
        return hour

    def day(self, now: float) -> Day:
        """Return the day of `now`."""
        today = self.local(now).date()
        return Day(today, self._midnight(today), self._midnight(today + timedelta(days=1)))

    def _midnight(self, day: date) -> float:
        return datetime.combine(day, time.min, self._zone).timestamp()


def zone_of(zone: tzinfo | str | None) -> tzinfo | None:
    """Return `zone`, or the one that a text names; None, the system's, stays. Raises UsageError."""
    if isinstance(zone, str):
        return parse_zone(zone)
    if zone is None or isinstance(zone, tzinfo):
        return zone
    raise UsageError(f"{zone!r} is not a time zone; write 'Asia/Shanghai', or give a tzinfo")


def opening_lines(now: datetime, mode: int) -> tuple[bytes, ...]:
    """Return the lines that open a session; `mode` is 0 for async, 1 for sync."""
    day, clock = _BUILD
    banner = f"{'^' * 10}{day}{'^' * 3}{clock}{'^' * 10}{_who_and_when(now)}\n"
    return banner.encode(), f"log appender mode:{mode}, use mmap:{1 - mode}\n".encode()


def closing_line(now: datetime) -> bytes:
    """Return the line that says that a session was closed normally."""
    day, clock = _BUILD
    return f"{'$' * 10}{day}{'$' * 3}{clock}{'$' * 10}{_who_and_when(now)}\n".encode()


def end_of_mmap(now: datetime) -> bytes:
    """Return the line after the records saved from a crash buffer; BEGIN_OF_MMAP is before them."""
    return f"~~~~~ end of mmap ~~~~~{_who_and_when(now)}\n".encode()


def _who_and_when(now: datetime) -> str:
    return f"[{os.getpid()},{threading.get_native_id()}][{now:%Y-%m-%d %z %H:%M:%S}]"
