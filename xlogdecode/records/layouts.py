"""The line layouts made ready for two ways to read text, which look at one table.

The one matches a record at a time (`Layout.shapes`), the other looks only for the heads that open
a record (`heads`). Both are built from the rows of `line_layouts`, so they cannot disagree on
where a record begins.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from xlogdecode.line_layouts import (
    FIELDS,
    LEVEL,
    LEVELS,
    NOTE_ROWS,
    RECORD_ROWS,
    RecordRow,
    first_signs,
    unnamed,
)

__all__ = [
    "FATAL_NOTES", "FIELDS", "GOING_ON", "LAYOUTS", "LEVELS", "LONGEST_HEAD", "NOTES",
    "OPENS_NOTHING", "TIMED_STARTS", "Layout", "complete_heads", "heads", "joined_tail", "openings",
    "timed_fields", "timed_heads", "unlike_others",
]  # fmt: skip

LONGEST_HEAD: Final = 2048
"""Bytes of a line that hold every head, and the time behind it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which a record opens.

    The first of `shapes`, which are patterns, that matches a line gives its FIELDS; the last always
    fits where the head does. A group whose name starts with `old_` replaces the other where it
    matched.
    """

    name: str
    head: str
    """The pattern of all lines that open it, without groups."""
    shapes: tuple[str, ...]
    joins: bool = True
    """Lines after it that open nothing belong to it."""


def openings(levels: str) -> list[str]:
    """Return the patterns of the heads that open a record of the app of one of `levels`.

    Without groups. They run at every line of a text, and are laid out so that most lines are done
    with early: each starts in its own way.
    """
    if not levels:
        return ["(?!)"]
    rows = [(unnamed(row.start, levels), unnamed(row.head, levels)) for row in RECORD_ROWS]
    return [
        f"{start}(?:{'|'.join(head for other, head in rows if other == start)})"
        for start in dict.fromkeys(start for start, _ in rows)
    ]


def heads(levels: str) -> str:
    """Return the pattern of any of `openings`."""
    return "|".join(openings(levels))


def complete_heads() -> str:
    """Return the pattern of the head of any record of the app up to its message, without groups."""
    tails = (("|".join([*(joined_tail(*tail) for tail in row.tails), ""])) for row in RECORD_ROWS)
    rows = zip(RECORD_ROWS, tails, strict=True)
    return "|".join(unnamed(f"{row.fields}(?:{tail})") for row, tail in rows)


def timed_heads() -> str:
    """Return the pattern of the heads that may have a time, without groups."""
    notes = [unnamed(head + rest) for _, head, rest in NOTE_ROWS if rest]
    return "|".join([heads(LEVELS), *notes])


def timed_fields(layout: str) -> str:
    """Return the pattern of a record's line up to the message; its groups are those of the time."""
    (fields,) = (row.fields for row in RECORD_ROWS if row.name == layout)
    return re.sub(r"\(\?P<(?!hour|clock|zone)\w+>", "(?:", fields.replace("@", f"[{LEVELS}]"))


def _joined(patterns: Iterable[str]) -> str:
    return "|".join(dict.fromkeys(patterns))


_STARTS = [unnamed(row.start) for row in RECORD_ROWS]
TIMED_STARTS: Final = f"(?:{_joined([*_STARTS, *(head for _, head, rest in NOTE_ROWS if rest)])})"
"""The pattern of the starts of `timed_heads`: for a quick look."""

_FATAL = r"\[(?P<level>F)\]\["
FATAL_NOTES: Final = "|".join(
    head.removeprefix(_FATAL) for _, head, _ in NOTE_ROWS if head.startswith(_FATAL)
)
"""The pattern of the text behind `[F][` in lines that have a level, and are no records."""

_PLAIN = [head for _, head, _ in NOTE_ROWS if not head.startswith(_FATAL)]
_NOTE_SIGNS = "".join(dict.fromkeys(sign for head in _PLAIN for sign in first_signs(head)))
NOTES: Final = rf"\[F\]\[(?:{FATAL_NOTES})|(?=[{_NOTE_SIGNS}])(?:{'|'.join(_PLAIN)})"
"""The pattern of all lines that are no records of the app."""

_SIGNS = dict.fromkeys(sign for start in [*_STARTS, *_PLAIN] for sign in first_signs(start))
OPENS_NOTHING: Final = rf"[^\n{''.join(_SIGNS)}]"
"""The pattern of what neither heads nor notes start with."""


def unlike_others(levels: str) -> list[str]:
    """Return what heads of `levels` start with up to their level, where nothing else does.

    Of the levels only F is in notes.
    """
    letters = levels.replace("F", "")
    if not letters:
        return []
    found = ((row.start + row.head).partition(LEVEL)[0] for row in RECORD_ROWS)
    return [*dict.fromkeys(f"{before}[{letters}]" for before in found)]


_OPENING = f"{heads(LEVELS)}|{NOTES}"
GOING_ON: Final = rf"(?>(?:(?!{_OPENING}|\Z)[^\n]*+\n?)+)"
"""The pattern of lines that open nothing."""

_LINE = r"(?P<message>[^\n]*+)\n?"


def _shape(pattern: str) -> str:
    return f"(?P<text>{pattern})"


def joined_tail(shared: str, *forms: str) -> str:
    """Return the pattern of one tail; the names of the second of two forms begin with `old_`."""
    if not forms:
        return shared
    first, second = forms
    return f"{shared}(?:{first}|{second.replace('(?P<', '(?P<old_')})"


def _record(row: RecordRow) -> Layout:
    tails = [*(joined_tail(*tail) for tail in row.tails), ""]
    cut_off = f"(?P<message>{row.start}(?:{row.head})[^\\n]*+)\\n?"
    shapes = [*(row.fields + tail + _LINE for tail in tails), cut_off]
    return Layout(row.name, unnamed(f"{row.start}(?:{row.head})"), tuple(map(_shape, shapes)))


def _note(name: str, head: str, rest: str) -> Layout:
    patterns = [f"(?P<message>{head}{more}[^\\n]*+)\\n?" for more in dict.fromkeys((rest, ""))]
    return Layout(name, unnamed(head), tuple(map(_shape, patterns)), joins=False)


LAYOUTS: Final = (*map(_record, RECORD_ROWS), *(_note(*row) for row in NOTE_ROWS))
