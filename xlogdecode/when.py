"""Ages, sizes and times as people write them."""

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo

from xlogdecode.errors import UsageError

__all__ = ["Bound", "parse_age", "parse_bound", "parse_size", "parse_zone", "zone_minutes"]

Bound = datetime | time
"""A bound of a stretch of time. Aware: an instant. Naive: wall-clock time as logged. A `time`:
that time on every day of the log."""

_LOGGED_ZONE = (
    r"[+-](?:[0-9]{1,2}\.[0-9]{1,2}|[0-9]{4})|(?:\+-|[+-])(?:1[5-9]|[2-9][0-9]|1[0-9]{2})|0"
)
"""Not `+08`, `+10` and their like: a person means hours, Mars 1.2.5 tenths of them."""

_LOGGED = re.compile(rf"([0-9-]{{10}}) ({_LOGGED_ZONE}) ([0-9:.]+)")
_OFFSET = re.compile(
    r"UTC|GMT|Z|(?:(?:UTC|GMT) ?)?(?P<sign>[+-]) ?(?P<hours>[0-9]{1,2})"
    r"(?::?(?P<minutes>[0-9]{2})|\.(?P<part>[0-9]{1,2}))?",
    re.IGNORECASE,
)
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_AGE_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_SIZE_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse_age(text: str) -> timedelta:
    """Return the age that `text` states: a whole number and one of `s m h d w`, as in `7d`.

    Raises UsageError for anything else, a number without a unit included.
    """
    match = re.fullmatch(r"([0-9]{1,9})([smhdw])", text.strip())
    if not match:
        if re.fullmatch(r"[0-9]{1,9}", text.strip()):
            raise UsageError(f"{text!r} has no unit; write 3d or 36h")
        raise UsageError(f"{text!r} is not an age; write a whole number and a unit: 3d or 36h")
    try:
        return timedelta(seconds=int(match[1]) * _AGE_UNITS[match[2]])
    except OverflowError:
        raise UsageError(f"{text!r} is longer than any calendar; write a smaller age") from None


def parse_size(text: str) -> int:
    """Return the bytes that `text` states: a whole number, and `K M G T` for powers of 1024.

    Raises UsageError for anything else.
    """
    match = re.fullmatch(r"([0-9]{1,15})([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not match:
        raise UsageError(f"{text!r} is not a size; write a whole number of bytes, or 500M or 2G")
    return int(match[1]) * _SIZE_UNITS[match[2].upper()]


def parse_bound(text: str, now: datetime, *, upper: bool = False) -> Bound:
    """Return the bound that `text` states; `now` is aware. As an `upper` one, a day is its end.

    ISO 8601 (`2024-01-01`, `2024-01-01T10:00`, `2024-01-01 10:00:00+08:00`); `now`; an age before
    now (`-2h`); `today`, `yesterday`, `tomorrow`, alone or with a time (`yesterday 14:00`); a time
    (`10:00`), which holds for each day of the log; a time as Mars logs it (`2024-01-01 +8.0
    09:12:33.123`). Raises UsageError for anything else.
    """
    alone = time.max if upper else time.min
    plain = _as_iso(text.strip())
    words = plain.lower().split()
    if words == ["now"]:
        return now
    if len(words) == 1 and words[0].startswith("-"):
        try:
            return now - parse_age(words[0][1:])
        except OverflowError:
            raise UsageError(f"{text!r} is before any calendar; write a smaller age") from None
    try:
        if words and words[0] in _DAYS:
            day = now.replace(tzinfo=None) + timedelta(days=_DAYS[words[0]])
            at = time.fromisoformat(" ".join(words[1:])) if words[1:] else alone
            return datetime.combine(day, at)
        if re.fullmatch(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?", plain):
            return time.fromisoformat(plain)
        if re.fullmatch(r"[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}", plain):
            return datetime.combine(date.fromisoformat(plain), alone)
        return datetime.fromisoformat(plain.upper())
    except ValueError:
        raise UsageError(
            f"{text!r} is not a time; examples: 2024-01-01T10:00, '2024-01-01 10:00+08:00', "
            "10:00, today, 'yesterday 14:00', -2h, 2024-01-01 +8.0 10:00:00.000 as Mars logs it"
        ) from None


def _as_iso(text: str) -> str:
    """Return `text` with two digits for each hour, and a zone that Mars logs where ISO has it."""
    text = re.sub("(?<![0-9:])([0-9]:[0-9]{2})", r"0\1", text)
    logged = _LOGGED.fullmatch(text)
    minutes = zone_minutes(logged[2]) if logged else None
    if logged is None or minutes is None:
        return text
    hours, rest = divmod(abs(minutes), 60)
    return f"{logged[1]}T{logged[3]}{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def parse_zone(text: str) -> tzinfo:
    """Return the zone that `text` names: `+8`, `+0800`, `UTC+8`, `GMT+08:00`, `Z`, `Asia/Shanghai`.

    A sign means east of UTC if it is a plus, as in ISO 8601. Raises UsageError for anything else.
    """
    written = text.strip()
    offset = _OFFSET.fullmatch(written)
    zone = _zone_of(offset) if offset else _named_zone(written)
    if zone is None:
        raise UsageError(
            f"{text!r} is not a time zone; examples: +8, +08:00, -0330, UTC, UTC+8, GMT+08:00, "
            "Asia/Shanghai"
        )
    return zone


def _zone_of(offset: re.Match[str]) -> timezone | None:
    """Return the zone of an offset, or None if a day has not so many hours."""
    hours, minutes = int(offset["hours"] or 0), int(offset["minutes"] or 0)
    if offset["part"]:
        minutes = round(float(f"0.{offset['part']}") * 60)
    if hours > 23 or minutes > 59:
        return None
    delta = timedelta(hours=hours, minutes=minutes)
    return timezone(-delta if offset["sign"] == "-" else delta)


def _named_zone(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo  # only --tz needs it

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # an odd name, a folder's, an unknown one
        return None


def zone_minutes(text: str) -> int | None:
    """Return the minutes east of UTC that `text` states, or None where that is not a zone.

    `+8.0` and `+5.8` (5:45, rounded by the writer) are hours, `+80` and `+57` are Mars 1.2.5's way
    to write +8.0 and 5:45; there `+-50` is west, and `0` UTC. `+0800` is a banner's. Every zone
    is on a quarter of an hour.
    """
    digits = text.lstrip("+-")
    if "." in digits:
        minutes = round(float(digits) * 4) * 15
    elif len(digits) == 4:
        minutes = int(digits[:2]) * 60 + int(digits[2:])
    elif len(digits) == 1:
        minutes = int(digits) * 60
    else:
        minutes = round(int(digits) * 6 / 15) * 15
    if minutes >= 24 * 60:
        return None
    return -minutes if "-" in text else minutes
