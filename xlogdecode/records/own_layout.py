"""Layouts that are not in the table of `line_layouts`: an app's own formatter.

`parts` of one takes a line and gives what a record has: FIELDS but the text, the time in the form
that `timestamps.Stamps` reads. `generic` makes such layouts by itself, `LineLayout` is one that a
person describes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple, Protocol

from xlogdecode.encodings import decoded
from xlogdecode.errors import UsageError
from xlogdecode.line_layouts import LEVEL_WORDS, LEVELS, NOTE_ROWS, RECORD_ROWS
from xlogdecode.records.timestamps import Stamp, Stamps, stamp_of

__all__ = ["GENERIC", "HeadParts", "LineLayout", "OwnLayout", "level_of", "of_epoch"]

GENERIC: Final = "generic"
"""The name of the layout of lines that open with a date and time."""

EPOCH: Final = "epoch"
"""In the place of a format: seconds, milliseconds or microseconds since 1970."""

_GROUPS: Final = (
    "time", "level", "pid", "tid", "tag", "file", "line", "function", "message",
)  # fmt: skip
_TAKEN: Final = {GENERIC, "unknown", *(row[0] for row in (*RECORD_ROWS, *NOTE_ROWS))}
_NUMBER: Final = re.compile("-?[0-9]{1,19}")
_LINE: Final = re.compile("[0-9]{1,9}")
_EPOCH: Final = re.compile(
    r"(?P<seconds>[0-9]{1,10})(?:(?P<more>[0-9]{3,6})|[.,](?P<part>[0-9]+))?"
)


class HeadParts(NamedTuple):
    """The parts of a record's first line, one character a byte; see `line_layouts.FIELDS`."""

    level: str | None = None
    hour: str | None = None
    clock: str | None = None
    zone: str | None = None
    who: str | None = None
    tag: str | None = None
    file: str | None = None
    at: str | None = None
    function: str | None = None
    message: str = ""


class OwnLayout(Protocol):
    """The patterns that find records of one layout."""

    @property
    def name(self) -> str:
        """Its name, as `Record.layout` has it."""

    @property
    def yields(self) -> bool:
        """Whether lines that are of the table (`line_layouts`) are left to that."""

    def parts(self, line: str, stamps: Stamps) -> HeadParts | None:
        """Return the parts of a line, without its end; None where it opens no record."""


_LETTERS: Final = {word: letter for letter, words in LEVEL_WORDS.items() for word in words}


def level_of(text: str | None) -> str | None:
    """Return the letter of a level as loggers write it, or None: `I`, `info`, `WARNING`."""
    return _LETTERS.get(text.strip().upper()) if text else None


def of_epoch(text: str, zone: tzinfo | None) -> Stamp | None:
    """Return the time in `zone`, else in UTC, that a number since 1970 says, or None."""
    found = _EPOCH.fullmatch(text)
    if not found:
        return None
    part = (found["more"] or found["part"] or "")[:3]
    try:
        time = datetime.fromtimestamp(int(found["seconds"]), UTC).astimezone(zone or UTC)
    except (OverflowError, ValueError):
        return None
    return stamp_of(time, f"{part:0<3}")


@dataclass(frozen=True, slots=True, init=False)
class LineLayout:
    """A layout of an app's own formatter: how the first line of a record looks.

    LineLayout("our-app", r"(?P<time>.{23}) (?P<level>[A-Z])\\|(?P<message>.*)",
               time="%Y-%m-%d %H:%M:%S.%f")
    """

    name: str
    """`Record.layout` of its records."""
    pattern: re.Pattern[str]
    """Matches from the start of a line on. Groups that are used: time, level, pid, tid, tag, file,
    line, function, message."""
    time: str
    """The format of the time as `datetime.strptime` has it, or `epoch`; empty without the group."""
    levels: Mapping[str, str] = field(hash=False)
    """The level as the log writes it -> one of V D I W E F."""

    def __init__(
        self,
        name: str,
        pattern: str | re.Pattern[str],
        *,
        time: str = "",
        levels: Mapping[str, str] | None = None,
    ) -> None:
        """Take a layout. Raises UsageError for what is wrong with it.

        Names of levels that many loggers have need not be in `levels` (`INFO`, `warn`, `E`).
        """
        compiled = parse_line_pattern(pattern) if isinstance(pattern, str) else pattern
        if name in _TAKEN or not name.isprintable() or not name.strip():
            raise UsageError(f"{name!r} is not a name for a layout; choose another")
        if "time" in compiled.groupindex and not time:
            raise UsageError(f"{name}: the group 'time' needs a format: time='%Y-%m-%d %H:%M:%S'")
        if time and "time" not in compiled.groupindex:
            raise UsageError(f"{name}: a format of the time needs the group (?P<time>...)")
        if wrong := set((levels or {}).values()) - set(LEVELS):
            raise UsageError(f"{name}: {min(wrong)!r} is not a level; use letters of {LEVELS}")
        values = (name, compiled, parse_time_format(time) if time else "", dict(levels or {}))
        for key, value in zip(("name", "pattern", "time", "levels"), values, strict=True):
            object.__setattr__(self, key, value)

    @property
    def yields(self) -> bool:
        """Whether lines that are of the table are left to that: a person knows better."""
        return False

    def parts(self, line: str, stamps: Stamps) -> HeadParts | None:
        """Return the parts of a line, without its end; None where it opens no record."""
        text, codec = decoded(line, None) if not line.isascii() else (line, "")
        found = self.pattern.match(text)
        if found is None:
            return None
        groups = found.groupdict()
        start = found.start("message") if groups.get("message") is not None else found.end()

        def part(name: str) -> str | None:
            value = groups.get(name)
            return value if value is None or not codec else _as_bytes(value, codec)

        stamp = self._stamp(groups["time"], stamps) if groups.get("time") else None
        hour, clock, zone = stamp or (None, None, None)
        at = groups.get("line") or ""
        return HeadParts(
            self._level(groups.get("level")),
            hour,
            clock,
            zone,
            _who(groups.get("pid"), groups.get("tid")),
            part("tag"),
            part("file"),
            str(int(at)) if _LINE.fullmatch(at) else None,
            part("function"),
            line[len(_as_bytes(text[:start], codec)) if codec else start :],
        )

    def _level(self, written: str | None) -> str | None:
        return self.levels.get(written) or level_of(written) if written else None

    def _stamp(self, written: str, stamps: Stamps) -> Stamp | None:
        """Return the time that the format reads; None where it does not fit."""
        if self.time == EPOCH:
            return of_epoch(written, stamps.zone)
        has_year, has_day = _directives(self.time)
        if not has_day and stamps.near is None:
            return None
        day = "2000" if has_day else str(stamps.near)  # a leap year: it has any day
        before, form = ("", "") if has_year else (f"{day} ", "%Y " if has_day else "%Y-%m-%d ")
        try:
            time = datetime.strptime(before + written, form + self.time)  # noqa: DTZ007 - or none
        except ValueError:
            return None
        return stamp_of(time, has_year=has_year or not has_day)


def parse_line_pattern(text: str) -> re.Pattern[str]:
    """Return the pattern of a layout's lines. Raises UsageError for what is wrong in it."""
    try:
        compiled = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"not a regular expression: {error}") from None
    if not set(compiled.groupindex) & set(_GROUPS):
        raise UsageError(f"a pattern needs a group (?P<NAME>...); names: {', '.join(_GROUPS)}")
    if unknown := sorted(set(compiled.groupindex) - set(_GROUPS)):
        raise UsageError(f"unknown group {unknown[0]!r}; names: {', '.join(_GROUPS)}")
    if compiled.match(""):
        raise UsageError("a pattern must not match an empty line")
    return compiled


def parse_time_format(text: str) -> str:
    """Return a format of times, as it is. Raises UsageError for what is wrong in it."""
    if text == EPOCH:
        return text
    year = "" if _directives(text)[0] else "%Y "  # days without one: an error from Python 3.15 on
    try:
        datetime.strptime("", year + text)  # noqa: DTZ007 - only the format matters
    except (ValueError, re.error) as error:
        if "does not match" in str(error) and "%" in text:
            return text
        reason = str(error).replace(year + text, text)
        raise UsageError(
            f"{text!r} is not a format of times ({reason}); write it as strptime has it: "
            "'%Y-%m-%d %H:%M:%S.%f', or epoch"
        ) from None
    return text


def _directives(form: str) -> tuple[bool, bool]:
    """Return whether a format has a year, and whether it has a day."""
    found = set(re.findall("%(.)", form))
    return bool(found & set("YyGcx")), bool(found & set("djcxU")) or bool(found & set("uaAwWV"))


def _who(pid: str | None, tid: str | None) -> str | None:
    """Return a process and a thread as `record.parse_who` reads them."""
    pid, tid = (n if n and _NUMBER.fullmatch(n) else "" for n in (pid, tid))
    return f"{pid}/{tid}" if pid else tid or None


def _as_bytes(text: str, codec: str) -> str:
    """Return `text`, decoded by `codec`, one character a byte again."""
    return text.encode(codec, "surrogateescape").decode("latin-1")
