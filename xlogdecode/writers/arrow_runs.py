"""Runs of records as Arrow columns: what comes again and again is taken apart once.

The heads of a run are pieces that few records have for themselves (`records.runs`). Arrow finds
the distinct ones; only these are taken apart, and the rest is arithmetic on their numbers.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, chain, repeat
from operator import add
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from xlogdecode.records.record import SEVERITIES, parse_who
from xlogdecode.records.runs import PIECES, Cutter, RecordRun
from xlogdecode.records.sessions import SESSION_LAYOUTS
from xlogdecode.writers.arrow import NAMES, SCHEMA, Clock, record_batch, text_of, texts
from xlogdecode.writers.objects import UTF_8, printable

__all__ = ["batches_of"]

_HOUR: Final = "1970-01-01 00"
"""Is put before a clock, so that Arrow reads it as a time from the start of the hour."""


def batches_of(runs: Sequence[RecordRun]) -> tuple[list["pa.RecordBatch"], list[int]]:
    """Return a batch for all runs of a layout, and where in all batches the rows of each run begin.

    All runs are of one source.
    """
    by_cutter: dict[Cutter, list[int]] = {}
    for number, run in enumerate(runs):
        by_cutter.setdefault(run.cutter, []).append(number)
    places, batches, row = [0] * len(runs), [], 0
    for numbers in by_cutter.values():
        batches.append(_batch_of([runs[number] for number in numbers]))
        for number in numbers:
            places[number] = row
            row += len(runs[number])
    return batches, places


def _batch_of(runs: Sequence[RecordRun]) -> "pa.RecordBatch":
    try:
        return _columns_of(runs)
    except pa.ArrowInvalid:  # what is no UTF-8, or a clock as no ISO time has it
        return record_batch([record for run in runs for record in run.records()])


def _columns_of(runs: Sequence[RecordRun]) -> "pa.RecordBatch":
    """Return runs of one layout as columns. Raises pa.ArrowInvalid for what takes longer."""
    parts = _Parts(runs)
    first, count = runs[0], sum(map(len, runs))
    times, zones = _times(runs)
    shown = printable(first.place.source)
    lines = chain.from_iterable(map(_lines_of, runs))
    kind = "session" if first.layout in SESSION_LAYOUTS else "record"
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
        "message": texts(_chained(runs, "message")),
        "session": _by_run(runs, lambda run: run.place.session, pa.int32()),
        "recovered": _by_run(runs, lambda run: run.place.recovered, pa.bool_()),
        "layout": _same(first.layout, count),
        "source": _same(shown, count),
        "block_offset": pa.array(_chained(runs, "block_offset"), pa.int64()),
        "text_line": pa.array(lines, pa.int64()),
        "encoding": _same(UTF_8, count),
        "lost_bytes": pa.nulls(count, pa.int64()),
        "reason": _same(None, count),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)


class _Parts:
    """The parts of the pieces of runs."""

    def __init__(self, runs: Sequence[RecordRun]) -> None:
        self._cutter = runs[0].cutter
        self._count = sum(map(len, runs))
        self._pieces: dict[str, tuple[pa.Array, list[str]]] = {}
        """Of each kind of pieces: which one each record has, and the distinct ones."""
        for name in PIECES:
            coded = pa.array(_chained(runs, name), pa.string()).dictionary_encode()
            self._pieces[name] = coded.indices, coded.dictionary.to_pylist()

    def values(self, part: str, value: Callable[[Any], Any], kind: "pa.DataType") -> "pa.Array":
        """Return what `value` makes of a part of each record."""
        found = self._parts(part)
        if found is None:
            return pa.array([value(None)], kind).take(_zeros(self._count))
        numbers, parts = found
        return pa.array(map(value, parts), kind).take(numbers)

    def names(self, part: str) -> "pa.DictionaryArray":
        """Return a part of each record that is a text."""
        found = self._parts(part)
        if found is None:
            return _same(None, self._count)
        numbers, parts = found
        readable = [None if text is None else text_of(text) for text in parts]
        coded = pa.array(readable, pa.string()).dictionary_encode()
        return pa.DictionaryArray.from_arrays(coded.indices.take(numbers), coded.dictionary)

    def _parts(self, part: str) -> "tuple[pa.Array, list[Any]] | None":
        piece = self._cutter.piece_of(part)
        if piece is None:
            return None
        numbers, pieces = self._pieces[piece]
        return numbers, [self._cutter.part_in(part, one) for one in pieces]


def _times(runs: Sequence[RecordRun]) -> tuple["pa.Array", "pa.Array"]:
    """Return the times of the records, and the minutes of their zones."""
    clock = Clock()
    hours: list[int | None] = []
    zones: list[int | None] = []
    for run in runs:
        arounds = run.hours
        found = {around: clock.hour(around) if around else (None, None) for around in {*arounds}}
        hours += [found[around][0] for around in arounds]
        zones += [found[around][1] for around in arounds]
    clocks = pa.array(map(_HOUR.__add__, _chained(runs, "clock")), pa.string())
    within = clocks.cast(pa.timestamp("us")).cast(pa.int64())
    times = pc.add(within, pa.array(hours, pa.int64()))
    return times.cast(pa.timestamp("us", "UTC")), pa.array(zones, pa.int16())


def _lines_of(run: RecordRun) -> Iterable[int]:
    """Return the number of the first line of each record."""
    if "\n" not in "".join(run.message):
        return range(run.text_line, run.text_line + len(run))
    breaks = map(str.count, run.message[:-1], repeat("\n"))
    return accumulate(map(add, breaks, repeat(1)), initial=run.text_line)


def _chained(runs: Sequence[RecordRun], column: str) -> list[Any]:
    return list(chain.from_iterable(getattr(run, column) for run in runs))


def _by_run(
    runs: Sequence[RecordRun], value: Callable[[RecordRun], Any], kind: "pa.DataType"
) -> "pa.Array":
    """Return what is the same for all records of a run."""
    return pa.concat_arrays([pa.repeat(pa.scalar(value(run), kind), len(run)) for run in runs])


def _zeros(count: int) -> "pa.Array":
    return pa.repeat(pa.scalar(0, pa.int32()), count)


def _same(text: str | None, count: int) -> "pa.DictionaryArray":
    """Return a column that has one text, or nothing, in all rows."""
    if text is None:
        return pa.nulls(count, NAMES)
    return pa.DictionaryArray.from_arrays(_zeros(count), pa.array([text], pa.string()))
