"""A summary as tables to read, as wide as a terminal, or 80 columns."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from xlogdecode.chinese import in_chinese
from xlogdecode.outputs.colour import painted
from xlogdecode.outputs.sanitize import shown
from xlogdecode.outputs.table import Cell, Look, as_table, shortened, width_of
from xlogdecode.summary.codes import LITEAV, code_info
from xlogdecode.summary.collect import SessionStory, Summary
from xlogdecode.summary.sightings import Sightings
from xlogdecode.summary.to_dict import codes_by_count, layouts_of
from xlogdecode.summary.view import SummaryView

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["as_text", "names_of", "wrapped"]

_LEVELS: Final = "VDIWEF"
_LEAST_LEVELS: Final = "VDI"
"""The levels that a narrow terminal has no room for, the first of them first."""
_WIDTH: Final = 80
"""Cells of a line of text where nobody looks; tables have all that is in them there."""

_BAR: Final = 24
"""Characters of the longest bar."""

_SHORTEST_BAR: Final = 4
"""Characters without which bars say nothing."""

_VALUES: Final = 4
"""Values of a detail that are shown."""

_MANY: Final = 20
"""Sessions up to which each has a row; of more, each day of a device has one."""

_MOST_ROWS: Final = 80
"""Rows of a table that a person reads; where there are more, each is of a longer time."""

_PERIODS: Final = {13: "HOUR", 10: "DAY", 7: "MONTH", 4: "YEAR"}
"""Characters of a time that tell its hour, and so on."""

_WORDS: Final = re.compile(
    "( *)([^ \u1100-\U0010ffff]+|[^ ](?:\u200d.|[\uff0c\u3002\uff1b\uff1a\u3001\uff09\ufe0f])*)"
)
"""The words of a line, with the blanks before each. Each Chinese sign is one, with the punctuation
behind it, which never begins a line.
"""

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

    The language is `en` or `zh`. With `every_session` each session has a row, however many there
    are.
    """
    view = SummaryView(look or Look(), language, bar)
    is_long = len(summary.sessions) > _MANY and not every_session
    parts = [
        (_days if is_long else _sessions)(summary, view),
        *(part(summary, view) for part in (_who, _hours, _events, _codes, _error_places)),
    ]
    if not any(parts):
        parts = [f"{view.say('no records')}\n"]
    return "\n".join([part for part in parts if part] + [_losses(summary, view)])


def _sessions(summary: Summary, view: SummaryView) -> str:
    if not summary.sessions:
        return ""
    rows: list[Sequence[str | Cell]] = [_head(view, "SESSION", "BEGAN", "RECORDS", "ENDED")]
    below = []
    names = names_of(summary)
    for story in summary.sessions:
        session = story.session
        number = view.say("before") if session.number is None else str(session.number)
        name = f"{shortened(shown(names[session.source]), 40)} {number}"
        ended = Cell(view.say(session.ended), "ok" if session.closed_in_order else "cut")
        row = (_began(story), str(session.records), ended)
        rows.append((name if len(names) > 1 else number, *row))
        below.append(_last_error(story, view))
    if max(map(width_of, as_table(rows, right={2}).splitlines())) > (view.look.width or _WIDTH):
        ends = [view.say(story.session.ended) for story in summary.sessions]
        below = [[end, *lines] for end, lines in zip(ends, below, strict=True)]
        rows = [row[:3] for row in rows]
    return _with_lines_below(rows, below, view, right={2}, spare=[2] if view.is_narrow else [])


def _last_error(story: SessionStory, view: SummaryView) -> list[str]:
    """Return a line on the last error of a session, if it has one."""
    if not story.last_error:
        return []
    last = story.session.last_error
    if last is None or last.iso is None:
        return [view.say("last error: {}", story.last_error)]
    return [view.say("last error ({}): {}", _clock(last.iso), story.last_error)]


def names_of(summary: Summary) -> dict[str, str]:
    """Return the sources by their last names, or without the folders that all of them are in."""
    sources = dict.fromkeys(story.session.source for story in summary.sessions)
    paths = {source: re.split(r"[/\\]", source) for source in sources}
    if len({parts[-1] for parts in paths.values()}) == len(sources):
        return {source: parts[-1] for source, parts in paths.items()}
    alike = 0
    while len({tuple(parts[: alike + 1]) for parts in paths.values()}) == 1:
        alike += 1
    return {source: "/".join(parts[alike:]) for source, parts in paths.items()}


def _days(summary: Summary, view: SummaryView) -> str:
    for length in (10, 7, 4):
        rows = _by_device(summary.sessions, length)
        if len(rows) <= _MOST_ROWS:
            break
    names = ("sessions", "records", "errors", "recovered")
    table = [_head(view, _PERIODS[length], *map(str.upper, names), "DEVICE")]
    most = sorted(rows, key=lambda row: rows[row]["errors"], reverse=True)[:_MOST_ROWS]
    for period, device in sorted(most):
        table.append((period, *(str(rows[period, device][name]) for name in names), device))
    if len(most) < len(rows):
        rest = sum((rows[row] for row in rows.keys() - set(most)), Counter())
        counts = (str(rest[name]) for name in names)
        others = view.say("{} more, with fewer errors", len(rows) - len(most))
        table.append((view.say("more"), *counts, others))
    return as_table(table, right={1, 2, 3, 4}, spare=[4, 1, 2], name=5, look=view.look)


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


def _who(summary: Summary, view: SummaryView) -> str:
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
    lines = (view.named(name, _some(values, view)) for name, values in found if values)
    return "".join(wrapped(line, width=view.look.width) for line in lines)


def _some(values: list[str], view: SummaryView) -> str:
    more = len(values) - 2 * _VALUES
    between = "; " if any(", " in value for value in values) else ", "
    some = between.join(values[: 2 * _VALUES])
    return view.say("{} and {} more", some, more) if more > 0 else some


def _hours(summary: Summary, view: SummaryView) -> str:
    if not summary.hours:
        return ""
    levels_shown = [level for level in (*_LEVELS, "") if summary.levels[level]]
    for length in _PERIODS:
        hours: dict[str, Counter[str]] = {}
        for hour, levels in summary.hours.items():
            hours.setdefault(hour[:length], Counter()).update(levels)
        if len(hours) <= _MOST_ROWS:
            break
    rows = [_head(view, _PERIODS[length], *(x or "none" for x in levels_shown))]
    for hour, levels in sorted(hours.items()):
        counts = (str(levels[level]) for level in levels_shown)
        rows.append((hour.replace("T", " ") or "-", *counts))
    if len(rows) > 2:
        rows.append((view.say("all"), *(str(summary.levels[level]) for level in levels_shown)))
    numbers = range(1, len(levels_shown) + 1)
    spare = [number for number in numbers if levels_shown[number - 1] in _LEAST_LEVELS]
    lines = as_table(rows, right={*numbers}, spare=spare, look=view.look).splitlines()
    totals = [levels.total() for _, levels in sorted(hours.items())]
    return "".join(f"{line}\n" for line in _with_bars(lines, totals, view))


def _with_bars(lines: list[str], totals: list[int], view: SummaryView) -> Iterator[str]:
    """Yield the lines of a table; those below its head with bars, as far as there is room."""
    start = max(map(width_of, lines)) + 2
    longest = _BAR if view.look.width is None else min(_BAR, view.look.width - start)
    most = max(totals)
    yield lines[0]
    for line, total in zip(lines[1:], [*totals, 0], strict=False):
        length = -(-total * longest // most) if longest >= _SHORTEST_BAR else 0
        yield f"{line}{' ' * (start - width_of(line))}{view.bar * length}" if length else line


def _events(summary: Summary, view: SummaryView) -> str:
    rules = summary.table.rules
    found = [(rule, seen) for name, rule in rules.items() if (seen := summary.events.get(name))]
    rows: list[Sequence[str | Cell]] = [_head(view, "EVENT", "COUNT", "FIRST", "LAST")]
    rows += [(view.name_of(rule), str(seen.count), *_times(seen)) for rule, seen in found]
    names = names_of(summary)
    below = [[*_details(seen, view), *_where(seen, names, view)] for _, seen in found]
    return _with_lines_below(rows, below, view, right={1}, spare=[3]) if found else ""


def _details(seen: Sightings, view: SummaryView) -> list[str]:
    """Return the lines below an event."""
    names = [name for name in seen.details if name not in _SHOWN_BEFORE]
    return [view.named(name, _top(seen, name, view)) for name in names]


def _codes(summary: Summary, view: SummaryView) -> str:
    found = codes_by_count(summary.codes)
    rows: list[Sequence[str | Cell]] = [_head(view, "ERROR CODE", "COUNT", "FIRST", "LAST")]
    rows += [(str(code), str(seen.count), *_times(seen)) for _, code, seen in found]
    names = names_of(summary)
    below = [
        [*_about_code(series, code, seen, view), *_where(seen, names, view)]
        for series, code, seen in found
    ]
    return _with_lines_below(rows, below, view, right={0, 1}, spare=[3]) if found else ""


def _about_code(series: str, code: int, seen: Sightings, view: SummaryView) -> Iterator[str]:
    """Yield the lines below a code."""
    info = code_info(code, view.language) if series != LITEAV else None
    if info is not None:
        yield view.say("{} ({})", info.meaning, view.say(info.series))
    elif series:
        yield view.say("series: {}", series)
    if info is None and "words" in seen.details:
        yield view.say("the log says: {}", _top(seen, "words", view))
    if "where" in seen.details:
        yield view.say("where: {}", _top(seen, "where", view))
    if info is not None:
        yield view.say("next: {}", info.advice)


def _error_places(summary: Summary, view: SummaryView) -> str:
    rows = [_head(view, "FUNCTION", "ERRORS")]
    rows += [(place, str(n)) for place, n in summary.error_places.most_common(2 * _VALUES)]
    return as_table(rows, right={1}, look=view.look) if len(rows) > 1 else ""


def _head(view: SummaryView, *names: str) -> tuple[str, ...]:
    return tuple(map(view.say, names))


def _with_lines_below(
    rows: Sequence[Sequence[str | Cell]],
    below: list[list[str]],
    view: SummaryView,
    *,
    right: set[int],
    spare: list[int],
) -> str:
    """Return a table, some of whose rows have lines of text below them."""
    look = view.look
    head, *lines = as_table(rows, right=right, spare=spare, look=look).splitlines(keepends=True)
    parts = [head]
    for line, texts in zip(lines, below, strict=True):
        parts += [line, *(wrapped(text, "    ", look.width) for text in texts)]
    return "".join(parts)


def wrapped(text: str, indent: str = "", width: int | None = _WIDTH) -> str:
    """Return `text` as indented lines of at most `width` cells; those after the first go deeper."""
    width = max(width or _WIDTH, len(indent) + 8)
    lines, line = [], indent
    for blanks, word in _WORDS.findall(shown(text)):
        longer = line + blanks + word
        if line.strip() and width_of(longer) > width:
            lines.append(line)
            longer = f"{indent}  {word}"
        while width_of(longer) > width:
            cut = next(n for n in range(len(longer), 0, -1) if width_of(longer[:n]) <= width)
            lines.append(longer[:cut])
            longer = f"{indent}  {longer[cut:]}"
        line = longer
    return "".join(f"{each}\n" for each in [*lines, line])


def _where(seen: Sightings, names: dict[str, str], view: SummaryView) -> list[str]:
    """Return a line on the logs in which something was seen, if there are several."""
    if len(names) < 2:
        return []
    first, *others = seen.sources
    there = view.say("{} logs", len(seen.sources)) if others else names.get(first, first)
    return [view.say("in: {}", there)]


def _top(seen: Sightings, name: str, view: SummaryView) -> str:
    """Return the most frequent values of a detail, with counts where there are several."""
    values = seen.details[name]
    if len(values) == 1:
        return next(iter(values))
    if name == "cost":
        return _span(values, view)
    top = [f"{value} ({n})" for value, n in values.most_common(_VALUES)]
    return ", ".join(top) + (", ..." if len(values) > _VALUES else "")


def _span(values: Iterable[str], view: SummaryView) -> str:
    """Return the range of costs such as `12ms`."""
    times = sorted(int(digits) for v in values if (digits := v.rstrip("ms ")).isdecimal())
    return view.say("{} to {} ms", times[0], times[-1]) if times else ""


def _losses(summary: Summary, view: SummaryView) -> str:
    total, look, head = summary.losses.total(), view.look, view.say("losses: ")
    found = view.say("none")
    if total:
        reasons = summary.losses.most_common()
        if view.language == "zh":
            reasons = [(in_chinese(reason), n) for reason, n in reasons]
        words = ", ".join(f"{reason}{view.say(': ')}{n}" for reason, n in reasons)
        found = view.say("{}, {} bytes ({})", f"{total:,}", f"{summary.lost_bytes:,}", words)
    text = wrapped(f"{head}{found}", width=look.width).removesuffix("\n")
    if look.colours:
        text = f"{head}{painted(text.removeprefix(head), 'damaged' if total else 'ok')}"
    hints = (wrapped(hint, width=look.width) for hint in _hints(summary, view))
    return f"{text}\n{''.join(hints)}"


def _hints(summary: Summary, view: SummaryView) -> Iterator[str]:
    """Yield a line for each way in which records may be missing without a loss of bytes."""
    if summary.missing == 1:
        yield view.say("blocks are missing in 1 place (by sequence number)")
    elif summary.missing:
        places = f"{summary.missing:,}"
        yield view.say("blocks are missing in {} places (by sequence number)", places)
    if summary.dropped:
        dropped = "lines dropped by the writer, its buffer was full: {} times"
        yield view.say(dropped, summary.dropped)
    if summary.clock_jumps:
        yield view.say("jumps of the device's clock: {}", summary.clock_jumps)


def _began(story: SessionStory) -> str:
    first = story.session.first
    time: datetime | None = story.session.opened or (first.time if first else None)
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else "-"


def _times(seen: Sightings) -> Iterator[str]:
    for iso in (seen.first, seen.last):
        yield _clock(iso) if iso else "-"


def _clock(iso: str) -> str:
    """Return a time to the second, without its zone."""
    return iso[:19].replace("T", " ")
