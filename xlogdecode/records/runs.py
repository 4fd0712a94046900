"""Runs: records of one layout in columns, cut out of a page by one pattern.

The pattern finds the heads, from the line's start to where the message begins; a message is what
is between two heads, its further lines included. Of a head only the clock is cut out at once. The
rest comes in three pieces that few records have for themselves (date and hour; level, process and
thread; file, line and function), and each is taken apart when it is first seen.
"""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import accumulate, chain, pairwise, repeat
from typing import Any, Final

from xlogdecode.line_layouts import FIELDS, RECORD_ROWS, RecordRow, unnamed
from xlogdecode.records.layouts import joined_tail
from xlogdecode.records.record import Place, Record

__all__ = ["STRIDE", "Cutter", "RecordRun", "cutter_of"]

PIECES: Final = ("start", "behind", "source")
"""The parts of a head up to the hour, behind the clock, and in the tail of the layout."""

STRIDE: Final = 5
"""The columns of a run."""

_PARTS: Final = tuple(name for name in FIELDS if name not in {"text", "clock", "message"})
_BOUND: Final = 4096
"""Pieces that are kept."""


class _Known(dict[str, str | None]):
    """Piece of a head -> one part of it."""

    def __init__(self, parse: Callable[[str], dict[str, str | None]], part: str) -> None:
        super().__init__()
        self._parse = parse
        self._part = part

    def __missing__(self, piece: str) -> str | None:
        if len(self) >= _BOUND:
            self.clear()
        self[piece] = part = self._parse(piece).get(self._part)
        return part


class Cutter:
    """The pattern that cuts pages at the heads of one layout, and the parts of its pieces."""

    def __init__(self, row: RecordRow) -> None:
        """Take a row whose fields have a time. Raises ValueError for another."""
        self.layout = row.name
        start, clock, behind = _around_clock(row.fields)
        start = f"\n{start}"
        tails = [joined_tail(*tail) for tail in row.tails]
        columns = (start, clock, behind, "|".join([*tails, ""]))
        self.clock: Final = unnamed(clock)
        """The pattern of the clock."""
        self._full: Final = re.compile(unnamed("".join([start[1:], clock, behind, _any_of(tails)])))
        self.split: Final = re.compile("".join(f"({unnamed(one)})" for one in columns)).split
        """Text that begins with a line end -> what is before the first head, then the columns of
        each record (see `RecordRun`), head by head, each with the line end before it.
        """
        self.pieces: Final[dict[str, str]] = {}
        """A part of a record -> the piece that has it."""
        self._known: Final[dict[str, _Known]] = {}
        self._parse: Final[dict[str, Callable[[str], dict[str, str | None]]]] = {}
        for name, patterns in zip(PIECES, ([start], [behind], tails), strict=True):
            parse = lru_cache(_BOUND)(partial(_parse, [re.compile(one) for one in patterns]))
            self._parse[name] = parse
            for part in _PARTS:
                if any(f"(?P<{part}>" in pattern for pattern in patterns):
                    self.pieces[part] = name
                    self._known[part] = _Known(parse, part)

    def opens(self, text: str, start: int, stop: int) -> bool:
        """Tell whether a line opens a record with all fields of the layout."""
        return self._full.match(text, start, stop) is not None

    def piece_of(self, part: str) -> str | None:
        """Return the column of a run whose pieces have a part of the records; None if none has."""
        return self.pieces.get(part)

    def part_in(self, part: str, piece: Any) -> Any:
        """Return the part that a piece has."""
        return self._known[part][piece]

    def parts_of(self, column: str, piece: str) -> Mapping[str, str | None]:
        """Return the parts that a piece of a column has."""
        return self._parse[column](piece)

    def column(self, part: str, pieces: Iterable[str]) -> Iterable[str | None]:
        """Return the part that each piece has."""
        return map(self._known[part].__getitem__, pieces)


class RecordRun:
    """Consecutive records of one layout and one place, in columns of equal length."""

    def __init__(
        self,
        cutter: Cutter,
        place: Place,
        columns: Sequence[list[str]],
        text: str,
        starts: list[int],
    ) -> None:
        """Take the columns of records; each begins at one of `starts` in the text of a page.

        One more of `starts` is where the last record ends.
        """
        self.cutter = cutter
        self.layout = cutter.layout
        self.place = place
        self.start, self.clock, self.behind, self.source, self.message = columns
        self.text = text
        """That of the page: one character a byte."""
        self.starts = starts
        self.block_offset: list[int] = []
        self.text_line = 1
        """The number of the first line."""
        self._counted = 0, 0
        """A record, and the number of its first line, 0 before any was counted."""

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.clock)

    @property
    def lines(self) -> int:
        """The number of lines, but for one that is not ended."""
        return self.text.count("\n", self.starts[0], self.starts[-1])

    @property
    def hours(self) -> list[tuple[str, str] | None]:
        """The texts around each clock in ISO 8601 (see `Stamps`)."""
        stamps, cutter = self.place.stamps, self.cutter
        if cutter.piece_of("hour") != "start" or cutter.piece_of("zone"):
            return stamps.of_all(self.part("hour"), self.part("zone"))
        known = {one: stamps[cutter.part_in("hour", one) or "", None] for one in {*self.start}}
        return [known[one] for one in self.start]

    @property
    def own_text(self) -> str:
        """All text of the records."""
        return self.text[self.starts[0] : self.starts[-1]]

    def with_messages(self, messages: list[str]) -> "RecordRun":
        """Return the run with other messages, one for each of its own."""
        columns = (self.start, self.clock, self.behind, self.source, messages)
        cells = [*chain.from_iterable(zip(*columns, strict=True))]
        starts = [*accumulate(map(len, cells), initial=0)][::STRIDE]
        end = "\n" if self.own_text.endswith("\n") else ""
        run = RecordRun(self.cutter, self.place, columns, "".join(cells)[1:] + end, starts)
        starts[-1] = len(run.text)
        run.block_offset, run.text_line = self.block_offset, self.text_line
        return run

    def part(self, name: str) -> Iterable[str | None]:
        """Return the column of a part of the records (see `columns.Columns`)."""
        piece = self.cutter.piece_of(name)
        if piece is None:
            return repeat(None, len(self))
        return self.cutter.column(name, getattr(self, piece))

    def values(self, part: str, start: int, stop: int) -> dict[str | None, int]:
        """Return each value of a part of consecutive records, and how many of these have it."""
        piece = self.cutter.piece_of(part)
        if piece is None:
            return {None: stop - start}
        found: dict[str | None, int] = {}
        for one, count in Counter(getattr(self, piece)[start:stop]).items():
            value = self.cutter.part_in(part, one)
            found[value] = found.get(value, 0) + count
        return found

    def numbers(self, part: str, wanted: Container[str | None]) -> list[int]:
        """Return the numbers of the records that have one of these values of a part."""
        piece = self.cutter.piece_of(part)
        if piece is None:
            return []
        column = getattr(self, piece)
        pieces = {one for one in {*column} if self.cutter.part_in(part, one) in wanted}
        return [number for number, one in enumerate(column) if one in pieces] if pieces else []

    def parts_of(self, number: int) -> dict[str, str | None]:
        """Return the parts of the head of one of the records, the first for 0."""
        parts_of = self.cutter.parts_of
        return {
            **parts_of("start", self.start[number]),
            **parts_of("behind", self.behind[number]),
            **parts_of("source", self.source[number]),
        }

    def record(self, number: int) -> Record:
        """Return one of the records, the first for 0."""
        found = {
            **self.parts_of(number),
            "text": self.text[self.starts[number] : self.starts[number + 1]],
            "clock": self.clock[number],
            "message": self.message[number],
        }
        parts = map(found.get, FIELDS)
        rest = (self.layout, self.place, self.block_offset[number], self._line_of(number))
        return Record((*parts, *rest))

    def _line_of(self, number: int) -> int:
        """Return the line that a record begins in, counted from that of the last call."""
        before, line = self._counted if self._counted[0] <= number else (0, self.text_line)
        line = line or self.text_line
        line += self.text.count("\n", self.starts[before], self.starts[number])
        self._counted = number, line
        return line

    def records(self) -> list[Record]:
        """Return the records."""
        text = self.text
        breaks = [1 + message.count("\n") for message in self.message]
        columns: dict[str, Iterable[str | None]] = {name: self.part(name) for name in _PARTS}
        columns |= {
            "text": [text[start:stop] for start, stop in pairwise(self.starts)],
            "clock": self.clock,
            "message": self.message,
        }
        rows = zip(
            *(columns[name] for name in FIELDS),
            repeat(self.layout),
            repeat(self.place),
            self.block_offset,
            accumulate(breaks, initial=self.text_line),
            strict=False,
        )
        return list(map(partial(tuple.__new__, Record), rows))

    def pop(self) -> Record:
        """Take the last record away, and return it."""
        columns = (self.start, self.clock, self.behind, self.source, self.message)
        popped = [[column.pop()] for column in columns]
        last = RecordRun(self.cutter, self.place, popped, self.text, self.starts[-2:])
        self.starts.pop()
        last.block_offset.append(self.block_offset.pop())
        last.text_line = self.text_line + self.lines
        return last.records()[0]


@cache
def cutter_of(layout: str) -> Cutter | None:
    """Return what cuts pages at the heads of a layout; None where these may have no time."""
    try:
        return Cutter(next(row for row in RECORD_ROWS if row.name == layout))
    except ValueError:
        return None


def _any_of(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns)})"


def _parse(patterns: Iterable[re.Pattern[str]], piece: str) -> dict[str, str | None]:
    """Return the parts of a piece of a head, which the first pattern that fits has found."""
    for pattern in patterns:
        if found := pattern.fullmatch(piece):
            groups = {name: part or "" for name, part in found.groupdict().items()}
            if groups.get("old_at"):
                old = [name for name in groups if name.startswith("old_")]
                groups |= {name.removeprefix("old_"): groups[name] for name in old}
            return {**groups}
    return {}


def _around_clock(fields: str) -> tuple[str, str, str]:
    """Return the patterns up to the hour, of the clock, and behind that.

    Raises ValueError where the clock does not follow the hour.
    """
    hour, stop = _group(fields, "hour")
    at, end = _group(fields, "clock")
    if at != stop:
        raise ValueError(f"{fields!r}: the clock must follow the hour")
    before, behind = fields[:hour], fields[end:]
    if before.endswith("(?:") and behind.startswith(")?"):  # records without a time are few
        before, behind = before.removesuffix("(?:"), behind.removeprefix(")?")
    return before + fields[hour:stop], fields[at:end], behind


def _group(pattern: str, name: str) -> tuple[int, int]:
    """Return where a named group begins and ends. Raises ValueError if there is none."""
    start = pattern.index(f"(?P<{name}>")
    depth = 0
    for sign in re.finditer(r"\\.|\[(?:\\.|[^\\\]])*\]|[()]", pattern[start:]):
        depth += (sign[0] == "(") - (sign[0] == ")")
        if not depth:
            return start, start + sign.end()
    raise ValueError(f"{pattern!r}: {name} has no end")
