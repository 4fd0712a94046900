"""A record as the summary looks at it, whatever the layout: a function and a message."""

import re
from typing import Final, NamedTuple

from xlogdecode.records import Record
from xlogdecode.records.runs import RecordRun

__all__ = ["LogLine", "line_in", "line_of"]

_CONSOLE: Final = re.compile(
    r"(?:(?P<level>[VDIWEF])/[^|\n]{0,64}?)?TIM: \|-"
    r"(?:(?P<file>[^\s:|]{1,256}):[0-9]+|(?P<tag>[^\s:|]{1,256})) *"
    r"(?P<function>[^|\n]{0,256}?) *\|(?P<message>.*)",
    re.DOTALL,
)
"""A line of the IM SDK in a console log, where something else is in place of the time."""


class LogLine(NamedTuple):
    """One record."""

    iso: str | None
    level: str
    layout: str
    tag: str | None
    file: str | None
    function: str | None
    message: str


def line_of(record: Record) -> LogLine:
    """Return the line of a record; one of a console log is taken apart."""
    message = record[10]
    if not record[9] and (found := _console_part(message)):
        function = found["function"] or None
        level = record.level or found["level"] or ""
        return LogLine(
            record.iso, level, "console", found["tag"] or record.tag, found["file"], function,
            record.read(found["message"]),
        )  # fmt: skip
    return LogLine(
        record.iso, record.level or "", record.layout, record.tag, record.file, record.function,
        record.read(message),
    )  # fmt: skip


def _console_part(message: str) -> re.Match[str] | None:
    """Return the line of a console log in the first line of a message; None if there is none."""
    at = message.find("TIM: |-")
    return _CONSOLE.search(message) if at >= 0 and "\n" not in message[:at] else None


def line_in(run: RecordRun, number: int) -> LogLine:
    """Return the line of a record of a run."""
    parts, message = run.parts_of(number).get, run.message[number]
    function = parts("function")
    if not function or not run.source[number].isascii() or not message.isascii():
        return line_of(run.record(number))
    around = run.place.stamps[parts("hour") or "", parts("zone")]
    iso = around and f"{around[0]}{run.clock[number]}{around[1]}"
    level = parts("level") or ""
    return LogLine(iso, level, run.layout, parts("tag"), parts("file"), function, message)
