"""`xlogdecode batch`: each run takes what is new, and every row is in the target once."""

import fcntl
import json
import os
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.command import Done, run, run_here
from tests.jobs.uploads import expected, job_file, later, line, log_of, messages_in, put, zip_of
from tests.mars import KINDS, block, crash_buffer, new_session, private_key
from tests.samples import files_in
from xlogdecode import BatchJob, Filter, MissingExtraError, UsageError, batch
from xlogdecode.jobs.manifest import Manifest
from xlogdecode.outputs import folders


def outputs(folder: Path) -> dict[str, bytes]:
    found = files_in(folder / "decoded")
    return {name: data for name, data in found.items() if not name.startswith(".xlogdecode/")}


def total(done: Done) -> str:
    return done.lines[-1].removeprefix("xlogdecode: ")


def test_a_second_run_takes_what_is_new_and_what_has_grown(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    put(uploads, "a.xlog", 30)
    put(uploads, "phone/b.xlog", 40)
    first = run("batch", job)
    assert (first.status, total(first)) == (0, "2 logs decoded (2 ok), 0 unchanged")
    assert messages_in(tmp_path / "decoded") == expected(**{"a.xlog": 30, "phone/b.xlog": 40})
    before = outputs(tmp_path)

    assert total(run("batch", job)) == "0 logs decoded, 2 unchanged"
    assert outputs(tmp_path) == before

    put(uploads, "c.xlog", 10)
    later(uploads / "a.xlog", log_of("a.xlog", range(35)))
    assert total(run("batch", job)) == "2 logs decoded (2 ok), 1 unchanged"
    rows = {"a.xlog": 35, "phone/b.xlog": 40, "c.xlog": 10}
    assert messages_in(tmp_path / "decoded") == expected(**rows)


def test_a_dry_run_lists_what_is_due_and_why_and_writes_nothing(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    a = put(uploads, "a.xlog", 3)
    done = run("batch", "--dry-run", job)
    assert (done.status, done.out.decode()) == (0, f"{a}: new\n")
    assert total(done) == "1 log would be decoded, 0 unchanged; nothing was done"
    assert not (tmp_path / "decoded").exists()
    run("batch", job)
    before = files_in(tmp_path / "decoded")
    later(a, log_of("a.xlog", range(5)))
    b = put(uploads, "b.xlog", 3)
    assert run("batch", "--dry-run", job).out.decode() == f"{a}: grown\n{b}: new\n"
    assert files_in(tmp_path / "decoded") == before


def test_logs_in_archives_are_replaced_with_their_archive(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    case = zip_of(uploads / "case.zip", "a.xlog", "deep/b.xlog")
    assert run("batch", job).status == 0
    names = {"case.zip/a.xlog": 5, "case.zip/deep/b.xlog": 5}
    assert messages_in(tmp_path / "decoded") == expected(**names)
    zip_of(case, "a.xlog", "c.xlog", rows=9)
    assert run("batch", job).status == 0
    names = {"case.zip/a.xlog": 9, "case.zip/c.xlog": 9}
    assert messages_in(tmp_path / "decoded") == expected(**names)


def test_an_input_that_is_gone_keeps_its_rows(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    put(uploads, "a.xlog", 3)
    put(uploads, "b.xlog", 3)
    run("batch", job)
    (uploads / "a.xlog").unlink()
    assert run("batch", job).status == 0
    assert messages_in(tmp_path / "decoded") == expected(**{"a.xlog": 3, "b.xlog": 3})


def test_what_is_not_a_log_waits_with_its_reason_until_it_changes(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    put(uploads, "a.xlog", 3)
    bad = uploads / "bad.xlog"
    bad.write_bytes(b"GIF89a" + bytes(range(256)) * 4)
    first = run("batch", job)
    assert first.status == 1
    listed = run("batch", "--failures", job).out.decode()
    assert listed.startswith(f"{bad}: not an xlog file: ")
    assert f"xlogdecode: {listed}" in first.err.replace("xlogdecode: 2 logs", "")

    again = run("batch", job)
    assert again.status == 0
    assert total(again).startswith("0 logs decoded, 2 unchanged; 1 log gave nothing")
    later(bad, log_of("bad.xlog", range(4)))
    assert run("batch", job).status == 0
    assert run("batch", "--failures", job).out == b""
    assert messages_in(tmp_path / "decoded") == expected(**{"a.xlog": 3, "bad.xlog": 4})


def test_a_log_that_turns_into_garbage_keeps_its_rows(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    a = put(uploads, "a.xlog", 3)
    run("batch", job)
    later(a, bytes(range(256)) * 9)
    assert run("batch", job).status == 1
    assert messages_in(tmp_path / "decoded") == expected(**{"a.xlog": 3})


def test_encrypted_logs_are_tried_anew_once_there_is_another_key(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    key = private_key("nightly")
    data = log_of("s.xlog", range(4), kind="zlib-crypt", session=new_session(key, "s"))
    (uploads / "s.xlog").write_bytes(data)
    put(uploads, "a.xlog", 3)
    first = run("batch", job)
    assert first.status == 4
    assert "encrypted: " in first.err
    assert "under keys" in first.err
    assert total(run("batch", job)).startswith("0 logs decoded, 2 unchanged")

    (tmp_path / "server.key").write_text(f"{private_key('other').hex()}\n")
    job_file(tmp_path, keys="[server.key]")
    assert run("batch", job).status == 4
    assert total(run("batch", job)).startswith("0 logs decoded, 2 unchanged")

    with (tmp_path / "server.key").open("a") as file:
        file.write(f"{key.hex()}\n")
    assert total(run("batch", job)) == "1 log decoded (1 ok), 1 unchanged"
    assert messages_in(tmp_path / "decoded") == expected(**{"a.xlog": 3, "s.xlog": 4})
    stored = b"".join(files_in(tmp_path / "decoded").values())
    assert key not in stored
    assert key.hex().encode() not in stored


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_opened_is_tried_by_each_run(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    a = put(uploads, "a.xlog", 3)
    a.chmod(0)
    assert run("batch", job).status == 1
    assert "Permission denied" in run("batch", "--failures", job).out.decode()
    a.chmod(0o600)
    assert total(run("batch", job)) == "1 log decoded (1 ok), 0 unchanged"


def test_a_crash_buffer_s_records_are_there_once_after_a_log_has_them(tmp_path):
    """Night one has the buffer alone; by night two the app has saved it into its log."""
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    kind = KINDS["zlib"]
    saved = block(kind, [line(f"crash {row}") for row in range(3)], seq=1)
    (uploads / "imsdk_C.mmap2").write_bytes(crash_buffer(saved))
    assert run("batch", job).status == 0
    assert messages_in(tmp_path / "decoded") == expected(crash=3)

    tip = KINDS["sync-zlib"]
    begin, end = (
        block(tip, [f"~~~~~ {word} of mmap ~~~~~\n".encode()]).data for word in ("begin", "end")
    )
    daily = begin + saved.data + end + log_of("day", range(4))
    (uploads / "imsdk_C_20240501.xlog").write_bytes(daily)
    assert run("batch", job).status == 0
    found = messages_in(tmp_path / "decoded")
    assert {text: count for text, count in found.items() if text.startswith("crash")} == dict(
        expected(crash=3)
    )

    (uploads / "imsdk_C_20240501.xlog").unlink()
    assert run("batch", job).status == 0
    assert messages_in(tmp_path / "decoded") == found


def test_two_runs_over_one_target_exclude_each_other(tmp_path):
    job = job_file(tmp_path)
    put(tmp_path / "uploads", "a.xlog", 3)
    lock = tmp_path / "decoded/.xlogdecode/lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run("batch", job)
        assert done.status == 75
        assert "another run holds the lock" in done.err
        assert run("batch", "--dry-run", job).status == 0
    assert run("batch", job).status == 0


def test_other_settings_need_another_target_or_a_rebuild(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    put(uploads, "a.xlog", 3)
    put(uploads, "b.xlog", 3)
    assert run("batch", job).status == 0
    job_file(tmp_path, format="json")
    done = run("batch", job)
    assert done.status == 2
    assert "other settings (format)" in done.err
    assert [name.split("-")[0] for name in outputs(tmp_path)] == [
        "uploads/a.xlog", "uploads/b.xlog",
    ]  # fmt: skip
    assert run("batch", "--rebuild", job).status == 0
    found = outputs(tmp_path)
    assert {Path(name).suffix for name in found} == {".json"}
    rows = [json.loads(row)["message"] for data in found.values() for row in data.splitlines()]
    assert sorted(rows) == sorted(expected(**{"a.xlog": 3, "b.xlog": 3}))
    assert total(run("batch", job)) == "0 logs decoded, 2 unchanged"


def test_filters_and_redaction_are_those_of_decode(tmp_path):
    job = job_file(tmp_path, format="text", filter="{level: warn, grep: login}", redact="true")
    lines = [
        line("login ok user_id:alice", level="W"),
        line("login ok user_id:alice", level="I"),
        line("logout user_id:bob", level="E"),
    ]
    data = block(KINDS["zlib"], lines, seq=1).data
    for name in ("a.xlog", "b.xlog"):
        (tmp_path / "uploads" / name).write_bytes(data)
    assert run("batch", job).status == 0
    as_decode = run("-c", "-p", "W", "-g", "login", "--redact", tmp_path / "uploads/a.xlog").out
    found = outputs(tmp_path)
    assert len(found) == 2
    assert set(found.values()) == {as_decode}
    assert b"alice" not in as_decode
    assert all(name.endswith(".redacted.log") for name in found)


def test_names_that_are_the_same_in_two_sources_stay_apart(tmp_path):
    job = job_file(tmp_path, sources="[one/logs, two/logs, 'one/logs/*.xlog']")
    for number in ("one", "two"):
        data = log_of(number, range(3))
        (tmp_path / number / "logs").mkdir(parents=True)
        (tmp_path / number / "logs/a.xlog").write_bytes(data)
    assert run("batch", job).status == 0
    assert messages_in(tmp_path / "decoded") == expected(one=3, two=3)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names")
def test_hostile_names_are_inputs_like_others(tmp_path):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    names = [
        b"new\nline.xlog",
        b"caf\xe9.xlog",
        b"q'uote\".xlog",
        b"%s.xlog",
        b"x" * 245 + b".xlog",
    ]
    for number, name in enumerate(names):
        (uploads / os.fsdecode(name)).write_bytes(log_of(f"n{number}", range(2)))
    assert run("batch", job).status == 0
    rows = expected(**{f"n{number}": 2 for number in range(len(names))})
    assert messages_in(tmp_path / "decoded") == rows
    assert total(run("batch", job)) == f"0 logs decoded, {len(names)} unchanged"


def test_metrics_say_what_came_of_the_run(tmp_path):
    metrics = tmp_path / "metrics/xlogdecode.prom"
    job = job_file(tmp_path, metrics="metrics/xlogdecode.prom")
    put(tmp_path / "uploads", "a.xlog", 3)
    (tmp_path / "uploads/bad.xlog").write_bytes(bytes(range(256)) * 9)
    run("batch", job)
    values = dict(
        re.findall(r"^xlogdecode_batch_(\w+\{.*\}) (\S+)$", metrics.read_text(), re.MULTILINE)
    )
    label = f'job="{job}"'
    assert values[f'taken_inputs{{{label},state="ok"}}'] == "1"
    assert values[f'taken_inputs{{{label},state="failed"}}'] == "1"
    assert values[f"dead_letters{{{label}}}"] == "1"
    assert float(values[f"last_success_timestamp_seconds{{{label}}}"]) > 1.7e9
    run("batch", job)
    text = metrics.read_text()
    assert f"xlogdecode_batch_unchanged_inputs{{{label}}} 2\n" in text
    assert f"xlogdecode_batch_dead_letters{{{label}}} 1\n" in text


def test_a_source_that_is_missing_is_an_error_and_a_folder_without_logs_is_not(tmp_path):
    job = job_file(tmp_path, sources="[uploads, gone]")
    done = run("batch", job)
    assert done.status == 1
    assert f"{tmp_path}/gone: cannot be opened" in done.err
    assert run("batch", job_file(tmp_path)).status == 0


WRONG = {
    "sources: a\n": "1:1: a job without target",
    "target: b\n": "1:1: a job without sources",
    "sources: a\ntarget: b\nformat: xml\n": "3:9: 'xml' is not a format",
    "sources: a\ntarget: b\nformt: csv\n": "3:1: unknown key 'formt'",
    "sources: a\nsources: b\n": "2:1: 'sources' is here twice",
    "sources: []\ntarget: b\n": "1:10: an empty list",
    "sources: a\ntarget: a/b\n": "1:1: ",
    "sources: a\ntarget: b\nfilter: {level: loud}\n": "3:17: 'loud' is not a level",
    "sources: a\ntarget: b\nfilter: {since: -2h}\n": "3:17: '-2h' changes with the clock",
    "sources: a\ntarget: b\nfilter: {since: noon}\n": "3:17: 'noon' is not a time",
    "sources: a\ntarget: b\nfilter: {grep: '('}\n": "3:16: ",
    "sources: a\ntarget: b\ntz: Mars\n": "3:5: 'Mars' is not a time zone",
    "sources: a\ntarget: b\nredact: maybe\n": "3:9: redact must be true or false",
    "sources: {a: b}\ntarget: b\n": "1:10: this must be a list",
    "- a\n": "1:1: a job must be a mapping",
    "sources: [\n": "2:1: not YAML",
    "": "1:1: an empty job",
}


@pytest.mark.parametrize("text", WRONG)
def test_an_error_in_a_job_names_its_line_and_column(text, tmp_path):
    job = tmp_path / "job.yaml"
    job.write_text(text)
    done = run("batch", job)
    assert done.status == 2
    assert done.err.startswith(f"xlogdecode: {job}:{WRONG[text]}")
    assert list(tmp_path.iterdir()) == [job]


def test_a_key_in_the_place_of_its_file_is_refused_and_not_shown(tmp_path):
    key = private_key("nightly").hex()
    done = run("batch", job_file(tmp_path, keys=key))
    assert done.status == 2
    assert key not in done.err
    assert "job.yaml:3:7: keys takes names of files" in done.err


def test_the_printed_job_is_one(tmp_path):
    example = run("batch", "--print-config").out.decode()
    job = job_file(tmp_path)
    job.write_text(example)
    put(tmp_path / "uploads", "a.xlog", 3)
    assert run("batch", job).status == 0
    settings = re.sub(r"^# (?=[a-z_]+:|  )", "", example, flags=re.MULTILINE)
    elsewhere = r"^(keys|layout|metrics|executor|scheduler): .*\n"  # files and a cluster
    job.write_text(re.sub(elsewhere, "", settings, flags=re.MULTILINE))
    (tmp_path / "decoded").rename(tmp_path / "before")
    assert run("batch", job).status == 0


def test_a_package_that_is_missing_is_named_once_and_no_input_waits_for_it(tmp_path, monkeypatch):
    put(tmp_path / "uploads", "a.xlog", 3)
    job = job_file(tmp_path)
    monkeypatch.delitem(sys.modules, "xlogdecode.writers.arrow", raising=False)
    monkeypatch.delitem(sys.modules, "xlogdecode.writers.arrow_library", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"xlogdecode\[arrow\]"):
        batch(job)
    assert not (tmp_path / "decoded").exists()


def test_python_runs_a_job_without_a_file(tmp_path):
    put(tmp_path / "uploads", "a.xlog", 3)
    job = BatchJob(
        sources=(str(tmp_path / "uploads"),),
        target=str(tmp_path / "decoded"),
        format="json",
        filter=Filter(grep=" [12]$"),
    )
    result = batch(job)
    assert (result.taken["ok"], result.unchanged, int(result.status)) == (1, 0, 0)
    assert batch(job).unchanged == 1
    (data,) = outputs(tmp_path).values()
    assert [json.loads(row)["message"] for row in data.splitlines()] == ["a.xlog 1", "a.xlog 2"]
    with pytest.raises(UsageError, match="in the source"):
        BatchJob(sources=(str(tmp_path),), target=str(tmp_path / "x"))


class Killed(BaseException):
    """A kill, at a moment that a test chose."""


@pytest.mark.parametrize("step", ["decide", "settle", "_move", "_remove"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_ends_at_any_step_is_made_good_by_the_next(step, when, tmp_path, monkeypatch):
    job, uploads = job_file(tmp_path), tmp_path / "uploads"
    rows = {f"{n}.xlog": 2 + n for n in range(5)}
    for name, count in rows.items():
        put(uploads, name, count)
    zip_of(uploads / "case.zip", "a.xlog", "b.xlog")
    if step == "_remove":
        batch(job)
        rows["0.xlog"] = 9
        later(uploads / "0.xlog", log_of("0.xlog", range(9)))
        zip_of(uploads / "case.zip", "b.xlog", "c.xlog")
    names = zip_of(uploads / "other.zip", "c.xlog")
    rows |= {f"{names.name}/c.xlog": 5}
    kept = ("b", "c") if step == "_remove" else ("a", "b")
    rows |= {f"case.zip/{name}.xlog": 5 for name in kept}
    place: object = Manifest if hasattr(Manifest, step) else folders
    usual, calls = getattr(place, step), 0
    for number in range(1, 20):
        calls = 0

        def fail(*args, number=number):
            nonlocal calls
            calls += 1
            if calls == number and when == "before":
                raise Killed
            result = usual(*args)
            if calls == number:
                raise Killed
            return result

        monkeypatch.setattr(place, step, fail)
        try:
            batch(job)
        except Killed:
            continue
        break
    monkeypatch.setattr(place, step, usual)
    assert number > 1
    assert batch(job).unchanged == 7
    assert messages_in(tmp_path / "decoded") == expected(**rows)


def test_sources_in_a_store_are_known_by_their_etag(tmp_path):
    """The store is in the memory of this process."""
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    store = fsspec.filesystem("memory")
    for name in ("a.xlog", "deep/b.xlog"):
        store.pipe(f"/nightly/{name}", log_of(name, range(3)))
    job = BatchJob(sources=("memory://nightly",), target=str(tmp_path / "decoded"), processes=1)
    assert batch(job).taken["ok"] == 2
    assert batch(job).unchanged == 2
    store.pipe("/nightly/a.xlog", log_of("a.xlog", range(7)))
    assert batch(job).taken["ok"] == 1
    rows = expected(**{"a.xlog": 7, "deep/b.xlog": 3})
    assert messages_in(tmp_path / "decoded") == rows


def broken(manifest: Path, how: str) -> None:
    """Make a manifest one of a newer version, or not a manifest, or none that can be read on."""
    if how == "newer":
        with closing(sqlite3.connect(manifest)) as base:
            base.execute("PRAGMA user_version = 99")
    elif how == "garbage":
        manifest.write_bytes(b"garbage")
    else:
        data = manifest.read_bytes()
        manifest.write_bytes(data[:4096] + b"x" * (len(data) - 4096))


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("newer", "of a newer version of xlogdecode; use that"),
        ("garbage", "is not a manifest: file is not a database; move it away"),
        ("damaged", "is not a manifest: database disk image is malformed; move it away"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_left_as_it_is(how, why, tmp_path):
    job = job_file(tmp_path)
    put(tmp_path / "uploads", "a.xlog", 3)
    assert run_here("batch", job).status == 0
    manifest = tmp_path / "decoded/.xlogdecode/manifest.sqlite"
    broken(manifest, how)
    before = files_in(tmp_path / "decoded")
    for option in ("-q", "--dry-run", "--failures"):
        done = run_here("batch", option, job)
        assert (done.status, f"{manifest}: {why}" in done.err) == (1, True)
    assert files_in(tmp_path / "decoded") == before
    manifest.rename(tmp_path / "away")
    assert run_here("batch", job).status == 0
    assert messages_in(tmp_path / "decoded") == expected(**{"a.xlog": 3})


def test_a_disk_that_is_full_ends_the_run_and_the_next_goes_on(tmp_path, monkeypatch):
    job = job_file(tmp_path)
    rows = {f"{n}.xlog": 2 for n in range(400)}
    for name, count in rows.items():
        put(tmp_path / "uploads", name, count)
    connect = sqlite3.connect

    def connect_on_a_small_disk(*args, **options):
        base = connect(*args, **options)
        base.execute("PRAGMA max_page_count = 30")
        return base

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect_on_a_small_disk)
        done = run_here("batch", job)
    assert (done.status, "database or disk is full; make room" in done.err) == (1, True)
    assert run_here("batch", job).status == 0
    assert messages_in(tmp_path / "decoded") == expected(**rows)
