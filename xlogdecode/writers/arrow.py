"""Apache Arrow: records as columns of one fixed schema; as a stream, and as a Parquet file.

Columns are made a batch at a time from the parts of the records, which are one character a byte:
a message is never decoded here, Arrow gets its bytes. One that is no UTF-8 is escaped as in JSON.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from io import BytesIO
from itertools import accumulate, chain, islice
from typing import Any, Final

from xlogdecode.errors import MissingExtraError
from xlogdecode.records import Loss, Record
from xlogdecode.records.record import SEVERITIES, Place, parse_who
from xlogdecode.records.runs import RecordRun
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

NAMES: Final = pa.dictionary(pa.int32(), pa.string())
"""The type of texts that come again and again."""

SCHEMA: Final = pa.schema(
    [
        ("type", NAMES),
        ("time", pa.timestamp("us", "UTC")),
        ("utc_offset", pa.int16()),
        ("level", NAMES),
        ("severity", pa.int8()),
        ("pid", pa.int64()),
        ("tid", pa.int64()),
        ("main_thread", pa.bool_()),
        ("tag", NAMES),
        ("file", NAMES),
        ("line", pa.int32()),
        ("function", NAMES),
        ("message", pa.string()),
        ("session", pa.int32()),
        ("recovered", pa.bool_()),
        ("layout", NAMES),
        ("source", NAMES),
        ("block_offset", pa.int64()),
        ("text_line", pa.int64()),
        ("encoding", NAMES),
        ("lost_bytes", pa.int64()),
        ("reason", NAMES),
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


class Clock:
    """The times of records as microseconds; what comes again and again is worked out once."""

    _BOUND: Final = 4096

    def __init__(self) -> None:
        self._hours: dict[tuple[str, str], tuple[int, int | None]] = {}
        self._seconds: dict[str, int] = {}

    def at(self, around: tuple[str, str], clock: str) -> tuple[int, int | None]:
        """Return a time, and the minutes of its zone, which is None where that is not known."""
        if around not in self._hours:
            self._hours[around] = self.hour(around)
        hour, zone = self._hours[around]
        second = clock[:6]
        if second not in self._seconds:
            if len(self._seconds) >= self._BOUND:
                self._seconds.clear()
            self._seconds[second] = (int(second[1:3]) * 60 + int(second[4:6])) * 1_000_000
        part = clock[7:13]
        micros = int(part) * 10 ** (6 - len(part)) if part else 0
        return hour + self._seconds[second] + micros, zone

    def hour(self, around: tuple[str, str]) -> tuple[int, int | None]:
        """Return when an hour begins, and the minutes of its zone."""
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
    clock = Clock()
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
    return pa.DictionaryArray.from_arrays(coded.indices, [text_of(text) for text in texts])


def text_of(part: str) -> str:
    return part.encode("latin-1").decode("utf-8", "backslashreplace")


def _messages(
    parts: Sequence[str], items: Sequence[Record | Loss], source: str
) -> tuple["pa.StringArray", list[str]]:
    """Return messages as a column, and the `encoding` of each."""
    try:
        column = texts(parts)
    except pa.ArrowInvalid:
        found = [as_object(item, source) for item in items]
        return pa.array([one["message"] for one in found]), [one["encoding"] for one in found]
    return column, [UTF_8] * len(parts)


def texts(parts: Sequence[str]) -> "pa.StringArray":
    """Return texts, one character a byte, as a column. Raises pa.ArrowInvalid if not UTF-8."""
    ends = array("i", accumulate(map(len, parts), initial=0))
    data = "".join(parts).encode("latin-1")
    column = pa.StringArray.from_buffers(len(parts), pa.py_buffer(ends), pa.py_buffer(data))
    column.validate(full=not data.isascii())
    return column


class _Batches:
    """Records that wait until there are enough of them for a batch, and batches for a table."""

    def __init__(self, rows: int, *, marks: bool) -> None:
        self._most = rows
        self._marks = marks
        self._items: list[Record | Loss] = []
        self._runs: list[RecordRun] = []
        self._order: list[tuple[bool, int]] = []
        """Whether they are a run, and how many: of all that wait, as they came."""
        self._source = ""
        self._made: list[pa.Table] = []
        self._waiting = 0
        self._size = 0

    def add(self, batch: Sequence[Record | Loss], source: str) -> Iterator["pa.Table"]:
        """Take records and losses; yield all that wait once they are enough."""
        if source != self._source:
            self._make()
            self._source = source
        items = [item for item in batch if self._marks or isinstance(item, Record)]
        self._items += items
        self._order.append((False, len(items)))
        self._size += sum(len(item[0]) for item in batch if isinstance(item, Record))
        yield from self._enough(len(items))

    def add_run(self, run: RecordRun) -> Iterator["pa.Table"]:
        """Take a run, as `add` takes its records."""
        if run.place.source != self._source:
            self._make()
            self._source = run.place.source
        self._runs.append(run)
        self._order.append((True, len(run)))
        self._size += run.starts[-1] - run.starts[0]
        yield from self._enough(len(run))

    def _enough(self, more: int) -> Iterator["pa.Table"]:
        self._waiting += more
        if self._waiting >= _BATCH or self._size >= _LARGEST:
            self._make()
        if sum(made.num_rows for made in self._made) >= self._most or self._size >= _LARGEST:
            yield from self.rest()

    def rest(self) -> Iterator["pa.Table"]:
        """Yield all that wait, if there are any."""
        self._make()
        made, self._made, self._size = self._made, [], 0
        if made:
            yield pa.concat_tables(made).unify_dictionaries().combine_chunks()

    def _make(self) -> None:
        if self._waiting:
            self._made.append(_in_order(self._runs, self._items, self._order, self._source))
        self._items, self._runs, self._order, self._waiting = [], [], [], 0


def _in_order(
    runs: Sequence[RecordRun],
    items: Sequence[Record | Loss],
    order: Sequence[tuple[bool, int]],
    source: str,
) -> "pa.Table":
    """Return runs, and what else there is, as a table of `SCHEMA` in the order in which it came."""
    from xlogdecode.writers.arrow_runs import batches_of

    batches, places = batches_of(runs)
    if not runs or (not items and len(batches) == 1):
        return pa.Table.from_batches([*batches, *([record_batch(items, source)] if items else [])])
    if items:
        batches.append(record_batch(items, source))
    rows = chain.from_iterable(
        range(start, start + count) for start, count in _starts(order, places, sum(map(len, runs)))
    )
    table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    return table.take(pa.array(rows, pa.int64()))


def _starts(
    order: Iterable[tuple[bool, int]], places: Iterable[int], items_at: int
) -> Iterator[tuple[int, int]]:
    """Yield where the rows of each are in the table, and how many they are."""
    of_runs = iter(places)
    for is_run, count in order:
        if is_run:
            yield next(of_runs), count
        else:
            yield items_at, count
            items_at += count


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

    def write_run(self, run: RecordRun) -> bytes:
        """Return what the stream has more with a run."""
        for table in self._batches.add_run(run):
            self._stream.write_table(table)
        return self._file.take()

    def close(self) -> bytes:
        """Return the end of the stream."""
        for table in self._batches.rest():
            self._stream.write_table(table)
        self._stream.close()
        return self._file.take()


_STEADY: Final = ("time", "block_offset", "text_line")
"""Columns whose values grow by little: their differences take less room than a dictionary."""

_SINGULAR: Final = (*_STEADY, "message")
"""Columns whose values seldom come again."""


def parquet_file(file: Any, schema: "pa.Schema") -> Any:
    """Return pyarrow's writer to a file, or to its path, of columns of `SCHEMA`; packed by zstd."""
    from pyarrow.parquet import ParquetWriter as Writer

    return Writer(
        file,
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in _SINGULAR],
        column_encoding={name: "DELTA_BINARY_PACKED" for name in _STEADY if name in schema.names},
    )


class ParquetWriter:
    """Writes a Parquet file."""

    header = b""

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are passed over."""
        self._batches = _Batches(_ROWS, marks=marks)
        self._file = _Drained()
        self._parquet = parquet_file(self._file, SCHEMA)

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return what the file has more with `batch`; `source` is that of the losses."""
        for table in self._batches.add(batch, source):
            self._parquet.write_table(table)
        return self._file.take()

    def write_run(self, run: RecordRun) -> bytes:
        """Return what the file has more with a run."""
        for table in self._batches.add_run(run):
            self._parquet.write_table(table)
        return self._file.take()

    def close(self) -> bytes:
        """Return the rest of the file, which can be read from then on."""
        for table in self._batches.rest():
            self._parquet.write_table(table)
        self._parquet.close()
        return self._file.take()
