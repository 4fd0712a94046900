"""A job that is killed at any moment, its workers left behind: no row is there twice, none lost."""

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.command import run
from tests.jobs.uploads import expected, job_file, later, log_of, messages_in, put, zip_of

pytestmark = pytest.mark.untraced


def uploads_in(folder: Path) -> dict[str, int]:
    """Write many small logs, archives and a large log; return the rows of each."""
    rows = {f"phone{n % 7}/{n}.xlog": 20 + n % 30 for n in range(150)} | {"large.xlog": 4000}
    for name, count in rows.items():
        put(folder, name, count)
    for n in range(3):
        zip_of(folder / f"{n}.zip", "a.xlog", "b.xlog", rows=9)
        rows |= {f"{n}.zip/{name}.xlog": 9 for name in "ab"}
    return rows


def change(folder: Path, rows: dict[str, int], dice: random.Random) -> None:
    """Let some logs grow, and new ones come."""
    for name in dice.sample([name for name in rows if "zip" not in name], 40):
        rows[name] += dice.randrange(1, 20)
        later(folder / name, log_of(name, range(rows[name])))
    for _ in range(20):
        name = f"new{dice.randrange(10**9)}.xlog"
        rows[name] = dice.randrange(1, 30)
        put(folder, name, rows[name])


def run_and_kill(job: Path, after: float) -> bool:
    """Kill a run after so many seconds; return whether it was not done by then."""
    process = subprocess.Popen(
        [sys.executable, "-m", "xlogdecode", "batch", "-q", "-T", "2", job],
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    process.kill()
    return process.wait() != 0


def kill_at_random_moments(folder: Path, times: int) -> int:
    """Kill so many runs, each followed by one that is not; return how many were not done."""
    job, uploads = job_file(folder), folder / "uploads"
    rows = uploads_in(uploads)
    dice = random.Random(27)
    begun = time.monotonic()
    assert run("batch", "-T", "2", job).status == 0
    usual = time.monotonic() - begun
    assert messages_in(folder / "decoded") == expected(**rows)
    killed = 0
    for number in range(times):
        if number % 5 == 4:
            (folder / "decoded").rename(folder / f"decoded{number}")
        change(uploads, rows, dice)
        killed += run_and_kill(job, dice.uniform(0.1, 1) * usual)
        # a reader never sees a row twice where a log is one file
        twice = {m: n for m, n in messages_in(folder / "decoded").items() if n > 1}
        assert Counter(twice) == Counter()
        while (done := run("batch", job)).status == 75:
            time.sleep(0.2)
        assert done.status == 0, done.err
        assert messages_in(folder / "decoded") == expected(**rows)
    return killed


@pytest.mark.heavy
def test_30_killed_jobs_are_made_good_by_the_next_run(tmp_path: Path) -> None:
    assert kill_at_random_moments(tmp_path, 30) > 15
