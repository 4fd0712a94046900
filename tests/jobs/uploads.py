"""Folders of logs as a backend collects them, whose rows are known, and SQL over what became of
them.
"""

import os
import zipfile
from collections import Counter
from pathlib import Path

import duckdb

from tests.mars import KINDS, Session, log

KIND = KINDS["zlib"]


def line(text: str, *, second: int = 0, level: str = "I") -> bytes:
    clock = f"2024-05-{1 + second // 86_400:02} +8.0 {second // 3600 % 24:02}:"
    clock += f"{second // 60 % 60:02}:{second % 60:02}.000"
    return f"[{level}][{clock}][7, 8*][Sync][sync.cpp, run, 12][{text}\n".encode()


def log_of(
    name: str, rows: range | list[int], *, kind: str = "zlib", session: Session | None = None
) -> bytes:
    """Return a log with a record for each number, whose message is `NAME NUMBER`."""
    lines = [line(f"{name} {row}", second=row * 60) for row in rows]
    blocks = log(KINDS[kind], lines, per_block=20, session=session)
    return b"".join(block.data for block in blocks)


def put(folder: Path, name: str, rows: int, first: int = 0) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(log_of(name, range(first, rows)))
    return path


def zip_of(path: Path, *names: str, rows: int = 5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, log_of(f"{path.name}/{name}", range(rows)))
    return path


def messages_in(target: Path) -> Counter[str]:
    """Return how often each message is in the Parquet files of a target, as DuckDB reads them."""
    if not any(target.rglob("*.parquet")):
        return Counter()
    rows = duckdb.sql(
        f"SELECT message, count(*) FROM read_parquet('{target}/**/*.parquet') "
        "WHERE type <> 'damage' GROUP BY ALL"
    ).fetchall()
    return Counter(dict(rows))


def expected(**rows: int) -> Counter[str]:
    """Return each message once: so many rows of each log."""
    return Counter(f"{name} {row}" for name, count in rows.items() for row in range(count))


def job_file(folder: Path, **settings: object) -> Path:
    """Write a job whose sources are `uploads`, and whose target is `decoded`."""
    settings = {"sources": "uploads", "target": "decoded"} | settings
    path = folder / "job.yaml"
    path.write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    (folder / "uploads").mkdir(exist_ok=True)
    return path


def later(path: Path, data: bytes) -> None:
    """Replace a file, so that its time differs."""
    was = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns + 1_000_000_000))
