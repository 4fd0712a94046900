"""Measures the command beside a naive script and the bare codec: `python -m tests.bench --help`."""

import datetime as dt
import json
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from tests.bench.bench import BEFORE, Bench, Row, tmpfs
from tests.bench.inputs import DAYS, Inputs, bytes_of
from tests.bench.tasks import ANSWERS, DECODING

GROUPS = ("decoding", "files", "answers", "start-up", "full", "large")
Cells = tuple[str, ...]
Rows = Iterator[tuple[Cells, Row | None]]
"""Lines of a table, with what was measured behind each."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("groups", nargs=-1, type=click.Choice(GROUPS))
@click.option("--rounds", default=5, help="times each figure is taken")
@click.option("--days", default=DAYS, help="day files; the other small shapes follow their number")
@click.option("--size", default="1G", help="bytes of text of full blocks")
@click.option("--only", multiple=True, help="only figures whose name holds this")
@click.option("--inputs", "folder", type=click.Path(path_type=Path), help="keep the inputs here")
@click.option("--before", help="another version's command, measured in the same turns")
@click.option("--json", "target", type=click.Path(path_type=Path), help="write all runs as JSON")
def main(
    groups: tuple[str, ...],
    rounds: int,
    days: int,
    size: str,
    only: tuple[str, ...],
    folder: Path | None,
    before: str | None,
    target: Path | None,
) -> None:
    """Measure the command beside a naive script and the bare codec, over the same streams.

    \b
    GROUPS (default: all but large):
      decoding  logs in the shape of the IM SDK's, and blocks of 1 KB
      files     3,000 files of 8 KB, 739 day files of 30 KB
      answers   filters, JSON, CSV, summary, -l, --merge, --redact
      start-up  one small file
      full      blocks of 50 KB, as busy apps with Mars write them
      large     1 GB of the IM SDK's blocks (75 seconds to make)

    The programs take turns, and medians count. "Of bare" is how fast the command is if the codec
    alone, on one processor, is 1. "To script" is the command's time in parts of the script's, of
    the processor and by the clock. Times of the processor are user and system together. Answers are
    processor seconds beyond those of decoding alone, on one thread. Inputs are made in a folder of
    their own (1 GB with full blocks), in memory where there is a /dev/shm.
    """
    with tempfile.TemporaryDirectory(prefix="xlogdecode-bench-", dir=tmpfs()) as temporary:
        inputs = Inputs(folder or Path(temporary), days=days, size=bytes_of(size))
        bench = Bench(inputs, rounds=rounds, before=before)
        rows: list[Row] = []
        print(f"{platform.machine()}, Python {platform.python_version()}, {_today()}")
        for group in groups or GROUPS[:-1]:
            table = {"answers": _answers, "start-up": _start_up}.get(group, _decoding)
            for cells, row in table(bench, group, only):
                if row is not None:
                    rows.append(row)
                print(f"| {' | '.join(cells)} |", flush=True)
    if target is not None:
        target.write_text(json.dumps([asdict(row) for row in rows], indent=1))


def _decoding(bench: Bench, group: str, only: tuple[str, ...]) -> Rows:
    versions = list(bench.programs)
    heads = [f"{name}: cpu ms, wall ms, of bare by cpu, by wall, peak MB" for name in versions]
    ratios = ["to script: cpu, wall", *["to before: cpu, wall"] * (len(versions) > 1)]
    yield from _head(f"{group}, MB of text", "bare ms", "script: cpu ms, wall ms", *heads, *ratios)
    for task in DECODING:
        if group in task.groups and _is_wanted(task.name, only):
            row = bench.decoding(task)
            yield _decoding_cells(row, versions), row


def _decoding_cells(row: Row, versions: list[str]) -> Cells:
    bare = f"{sorted(row.bare)[len(row.bare) // 2] * 1000:.0f}"
    cells = [f"{row.name}, {row.text / 1e6:.0f}", bare, _times(row, "script")]
    for version in versions:
        peak = max(run.peak for run in row.runs[version]) / 1e6
        cpu, wall = row.of_bare(version, "cpu"), row.of_bare(version, "wall")
        cells.append(f"{_times(row, version)}, {cpu:.2f}, {wall:.2f}, {peak:.0f}")
    cells.append(_ratios(row, "script"))
    if len(versions) > 1:
        cells.append(_ratios(row, BEFORE))
    return tuple(cells)


def _times(row: Row, program: str) -> str:
    cpu, wall = row.median(program, "cpu"), row.median(program, "wall")
    return "-" if cpu is None or wall is None else f"{cpu * 1000:.0f}, {wall * 1000:.0f}"


def _ratios(row: Row, other: str) -> str:
    cpu, wall = row.to("now", other, "cpu"), row.to("now", other, "wall")
    return "-" if cpu is None or wall is None else f"{cpu:.2f}, {wall:.2f}"


def _answers(bench: Bench, _: str, only: tuple[str, ...]) -> Rows:
    versions = list(bench.programs)
    yield from _head("answers", *(f"{name}: s more than decoding, peak MB" for name in versions))
    for row in bench.answers([task for task in ANSWERS if _is_wanted(task.name, only)]):
        yield (row.name, *(_answer_cell(row, version) for version in versions)), row
    if _is_wanted("grep", only):
        row = bench.piped_grep()
        yield (row.name, *(f"{row.to(name, 'pipe', 'wall'):.2f}" for name in versions)), row
    if _is_wanted("records in Python", only):
        yield ("records of day files in Python", f"{bench.records():.1f} us a record"), None


def _answer_cell(row: Row, version: str) -> str:
    seconds = row.beyond(version, f"{version} decode")
    if seconds is None:
        seconds = row.median(version, "cpu")
    return f"{seconds:.2f}, {max(run.peak for run in row.runs[version]) / 1e6:.0f}"


def _start_up(bench: Bench, _: str, only: tuple[str, ...]) -> Rows:
    versions = list(bench.programs)
    yield from _head("start-up", *(f"{name}: cpu ms over a bare python" for name in versions))
    for row in bench.start_up():
        if _is_wanted(row.name, only):
            values = [row.beyond(name, "python") or 0 for name in versions]
            yield (row.name, *(f"{value * 1000:.0f}" for value in values)), row


def _head(*names: str) -> Iterator[tuple[Cells, None]]:
    print()
    yield names, None
    yield ("---",) * len(names), None


def _is_wanted(name: str, only: tuple[str, ...]) -> bool:
    return not only or any(part in name for part in only)


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


if __name__ == "__main__":
    main()
