"""Trees of logs, and the command line run over them."""

import contextlib
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from xlogdecode.cli import main

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
"""Noon of the day T of most tests."""

IMSDK = "Android/data/com.example.chat/files/log/tencent/imsdk"


def day(age: int, now: datetime = NOW) -> str:
    """The eight digits of the day `age` days before `now`."""
    return f"{now - timedelta(days=age):%Y%m%d}"


def log(folder: Path, name: str, *, age: float = 30, size: int = 10, now: datetime = NOW) -> Path:
    """Write `folder/name`, last changed `age` days before `now`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"x" * size)
    touch(path, age, now)
    return path


def aged(folder: Path, age: int) -> Path:
    """Write the log of the day `age` days ago, last changed then."""
    return log(folder, f"imsdk_{day(age)}.xlog", age=age)


def touch(path: Path, age: float, now: datetime = NOW) -> None:
    """Set the last change of `path`."""
    stamp = (now - timedelta(days=age)).timestamp()
    os.utime(path, (stamp, stamp))


def everything(root: Path) -> list[str]:
    """All there is below `root`, links not followed."""
    return sorted(
        str(Path(folder, name).relative_to(root))
        for folder, folders, files in os.walk(root)
        for name in [*folders, *files]
    )


def sweep(
    *args: object, now: datetime | None = NOW, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess:
    """Run `xlogdecode sweep`; in a process of its own and in UTC where there is an `env`."""
    words = ["sweep", *map(str, args)] + (["--now", now.isoformat()] if now else [])
    if env is None:
        return _here(words)
    command = [sys.executable, "-m", "xlogdecode", *words]
    env = {**os.environ, "TZ": "UTC", **env}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=60)


def _here(words: list[str]) -> subprocess.CompletedProcess:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as leave:
            return subprocess.CompletedProcess(words, leave.code, out.getvalue(), err.getvalue())


def objects(result: subprocess.CompletedProcess) -> list[dict]:
    """What `--json` printed, without the summary."""
    return [json.loads(line) for line in result.stdout.splitlines()][:-1]
