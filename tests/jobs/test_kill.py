"""Killed at any moment, the command leaves no half-written output, and the next run succeeds."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench import inputs

pytestmark = pytest.mark.untraced


def written(folder: Path) -> tuple[Path, bytes]:
    """Write a file that takes some tenths of a second to decode; return it and its text."""
    blocks = inputs.cycle_of("zlib", lines=20_000)
    path = folder / "a.xlog"
    path.write_bytes(b"".join(inputs.stream("zlib", 30_000_000, blocks)))
    done = run(path, "-c")
    assert done.returncode == 0
    return path, done.stdout


def run(path: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "xlogdecode", *options, str(path)]
    return subprocess.run(command, capture_output=True, check=False)


def kill_at_random_moments(folder: Path, times: int) -> int:
    """Kill so many runs; return how many were killed before their output stood whole."""
    path, text = written(folder)
    output = folder / "a.xlog.log"
    started = time.monotonic()
    assert run(path).returncode == 0
    usual = time.monotonic() - started
    dice = random.Random(9)
    early = 0
    for _ in range(times):
        output.unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-m", "xlogdecode", "-q", str(path)])
        time.sleep(dice.uniform(0, usual))
        process.kill()
        process.wait()
        if output.exists():
            assert output.read_bytes() == text
        else:
            early += 1
        assert run(path, "-f").returncode == 0
        assert output.read_bytes() == text
    return early


def test_a_killed_run_leaves_no_half_written_output(tmp_path: Path) -> None:
    assert kill_at_random_moments(tmp_path, 6) > 0


@pytest.mark.heavy
def test_200_killed_runs_leave_no_half_written_output(tmp_path: Path) -> None:
    assert kill_at_random_moments(tmp_path, 200) > 100
