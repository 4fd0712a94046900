"""Times of records as numbers that can be compared, worked out once an hour of a log."""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from math import inf
from typing import Final

from xlogdecode.records import Loss, Record

__all__ = ["Instants", "timed"]

_HOUR: Final = 3_600_000
_BOUND: Final = 4096
"""Hours that are kept."""

Around = tuple[str, str]
"""The texts before and after the clock in ISO 8601 (`records.timestamps.Stamps`)."""


class Instants:
    """Milliseconds since 1970 of what a log shows as time."""

    def __init__(self, local: tzinfo | None) -> None:
        """Take the zone of times that have none; None is that of the machine."""
        self._local = local
        self._starts: dict[Around, int | None] = {}

    def start(self, around: Around) -> int | None:
        """Return when an hour begins; None where a change of summer time is within it."""
        if around not in self._starts:
            if len(self._starts) >= _BOUND:
                self._starts.clear()
            first, last = (self._parse(around, f":{rest}") for rest in ("00:00.000", "59:59.999"))
            self._starts[around] = first if last - first == _HOUR - 1 else None
        return self._starts[around]

    def at(self, around: Around, clock: str) -> int:
        """Return the time of `clock`, which is `:12:33.123` or `:12:33`."""
        start = self.start(around)
        if start is None:
            return self._parse(around, clock)
        seconds = 60 * int(clock[1:3]) + int(clock[4:6])
        return start + 1000 * seconds + int(clock[7:] or 0)

    def _parse(self, around: Around, clock: str) -> int:
        time = datetime.fromisoformat(f"{around[0]}{clock}{around[1]}")
        if time.tzinfo is None and self._local is not None:
            time = time.replace(tzinfo=self._local)
        return round(time.timestamp() * 1000)


def timed(
    items: Iterable[Record | Loss], local: tzinfo | None, at: float = -inf
) -> Iterator[tuple[float, Record | Loss]]:
    """Yield `items` with their times; what has none has that of the one before, or `at`."""
    time_of = Instants(local).at
    for item in items:
        if isinstance(item, Record):
            hour, clock, zone = item[2:5]
            if clock and (around := item[12].stamps[hour, zone]):
                at = time_of(around, clock)
        yield at, item
