"""The times of log lines: zones as Mars writes them, days without a year."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Final, NamedTuple

from xlogdecode.when import zone_minutes

__all__ = ["Stamp", "Stamps", "date_in_name", "on_any_day", "stamp_of", "zone_of_hour"]

_HOUR: Final = re.compile(r"(?P<day>[0-9-]+)(?:[ /](?P<zone>\S+))?[ /T](?P<hour>[0-9]{2})")


def date_in_name(name: str) -> date | None:
    """Return the date of a log's file name, `..._YYYYMMDD...`, or None.

    `name` may be a path, also one in an archive: the last part of it that has a date counts.
    """
    for part in reversed(re.split(r"[/\\]|: ", name)):
        for digits in re.findall(r"(?<![0-9])(20[0-9]{6})(?![0-9])", part):
            if known := _date_or_none(digits):
                return known
    return None


class Stamp(NamedTuple):
    """A time as the records of the table have it: `2024-01-01T09`, `:12:33.123`, `+0800`."""

    hour: str
    clock: str
    zone: str | None = None


class Stamps(dict[tuple[str, str | None], tuple[str, str] | None]):
    """(hour, zone) as logged -> the texts before and after the clock in ISO 8601.

    None where the calendar has no such hour. A cache: a log has few hours. `zone` is for times
    that have none, `near` gives a day without a year the year that puts it nearest.
    """

    _BOUND: Final = 4096

    def __init__(self, zone: tzinfo | None = None, near: date | None = None) -> None:
        super().__init__()
        self.zone = zone
        self.near = near

    def after_banner(self, hour: str) -> "Stamps":
        """Return the stamps of the session whose banner says `hour`."""
        found = _HOUR.fullmatch(hour)
        day = _date_or_none(found and found["day"])
        return Stamps(zone_of_hour(hour) or self.zone, day or self.near)

    def of_all(
        self, hours: Iterable[str | None], zones: Iterable[str | None]
    ) -> list[tuple[str, str] | None]:
        """Return the texts around each of many clocks."""
        keys = [(hour or "", zone) for hour, zone in zip(hours, zones, strict=True)]
        if len({*keys}) == 1:
            return [self[keys[0]]] * len(keys)
        return [self[key] for key in keys]

    def __missing__(self, key: tuple[str, str | None]) -> tuple[str, str] | None:
        if len(self) >= self._BOUND:
            self.clear()
        self[key] = around = self._around(*key)
        return around

    def _around(self, stamp: str, zone: str | None) -> tuple[str, str] | None:
        found = _HOUR.fullmatch(stamp)
        day = found and self._with_year(found["day"])
        if not found or not day or found["hour"] > "23":
            return None
        known = _fixed_zone(found["zone"] or zone) or self.zone
        start = datetime(day.year, day.month, day.day, int(found["hour"]), tzinfo=known)
        text = start.isoformat()
        return text[:13], text[19:]

    def _with_year(self, day: str) -> date | None:
        near = self.near
        if len(day) == 10 or near is None:
            return _date_or_none(day)
        years = (near.year, near.year - 1, near.year + 1)
        days = [known for year in years if (known := _date_or_none(f"{year}-{day}"))]
        return min(days, key=lambda known: abs(known - near), default=None)


def stamp_of(time: datetime, part: str = "", *, has_year: bool = True) -> Stamp:
    """Return a time as the records of the table have it; `part` are its milliseconds."""
    day = f"{time.year:04}-{time.month:02}-{time.day:02}"[0 if has_year else 5 :]
    clock = f":{time.minute:02}:{time.second:02}.{part or f'{time.microsecond // 1000:03}'}"
    offset = time.utcoffset()
    if offset is None:
        return Stamp(f"{day}T{time.hour:02}", clock)
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return Stamp(f"{day}T{time.hour:02}", clock, f"{sign}{hours:02}{rest:02}")


def zone_of_hour(hour: str) -> timezone | None:
    """Return the zone that a banner's or a Mars record's hour names, if it names one."""
    found = _HOUR.fullmatch(hour)
    return _fixed_zone(found and found["zone"])


def on_any_day(hour: str) -> tuple[str, str]:
    """Return the texts around the clock of a day without a year, which no calendar has."""
    return f"0000-00-00T{hour[-2:]}", ""


def _fixed_zone(text: str | None) -> timezone | None:
    minutes = None if text is None else zone_minutes(text)
    return None if minutes is None else timezone(timedelta(minutes=minutes))


def _date_or_none(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
