"""Prints every figure as a ratio to the bare codec in the same run: `python -m tests.bench`.

Inputs are written to a temporary folder (about 2 GB for the default size), read once, and removed.
Each figure is taken several times, the bare codec and the command in turns; medians count.
"""

import datetime as dt
import json
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from tests.bench import inputs
from tests.bench.figures import (
    BARE,
    FIGURES,
    FILES_A_SECOND,
    MANY_FILES,
    START_UP_MS,
    Figure,
    bare_payloads,
)
from tests.bench.measure import Run, measure
from tests.mars import KINDS

COMMAND = [str(Path(sys.executable).with_name("xlogdecode"))]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    figure: float
    low: float
    high: float
    target: float
    unit: str
    rate: float
    """MB of text a second, or files a second."""
    peak_mb: float

    @property
    def reached(self) -> bool:
        at_most = self.unit == "ms"
        return self.figure <= self.target if at_most else self.figure >= self.target


class Bench:
    """One run: a folder with inputs, the sizes, and what was measured so far."""

    def __init__(self, folder: Path, size: int, repeat: int) -> None:
        self.folder = folder
        self.size = size
        self.repeat = repeat
        self.whole_rate = 0.0  # bytes of input a second, of healthy zlib
        self.keys = folder / "keys"
        self.keys.write_text(inputs.KEY.hex())

    def ratio(self, figure: Figure) -> Row:
        """Take one figure on one large input."""
        blocks = inputs.cycle_of(figure.kind)
        payloads = bare_payloads(figure.kind, blocks)
        text = sum(size for _, size in payloads)
        turns = min(max(self.size // text, 1), 15)  # half a second of it, so that noise evens out
        bare = BARE[KINDS[inputs.KINDS_OF_INPUT[figure.kind]].codec]
        path = self.folder / "input.xlog"
        with path.open("wb") as file:
            file.writelines(inputs.stream(figure.kind, self.size, blocks))
        del blocks
        command = [*COMMAND, "-q", "-c", *figure.options, "--key-file", str(self.keys), str(path)]
        measure(command)  # warms the cache
        ratios, runs = [], []
        for _ in range(self.repeat):
            seconds = sum(bare(payloads) for _ in range(turns)) / (turns * text) * self.size
            run = measure(command)
            assert run.status in (0, 3), f"{figure.name}: exit status {run.status}"
            ratios.append(seconds / run.wall)
            runs.append(run)
        wall = statistics.median(run.wall for run in runs)
        rate = path.stat().st_size / wall
        if figure.kind == "zlib" and not figure.options:
            self.whole_rate = rate
        if figure.versus == "whole":
            ratios = [path.stat().st_size / run.wall / self.whole_rate for run in runs]
        path.unlink()
        return _row(figure.name, ratios, figure.target, "x", self.size / wall / 1e6, runs)

    def many_files(self) -> Row:
        """Decode many small files in one call, into a new folder each time.

        Nothing is written over or removed in between: for a minute after thousands of files went,
        ext4 takes ten times as long to make one.
        """
        folder = self.folder / "many"
        inputs.small_files(folder, MANY_FILES)
        names = sorted(path.name for path in folder.iterdir())
        runs = []
        for turn in range(self.repeat):
            texts = self.folder / f"texts{turn}"
            runs.append(measure([*COMMAND, "-q", "-o", str(texts), *names], folder=folder))
            assert runs[-1].status == 0
        rates = [MANY_FILES / run.wall for run in runs]
        rate = statistics.median(rates)
        return _row("10,000 files of 10 KB", rates, FILES_A_SECOND, "files/s", rate, runs)

    def start_up(self) -> Row:
        """Decode one whole file of 40 KB; processor time over that of a bare interpreter."""
        path = self.folder / "one.xlog"
        path.write_bytes(b"".join(inputs.stream("chunked", 150_000)))
        extra, runs = [], []
        for _ in range(max(self.repeat, 9)):
            bare = measure([sys.executable, "-c", "pass"])
            runs.append(measure([*COMMAND, "-q", "-c", str(path)]))
            extra.append((runs[-1].cpu - bare.cpu) * 1000)
        return _row("one file of 40 KB", extra, START_UP_MS, "ms", 0.0, runs)

    def growth(self) -> Iterator[tuple[str, float, float]]:
        """Yield size, MB of text a second, peak MB for inputs of growing size."""
        blocks = inputs.cycle_of("zlib")
        path = self.folder / "growing.xlog"
        for name in ("10M", "100M", "1G", "5G"):
            size = inputs.bytes_of(name)
            with path.open("wb") as file:
                file.writelines(inputs.stream("zlib", size, blocks))
            runs = [measure([*COMMAND, "-q", "-c", str(path)]) for _ in range(self.repeat)]
            wall = statistics.median(run.wall for run in runs)
            yield name, size / wall / 1e6, max(run.peak for run in runs) / 1e6
        path.unlink()


def _row(
    name: str, values: Sequence[float], target: float, unit: str, rate: float, runs: list[Run]
) -> Row:
    median, low, high = statistics.median(values), min(values), max(values)
    peak = max(run.peak for run in runs) / 1e6
    return Row(name, median, low, high, target, unit, rate, peak)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--size", default="1G", help="bytes of text of each large input")
@click.option("--repeat", default=5, help="times each figure is taken")
@click.option("--only", multiple=True, help="only figures whose name starts so")
@click.option("--growth", is_flag=True, help="also 10 MB to 5 GB: cost and memory as size grows")
@click.option("--json", "target", type=click.Path(path_type=Path), help="write all of it as JSON")
def main(
    size: str, repeat: int, only: tuple[str, ...], target: Path | None, *, growth: bool
) -> None:
    """Take the figures, print them as a table."""
    rows, grown = [], []
    with tempfile.TemporaryDirectory(prefix="xlogdecode-bench-") as folder:
        bench = Bench(Path(folder), inputs.bytes_of(size), repeat)
        print(
            f"{platform.machine()}, Python {platform.python_version()}, {_today()}; text {size}\n"
        )
        print("| | figure | spread | target | rate | peak MB |\n|---|---|---|---|---|---|")
        for row in _rows(bench, only):
            rows.append(row)
            print(_line(row), flush=True)
        for entry in bench.growth() if growth else ():
            grown.append(entry)
            print(f"| zlib, {entry[0]} of text | | | | {entry[1]:.0f} MB/s | {entry[2]:.0f} |")
    if target is not None:
        figures = [asdict(row) | {"reached": row.reached} for row in rows]
        target.write_text(json.dumps({"size": size, "figures": figures, "growth": grown}, indent=1))
    missed = [row.name for row in rows if not row.reached]
    if missed:
        print(f"\nmissed: {', '.join(missed)}")


def _rows(bench: Bench, only: tuple[str, ...]) -> Iterator[Row]:
    def wanted(name: str) -> bool:
        return not only or name.startswith(only)

    for figure in FIGURES:
        if wanted(figure.name) or (figure.name == "zlib" and wanted("damaged zlib")):
            yield bench.ratio(figure)
    if wanted("10,000 files"):
        yield bench.many_files()
    if wanted("one file"):
        yield bench.start_up()


def _line(row: Row) -> str:
    digits = 2 if row.unit == "x" else 0
    values = [f"{value:.{digits}f}" for value in (row.figure, row.low, row.high)]
    sign = "at most" if row.unit == "ms" else "at least"
    rate = f"{row.rate:.0f} MB/s" if row.unit == "x" else ""
    return (
        f"| {row.name} | {values[0]} {row.unit} | {values[1]}-{values[2]} "
        f"| {sign} {row.target:g}{'' if row.reached else ' **missed**'} | {rate} "
        f"| {row.peak_mb:.0f} |"
    )


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


if __name__ == "__main__":
    main()
