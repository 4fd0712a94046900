"""Records as columns of one fixed schema, made from the parts of one record after the other.

The parts are one character a byte: a message is never decoded here, Arrow gets its bytes. One that
is no UTF-8 is escaped as in JSON.
"""

from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import accumulate
from typing import Any, Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.record import SEVERITIES, Place, parse_who
from xlogdecode.records.sessions import SESSION_LAYOUTS
from xlogdecode.records.timestamps import Stamps
from xlogdecode.writers.arrow_library import pa
from xlogdecode.writers.objects import UTF_8, as_object, printable

__all__ = ["NAMES", "SCHEMA", "Clock", "record_batch", "text_of", "texts"]

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
    """Return a part of a record, one character a byte, as text."""
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
