"""`xlogdecode batch` on executors: the same rows come of it wherever the work is done."""

import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.command import run, run_here
from tests.jobs.uploads import expected, job_file, messages_in, put, zip_of
from xlogdecode import UsageError, batch
from xlogdecode.jobs import executors
from xlogdecode.jobs.nightly_decode import Outcome

PATIENCE = 600
"""Seconds for a command that starts a cluster, however busy the machine is."""


def uploads_in(folder: Path, logs: int) -> dict[str, int]:
    rows = {f"phone{n % 3}/{n}.xlog": 1 + n % 9 for n in range(logs)}
    for name, count in rows.items():
        put(folder, name, count)
    zip_of(folder / "case.zip", "a.xlog")
    return rows | {"case.zip/a.xlog": 5}


@pytest.mark.parametrize("name", ["threads", "processes"])
def test_each_executor_makes_the_same_rows(name, tmp_path):
    job = job_file(tmp_path)
    rows = uploads_in(tmp_path / "uploads", 60)
    assert run("batch", "--executor", name, "-T", "2", job).status == 0
    assert messages_in(tmp_path / "decoded") == expected(**rows)


def test_a_pool_of_the_caller_does_the_work(tmp_path):
    job = job_file(tmp_path)
    rows = uploads_in(tmp_path / "uploads", 5)
    with ThreadPoolExecutor(2) as pool:
        assert batch(job, executor=pool).taken["ok"] == 6
    assert messages_in(tmp_path / "decoded") == expected(**rows)


class LosesWorkers(ThreadPoolExecutor):
    """A cluster that loses each worker that comes to a log of a certain name."""

    def submit(self, fn: Any, /, inputs: Any, *args: Any, **_: Any) -> Future[Any]:
        def work() -> Any:
            if any("bad" in seen.name for seen in inputs):
                raise BrokenProcessPool("a worker is gone")
            return fn(inputs, *args)

        return super().submit(work)


def test_a_log_that_costs_its_worker_costs_no_other_its_outcome(tmp_path):
    job = job_file(tmp_path)
    rows = uploads_in(tmp_path / "uploads", 9)
    bad = put(tmp_path / "uploads", "bad.xlog", 4)
    with LosesWorkers(1) as pool:
        result = batch(job, executor=pool)
    assert (result.taken["ok"], result.taken["unread"], int(result.status)) == (10, 1, 1)
    assert messages_in(tmp_path / "decoded") == expected(**rows)
    listed = run("batch", "--failures", job).out.decode()
    assert listed == f"{bad}: its worker ended: BrokenProcessPool: a worker is gone\n"
    assert run("batch", job).status == 0
    assert messages_in(tmp_path / "decoded") == expected(**rows, **{"bad.xlog": 4})


def test_workers_that_have_other_folders_are_found_out(tmp_path, monkeypatch):
    job = job_file(tmp_path)
    put(tmp_path / "uploads", "a.xlog", 4)
    real = os.path.exists
    monkeypatch.setattr(os.path, "exists", lambda path: "waiting" not in str(path) and real(path))
    with ThreadPoolExecutor(1) as pool:
        result = batch(job, executor=pool)
    assert result.taken["unread"] == 1
    assert "give workers the same folders" in run("batch", "--failures", job).out.decode()


def test_options_that_do_not_fit_are_refused(tmp_path):
    job = job_file(tmp_path)
    assert "needs the address" in run("batch", "--executor", "dask", job).err
    assert "a scheduler is for" in run("batch", "--scheduler", "tcp://x:1", job).err
    job_file(tmp_path, executor="slurm")
    assert "job.yaml:3:11: 'slurm' is not an executor" in run("batch", job).err


def test_a_scheduler_that_does_not_answer_is_an_error(tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    monkeypatch.setattr(executors, "_PATIENCE", 1)
    job = job_file(tmp_path, executor="dask", scheduler="tcp://127.0.0.1:9")
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:9: no scheduler answers"):
        batch(job)


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="ray is installed")
def test_without_ray_a_line_says_what_to_install(tmp_path):
    done = run("batch", "--executor", "ray", job_file(tmp_path))
    assert (done.status, "pip install 'ray[default]'" in done.err) == (1, True)


def test_a_ray_that_does_not_start_is_an_error_that_says_what_to_install(
    tmp_path, monkeypatch, capsys
):
    def fail(**_: object) -> None:
        raise Exception("The current node timed out\nduring startup.")

    ended: list[bool] = []
    ray = SimpleNamespace(
        is_initialized=lambda: False, init=fail, shutdown=lambda: ended.append(True)
    )
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    done = run_here("batch", "--executor", "ray", job_file(tmp_path))
    assert (done.status, ended) == (2, [True])
    assert "ray does not start here: The current node timed out during startup.; " in done.err
    assert "pip install 'ray[default]'" in done.err
    done = run_here("batch", "--executor", "ray", "--scheduler", "ray://x:1", job_file(tmp_path))
    assert "ray://x:1: no cluster of ray answers: The current node timed out" in done.err


@pytest.mark.heavy
@pytest.mark.filterwarnings("default")  # of ray
def test_ray_makes_the_same_rows_and_is_quiet(tmp_path):
    pytest.importorskip("ray", reason="ray is not installed")
    job = job_file(tmp_path, executor="ray")
    rows = uploads_in(tmp_path / "uploads", 300)
    done = run("batch", "-q", job, env={}, timeout=PATIENCE)
    if "ray does not start here" in done.err:
        pytest.skip(done.err.strip())
    assert (done.status, done.out) == (0, b"")
    assert "Ray" not in done.err
    assert messages_in(tmp_path / "decoded") == expected(**rows)


@pytest.mark.heavy
@pytest.mark.filterwarnings("default")  # of ray
def test_a_worker_of_ray_that_is_killed_loses_no_row(tmp_path, monkeypatch):
    ray = pytest.importorskip("ray", reason="ray is not installed")
    psutil = pytest.importorskip("psutil", reason="psutil is not installed")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    job = job_file(tmp_path, executor="ray")
    rows = uploads_in(tmp_path / "uploads", 900)
    killed: list[int] = []

    def kill_one(_: object) -> None:
        for process in [] if killed else psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # it has ended meanwhile
                if not killed and "decode_inputs" in "".join(process.cmdline()):
                    process.kill()
                    killed.append(process.pid)

    try:
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    except Exception as error:  # noqa: BLE001 - of ray, whatever it is
        pytest.skip(f"ray does not start here: {error}")
    try:
        result = batch(job, show=kill_one)
        assert ray.is_initialized()  # it is the caller's
        assert batch(job).unchanged == 901
    finally:
        ray.shutdown()
    assert killed
    assert (result.taken["ok"], result.taken.total()) == (901, 901)
    assert messages_in(tmp_path / "decoded") == expected(**rows)


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.mark.heavy
def test_a_worker_of_dask_that_is_killed_loses_no_row(cluster, tmp_path):
    distributed = pytest.importorskip("distributed")
    job = job_file(tmp_path, executor="dask", scheduler=cluster.scheduler_address)
    rows = uploads_in(tmp_path / "uploads", 900)
    with distributed.Client(cluster, set_as_default=False) as client:
        before = client.run(os.getpid)
        killed: list[int] = []

        def kill_one(_: object) -> None:
            if killed:
                return
            working = client.processing()
            killed.append(next(pid for address, pid in before.items() if working[address]))
            os.kill(killed[0], signal.SIGKILL)

        result = batch(job, show=kill_one)
    assert killed
    assert (result.taken["ok"], result.taken.total()) == (901, 901)
    assert messages_in(tmp_path / "decoded") == expected(**rows)
    assert batch(job).unchanged == 901


@pytest.mark.untraced
def test_a_pool_of_processes_whose_worker_is_killed_is_made_good_by_the_next_run(tmp_path):
    job = job_file(tmp_path)
    rows = uploads_in(tmp_path / "uploads", 500)

    def kill_all(_: Outcome) -> None:
        for process in list((pool._processes or {}).values()):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    with ProcessPoolExecutor(2) as pool:
        first = batch(job, executor=pool, show=kill_all)
    assert first.taken.total() == 501
    assert batch(job).status == 0
    assert messages_in(tmp_path / "decoded") == expected(**rows)
