"""Prefixes of stores, swept by the rule that holds for folders. `memory://` is one."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from xlogdecode import sweep as sweep_roots
from xlogdecode.cli.app import run
from xlogdecode.errors import UsageError
from xlogdecode.retention.apply import SweepVerdict
from xlogdecode.retention.guards import GuardError

fsspec = pytest.importorskip("fsspec", reason="the extra stores is not installed")

NOW = datetime(2024, 2, 1, 12, tzinfo=UTC)
TIME = NOW.isoformat()
OLD, NEW = NOW - timedelta(days=9), NOW - timedelta(days=2)

OBJECTS = {
    "a/imsdk_20240101.xlog": OLD,
    "a/imsdk_20240101.xlog.log": OLD,
    "a/imsdk_20240102.xlog": NEW,
    "a/imsdk_20240130.xlog": NEW,
    "a/imsdk_20240230.xlog": OLD,
    "a/imsdk_20250101.xlog": OLD,
    "a/imsdk_C.mmap2": OLD,
    "a/b/c/imsdk_C_20240103-1.xlog": OLD,
    "a/b/c/my_imsdk_20240103.xlog": OLD,
    "a/b/notes.txt": OLD,
    "imsdk_20240123.xlog": NOW - timedelta(days=8),
    "imsdk_20240124.xlog": NOW - timedelta(days=8),
    "imsdk_20240125.xlog": NOW - timedelta(days=8),
    "ab/imsdk_20240101.xlog": OLD,
}
"""Names, and when each was last changed."""

GONE = {
    "a/imsdk_20240101.xlog",
    "a/imsdk_20240101.xlog.log",
    "a/b/c/imsdk_C_20240103-1.xlog",
    "imsdk_20240123.xlog",
    "imsdk_20240124.xlog",
    "ab/imsdk_20240101.xlog",
}
"""By the rule: the day in the name is 8 days past, and the last change 168 hours."""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    for name, time in OBJECTS.items():
        memory.pipe_file(f"/logs/{name}", b"log")
        memory.store[f"/logs/{name}"].created = time
    yield memory
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


def names(store: Any) -> set[str]:
    return {name.removeprefix("/logs/") for name in store.store}


def test_a_dry_run_deletes_nothing(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "memory://logs", "--now", TIME]) == 0
    lines = capsys.readouterr().out.splitlines()
    due = {line.split()[1].rstrip(":") for line in lines if line.startswith("delete ")}
    assert due == {f"memory://logs/{name}" for name in GONE}
    assert "dry run, nothing deleted" in lines[-1]
    assert names(store) == set(OBJECTS)


def test_what_the_rule_clears_goes_and_all_else_stays(store: Any) -> None:
    assert run(["sweep", "memory://logs", "--now", TIME, "--delete", "-q"]) == 0
    assert names(store) == set(OBJECTS) - GONE


def test_a_folder_of_the_same_files_has_the_same_decisions(
    store: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, time in OBJECTS.items():
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"log")
        os.utime(path, (time.timestamp(), time.timestamp()))

    def decisions(root: str) -> dict[str, tuple[str, str, str]]:
        command = ["sweep", root, "--layout", "logs", "--now", TIME, "--json"]
        assert run(command) == 0
        rows = map(json.loads, capsys.readouterr().out.splitlines())
        return {
            row["path"].removeprefix(f"{root}/"): (row["verdict"], row["because"], row["date"])
            for row in rows
            if "path" in row
        }

    assert decisions("memory://logs") == decisions(str(tmp_path / "logs"))


def test_each_root_has_a_report(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sweep", "memory://logs/a", "memory://logs/ab", "--now", TIME, "--json"]
    assert run(command) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = {row["root"]: row["files"]["delete"] for row in rows if "root" in row}
    assert found == {"memory://logs/a": 3, "memory://logs/ab": 1}
    assert rows[-1]["summary"]["files"]["delete"] == 4


def test_an_object_below_two_roots_belongs_to_the_nearest(store: Any) -> None:
    shown: list[str] = []
    sweep_roots(
        "memory://logs", "memory://logs/a", show=lambda o: shown.append(o.decision.candidate.shown)
    )
    assert len(shown) == len(set(shown)) == len(OBJECTS) - 3  # not those that are not logs


def test_the_newest_logs_of_a_prefix_can_be_kept(store: Any) -> None:
    command = ["sweep", "memory://logs/a/b", "--now", TIME, "--force", "--keep-last", "1"]
    assert run([*command, "--delete", "-q"]) == 0
    assert names(store) == set(OBJECTS)


def test_a_log_that_was_written_anew_meanwhile_is_kept(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = type(store).info

    def info(self: Any, path: str, **how: Any) -> Any:
        if path.endswith("ab/imsdk_20240101.xlog"):
            self.store[path].created = NOW
        if path.endswith("imsdk_20240123.xlog"):
            self.store.pop(path, None)
        return looked(self, path, **how)

    listed = store.find("/logs", detail=True)
    monkeypatch.setattr(type(store), "find", lambda self, path, **how: dict(listed))
    monkeypatch.setattr(type(store), "info", info)
    verdicts: dict[str, SweepVerdict] = {}

    def show(outcome: Any) -> None:
        verdicts[outcome.decision.candidate.shown] = outcome.verdict

    from xlogdecode.retention.policy import Policy, Root
    from xlogdecode.retention.run import SweepOptions, run_sweep

    run_sweep(Policy((Root("memory://logs"),)), SweepOptions(delete=True, now=NOW), show=show)
    assert verdicts["memory://logs/ab/imsdk_20240101.xlog"] is SweepVerdict.KEPT
    assert verdicts["memory://logs/imsdk_20240123.xlog"] is SweepVerdict.VANISHED
    assert "ab/imsdk_20240101.xlog" in names(store)


def test_what_a_store_refuses_is_named_and_counted(
    store: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    removed = type(store).rm_file

    def rm_file(self: Any, path: str) -> None:
        if "/ab/" in path:
            raise PermissionError("locked")
        removed(self, path)

    monkeypatch.setattr(type(store), "rm_file", rm_file)
    assert run(["sweep", "memory://logs", "--now", TIME, "--delete", "--json"]) == 1
    printed = capsys.readouterr()
    assert "memory://logs/ab/imsdk_20240101.xlog: cannot be deleted: permission" in printed.err
    summary = json.loads(printed.out.splitlines()[-1])["summary"]
    assert (summary["files"]["failed"], summary["files"]["deleted"]) == (1, len(GONE) - 1)
    assert names(store) == set(OBJECTS) - GONE | {"ab/imsdk_20240101.xlog"}


@pytest.mark.parametrize(
    ("roots", "status", "why"),
    [
        (["memory://"], 3, "names no bucket"),
        (["file:///srv/logs"], 3, "name the folder by its path"),
        (["memory://logs", "/srv"], 2, "cannot be swept in one run"),
        (["memory://logs", "--layout", "android"], 2, "a store has only the layout logs"),
        (["memory://logs", "--cross-mounts"], 2, "--cross-mounts cannot be used with URLs"),
        (["memory://logs", "--archive", "x"], 2, "--archive cannot be used with URLs"),
        (["memory://logs", "--delete", "--max-delete", "3"], 3, "more than --max-delete 3"),
        (["memory://logs/a/b", "--delete", "--now", "2030-01-01"], 3, "the clock may be wrong"),
        (["memory://none"], 1, "no log found"),
        (["nothing://logs"], 2, "nothing:// is not known"),
    ],
)
def test_a_guard_refuses(
    roots: list[str], status: int, why: str, store: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [] if "--now" in roots else ["--now", TIME]
    assert run(["sweep", *roots, *now]) == status
    assert why in capsys.readouterr().err
    assert names(store) == set(OBJECTS)


def test_a_policy_names_prefixes_and_other_names_of_logs(store: Any, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "roots:\n- path: memory://logs\n  layout: logs\n  names: ['my_imsdk_YYYYMMDD.xlog']\n"
    )
    assert run(["sweep", "--config", str(policy), "--now", TIME, "--delete", "-q"]) == 0
    assert names(store) == set(OBJECTS) - GONE - {"a/b/c/my_imsdk_20240103.xlog"}


def test_the_library_sweeps_and_refuses_as_the_command(store: Any, tmp_path: Path) -> None:
    with pytest.raises(GuardError, match="names no bucket"):
        sweep_roots("memory://", state=tmp_path)
    with pytest.raises(UsageError, match="in one run"):
        sweep_roots("memory://logs", str(tmp_path), state=tmp_path)
    result = sweep_roots("memory://logs", state=tmp_path)
    assert result.due == len(OBJECTS) - 4  # by today all but what is not a log, or has no day


class FakeS3:
    """The answers of S3 to a sweep of a bucket that keeps versions, with locks on objects."""

    protocol = ("s3", "s3a")

    def __init__(self, locked: set[str]) -> None:
        self.objects = {f"bucket/{name}": time for name, time in OBJECTS.items()}
        self.locked = {f"bucket/{name}" for name in locked}
        self.requests: list[int] = []

    def find(self, path: str, **_: Any) -> dict[str, dict[str, Any]]:
        found = self.objects.items()
        return {name: {"size": 3, "LastModified": time} for name, time in found}

    def info(self, path: str) -> dict[str, Any]:
        return {"size": 3, "LastModified": self.objects[path]}

    def is_bucket_versioned(self, bucket: str) -> bool:
        return bucket == "bucket"

    def call_s3(self, name: str, *, Bucket: str, Delete: Any) -> dict[str, Any]:  # noqa: N803
        assert (name, Bucket, Delete["Quiet"]) == ("delete_objects", "bucket", True)
        keys = [one["Key"] for one in Delete["Objects"]]
        self.requests.append(len(keys))
        assert all("VersionId" not in one for one in Delete["Objects"])
        refused = [key for key in keys if f"{Bucket}/{key}" in self.locked]
        for key in set(keys) - set(refused):
            del self.objects[f"{Bucket}/{key}"]
        return {"Errors": [{"Key": key, "Code": "AccessDenied"} for key in refused]}


def test_s3_deletes_in_one_request_and_what_a_lock_keeps_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from xlogdecode.platform.stores import Store
    from xlogdecode.retention import stores

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    locked = "a/imsdk_20240101.xlog"
    fake = FakeS3({locked})
    monkeypatch.setattr(stores, "store_at", lambda url: Store(fake, url.removeprefix("s3://")))
    assert run(["sweep", "s3://bucket", "--now", TIME, "--delete", "--json"]) == 1
    printed = capsys.readouterr()
    assert f"s3://bucket/{locked}: refused by the store: AccessDenied" in printed.err
    assert "the bucket bucket keeps versions" in printed.err
    summary = json.loads(printed.out.splitlines()[-1])["summary"]
    assert (summary["files"]["failed"], summary["files"]["deleted"]) == (1, len(GONE) - 1)
    left = {name.removeprefix("bucket/") for name in fake.objects}
    assert (left, fake.requests) == (set(OBJECTS) - GONE | {locked}, [len(GONE)])
