"""A record as the summary looks at it, whatever the layout: a function and a message."""

import re
from typing import Final, NamedTuple

from xlogdecode.records import Record

__all__ = ["LogLine", "line_of"]

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
    if not record[9] and "TIM: |-" in message and (found := _CONSOLE.search(message)):
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
