"""`python -m tests.bench.sweep [FOLDER]`: a sweep against `find -mtime +7 -delete`, same tree.

Makes the tree anew for each run in a temporary folder (inside FOLDER, where one is named), takes
turns, and prints medians of the time taken and of the processors' time, their ratios, and the
sweep's peak memory for a small and a large tree.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

LOGS = "files/log/tencent/imsdk"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", help="where to make the temporary folder")
    parser.add_argument("--packages", type=int, default=2000)
    parser.add_argument("--files", type=int, default=100, help="in each package")
    parser.add_argument("--bytes", type=int, default=0, help="in each file")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        runs: dict[str, list[Run]] = {"find": [], "sweep": []}
        for _ in range(arguments.rounds):
            for name, taken in runs.items():
                root = grow(Path(folder), arguments.packages, arguments.files, arguments.bytes)
                taken.append(measure(command(name, root, Path(folder))))
                assert left(root) == 8 * arguments.packages, left(root)
                shutil.rmtree(root)
        print(f"{arguments.packages * arguments.files} files")
        for what in ("seconds", "processor"):
            find, sweep = (
                statistics.median(getattr(run, what) for run in taken) for taken in runs.values()
            )
            print(f"{what}: find {find:.2f}, sweep {sweep:.2f}, ratio {sweep / find:.2f}")
        for packages in (arguments.packages // 10, arguments.packages):
            root = grow(Path(folder), packages, arguments.files, arguments.bytes)
            peak = measure(command("sweep", root, Path(folder))).peak
            print(f"{packages * arguments.files} files: peak memory {peak / 1024:.1f} MiB")
            shutil.rmtree(root)


def grow(folder: Path, packages: int, files: int, size: int) -> Path:
    """Make a storage root whose every package has `files` logs, one a day, today's the last."""
    root, now, content = folder / "sdcard", datetime.now(UTC), b"x" * size
    days = [now - timedelta(days=age) for age in range(files)]
    for package in range(packages):
        here = root / f"Android/data/com.example.app{package}" / LOGS
        here.mkdir(parents=True)
        for day in days:
            path = here / f"imsdk_{day:%Y%m%d}.xlog"
            path.write_bytes(content)
            stamp = day.timestamp() - 3600
            os.utime(path, (stamp, stamp))
    return root


def command(name: str, root: Path, folder: Path) -> list[str]:
    if name == "find":
        return ["find", str(root), "-type", "f", "-mtime", "+7", "-delete"]
    state = ["--state", str(folder / "state")]
    return [sys.executable, "-m", "xlogdecode", "sweep", "-q", "--delete", *state, str(root)]


class Run(NamedTuple):
    """The time and memory that a command took."""

    seconds: float
    processor: float
    """Seconds of all its processes, in the kernel and outside."""
    peak: int
    """KiB of the largest process."""


def measure(command: list[str]) -> Run:
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - started
    assert os.waitstatus_to_exitcode(status) == 0
    process.returncode = 0
    return Run(taken, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def left(root: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(root))


if __name__ == "__main__":
    main()
