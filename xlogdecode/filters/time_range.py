"""A stretch of time that is compared with times as they are logged."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from operator import ge, le

from xlogdecode.when import Bound

__all__ = ["Window"]

_WALL = len("2024-01-01T08:47:04.162")
_DAY = len("2024-01-01T")
_FIRST_YEAR, _LAST_YEAR = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

Holds = Callable[[str], bool]
"""A check of an ISO 8601 time, to the millisecond, against a bound."""


class Window:
    """The times between two bounds, both included.

    Times stay text: in one zone they sort as texts, so a bound is put into each zone once.
    A bound without a zone is compared with the wall-clock time that was logged. An instant is
    compared with a time whose zone is unknown as if that were of `local`, else the machine's.
    """

    def __init__(
        self, since: Bound | None, until: Bound | None, local: tzinfo | None = None
    ) -> None:
        self._local = local
        self.is_daily = not isinstance(since, datetime) and not isinstance(until, datetime)
        """It is the same on every day."""
        self._since, self._until = self._compare(since, ge), self._compare(until, le)
        self._wraps = isinstance(since, time) and isinstance(until, time) and since > until
        """From 22:00 until 06:00: one of the two is enough."""

    def __contains__(self, iso: str) -> bool:
        if self._wraps:
            return self._since(iso) or self._until(iso)
        return self._since(iso) and self._until(iso)

    def is_even(self, first: str, last: str) -> bool:
        """Tell whether all times between two of one zone are in the window, or none is."""
        return self._since(first) == self._since(last) and self._until(first) == self._until(last)

    def _compare(self, bound: Bound | None, holds: Callable[[str, str], bool]) -> Holds:
        """Return what compares a time with `bound`, by the part of it that the bound has."""
        if bound is None:
            return lambda _: True
        if isinstance(bound, datetime) and bound.tzinfo is not None:
            in_zone = self._in_zones(bound)
            return lambda iso: holds(iso[:_WALL], in_zone(iso[_WALL:]))
        text, start = _milliseconds(bound.isoformat()), _DAY if isinstance(bound, time) else 0
        return lambda iso: holds(iso[start:_WALL], text)

    def _in_zones(self, instant: datetime) -> Callable[[str], str]:
        known: dict[str, str] = {}

        def text(offset: str) -> str:
            if offset not in known:
                zone = _zone(offset) if offset else self._local
                known[offset] = _milliseconds(_moved(instant, zone).isoformat())
            return known[offset]

        return text


def _moved(instant: datetime, zone: tzinfo | None) -> datetime:
    """Return the wall-clock time in `zone`, else in the machine's, within the calendar's years."""
    margin = timedelta(days=2)
    within = min(max(instant, _FIRST_YEAR + margin), _LAST_YEAR - margin)
    return within.astimezone(zone).replace(tzinfo=None)


def _zone(offset: str) -> timezone:
    delta = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    return timezone(-delta if offset[0] == "-" else delta)


def _milliseconds(iso: str) -> str:
    """Return a wall-clock time, or a time of day, with exactly three digits after the second."""
    whole, _, fraction = iso.partition(".")
    return f"{whole}.{fraction[:3]:0<3}"
