"""`python -m tests.bench.sweep [FOLDER]`: a sweep against `find -mtime +7 -delete`, same tree.

Makes each tree anew for each run in a temporary folder (inside FOLDER, where one is named, else in
memory where the system has such a folder), takes turns, and prints a table of medians: the
processors' time of both, their ratio, that of the times taken, and the sweep's peak memory.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.bench.bench import tmpfs
from tests.bench.measure import Run, measure

LOGS = "Android/data/com.example.app{}/files/log/tencent/imsdk"
NOW = datetime.now().astimezone()
Tree = Iterator[tuple[str, list[tuple[str, int]]]]
"""Folders below the root, and the names of the logs in each with their ages in days."""


class Shape(NamedTuple):
    """A tree, and what is done to it."""

    name: str
    tree: Callable[[], Tree]
    arguments: tuple[str, ...] = ("--delete",)
    find: tuple[str, ...] = ("-delete",)


def devices(number: int, ages: range) -> Tree:
    """Yield the logs of `number` devices, one app each."""
    for device in range(number):
        place = f"{device:05}/sdcard/{LOGS.format('')}"
        yield place, [(f"imsdk_{NOW - timedelta(age):%Y%m%d}.xlog", age) for age in ages]


def packages(number: int, logs: int, due: float) -> Tree:
    """Yield the logs of `number` packages of one device, of which a share of `due` is old."""
    ages = [8 + i if i < logs * due else i % 8 for i in range(logs)]
    names = [(f"imsdk_{NOW - timedelta(age):%Y%m%d}-{i}.xlog", age) for i, age in enumerate(ages)]
    for package in range(number):
        yield f"0/sdcard/{LOGS.format(package)}", names


def one_folder(number: int) -> Tree:
    """Yield one folder of `number` logs, a thousand a day."""
    ages = [i // 1000 for i in range(number)]
    names = [(f"imsdk_{NOW - timedelta(age):%Y%m%d}-{i}.xlog", age) for i, age in enumerate(ages)]
    yield f"0/sdcard/{LOGS.format('')}", names


SHAPES = (
    Shape("2,000 devices, 9 logs each", lambda: devices(2000, range(9))),
    Shape("8,000 devices, 9 logs each", lambda: devices(8000, range(9))),
    Shape("200,000 logs, 2,000 packages", lambda: packages(2000, 100, 0.92)),
    Shape("200,000 logs in one folder", lambda: one_folder(200_000)),
    Shape("400 devices, 3 due, --archive", lambda: devices(400, range(3, 11)),
          ("--delete", "--archive", "{archive}")),
    Shape("144,000 logs, 10 % due, dry run", lambda: packages(2000, 72, 0.1), (), ()),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=tmpfs(), help="where to make the trees")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="shapes whose names have this text")
    arguments = parser.parse_args()
    print("| shape | find | sweep | processor | clock | peak |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for shape in SHAPES:
            if arguments.only in shape.name:
                print(row(shape, Path(folder), arguments.rounds), flush=True)


def row(shape: Shape, folder: Path, rounds: int) -> str:
    """Return a row of the table."""
    runs: dict[str, list[Run]] = {"find": [], "sweep": []}
    for _ in range(rounds):
        left = set()
        for name, taken in runs.items():
            with tempfile.TemporaryDirectory(dir=folder) as place:
                grow(Path(place, "tree"), shape)
                taken.append(measure(command(name, shape, Path(place))))
                left.add(sum(len(files) for _, _, files in os.walk(Path(place, "tree"))))
            assert taken[-1].status == 0, f"{shape.name}: {name}: status {taken[-1].status}"
        assert len(left) == 1, f"{shape.name}: {left} files left"
    find, sweep = (statistics.median(run.cpu for run in taken) for taken in runs.values())
    old, new = (statistics.median(run.wall for run in taken) for taken in runs.values())
    peak = statistics.median(run.peak for run in runs["sweep"]) / (1 << 20)
    figures = (f"{find:.2f} s", f"{sweep:.2f} s", f"{sweep / find:.1f}", f"{new / old:.1f}")
    return f"| {' | '.join((shape.name, *figures, f'{peak:.0f} MiB'))} |"


def grow(root: Path, shape: Shape) -> None:
    """Make the tree of `shape`."""
    for place, logs in shape.tree():
        folder = root / place
        folder.mkdir(parents=True)
        for name, age in logs:
            path = folder / name
            path.touch()
            stamp = (NOW - timedelta(age, hours=1)).timestamp()
            os.utime(path, (stamp, stamp))


def command(name: str, shape: Shape, folder: Path) -> list[str]:
    """Return the command, for the tree in `folder`."""
    root = folder / "tree"
    if name == "find":
        return ["find", str(root), "-type", "f", "-mtime", "+7", *shape.find]
    policy = folder / "policy.yaml"
    policy.write_text(f"roots:\n  - path: {root}/*/sdcard\n")
    given = [argument.format(archive=folder / "archive") for argument in shape.arguments]
    options = ["--state", str(folder / "state"), "--config", str(policy), *given]
    return [sys.executable, "-m", "xlogdecode", "sweep", "-q", *options]


if __name__ == "__main__":
    main()
