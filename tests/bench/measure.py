"""Runs a command as a child of a small process, so that its peak memory is its own.

On Linux a child starts with the peak of the process that made it: measured from a bench that holds
a hundred MB, every command would seem to need a hundred MB.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_RUNNER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.run(sys.argv[2:]).returncode
wall = time.perf_counter() - start
use = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
result = [status, wall, use.ru_utime + use.ru_stime, use.ru_maxrss * unit]
with open(sys.argv[1], "w") as file:
    json.dump(result, file)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: exit status, seconds by the clock and of processors, peak bytes."""

    status: int
    wall: float
    cpu: float
    peak: int


def measure(
    command: Sequence[str],
    *,
    feed: Iterable[bytes] | None = None,
    folder: Path | None = None,
    without: Sequence[str] = (),
) -> Run:
    """Run `command` (in `folder`) with `feed` on its standard input, its output thrown away.

    Modules are compiled once, as they are by pip, whatever the environment says; `without` names
    more variables that the command does not get.
    """
    hidden = {"PYTHONDONTWRITEBYTECODE", "XLOGDECODE_KEY", *without}
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "result"
        runner = [sys.executable, "-S", "-c", _RUNNER, str(result), *command]
        process = subprocess.Popen(
            runner,
            stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=env,
        )
        if feed is not None and process.stdin is not None:
            _pour(feed, process)
        process.wait()
        return Run(*json.loads(result.read_text()))


def _pour(feed: Iterable[bytes], process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    try:
        for part in feed:
            process.stdin.write(part)
        process.stdin.close()
    except BrokenPipeError:  # its status shows why it stopped reading
        pass
