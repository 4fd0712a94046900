"""A summary is right to the record: the truth is counted here, line by line, from the text."""

import json
import re
import zipfile
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from wcwidth import wcswidth

import xlogdecode
from tests.command import run
from tests.records.lines import OPENED, SHARED, Lost, expected_text, mars, needs_shared
from tests.shared import FIXTURES
from tests.summary.lines import im
from xlogdecode.records import read_records
from xlogdecode.summary import Summary, as_dict, as_text, summarize

CODES = re.compile(r"error[_ ]code:(\d+)")
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
            bad = bool(stated - {0})
            events["init"] += "|InitSDK|" in record
            events["onConnectSuccess"] += function == "NotifyConnectResult" and not bad
            events["onConnectFailed"] += "|Connect to im server failed" in record
            events["disconnected"] += function == "NotifyReadWriteError"
            events["onKickedOffline"] += function == "OnKickout"
            expired = function == "OnUserSigExpired" or {6206, 70001} & stated
            events["onUserSigExpired"] += bool(expired)
            events["login begun"] += "|Login begin|" in record
            events["login done"] += "|Login success|" in record
            events["login failed"] += function == "HandleA2D2OnlineResponse" and bad
            events["message sent"] += function == "SendMessageComplete" and not bad
    return levels, hours, codes, +events, sessions


def check(found, texts):
    levels, hours, codes, events, sessions = naive_summary(texts)
    assert found["levels"] == dict(levels)
    assert found["records"] == levels.total()
    assert {h.pop("hour"): h for h in found["hours"]} == {h: dict(n) for h, n in hours.items()}
    assert {c["code"]: c["count"] for c in found["codes"]} == dict(codes)
    assert all(c["meaning"] and c["next_step"] for c in found["codes"])
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


def test_the_tables_show_who_ran_what_went_wrong_and_when():
    done = run("summary", "--lang", "en", FIXTURES / "imsdk_20240101.xlog")
    lines = done.out.decode().splitlines()
    assert lines[1].split(maxsplit=4) == [
        "1", "2024-01-01", "08:47:04", "71", "no closing line; crash buffer recovered",
    ]  # fmt: skip
    for line in ("app: 1400000001", "SDK: 7.7.5282", "device: Pixel 8, Android 14"):
        assert line in lines
    code = next(n for n, line in enumerate(lines) if line.split()[:2] == ["6206", "1"])
    assert lines[code + 1].strip() == "the UserSig has expired (login)"
    assert "new UserSig" in lines[code + 3]
    assert lines[-1] == "losses: none"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_line_is_wider_than_a_terminal(lang, tmp_path):
    long = mars("E", message=f"error_code:6208|error_message:{'被踢下线' * 60}|reason {'x' * 300}")
    log = tmp_path / "日志.xlog"
    assert run("encode", "-", "-o", log, input=f"{OPENED}\n{long}\n".encode()).status == 0
    env = {"PYTHONIOENCODING": "utf-8", "LANG": f"{lang}_XX.UTF-8"}
    done = run("summary", log, FIXTURES / "imsdk_20240101.xlog", env=env)
    lines = done.out.decode().splitlines()
    assert max(map(wcswidth, lines)) <= 80
    assert any("UserSig 已过期" in line for line in lines) == (lang == "zh")


def test_bars_are_made_of_what_the_output_can_show():
    env = {"PYTHONIOENCODING": "ascii"}
    done = run("summary", FIXTURES / "imsdk_20240101.xlog", env=env)
    assert b"########" in done.out


@pytest.mark.parametrize(
    ("name", "expected"), [(b"\xff\xd7", b"\\xff\\xd7"), ("小米".encode("gbk"), "小米".encode())]
)
def test_bytes_that_are_not_utf8_are_shown_as_chinese_or_escaped(tmp_path, name, expected):
    log = tmp_path / "a.xlog"
    text = f"{OPENED}\nTIM: ============ Device Type: ".encode() + name + b"\n" + mars().encode()
    assert run("encode", "-", "-o", log, input=text).status == 0
    done = run("summary", log, env={"PYTHONIOENCODING": "utf-8:strict"})
    assert (done.status, done.err) == (0, "")
    assert expected in done.out


def test_a_line_that_says_what_was_lost_is_no_record(tmp_path):
    log = tmp_path / "a.xlog"
    lines = [OPENED, mars(), "[F][xlogdecode] 9 bytes damaged at offset 0: not log data"]
    assert run("encode", "-", "-o", log, input="\n".join(lines).encode()).status == 0
    (session,) = json.loads(run("summary", "--json", log).out)["sessions"]
    assert session["records"] == 1


def test_a_file_that_cannot_be_read_does_not_stop_the_others():
    done = run("summary", "absent.xlog", FIXTURES / "imsdk_20240101.xlog")
    assert (done.status, done.lines) == (
        1, ["xlogdecode: absent.xlog: cannot be opened: No such file or directory"],
    )  # fmt: skip
    assert b"onConnectSuccess" in done.out


def test_where_nothing_is_a_log_there_is_no_table(tmp_path):
    (tmp_path / "noise").write_bytes(bytes(range(1, 256)) * 20)
    done = run("summary", tmp_path / "noise", tmp_path / "missing")
    assert (done.status, done.out) == (1, b"")
    assert [line.split(": ")[2] for line in done.lines] == ["not an xlog file", "cannot be opened"]
    folder = tmp_path / "folder"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("a.xlog", (tmp_path / "noise").read_bytes())
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
    header = b"TIM: ======  SDK Version: \x1b[31m7\n" + mars().encode()
    done = run("summary", "-", input=f"{OPENED}\n".encode() + header)
    assert b"\x1b" not in done.out
    assert b"\\x1b[31m7" in done.out


def test_losses_and_what_the_writer_left_out_are_counted():
    dropped = b"[F][ sg_buffer_async.Length() >= BUFFER_BLOCK_LENTH*4/5, len: 9\n"
    found = as_dict(summary_of((0, dropped), Lost(5, 70), Lost(99, 30), (200, dropped)))
    assert found["losses"] == {
        "count": 2, "bytes": 100, "by_reason": {"bad payload": 2}, "dropped": 2, "clock_jumps": 0,
        "missing": 0,
    }  # fmt: skip
    assert "losses: 2, 100 bytes (bad payload: 2)" in as_text(summary_of(Lost(5, 70), Lost(9, 30)))


def test_first_and_last_are_told_by_instants_and_not_by_clocks_of_several_zones():
    east = mars("E", "2024-01-01 +8.0 10:00:00.000", "error_code:6206")
    west = mars("E", "2024-01-01 -5.0 07:00:00.000", "error_code:6206")
    (found,) = as_dict(summary_of((0, f"{west}\n{east}\n".encode())))["codes"]
    assert found["first"] == "2024-01-01T10:00:00.000+08:00"
    assert found["last"] == "2024-01-01T07:00:00.000-05:00"


def test_of_several_logs_the_table_names_where_something_was_seen():
    summary = Summary()
    for name, codes in (("a", (6206, 6208)), ("b", (6208, 6208))):
        text = "".join(mars("E", message=f"error_code:{code}") + "\n" for code in codes)
        summarize(read_records([(0, text.encode())], source=name), summary)
    lines = [line.strip() for line in as_text(summary).splitlines()]
    assert lines.count("in: a") == 2  # the event and the code
    assert lines.count("in: 2 logs") == 2
    found = {code["code"]: code["sources"] for code in as_dict(summary)["codes"]}
    assert found == {6206: {"a": 1}, 6208: {"a": 1, "b": 2}}


def test_of_many_sessions_each_day_of_a_device_has_a_row(tmp_path):
    names = [tmp_path / f"{n}.xlog" for n in range(30)]
    for name in names:
        name.write_bytes((FIXTURES / "imsdk_20240101.xlog").read_bytes())
    lines = run("summary", *names).out.decode().splitlines()
    assert lines[0].split() == ["DAY", "SESSIONS", "RECORDS", "ERRORS", "RECOVERED", "DEVICE"]
    assert lines[1].split(maxsplit=5)[:5] == ["2024-01-01", "60", "4230", "300", "30"]
    lines = run("summary", "--every-session", *names).out.decode().splitlines()
    assert len([line for line in lines if ".xlog " in line]) == 60


def logs_of(devices, days):
    """Return a summary of a log a device, with an error a day, and one more of the first device."""
    summary = Summary()
    start = date(2024, 1, 1)
    for device in range(devices):
        head = f"{OPENED}\nTIM: ============ Device Type: Phone {device}\n"
        lines = [
            mars("E", f"{start + timedelta(day):%Y-%m-%d} +8.0 10:00:00.000", "error_code:6206")
            for day in range(days)
        ]
        lines += lines[:1] if device == 0 else []
        text = head + "\n".join(lines) + "\n"
        summarize(read_records([(0, text.encode())], source=f"{device}.xlog"), summary)
    return summary


def test_of_many_days_each_month_has_a_row():
    assert re.search("^HOUR ", as_text(logs_of(25, 70)), re.MULTILINE)
    lines = as_text(logs_of(25, 85)).splitlines()
    rows = [line.split()[:2] for line in lines if re.match(r"2024-\d\d ", line)]
    assert rows[-3:] == [["2024-01", "776"], ["2024-02", "725"], ["2024-03", "625"]]


def test_of_many_devices_those_with_the_most_errors_have_a_row_and_the_others_one():
    lines = as_text(logs_of(200, 1)).splitlines()
    table = lines[: lines.index("")]
    assert len(table) == 1 + 80 + 1
    assert table[1].split() == ["2024", "1", "2", "2", "0", "Phone", "0"]
    assert table[-1].split()[:5] == ["more", "120", "120", "120", "0"]
    assert table[-1].endswith("120 more, with fewer errors")


def test_the_last_session_alone_is_what_it_is_by_its_number():
    log = FIXTURES / "imsdk_20240101.xlog"
    last = run("summary", "--session", "last", log)
    assert last.status == 0
    assert last.out == run("summary", "--session", "2", log).out
    assert last.out != run("summary", "--session", "1", log).out


def test_a_log_of_nothing_has_an_empty_summary():
    assert as_text(Summary()) == "no records\n\nlosses: none\n"
    done = run("summary", "-g", "not there", FIXTURES / "imsdk_20240101.xlog")
    assert (done.status, done.out) == (0, b"no records\n\nlosses: none\n")


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
    assert b"\na\\nb.xlog 1" in done.out


def test_a_session_without_a_record_has_no_row():
    text = f"{OPENED}\nget mmap time: 1\n{OPENED}\n{mars()}\n"
    assert [s["records"] for s in as_dict(summary_of((0, text.encode())))["sessions"]] == [1]


DAY = [
    OPENED,
    im("ChooseBestChannel", "net_type:WIFI|reason:first connect", time="08:00:00.000"),
    im(
        "OnConnectComplete",
        "Connect to im server successfully|connect cost time:12ms",
        time="08:00:01.000",
    ),
    im("LogRequestBegin", "Login begin|userid:eva.lin|x", time="08:00:02.000"),
    im("LogRequestEnd", "Login success|error_code:0|time cost:65ms", time="08:00:03.000"),
    im(
        "HandleX",
        "error_code:9520|error_message:no answer|time cost:900ms",
        "E",
        time="11:30:00.000",
    ),
    im(
        "OnAsyncReadCompleted",
        "receive 0-length datagram because of disconnected by peer",
        time="11:30:01.000",
    ),
    *[
        im(
            "NotifySystemNetworkChange",
            f"Network changed|network_status:{n}",
            time=f"11:3{n}:02.000",
        )
        for n in range(9)
    ],
]


def test_the_timeline_tells_a_day_in_the_order_of_time(tmp_path):
    (tmp_path / "a.log").write_text("\n".join(DAY) + "\n")
    lines = run("summary", "--timeline", tmp_path / "a.log").out.decode().splitlines()
    assert lines[0] == "2024-01-01"
    assert lines[1:7] == [
        "08:00:00  onConnectSuccess: first connect; WIFI; 12ms",
        "08:00:02  login done: user eva.lin; 65ms",
        "08:47:04  session begins",
        "11:30:00  silence: 3 h 29 min without a record",
        "11:30:01  disconnected: disconnected by peer; after HandleX: no answer",
        "11:30:02  network changed: status 0",
    ]
    assert any(line.split() == ["HandleX", "1"] for line in lines)
    slow = next(n for n, line in enumerate(lines) if line.startswith("SLOWEST REQUEST"))
    assert lines[slow + 1].split()[:2] == ["HandleX", "900"]
    assert len(lines) < 40


def test_a_summary_takes_filters_and_redacts(tmp_path):
    (tmp_path / "a.log").write_text("\n".join(DAY) + "\n")
    log = tmp_path / "a.log"
    found = json.loads(run("summary", "--json", "-S", "11:30", "-p", "E", log).out)
    assert (found["records"], list(found["events"])) == (1, [])
    assert json.loads(run("summary", "--json", "-g", "Login", log).out)["records"] == 2
    assert json.loads(run("summary", "--json", "-U", "09:00", log).out)["records"] == 4
    assert json.loads(run("summary", "--json", "--session", "2", log).out)["records"] == 0
    done = run("summary", "--redact", log)
    assert b"users: <user-1>" in done.out
    assert b"eva.lin" not in done.out + run("summary", "--redact", "--timeline", log).out


def test_a_redacted_summary_has_no_home_folder(tmp_path):
    folder = tmp_path / "home" / "annika"
    folder.mkdir(parents=True)
    (folder / "a.log").write_text("\n".join(DAY) + "\n")
    assert b"annika" in run("summary", "--json", folder / "a.log").out
    assert b"annika" not in run("summary", "--json", "--redact", folder / "a.log").out


def test_a_summary_is_a_call_of_the_library():
    log = FIXTURES / "imsdk_20240101.xlog"
    found = xlogdecode.summarize(log)
    assert isinstance(found, xlogdecode.Summary)
    assert found.as_dict() == json.loads(run("summary", "--json", log).out)
    assert found.as_dict("zh")["codes"][0]["meaning"] == "网络已断开"
    assert xlogdecode.summarize(log.read_bytes(), wanted=xlogdecode.Filter(level="E")).records == 10
    assert xlogdecode.redact("hi eve.x, userid:eve.x") == "hi <user-1>, userid:<user-1>"
    assert xlogdecode.redact("a Blue b", words=["Blue"]) == "a <word-1> b"
