"""Rows of records, many at a time: what JSON and CSV share.

Records in a row that share their hour, their layout and their place are a run. What is the same
in all of a run is made once; what differs comes by columns, and of those the same part of a record
is made once and kept; then all are joined. Everything is
one character a byte until the end, so that UTF-8 is never decoded. A record that is not UTF-8 is
written by its object (`objects.as_object`), as sessions and losses are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby, repeat
from operator import itemgetter
from typing import Any, Final, NamedTuple, Protocol, cast

from xlogdecode.records import Loss, Record
from xlogdecode.records.columns import Columns, columns_of
from xlogdecode.records.record import Place
from xlogdecode.records.runs import RecordRun
from xlogdecode.records.sessions import SESSION_LAYOUTS
from xlogdecode.writers.fields import EXTRA_KEYS, FIELDS
from xlogdecode.writers.objects import UTF_8, Kept, as_object, context_of, printable

__all__ = ["Dialect", "RowWriter", "Value"]

Value = str | int | bool | None

_SHARED: Final = itemgetter(
    *map(Columns._fields.index, ("layout", "place", "hour", "zone")),
)
"""The parts that all records of one run have in common."""

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
        """Return each text as it is written."""


class Columnar(Protocol):
    """Records of one layout and one place, in columns: a `records.runs.Run`, or `_RecordRun`."""

    @property
    def layout(self) -> str:
        """The layout of all."""

    @property
    def place(self) -> Place:
        """The place of all."""

    @property
    def hour(self) -> Sequence[str | None]:
        """The hours as they are written."""

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

    def part(self, name: str) -> Iterable[str | None]:
        """Return the column of a part of the records."""


class Pieces(Protocol):
    """The columns of a kind of runs: each is of pieces that have one part of a record or more."""

    def piece_of(self, part: str) -> str | None:
        """Return the attribute that is the column of a part; None if none is."""

    def part_in(self, part: str, piece: Any) -> Any:
        """Return a part that a piece has."""


class _PartByPart:
    """The columns of `_RecordRun`: each is of one part."""

    def piece_of(self, part: str) -> str:
        return part

    def part_in(self, part: str, piece: Any) -> Any:  # noqa: ARG002 - it has no other
        return piece


_PART_BY_PART: Final = _PartByPart()


class _RecordRun:
    """Records of one layout, one place and one hour."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._columns = columns = columns_of(records)
        self.layout, self.place = columns.layout[0], columns.place[0]
        self.hour, self.clock, self.message = columns.hour, columns.clock, columns.message

    def __len__(self) -> int:
        return len(self._records)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._columns, name)

    def part(self, name: str) -> Iterable[str | None]:
        column: Iterable[str | None] = getattr(self._columns, name)
        return column


class _Step(NamedTuple):
    """Cells that are made together."""

    keys: tuple[str, ...]
    piece: str | None = None
    """The column that they are made of; None where they are the same in a run, or special."""
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
        self._shared: dict[str, dict[str, str]] = {}
        """Layout -> the cells that all records of `_place` in it share."""

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the rows of `batch`; `source` is that of the losses."""
        data = "".join(self._rows(batch, source)).encode("latin-1")
        if _is_utf8(data):
            return data
        parts = groupby(batch, lambda item: not isinstance(item, Record) or _is_utf8(item.raw))
        return b"".join(
            "".join(
                self._rows(list(items), source) if is_utf8 else map(self._object_row, items)
            ).encode("latin-1")
            for is_utf8, items in parts
        )

    def close(self) -> bytes:
        """Return nothing: each row is complete."""
        return b""

    def write_run(self, run: RecordRun) -> bytes:
        """Return the rows of a run, as `write` does of its records."""
        text = run.text[run.starts[0] : run.starts[-1]]
        if not text.isascii() and not _is_utf8(text.encode("latin-1")):
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
                    yield self._run(_RecordRun(cast("list[Record]", list(records))))

    def _run(self, run: Columnar, pieces: Pieces = _PART_BY_PART) -> str:
        """Return the rows of a run that has these columns."""
        plan = self._plans.get(pieces)
        if plan is None:
            self._plans[pieces] = plan = list(self._plan(pieces))
        shared, dialect = self._shared_cells(run), self._dialect
        cells: list[str | Iterable[str]] = [dialect.first]
        for step in plan:
            key = step.keys[0]
            if step.kept is not None:
                cells.append(map(step.kept.__getitem__, getattr(run, step.piece or "")))
            elif key == _TIME:
                cells += [dialect.label(key), *self._times(run)]
            elif key == _MESSAGE:
                cells += [dialect.label(key), dialect.messages(run.message)]
            elif key == _OFFSET:
                cells += [dialect.label(key), map(str, run.block_offset)]
            else:
                cells.append(shared[key])
            cells.append(",")
        cells[-1] = dialect.last
        columns = (*_joined(cells), repeat("", len(run)))  # the last ends them all
        return "".join(chain.from_iterable(zip(*columns, strict=False)))

    def _plan(self, pieces: Pieces) -> Iterator[_Step]:
        """Yield the steps that make the rows of runs that have these columns."""

        def piece_of(key: str) -> tuple[str | None, str]:
            piece = pieces.piece_of(FIELDS[key].part) if key in FIELDS else None
            return piece, "" if piece else key

        for (piece, _), group in groupby(self._keys, piece_of):
            keys = tuple(group)
            yield _Step(keys, piece, Kept(self._maker(pieces, keys)) if piece else None)

    def _maker(self, pieces: Pieces, keys: Sequence[str]) -> Callable[[Any], str]:
        label, value, part_in = self._dialect.label, self._dialect.value, pieces.part_in

        def cells(piece: Any) -> str:
            fields = [(key, FIELDS[key]) for key in keys]
            return ",".join(
                label(key) + value(field.value(part_in(field.part, piece))) for key, field in fields
            )

        return cells

    def _times(self, run: Columnar) -> list[str | Iterable[str]]:
        """Return the cells of the times."""
        hour, quote, stamps = run.hour[0], self._dialect.quote, run.place.stamps
        zones, null = list(run.part("zone")), self._dialect.null
        if not any(run.clock):
            return [null]
        if run.hour.count(hour) == len(run) == zones.count(zones[0]) and all(run.clock):
            around = stamps[hour or "", zones[0]]
            clocks = cast("Sequence[str]", run.clock)
            return [f"{quote}{around[0]}", clocks, f"{around[1]}{quote}"] if around else [null]
        return [
            [
                f"{quote}{around[0]}{clock}{around[1]}{quote}"
                if hour and clock and (around := stamps[hour, zone])
                else null
                for hour, zone, clock in zip(run.hour, zones, run.clock, strict=True)
            ]
        ]

    def _shared_cells(self, run: Columnar) -> dict[str, str]:
        """Return the cells that all records of a run share, by key; made once for a place."""
        place, layout = run.place, run.layout
        if place is not self._place:
            self._place = place
            self._shared.clear()
        found = self._shared.get(layout)
        if found is None:
            values: dict[str, Value] = {
                "type": "record",
                "session": place.session,
                "recovered": place.recovered,
                "source": _as_bytes(printable(place.source)),
                "layout": layout,
                "encoding": UTF_8,
                **{key: _as_bytes(value) for key, value in context_of(place).items()},
            }
            label, value = self._dialect.label, self._dialect.value
            found = {key: label(key) + value(values.get(key)) for key in self._keys}
            self._shared[layout] = found
        return found

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


def _joined(cells: Iterable[str | Iterable[str]]) -> Iterator[Iterable[str]]:
    """Yield columns, and text that is the same in all rows again and again."""
    for is_text, some in groupby(cells, lambda cell: isinstance(cell, str)):
        if is_text:
            yield repeat("".join(cast("Iterable[str]", some)))
        else:
            yield from cast("Iterable[Iterable[str]]", some)


def _as_bytes(value: Any) -> Any:
    """Return a text with one character a byte, anything else as it is."""
    return value.encode().decode("latin-1") if isinstance(value, str) else value


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
