"""`--report`: a file of its own, which tells what failed from what is whole."""

import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.command import run, run_here
from tests.shared import FIXTURES, expected_text

LOG = FIXTURES / "imsdk_20240101.xlog"


@pytest.fixture
def log(tmp_path):
    """A healthy log in a folder of its own."""
    return Path(shutil.copy(LOG, tmp_path / "a.xlog"))


def told(text):
    return [json.loads(line) for line in text.splitlines()]


def refused(done, *names):
    assert done.status == 2
    assert len(done.lines) == 1
    assert "--report names another file" in done.lines[0]
    assert all(str(name) in done.lines[0] for name in names)
    return True


@pytest.mark.parametrize("option", ["-t", "-c", "-f"])
def test_a_report_never_takes_the_place_of_an_input(log, option):
    assert refused(run(option, "--report", log, log), log)
    assert log.read_bytes() == LOG.read_bytes()
    assert [path.name for path in log.parent.iterdir()] == ["a.xlog"]


def test_nor_that_of_an_input_by_another_name(log, tmp_path):
    os.link(log, tmp_path / "other")
    assert refused(run("-t", "--report", tmp_path / "other", log), log, tmp_path / "other")
    with log.open("rb") as stream:
        assert refused(run("-t", "--report", log, "-", stdin=stream), log)
    assert log.read_bytes() == LOG.read_bytes()


def test_nor_that_of_a_log_in_a_folder(log, tmp_path):
    assert refused(run("-t", "-r", "--report", log, tmp_path), log)
    assert log.read_bytes() == LOG.read_bytes()


def test_nor_that_of_an_archive(log, tmp_path):
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        archive.write(log, "a.xlog")
    before = (tmp_path / "case.zip").read_bytes()
    assert refused(run("--report", tmp_path / "case.zip", tmp_path / "case.zip"))
    assert (tmp_path / "case.zip").read_bytes() == before


def test_a_report_never_takes_the_place_of_a_text_of_its_run(log, tmp_path):
    other = shutil.copy(LOG, tmp_path / "b.xlog")
    text = tmp_path / "b.xlog.log"
    assert refused(run("--report", text, log, other), text)
    assert {path.name for path in tmp_path.iterdir()} == {"a.xlog", "b.xlog"}
    assert refused(run("--report", tmp_path / "t", "-o", tmp_path / "t", log), tmp_path / "t")
    assert refused(
        run("--report", tmp_path / "o" / "a.xlog.log", "-r", tmp_path, "-o", tmp_path / "o")
    )
    with (tmp_path / "shown").open("wb") as shown:
        assert refused(run("-c", "--report", tmp_path / "shown", log, stdout=shown))


def test_a_report_never_takes_the_place_of_the_key(log, tmp_path):
    key = tmp_path / "key"
    key.write_text("11" * 32)
    assert refused(run("--report", key, "--key-file", key, log), key)
    assert key.read_text() == "11" * 32


def test_a_report_replaces_an_earlier_one(log, tmp_path):
    report = tmp_path / "report.json"
    for _ in range(2):
        assert run("-f", "--report", report, log).status == 0
    assert [line["whole"] for line in told(report.read_text())] == [True]
    assert run("-t", "--report", os.devnull, log).status == 0


def test_a_folder_for_a_report_is_made(log, tmp_path):
    report = tmp_path / "reports" / "today" / "a.json"
    assert run("-t", "--report", report, log).status == 0
    assert [line["whole"] for line in told(report.read_text())] == [True]
    done = run("-t", "--report", log / "a.json", log)
    assert done.status == 1
    assert done.lines[-1].endswith("; --report names a file elsewhere")


def test_a_report_can_be_printed_where_no_text_is(log):
    done = run("--report", "-", log)
    assert (done.status, [line["whole"] for line in told(done.out)]) == (0, [True])
    assert log.with_name("a.xlog.log").read_bytes() == expected_text(LOG)
    assert run("-c", "--report", "-", log).status == 2


def test_what_failed_is_not_whole(log, tmp_path):
    report = tmp_path / "report"
    assert run("-t", "--report", report, log, tmp_path / "none").status == 1
    assert [line["whole"] for line in told(report.read_text())] == [True, False]


def test_a_member_of_a_torn_archive_is_not_whole(tmp_path):
    import gzip

    torn = tmp_path / "a.xlog.gz"
    torn.write_bytes(gzip.compress(LOG.read_bytes())[:-4])
    report = tmp_path / "report"
    assert run("-t", "--report", report, torn).status == 3
    assert [line["whole"] for line in told(report.read_text())] == [False]


def test_a_dash_for_the_output_is_standard_output(log):
    done = run("-o", "-", log, cwd=log.parent)
    assert (done.status, done.out, done.err) == (0, expected_text(LOG), "")
    assert [path.name for path in log.parent.iterdir()] == ["a.xlog"]


def test_a_slash_behind_the_output_makes_it_a_folder(log, tmp_path):
    assert run("-o", f"{tmp_path / 'new'}{os.sep}", log).status == 0
    assert (tmp_path / "new" / "a.xlog.log").read_bytes() == expected_text(LOG)


def test_a_file_may_be_called_a_dash_all_the_same(log):
    assert run("-o", f".{os.sep}-", log, cwd=log.parent).status == 0
    assert log.with_name("-").read_bytes() == expected_text(LOG)


@pytest.fixture
def store():
    fsspec = pytest.importorskip("fsspec", reason="the extra stores is not installed")
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    yield memory
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


def test_a_report_goes_to_a_store_or_to_a_file_by_its_url(store, log, tmp_path):
    assert run_here("-t", "--report", "memory://bucket/r/report.jsonl", log).status == 0
    (row,) = told(store.cat_file("/bucket/r/report.jsonl").decode())
    assert (row["source"], row["status"]) == (str(log), 0)
    assert run_here("-t", "--report", f"file://{tmp_path}/r/report.jsonl", log).status == 0
    assert told((tmp_path / "r/report.jsonl").read_text()) == [row]


@pytest.mark.parametrize(
    ("place", "options"),
    [
        ("memory://bucket/a.xlog", ["-t", "memory://bucket/a.xlog"]),
        ("memory://bucket/a.xlog.log", ["memory://bucket/a.xlog"]),
        ("memory://bucket/b.xlog", ["-t", "-r", "memory://bucket"]),
        ("memory://bucket/text", ["memory://bucket/a.xlog", "-o", "memory://bucket/text"]),
        ("memory://bucket/", ["-t", "memory://bucket/a.xlog"]),
        ("https://example.org/report", ["-t", "memory://bucket/a.xlog"]),
    ],
)
def test_nor_does_it_take_the_place_of_anything_in_a_store(place, options, store):
    store.pipe_file("/bucket/a.xlog", LOG.read_bytes())
    done = run_here("--report", place, *options)
    assert (done.status, "--report names" in done.err) == (2, True)
    assert store.find("/") == ["/bucket/a.xlog"]


def test_a_store_that_refuses_a_report_is_named(store, log, monkeypatch):
    def refuse(self, path, data, **options):
        raise PermissionError("no")

    monkeypatch.setattr(type(store), "pipe_file", refuse)
    done = run_here("-t", "--report", "memory://bucket/report", log)
    assert done.status == 1
    assert "memory://bucket/report: cannot be written: permission denied" in done.err
