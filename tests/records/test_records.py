"""Text becomes records, and not a byte is lost on the way."""
# ruff: noqa: E501 - log lines as they are

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.lines import (
    BEGIN,
    CLOSED,
    END,
    IMSDK,
    OPENED,
    SHARED,
    Lost,
    expected_text,
    mars,
    needs_shared,
    streams,
)  # fmt: skip
from xlogdecode.filters import Filter, count_text, select_text
from xlogdecode.records import Record, look_ahead, read_records
from xlogdecode.records import events as pages_module

CHINA = timezone(timedelta(hours=8))


def read(text, **options):
    data = text.encode() if isinstance(text, str) else text
    return list(read_records([(0, data)], **options))


def fields(record):
    return (
        record.iso, record.level, *record.who, record.tag, record.file, record.line,
        record.function, record.message,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "[I][2024-01-01 +8.0 09:12:33.123][2211, 2240*][mars::stn][longlink.cc:123, __RunReadWrite][task id:7 timed out",
            ("2024-01-01T09:12:33.123+08:00", "I", 2211, 2240, True, "mars::stn", "longlink.cc", 123, "__RunReadWrite", "task id:7 timed out"),
        ),
        (
            "[I][2023-03-30 +80 09:53:21.364][26394, 1*][SystemInfo][, , 0][VERSION.RELEASE:[12]",
            ("2023-03-30T09:53:21.364+08:00", "I", 26394, 1, True, "SystemInfo", "", 0, "", "VERSION.RELEASE:[12]"),
        ),
        (
            "[E][2020-04-27 +5.5 18:47:24.392][6989, 10765105216][][TXCAudioCore.mm, XThrowIfError, 54][init auGraph failed",
            ("2020-04-27T18:47:24.392+05:30", "E", 6989, 10765105216, False, "", "TXCAudioCore.mm", 54, "XThrowIfError", "init auGraph failed"),
        ),
        (
            "[W][2024-01-01 -3.5 09:12:33.181][0, 6030][Cdn[x]][y]][Chat.mm:1621, -[MMSession connect:]][a][b:1, c][d",
            ("2024-01-01T09:12:33.181-03:30", "W", 0, 6030, False, "Cdn[x]][y]", "Chat.mm", 1621, "-[MMSession connect:]", "a][b:1, c][d"),
        ),
        (
            IMSDK,
            ("2024-01-01T08:47:04.162", "E", 4104, 4156, None, None, "login.cpp", 380, "HandleA2D2OnlineResponse", "error_code:6206|error_message:UserSig expired"),
        ),
        (
            "TIM: 2020-01-21 09:55:32.904/E/22008-22113     /Common      -tls.cpp.216  Unpack0xa0b      /oidb head return failed:70001",
            ("2020-01-21T09:55:32.904", "E", 22008, 22113, None, "Common", "tls.cpp", 216, "Unpack0xa0b", "oidb head return failed:70001"),
        ),
        (
            "2019-05-28 21:51:56.161| 21504|looper_logic|D| transport.cpp:190 |RequestCallbackOnSuccessAsync > recv succ",
            ("2019-05-28T21:51:56.161", "D", None, 21504, None, "looper_logic", "transport.cpp", 190, "RequestCallbackOnSuccessAsync", "recv succ"),
        ),
        (
            "2019-12-30 11:20:31.482|main|I| imsdk.cpp:88 |InitSdk > 1-Init|Succ|version=4.0.12",
            ("2019-12-30T11:20:31.482", "I", None, None, None, "main", "imsdk.cpp", 88, "InitSdk", "1-Init|Succ|version=4.0.12"),
        ),
        (
            "[I][08-15/13:01:19.582+9.0][838,91395][signal_manager.cc:4499]message",
            ("2023-08-15T13:01:19.582+09:00", "I", 838, 91395, None, None, "signal_manager.cc", 4499, None, "message"),
        ),
        (
            "[F][ sg_buffer_async.Length() >= BUFFER_BLOCK_LENTH*4/5, len: 9",
            (None, "F", None, None, None, None, None, None, None, "[F][ sg_buffer_async.Length() >= BUFFER_BLOCK_LENTH*4/5, len: 9"),
        ),
        ("no layout", (None, None, None, None, None, None, None, None, None, "no layout")),
    ],
)  # fmt: skip
def test_each_layout_gives_its_fields(line, expected):
    (record,) = read(line + "\n", source="LiteAV_C_20230816.xlog")
    assert fields(record) == expected


def test_records_that_another_process_saved_are_recovered():
    other = [line.replace("mmap", "mmap from other process") for line in (BEGIN, END)]
    records = read("\n".join([OPENED, mars(), other[0], mars("E"), other[1], mars("W")]))
    assert [r.recovered for r in records] == [False, False, True, True, False, False]
    assert [r.level for r in records] == [None, "I", None, "E", None, "W"]


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("+8.0", 8), ("+80", 8), ("+5.8", 5.75), ("+55", 5.5), ("-3.5", -3.5), ("-35", -3.5), ("+0.0", 0), ("+12.8", 12.75),
     ("+-50", -5), ("0", 0), ("+57", 5.75), ("+127", 12.75), ("+-10", -1)],
)  # fmt: skip
def test_a_zone_is_read_as_each_release_writes_it(zone, hours):
    (record,) = read(mars(time=f"2024-01-01 {zone} 09:12:33.123"))
    assert record.time == datetime(
        2024, 1, 1, 9, 12, 33, 123000, tzinfo=timezone(timedelta(hours=hours))
    )


def test_a_time_without_a_zone_takes_that_of_the_banner_and_else_the_callers():
    tokyo, west = timezone(timedelta(hours=9)), OPENED.replace("+0800", "-0500")
    before, _, after, *_ = read(f"{IMSDK}\n{OPENED}\n{IMSDK}\n{west}\n", zone=tokyo)
    assert before.time == after.time == datetime(2024, 1, 1, 8, 47, 4, 162000, tzinfo=CHINA)
    assert read(IMSDK, zone=tokyo)[0].time.tzinfo == tokyo
    assert read(IMSDK)[0].time.tzinfo is None


@pytest.mark.parametrize(("more", "offset"), [(0, CHINA), (1, None)])
@pytest.mark.parametrize("piece", [1000, 1 << 20])
def test_the_first_banner_counts_for_what_is_before_it_within_a_megabyte(more, offset, piece):
    room = look_ahead.AHEAD - len(f"{IMSDK}\n\n{OPENED}") + more
    text = f"{IMSDK}\n{'x' * room}\n{OPENED}\n".encode()
    events = [(at, text[at : at + piece]) for at in range(0, len(text), piece)]
    first, *_ = read_records(events)
    assert first.time.tzinfo == offset
    since = datetime(2024, 1, 1, 0, 47, 4, tzinfo=UTC)  # 08:47:04 in China
    wanted = Filter(since=since, until=since.replace(second=5))
    here = timezone(timedelta(hours=-3))
    found = b"".join(select_text(events, wanted, local=here))
    assert found.startswith(b"TIM: ") == bool(offset)
    assert bool(count_text(events, wanted, local=here) > 1) == bool(offset)


@pytest.mark.parametrize("stamp", ["2024-02-30 +8.0 09:12:33.123", "2024-01-01 +8.0 24:00:00.000"])
def test_a_time_that_no_calendar_has_is_no_time(stamp):
    (record,) = read(mars(time=stamp))
    assert (record.time, record.level) == (None, "I")


def test_a_day_without_a_year_takes_the_year_nearest_to_the_name_or_the_banner():
    line = "[I][01-01/00:00:01.000+8.0][838,91395][a.cc:1]message"
    assert read(line, source="LiteAV_C_20231231.xlog")[0].time.year == 2024
    assert read(f"{OPENED}\n{line}")[1].time.year == 2024
    assert read(line)[0].time is None


@pytest.mark.parametrize(
    "source",
    ["20230101/LiteAV_20240815.xlog", "case_20230110.zip: x/LiteAV_20240815.xlog",
     "C:\\20230101\\LiteAV_20240815.xlog", "logs_20240815/LiteAV.xlog"],
)  # fmt: skip
def test_the_year_is_that_of_the_file_and_not_of_where_it_lies(source):
    line = "[I][08-15/13:01:19.582+9.0][838,91395][signal_manager.cc:4499]message"
    (record,) = read(line, source=source)
    assert record.time.year == 2024


def test_lines_that_open_nothing_belong_to_the_record_before_them():
    stack = f"{mars('E')}\n\tat a.b(c)\n[I][not a real line]\n\n{mars()}\n"
    first, second = read(stack)
    assert first.message == "task id:7 timed out\n\tat a.b(c)\n[I][not a real line]\n"
    assert (second.text_line, second.text) == (5, mars() + "\n")


def test_a_line_that_was_cut_off_in_its_fields_is_a_record_of_its_own():
    first, second, third = read(f"{mars('E')}\n[W][2024-01-01 +8.0 09:1\n{mars()[:60]}")
    assert first.message == "task id:7 timed out"
    assert (second.level, second.time, second.message) == ("W", None, "[W][2024-01-01 +8.0 09:1")
    assert (third.level, third.who.pid, third.message) == ("I", 2211, "mars::stn][lo")


def test_lines_of_no_layout_after_a_banner_are_records_of_their_own():
    records = read(f"{OPENED}\none\ntwo\n")
    assert [(r.layout, r.message) for r in records[1:]] == [("unknown", "one"), ("unknown", "two")]


def test_sessions_are_counted_and_recovered_records_belong_to_the_one_before():
    text = "\n".join([mars(), OPENED, mars(), BEGIN, mars("E"), END, OPENED, mars("W"), CLOSED])
    records = [r for r in read(text) if r.layout == "mars"]
    assert [(r.session, r.recovered) for r in records] == [
        (None, False), (1, False), (1, True), (2, False),
    ]  # fmt: skip


def test_what_follows_a_loss_belongs_to_no_record_before_it():
    events = [(0, mars().encode() + b"\n\tat"), Lost(50), (90, b" a.b(c)\n"), (95, mars().encode())]
    first, loss, rest, last = read_records(events)
    assert (first.message, loss, rest.message) == (
        "task id:7 timed out\n\tat",
        events[1],
        " a.b(c)",
    )
    assert (first.block_offset, rest.block_offset, last.block_offset) == (0, 90, 95)


def test_a_record_comes_from_the_block_in_which_its_first_byte_stands():
    line = mars(message="群").encode() + b"\n"
    events = [(0, line + line[:9]), (100, line[9:] + line), (200, b"\tat x\n" + line[:-2])]
    assert [r.block_offset for r in read_records(events)] == [0, 0, 100, 200]


def test_text_that_is_no_utf8_is_kept():
    (record,) = read(mars(message="cut off ").encode() + b"\xe7\xbe")
    assert record.message == "cut off \udce7\udcbe"
    assert record.message_bytes == b"cut off \xe7\xbe"


def test_what_is_complete_is_handed_on_at_a_pause():
    def events():
        yield 0, mars().encode() + b"\n" + mars("E").encode()[:20]
        yield 0, b""
        raise AssertionError("the first record should have come before this")

    assert next(read_records(events())).level == "I"


def test_a_record_longer_than_memory_should_be_comes_in_parts(monkeypatch):
    monkeypatch.setattr(pages_module, "LONGEST", 100)
    monkeypatch.setattr("xlogdecode.records.page_reader.LONGEST", 100)
    data = (mars("E") + "\n" + "x" * 500 + "\n").encode() + mars().encode()
    events = [(at, data[at : at + 50]) for at in range(0, len(data), 50)]
    records = list(read_records(events, page=64))
    assert b"".join(r.raw for r in records) == data
    assert len(records) > 3
    assert [r.level for r in records] == ["E"] * (len(records) - 1) + ["I"]


@given(streams(), st.integers(1, 300))
def test_the_raw_bytes_of_all_records_are_the_text(events, page):
    items = list(read_records(events, page=page))
    assert [x for x in items if isinstance(x, Lost)] == [e for e in events if isinstance(e, Lost)]
    assert b"".join(r.raw for r in items if isinstance(r, Record)) == b"".join(
        e[1] for e in events if isinstance(e, tuple)
    )


@given(streams(), st.integers(1, 300))
def test_records_do_not_depend_on_how_the_text_is_cut(events, page):
    whole = []
    for event in events:
        if isinstance(event, tuple) and whole and isinstance(whole[-1], tuple):
            whole[-1] = (0, whole[-1][1] + event[1])
        else:
            whole.append((0, event[1]) if isinstance(event, tuple) else event)

    def seen(items):
        return [
            (x.text, x.layout, x.session, x.recovered, x.text_line, *fields(x))
            if isinstance(x, Record)
            else x
            for x in items
        ]

    pieces = [e for e in events if not (isinstance(e, tuple) and not e[1])]  # no pauses
    whole = [e for e in whole if not (isinstance(e, tuple) and not e[1])]
    assert seen(read_records(pieces, page=page)) == seen(read_records(whole))


@needs_shared
@pytest.mark.heavy
def test_every_sample_comes_back_whole_and_no_layout_is_unknown_to_it():
    for path in sorted(SHARED.glob("corpus/**/*.expected.zst")):
        text = expected_text(path)
        records = read(text)
        assert b"".join(r.raw for r in records) == text, path
        heads = sum(1 for line in text.split(b"\n") if line[:6] in _HEADS)
        assert sum(r.layout in {"mars", "imsdk"} for r in records) == heads, path


@pytest.mark.parametrize(
    ("source", "tag", "file", "function", "message"),
    [
        ("|-TIMPush-TIMPushProvider   |", "TIMPush-TIMPushProvider", None, None, "a|b"),
        ("|-NetworkInfoCenter   onLost   |", "NetworkInfoCenter", None, "onLost", "a|b"),
        ("|-center.cpp:7   OnLost   |", None, "center.cpp", "OnLost", "a|b"),
        ("|OnLost   |", None, None, "OnLost", "a|b"),
    ],
)
def test_a_module_without_a_file_is_a_tag(source, tag, file, function, message):
    (record,) = read(f"TIM: 2025-01-01 08:47:04.162 I 4104-4156     {source}{message}\n")
    assert (record.tag, record.file, record.function) == (tag, file, function)
    assert (record.layout, record.message) == ("imsdk", message)


def test_a_record_has_its_fields_flat_and_as_a_dict():
    (record,) = read(mars("E"), source="a.xlog")
    assert (record.pid, record.tid, record.main_thread, record.line) == (2211, 2240, True, 123)
    assert record.as_dict() == {
        "time": "2024-01-01T09:12:33.123+08:00", "level": "E", "severity": 17, "pid": 2211, "tid": 2240,
        "main_thread": True, "tag": "mars::stn", "file": "longlink.cc", "line": 123,
        "function": "__RunReadWrite", "message": "task id:7 timed out", "layout": "mars",
        "session": None, "recovered": False, "source": "a.xlog", "block_offset": 0, "text_line": 1,
    }  # fmt: skip


_HEADS = {b"[%c][20" % level for level in b"VDIWEF"} | {b"TIM: 2"}


def test_a_utc_time_says_so():
    (record,) = read(mars(time="2024-01-01 +0.0 09:12:33.123"))
    assert record.time.astimezone(UTC).isoformat(timespec="milliseconds") == record.iso
