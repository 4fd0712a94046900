"""Measures nightly jobs over many logs: `python -m tests.bench.fleet --help`.

Logs are in the shape of the IM SDK's. Of a thousand logs that differ each has many names (hard
links), so that hundreds of thousands of them fit into memory. The rows that come of a job are
counted by SQL, and compared with those of the logs.
"""

import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import duckdb

from tests.bench.bench import tmpfs
from tests.bench.day_files import day_of
from tests.bench.measure import Run, measure
from xlogdecode import Filter, batch, read_records
from xlogdecode.jobs.batch_file import load_job

if TYPE_CHECKING:
    from tests.s3 import Server

DIFFERENT = 1000
"""Logs that differ, at most."""

TEMPLATES = 40_000_000
"""Bytes of these, about, at most."""

CLUSTER = "--cluster"
EXECUTORS = ("processes", "threads", "dask", "ray")
TITLES = (
    "logs", "executor", "cpu s", "ms a log", "logs a s", "records a s", "clock s", "peak MB",
    "MB in", "MB out", "again",
)  # fmt: skip


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("counts", nargs=-1, type=int)
@click.option("--size", default=28_000, help="bytes of a log, on average")
@click.option(
    "--executor", "executors", multiple=True, default=EXECUTORS[:1],
    type=click.Choice(EXECUTORS), help="where the work is done; may be repeated",
)  # fmt: skip
@click.option("--parts", is_flag=True, help="make a dataset by day and level")
@click.option("--store", is_flag=True, help="logs and rows are in a server of S3 (SeaweedFS)")
@click.option(CLUSTER, "job", hidden=True, help="run a job on two workers of Dask that end with it")
def main(
    counts: tuple[int, ...],
    size: int,
    executors: tuple[str, ...],
    parts: bool,
    store: bool,
    job: str | None,
) -> None:
    """Measure jobs of so many logs each (default: 2000).

    A row has the logs, the executor, processor seconds (user and system, of all processes of the
    job and of its cluster, but not the store's) for all and for a log, logs and records a second of
    processor, seconds by the clock, the memory of the largest process, bytes in and out; then the
    same job again, which finds nothing new. With --store a line has the requests of the first job.
    """
    if job is not None:
        on_cluster(job)
        return
    print(f"| {' | '.join(TITLES)} |\n|{'---|' * len(TITLES)}")
    with tempfile.TemporaryDirectory(prefix="xlogdecode-fleet-", dir=tmpfs()) as name:
        folder = Path(name)
        different = max(1, min(DIFFERENT, TEMPLATES // size, max(counts or (2000,))))
        rows = make_templates(folder / "templates", different, size)
        with server(folder) if store else nullcontext() as running:
            os.environ.update({} if running is None else running.environment())
            for count in counts or (2000,):
                for executor in executors:
                    row = row_of(folder, count, executor, rows, parts=parts, store=running)
                    print(row, flush=True)
    print("load of the machine:", *(f"{load:.1f}" for load in os.getloadavg()))


def make_templates(folder: Path, count: int, size: int) -> list[int]:
    """Write logs that differ; return how many records each has."""
    folder.mkdir()
    rows = []
    for number in range(count):
        data = day_of(number, size).data
        (folder / f"{number}.xlog").write_bytes(data)
        rows.append(sum(1 for _ in read_records(data, wanted=Filter())))
    return rows


def row_of(
    folder: Path,
    count: int,
    executor: str,
    rows: list[int],
    *,
    parts: bool,
    store: "Server | None",
) -> str:
    """Run a job, and once more; return the row of the table. Raises if a row is lost or twice."""
    sources, target = folder / "logs", folder / "rows"
    size = make_logs(folder, count, len(rows))
    settings = [f"sources: {sources}", f"target: {target}", "processes: 2"]
    if store is not None:
        put_in_store(sources)
        settings[:2] = ["sources: s3://logs/fleet", f"target: s3://rows/{executor}{count}"]
    if parts:
        settings.append("partition_by: [day, level]")
    if executor in ("threads", "ray"):
        settings.append(f"executor: {executor}")
    path = folder / "job.yaml"
    path.write_text("\n".join(settings) + "\n")
    command = [sys.executable, "-m", "xlogdecode", "batch", "-q", str(path)]
    if executor == "dask":
        command = [sys.executable, "-m", "tests.bench.fleet", CLUSTER, str(path)]
    before = Counter[str]() if store is None else store.counts()
    first = measure_all(command) if executor == "ray" else measure(command)
    if store is not None:
        requests = store.counts() - before
        print(f"{count:,} {executor}:", *(f"{n:,} {name}" for name, n in sorted(requests.items())))
    again = measure_all(command) if executor == "ray" else measure(command)
    if store is not None:
        get_from_store(f"rows/{executor}{count}", target)
    out = check(target, count, rows, first)
    records = sum(rows[n % len(rows)] for n in range(count))
    cells = (
        f"{count:,}", executor, f"{first.cpu:.1f}", f"{first.cpu / count * 1000:.1f}",
        f"{count / first.cpu:,.0f}", f"{records / first.cpu:,.0f}", f"{first.wall:.0f}",
        f"{first.peak / 1e6:.0f}", f"{size / 1e6:.0f}", f"{out / 1e6:.0f}",
        f"{again.cpu:.1f} s, {again.peak / 1e6:.0f} MB",
    )  # fmt: skip
    shutil.rmtree(sources)
    shutil.rmtree(target)
    return f"| {' | '.join(cells)} |"


def measure_all(command: list[str]) -> Run:
    """Run a command; look again and again at the processor time of all its processes.

    The system tells nobody the time of Ray's workers when they end: their parent does not wait.
    """
    import psutil

    seconds: dict[int, float] = {}
    others = {process.pid for process in psutil.Process().children()}  # the server of a store
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(measure, command)
        while not running.done():
            mine = [one for one in psutil.Process().children() if one.pid not in others]
            with suppress(psutil.Error):
                mine = [one for each in mine for one in each.children(recursive=True)]
            for process in mine:
                with suppress(psutil.Error):
                    times = process.cpu_times()
                    seconds[process.pid] = times.user + times.system
            time.sleep(0.2)
    return replace(running.result(), cpu=sum(seconds.values()))


def make_logs(folder: Path, count: int, templates: int) -> int:
    """Give the templates so many names, 500 to a folder; return the bytes of all."""
    size = 0
    for number in range(count):
        path = folder / f"logs/{number // 500}/{number}_imsdk_C_20240101.xlog"
        if number % 500 == 0:
            path.parent.mkdir(parents=True)
        template = folder / f"templates/{number % templates}.xlog"
        path.hardlink_to(template)
        size += template.stat().st_size
    return size


def check(target: Path, count: int, rows: list[int], run: Run) -> int:
    """Raise unless each log has its rows once; return the bytes of the files."""
    assert run.status == 0, f"the job ended with status {run.status}"
    files = [path for path in target.rglob("*.parquet") if ".xlogdecode" not in path.parts]
    found = duckdb.sql(
        f"SELECT count(*), count(DISTINCT source) FROM '{target}/**/*.parquet' "
        "WHERE type <> 'damage'"
    ).fetchall()[0]
    assert found == (sum(rows[n % len(rows)] for n in range(count)), count), found
    return sum(path.stat().st_size for path in files)


def on_cluster(job: str) -> None:
    """Run a job on two workers of Dask."""
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        settings = {"executor": "dask", "scheduler": cluster.scheduler_address}
        result = batch(load_job(job).with_options(**settings))
    sys.exit(int(result.status))


@contextmanager
def server(folder: Path) -> Iterator["Server"]:
    """Run a server of S3 with buckets for logs and rows."""
    from tests.s3 import s3_server

    (folder / "s3").mkdir()
    with s3_server(folder / "s3") as running:
        for bucket in ("logs", "rows"):
            running.files().mkdir(bucket)
        yield running


def put_in_store(folder: Path) -> None:
    import s3fs

    files = s3fs.S3FileSystem()
    if files.exists("logs/fleet"):
        files.rm("logs/fleet", recursive=True)
    files.put(f"{folder}/", "logs/fleet/", recursive=True, batch_size=32)


def get_from_store(prefix: str, folder: Path) -> None:
    import s3fs

    s3fs.S3FileSystem().get(f"{prefix}/", f"{folder}/", recursive=True, batch_size=32)


if __name__ == "__main__":
    main()
