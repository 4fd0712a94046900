"""A summary is right to the record: the truth is counted here, line by line, from the text."""

import json
import re
import zipfile
from collections import Counter, defaultdict

import pytest

from tests.command import run
from tests.records.lines import CLOSED, OPENED, SHARED, Lost, expected_text, mars, needs_shared
from tests.shared import FIXTURES
from xlogdecode.records import read_records
from xlogdecode.summary import Summary, as_dict, as_text, summarize

CODES = re.compile(r"(?:error[_ ]code|\bcode|failed)[:= ](\d+)")
DAYS = sorted(SHARED.glob("corpus/imsdk/imsdk_C_2*.xlog"))


def summary_of(*events):
    return summarize(read_records(events, source="a.xlog"))


def naive_records(text):
    """Yield (hour, level, function, whole text) of each record of the app."""
    lines = text.decode().split("\n")
    starts = [n for n, line in enumerate(lines) if line.startswith("TIM: 2")]
    closed = re.compile(r"TIM: =|\^\^\^|~~~|get mmap|log appender|del time")
    for start in starts:
        stop = start + 1
        while stop < len(lines) and not lines[stop].startswith("TIM: 2"):
            if closed.match(lines[stop]):
                break
            stop += 1
        line = lines[start]
        yield line[5:18], line[29], line.split("|")[1].split()[1], "\n".join(lines[start:stop])


def naive_summary(texts):
    levels, hours, codes, events = Counter(), defaultdict(Counter), Counter(), Counter()
    sessions = []
    for text in texts:
        for line in text.decode().split("\n"):
            if line.startswith("^^^"):
                sessions.append("")
            elif line.startswith("TIM: ======  SDK Version:"):
                sessions[-1] = line.split()[-1]
        for hour, level, function, record in naive_records(text):
            levels[level] += 1
            hours[hour.replace(" ", "T")][level] += 1
            stated = {int(code) for code in CODES.findall(record)}
            codes.update(stated - {0})
            ok = stated == {0}
            events["onConnecting"] += "|channel connect|channel id:" in record
            if function == "NotifyConnectResult":
                events["onConnectSuccess" if ok else "onConnectFailed"] += 1
            elif function == "OnConnectComplete":
                failed = "failed" in record
                events["onConnectFailed" if failed else "onConnectSuccess"] += 1
            events["onKickedOffline"] += function == "OnKickout" or 6208 in stated
            expired = function == "OnUserSigExpired" or bool({6206, 70001} & stated)
            events["onUserSigExpired"] += expired
            events["login begun"] += "|Login begin|" in record
            events["login done"] += "|Login success|" in record
            events["login failed"] += function == "HandleA2D2OnlineResponse" and not ok
    return levels, hours, codes, +events, sessions


def check(found, texts):
    levels, hours, codes, events, sessions = naive_summary(texts)
    assert found["levels"] == dict(levels)
    assert found["records"] == levels.total()
    assert {h.pop("hour"): h for h in found["hours"]} == {h: dict(n) for h, n in hours.items()}
    assert {c["code"]: c["count"] for c in found["codes"]} == dict(codes)
    assert {name: seen["count"] for name, seen in found["events"].items()} == dict(events)
    assert [s["sdk_version"] for s in found["sessions"]] == sessions
    assert sum(s["records"] for s in found["sessions"]) == levels.total()


def truth(path):
    return expected_text(path.with_name(f"{path.stem}.expected.zst"))


@needs_shared
@pytest.mark.parametrize("path", DAYS, ids=lambda path: path.stem)
def test_each_of_the_nine_days_is_right_to_the_record(path):
    done = run("summary", "--json", path)
    assert done.status == 0
    check(json.loads(done.out), [truth(path)])


@needs_shared
def test_the_nine_days_together_are_right_to_the_record():
    assert len(DAYS) == 9
    done = run("summary", "--json", *DAYS)
    found = json.loads(done.out)
    check(found, [truth(path) for path in DAYS])
    assert min(c["first"] for c in found["codes"]).startswith("2023-12-25")


def test_the_table_tells_who_ran_what_went_wrong_and_when():
    done = run("summary", FIXTURES / "imsdk_20240101.xlog")
    lines = done.out.decode().splitlines()
    assert lines[1].split() == [
        "1", "2024-01-01", "08:47:04", "+0800", "71", "7.7.5282", "Pixel", "8,", "Android", "14",
        "crashed,", "the", "rest", "was", "recovered",
    ]  # fmt: skip
    assert any(line.split()[:4] == ["6206", "1", "UserSig", "expired"] for line in lines)
    assert lines[-1] == "losses: none"


def test_bars_are_made_of_what_the_output_can_show():
    env = {"PYTHONIOENCODING": "ascii"}
    done = run("summary", FIXTURES / "imsdk_20240101.xlog", env=env)
    assert b"########" in done.out


def test_bytes_that_are_no_utf8_are_shown_escaped(tmp_path):
    log = tmp_path / "a.xlog"
    text = f"{OPENED}\nTIM: ============ Device Type: ".encode() + b"\xc3\xd7\n"
    assert run("encode", "-", "-o", log, input=text).status == 0
    done = run("summary", log, env={"PYTHONIOENCODING": "utf-8:strict"})
    assert (done.status, done.err) == (0, "")
    assert b"\\xc3\\xd7" in done.out


def test_a_line_that_says_what_was_lost_is_no_record(tmp_path):
    log = tmp_path / "a.xlog"
    lines = [OPENED, mars(), "[F][xlogdecode] 9 bytes damaged at offset 0: no block starts here"]
    assert run("encode", "-", "-o", log, input="\n".join(lines).encode()).status == 0
    (session,) = json.loads(run("summary", "--json", log).out)["sessions"]
    assert session["records"] == 1


def test_a_file_that_cannot_be_read_does_not_stop_the_others():
    done = run("summary", "absent.xlog", FIXTURES / "imsdk_20240101.xlog")
    assert (done.status, done.lines) == (
        1, ["xlogdecode: absent.xlog: cannot be opened: No such file or directory"],
    )  # fmt: skip
    assert b"onConnecting" in done.out


def test_where_nothing_is_a_log_there_is_no_table(tmp_path):
    (tmp_path / "noise").write_bytes(bytes(range(1, 256)) * 20)
    done = run("summary", tmp_path / "noise", tmp_path / "missing")
    assert (done.status, done.out) == (1, b"")
    assert [line.split(": ")[2] for line in done.lines] == ["no xlog file", "cannot be opened"]
    folder = tmp_path / "folder"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("a.xlog", b"")
    assert run("summary", "-r", folder).out == b""


def test_folders_and_archives_are_taken_as_anywhere(tmp_path):
    log = (FIXTURES / "imsdk_20240101.xlog").read_bytes()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/imsdk_20240101.xlog").write_bytes(log)
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        archive.writestr("imsdk_20240102.xlog", log)
    done = run("summary", "--json", "-r", "logs", "case.zip", cwd=tmp_path)
    assert json.loads(done.out)["records"] == 2 * 141
    assert run("summary", "logs", cwd=tmp_path).status == 1


def test_a_log_that_waits_for_its_key_says_so():
    done = run("summary", FIXTURES / "async_zlib_crypt_small.xlog")
    assert done.status == 4
    assert "--key-file" in done.err


def test_a_log_cannot_command_the_terminal():
    header = b"TIM: ======  SDK Version: \x1b[31m7\n"
    done = run("summary", "-", input=f"{OPENED}\n".encode() + header)
    assert b"\x1b" not in done.out
    assert b"\\x1b[31m7" in done.out


def test_losses_and_what_the_writer_left_out_are_counted():
    dropped = b"[F][ sg_buffer_async.Length() >= BUFFER_BLOCK_LENTH*4/5, len: 9\n"
    found = as_dict(summary_of((0, dropped), Lost(5, 70), Lost(99, 30), (200, dropped)))
    assert found["losses"] == {
        "count": 2, "bytes": 100, "by_reason": {"bad payload": 2}, "dropped": 2, "clock_jumps": 0,
    }  # fmt: skip
    assert "losses: 2, 100 bytes (bad payload: 2)" in as_text(summary_of(Lost(5, 70), Lost(9, 30)))


def test_a_code_counts_once_a_record_and_zero_is_success():
    line = mars(message="error code:0|code:6014|error_code:6014|decode:5|failed:-3|failed:9508")
    found = as_dict(summary_of((0, line.encode())))
    assert {c["code"]: c["count"] for c in found["codes"]} == {6014: 1, 9508: 1, -3: 1}


@pytest.mark.parametrize(
    "form",
    ["error code:6206", "error_code:6206", "code:6206", "code=6206", "code 6206", "failed:6206"],
)
def test_a_code_is_found_in_every_form_that_the_sdk_writes(form):
    found = as_dict(summary_of((0, mars(message=f"x|{form}|y").encode())))
    assert [(c["code"], c["meaning"]) for c in found["codes"]] == [(6206, "UserSig expired")]
    assert found["events"]["onUserSigExpired"]["count"] == 1


def test_sessions_of_mars_tell_how_they_ended():
    text = f"{OPENED}\nMARS_PATH: release/2024\n{mars()}\n{CLOSED}\n{OPENED}\n{mars()}\n"
    table = as_text(summary_of((0, text.encode()))).splitlines()[:3]
    assert [line.split()[-1] for line in table] == ["ENDED", "order", "closed"]


def test_first_and_last_are_told_by_instants_and_not_by_clocks_of_several_zones():
    east = mars("E", "2024-01-01 +8.0 10:00:00.000", "error_code:6206")
    west = mars("E", "2024-01-01 -5.0 07:00:00.000", "error_code:6206")
    (found,) = as_dict(summary_of((0, f"{west}\n{east}\n".encode())))["codes"]
    assert found["first"] == "2024-01-01T10:00:00.000+08:00"
    assert found["last"] == "2024-01-01T07:00:00.000-05:00"


def test_of_several_logs_it_is_told_where_something_was_seen():
    summary = Summary()
    for name, codes in (("a", (6206, 6208)), ("b", (6208, 6208))):
        text = "".join(mars("E", message=f"error_code:{code}") + "\n" for code in codes)
        summarize(read_records([(0, text.encode())], source=name), summary)
    rows = [line.split() for line in as_text(summary).splitlines()]
    assert [row[-1] for row in rows if row[:1] == ["6206"]] == ["a"]
    assert [row[-2:] for row in rows if row[:1] == ["6208"]] == [["2", "logs"]]
    found = {code["code"]: code["sources"] for code in as_dict(summary)["codes"]}
    assert found == {6206: {"a": 1}, 6208: {"a": 1, "b": 2}}


def test_a_log_of_nothing_has_an_empty_summary():
    assert as_text(Summary()) == "losses: none\n"


def test_records_without_a_time_at_the_start_of_a_log_have_no_hour_of_another():
    summary = Summary()
    for source in ("a.xlog", "b.xlog"):
        events = [(0, f"no time\n{mars()}\n".encode())]
        summarize(read_records(events, source=source), summary)
    assert summary.hours == {"": Counter({"": 2}), "2024-01-01T09": Counter({"I": 2})}


def test_a_crash_buffer_that_a_launch_has_saved_is_counted_once(tmp_path):
    raw, tip = (FIXTURES / "imsdk_20240101.xlog").read_bytes(), b"begin of mmap ~~~~~\n\0"
    start = raw.index(tip) + len(tip)
    stop = start + 13 + int.from_bytes(raw[start + 5 : start + 9], "little")
    (tmp_path / "imsdk.mmap2").write_bytes(raw[start:stop].ljust(153_600, b"\0"))
    (tmp_path / "imsdk_20240101.xlog").write_bytes(raw)
    buffer, log = tmp_path / "imsdk.mmap2", tmp_path / "imsdk_20240101.xlog"
    alone = run("summary", "--json", log)
    for paths in (("-r", tmp_path), (buffer, log), (log, buffer)):
        both = run("summary", "--json", *paths)
        assert json.loads(both.out) == json.loads(alone.out)
        assert "imsdk.mmap2: all its records are in a log already" in both.err


def test_a_name_that_breaks_lines_breaks_no_table(tmp_path):
    for name in ("a\nb.xlog", "c.xlog"):
        (tmp_path / name).write_bytes((FIXTURES / "imsdk_20240101.xlog").read_bytes())
    done = run("summary", "-r", tmp_path)
    assert f"{tmp_path}/a\\nb.xlog 1".encode() in done.out
