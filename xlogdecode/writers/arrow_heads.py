"""Records of one layout as Arrow has them: the pieces of their heads, and what is behind these.

There are two ways to them. Runs that are cut already have their pieces as texts. The text of runs
that are not (`records.uncut`) is cut here by Arrow, all records at once: at the line starts of
the layout, and at its divider. The patterns of the layout then look at each distinct piece, so
that a run in which a single record is unlike that is told from the others.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, chain
from typing import Any, Final, NamedTuple, cast

from xlogdecode.encodings import is_utf8
from xlogdecode.records.record import Place
from xlogdecode.records.runs import PIECES, Cutter, RecordRun
from xlogdecode.records.uncut import Finder, UncutRun, finder_of
from xlogdecode.writers.arrow_library import pa, pc
from xlogdecode.writers.arrow_records import texts

__all__ = ["Heads", "UnlikeRunsError", "heads_of_runs", "heads_of_uncut"]


_END: Final = 1 << 30
"""More bytes than any cell has."""


class Heads(NamedTuple):
    """Records of one layout, in runs."""

    cutter: Cutter
    places: list[Place]
    text_lines: list[int]
    """The place and the first line of each run."""
    run: "pa.Array"
    """The number of each record's run."""
    firsts: list[int]
    """The number of each run's first record."""
    pieces: dict[str, tuple["pa.Array", list[str]]]
    """Of each kind of pieces (`runs.PIECES`): which one each record has, and the distinct ones."""
    clock: "pa.StringArray"
    message: "pa.StringArray"
    block_offset: "pa.Array"

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.message)


class UnlikeRunsError(Exception):
    """Some runs hold a record that is not cut as the others are."""

    def __init__(self, numbers: set[int]) -> None:
        """Take the numbers of the runs."""
        super().__init__(numbers)
        self.numbers = numbers


def heads_of_runs(runs: Sequence[RecordRun]) -> Heads:
    """Return runs of one layout. Raises pa.ArrowInvalid for messages that are not UTF-8."""
    firsts = [*accumulate(map(len, runs), initial=0)]
    pieces = {}
    for name in PIECES:
        coded = pa.array(_chained(runs, name), pa.string()).dictionary_encode()
        pieces[name] = coded.indices, coded.dictionary.to_pylist()
    return Heads(
        runs[0].cutter,
        [run.place for run in runs],
        [run.text_line for run in runs],
        _spread(range(len(runs)), firsts[1:]),
        firsts[:-1],
        pieces,
        pa.array(_chained(runs, "clock"), pa.string()),
        texts(_chained(runs, "message")),
        pa.array(_chained(runs, "block_offset"), pa.int64()),
    )


class _Widths(NamedTuple):
    """The signs of a head, as those of a layout usually are."""

    start: int
    """Those between the opening and the clock."""
    clock: int
    before: int
    """The dividers before the tail."""
    is_behind: bool
    """The last of these is the sign before the tail."""
    all: int
    """The dividers of the head."""


@cache
def _widths(cutter: Cutter) -> _Widths:
    finder = cast("Finder", finder_of(cutter.layout))  # or else the run would be cut
    divider = finder.row.divider
    _, start, clock, behind, source, _ = cutter.split(f"\n{finder.row.samples[0]}")
    before = behind.count(divider)
    opening = len(f"\n{finder.opening}")
    is_behind = behind.endswith(divider)
    return _Widths(
        len(start) - opening, len(clock), before, is_behind, before + source.count(divider)
    )


def heads_of_uncut(runs: Sequence[UncutRun]) -> Heads:
    """Return runs of one layout.

    Raises UnlikeRunsError if some hold a record whose head is cut off, or a byte that is not UTF-8.
    """
    cutter = runs[0].cutter
    finder = cast("Finder", finder_of(cutter.layout))  # or else the run would be cut
    opening, divider, width = f"\n{finder.opening}", finder.row.divider, _widths(cutter)
    starts = [*accumulate((run.stop - run.start for run in runs), initial=0)]
    data = "".join(["\n", *(run.text[run.start : run.stop] for run in runs)]).encode("latin-1")
    page = pa.array([memoryview(data)[:-1]], pa.binary())
    rows = pc.split_pattern(page, opening).flatten()[1:]
    sizes = pc.add(pc.binary_length(rows).cast(pa.int64()), len(opening))
    ends = memoryview(pc.cumulative_sum(sizes).buffers()[1]).cast("q")[: len(rows)]
    firsts = [bisect_left(ends, start) + 1 if start else 0 for start in starts[:-1]]
    parted = pc.split_pattern(rows, divider, max_splits=width.all)
    _check(pc.equal(pc.list_value_length(parted), width.all + 1), firsts)
    cells = [pc.list_element(parted, number) for number in range(width.all + 1)]
    behind_clock = width.start + width.clock
    clock = pc.binary_slice(cells[0], width.start, behind_clock)
    _check(pc.match_substring_regex(clock, rf"\A(?:{cutter.clock})\z"), firsts)
    inner = width.before + (not width.is_behind)
    end = divider if width.is_behind else ""
    behind = [pc.binary_slice(cells[0], behind_clock, _END), *cells[1:inner]]
    pieces = {
        "start": (opening, [pc.binary_slice(cells[0], 0, width.start)], ""),
        "behind": ("", behind, end),
        "source": ("" if width.is_behind else divider, cells[inner:-1], divider),
    }
    found = {
        name: _pieces(cutter, name, before, _joined(columns, divider), after, firsts)
        for name, (before, columns, after) in pieces.items()
    }
    return Heads(
        cutter,
        [run.place for run in runs],
        [run.text_line for run in runs],
        _spread(range(len(runs)), [*firsts[1:], len(rows)]),
        firsts,
        found,
        clock.cast(pa.string()),
        _messages(cells[-1], runs),
        _offsets(runs, starts, ends),
    )


def _messages(column: "pa.BinaryArray", runs: Sequence[UncutRun]) -> "pa.StringArray":
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        wrong = {number for number, run in enumerate(runs) if not is_utf8(run.own_text)}
        raise UnlikeRunsError(wrong) from None


def _joined(columns: Sequence["pa.Array"], divider: str) -> "pa.Array":
    if len(columns) == 1:
        return columns[0]
    return pc.binary_join_element_wise(*columns, divider.encode())


def _pieces(
    cutter: Cutter, name: str, before: str, column: "pa.Array", after: str, firsts: Sequence[int]
) -> tuple["pa.Array", list[str]]:
    """Return pieces as in `Heads`; the column has them but for what is before and after."""
    coded = column.dictionary_encode()
    distinct = [f"{before}{one.decode('latin-1')}{after}" for one in coded.dictionary.to_pylist()]
    known = [bool(cutter.parts_of(name, piece)) for piece in distinct]
    if not all(known):
        _check(pa.array(known).take(coded.indices), firsts)
    return coded.indices, distinct


def _check(is_like: "pa.BooleanArray", firsts: Sequence[int]) -> None:
    """Raise UnlikeRunsError unless all records are cut as they should be."""
    if pc.all(is_like).as_py() is False:
        rows = pc.indices_nonzero(pc.invert(is_like)).to_pylist()
        raise UnlikeRunsError({bisect_right(firsts, row) - 1 for row in rows})


def _offsets(runs: Sequence[UncutRun], starts: Sequence[int], ends: Any) -> "pa.Array":
    """Return the offset of the block of each record."""
    until: list[int] = []
    values: list[int] = []
    for run, start in zip(runs, starts, strict=False):
        for position, offset in run.blocks.between(run.start, run.stop):
            place = start + position - run.start
            row = bisect_left(ends, place) + 1 if place else 0
            if values and (not until or until[-1] < row):
                until.append(row)
            elif values:
                values.pop()
            values.append(offset)
    until.append(len(ends))
    if len(until) > 1 and until[-2] == until[-1]:
        until.pop()
        values.pop()
    return _spread(values, until, pa.int64())


def _spread(values: Any, until: Sequence[int], kind: Any = None) -> "pa.Array":
    """Return each value as often as there are numbers up to that of it."""
    coded = pa.RunEndEncodedArray.from_arrays(
        pa.array(until, pa.int32()), pa.array(values, kind or pa.int64())
    )
    return pc.run_end_decode(coded)


def _chained(runs: Sequence[RecordRun], column: str) -> list[Any]:
    return list(chain.from_iterable(getattr(run, column) for run in runs))
