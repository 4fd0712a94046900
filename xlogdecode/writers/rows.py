"""Rows of records, many at a time: what JSON and CSV share.

Records in a row that share their hour, their layout and their place are a run. What is the same
in all of a run is made once; what differs comes by columns, and of those the same part of a record
is made once and kept; then all are laid side by side and joined. Everything is
one character a byte until the end, so that UTF-8 is never decoded. A record that is not UTF-8 is
written by its object (`objects.as_object`), as sessions and losses are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple, Protocol, cast

from xlogdecode.encodings import is_utf8
from xlogdecode.line_layouts import FIELDS as LINE_PARTS
from xlogdecode.records import Loss, Record
from xlogdecode.records.record import Place
from xlogdecode.records.runs import RecordRun
from xlogdecode.records.sessions import SESSION_LAYOUTS
from xlogdecode.writers.fields import EXTRA_KEYS, FIELDS
from xlogdecode.writers.objects import UTF_8, Kept, as_object, context_of, printable

__all__ = ["Dialect", "RowWriter", "Value"]

Value = str | int | bool | None
Column = str | Iterable[str]
"""A text that is the same in all rows, or that of each row."""

_SHARED: Final = itemgetter(11, 12, 2, 4)
"""The layout, place, hour and zone of a record: what all records of a run have in common."""

_TIME, _MESSAGE, _OFFSET = "time", "message", "block_offset"


class Dialect(Protocol):
    """A way to write a row."""

    null: str
    quote: str
    """The sign around a text that needs no more than that."""
    first: str
    """The sign before the first cell of a row."""
    last: str
    """The signs behind the last."""

    def label(self, key: str) -> str:
        """Return the text before each value of a key."""

    def value(self, value: Value) -> str:
        """Return a value as it is written."""

    def messages(self, texts: Sequence[str]) -> Iterable[str]:
        """Return each text, which is UTF-8, as it is written."""


class Columnar(Protocol):
    """Records of one layout and one place, in columns: a `records.runs.Run`, or `_RecordRun`."""

    @property
    def layout(self) -> str:
        """The layout of all."""

    @property
    def place(self) -> Place:
        """The place of all."""

    @property
    def hours(self) -> Sequence[tuple[str, str] | None]:
        """The texts around each clock in ISO 8601."""

    @property
    def clock(self) -> Sequence[str | None]:
        """The clocks as they are written."""

    @property
    def message(self) -> Sequence[str]:
        """The messages."""

    @property
    def block_offset(self) -> Sequence[int]:
        """The offsets of the blocks."""

    def __len__(self) -> int:
        """Return the number of records."""


class Pieces(Protocol):
    """The columns of a kind of runs: each is of pieces that have one part of a record or more."""

    def piece_of(self, part: str) -> str | None:
        """Return the attribute that is the column of a part; None if none is."""

    def parts_of(self, column: str, piece: Any) -> Mapping[str, str | None]:
        """Return the parts that a piece of a column has."""


class _RecordRun:
    """Records of one layout, one place and one hour."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self.layout: str = records[0][11]
        self.place: Place = records[0][12]
        hour, zone = records[0][2], records[0][4]
        self.hours = [self.place.stamps[hour or "", zone]] * len(records)
        self.clock = [r[3] for r in records]
        self.message = [r[10] for r in records]
        self.block_offset = [r[13] for r in records]

    def __len__(self) -> int:
        return len(self._records)

    def __getattr__(self, name: str) -> Any:
        return map(_RECORD_PIECES[name], self._records)


class _RecordPieces:
    """The columns of `_RecordRun`."""

    def piece_of(self, part: str) -> str:
        return next(name for name, parts in _PARTS.items() if part in parts)

    def parts_of(self, column: str, piece: Any) -> Mapping[str, str | None]:
        return dict(zip(_PARTS[column], piece, strict=True))


_PARTS: Final = {"origin": ("level", "who"), "site": ("tag", "file", "at", "function")}
_RECORD_PIECES: Final = {
    name: itemgetter(*map(LINE_PARTS.index, parts)) for name, parts in _PARTS.items()
}
_OF_RECORDS: Final = _RecordPieces()


class _Step(NamedTuple):
    """A column that is made anew for each run."""

    key: str
    piece: str | None = None
    """The column of the run that it is made of; None for the special ones."""
    kept: Kept | None = None
    """Piece -> the cells."""


class RowWriter:
    """Writes a row an item."""

    header: bytes = b""

    def __init__(
        self, dialect: Dialect, keys: Sequence[str], *, marks: bool = True, is_open: bool = False
    ) -> None:
        """Write `keys`; without `marks`, losses are passed over.

        With `is_open` rows of sessions and of losses have their own keys as well.
        """
        self._dialect = dialect
        self._keys = tuple(keys)
        self._marks = marks
        self._is_open = is_open
        self._plans: dict[Pieces, list[_Step]] = {}
        """The columns of runs -> how rows are made of these."""
        self._place: Place | None = None
        self._templates: dict[tuple[Pieces, str], list[str | _Step]] = {}
        """Columns and layout -> the rows of records of `_place`."""

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the rows of `batch`; `source` is that of the losses."""
        if is_utf8("\n".join([item[0] for item in batch if isinstance(item, Record)])):
            return "".join(self._rows(batch, source)).encode("latin-1")
        parts = groupby(batch, lambda item: not isinstance(item, Record) or is_utf8(item[0]))
        return "".join(
            "".join(self._rows(list(items), source) if is_utf8 else map(self._object_row, items))
            for is_utf8, items in parts
        ).encode("latin-1")

    def close(self) -> bytes:
        """Return nothing: each row is complete."""
        return b""

    def write_run(self, run: RecordRun) -> bytes:
        """Return the rows of a run, as `write` does of its records."""
        if not is_utf8(run.own_text):
            return self.write(run.records())
        return self._run(run, run.cutter).encode("latin-1")

    def _rows(self, batch: Sequence[Record | Loss], source: str) -> Iterator[str]:
        for kind, items in groupby(batch, type):
            if kind is not Record:
                yield from (self._object_row(loss, source) for loss in items if self._marks)
                continue
            for (layout, *_), records in groupby(items, _SHARED):
                if layout in SESSION_LAYOUTS:
                    yield from map(self._object_row, records)
                else:
                    yield self._run(_RecordRun(cast("list[Record]", list(records))), _OF_RECORDS)

    def _run(self, run: Columnar, pieces: Pieces) -> str:
        """Return the rows of a run that has these columns."""
        columns: list[Column] = []
        for part in self._template(run, pieces):
            if isinstance(part, str):
                columns.append(part)
            elif part.kept is not None:
                columns.append(map(part.kept.__getitem__, getattr(run, part.piece or "")))
            elif part.key == _TIME:
                columns += self._times(run)
            elif part.key == _MESSAGE:
                columns.append(self._dialect.messages(run.message))
            else:
                columns.append(map(str, run.block_offset))
        return _side_by_side(columns, len(run))

    def _template(self, run: Columnar, pieces: Pieces) -> list[str | _Step]:
        """Return the text that rows share, and between it how they differ."""
        if run.place is not self._place:
            self._place = run.place
            self._templates.clear()
        found = self._templates.get((pieces, run.layout))
        if found is None:
            plan = self._plans.get(pieces)
            if plan is None:
                self._plans[pieces] = plan = list(self._plan(pieces))
            shared = self._shared_values(run)
            found = []
            for number, step in enumerate(plan):
                found.append("," if number else self._dialect.first)
                if step.kept is not None:
                    found.append(step)
                    continue
                found.append(self._dialect.label(step.key))
                if step.key in {_TIME, _MESSAGE, _OFFSET}:
                    found.append(step)
                else:
                    found.append(self._dialect.value(shared.get(step.key)))
            found.append(self._dialect.last)
            self._templates[pieces, run.layout] = found
        return found

    def _plan(self, pieces: Pieces) -> Iterator[_Step]:
        """Yield the steps that make the rows of runs that have these columns."""

        def piece_of(key: str) -> tuple[str | None, str]:
            piece = pieces.piece_of(FIELDS[key].part) if key in FIELDS else None
            return piece, "" if piece else key

        for (piece, _), group in groupby(self._keys, piece_of):
            keys = tuple(group)
            yield _Step(keys[0], piece, Kept(self._maker(pieces, piece, keys)) if piece else None)

    def _maker(self, pieces: Pieces, piece: str, keys: Sequence[str]) -> Callable[[Any], str]:
        value = self._dialect.value
        fields = [(self._dialect.label(key), *FIELDS[key]) for key in keys]

        def cells(text: Any) -> str:
            parts = pieces.parts_of(piece, text)
            return ",".join([label + value(make(parts.get(part))) for label, part, make in fields])

        return cells

    def _times(self, run: Columnar) -> list[Column]:
        """Return the cells of the times."""
        hours, clocks = run.hours, run.clock
        quote, null, around = self._dialect.quote, self._dialect.null, hours[0]
        if not any(clocks):
            return [null]
        if hours.count(around) == len(run) and all(clocks):
            clocks = cast("Sequence[str]", clocks)
            return [f"{quote}{around[0]}", clocks, f"{around[1]}{quote}"] if around else [null]
        return [
            [
                f"{quote}{around[0]}{clock}{around[1]}{quote}" if clock and around else null
                for around, clock in zip(hours, clocks, strict=True)
            ]
        ]

    def _shared_values(self, run: Columnar) -> dict[str, Value]:
        """Return the values that all records of a run share, by key."""
        place = run.place
        return {
            "type": "record",
            "session": place.session,
            "recovered": place.recovered,
            "source": _as_bytes(printable(place.source)),
            "layout": run.layout,
            "encoding": UTF_8,
            **{key: _as_bytes(value) for key, value in context_of(place).items()},
        }

    def _object_row(self, item: Record | Loss, source: str = "") -> str:
        """Return the row of any item, by its object."""
        found = as_object(item, source)
        own = [key for key in EXTRA_KEYS if key in found] if self._is_open else []
        keys = dict.fromkeys((*self._keys, *own))
        cells = (self._cell(key, _as_bytes(found.get(key))) for key in keys)
        return f"{self._dialect.first}{','.join(cells)}{self._dialect.last}"

    def _cell(self, key: str, value: Value) -> str:
        if key == _MESSAGE and isinstance(value, str):
            (written,) = self._dialect.messages([value])
        else:
            written = self._dialect.value(value)
        return self._dialect.label(key) + written


def _side_by_side(columns: Iterable[Column], count: int) -> str:
    """Return `count` rows, each of which has a cell of every column."""
    merged: list[Column] = []
    for is_text, some in groupby(columns, lambda column: isinstance(column, str)):
        if is_text:
            merged.append("".join(cast("Iterable[str]", some)))
        else:
            merged += some
    width = len(merged)
    cells = [""] * (width * count)
    for number, column in enumerate(merged):
        cells[number::width] = [column] * count if isinstance(column, str) else column
    return "".join(cells)


def _as_bytes(value: Any) -> Any:
    """Return a text with one character a byte, anything else as it is."""
    return value.encode().decode("latin-1") if isinstance(value, str) else value
