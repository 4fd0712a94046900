"""`xlogdecode batch` from a real server of S3 into it: the rows are counted by SQL, over S3."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from tests.command import run
from tests.jobs.uploads import expected, job_file, log_of
from tests.s3 import Server, s3_server

pytest.importorskip("s3fs", reason="the extra s3 is not installed")

pytestmark = [
    pytest.mark.heavy,
    # aiobotocore and aiohttp warn of Python versions and of loops, which is not ours to mend
    pytest.mark.filterwarnings("default"),
]

KILLS = 30

PATIENCE = 600
"""Seconds for a command that uses a cluster, however busy the machine is."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.files().mkdir("logs")
        server.files().mkdir("rows")
        yield server


class Uploads:
    """A prefix of logs whose rows are known, and a target."""

    def __init__(self, server: Server, name: str) -> None:
        """Take the server, and a name of its own."""
        self.files, self.name = server.files(), name
        self.rows: dict[str, int] = {}

    def put(self, **rows: int) -> None:
        """Put logs of so many rows, or replace them."""
        self.files.pipe(
            {f"logs/{self.name}/{log}": log_of(log, range(n)) for log, n in rows.items()}
        )
        self.rows |= rows

    def job(self, folder: Path, **settings: object) -> Path:
        """Write the job into a folder."""
        source, target = f"s3://logs/{self.name}", f"s3://rows/{self.name}"
        return job_file(folder, sources=source, target=target, **settings)

    def found(self, folder: Path) -> Counter[str]:
        """Return how often each message is in the objects of the target."""
        copy = folder / f"copy{time.monotonic_ns()}"
        names = [n for n in self.files.find(f"rows/{self.name}") if n.endswith(".parquet")]
        copy.mkdir()
        self.files.get(names, [str(copy / f"{n}.parquet") for n in range(len(names))])
        sql = f"SELECT message, count(*) FROM '{copy}/*.parquet' WHERE type = 'record' GROUP BY ALL"
        return Counter(dict(duckdb.sql(sql).fetchall()))

    def own_files(self) -> list[str]:
        """Return the names of objects that are not outputs."""
        found: list[str] = self.files.find(f"rows/{self.name}/.xlogdecode")
        return [name.rpartition("/")[2] for name in found]


@pytest.mark.parametrize("executor", ["processes", "threads"])
def test_a_store_s_logs_become_rows_in_the_store(
    executor: str, server: Server, tmp_path: Path
) -> None:
    uploads, env = Uploads(server, executor), server.environment()
    uploads.put(**{f"phone{n % 9}/{n}.xlog": 1 + n % 40 for n in range(90)})
    job = uploads.job(tmp_path, executor=executor, processes=2, partition_by="[day, level]")
    done = run("batch", job, env=env)
    assert done.status == 0
    assert done.lines[-1].endswith("90 logs decoded (90 ok), 0 unchanged")
    assert uploads.found(tmp_path) == expected(**uploads.rows)
    uploads.put(**{"phone1/1.xlog": 60, "new.xlog": 3})
    done = run("batch", job, env=env)
    assert done.lines[-1].endswith("2 logs decoded (2 ok), 89 unchanged")
    assert uploads.found(tmp_path) == expected(**uploads.rows)
    assert uploads.own_files() == ["manifest.sqlite"]


def test_workers_of_dask_write_to_the_store_and_one_may_be_killed(
    server: Server, tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    uploads, env = Uploads(server, "dask"), server.environment()
    uploads.put(**{f"{n}.xlog": 1 + n % 40 for n in range(700)})
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50, env=env
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        ThreadPoolExecutor(1) as thread,
    ):
        job = uploads.job(tmp_path, executor="dask", scheduler=cluster.scheduler_address)
        pids = client.run(os.getpid)
        running = thread.submit(run, "batch", job, env=env, timeout=PATIENCE)
        while not uploads.files.find(f"rows/{uploads.name}/.xlogdecode/waiting"):
            time.sleep(0.05)
        os.kill(pids.popitem()[1], signal.SIGKILL)
        assert running.result().status == 0
    assert uploads.found(tmp_path) == expected(**uploads.rows)
    assert uploads.own_files() == ["manifest.sqlite"]


def test_workers_of_ray_write_to_the_store(server: Server, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="ray is not installed")
    uploads, env = Uploads(server, "ray"), server.environment()
    uploads.put(**{f"{n}.xlog": 1 + n % 40 for n in range(450)})
    job = uploads.job(tmp_path, executor="ray", partition_by="[level]")
    assert run("batch", job, env=env, timeout=PATIENCE).status == 0
    assert uploads.found(tmp_path) == expected(**uploads.rows)
    assert uploads.own_files() == ["manifest.sqlite"]


def run_and_kill(job: Path, after: float, env: dict[str, str]) -> bool:
    """Kill a run after so many seconds; return whether it was not done by then."""
    process = subprocess.Popen(
        [sys.executable, "-m", "xlogdecode", "batch", "-q", "-T", "2", job],
        stderr=subprocess.DEVNULL,
        env=os.environ | env,
    )
    time.sleep(after)
    process.kill()
    return process.wait() != 0


def test_jobs_that_are_killed_lose_no_row_and_make_none_twice(
    server: Server, tmp_path: Path
) -> None:
    uploads, env, dice = Uploads(server, "killed"), server.environment(), random.Random(27)
    uploads.put(**{f"phone{n % 7}/{n}.xlog": 20 + n % 30 for n in range(60)})
    job = uploads.job(tmp_path, partition_by="[level]")
    begun, killed = time.monotonic(), 0
    assert run("batch", "-T", "2", job, env=env).status == 0
    usual = time.monotonic() - begun  # for 60 logs; those behind it have 25
    for number in range(KILLS):
        some = dice.sample(sorted(uploads.rows), 20)
        uploads.put(**{name: uploads.rows[name] + dice.randrange(1, 20) for name in some})
        uploads.put(**{f"new{number}-{n}.xlog": dice.randrange(1, 30) for n in range(5)})
        killed += run_and_kill(job, dice.uniform(0.1, 0.5) * usual, env)
        while (done := run("batch", job, env=env)).status == 75:
            time.sleep(0.2)
        assert done.status == 0, done.err
        assert uploads.found(tmp_path) == expected(**uploads.rows)
    assert killed > KILLS // 3
