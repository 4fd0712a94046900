"""A summary as tables to read, as wide as a terminal, or 80 columns."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from xlogdecode.outputs.colour import painted
from xlogdecode.outputs.sanitize import shown
from xlogdecode.outputs.table import Cell, Look, as_table, shortened, width_of
from xlogdecode.summary.codes import LITEAV, code_info
from xlogdecode.summary.collect import SessionStory, Summary
from xlogdecode.summary.sightings import Sightings
from xlogdecode.summary.to_dict import codes_by_count, layouts_of

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["as_text", "wrapped"]

_LEVELS: Final = "VDIWEF"
_WIDTH: Final = 80
"""Cells of a line of text where nobody looks; tables have all that is in them there."""

_BAR: Final = 24
"""Characters of the longest bar."""

_VALUES: Final = 4
"""Values of a detail that are shown."""

_MANY: Final = 20
"""Sessions up to which each has a row; of more, each day of a device has one."""

_MOST_ROWS: Final = 80
"""Rows of a table that a person reads; where there are more, each is of a longer time."""

_PERIODS: Final = {13: "HOUR", 10: "DAY", 7: "MONTH", 4: "YEAR"}
"""Characters of a time that tell its hour, and so on."""

_SHOWN_BEFORE: Final = frozenset(
    {"sdk_app_id", "sdk_version", "platform", "device_type", "system_version", "user", "network"}
)
"""Details that the lines below the sessions show."""


def as_text(
    summary: Summary,
    *,
    bar: str = "\u2587",
    language: str = "en",
    every_session: bool = False,
    look: Look | None = None,
) -> str:
    """Return the summary as tables; `bar` is the character of the bars.

    With `every_session` each session has a row, however many there are.
    """
    look = look or Look()
    is_long = len(summary.sessions) > _MANY and not every_session
    parts = [
        _days(summary, look) if is_long else _sessions(summary, look),
        _who(summary, look),
        _hours(summary, bar, look),
        _events(summary, look),
        _codes(summary, language, look),
        _error_places(summary, look),
    ]
    return "\n".join([part for part in parts if part] + [_losses(summary, look)])


def _sessions(summary: Summary, look: Look) -> str:
    rows: list[Sequence[str | Cell]] = [("SESSION", "BEGAN", "RECORDS", "ENDED")]
    names = _names(summary)
    for story in summary.sessions:
        session = story.session
        number = "before" if session.number is None else str(session.number)
        name = f"{shortened(shown(names[session.source]), 40)} {number}"
        ended = Cell(session.ended, "ok" if session.closed_in_order else "cut")
        row = (_began(story), str(session.records), ended)
        rows.append((name if len(names) > 1 else number, *row))
    if len(rows) == 1:
        return ""
    table = as_table(rows, right={2})
    if max(map(width_of, table.splitlines())) <= (look.width or _WIDTH):
        return as_table(rows, right={2}, look=look)
    ends = [[story.session.ended] for story in summary.sessions]
    return _with_lines_below([row[:3] for row in rows], ends, {2}, look)


def _names(summary: Summary) -> dict[str, str]:
    """Return the sources by the shortest names that tell them apart."""
    sources = dict.fromkeys(story.session.source for story in summary.sessions)
    short = {source: re.split(r"[/\\\\]", source)[-1] for source in sources}
    return short if len(set(short.values())) == len(sources) else {name: name for name in sources}


def _days(summary: Summary, look: Look) -> str:
    for length in (10, 7, 4):
        rows = _by_device(summary.sessions, length)
        if len(rows) <= _MOST_ROWS:
            break
    names = ("sessions", "records", "errors", "recovered")
    table: list[Sequence[str]] = [(_PERIODS[length], *map(str.upper, names), "DEVICE")]
    most = sorted(rows, key=lambda row: rows[row]["errors"], reverse=True)[:_MOST_ROWS]
    for period, device in sorted(most):
        table.append((period, *(str(rows[period, device][name]) for name in names), device))
    if len(most) < len(rows):
        rest = sum((rows[row] for row in rows.keys() - set(most)), Counter())
        counts = (str(rest[name]) for name in names)
        table.append(("more", *counts, f"{len(rows) - len(most)} more, with fewer errors"))
    return as_table(table, right={1, 2, 3, 4}, look=look)


def _by_device(stories: Iterable[SessionStory], length: int) -> dict[tuple[str, str], Counter[str]]:
    """Return what to count of each device in each time, of so many characters."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for story in stories:
        counts = rows.setdefault((_began(story)[:length], _device(story)), Counter())
        counts["sessions"] += 1
        counts["records"] += story.session.records
        counts["errors"] += story.errors
        counts["recovered"] += bool(story.session.recovered)
    return rows


def _device(story: SessionStory) -> str:
    session = story.session
    system = " ".join(filter(None, [session.platform, session.system_version]))
    return ", ".join(filter(None, [session.device_type, system])) or "-"


def _who(summary: Summary, look: Look) -> str:
    """Return who and where it was: one line each."""
    stories = summary.sessions
    lists: dict[str, Iterable[str | None]] = {
        "app": (story.session.sdk_app_id for story in stories),
        "SDK": (story.session.sdk_version for story in stories),
        "Mars": (story.session.mars.get("MARS_PATH") for story in stories),
        "device": (_device(story).strip("-") for story in stories),
        "users": (user for story in stories for user in story.users),
        "networks": (network for story in stories for network in story.networks),
        "layout": layouts_of(summary),
    }
    found = (
        (name, [each for each in dict.fromkeys(values) if each]) for name, values in lists.items()
    )
    lines = (f"{name}: {_some(values)}" for name, values in found if values)
    return "".join(wrapped(line, width=look.width) for line in lines)


def _some(values: list[str]) -> str:
    more = len(values) - 2 * _VALUES
    return ", ".join(values[: 2 * _VALUES]) + (f" and {more} more" if more > 0 else "")


def _hours(summary: Summary, bar: str, look: Look) -> str:
    if not summary.hours:
        return ""
    levels_shown = [level for level in (*_LEVELS, "") if summary.levels[level]]
    for length in _PERIODS:
        hours: dict[str, Counter[str]] = {}
        for hour, levels in summary.hours.items():
            hours.setdefault(hour[:length], Counter()).update(levels)
        if len(hours) <= _MOST_ROWS:
            break
    most = max(levels.total() for levels in hours.values())
    rows = [(_PERIODS[length], *(x or "none" for x in levels_shown), "")]
    for hour, levels in sorted(hours.items()):
        length = -(-levels.total() * _BAR // most)
        counts = (str(levels[level]) for level in levels_shown)
        rows.append((hour.replace("T", " ") or "-", *counts, bar * length))
    if len(rows) > 2:
        rows.append(("all", *(str(summary.levels[level]) for level in levels_shown), ""))
    return as_table(rows, right=set(range(1, len(levels_shown) + 1)), look=look)


def _events(summary: Summary, look: Look) -> str:
    found = [(name, seen) for name in summary.table.rules if (seen := summary.events.get(name))]
    rows: list[Sequence[str]] = [("EVENT", "COUNT", "FIRST", "LAST")]
    rows += [(name, str(seen.count), *_times(seen)) for name, seen in found]
    below = [_details(summary, seen) for _, seen in found]
    return _with_lines_below(rows, below, {1}, look) if found else ""


def _details(summary: Summary, seen: Sightings) -> list[str]:
    """Return the lines below an event."""
    names = [name for name in seen.details if name not in _SHOWN_BEFORE]
    parts = [f"{name}: {_top(seen, name)}" for name in names]
    if _are_several(summary):
        parts.append(f"in: {_sources(seen)}")
    return parts


def _codes(summary: Summary, language: str, look: Look) -> str:
    found = codes_by_count(summary.codes)
    rows: list[Sequence[str]] = [("ERROR CODE", "COUNT", "FIRST", "LAST")]
    rows += [(str(code), str(seen.count), *_times(seen)) for _, code, seen in found]
    below = []
    for series, code, seen in found:
        info = code_info(code, language) if series != LITEAV else None
        lines = (
            [f"{info.meaning} ({info.series})"] if info else [f"series: {series}"] * bool(series)
        )
        if info is None and "words" in seen.details:
            lines.append(f"the log says: {_top(seen, 'words')}")
        if "where" in seen.details:
            lines.append(f"where: {_top(seen, 'where')}")
        if info is not None:
            lines.append(f"next: {info.advice}")
        if _are_several(summary):
            lines.append(f"in: {_sources(seen)}")
        below.append(lines)
    return _with_lines_below(rows, below, {0, 1}, look) if found else ""


def _error_places(summary: Summary, look: Look) -> str:
    rows = [("FUNCTION", "ERRORS")]
    rows += [(place, str(n)) for place, n in summary.error_places.most_common(2 * _VALUES)]
    return as_table(rows, right={1}, look=look) if len(rows) > 1 else ""


def _with_lines_below(
    rows: Sequence[Sequence[str | Cell]], below: list[list[str]], right: set[int], look: Look
) -> str:
    """Return a table, some of whose rows have lines of text below them."""
    head, *lines = as_table(rows, right=right, look=look).splitlines(keepends=True)
    parts = [head]
    for line, texts in zip(lines, below, strict=True):
        parts += [line, *(wrapped(text, "    ", look.width) for text in texts)]
    return "".join(parts)


def wrapped(text: str, indent: str = "", width: int | None = _WIDTH) -> str:
    """Return `text` as indented lines of at most `width` cells; those after the first go deeper."""
    width = max(width or _WIDTH, len(indent) + 8)
    lines, line = [], indent
    for word in shown(text).split(" "):
        longer = f"{line} {word}" if line.strip() else line + word
        if line.strip() and width_of(longer) > width:
            lines.append(line)
            longer = f"{indent}  {word}"
        while width_of(longer) > width:  # a word without blanks, such as Chinese text
            cut = next(n for n in range(len(longer), 0, -1) if width_of(longer[:n]) <= width)
            lines.append(longer[:cut])
            longer = f"{indent}  {longer[cut:]}"
        line = longer
    return "".join(f"{each}\n" for each in [*lines, line])


def _sources(seen: Sightings) -> str:
    first, *others = seen.sources
    return f"{len(seen.sources)} logs" if others else first


def _top(seen: Sightings, name: str) -> str:
    """Return the most frequent values of a detail, with counts where there are several."""
    values = seen.details[name]
    if len(values) == 1:
        return next(iter(values))
    if name == "cost":
        return _span(values)
    top = [f"{value} ({n})" for value, n in values.most_common(_VALUES)]
    return ", ".join(top) + (", ..." if len(values) > _VALUES else "")


def _span(values: Iterable[str]) -> str:
    """Return the range of costs such as `12ms`."""
    times = sorted(int(digits) for v in values if (digits := v.rstrip("ms ")).isdecimal())
    return f"{times[0]} to {times[-1]} ms" if times else ""


def _are_several(summary: Summary) -> bool:
    return len({story.session.source for story in summary.sessions}) > 1


def _losses(summary: Summary, look: Look) -> str:
    total = summary.losses.total()
    reasons = ", ".join(f"{reason}: {n}" for reason, n in summary.losses.most_common())
    found = f"{total:,}, {summary.lost_bytes:,} bytes ({reasons})" if total else "none"
    text = wrapped(f"losses: {found}", width=look.width)
    if look.colours:
        head, blank, rest = text.removesuffix("\n").partition(" ")
        text = f"{head}{blank}{painted(rest, 'damaged' if total else 'ok')}\n"
    lines = [text.removesuffix("\n")]
    if summary.missing:
        places = "1 place" if summary.missing == 1 else f"{summary.missing:,} places"
        lines.append(f"blocks are missing in {places} (by sequence number)")
    if summary.dropped:
        lines.append(f"lines dropped by the writer, its buffer was full: {summary.dropped} times")
    if summary.clock_jumps:
        lines.append(f"jumps of the device's clock: {summary.clock_jumps}")
    return "\n".join(lines) + "\n"


def _began(story: SessionStory) -> str:
    first = story.session.first
    time: datetime | None = story.session.opened or (first.time if first else None)
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else "-"


def _times(seen: Sightings) -> Iterator[str]:
    for iso in (seen.first, seen.last):
        yield iso[:19].replace("T", " ") if iso else "-"
