"""`xlogdecode batch` with a target in a store: the rows of each log are there once, whatever ends a
run, and at whatever moment.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_here
from tests.jobs.uploads import expected, job_file, later, line, log_of, messages_in, put, zip_of
from tests.mars import KINDS, block
from xlogdecode import BatchJob, UsageError, batch
from xlogdecode.jobs import journal
from xlogdecode.platform.locks import LockHeldError

fsspec = pytest.importorskip("fsspec", reason="the extra stores is not installed")

TARGET = "memory://bucket/decoded"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    yield memory
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


def job_in(folder: Path, **settings: object) -> Path:
    """Write a job into the store; the memory of this process is only for its threads."""
    return job_file(folder, target=TARGET, executor="threads", processes=2, **settings)


def rows_in(store: Any, folder: Path) -> Counter[str]:
    """Return how often each message is in the store's Parquet files."""
    copy = folder / f"copy{time.monotonic_ns()}"
    for name in store.find("/bucket/decoded"):
        if name.endswith(".parquet"):
            path = copy / name.removeprefix("/bucket/decoded/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(store.cat_file(name))
    return messages_in(copy)


def own_files(store: Any) -> set[str]:
    own = "/bucket/decoded/.xlogdecode/"
    return {name.removeprefix(own) for name in store.find(own)}


def test_each_run_takes_what_is_new_and_leaves_a_manifest(store, tmp_path):
    job, uploads = job_in(tmp_path), tmp_path / "uploads"
    put(uploads, "a.xlog", 30)
    zip_of(uploads / "case.zip", "a.xlog", "deep/b.xlog")
    assert run_here("batch", job).lines[-1].endswith("2 logs decoded (2 ok), 0 unchanged")
    zipped = {"case.zip/a.xlog": 5, "case.zip/deep/b.xlog": 5}
    assert rows_in(store, tmp_path) == expected(**{"a.xlog": 30}, **zipped)
    put(uploads, "phone/c.xlog", 10)
    later(uploads / "a.xlog", log_of("a.xlog", range(35)))
    assert run_here("batch", job).lines[-1].endswith("2 logs decoded (2 ok), 1 unchanged")
    rows = expected(**{"a.xlog": 35, "phone/c.xlog": 10}, **zipped)
    assert rows_in(store, tmp_path) == rows
    assert run_here("batch", job).lines[-1].endswith("0 logs decoded, 3 unchanged")
    assert own_files(store) == {"manifest.sqlite"}
    (tmp_path / "m").write_bytes(store.cat_file("/bucket/decoded/.xlogdecode/manifest.sqlite"))
    with closing(sqlite3.connect(tmp_path / "m")) as base:
        paths = [path for (path,) in base.execute("SELECT path FROM outputs")]
    outputs = {name for name in store.find("/bucket") if ".xlogdecode" not in name}
    assert outputs == {f"/bucket/decoded/{path}" for path in paths}


def test_a_dry_run_and_the_list_of_failures_write_nothing(store, tmp_path, capsys):
    job, uploads = job_in(tmp_path), tmp_path / "uploads"
    a = put(uploads, "a.xlog", 3)
    assert run_here("batch", "--dry-run", job).status == 0
    assert capsys.readouterr().out == f"{a}: new\n"
    assert store.store == {}
    (uploads / "bad.xlog").write_bytes(bytes(range(256)) * 9)
    assert run_here("batch", job).status == 1
    before = dict(store.store)
    assert run_here("batch", "--failures", job).status == 0
    assert capsys.readouterr().out.startswith(f"{uploads}/bad.xlog: not an xlog file")
    assert store.store == before


def test_other_settings_are_refused_also_after_a_run_that_was_killed(store, tmp_path, monkeypatch):
    put(tmp_path / "uploads", "a.xlog", 3)
    with monkeypatch.context() as patch:
        death = Death(store, patch, at=7)
        with pytest.raises(Killed):
            batch(job_in(tmp_path))
    assert death.is_over
    job = job_in(tmp_path, filter="{level: error}")
    done = run_here("batch", job)
    assert done.status == 2
    assert f"{TARGET}: was made with other settings (filter)" in done.err
    assert run_here("batch", "--rebuild", job).status == 0
    assert rows_in(store, tmp_path) == {}


class Killed(BaseException):
    """The end of a process."""


class Death:
    """Ends a run before or after its Nth request to the store, and all that it would do then."""

    def __init__(
        self, store: Any, patch: pytest.MonkeyPatch, *, at: int, is_done: bool = False
    ) -> None:
        self.left = at
        self.is_over = False
        for name in ("pipe_file", "put_file", "cp_file", "rm_file", "get_file", "cat_file"):
            do = getattr(type(store), name)
            patch.setattr(type(store), name, self._dying(do, is_done=is_done))

    def _dying(self, do: Any, *, is_done: bool) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            self.left -= 1
            if self.is_over or self.left > 0:
                if self.is_over:
                    raise Killed
                return do(*args, **options)
            self.is_over = True
            if is_done:
                do(*args, **options)
            raise Killed

        return call


def two_nights(folder: Path) -> dict[str, int]:
    """Make a first night's logs a second's: one grows and changes its parts, one is new."""
    uploads = folder / "uploads"
    lines = [line("x", second=0), line("y", second=86_400 * 4, level="W")]
    later(uploads / "moves.xlog", block(KINDS["zlib"], lines, seq=1).data)
    later(uploads / "a.xlog", log_of("a.xlog", range(9)))
    put(uploads, "new.xlog", 3)
    return {"a.xlog": 9, "b.xlog": 4, "new.xlog": 3}


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("keys", ["[]", "[day, level]"])
def test_a_run_that_is_killed_at_any_request_is_made_good_by_the_next(
    keys, is_done, store, tmp_path, monkeypatch
):
    settings = {} if keys == "[]" else {"partition_by": keys}
    job, uploads = job_in(tmp_path, **settings), tmp_path / "uploads"
    put(uploads, "a.xlog", 4)
    put(uploads, "b.xlog", 4)
    lines = [line("x", second=0), line("y", second=86_400 * 3, level="E")]
    (uploads / "moves.xlog").write_bytes(block(KINDS["zlib"], lines, seq=1).data)
    assert batch(job).status == 0
    first = {name: (file.getvalue(), file.modified) for name, file in store.store.items()}
    rows = two_nights(tmp_path)
    killed = 0
    for at in range(1, 200):
        store.store.clear()
        for name, (data, _) in first.items():
            store.pipe_file(name, data)
        with monkeypatch.context() as patch:
            death = Death(store, patch, at=at, is_done=is_done)
            try:
                batch(job)
            except Killed:
                killed += 1
        if not death.is_over:
            break
        assert batch(job).status == 0
        assert rows_in(store, tmp_path) == expected(**rows) + Counter("xy"), at
        assert own_files(store) == {"manifest.sqlite"}
    assert killed > 15


def test_a_lock_of_another_machine_is_respected_until_it_ends(store, tmp_path):
    job = job_in(tmp_path)
    put(tmp_path / "uploads", "a.xlog", 3)
    held = {"owner": "x", "host": "node7", "here": "node7 1 2", "until": time.time() + 600}
    store.pipe_file("/bucket/decoded/.xlogdecode/lock", json.dumps(held).encode())
    done = run_here("batch", job)
    assert done.status == 75
    assert f"{TARGET}: another run holds the lock, on node7" in done.err
    assert "in 10 minutes" in done.err
    held["until"] = time.time() - 1
    store.pipe_file("/bucket/decoded/.xlogdecode/lock", json.dumps(held).encode())
    assert run_here("batch", job).status == 0
    assert rows_in(store, tmp_path) == expected(**{"a.xlog": 3})
    assert own_files(store) == {"manifest.sqlite"}


@pytest.mark.parametrize("taken", ["lock", "commits/000000000001.json"])
def test_of_two_runs_one_commits(taken, store, tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "_RENEWED", 0)
    job, own = job_in(tmp_path), "/bucket/decoded/.xlogdecode"
    put(tmp_path / "uploads", "a.xlog", 3)
    held = {"owner": "x", "host": "node7", "here": "node7 1 2", "until": time.time() + 600}
    put_file = type(store).put_file

    def other_run(self: Any, path: str, place: str, **options: Any) -> None:
        put_file(self, path, place, **options)
        if "waiting" in place:
            self.pipe_file(f"{own}/{taken}", json.dumps(held).encode())

    monkeypatch.setattr(type(store), "put_file", other_run)
    with pytest.raises(LockHeldError):
        batch(job)
    assert rows_in(store, tmp_path) == {}


def test_an_output_that_the_store_refuses_is_made_by_the_next_run(store, tmp_path, monkeypatch):
    job = job_in(tmp_path)
    put(tmp_path / "uploads", "a.xlog", 3)
    put_file = type(store).put_file

    def refuse(self: Any, path: str, place: str, **options: Any) -> None:
        if "waiting" in place:
            raise PermissionError("no")
        put_file(self, path, place, **options)

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "put_file", refuse)
        done = run_here("batch", job)
    assert (done.status, "permission denied" in done.err) == (1, True)
    assert run_here("batch", job).status == 0
    assert rows_in(store, tmp_path) == expected(**{"a.xlog": 3})


def test_file_urls_are_folders_and_web_addresses_no_targets(tmp_path):
    put(tmp_path / "uploads", "a.xlog", 3)
    job = job_file(tmp_path, target=f"file://{tmp_path}/decoded")
    assert run_here("batch", job).status == 0
    assert messages_in(tmp_path / "decoded") == expected(**{"a.xlog": 3})
    assert (tmp_path / "decoded/.xlogdecode/manifest.sqlite").exists()
    with pytest.raises(UsageError, match="web addresses are only read; name a folder"):
        BatchJob(sources=("a",), target="https://example.org/x")
    with pytest.raises(UsageError, match="is in the source"):
        BatchJob(sources=("memory://bucket",), target=TARGET)


def test_a_manifest_that_cannot_be_used_is_named_by_its_url(store, tmp_path):
    job, place = job_in(tmp_path), "/bucket/decoded/.xlogdecode/manifest.sqlite"
    put(tmp_path / "uploads", "a.xlog", 3)
    store.pipe_file(place, b"garbage")
    done = run_here("batch", job)
    assert f"{TARGET}/.xlogdecode/manifest.sqlite: is not a manifest" in done.err
    assert store.cat_file(place) == b"garbage"
    store.rm_file(place)
    assert run_here("batch", job).status == 0
    assert rows_in(store, tmp_path) == expected(**{"a.xlog": 3})
