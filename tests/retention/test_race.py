"""A folder swapped for a link, over and over, while a sweep runs: nothing outside is ever lost."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.retention.trees import IMSDK, NOW, day
from xlogdecode.retention import Rule, SweepVerdict, iter_outcomes, plan, scan

pytestmark = [
    pytest.mark.untraced,
    pytest.mark.skipif(sys.platform == "win32", reason="the guarantee is POSIX's"),
]

SWAPPER = """
import os, sys
real, aside, link = sys.argv[1:]
os.symlink(link, aside + ".link")
print(flush=True)
while True:
    try:
        os.rename(real, aside)
        os.rename(aside + ".link", real)
        os.rename(real, aside + ".link")
        os.rename(aside, real)
    except OSError:
        pass
"""

FILES = 12


def fill(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stamp = NOW.timestamp() - 90 * 86_400
    for age in range(20, 20 + FILES):
        path = folder / f"imsdk_{day(age)}.xlog"
        path.touch()
        os.utime(path, (stamp, stamp))


def naive(root: Path) -> int:
    """What most scripts do: walk, look, delete by path."""
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                path = Path(folder, name)
                if path.lstat().st_mtime < NOW.timestamp() - 8 * 86_400:
                    time.sleep(0.0005)  # so that few trials show what many would
                    path.unlink()
            except OSError:
                pass
    return 0


def careful(root: Path) -> int:
    """Our way; returns how many files went."""
    outcomes = iter_outcomes(plan(scan(root), Rule(), now=NOW))
    return sum(outcome.verdict is SweepVerdict.DELETED for outcome in outcomes)


def losses(tmp_path: Path, way: Callable[[Path], int], trials: int, *, enough: int = 0):
    """Return in how many trials a file outside the root was lost, and how many inside went.

    Stops at `enough`.
    """
    outside = tmp_path / "outside"
    lost = gone = 0
    for trial in range(trials):
        root = tmp_path / f"sd{trial}"
        fill(root / IMSDK)
        fill(outside)
        # The folder above the logs is swapped: a link there leads to a place that looks the same.
        swapped = root / "/".join(IMSDK.split("/")[:-1])
        inside = tmp_path / "copy"
        inside.mkdir(exist_ok=True)
        if not (inside / "imsdk").exists():
            outside.rename(inside / "imsdk")
        else:
            fill(inside / "imsdk")
        command = [sys.executable, "-c", SWAPPER, swapped, tmp_path / f"aside{trial}", inside]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as swapper:
            swapper.stdout.readline()
            for _ in range(3):
                gone += way(root)
            swapper.kill()
        lost += len(list((inside / "imsdk").iterdir())) < FILES
        shutil.rmtree(root, ignore_errors=True)
        if enough and lost >= enough:
            break
    return lost, gone


def test_nothing_outside_is_lost_where_a_naive_sweep_loses(tmp_path):
    (tmp_path / "careful").mkdir()
    (tmp_path / "naive").mkdir()
    lost, gone = losses(tmp_path / "careful", careful, 15)
    assert (lost, gone > 0) == (0, True)
    assert losses(tmp_path / "naive", naive, 300, enough=1)[0] == 1


@pytest.mark.heavy
def test_nothing_outside_is_lost_in_a_thousand_trials(tmp_path):
    lost, gone = losses(tmp_path, careful, 1000)
    assert (lost, gone > 1000) == (0, True)
