"""`python -m tests.bench.records [--size 256M]`: filters and JSON beside plain decoding.

The whole command, process start to exit, its output thrown away. Each figure is taken in turns
with plain decoding; medians of the ratios count.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from tests.bench import inputs
from tests.bench.measure import Run, measure

COMMAND = [sys.executable, "-m", "xlogdecode", "-q", "-c"]
KINDS = ("zlib", "chunked", "plain")
TASKS = {
    "-p E": ("-p", "E"),
    "-p I": ("-p", "I"),
    "-S": ("-S", "{middle}"),
    "-S -U": ("-S", "{middle}", "-U", "{middle}"),
    "-S -p W": ("-S", "{middle}", "-p", "W"),
    "-g": ("-g", "ERR_NET_DISCONNECT|longlink"),
    "json": ("--format", "json"),
    "csv": ("--format", "csv"),
    "count": ("--count", "-p", "E"),
    "merge": ("--merge",),
}
LEAST = {"-p E": 0.5, "-p I": 0.5, "-S": 0.5, "-S -U": 0.5}
"""Of the speed of plain decoding."""
LEAST_JSON = 150_000
"""Records a second of processor time, which other work on the machine disturbs less."""


class Bench:
    """One large log."""

    def __init__(self, path: Path, kind: str, size: int) -> None:
        self.path = path
        self.size = size
        self.kind = kind
        with path.open("wb") as file:
            file.writelines(inputs.stream(kind, size))
        self.records = int(self.out("--count"))
        lines = self.out("--format", "json").splitlines()
        self.middle = json.loads(lines[len(lines) // 2])["time"][:23]

    def out(self, *options: str) -> str:
        done = subprocess.run([*COMMAND, *options, str(self.path)], stdout=subprocess.PIPE)
        return done.stdout.decode(errors="replace")

    def run(self, *options: str) -> Run:
        asked = [option.format(middle=self.middle) for option in options]
        return measure([*COMMAND, *asked, str(self.path)])

    def figure(self, name: str, common: tuple[str, ...], rounds: int) -> str:
        """Return a line of the table."""
        ratios, runs = [], []
        for _ in range(rounds):
            plain = self.run(*common)
            runs.append(self.run(*common, *TASKS[name]))
            ratios.append(plain.wall / runs[-1].wall)
        ratio = statistics.median(ratios)
        wall = statistics.median(run.wall for run in runs)
        rate = self.records / statistics.median(run.cpu for run in runs)
        missed = ratio < LEAST.get(name, 0) or (name == "json" and rate < LEAST_JSON)
        return (
            f"{self.kind:8} {name:8} {ratio:5.2f} of plain ({min(ratios):.2f}-{max(ratios):.2f}) "
            f"{self.size / wall / 1e6:6.0f} MB/s of text {rate:9,.0f} records/s of processor "
            f"{max(run.peak for run in runs) / 1e6:4.0f} MB{' missed' * missed}"
        )


@click.command()
@click.option("--size", default="256M", help="bytes of text of each log")
@click.option("--rounds", default=5, help="times each figure is taken")
@click.option("--threads", default=0, help="that decode")
@click.option("--only", multiple=True, type=click.Choice(list(TASKS)), help="only these figures")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), default=KINDS)
def main(
    size: str, rounds: int, threads: int, only: tuple[str, ...], kinds: tuple[str, ...]
) -> None:
    """Take the figures, and print them as a table."""
    with tempfile.TemporaryDirectory(prefix="xlogdecode-bench-") as folder:
        for kind in kinds:
            bench = Bench(Path(folder) / f"{kind}.xlog", kind, inputs.bytes_of(size))
            for name in only or TASKS:
                print(bench.figure(name, ("-T", str(threads)), rounds), flush=True)
            bench.path.unlink()


if __name__ == "__main__":
    main()
