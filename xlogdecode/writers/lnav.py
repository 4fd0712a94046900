"""The formats by which lnav reads decoded text, made from the rows of `line_layouts`."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from xlogdecode.line_layouts import (
    CLOCK,
    DATE,
    DAY,
    HOUR,
    PID,
    RECORD_ROWS,
    SECONDS,
    ZONE,
    RecordRow,
)

__all__ = ["lnav_formats"]

_LEVELS: Final = {
    "trace": "V",
    "debug": "D",
    "info": "I",
    "warning": "W",
    "error": "E",
    "fatal": "F",
}
_VALUES: Final[dict[str, dict[str, Any]]] = {
    **{name: {"kind": "string", "identifier": True} for name in ("pid", "tid", "tag", "file")},
    "line": {"kind": "integer", "foreign-key": True},
    "function": {"kind": "string", "identifier": True},
    "main": {"kind": "string"},
}
_ZONES: Final = (
    "+8.0", "+8.8", "+7.0", "+9.0", "+6.5", "+9.5", "+6.0", "+10.0", "+5.8", "+5.5", "+10.5",
    "+5.0", "+11.0", "+4.5", "+4.0", "+12.0", "+3.5", "+12.8", "+3.0", "+13.0", "+2.0", "+14.0",
    "+1.0", "+0.0", "-1.0", "-2.0", "-2.5", "-3.0", "-3.5", "-4.0", "-5.0", "-6.0", "-7.0", "-8.0",
    "-9.0", "-9.5", "-10.0", "-11.0", "-12.0",
)  # fmt: skip
"""The zones that are in use: lnav has no sign for a zone in hours, so each is a format."""

_TIME_PARTS: Final = (
    (DATE, "%Y-%m-%d"),
    (DAY, "%m-%d"),
    (SECONDS, ":%M:%S"),
    (r"\.[0-9][0-9][0-9]", ".%L"),
    (HOUR, "%H"),
)


def lnav_formats() -> str:
    """Return the file of formats, in JSON: one format a table, with the layouts that it holds."""
    tables = groupby(sorted(RECORD_ROWS, key=attrgetter("table")), key=attrgetter("table"))
    formats = {table: _format(list(rows)) for table, rows in tables}
    schema = {"$schema": "https://lnav.org/schemas/format-v1.schema.json"}
    return json.dumps(schema | formats, indent=2) + "\n"


def _format(rows: list[RecordRow]) -> dict[str, Any]:
    title = rows[0].title
    patterns = {name: pattern for row in rows for name, pattern in _patterns(row)}
    groups = {name for each in patterns.values() for name in re.findall(r"\(\?<(\w+)>", each)}
    times = (time for row in rows for time in _times(_time_of(row)))
    return {
        "title": title,
        "description": f"Log lines of {title}; decode .xlog files with xlogdecode.",
        "regex": {name: {"pattern": pattern} for name, pattern in patterns.items()},
        "timestamp-format": [*dict.fromkeys(times)],
        "level-field": "level",
        "level": _LEVELS,
        **({"opid-field": "tid"} if "tid" in groups else {}),
        "value": {name: value for name, value in _VALUES.items() if name in groups},
        "sample": [{"line": sample} for row in rows for sample in row.samples],
    }


def _patterns(row: RecordRow) -> Iterator[tuple[str, str]]:
    """Yield a pattern, and its name, for each form of each tail of `row`."""
    number = 0
    for shared, *forms in row.tails:
        for form in forms or [""]:
            number += 1
            pattern = _for_lnav(row, f"{row.fields}{shared}{form}")
            yield row.name if number == 1 else f"{row.name}-form-{number}", pattern


def _for_lnav(row: RecordRow, pattern: str) -> str:
    """Return `pattern` with the groups that lnav knows by name."""
    time, zone = _time_of(row), f"(?P<zone>{ZONE})"
    hour = time.removesuffix(ZONE) if zone in pattern else time
    hour = hour.removesuffix(f"{SECONDS}\\.[0-9][0-9][0-9]")
    for now in (f"(?P<hour>{hour}){CLOCK}{zone}", f"(?P<hour>{hour}){CLOCK}"):
        pattern = pattern.replace(now, f"(?P<timestamp>{time})")
    who = re.search(r"\(\?P<who>(.*?)\)", pattern)
    if who:
        first, *rest = who[1].split(PID)
        names = ("pid", "tid")[-len(rest) :]
        named = (f"(?P<{name}>{PID}){after}" for name, after in zip(names, rest, strict=True))
        replaced = (first + "".join(named)).replace(r"\*?", r"(?P<main>\*?)")
        pattern = pattern.replace(who[0], replaced)
    pattern = pattern.replace("(?P<at>", "(?P<line>").replace("(?P<", "(?<")
    return f"^{pattern}(?<body>.*)$"


def _time_of(row: RecordRow) -> str:
    """Return the pattern of a time, without groups."""
    found = re.search(rf"\(\?P<hour>(.*?)\){re.escape(CLOCK)}", row.fields)
    if not found:
        raise ValueError(f"{row.name}: the clock must follow the hour")
    zone = ZONE if f"{found[0]}(?P<zone>{ZONE})" in row.fields else ""
    return rf"{found[1]}{SECONDS}\.[0-9][0-9][0-9]{zone}"


def _times(pattern: str) -> Iterable[str]:
    """Return the formats of the times that `pattern` matches, in the signs of lnav."""
    if ZONE in pattern:
        tenths = (re.sub(r"\.|(?<=[+-])0\.", "", zone) for zone in _ZONES)  # as Mars 1.2.5 does
        zones = [each for pair in zip(_ZONES, tenths, strict=True) for each in pair]
    else:
        zones = [""]
    for zone in zones:
        time = pattern.replace(ZONE, zone)
        for now, sign in _TIME_PARTS:
            time = time.replace(now, sign)
        yield time
