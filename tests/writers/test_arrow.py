"""Arrow and Parquet hold what JSON does, in columns that never change."""

import io
import json
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import xlogdecode
from tests.command import run
from tests.shared import FIXTURES
from xlogdecode.writers.arrow import SCHEMA

LOG = FIXTURES / "imsdk_20240101.xlog"
SAME = (
    "type", "level", "pid", "tid", "main_thread", "tag", "file", "line", "function", "message",
    "session", "block_offset",
)  # fmt: skip


def stream_in(data):
    return pa.ipc.open_stream(data).read_all()


def parquet_in(data):
    return pq.read_table(io.BytesIO(data))


READERS = {"arrow": stream_in, "parquet": parquet_in}


def log_of(folder, *lines):
    text = b"".join(line + b"\n" for line in lines)
    assert run("encode", "-", "-o", folder / "own.xlog", input=text).status == 0
    return folder / "own.xlog"


def written_time(row):
    """Return the time as JSON has it: of the written zone."""
    if row["time"] is None:
        return None
    zone = timedelta(minutes=row["utc_offset"] or 0)
    return (row["time"].replace(tzinfo=None) + zone).isoformat(timespec="milliseconds")


@pytest.mark.parametrize("form", READERS)
def test_each_row_is_the_object_of_json(form, tmp_path):
    cut = tmp_path / "cut.xlog"
    cut.write_bytes(LOG.read_bytes()[:-700])
    for log in (LOG, cut):
        objects = [json.loads(line) for line in run("-c", "--format", "json", log).out.splitlines()]
        rows = READERS[form](run("-c", "--format", form, log).out).to_pylist()
        assert len(rows) == len(objects) > 100
        for row, one in zip(rows, objects, strict=True):
            assert {name: row[name] for name in SAME} == {name: one[name] for name in SAME}
            assert written_time(row) == (one["time"] and one["time"][:23])
            assert row["source"] == one["source"] == str(log)
            assert row["lost_bytes"] == one.get("length")
            assert row["reason"] == one.get("reason")


def test_a_time_is_in_utc_with_the_written_offset_beside_it(tmp_path):
    log = log_of(
        tmp_path,
        b"[I][2024-03-01 +5.5 10:00:00.250][1, 2*][tag][a.cc:7, f][east",
        b"[E][2024-03-01 -5.0 10:00:00.250][1, 2][tag][a.cc:7, f][west",
    )
    east, west = xlogdecode.read_arrow(log).read_all().to_pylist()[-2:]
    assert east["time"] == datetime.fromisoformat("2024-03-01T04:30:00.250+00:00")
    assert west["time"] == datetime.fromisoformat("2024-03-01T15:00:00.250+00:00")
    assert (east["utc_offset"], west["utc_offset"]) == (330, -300)
    assert (east["severity"], west["severity"]) == (9, 17)


def test_bytes_that_are_no_utf8_and_names_that_are_not_ascii_come_through(tmp_path):
    log = log_of(
        tmp_path,
        "[I][2024-03-01 +8.0 10:00:00.250][1, 2][标签][文件.cc:7, 函数][你好".encode(),
        b"[I][2024-03-01 +8.0 10:00:01.250][1, 2][tag][a.cc:7, f][\xff\xfe ab",
    )
    chinese, broken = xlogdecode.read_arrow(log).read_all().to_pylist()[-2:]
    fields = ("tag", "file", "function", "message")
    assert [chinese[name] for name in fields] == ["标签", "文件.cc", "函数", "你好"]
    found = [json.loads(line) for line in run("-c", "--format", "json", log).out.splitlines()][-1]
    assert (broken["message"], broken["encoding"]) == (found["message"], found["encoding"])


@pytest.mark.parametrize("form", READERS)
def test_several_logs_make_one_stream_or_a_file_each(form, tmp_path):
    alone = READERS[form](run("-c", "--format", form, LOG).out).num_rows
    both = READERS[form](run("-c", "--format", form, LOG, LOG).out)
    assert both.num_rows == 2 * alone
    assert both.schema.equals(SCHEMA)
    logs = [tmp_path / f"{name}.xlog" for name in "ab"]
    for log in logs:
        log.write_bytes(LOG.read_bytes())
    assert run("-q", "--format", form, *logs).status == 0
    for log in logs:
        written = (tmp_path / f"{log.name}.{form}").read_bytes()
        assert READERS[form](written).num_rows == alone
    merged = READERS[form](run("-c", "--merge", "--format", form, *logs).out)
    times = [time for time in merged["time"].to_pylist() if time]
    assert merged.num_rows == 2 * alone
    assert times == sorted(times)


def test_filters_choose_the_rows_and_the_last_session_is_one():
    errors = stream_in(run("-c", "-p", "E", "--format", "arrow", LOG).out)
    assert set(errors["level"].to_pylist()) <= {"E", "F"}
    number = int(run("--count", "-p", "E", LOG).out)
    assert errors.num_rows == number > 0
    last = stream_in(run("-c", "--session", "last", "--format", "arrow", LOG).out)
    assert set(last["session"].to_pylist()) == {2}


def test_what_holds_nothing_is_still_a_table(tmp_path):
    none = run("-c", "-g", "no such text", "--format", "parquet", LOG)
    assert none.status == 0
    assert parquet_in(none.out).num_rows == 0
    assert xlogdecode.read_arrow().read_all().schema == SCHEMA


def test_duckdb_answers_in_sql(tmp_path):
    target = tmp_path / "a.parquet"
    assert run("-q", "--format", "parquet", "-o", target, LOG).status == 0
    found = duckdb.sql(
        f"select function, count(*) from '{target}' where level = 'E' group by 1 order by 2 desc"
    ).fetchall()
    assert sum(count for _, count in found) == int(run("--count", "-p", "E", LOG).out)


@pytest.mark.parametrize("option", ["-F", "--utf8"])
def test_what_needs_text_is_refused(option):
    done = run("-c", option, "--format", "parquet", LOG)
    assert done.status == 2
    assert "it is not text" in done.err


def test_a_pass_over_many_logs_holds_one_batch_at_a_time():
    reader = xlogdecode.read_arrow(*[LOG] * 200)
    sizes = [batch.num_rows for batch in reader]
    assert sum(sizes) == 200 * xlogdecode.read_arrow(LOG).read_all().num_rows
    assert max(sizes) <= 1 << 14
