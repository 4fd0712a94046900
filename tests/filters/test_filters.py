"""Filters keep whole records, combine, and mean the same in both lanes."""
# ruff: noqa: DTZ001, DTZ901 - naive bounds are what is tested

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.records.lines import CLOSED, IMSDK, OPENED, Lost, mars, streams
from xlogdecode.errors import UsageError
from xlogdecode.filters import (
    LAST,
    Filter,
    count,
    count_records,
    count_text,
    parse_level,
    parse_pattern,
    parse_session,
    select,
    select_text,
)
from xlogdecode.records import Record, read_records
from xlogdecode.records.layouts import LEVELS, NOTES, OPENS_NOTHING, heads
from xlogdecode.when import parse_age, parse_bound, parse_zone

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2024, 1, 2, 12, 30, tzinfo=CHINA)
STACK = "\n\tat com.example.Call(Call.java:1)\n[I][not a real line]"


def events_of(*lines):
    return [(0, "\n".join(lines).encode())]


def records_of(*lines):
    return read_records(events_of(*lines), source="a.xlog")


def messages(wanted, *lines):
    return [r.message for r in select(records_of(*lines), wanted)]


def at(clock, message="", level="I"):
    return mars(level, f"2024-01-01 +8.0 {clock}", message or clock)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("E", "EF"), ("warn", "WEF"), ("WARNING", "WEF"), ("fatal", "F"), ("v", "VDIWEF"),
        ("V2TIM_LOG_DEBUG", "DIWEF"), ("V2TIM_LOG_WARN", "WEF"), ("V2TIM_LOG_NONE", ""),
        ("kTIMLog_Assert", "F"), ("4", "IWEF"), ("0", ""), ("none", ""),
    ],
)  # fmt: skip
def test_a_level_means_itself_and_the_graver_ones(text, letters):
    assert parse_level(text) == letters


@pytest.mark.parametrize("text", ["", "X", "VD", "V2TIM_LOG_", "loud"])
def test_what_is_no_level_is_refused(text):
    with pytest.raises(UsageError, match="is not a level"):
        parse_level(text)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("2024-01-01", datetime(2024, 1, 1)),
        ("2024-01-01 10:00", datetime(2024, 1, 1, 10)),
        ("2024-01-01T10:00:00.5+08:00", datetime(2024, 1, 1, 10, 0, 0, 500000, tzinfo=CHINA)),
        ("2024-01-01t10:00z", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        ("today", datetime(2024, 1, 2)),
        ("yesterday 14:00", datetime(2024, 1, 1, 14)),
        ("-2h", NOW - timedelta(hours=2)),
        ("now", NOW),
        ("10:00", time(10)),
        ("10:00:05.25", time(10, 0, 5, 250000)),
        ("9:00", time(9)),
        ("yesterday 9:05", datetime(2024, 1, 1, 9, 5)),
        ("2024-01-01 9:00+8:00", datetime(2024, 1, 1, 9, tzinfo=CHINA)),
        ("2024-01-01 +8.0 09:12:33.123", datetime(2024, 1, 1, 9, 12, 33, 123000, tzinfo=CHINA)),
        ("2024-01-01 +80 08:47:04.000", datetime(2024, 1, 1, 8, 47, 4, tzinfo=CHINA)),
        ("2024-01-01 0 08:47", datetime(2024, 1, 1, 8, 47, tzinfo=UTC)),
        (
            "2024-01-01 +-50 08:47",
            datetime(2024, 1, 1, 8, 47, tzinfo=timezone(-timedelta(hours=5))),
        ),
        ("2024-01-01 +0800 08:47:04", datetime(2024, 1, 1, 8, 47, 4, tzinfo=CHINA)),
        (
            "2024-01-01 -3.5 09:12:33.123",
            datetime(2024, 1, 1, 9, 12, 33, 123000, timezone(-timedelta(hours=3.5))),
        ),
    ],
)
def test_a_bound_is_read_as_people_write_it(text, bound):
    assert parse_bound(text, NOW) == bound


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "25:00", "yesterday noon", "-2", "today 10:00 x", "9", "119:00",
        "2024-01-01 +08 10:00", "2024-01-01 +10 10:00", "2024-01-01 +99.0 10:00",
        "2024-01-01 +8.0 soon",
    ],
)  # fmt: skip
def test_what_is_no_bound_is_refused_with_examples(text):
    with pytest.raises(UsageError, match=r"write|examples"):
        parse_bound(text, NOW)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("+08:00", 480), ("+8", 480), ("+08", 480), ("+0800", 480), ("UTC+8", 480), ("-3", -180),
        ("utc+08", 480), ("GMT+08:00", 480), ("GMT-3:30", -210), ("-0330", -210), ("+8.0", 480),
        ("UTC", 0), ("GMT", 0), ("Z", 0), ("z", 0), ("+0", 0), (" +5.5 ", 330), ("UTC +9", 540),
        ("Asia/Shanghai", 480), ("Asia/Kolkata", 330), ("Etc/GMT+5", -300),
    ],
)  # fmt: skip
def test_a_zone_is_an_offset_or_a_name(text, minutes):
    assert parse_zone(text).utcoffset(datetime(2024, 1, 1)) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text",
    ["", "8", "Mars/Olympus", "../etc", "+", "+24", "+8:60", "+080", "+800000", "UTC8", "Asia"],
)
def test_an_unknown_zone_is_refused_with_examples(text):
    with pytest.raises(UsageError, match=r"is not a time zone; examples: \+8, .*Asia/Shanghai"):
        parse_zone(text)


def test_the_last_session_is_not_known_before_the_end():
    with pytest.raises(UsageError, match=r"render\(\)"):
        select(records_of(at("10:00:00.000")), Filter(session=LAST))


def test_bounds_are_included_and_a_bound_without_a_zone_is_the_clock_on_the_wall():
    lines = [at("09:59:59.999"), at("10:00:00.000"), at("11:00:00.000"), at("11:00:00.001")]
    wanted = Filter(since=datetime(2024, 1, 1, 10), until=datetime(2024, 1, 1, 11))
    assert messages(wanted, *lines) == ["10:00:00.000", "11:00:00.000"]


def test_a_bound_with_a_zone_is_an_instant():
    lines = [at("09:59:59.999"), at("10:00:00.000")]
    wanted = Filter(since=datetime(2024, 1, 1, 2, tzinfo=UTC))
    assert messages(wanted, *lines) == ["10:00:00.000"]
    unzoned = list(select(records_of(IMSDK), wanted, local=CHINA))
    assert unzoned == []
    assert len(list(select(records_of(IMSDK), wanted, local=timezone(-timedelta(hours=8))))) == 1


def test_a_time_of_day_holds_on_every_day_and_may_span_midnight():
    lines = [
        mars(time=f"2024-01-0{day} +8.0 {hour}:00:00.000", message=f"{day} {hour}")
        for day in (1, 2)
        for hour in ("01", "12", "23")
    ]
    assert messages(Filter(since=time(10), until=time(13)), *lines) == ["1 12", "2 12"]
    night = Filter(since=time(22), until=time(2))
    assert messages(night, *lines) == ["1 01", "1 23", "2 01", "2 23"]


def test_a_record_without_a_time_is_as_early_as_the_one_before_it():
    lines = [at("09:00:00.000"), "get mmap time: 1", at("10:00:00.000"), "get mmap time: 2"]
    found = messages(Filter(since=datetime(2024, 1, 1, 10)), *lines)
    assert found == ["10:00:00.000", "get mmap time: 2"]


def test_conditions_combine_and_keep_whole_records():
    lines = [
        at("10:00:00.000", "one" + STACK, "E"),
        at("10:00:00.000", "two", "E"),
        at("10:00:00.000", "one", "I"),
        at("12:00:00.000", "one", "E"),
    ]
    wanted = Filter(levels="EF", until=time(11), grep=parse_pattern("^one"))
    assert messages(wanted, *lines) == []
    wanted = Filter(levels="EF", until=time(11), grep=parse_pattern("ONE|Call", ignore_case=True))
    assert messages(wanted, *lines) == ["one" + STACK]


def test_a_pattern_is_searched_in_all_lines_of_a_record_and_may_be_inverted():
    lines = [at("10:00:00.000", "one" + STACK), at("10:00:00.000", "two")]
    assert messages(Filter(grep=parse_pattern(r"^\tat .*1\)$")), *lines) == ["one" + STACK]
    assert messages(Filter(grep=parse_pattern("one"), invert=True), *lines) == ["two"]


def test_tag_process_and_thread_are_asked_for_by_name():
    lines = [at("10:00:00.000"), IMSDK]
    assert messages(Filter(tags=frozenset(["mars::stn"])), *lines) == ["10:00:00.000"]
    assert len(messages(Filter(pids=frozenset([4104, 1])), *lines)) == 1
    assert len(messages(Filter(tids=frozenset([2240])), *lines)) == 1


def test_functions_and_files_are_asked_for_by_name_as_bytes_that_were_logged():
    chinese = IMSDK.replace("login.cpp", "登录.cpp")
    broken = chinese.encode()[:-3].replace("录".encode(), b"\xff")
    lines = [at("10:00:00.000"), IMSDK, chinese, "of no layout"]
    assert len(messages(Filter(function="HandleA2D2OnlineResponse"), *lines)) == 2
    assert messages(Filter(functions=["__RunReadWrite", "x"]), *lines) == ["10:00:00.000"]
    assert len(messages(Filter(file=["登录.cpp"]), *lines)) == 1
    assert messages(Filter(file="login.cpp", function="__RunReadWrite"), *lines) == []
    found = select(read_records([(0, broken)]), Filter(files=["登\udcff.cpp"]))
    assert [record.raw for record in found] == [broken]


def test_context_is_whatever_stands_around_and_nothing_comes_twice():
    lines = [at("10:00:00.000", str(n), "E" if n in {3, 5} else "D") for n in range(10)]
    wanted = Filter(levels="EF", before=2, after=1)
    assert messages(wanted, *lines) == ["1", "2", "3", "4", "5", "6"]
    assert count(events_of(*lines), wanted) == 2


def test_a_session_is_asked_for_by_number():
    lines = [OPENED, at("10:00:00.000", "a"), CLOSED, OPENED, at("10:00:00.000", "b")]
    assert messages(Filter(session=2), *lines)[1:] == ["b"]
    assert count(events_of(*lines), Filter(session=LAST, levels="I")) == 1
    assert count(events_of(*lines, OPENED), Filter(session=LAST, levels="I")) == 0
    assert (parse_session("last"), parse_session("12")) == (LAST, 12)
    for text in ("0", "-1", "first"):
        with pytest.raises(UsageError, match="is not a session"):
            parse_session(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("3", "'3' has no unit; write 3d or 36h"), ("3 days", "'3 days' is not an age; write a")],
)
def test_an_age_that_is_wrong_gets_a_right_one_as_an_example(text, hint):
    with pytest.raises(UsageError, match=hint):
        parse_age(text)


def test_no_level_wants_no_record_and_keeps_the_losses():
    events = [(0, mars().encode() + b"\n"), Lost(5), (9, mars("F").encode())]
    assert list(select(read_records(events), Filter(levels=""))) == [events[1]]


def test_a_filter_takes_what_people_write_one_value_or_many():
    lines = [
        at("09:00:00.000", "login a", "E"),
        at("10:00:00.000", "login b", "E"),
        at("10:00:00.000", "login c", "W"),
        at("11:00:00.000", "LOGIN d", "F"),
    ]
    assert messages(Filter(level="error", since="10:00", grep="login"), *lines) == ["login b"]
    assert messages(Filter(level="E", until="9:30"), *lines) == ["login a"]
    assert messages(Filter(grep="login [ad]", ignore_case=True), *lines) == ["login a", "LOGIN d"]
    assert len(messages(Filter(tag="mars::stn", pid=2211, tid=[1, 2240]), *lines)) == 4
    assert messages(Filter(pid=[1, 2]), *lines) == []
    assert Filter(session="last") == Filter(session=LAST)
    assert Filter(session="2") == Filter(session=2)
    assert Filter(since="-2h", now=NOW) == Filter(since=NOW - timedelta(hours=2))
    assert replace(Filter(tag="x"), before=1) == Filter(tags=["x"], before=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": "loud"}, {"levels": "EX"}, {"level": "E", "levels": "E"}, {"since": "10am"},
        {"until": "soon"}, {"grep": "("}, {"session": 0}, {"session": "first"}, {"before": -1},
        {"pid": "x"},
    ],
)  # fmt: skip
def test_a_filter_refuses_at_once_what_is_wrong(wrong):
    with pytest.raises(UsageError):
        Filter(**wrong)


@pytest.mark.parametrize("day", ["2024-01-01", "20240101", date(2024, 1, 1), "yesterday"])
def test_a_day_as_both_bounds_is_all_of_that_day(day):
    lines = [
        mars(time=f"{stamp}", message=stamp)
        for stamp in (
            "2023-12-31 +8.0 23:59:59.999",
            "2024-01-01 +8.0 00:00:00.000",
            "2024-01-01 +8.0 23:59:59.999",
            "2024-01-02 +8.0 00:00:00.000",
        )
    ]
    wanted = Filter(since=day, until=day, now=NOW)
    assert [message[:10] for message in messages(wanted, *lines)] == ["2024-01-01"] * 2


def test_records_on_two_sides_of_a_loss_are_not_around_each_other():
    events = [(0, (mars("E") + "\n").encode()), Lost(5), (9, mars("D", message="d").encode())]
    wanted = Filter(levels="E", after=1)
    assert list(select(read_records(events), wanted))[1:] == [events[1]]
    events = [(0, (mars("D") + "\n").encode()), Lost(5), (9, mars("E", message="d").encode())]
    found = list(select(read_records(events), Filter(levels="E", before=1)))
    assert [getattr(each, "level", None) for each in found] == [None, "E"]


bounds = st.one_of(
    st.none(),
    st.sampled_from(
        [
            datetime(2024, 1, 1, 9, 12, 33, 123000),
            datetime(2024, 1, 1, 9),
            datetime(2024, 1, 1, 10, 59, 59, 999000),
            datetime(2024, 1, 1, 1, 30, tzinfo=UTC),
            datetime(2023, 8, 15, 4, tzinfo=UTC),
            datetime(2020, 1, 1),
            time(9, 12, 33, 124000),
            time(10, 30),
            time(22),
            datetime.min.replace(tzinfo=UTC),
            datetime.max,
        ]
    ),
)
bulk_filters = st.builds(
    Filter,
    since=bounds,
    until=bounds,
    levels=st.sampled_from([None, "", "F", "EF", "WEF", "DIWEF", "VDIWEF"]),
)


patterns = st.sampled_from(
    ["timed", "a", "", "群名", "\udcff", "[0-9]:1", "^M", r"x\b", "a|2", r"\S+ real", r"at\n", "$",
     r"\A\[", r"\n\Z", "(?i)TASK", "(?<!\n)T", "t[^x]*T", r"^(?=\[E)", r"\Wa", ".*", r"\.\d"]
)  # fmt: skip
text_filters = st.one_of(
    bulk_filters,
    st.builds(replace, bulk_filters, grep=patterns),
    st.builds(
        Filter,
        grep=patterns,
        ignore_case=st.booleans(),
        before=st.integers(0, 3),
        after=st.integers(0, 3),
    ),
)


@pytest.mark.parametrize("pattern", [heads(LEVELS), NOTES], ids=["heads", "notes"])
@given(data=st.data())
def test_no_line_that_opens_something_starts_like_those_that_open_nothing(pattern, data):
    never_backs_up = pattern.replace("}+", "}")  # as it need not, to be drawn from
    line = data.draw(st.from_regex(f"(?:{never_backs_up})", alphabet=st.characters(codec="ascii")))
    opening = re.search(pattern, line)
    assert opening is not None
    assert not re.match(OPENS_NOTHING, opening[0])


@given(streams(most=3), text_filters, st.integers(1, 400), st.sampled_from([None, CHINA]))
@settings(max_examples=400, deadline=None)
@example([(0, f"{OPENED}\n{IMSDK}".encode())], Filter(since=time(8, 47, 4)), 400, None)
def test_both_lanes_find_the_same(events, wanted, page, zone):
    options = {"source": "LiteAV_C_20230816.xlog", "zone": zone}
    local = timezone(timedelta(hours=-3))

    def joined(items):
        text, found = b"", []
        for item in items:
            if isinstance(item, Lost):
                found += [text, item]
                text = b""
            else:
                text += item.raw if isinstance(item, Record) else item
        return [*found, text]

    exact = select(read_records(events, **options), wanted, local=local)
    bulk = select_text(events, wanted, local=local, page=page, **options)
    assert joined(bulk) == joined(exact)


@given(streams(most=3), text_filters, st.integers(1, 400))
@settings(max_examples=400, deadline=None)
def test_both_lanes_count_the_same(events, wanted, page):
    events = [event for event in events if isinstance(event, Lost) or event[1]]  # no pauses
    assert wanted.is_bulk
    exact = count_records(read_records(events), wanted)
    assert count_text(events, wanted, page=page) == exact


@given(streams(most=3), bulk_filters)
def test_a_filter_and_its_opposite_share_out_the_records(events, wanted):
    grep = parse_pattern("[0-5]")
    inside = select(read_records(events), Filter(grep=grep))
    outside = select(read_records(events), Filter(grep=grep, invert=True))
    lines = sum(isinstance(r, Record) for r in read_records(events))
    assert sum(isinstance(r, Record) for r in [*inside, *outside]) == lines
