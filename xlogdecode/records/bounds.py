"""Where records begin and end in a page of text, without a look at their fields.

A record of the app begins at a head and takes in the lines after it that open nothing. A note is
a record of one line; a line that opens nothing behind one, or behind a loss, is a record by itself.
"""

import re
from typing import Final

from xlogdecode.records.layouts import LEVELS, NOTES, heads

__all__ = ["Bounds", "Counter"]

_HEADS: Final = heads(LEVELS)
_NOTE_AND_LINES: Final = rf"(?:{NOTES})[^\n]*+(?>(?:\n(?!{_HEADS}|{NOTES})[^\n]*+)*)"
_OPENING: Final = re.compile(f"{_HEADS}|({NOTES})")
_NEXT: Final = re.compile(rf"\n(?:{_HEADS}|{NOTES})")
_FIRST: Final = re.compile(f"{_HEADS}|({_NOTE_AND_LINES})")
_RECORDS: Final = re.compile(rf"\n(?:{_HEADS}|({_NOTE_AND_LINES}))")
"""The group is empty for a record of the app; else it is a note and the lines behind it."""


class Bounds:
    """The records of one page; indexes count its characters."""

    def __init__(self, text: str, *, goes_on: bool) -> None:
        """Take a page that begins at the start of a line.

        `goes_on` says that lines at its start that open nothing belong to a record before it.
        """
        self.text = text
        self._goes_on = goes_on
        self._end = len(text) - text.endswith("\n")

    def around(self, position: int) -> tuple[int, int]:
        """Return the start and the stop of the record that has the character at `position`."""
        start, joins = self._start_of(position)
        if joins:
            found = _NEXT.search(self.text, position)
            return start, found.start() + 1 if found else len(self.text)
        return start, self.text.find("\n", position) + 1 or len(self.text)

    def open_from(self) -> int | None:
        """Return the start of the last record, if more lines may belong to it."""
        start, joins = self._start_of(self._end)
        return start if joins else None

    def starts(self) -> list[int]:
        """Return where each record begins."""
        found, at = self._first()
        for record in _RECORDS.finditer(self.text, at, self._end):
            if record[1]:
                found += self._lines(record.start() + 1, record.end())
            else:
                found.append(record.start() + 1)
        return found

    def count(self) -> int:
        """Return how many records begin here; a rest of one that began before is none."""
        first, at = self._first()
        goes_on = self._goes_on and bool(first) and not _OPENING.match(self.text)
        found: list[str] = _RECORDS.findall(self.text, at, self._end)
        lines = sum(lines.count("\n") for lines in found if lines)
        return len(first) - goes_on + len(found) + lines

    def has_heads(self) -> bool:
        """Tell whether a record of the app opens here."""
        first = _OPENING.match(self.text)
        if first and first[1] is None:
            return True
        return any(not found[1] for found in _RECORDS.finditer(self.text))

    def _start_of(self, position: int) -> tuple[int, bool]:
        """Return where the record at `position` begins, and whether lines after it join it."""
        text = self.text
        own = start = text.rfind("\n", 0, position) + 1
        while not (opened := _OPENING.match(text, start)) and start:
            start = text.rfind("\n", 0, start - 1) + 1
        joins = opened[1] is None if opened else self._goes_on
        return (start if joins else own), joins

    def _first(self) -> tuple[list[int], int]:
        """Return the starts of the first record, or of the lines before it, and their end."""
        if not self.text:
            return [], 0
        if first := _FIRST.match(self.text, 0, self._end):
            return self._lines(0, first.end()) if first[1] else [0], first.end()
        found = _NEXT.search(self.text)
        end = found.start() if found else self._end
        return [0] if self._goes_on else self._lines(0, end), end

    def _lines(self, start: int, stop: int) -> list[int]:
        """Return where each line from `start` to the line end at `stop` begins."""
        found, text = [start], self.text
        while (end := text.find("\n", found[-1], stop)) >= 0:
            found.append(end + 1)
        return found


class Counter:
    """Counts the records of one source, page by page."""

    def __init__(self) -> None:
        """Start at the beginning of the source."""
        self.found = 0
        self.has_heads = False
        """A record of the app was among them."""
        self._goes_on = False

    def add(self, page: bytes) -> None:
        """Count the records that begin in the next page."""
        if page:
            bounds = Bounds(page.decode("latin-1"), goes_on=self._goes_on)
            self.found += bounds.count()
            self._goes_on = bounds.open_from() is not None
            self.has_heads = self.has_heads or bounds.has_heads()

    def end(self) -> None:
        """Take what comes next for no part of what was."""
        self._goes_on = False
