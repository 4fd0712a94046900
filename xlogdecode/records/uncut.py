"""Runs that are not cut yet: text of one layout for a writer that cuts many at once.

A run of `runs` has a text a column and record. Who makes columns in another way takes the text of
many runs instead, and cuts that at the layout's divider (`line_layouts.RecordRow`).
"""

import re
from functools import cache
from typing import Final, NamedTuple

from xlogdecode.line_layouts import RECORD_ROWS, RecordRow, unnamed
from xlogdecode.records.layouts import NOTES
from xlogdecode.records.page_text import Blocks
from xlogdecode.records.record import Place
from xlogdecode.records.runs import Cutter, cutter_of

__all__ = ["Finder", "UncutRun", "finder_of"]


class UncutRun(NamedTuple):
    """Consecutive lines of a page: records of one layout, and lines that open nothing.

    A line in it may still be cut off in its fields (see `RecordRow.head`).
    """

    cutter: Cutter
    place: Place
    text: str
    """That of the page: one character a byte."""
    start: int
    stop: int
    """Where the lines begin and end in `text`."""
    blocks: Blocks
    text_line: int
    """The number of the first line."""

    @property
    def own_text(self) -> str:
        """All text of the records."""
        return self.text[self.start : self.stop]


def _opening(pattern: str) -> str:
    """Return the signs that a pattern begins with."""
    signs = re.split(r"(?<!\\)[\[(.|?*+{^$]", pattern)[0]
    return re.sub(r"\\(\W)", r"\1", signs)


class Finder:
    """The patterns that find uncut runs of one layout."""

    def __init__(self, row: RecordRow, cutter: Cutter) -> None:
        """Take a row that has a divider, and its cutter."""
        self.row: Final = row
        self.cutter: Final = cutter
        self.opening: Final = _opening(row.start)
        """The signs that all heads of the row begin with."""
        others = [
            unnamed(f"{one.start}(?:{one.head})") for one in RECORD_ROWS if one.name != row.name
        ]
        own = unnamed(f"{row.start}(?:{row.head})")
        self._other: Final = re.compile(rf"\n(?!{own})(?:{'|'.join(others)}|{NOTES})").search

    def first(self, text: str, start: int, stop: int) -> int:
        """Return where the first line begins that is a head with all fields, else `stop`."""
        at = start
        while not (text.startswith(self.opening, at) and self.cutter.opens(text, at, stop)):
            at = text.find(f"\n{self.opening}", at, stop) + 1
            if not at:
                return stop
        return at

    def last(self, text: str, start: int, stop: int) -> int:
        """Return where the last such line begins, if the line at `start` is one."""
        at = stop
        while (at := text.rfind(f"\n{self.opening}", start, at) + 1) > start:
            if self.cutter.opens(text, at, stop):
                return at
        return start

    def until(self, text: str, start: int, stop: int) -> int:
        """Return where the next line begins that opens something else, else `stop`."""
        found = self._other(text, start, stop)
        return found.start() + 1 if found else stop


@cache
def finder_of(layout: str) -> Finder | None:
    """Return what finds uncut runs of a layout; None where these cannot be."""
    row, cutter = next(row for row in RECORD_ROWS if row.name == layout), cutter_of(layout)
    return Finder(row, cutter) if row.divider and cutter else None
