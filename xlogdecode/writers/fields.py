"""The fields of a row, in one table for JSON and CSV: of which part each is, and its value."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from xlogdecode.errors import UsageError
from xlogdecode.records.record import CONTEXT_KEYS, SEVERITIES, parse_who

__all__ = ["EXTRA_KEYS", "FIELDS", "KEYS", "Field", "parse_fields"]

Value = str | int | bool | None


class Field(NamedTuple):
    """A field that is made of one part of a record; the same part always gives the same value."""

    part: str
    """A column of `records.columns.Columns`."""
    value: Callable[[Any], Value]
    """The value of that part as it is written; text is one character a byte."""


FIELDS: Final = {
    "level": Field("level", lambda part: part or None),
    "severity": Field("level", SEVERITIES.get),
    "pid": Field("who", lambda part: parse_who(part).pid),
    "tid": Field("who", lambda part: parse_who(part).tid),
    "main_thread": Field("who", lambda part: parse_who(part).main_thread),
    "tag": Field("tag", lambda part: part),
    "file": Field("file", lambda part: part),
    "line": Field("at", lambda part: int(part) if part else None),
    "function": Field("function", lambda part: part),
}
"""The fields that a part of a record makes; all others are the message, the time, the offset of
the block, or the same in all records of a session."""

KEYS: Final = (
    "type", "time", "level", "severity", "pid", "tid", "main_thread", "tag", "file", "line",
    "function", "message", "session", "recovered", "source", "block_offset", "layout", "encoding",
)  # fmt: skip
"""The keys of every row, in their order."""

EXTRA_KEYS: Final = ("event", "build", "length", "reason", "detail")
"""The keys that only rows of sessions, or of damage, have."""


def parse_fields(text: str) -> tuple[str, ...]:
    """Return the fields that `text` names, as in `time,level,message`.

    Raises UsageError for a name that no row has, and where there is none.
    """
    known = (*KEYS, *CONTEXT_KEYS, *EXTRA_KEYS)
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise UsageError(f"{name!r} is not a field; {_hint(name, known)}")
    return tuple(dict.fromkeys(names))


def _hint(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name.lower(), known, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}the fields are {', '.join(known)}"
