"""`decode` with filters, at the door; the truth comes from the expected texts, read otherwise."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile

import jsonschema
import pytest

from tests.command import run
from tests.mars import KINDS, log
from tests.records.truth import told_in, with_times
from tests.samples import BUFFER, LOG, TEXT, ZLIB, put, tree
from tests.shared import CORPUS, FIXTURES, expected_text, needs_corpus
from xlogdecode.writers import KEYS, json_schema

TOLD = told_in(TEXT[LOG])
MARS = told_in(TEXT[ZLIB])
SCHEMA = jsonschema.Draft202012Validator(json_schema())


def text_of(records):
    return b"".join(record.text for record in records)


def objects(out):
    found = [json.loads(line) for line in out.decode().splitlines()]
    for each in found:
        SCHEMA.validate(each)
    return found


def between(since, until, records=TOLD):
    return [r for time, r in with_times(records) if since <= time <= until]


def around(found, before, after):
    wanted = {n + d for n, r in enumerate(TOLD) if r in found for d in range(-before, after + 1)}
    return [r for n, r in enumerate(TOLD) if n in wanted]


def at(clock, message):
    """A line of 2024-01-01."""
    time = f"2024-01-01 +8.0 {clock}:00.000".encode()
    return b"[I][%s][1, 2][tag][a.cc:3, f][%s\n" % (time, message)


def having(pattern, flags=0):
    return [r for r in TOLD if re.search(pattern, r.text, flags)]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["-p", "E"], [r for r in TOLD if r.level in {"E", "F"}]),
        (["--level", "warning"], [r for r in TOLD if r.level in {"W", "E", "F"}]),
        (["-p", "V2TIM_LOG_INFO"], [r for r in TOLD if r.level in {"I", "W", "E", "F"}]),
        (["-p", "NONE"], []),
        (["-S", "2024-01-01 08:47:05"], between("2024-01-01 08:47:05", "9")),
        (["--since", "2024-01-01T10:47:06+08:00"], between("2024-01-01 10:47:06", "9")),
        (["-U", "2024-01-01T08:47:04.243"], between("", "2024-01-01 08:47:04.243")),
        (["-S", "10:47:07", "-U", "10:48"], between("2024-01-01 10:47:07", "2024-01-01 10:48:00")),
        (["-S", "yesterday 14:00"], []),
        (["-U", "-2h"], TOLD),
        (["--pid", "4144"], [r for r in TOLD if r.pid == 4144]),
        (["--tid", "4156", "--tid", "4164"], [r for r in TOLD if r.tid in {4156, 4164}]),
        (["--function", "NotifyReadWriteError", "--function", "Init"],
            having(rb"\A[^|]*\|-\S+ +(NotifyReadWriteError|Init) *\|")),
        (["--file", "login.cpp", "-p", "W"], [
            r for r in having(rb"\|-login\.cpp:") if r.level in {"W", "E", "F"}]),
        (["--function", "Notify"], []),
        (["-g", "error_code:6[0-9]+"], having(rb"error_code:6[0-9]+")),
        (["-g", "USERSIG", "--ignore-case"], having(rb"usersig", re.IGNORECASE)),
        (["-g", "^message_type:c2c", "-p", "I"], having(rb"message_type:c2c")),
        (["-g", "I", "--invert-match"], [r for r in TOLD if b"I" not in r.text]),
        (["-g", "6206", "-A", "2"], around(having(rb"6206"), 0, 2)),
        (["-g", "6206", "-B", "3"], around(having(rb"6206"), 3, 0)),
        (["-p", "E", "-C", "1"], around([r for r in TOLD if r.level == "E"], 1, 1)),
        (["--session", "1"], [r for r in TOLD if r.session == 1]),
        (["--session", "last", "-p", "W"], [
            r for r in TOLD if r.session == 2 and r.level in {"W", "E", "F"}]),
        (["--session", "7"], []),
        (["-p", "I", "-S", "10:00", "--tid", "4164", "-g", "error"], [
            r for _, r in with_times(TOLD) if r.level in {"I", "W", "E"} and r.tid == 4164
            and r.time[11:] >= "10:00" and b"error" in r.text]),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)  # fmt: skip
def test_just_the_records_that_are_wanted_come_whole_in_their_order(options, wanted):
    done = run("-c", *options, LOG)
    assert (done.status, bool(done.err)) == (0, not wanted)
    assert re.sub(rb"^--\n", b"", done.out, flags=re.MULTILINE) == text_of(wanted)
    if not {"-A", "-B", "-C"} & {*options}:
        assert done.out == text_of(wanted)
        assert run("--count", *options, LOG).out == b"%d\n" % len(wanted)


def test_tags_are_found_and_several_may_be_named():
    tags = sorted({r.tag for r in MARS if r.tag})[:2]
    done = run("-c", "--tag", tags[0], "--tag", tags[1], ZLIB)
    assert done.out == text_of(r for r in MARS if r.tag in tags)
    assert run("-c", "--tag", "none", ZLIB).out == b""


def test_a_zone_tells_when_a_time_without_one_was(tmp_path):
    log = tmp_path / "imsdk_20240101.log"
    without_a_banner = text_of(TOLD).partition(b"\nTIM: 2")[2].partition(b"\n^^^^^^^^^^")[0]
    log.write_bytes(b"TIM: 2" + without_a_banner + b"\n")
    for zone, wanted in (("+08:00", between("", "2024-01-01 08:59:59")), ("UTC", [])):
        done = run("-c", "-p", "E", "--tz", zone, "-U", "2024-01-01 00:59:59+00:00", log)
        assert done.out == text_of(r for r in wanted if r.level == "E")


def test_json_has_an_object_for_each_record_and_keeps_all_there_is():
    found = objects(run("-c", "--format", "json", LOG).out)
    assert [list(o)[: len(KEYS)] for o in found] == [list(KEYS)] * len(found)
    expected = told_in(TEXT[LOG])
    assert [o["level"] for o in found] == [r.level for r in expected]
    assert [o["session"] for o in found] == [r.session for r in expected]
    for each, record in zip(found, expected, strict=True):
        assert each["source"] == str(LOG)
        assert (each["pid"], each["tid"]) == (record.pid, record.tid) or each["type"] == "session"
        if record.level:
            assert each["time"] == f"{record.time.replace(' ', 'T')}+08:00"
            assert record.text.removesuffix(b"\n").endswith(each["message"].encode())


def test_rows_of_two_logs_have_the_fields_that_are_named_and_their_sessions():
    options = ("--format", "csv", "--fields", "time,user,sdk_version", "-p", "E")
    done = run("-c", *options, LOG, BUFFER)
    rows = list(csv.reader(io.StringIO(done.out.decode(), newline="")))
    expected = [r for r in [*TOLD, *told_in(TEXT[BUFFER])] if r.level == "E"]
    assert rows[0] == ["time", "user", "sdk_version"]
    assert [row[0][:23].replace("T", " ") for row in rows[1:]] == [r.time for r in expected]
    assert rows[1][1:] == ["user_9", "7.7.5282"]
    found = run("-c", "--format", "json", "--with", "session", LOG).out
    assert {o["user"] for o in objects(found)} == {None, "user_9"}
    redacted = run("-c", "--format", "json", "--with", "session", "--redact", LOG).out
    assert b"user_9" not in redacted
    assert len(objects(redacted)) == len(objects(found))


def test_a_session_is_a_row_in_a_file_of_its_own(tmp_path):
    done = run("--format", "sessions", "-o", f"{tmp_path}/", LOG)
    assert done.status == 0
    (file,) = tmp_path.iterdir()
    assert file.name == f"{LOG.name}.sessions.json"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    in_session = [[r for r in TOLD if r.session == n and r.level] for n in (1, 2)]
    assert [row["records"] for row in rows] == [len(records) for records in in_session]
    assert [row["levels"]["E"] for row in rows] == [
        sum(r.level == "E" for r in records) for records in in_session
    ]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--fields", "time"], "--fields needs --format json or csv"),
        (["--with", "session", "--format", "sessions"], "--with needs --format json or csv"),
        (["--excel", "--format", "json"], "--excel needs --format csv"),
        (["--fields", "tmie", "--format", "csv"], "'tmie' is not a field; did you mean time?"),
        (["--format", "sessions", "--merge"], "--format sessions cannot be used with --merge"),
        (["--format", "csv", "--with", "session", "--merge"], "--with cannot be used with --merge"),
        (["--format", "csv", "--fields", "time", "--rm"], "--rm cannot be used with --fields"),
    ],
)
def test_options_of_rows_that_have_no_meaning_are_refused(options, why):
    done = run("-c", *options, LOG)
    assert (done.status, done.out) == (2, b"")
    assert done.err.startswith(f"xlogdecode: {why}")


def test_csv_has_one_head_and_a_row_a_record():
    done = run("-c", "--format", "csv", "-p", "W", LOG, BUFFER)
    rows = list(csv.DictReader(io.StringIO(done.out.decode(), newline="")))
    assert list(rows[0]) == list(KEYS)
    expected = [r for r in [*TOLD, *told_in(TEXT[BUFFER])] if r.level in {"W", "E"}]
    assert [(r["level"], r["tid"]) for r in rows] == [(r.level, str(r.tid)) for r in expected]


def test_csv_keeps_a_row_whole_whatever_ends_lines_within(tmp_path):
    plain = tmp_path / "imsdk_a.log"
    plain.write_bytes(
        b"".join(at("10:00", f"a\r{end}".encode()) for end in ("b\r", "\nc\r\nd", ""))
    )
    out = run("-c", "--format", "csv", plain).out
    rows = list(csv.DictReader(io.StringIO(out.decode(), newline="")))
    assert [row["message"] for row in rows] == ["a\rb", "a\nc\nd", "a"]
    assert b"\r\n" not in out.replace(b"\nc\r\nd", b"")


@pytest.mark.parametrize(("form", "ending"), [("json", "json"), ("csv", "csv"), ("text", "log")])
def test_a_file_is_called_after_what_is_in_it(form, ending, tmp_path):
    log = put(LOG, tmp_path / "a.xlog")
    done = run("--format", form, "-p", "E", log)
    target = tmp_path / f"a.xlog.{ending}"
    size = f"{target.stat().st_size:,} bytes"
    told = f"xlogdecode: {log}: OK: 8 blocks, 34,218 bytes of text -> {target} ({size})"
    assert done.lines == [told]
    assert target.read_bytes() == run("-c", "--format", form, "-p", "E", log).out
    assert target.stat().st_mtime_ns == log.stat().st_mtime_ns
    again = run("--format", form, "-p", "E", log)
    assert (again.status, "exists; -f writes over it" in again.err) == (1, True)


def test_a_tree_becomes_a_tree_with_one_head_a_file(tmp_path):
    tree(tmp_path / "in")
    assert (
        run("-r", "--format", "csv", "-p", "E", tmp_path / "in", "-o", tmp_path / "out").status == 0
    )
    files = sorted((tmp_path / "out").rglob("*.csv"))
    assert len(files) == 4
    assert all(path.read_bytes().count(b"type,time,level") == 1 for path in files)


@pytest.mark.parametrize("threads", [1, 2])
def test_archives_folders_and_standard_input_give_the_same(tmp_path, threads):
    tree(tmp_path / "phone")
    subprocess.run(["tar", "-czf", "case.tgz", "phone"], cwd=tmp_path, check=True)
    common = ("-c", "-p", "E", "-T", threads)
    expected = text_of(r for r in TOLD if r.level == "E")
    packed, unpacked = run(*common, tmp_path / "case.tgz"), run(*common, "-r", tmp_path / "phone")
    assert sorted(packed.out.splitlines()) == sorted(unpacked.out.splitlines())
    assert expected in packed.out
    assert run(*common, "-", input=LOG.read_bytes()).out == expected


def test_logs_that_are_text_already_are_filtered_too(tmp_path):
    plain = tmp_path / "logs" / "imsdk_20240101.log"
    plain.parent.mkdir()
    plain.write_bytes(TEXT[LOG])
    run("-r", "--format", "json", "-p", "E", plain.parent)
    assert len(objects(plain.with_name("imsdk_20240101.log.json").read_bytes())) == 10
    assert run("-c", "-p", "E", plain).out == text_of(r for r in TOLD if r.level == "E")


def test_counts_of_several_are_named(tmp_path):
    done = run("--count", "-p", "E", LOG, BUFFER)
    assert done.out.decode() == f"{LOG}: 10\n{BUFFER}: 3\n"
    assert run("--count", "-p", "E", "--merge", LOG, BUFFER).out == b"13\n"
    assert run("--count", "-p", "E", "-", input=LOG.read_bytes()).out == b"10\n"
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as members:
        for path in (LOG, BUFFER):
            members.add(path, path.name)
    named = f"standard input: {LOG.name}: 10\nstandard input: {BUFFER.name}: 3\n"
    assert run("--count", "-p", "E", "-", input=tar.getvalue()).out.decode() == named
    assert run("--count", "-r", tmp_path, "-p", "E").status == 1


# what was lost


def test_what_was_lost_is_told_whatever_is_filtered(tmp_path):
    torn = tmp_path / "torn.xlog"
    torn.write_bytes(LOG.read_bytes()[:9000])
    plain = run("-c", torn)
    mark = plain.out.splitlines(keepends=True)[-1]
    assert mark.startswith(b"[F][xlogdecode] 112 bytes damaged at offset 8888")
    filtered = run("-c", "-p", "NONE", torn)
    assert (filtered.status, filtered.out) == (3, mark)
    *others, note = filtered.lines
    assert others == plain.lines
    assert re.fullmatch(r"xlogdecode: note: \d+ records read, none matched", note)
    assert run("-c", "-p", "NONE", "--no-marks", torn).out == b""
    (damage,) = objects(run("-c", "--format", "json", "-p", "NONE", torn).out)
    assert (damage["type"], damage["block_offset"], damage["length"]) == ("damage", 8888, 112)
    assert damage["source"] == str(torn)
    assert run("-c", "--format", "json", "-p", "NONE", "--no-marks", torn).out == b""
    rows = run("-c", "--format", "csv", "-p", "NONE", "--no-marks", torn).out.splitlines()
    assert len(rows) == 1


def test_a_loss_before_the_last_session_is_told_with_it(tmp_path):
    whole = LOG.read_bytes()
    path = tmp_path / "a.xlog"
    path.write_bytes(whole[:500] + whole[530:])
    last, second = (run("-c", "--session", which, path) for which in ("last", "2"))
    assert b"[F][xlogdecode]" in last.out
    assert (last.out, last.status) == (second.out, second.status)


def test_context_ends_at_a_loss(tmp_path):
    before, hit = log(KINDS["zlib"], [at("10:00", b"before"), at("10:01", b"hit")], per_block=1)
    path = tmp_path / "a.xlog"
    path.write_bytes(before.data + b"\x81" * 50 + hit.data)
    done = run("-c", "-g", "hit", "-B", "2", path)
    mark, hit = done.out.splitlines(keepends=True)
    assert mark.startswith(b"[F][xlogdecode] 50 bytes damaged")
    assert hit == at("10:01", b"hit")


@pytest.mark.parametrize("more", [[], ["-g", "."]], ids=["in bulk", "one by one"])
def test_a_time_of_day_needs_no_year(more):
    lines = [
        b"[I][08-15/%b:01:19.582+9.0][838,91395][a.cc:4499]m\n" % hour for hour in (b"11", b"12")
    ]
    log = run("encode", "-", "-o", "-", input=b"".join(lines)).out
    assert run("-", "-S", "12:00", *more, input=log).out == lines[1]
    assert run("-", "-U", "12:00", *more, input=log).out == lines[0]
    assert run("-", "-U", "2024-01-01", *more, input=log).out == b""


def test_two_patterns_are_refused():
    done = run("--count", "-g", "9508", "-g", "6206", LOG)
    assert (done.status, done.lines) == (
        2, ["xlogdecode: -g is given twice; '9508|6206' finds either"]
    )  # fmt: skip


def test_no_context_on_one_side_may_be_asked_for():
    errors = [r for r in TOLD if r.level == "E"]
    out = run("-c", "-p", "E", "-C", "1", "-A", "0", LOG).out
    assert out.replace(b"\n--\n", b"\n") == text_of(around(errors, 1, 0))


def test_strict_report_and_removal_are_as_without_a_filter(tmp_path):
    torn, whole = tmp_path / "torn.xlog", put(LOG, tmp_path / "a.xlog")
    torn.write_bytes(LOG.read_bytes()[:9000])
    strict = run("--strict", "-p", "E", torn)
    assert (strict.status, [p.name for p in tmp_path.glob("*.log")]) == (3, [])
    report = tmp_path / "report"
    assert run("--report", report, "--format", "json", "--rm", torn, whole).status == 3
    entries = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(e["source"], e["status"]) for e in entries] == [(str(torn), 3), (str(whole), 0)]
    assert (torn.exists(), whole.exists()) == (True, False)


@pytest.mark.parametrize(
    "options",
    [
        ["-p", "E"], ["-S", "10:00"], ["--session", "last"], ["-g", "x", "-A", "1"],
        ["--redact"], ["--redact-patterns", "mine.yaml"], ["--utf8"],
    ],
)  # fmt: skip
def test_a_log_is_not_removed_where_its_text_would_not_be_all_of_it(tmp_path, options):
    log = put(LOG, tmp_path / "a.xlog")
    done = run("--rm", *options, log)
    assert done.status == 2
    assert "--rm cannot be used with" in done.err
    assert [*tmp_path.iterdir()] == [log]


@pytest.mark.parametrize("option", ["-A", "-B", "-C"])
def test_context_wants_records_to_stand_around(option):
    done = run("-c", option, "1", LOG)
    assert (done.status, done.lines) == (
        2, [f"xlogdecode: {option} needs a filter such as -g"]
    )  # fmt: skip


def test_an_update_writes_what_is_newer_than_its_file_of_that_form(tmp_path):
    log = put(LOG, tmp_path / "a.xlog")
    run("-u", "--format", "json", log)
    assert run("-u", "-v", "--format", "json", log).lines == [
        f"xlogdecode: {log}: {log}.json is up to date"
    ]
    run("-u", log)
    assert (tmp_path / "a.xlog.log").read_bytes() == TEXT[LOG]


def test_a_block_that_stands_there_twice_is_told_once(tmp_path):
    twice = tmp_path / "a.xlog"
    twice.write_bytes(BUFFER.read_bytes().rstrip(b"\0")[:] + b"\0")
    block = twice.read_bytes()
    twice.write_bytes(block * 2)
    once = run("--count", "-p", "E", BUFFER).out
    assert run("--count", "-p", "E", twice).out != once
    assert run("--count", "--dedup", "-p", "E", twice).out == once


@pytest.mark.parametrize("options", [["-p", "E"], ["--format", "json"], ["--merge"]])
def test_locked_logs_and_what_is_none_end_as_without_a_filter(options, tmp_path):
    locked = FIXTURES / "async_zlib_crypt_small.xlog"
    junk = tmp_path / "junk"
    junk.write_bytes(b"\xff" * 999)
    for path in (locked, junk, tmp_path / "absent"):
        plain, filtered = run("-c", path), run("-c", *options, path)
        assert (filtered.status, filtered.lines) == (plain.status, plain.lines)
    key = (FIXTURES / "key").read_text()
    assert run("-c", *options, locked, key=key).status == 0


# one timeline


def test_a_timeline_is_the_stable_sort_of_all_records_each_behind_its_source():
    done = run("--merge", BUFFER, LOG)
    logs = [(str(BUFFER), told_in(TEXT[BUFFER])), (str(LOG), TOLD)]
    stamped = [(time, name, record) for name, told in logs for time, record in with_times(told)]
    expected = b"".join(
        f"{name}: ".encode() + record.text + b"\n" * (not record.text.endswith(b"\n"))
        for _, name, record in sorted(stamped, key=lambda row: row[0])
    )
    assert done.out.removesuffix(b"\n") == expected.removesuffix(b"\n")
    assert (done.status, done.err) == (0, "")


def test_one_log_alone_is_not_prefixed_but_put_in_order():
    done = run("--merge", "-p", "E", LOG)
    assert done.out == text_of(sorted((r for r in TOLD if r.level == "E"), key=lambda r: r.time))


def test_one_log_that_ends_in_mid_line_is_put_in_order_line_by_line(tmp_path):
    path = tmp_path / "imsdk_a.log"
    path.write_bytes(at("10:00", b"late") + at("09:00", b"early").removesuffix(b"\n"))
    assert run("--merge", path).out == at("09:00", b"early") + at("10:00", b"late")


def test_the_number_of_a_timeline_is_that_of_its_records(tmp_path):
    path = tmp_path / "imsdk_a.log"
    banner = b"^^^^^^^^^^Dec 12 2023^^^15:15:13^^^^^^^^^^[0,0][2024-01-01 +0800 08:47:04]\n"
    path.write_bytes(b"TIM: 2024-01-01 08:00:00.000 I 1-2 |a.cc:1 |f |recovered\n" + banner)
    window = ("-S", "2024-01-01T07:30+08:00", "-U", "2024-01-01T08:30+08:00")
    assert run("--merge", *window, path).out.count(b"recovered") == 1
    assert run("--merge", *window, "--count", path).out == b"1\n"


def test_a_timeline_takes_archives_pipes_and_json_and_writes_a_file(tmp_path):
    tree(tmp_path / "phone")
    subprocess.run(["tar", "-cf", "case.tar", "phone"], cwd=tmp_path, check=True)
    direct = objects(run("--merge", "--format", "json", "-r", tmp_path / "phone").out)
    packed = objects(run("--merge", "--format", "json", tmp_path / "case.tar").out)
    same = [(o["time"], o["message"]) for o in direct]
    assert sorted(same, key=str) == sorted(((o["time"], o["message"]) for o in packed), key=str)
    times = [o["time"] for o in direct if o["time"]]
    assert times == sorted(times)
    assert all(": " in o["source"] for o in packed)
    target = tmp_path / "all.json"
    done = run(
        "--merge", "--format", "json", "-o", target, "--session", "last", "-", BUFFER,
        input=LOG.read_bytes(),
    )  # fmt: skip
    assert [line.rpartition(" -> ")[2] for line in done.lines] == [str(target)] * 2
    found = objects(target.read_bytes())
    assert {o["source"] for o in found} == {"standard input", str(BUFFER)}
    assert {o["session"] for o in found} == {1, 2}
    again = run("--merge", "-o", target, LOG)
    assert (again.status, "exists; -f" in again.err) == (1, True)
    assert run("--merge", "-o", LOG, "-f", LOG).status == 2


def test_a_timeline_goes_on_without_what_cannot_be_read(tmp_path):
    done = run("--merge", "-p", "E", tmp_path / "absent", LOG)
    assert done.status == 1
    assert done.out == run("-c", "-p", "E", LOG).out
    assert len(done.lines) == 1
    torn = tmp_path / "torn.xlog"
    torn.write_bytes(LOG.read_bytes()[:9000])
    done = run("--merge", "-p", "NONE", torn, LOG)
    assert (done.status, done.out.startswith(f"{torn}: [F][xlogdecode] ".encode())) == (3, True)
    done = run("--merge", "-p", "E", "--strict", torn, LOG)
    assert done.status == 3
    assert str(torn).encode() not in done.out
    assert done.out.count(b"TIM: ") == 10


def test_what_a_launch_has_saved_of_a_crash_buffer_is_told_once(tmp_path):
    raw, tip = LOG.read_bytes(), b"begin of mmap ~~~~~\n\0"
    start = raw.index(tip) + len(tip)
    stop = start + 13 + int.from_bytes(raw[start + 5 : start + 9], "little")
    buffer = tmp_path / "imsdk.mmap2"
    buffer.write_bytes(raw[start:stop].ljust(153_600, b"\0"))
    assert run("--count", buffer).out == b"2\n"
    for both in ((buffer, LOG), (LOG, buffer)):
        assert run("--merge", "--count", *both).out == b"%d\n" % len(TOLD)
        assert run("-c", "-p", "V", *both).out == run("-c", "-p", "V", LOG).out
    assert run("--count", *both).out == f"{LOG}: {len(TOLD)}\n".encode()


# redaction


def test_redaction_is_the_same_for_all_inputs_and_threads(tmp_path):
    logs = [put(LOG, tmp_path / f"{n}.xlog") for n in range(3)]
    once = run("-c", "--redact", logs[0]).out
    assert b"203.0.113" in TEXT[LOG]
    assert b"203.0.113" not in once
    assert b"<ip-1>" in once
    for threads in (1, 4):
        assert run("-c", "--redact", "-T", threads, *logs).out == once * 3
    assert b"203.0.113" not in run("--merge", "--redact", "--format", "json", *logs).out
    run("--redact", "-o", tmp_path / "out", *logs)
    assert [p.read_bytes() for p in sorted((tmp_path / "out").iterdir())] == [once] * 3


# the last ones


def test_the_last_records_come_in_each_format(tmp_path):
    errors = [r for r in TOLD if r.level == "E"]
    assert run("-c", "-n", "5", LOG).out == text_of(TOLD[-5:])
    assert run("-c", "-p", "E", "-n", "2", LOG).out == text_of(errors[-2:])
    assert run("-c", "-p", "E", "-n", "999", LOG).out == text_of(errors)
    assert run("-c", "-n", "0", LOG).out == b""
    lines = run("-c", "-p", "E", "-n", "2", "--format", "json", LOG).out.splitlines()
    messages = [json.loads(line)["message"].encode() for line in lines]
    assert [m in r.text for m, r in zip(messages, errors[-2:], strict=True)] == [True, True]
    rows = run("-c", "-p", "E", "-n", "2", "--format", "csv", LOG).out
    assert len([*csv.reader(rows.decode().splitlines())]) == 3
    run("-n", "5", LOG, "-o", tmp_path / "a.log")
    assert (tmp_path / "a.log").read_bytes() == text_of(TOLD[-5:])


def test_a_short_option_ignores_case():
    assert run("-c", "-i", "-g", "USERSIG", LOG).out == text_of(having(rb"usersig", re.IGNORECASE))


# what makes no sense


@pytest.mark.parametrize(
    "options",
    [
        "-l -p E", "-t --format json", "-t --tz UTC", "-l --count", "-F --merge", "-F --count",
        "-F --session last", "-F --rm", "-F -u", "-F -f", "-F --strict", "-F --report x",
        "-l --report x", "--merge --rm", "--merge -u -o x", "--count --format json",
        "--count -o x", "--count --rm", "--count -u", "--count --redact", "-i",
        "--count -n 3", "--rm -n 3", "-u -n 3", "-l -n 3", "-n -1", "-C 2 -n 3",
        "--invert-match -p E", "--format xml", "--pid one", "-A -1", "--merge -c -o x",
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_wrong_usage(options, tmp_path):
    done = run(*options.split(), put(LOG, tmp_path / "a.xlog"), cwd=tmp_path)
    assert (done.status, done.out) == (2, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlog"]
    flags = [word for word in options.split() if word.startswith("-")]
    assert any(flag in done.err for flag in flags)


def test_a_timeline_is_no_folder(tmp_path):
    assert run("--merge", "-o", tmp_path, LOG).status == 2


# nine days


@needs_corpus
@pytest.mark.parametrize("level", ["D", "I", "W", "E"])
def test_nine_days_by_level_are_right_to_the_record(level):
    days = sorted((CORPUS / "imsdk").glob("imsdk_C_*.xlog"))
    told = [r for day in days for r in told_in(expected_text(day))]
    graver = "DIWEF"["DIWEF".index(level) :]
    done = run("-c", "-p", level, *days)
    assert done.out == text_of(r for r in told if r.level and r.level in graver)


@needs_corpus
def test_nine_days_by_time_are_right_to_the_record():
    days = sorted((CORPUS / "imsdk").glob("imsdk_C_*.xlog"))
    wanted = []
    for day in days:
        wanted += between(
            "2023-12-28 09:30:00", "2023-12-30 17:00:00.123", told_in(expected_text(day))
        )
    done = run("-c", "-S", "2023-12-28 09:30", "-U", "2023-12-30 17:00:00.123", *days)
    assert done.out == text_of(wanted)


@needs_corpus
def test_all_days_and_the_crash_buffer_are_one_timeline():
    folder = CORPUS / "imsdk"
    done = run("--merge", "-r", folder, "--format", "json", "--tz", "+08:00")
    found = objects(done.out)
    times = [o["time"] for o in found if o["time"]]
    assert times == sorted(times)
    paths = sorted(path for path in folder.iterdir() if path.suffix in {".xlog", ".mmap2"})
    assert len(found) == sum(len(told_in(expected_text(path))) for path in paths)
    assert done.status == 0


# what grows


def test_the_word_text_is_searched_for_like_any_other(tmp_path):
    told = [r for r in TOLD if b"text" in r.text]
    assert len(told) < len(TOLD)
    done = run("-c", "--count", "-g", "text", LOG)
    assert done.out == b"%d\n" % len(told)


def test_a_record_behind_a_loss_is_judged_by_its_own_time(tmp_path):
    def lines(minute: int, count: int) -> list[bytes]:
        stamp = b"[W][2024-01-01 +8.0 05:%02d:00.000][1, 1*][tag][, , 0]" % minute
        return [stamp + b"[%064x\n" % (7919**number) for number in range(1, count + 1)]

    (cut,) = log(KINDS["zlib"], lines(0, 40), per_block=40)
    behind = log(KINDS["zlib"], lines(30, 1) + lines(31, 1), per_block=1)
    path = tmp_path / "a.xlog"
    path.write_bytes(cut.data[:-900] + b"".join(block.data for block in behind))
    done = run("-c", "--no-marks", "-S", "2024-01-01 05:20", path)
    assert done.status == 3
    assert done.out.splitlines(keepends=True) == lines(30, 1) + lines(31, 1)


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_all_days_of_a_log_that_is_followed_late_are_filtered(tmp_path):
    days = [tmp_path / f"imsdk_2024010{day}.xlog" for day in (1, 2, 3, 4)]
    for day in days:
        put(LOG, day)
    process = subprocess.Popen(
        [sys.executable, "-m", "xlogdecode", "-F", "-p", "E", "--format", "json", days[0]],
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        found = [json.loads(process.stdout.readline()) for _ in range(40)]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert [o["source"] for o in found] == [str(day) for day in days for _ in range(10)]


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_a_log_that_grows_is_filtered_as_it_comes_and_named_after_its_day(tmp_path):
    days = tmp_path / "imsdk_20240101.xlog", tmp_path / "imsdk_20240102.xlog"
    put(LOG, days[0])
    process = subprocess.Popen(
        [sys.executable, "-m", "xlogdecode", "-F", "-p", "E", "--format", "json", days[0]],
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        first = [json.loads(process.stdout.readline()) for _ in range(10)]
        put(LOG, days[1])
        second = [json.loads(process.stdout.readline()) for _ in range(10)]
        with days[1].open("ab") as log:
            log.write(BUFFER.read_bytes().rstrip(b"\0") + b"\0")
        third = [json.loads(process.stdout.readline()) for _ in range(3)]
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    assert (process.returncode, rest) == (130, "")
    assert {o["source"] for o in first} == {str(days[0])}
    assert {o["source"] for o in second + third} == {str(days[1])}
    assert {o["block_offset"] for o in third} == {LOG.stat().st_size}
    assert [o["tid"] for o in first] == [r.tid for r in TOLD if r.level == "E"]


# where it is written to


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("options", ["-p E", "--format csv", "--merge", "--count", "--redact"])
def test_a_full_device_is_told_in_one_line(options):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = run("-c", *options.split(), LOG, stdout=full)
    assert done.status == 1
    assert [line.partition(": cannot be written")[0] for line in done.lines] == [
        "xlogdecode: standard output"
    ]


@pytest.mark.skipif(os.name != "posix", reason="pipes are POSIX's here")
@pytest.mark.parametrize("options", ["-p D", "--format json", "--merge"])
def test_a_reader_that_leaves_is_no_trouble(options, tmp_path):
    logs = [put(LOG, tmp_path / f"{n}.xlog") for n in range(20)]
    process = subprocess.Popen(
        [sys.executable, "-m", "xlogdecode", "-c", *options.split(), *logs],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(timeout=60)


@pytest.mark.skipif(os.name != "posix", reason="a pseudoterminal is POSIX's")
def test_a_terminal_gets_no_control_characters_out_of_a_filtered_log(tmp_path):
    import pty

    log = tmp_path / "imsdk_20240101.log"
    log.write_bytes(b"TIM: 2024-01-01 08:47:04.162 E 1-2 |-a.cc:1 f |\x1b[31mred\x07\n")
    for options in (["-p", "E"], ["--merge"]):
        ours, theirs = pty.openpty()
        run("-c", *options, log, stdout=theirs, env={"NO_COLOR": "1", "PAGER": ""})
        shown = os.read(ours, 4096)
        os.close(ours)
        os.close(theirs)
        assert b"\\x1b[31mred\\x07" in shown
        assert b"\x1b" not in shown
