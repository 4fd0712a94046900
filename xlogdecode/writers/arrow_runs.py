"""Runs of records as Arrow columns: what comes again and again is taken apart once.

The heads of a run are pieces that few records have for themselves (`records.runs`). Arrow finds
the distinct ones; only these are taken apart, and the rest is arithmetic on their numbers.
"""

from collections.abc import Callable
from typing import Any, Final

from xlogdecode.records.record import SEVERITIES, parse_who
from xlogdecode.records.sessions import SESSION_LAYOUTS
from xlogdecode.writers.arrow_heads import Heads
from xlogdecode.writers.arrow_library import pa, pc
from xlogdecode.writers.arrow_records import NAMES, SCHEMA, Clock, text_of
from xlogdecode.writers.objects import UTF_8, printable

__all__ = ["batch_of"]

_HOUR: Final = "1970-01-01 00"
"""Is put before a clock, so that Arrow reads it as a time from the start of the hour."""


def batch_of(heads: Heads) -> "pa.RecordBatch":
    """Return records as columns of `SCHEMA`; all are of one source.

    Raises pa.ArrowInvalid for a clock as no ISO time has it.
    """
    parts, count = _Parts(heads), len(heads)
    times, zones = _times(heads)
    layout = heads.cutter.layout
    kind = "session" if layout in SESSION_LAYOUTS else "record"
    columns = {
        "type": _same(kind, count),
        "time": times,
        "utc_offset": zones,
        "level": parts.names("level"),
        "severity": parts.values("level", SEVERITIES.get, pa.int8()),
        "pid": parts.values("who", lambda who: parse_who(who).pid, pa.int64()),
        "tid": parts.values("who", lambda who: parse_who(who).tid, pa.int64()),
        "main_thread": parts.values("who", lambda who: parse_who(who).main_thread, pa.bool_()),
        "tag": parts.names("tag"),
        "file": parts.names("file"),
        "line": parts.values("at", lambda at: int(at) if at else None, pa.int32()),
        "function": parts.names("function"),
        "message": heads.message,
        "session": pa.array([one.session for one in heads.places], pa.int32()).take(heads.run),
        "recovered": pa.array([one.recovered for one in heads.places]).take(heads.run),
        "layout": _same(layout, count),
        "source": _by_run(heads, [printable(one.source) for one in heads.places]),
        "block_offset": heads.block_offset,
        "text_line": _text_lines(heads),
        "encoding": _same(UTF_8, count),
        "lost_bytes": pa.nulls(count, pa.int64()),
        "reason": _same(None, count),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)


class _Parts:
    """The parts of the pieces of heads."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads

    def values(self, part: str, value: Callable[[Any], Any], kind: "pa.DataType") -> "pa.Array":
        """Return what `value` makes of a part of each record."""
        found = self._parts(part)
        if found is None:
            return pa.repeat(pa.scalar(value(None), kind), len(self._heads))
        numbers, parts = found
        return pa.array(map(value, parts), kind).take(numbers)

    def names(self, part: str) -> "pa.DictionaryArray":
        """Return a part of each record that is a text."""
        found = self._parts(part)
        if found is None:
            return _same(None, len(self._heads))
        numbers, parts = found
        readable = [None if text is None else text_of(text) for text in parts]
        coded = pa.array(readable, pa.string()).dictionary_encode()
        return pa.DictionaryArray.from_arrays(coded.indices.take(numbers), coded.dictionary)

    def _parts(self, part: str) -> "tuple[pa.Array, list[Any]] | None":
        cutter = self._heads.cutter
        piece = cutter.piece_of(part)
        if piece is None:
            return None
        numbers, pieces = self._heads.pieces[piece]
        return numbers, [cutter.part_in(part, one) for one in pieces]


def _times(heads: Heads) -> tuple["pa.Array", "pa.Array"]:
    """Return the times of the records, and the minutes of their zones.

    Both follow from the run and the pieces that have the hour and the zone: few are distinct.
    """
    cutter, key, counts = heads.cutter, heads.run, []
    names = {name: cutter.piece_of(name) for name in ("hour", "zone")}
    for piece in dict.fromkeys(piece for piece in names.values() if piece):
        numbers, pieces = heads.pieces[piece]
        key = pc.add(pc.multiply(key, len(pieces)), numbers.cast(pa.int64()))
        counts.append((piece, pieces))
    coded = key.dictionary_encode()
    clock = Clock()
    found = []
    for one in coded.dictionary.to_pylist():
        rest, parts = one, {}
        for piece, pieces in reversed(counts):
            rest, number = divmod(rest, len(pieces))
            parts[piece] = pieces[number]
        hour, zone = (piece and cutter.part_in(name, parts[piece]) for name, piece in names.items())
        around = heads.places[rest].stamps[hour or "", zone]
        found.append(clock.hour(around) if around else (None, None))
    hours = pa.array([hour for hour, _ in found], pa.int64()).take(coded.indices)
    zones = pa.array([zone for _, zone in found], pa.int16()).take(coded.indices)
    clocks = pc.binary_join_element_wise(_HOUR, heads.clock, "")
    times = pc.add(clocks.cast(pa.timestamp("us")).cast(pa.int64()), hours)
    return times.cast(pa.timestamp("us", "UTC")), zones


def _text_lines(heads: Heads) -> "pa.Array":
    """Return the number of the first line of each record."""
    lines = pc.add(pc.count_substring(heads.message, "\n").cast(pa.int64()), 1)
    after = pc.cumulative_sum(lines)
    before = pc.subtract(after, lines)
    bases = pc.subtract(pa.array(heads.text_lines, pa.int64()), before.take(pa.array(heads.firsts)))
    return pc.add(before, bases.take(heads.run))


def _by_run(heads: Heads, texts: list[str]) -> "pa.DictionaryArray":
    """Return a column of the text of each record's run."""
    coded = pa.array(texts, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices.take(heads.run), coded.dictionary)


def _zeros(count: int) -> "pa.Array":
    return pa.repeat(pa.scalar(0, pa.int32()), count)


def _same(text: str | None, count: int) -> "pa.DictionaryArray":
    """Return a column that has one text, or nothing, in all rows."""
    if text is None:
        return pa.nulls(count, NAMES)
    return pa.DictionaryArray.from_arrays(_zeros(count), pa.array([text], pa.string()))
