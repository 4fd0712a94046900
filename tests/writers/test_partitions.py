"""A Hive dataset has each record once, in the folder of its day and its level."""

import duckdb
import pyarrow.dataset as ds
import pytest

from tests.command import run
from tests.jobs.uploads import job_file, later, line, messages_in, zip_of
from tests.mars import KINDS, block
from xlogdecode.writers.partitions import parse_keys


def log_of(*rows: tuple[str, int, str]) -> bytes:
    lines = [line(text, second=86_400 * day, level=level) for text, day, level in rows]
    return block(KINDS["zlib"], lines, seq=1).data


def test_duckdb_reads_the_folders_as_columns(tmp_path):
    job, uploads = job_file(tmp_path, partition_by="[day, level]"), tmp_path / "uploads"
    (uploads / "a.xlog").write_bytes(log_of(("x", 0, "I"), ("y", 0, "E"), ("z", 1, "E")))
    (uploads / "b.xlog").write_bytes(log_of(("u", 1, "E"), ("v", 1, "E"), ("w", 9, "F")))
    zip_of(uploads / "case.zip", "a.xlog", "b.xlog", rows=2)
    assert run("batch", job).status == 0
    target = tmp_path / "decoded"
    found = duckdb.sql(
        f"SELECT day::VARCHAR, level, string_agg(message, ' ' ORDER BY message) FROM "
        f"read_parquet('{target}/**/*.parquet', hive_partitioning = true) "
        "WHERE source NOT LIKE '%case%' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert found == [
        ("2024-05-01", "E", "y"), ("2024-05-01", "I", "x"), ("2024-05-02", "E", "u v z"),
        ("2024-05-10", "F", "w"),
    ]  # fmt: skip
    assert len(messages_in(target)) == sum(messages_in(target).values()) == 10
    assert {path.parent.parent.parent for path in target.rglob("*.parquet")} == {target}
    table = ds.dataset(target, format="parquet", partitioning="hive").to_table()
    assert table.num_rows == 10


def test_a_log_that_changes_leaves_no_row_in_a_part_it_is_no_longer_in(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    (uploads / "a.xlog").write_bytes(log_of(("x", 0, "I"), ("y", 3, "E")))
    options = ("--partition-by", "day, level")
    assert run("batch", *options, job).status == 0
    later(uploads / "a.xlog", log_of(("x", 0, "I"), ("y", 4, "W"), ("z", 4, "W")))
    assert run("batch", *options, job).status == 0
    assert messages_in(tmp_path / "decoded") == {"x": 1, "y": 1, "z": 1}
    parts = [path.name for path in (tmp_path / "decoded").iterdir() if path.name[0] != "."]
    assert sorted(parts) == ["day=2024-05-01", "day=2024-05-05"]


def test_more_parts_than_can_be_open_lose_nothing(tmp_path):
    job, uploads = job_file(tmp_path, partition_by="[tag, level]"), tmp_path / "uploads"
    lines = [line(f"m{n}").replace(b"[Sync]", b"[t/%d]" % (n % 200)) for n in range(1000)]
    (uploads / "a.xlog").write_bytes(block(KINDS["zlib"], lines, seq=1).data)
    assert run("batch", job).status == 0
    assert messages_in(tmp_path / "decoded") == {f"m{n}": 1 for n in range(1000)}
    tags = duckdb.sql(
        f"SELECT count(DISTINCT tag), min(tag) FROM "
        f"read_parquet('{tmp_path}/decoded/**/*.parquet', hive_partitioning = true)"
    ).fetchall()
    assert tags == [(200, "t/0")]


def test_only_keys_that_are_known_part_a_dataset(tmp_path):
    job = job_file(tmp_path, partition_by="[day, message]")
    assert "job.yaml:3:21: 'message' is not a key to part by" in run("batch", job).err
    job_file(tmp_path)
    assert "twice" in run("batch", "--partition-by", "day,day", job).err
    job_file(tmp_path, format="json", partition_by="day")
    done = run("batch", job)
    assert (done.status, "only parquet" in done.err) == (2, True)
    assert parse_keys("day, level") == ("day", "level")


@pytest.mark.parametrize("reader", ["pandas", "polars", "deltalake"])
def test_what_reads_parquet_reads_the_target(reader, tmp_path):
    library = pytest.importorskip(reader, reason=f"{reader} is not installed")
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    (uploads / "a.xlog").write_bytes(log_of(("早上好", 0, "I"), ("y", 0, "E")))
    (uploads / "b.xlog").write_bytes(log_of(("z", 3, "W")))
    assert run("batch", job).status == 0
    if reader == "pandas":
        frame = library.read_parquet(tmp_path / "decoded/uploads")
        messages = list(frame["message"])
        assert frame["time"].notna().all()
    elif reader == "polars":
        frame = library.read_parquet(f"{tmp_path}/decoded/uploads/*.parquet")
        messages = frame["message"].to_list()
    else:
        rows = ds.dataset(tmp_path / "decoded/uploads").to_table()
        library.write_deltalake(tmp_path / "delta", rows)
        messages = library.DeltaTable(tmp_path / "delta").to_pyarrow_table()["message"].to_pylist()
    assert sorted(messages) == ["y", "z", "早上好"]
