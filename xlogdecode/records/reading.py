"""How a log is read: what its lines do not say themselves, and the layout that they settle."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from xlogdecode.records.layouts import LEVELS, NOTES, heads
from xlogdecode.records.matchers import JOINS, openers
from xlogdecode.records.timestamps import Stamps

if TYPE_CHECKING:
    from xlogdecode.records.own_layout import LineLayout, OwnLayout

__all__ = [
    "AS_LOGGED",
    "HEAD",
    "LogHints",
    "Settled",
    "is_of_the_table",
    "opens_of_the_table",
    "settle",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogHints:
    """The layout and the encoding of a log, as a person gave them."""

    layouts: "tuple[LineLayout, ...]" = ()
    """Layouts of an app's own formatter: the first that a line of the log fits is that log's."""
    encoding: str | None = None
    """The codec of bytes that are not UTF-8; None is to try GB18030 (see `encodings`)."""


AS_LOGGED: Final = LogHints()


class Settled(NamedTuple):
    """The layout of a log, once a line of it has shown one."""

    own: "OwnLayout | None" = None
    """None where it is of the table."""


HEAD: Final = re.compile(rf"(?P<start>\A|\n)(?:{heads(LEVELS)})")
"""Finds the records of the app that are of the table of layouts."""

_DATED: Final = re.compile(r"^(?=[A-Za-z\[\](){}<>/|: ]{0,16}[0-9]{2})[^\n]+", re.MULTILINE)
"""Lines that may open with a date and time: no line of a banner does."""


@cache
def _opens() -> re.Pattern[str]:
    return re.compile(f"{heads(LEVELS)}|{NOTES}")  # takes some milliseconds, and few logs need it


def opens_of_the_table(line: str) -> bool:
    """Tell whether a line opens a record, or is a note, by the table of layouts."""
    return _opens().match(line) is not None


def is_of_the_table(line: str) -> bool:
    """Tell whether it does so with the fields of its layout: it is not cut off in them."""
    return _opens().match(line) is not None and _is_full(line)


def _is_full(line: str) -> bool:
    """Tell whether a line that opens a record, or is a note, is not cut off in its fields."""
    opened = openers().match(line)
    return opened is not None and (
        opened[0].layout not in JOINS or "hour" in opened[0].line.groupindex
    )


def settle(text: str, reading: LogHints) -> Settled | None:
    """Return the layout that the first text of a log shows, one character a byte, or None.

    A person's own go first, those of the table next; where lines that open with a date and time
    come before these and are more, the generic one.
    """
    for layout in reading.layouts:
        stamps = Stamps()
        if any(layout.parts(line, stamps) for line in text.split("\n")):
            return Settled(layout)
    known = next((at for at in _heads(text) if _is_full(text[at:].partition("\n")[0])), None)
    before = text[:known]
    if next(_dated(before), None) is not None:
        from xlogdecode.records.generic import settled_by  # few logs need it

        if settled_by(_dated(before))[0]:
            own, lines = settled_by(_dated(text))
            if known is None or lines > sum(1 for _ in _heads(text)):
                return Settled(own)
    return None if known is None else Settled()


def _heads(text: str) -> Iterator[int]:
    """Yield where lines begin that open a record of the table."""
    return (found.end("start") for found in HEAD.finditer(text))


def _dated(text: str) -> Iterator[str]:
    """Yield the lines that may open with a time, those of the table left out."""
    for found in _DATED.finditer(text):
        if not is_of_the_table(found[0]):
            yield found[0]
