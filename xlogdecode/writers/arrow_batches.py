"""Records that wait until there are enough of them for a batch of Arrow's, in their order."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import Final, NamedTuple, cast

from xlogdecode.records import Loss, Record
from xlogdecode.records.page_reader import cut_apart
from xlogdecode.records.runs import Cutter, RecordRun
from xlogdecode.records.uncut import UncutRun
from xlogdecode.writers.arrow_heads import UnlikeRunsError, heads_of_runs, heads_of_uncut
from xlogdecode.writers.arrow_library import pa
from xlogdecode.writers.arrow_records import record_batch
from xlogdecode.writers.arrow_runs import batch_of

__all__ = ["Batches"]

_LARGEST: Final = 16 << 20
"""Bytes of text after which a batch ends, too."""

_AT_ONCE: Final = 2 << 20
"""Bytes of text that become columns at a time: memory for it is several times as much."""

_WORTH_COLUMNS: Final = 64
"""Records of a run: fewer are made one by one."""

Items = list[Record | Loss]
Part = UncutRun | RecordRun | Items


class Batches:
    """Records and losses that wait."""

    def __init__(self, rows: int, *, marks: bool) -> None:
        """Take how many are enough for a batch; without `marks`, losses are passed over."""
        self._most = rows
        self._marks = marks
        self._parts: list[Part] = []
        self._source = ""
        """That of the losses."""
        self._made: list[pa.Table] = []
        self._waiting = 0
        self._size = 0
        self._of_parts = 0
        """The rows and bytes of all that waits, and the bytes of what is not made yet."""

    def add_part(
        self, part: UncutRun | RecordRun | Sequence[Record | Loss], source: str
    ) -> Iterator["pa.Table"]:
        """Take any part of what was read, in which way it may come."""
        if isinstance(part, UncutRun):
            return self.add_uncut(part)
        return self.add_run(part) if isinstance(part, RecordRun) else self.add(part, source)

    def add(self, batch: Sequence[Record | Loss], source: str) -> Iterator["pa.Table"]:
        """Take records and losses; yield all that wait once they are enough."""
        items = [item for item in batch if self._marks or isinstance(item, Record)]
        if source != self._source and not all(isinstance(item, Record) for item in items):
            self._make()
            self._source = source
        size = sum(len(item[0]) for item in batch if isinstance(item, Record))
        yield from self._add(items, len(items), size)

    def add_run(self, run: RecordRun) -> Iterator["pa.Table"]:
        """Take a run, as `add` takes its records."""
        yield from self._add(_worth_it(run), len(run), run.starts[-1] - run.starts[0])

    def add_uncut(self, run: UncutRun) -> Iterator["pa.Table"]:
        """Take a run that is not cut yet."""
        lines = run.text.count("\n", run.start, run.stop)
        yield from self._add(run, lines, run.stop - run.start)

    def _add(self, part: Part, rows: int, size: int) -> Iterator["pa.Table"]:
        self._parts.append(part)
        self._waiting += rows
        self._size += size
        self._of_parts += size
        if self._of_parts >= _AT_ONCE:
            self._make()
        if self._waiting >= self._most or self._size >= _LARGEST:
            yield from self.rest()

    def rest(self) -> Iterator["pa.Table"]:
        """Yield all that wait, if there are any."""
        self._make()
        made, self._made, self._waiting, self._size = self._made, [], 0, 0
        if made:
            yield pa.concat_tables(made).unify_dictionaries().combine_chunks()

    def _make(self) -> None:
        parts, self._parts, self._of_parts = self._parts, [], 0
        if any(isinstance(part, tuple) or len(part) for part in parts):
            self._made.append(_table_of(parts, self._source))


def _table_of(parts: Sequence[Part], source: str) -> "pa.Table":
    """Return records and losses as a table of `SCHEMA`; `source` is that of the losses."""
    parts, batches = _cut_by_arrow(parts)
    runs: dict[Cutter, list[int]] = {}
    items: list[int] = []
    for number, part in enumerate(parts):
        if isinstance(part, RecordRun):
            runs.setdefault(part.cutter, []).append(number)
        elif isinstance(part, list):
            items.append(number)
    batches += [_batch_of(cast("list[RecordRun]", parts), numbers) for numbers in runs.values()]
    if items:
        singles = cast("list[Items]", [parts[number] for number in items])
        firsts = [*accumulate(map(len, singles), initial=0)]
        batches.append(_Batch(items, firsts, record_batch([*chain(*singles)], source)))
    table = pa.Table.from_batches([batch.rows for batch in batches])
    if len(batches) == 1:
        return table
    order: dict[int, range] = {}
    base = 0
    for batch in batches:
        for number, (first, last) in zip(batch.parts, pairwise(batch.firsts), strict=True):
            order[number] = range(base + first, base + last)
        base += len(batch.rows)
    rows = chain.from_iterable(order[number] for number in sorted(order))
    return table.unify_dictionaries().combine_chunks().take(pa.array(rows, pa.int64()))


class _Batch(NamedTuple):
    """The rows of some parts."""

    parts: Sequence[int]
    """Their numbers."""
    firsts: Sequence[int]
    """The first row of each, and how many rows there are."""
    rows: "pa.RecordBatch"


def _cut_by_arrow(parts: Sequence[Part]) -> tuple[list[Part], list[_Batch]]:
    """Return the parts, and the rows of the runs among them that are still not cut then."""
    parts = [*parts]
    while True:
        runs: dict[Cutter, list[int]] = {}
        for number, part in enumerate(parts):
            if isinstance(part, UncutRun):
                runs.setdefault(part.cutter, []).append(number)
        unlike: list[int] = []
        batches = []
        for numbers in runs.values():
            try:
                heads = heads_of_uncut([cast("UncutRun", parts[number]) for number in numbers])
                batches.append(_Batch(numbers, [*heads.firsts, len(heads)], batch_of(heads)))
            except UnlikeRunsError as error:
                unlike += [numbers[one] for one in error.numbers]
        if not unlike:
            return parts, batches
        for number in sorted(unlike, reverse=True):
            found = cut_apart(cast("UncutRun", parts[number]))
            parts[number : number + 1] = [_worth_it(part) for part in found]


def _worth_it(part: RecordRun | Sequence[Record]) -> RecordRun | Items:
    """Return a run as it is, or its records."""
    if isinstance(part, RecordRun):
        return part if len(part) >= _WORTH_COLUMNS else [*part.records()]
    return [*part]


def _batch_of(parts: Sequence[RecordRun], numbers: Sequence[int]) -> _Batch:
    runs = [parts[number] for number in numbers]
    firsts = [*accumulate(map(len, runs), initial=0)]
    try:
        return _Batch(numbers, firsts, batch_of(heads_of_runs(runs)))
    except pa.ArrowInvalid:  # what is no UTF-8, or a clock as no ISO time has it
        return _Batch(numbers, firsts, record_batch([one for run in runs for one in run.records()]))
