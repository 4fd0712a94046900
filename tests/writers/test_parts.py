"""`--partition-by`: logs become a Hive dataset, where each row is once after any number of runs."""

import importlib
import os
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

import xlogdecode
from tests.command import Done, run, run_here
from tests.jobs.uploads import expected, later, line, log_of, messages_in, put, zip_of
from tests.mars import KINDS, block
from tests.samples import LOG
from xlogdecode.errors import OutputError, UsageError
from xlogdecode.outputs.folders import FolderHere

BY_DAY = ("--format", "parquet", "--partition-by", "day,level")


def log_with(*rows: tuple[str, int, str]) -> bytes:
    lines = [line(text, second=86_400 * day, level=level) for text, day, level in rows]
    return block(KINDS["zlib"], lines, seq=1).data


def part(folder: Path, *options: object, by: tuple[str, ...] = BY_DAY) -> Done:
    return run_here(*by, "-r", folder / "uploads", "-o", folder / "rows", *options)


def parts_in(dataset: Path) -> set[str]:
    return {path.parent.relative_to(dataset).as_posix() for path in dataset.rglob("*.parquet")}


def test_the_folders_are_columns_for_duckdb(tmp_path):
    uploads = tmp_path / "uploads"
    put(uploads, "phone/b.xlog", 3)
    (uploads / "a.xlog").write_bytes(log_with(("x", 0, "I"), ("y", 1, "E"), ("z", 1, "E")))
    zip_of(uploads / "case.zip", "a.xlog", rows=2)
    done = run(*BY_DAY, "-r", uploads, "-o", tmp_path / "rows")
    assert (done.status, done.err.count(f"-> {tmp_path}/rows")) == (0, 3)
    found = duckdb.sql(
        f"SELECT day::VARCHAR, level, count(*) FROM read_parquet('{tmp_path}/rows/**/*.parquet', "
        "hive_partitioning = true) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert found == [("2024-05-01", "I", 6), ("2024-05-02", "E", 2)]
    rows = expected(**{"phone/b.xlog": 3, "case.zip/a.xlog": 2})
    assert messages_in(tmp_path / "rows") == rows + Counter(["x", "y", "z"])


def test_logs_of_one_name_stay_apart(tmp_path):
    for phone in ("a", "b"):
        put(tmp_path / "uploads", f"{phone}/imsdk_20240501.xlog", 4)
    assert part(tmp_path).status == 0
    rows = expected(**{f"{phone}/imsdk_20240501.xlog": 4 for phone in ("a", "b")})
    assert messages_in(tmp_path / "rows") == rows


def test_a_second_run_is_refused_updated_or_forced(tmp_path):
    first = put(tmp_path / "uploads", "a.xlog", 4)
    put(tmp_path / "uploads", "b.xlog", 4)
    assert part(tmp_path).status == 0
    again = part(tmp_path)
    assert again.status == 1
    assert f"{tmp_path}/rows: has the rows of a.xlog already; -f replaces them" in again.err
    assert again.err.count("is up to date") == 0
    later(first, log_of("a.xlog", range(9)))
    done = part(tmp_path, "-u", "-v")
    assert (done.status, done.err.count("is up to date"), done.err.count(": OK")) == (0, 1, 1)
    assert messages_in(tmp_path / "rows") == expected(**{"a.xlog": 9, "b.xlog": 4})
    assert part(tmp_path, "-f").status == 0
    assert messages_in(tmp_path / "rows") == expected(**{"a.xlog": 9, "b.xlog": 4})


def test_a_part_that_a_log_is_no_longer_in_goes(tmp_path):
    log = tmp_path / "uploads/a.xlog"
    log.parent.mkdir()
    log.write_bytes(log_with(("x", 0, "I"), ("y", 3, "E")))
    part(tmp_path)
    later(log, log_with(("x", 0, "I"), ("y", 4, "W"), ("z", 4, "W")))
    assert part(tmp_path, "-u").status == 0
    assert parts_in(tmp_path / "rows") == {"day=2024-05-01/level=I", "day=2024-05-05/level=W"}
    assert messages_in(tmp_path / "rows") == {"x": 1, "y": 1, "z": 1}


def test_a_log_that_turns_into_garbage_keeps_its_rows(tmp_path):
    log = put(tmp_path / "uploads", "a.xlog", 4)
    part(tmp_path)
    later(log, bytes(range(256)) * 9)
    assert part(tmp_path, "-u").status == 1
    assert messages_in(tmp_path / "rows") == expected(**{"a.xlog": 4})


def test_filters_and_redaction_hold_for_the_parts(tmp_path):
    log = tmp_path / "uploads/a.xlog"
    log.parent.mkdir()
    log.write_bytes(log_with(("userid:bob_1984, in", 0, "I"), ("userid:bob_1984, out", 0, "E")))
    assert part(tmp_path, "-p", "E", "--redact").status == 0
    (message,) = messages_in(tmp_path / "rows")
    assert "bob" not in message
    assert parts_in(tmp_path / "rows") == {"day=2024-05-01/level=E"}


@pytest.mark.skipif(os.name == "nt", reason="has no such permissions")
def test_parts_are_as_private_as_their_log(tmp_path):
    put(tmp_path / "uploads", "a.xlog", 4).chmod(0o640)
    part(tmp_path)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "rows").rglob("*.parquet")}
    assert modes == {0o640}


class Killed(BaseException):
    """The end of a run."""


@pytest.mark.parametrize("step", ["write", "take", "remove"])
@pytest.mark.parametrize("is_done", [True, False])
def test_a_run_that_ends_at_any_step_is_made_good_by_the_next(step, is_done, tmp_path, monkeypatch):
    log = tmp_path / "a.xlog"
    rows = tmp_path / "rows"
    log.write_bytes(log_with(("x", 0, "I"), ("y", 3, "E")))
    keys = {"format": "parquet", "partition_by": ("day", "level")}
    list(xlogdecode.decode_paths(log, rows, **keys))
    later(log, log_with(("x", 0, "I"), ("y", 4, "W"), ("z", 4, "W")))
    do: Any = getattr(FolderHere, step)

    def end(*given: object) -> None:
        if is_done:
            do(*given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(FolderHere, step, end)
        with pytest.raises(Killed):
            list(xlogdecode.decode_paths(log, rows, update=True, **keys))
    (result,) = xlogdecode.decode_paths(log, rows, update=True, **keys)
    assert (result.error, result.path) == (None, str(rows))
    assert messages_in(rows) == {"x": 1, "y": 1, "z": 1}
    (result,) = xlogdecode.decode_paths(log, rows, update=True, **keys)
    assert result.note == f"{rows} is up to date"


@pytest.mark.parametrize("reader", ["pandas", "polars"])
def test_what_reads_parquet_reads_the_dataset(reader, tmp_path):
    library = importlib.import_module(reader)
    assert run_here(*BY_DAY, LOG, "-o", tmp_path / "rows").status == 0
    if reader == "pandas":
        import pyarrow as pa
        import pyarrow.dataset as ds

        keys = pa.schema([("day", pa.date32()), ("level", pa.string())])
        folders = ds.partitioning(keys, flavor="hive")
        frame = library.read_parquet(tmp_path / "rows", partitioning=folders)
        levels = Counter(frame["level"].dropna())
    else:
        frame = library.read_parquet(f"{tmp_path}/rows/**/*.parquet", hive_partitioning=True)
        levels = Counter(frame["level"].drop_nulls().to_list())
    assert levels == {"I": 104, "D": 19, "E": 10, "W": 8}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--partition-by", "day", "-o", "x"], "--partition-by needs --format parquet"),
        ([*BY_DAY], "--partition-by needs -o"),
        ([*BY_DAY, "-o", "-"], "--partition-by cannot be used with -o -"),
        ([*BY_DAY, "-c"], "-c cannot be used with --partition-by"),
        ([*BY_DAY, "-o", "x", "--merge"], "--merge cannot be used with --partition-by"),
        (["--format", "parquet", "--partition-by", "day,x", "-o", "x"], "'x' is not a key"),
    ],
)
def test_what_has_no_meaning_is_refused(options, why, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_here(*options, LOG)
    assert (done.status, list(tmp_path.iterdir())) == (2, [])
    assert why in done.err


def test_the_library_refuses_the_same(tmp_path):
    with pytest.raises(UsageError, match="needs format='parquet'"):
        list(xlogdecode.decode_paths(LOG, tmp_path, partition_by=["day"]))
    with pytest.raises(UsageError, match="a target folder"):
        list(xlogdecode.decode_paths(LOG, format="parquet", partition_by=["day"]))


def test_a_folder_that_takes_no_files_is_an_error_of_the_log(tmp_path):
    (tmp_path / "rows").write_text("a file")
    done = run_here(*BY_DAY, LOG, "-o", tmp_path / "rows")
    assert (done.status, "no folder can be made of it" in done.err) == (1, True)


def test_a_dataset_in_a_store_is_made_and_updated(tmp_path):
    fsspec = pytest.importorskip("fsspec", reason="the extra stores is not installed")
    memory = fsspec.filesystem("memory")
    log = tmp_path / "a.xlog"
    keys = {"format": "parquet", "partition_by": ("level",)}
    log.write_bytes(log_with(("x", 0, "I"), ("y", 3, "E")))
    try:
        for rows in [("x", 0, "I"), ("y", 3, "E")], [("x", 0, "I"), ("y", 3, "W"), ("z", 3, "W")]:
            log.write_bytes(log_with(*rows))
            (result,) = xlogdecode.decode_paths(log, "memory://bucket/rows", replace=True, **keys)
            assert (result.error, result.path) == (None, "memory://bucket/rows")
            memory.get("/bucket/rows/", str(tmp_path / "copy/"), recursive=True)
            found = messages_in(tmp_path / "copy")
            assert found == {text: 1 for text, *_ in rows}
            for path in (tmp_path / "copy").rglob("*.parquet"):
                path.unlink()
        (result,) = xlogdecode.decode_paths(log, "memory://bucket/rows", update=True, **keys)
        assert result.is_skipped
        (result,) = xlogdecode.decode_paths(log, "memory://bucket/rows", **keys)
        assert isinstance(result.error, OutputError)
        assert not [name for name in memory.store if "undone" in name]
    finally:
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]
