"""`sweep --executor`: many roots are swept elsewhere, by the same rule, with a report a root."""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_here
from xlogdecode.errors import XlogError
from xlogdecode.retention.policy import Policy, Root
from xlogdecode.retention.run import SweepOptions, run_sweep

OLD, NEW = "imsdk_C_20240101.xlog", "imsdk_C_20240131.xlog"
NOW = ("--now", "2024-02-01T12:00:00+00:00")
MOMENT = 1_706_788_800


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of devices, each with logs that go and one that stays; and a policy for all."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for device in range(70):
        folder = tmp_path / f"devices/{device:02}"
        folder.mkdir(parents=True)
        names = [OLD, NEW, *[f"imsdk_C_20231{n:03}.xlog" for n in range(201, 201 + device % 3)]]
        for name in names:
            (folder / name).write_bytes(b"log")
            then = MOMENT - 86_400 * (1 if name == NEW else 30)
            os.utime(folder / name, (then, then))
    (tmp_path / "policy.yaml").write_text(
        f"roots:\n- path: {tmp_path}/devices/*\n  layout: path\n  keep: 7d\n"
    )
    return tmp_path


def left(fleet: Path) -> set[str]:
    return {path.name for path in fleet.glob("devices/*/*")}


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_what_goes_is_what_goes_without(executor, fleet, capsys):
    command = ("sweep", "--config", fleet / "policy.yaml", *NOW, "--json")
    assert run_here(*command).status == 0
    usual = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert run_here(*command, "--executor", executor).status == 0
    *roots, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert summary == usual
    found = {row["root"]: row["files"]["delete"] for row in roots}
    assert found == {f"{fleet}/devices/{n:02}": 1 + n % 3 for n in range(70)}
    assert left(fleet) > {OLD, NEW}
    assert run_here(*command, "--executor", executor, "--delete").status == 0
    assert left(fleet) == {NEW}


def test_people_see_a_line_a_root(fleet, capsys):
    roots = [fleet / "devices/00", fleet / "devices/01"]
    command = ("sweep", *roots, "--layout", "path", *NOW, "--executor", "threads")
    assert run_here(*command).status == 0
    first, second, total = capsys.readouterr().out.splitlines()
    assert first == f"{roots[0]}: delete 1 file (3 B), keep 1 file"
    assert second == f"{roots[1]}: delete 2 files (6 B), keep 1 file"
    assert total.startswith("total: delete 3 files")


def test_prefixes_of_stores_are_roots_like_others(fleet, capsys):
    memory = pytest.importorskip("fsspec", reason="not installed").filesystem("memory")
    try:
        for device in range(9):
            memory.pipe_file(f"/logs/{device}/{OLD}", b"log")
            memory.pipe_file(f"/logs/{device}/{NEW}", b"log")
        roots = [f"memory://logs/{device}" for device in range(9)]
        assert run_here("sweep", *roots, "--executor", "threads", "--json", "--force").status == 0
        *rows, _ = map(json.loads, capsys.readouterr().out.splitlines())
        assert [(row["root"], sum(row["files"].values())) for row in rows] == [
            (root, 2) for root in sorted(roots)
        ]
    finally:
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]


def test_a_root_without_logs_and_one_that_is_missing_are_reported(fleet):
    (fleet / "devices/none").mkdir()
    roots = [fleet / "devices/none", fleet / "devices/gone", fleet / "devices/00"]
    command = ("sweep", *roots, "--layout", "path", *NOW)
    usual = run_here(*command)
    assert (usual.status, f"{fleet}/devices/gone: No such file" in usual.err) == (1, True)
    done = run_here(*command, "--executor", "threads")
    assert (done.status, done.err) == (usual.status, usual.err)


@pytest.mark.parametrize(
    ("options", "status", "why"),
    [
        (["devices", "devices/00"], 2, "roots that are in each other"),
        (["devices/00", "devices/00"], 2, "roots that are in each other"),
        (["devices/00", "--archive", "x"], 2, "--archive cannot be used with --executor"),
        (["devices/00", "--verbose"], 2, "leave --summary and --verbose out"),
        (["devices/00", "--max-delete", "0", "--delete"], 3, "more than --max-delete 0"),
        (["/"], 3, "nothing was deleted"),
        (["devices/00", "--scheduler", "tcp://x:1"], 2, "a scheduler is for"),
    ],
)
def test_guards_and_options_that_do_not_fit_refuse(options, status, why, fleet, monkeypatch):
    monkeypatch.chdir(fleet)
    command = ("--layout", "path", *NOW, "--executor", "threads")
    done = run_here("sweep", *options, *command)
    assert (done.status, why in done.err) == (status, True), done.err
    assert left(fleet) > {OLD, NEW}


class LosesWorkers(ThreadPoolExecutor):
    """A cluster that loses the worker of one root."""

    def submit(self, fn: Any, /, policy: Any, *args: Any, **_: Any) -> Future[Any]:
        def work() -> Any:
            if any(root.path.endswith("/07") for root in policy.roots):
                raise BrokenProcessPool("a worker is gone")
            return fn(policy, *args)

        return super().submit(work)


def test_a_worker_that_is_lost_leaves_its_roots_to_the_next_run(fleet):
    policy = Policy((Root(f"{fleet}/devices/*", "path"),))
    options = SweepOptions(delete=True, now=moment(), only_warnings=True, lean=True)
    with LosesWorkers(2) as pool, pytest.raises(XlogError, match="1 tasks ended early"):
        run_sweep(policy, options, show=lambda _: None, executor=pool)
    assert {path.parent.name for path in fleet.glob(f"devices/*/{OLD}")} == {"07"}
    with ThreadPoolExecutor(2) as pool:
        result = run_sweep(policy, options, show=lambda _: None, executor=pool)
    assert (result.ok, left(fleet)) == (True, {NEW})


def moment() -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(MOMENT, UTC)


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.mark.heavy
def test_dask_sweeps_though_a_worker_is_killed(cluster, fleet, capsys):
    import threading

    import distributed

    with distributed.Client(cluster, set_as_default=False) as client:
        pids = list(client.run(os.getpid).values())

    def kill() -> None:
        time.sleep(0.2)
        os.kill(pids[0], signal.SIGKILL)

    threading.Thread(target=kill).start()
    command = ("sweep", "--config", fleet / "policy.yaml", *NOW, "--delete", "--json")
    scheduler = ("--executor", "dask", "--scheduler", cluster.scheduler_address)
    assert run_here(*command, *scheduler).status == 0
    assert left(fleet) == {NEW}
    *roots, _ = map(json.loads, capsys.readouterr().out.splitlines())
    assert len(roots) == 70
