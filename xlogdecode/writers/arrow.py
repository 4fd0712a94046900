"""Apache Arrow: records as columns of one fixed schema; as a stream, and as a Parquet file.

Columns are made a batch at a time from the parts of the records, which are one character a byte:
a message is never decoded here, Arrow gets its bytes. One that is no UTF-8 is escaped as in JSON.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from io import BytesIO
from itertools import accumulate, islice
from typing import Any, Final

from xlogdecode.errors import MissingExtraError
from xlogdecode.records import Loss, Record
from xlogdecode.records.record import SEVERITIES, Place, parse_who
from xlogdecode.records.sessions import SESSION_LAYOUTS
from xlogdecode.records.timestamps import Stamps
from xlogdecode.writers.objects import UTF_8, as_object, printable

try:
    import pyarrow as pa
except ImportError:
    raise MissingExtraError(
        "Arrow and Parquet need pyarrow: run pip install 'xlogdecode[arrow]'"
    ) from None

__all__ = ["SCHEMA", "ArrowWriter", "ParquetWriter", "read_batches", "record_batch"]

_NAMES: Final = pa.dictionary(pa.int32(), pa.string())

SCHEMA: Final = pa.schema(
    [
        ("type", _NAMES),
        ("time", pa.timestamp("us", "UTC")),
        ("utc_offset", pa.int16()),
        ("level", _NAMES),
        ("severity", pa.int8()),
        ("pid", pa.int64()),
        ("tid", pa.int64()),
        ("main_thread", pa.bool_()),
        ("tag", _NAMES),
        ("file", _NAMES),
        ("line", pa.int32()),
        ("function", _NAMES),
        ("message", pa.string()),
        ("session", pa.int32()),
        ("recovered", pa.bool_()),
        ("layout", _NAMES),
        ("source", _NAMES),
        ("block_offset", pa.int64()),
        ("text_line", pa.int64()),
        ("encoding", _NAMES),
        ("lost_bytes", pa.int64()),
        ("reason", _NAMES),
    ]
)
"""The columns. `time` is in microseconds of UTC; a time whose zone is not known is taken as if it
were UTC, and has no `utc_offset`, which is in minutes. `type` is `record`, `session` (a line that
opens or closes one) or `damage`, which alone has `lost_bytes` and `reason`."""

_ROWS: Final = 1 << 17
"""Rows of a group of a Parquet file."""

_BATCH: Final = 1 << 14
"""Rows of a batch of a stream."""

_LARGEST: Final = 16 << 20
"""Bytes of messages after which a batch or a group ends, too."""


class _Clock:
    """The times of records as microseconds; what comes again and again is worked out once."""

    _BOUND: Final = 4096

    def __init__(self) -> None:
        self._hours: dict[tuple[str, str], tuple[int, int | None]] = {}
        self._seconds: dict[str, int] = {}

    def at(self, around: tuple[str, str], clock: str) -> tuple[int, int | None]:
        """Return a time, and the minutes of its zone, which is None where that is not known."""
        if around not in self._hours:
            self._hours[around] = self._hour(around)
        hour, zone = self._hours[around]
        second = clock[:6]
        if second not in self._seconds:
            if len(self._seconds) >= self._BOUND:
                self._seconds.clear()
            self._seconds[second] = (int(second[1:3]) * 60 + int(second[4:6])) * 1_000_000
        part = clock[7:13]
        micros = int(part) * 10 ** (6 - len(part)) if part else 0
        return hour + self._seconds[second] + micros, zone

    def _hour(self, around: tuple[str, str]) -> tuple[int, int | None]:
        if len(self._hours) >= self._BOUND:
            self._hours.clear()
        start = datetime.fromisoformat(f"{around[0]}:00:00{around[1] or '+00:00'}")
        offset = start.utcoffset()
        minutes = None if not around[1] or offset is None else int(offset.total_seconds()) // 60
        return int(start.timestamp()) * 1_000_000, minutes


def record_batch(items: Sequence[Record | Loss], source: str = "") -> "pa.RecordBatch":
    """Return records and losses as a batch of `SCHEMA`; `source` is that of the losses."""
    rows = [item if isinstance(item, Record) else _as_record(item, source) for item in items]
    if not rows:
        return pa.RecordBatch.from_pylist([], SCHEMA)
    (_, levels, hours, clocks, zones, who, tags, files, lines, functions, messages, layouts, places,
     offsets, text_lines) = zip(*rows, strict=True)  # fmt: skip
    clock = _Clock()
    times = [
        clock.at(around, at) if at and (around := place.stamps[hour, zone]) else (None, None)
        for place, hour, at, zone in zip(places, hours, clocks, zones, strict=True)
    ]
    threads = {one: parse_who(one) for one in dict.fromkeys(who)}
    found = [threads[one] for one in who]
    message, encodings = _messages(messages, items, source)
    sources = [place.source for place in places]
    shown = {name: printable(name).encode().decode("latin-1") for name in set(sources)}
    losses = [
        (None, None) if isinstance(item, Record) else (item.length, item.reason) for item in items
    ]
    columns = [
        _names(_type_of(item) for item in items),
        pa.array([time for time, _ in times], pa.timestamp("us", "UTC")),
        pa.array([zone for _, zone in times], pa.int16()),
        _names(levels),
        pa.array([SEVERITIES.get(level) for level in levels], pa.int8()),
        pa.array([one.pid for one in found], pa.int64()),
        pa.array([one.tid for one in found], pa.int64()),
        pa.array([one.main_thread for one in found], pa.bool_()),
        _names(tags),
        _names(files),
        pa.array([int(line) if line else None for line in lines], pa.int32()),
        _names(functions),
        message,
        pa.array([place.session for place in places], pa.int32()),
        pa.array([place.recovered for place in places], pa.bool_()),
        _names(layouts),
        _names(shown[name] for name in sources),
        pa.array(offsets, pa.int64()),
        pa.array(text_lines, pa.int64()),
        _names(encodings),
        pa.array([length for length, _ in losses], pa.int64()),
        _names(reason for _, reason in losses),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def read_batches(
    logs: Iterable[tuple[str, Iterable[Record | Loss]]],
) -> "pa.RecordBatchReader":
    """Return a reader of the records and losses of logs, each with its source."""

    def batches() -> Iterator["pa.RecordBatch"]:
        for source, items in logs:
            rest = iter(items)
            while some := list(islice(rest, _BATCH)):
                yield record_batch(some, source)

    return pa.RecordBatchReader.from_batches(SCHEMA, batches())


def _as_record(loss: Loss, source: str) -> tuple[Any, ...]:
    """Return the parts of a row of a loss, as those of a record are."""
    message = as_object(loss, source)["message"].encode().decode("latin-1")
    return (*_NO_PARTS, message, None, _place(source), loss.offset, None)


_NO_PARTS: Final = (None,) * 10


@cache
def _place(source: str) -> Place:
    return Place(source, None, recovered=False, stamps=Stamps())


def _type_of(item: Record | Loss) -> str:
    if not isinstance(item, Record):
        return "damage"
    return "session" if item.layout in SESSION_LAYOUTS else "record"


def _names(values: Iterable[str | None]) -> "pa.DictionaryArray":
    """Return texts that are often the same, one character a byte, as a column."""
    coded = pa.array(values, pa.string()).dictionary_encode()
    texts = coded.dictionary.to_pylist()
    if all(text.isascii() for text in texts):
        return coded
    return pa.DictionaryArray.from_arrays(coded.indices, [_text(text) for text in texts])


def _text(part: str) -> str:
    return part.encode("latin-1").decode("utf-8", "backslashreplace")


def _messages(
    parts: Sequence[str], items: Sequence[Record | Loss], source: str
) -> tuple["pa.StringArray", list[str]]:
    """Return messages as a column, and the `encoding` of each."""
    ends = array("i", accumulate(map(len, parts), initial=0))
    data = "".join(parts).encode("latin-1")
    column = pa.StringArray.from_buffers(len(parts), pa.py_buffer(ends), pa.py_buffer(data))
    try:
        column.validate(full=not data.isascii())
    except pa.ArrowInvalid:
        found = [as_object(item, source) for item in items]
        return pa.array([one["message"] for one in found]), [one["encoding"] for one in found]
    return column, [UTF_8] * len(parts)


class _Batches:
    """Records that wait until there are enough of them for a batch, and batches for a table."""

    def __init__(self, rows: int, *, marks: bool) -> None:
        self._most = rows
        self._marks = marks
        self._items: list[Record | Loss] = []
        self._source = ""
        self._made: list[pa.RecordBatch] = []
        self._size = 0

    def add(self, batch: Sequence[Record | Loss], source: str) -> Iterator["pa.Table"]:
        """Take records and losses; yield all that wait once they are enough."""
        if source != self._source:
            self._make()
            self._source = source
        self._items += [item for item in batch if self._marks or isinstance(item, Record)]
        self._size += sum(len(item[0]) for item in batch if isinstance(item, Record))
        if len(self._items) >= _BATCH or self._size >= _LARGEST:
            self._make()
        if sum(made.num_rows for made in self._made) >= self._most or self._size >= _LARGEST:
            yield from self.rest()

    def rest(self) -> Iterator["pa.Table"]:
        """Yield all that wait, if there are any."""
        self._make()
        made, self._made, self._size = self._made, [], 0
        if made:
            yield pa.Table.from_batches(made).unify_dictionaries().combine_chunks()

    def _make(self) -> None:
        if self._items:
            self._made.append(record_batch(self._items, self._source))
            self._items = []


class _Drained(BytesIO):
    """A file whose bytes are taken out as they come; Parquet asks where it is in all of it."""

    closed = False

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0

    def tell(self) -> int:
        return self._taken + super().tell()

    def take(self) -> bytes:
        data = self.getvalue()
        self._taken += len(data)
        self.seek(0)
        self.truncate()
        return data


class ArrowWriter:
    """Writes a stream of Arrow's IPC format."""

    header = b""

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are passed over."""
        self._batches = _Batches(_BATCH, marks=marks)
        self._file = _Drained()
        self._stream = pa.ipc.new_stream(
            self._file, SCHEMA, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=False)
        )

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return what the stream has more with `batch`; `source` is that of the losses."""
        for table in self._batches.add(batch, source):
            self._stream.write_table(table)
        return self._file.take()

    def close(self) -> bytes:
        """Return the end of the stream."""
        for table in self._batches.rest():
            self._stream.write_table(table)
        self._stream.close()
        return self._file.take()


class ParquetWriter:
    """Writes a Parquet file, its columns packed by zstd."""

    header = b""

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are passed over."""
        from pyarrow.parquet import ParquetWriter as Writer

        self._batches = _Batches(_ROWS, marks=marks)
        self._file = _Drained()
        self._parquet = Writer(self._file, SCHEMA, compression="zstd")

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return what the file has more with `batch`; `source` is that of the losses."""
        for table in self._batches.add(batch, source):
            self._parquet.write_table(table)
        return self._file.take()

    def close(self) -> bytes:
        """Return the rest of the file, which can be read from then on."""
        for table in self._batches.rest():
            self._parquet.write_table(table)
        self._parquet.close()
        return self._file.take()
