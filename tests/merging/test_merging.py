"""Several logs become one timeline: in order of time, stable, whatever their order within."""

from datetime import UTC, datetime, timedelta, timezone
from math import inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.lines import IMSDK, OPENED, Lost, mars
from xlogdecode.filters import LAST, Filter, parse_pattern
from xlogdecode.merging import MergedLog, merge, render_merged, sorting
from xlogdecode.merging.instants import Instants
from xlogdecode.merging.survey import survey
from xlogdecode.records import Record, read_records
from xlogdecode.writers import JsonWriter, TextWriter

CHINA = timezone(timedelta(hours=8))


def at(seconds, message, zone="+8.0"):
    return mars("I", f"2024-01-01 {zone} 10:00:{seconds:02}.000", message)


def log(name, *lines):
    events = [event if isinstance(event, Lost) else (0, f"{event}\n".encode()) for event in lines]
    return MergedLog(name, lambda: iter(events))


def timeline(*logs, **options):
    return [
        (name, item.message if isinstance(item, Record) else "lost")
        for name, item in merge(logs, **options)
    ]


def test_the_earliest_comes_first_whatever_log_and_zone_it_is_of():
    one = log("a", at(1, "1"), at(4, "4"))
    two = log("b", at(2, "2", "+8.0"), mars(time="2024-01-01 +0.0 02:00:03.000", message="3"))
    assert timeline(one, two) == [("a", "1"), ("b", "2"), ("b", "3"), ("a", "4")]


def test_what_has_no_time_stays_behind_the_one_before_it_and_at_the_start_before_the_first():
    one = log("a", "before", at(3, "3"), OPENED.replace("[2024", "[x024"), Lost(9))
    two = log("b", at(1, "1"), "\tat x", at(5, "5"))
    names = timeline(one, two)
    assert [message[:6] for _, message in names] == [
        "1\n\tat ",
        "before",
        "3",
        "^^^^^^",
        "lost",
        "5",
    ]


def test_a_loss_stays_behind_what_a_filter_left_out():
    one = log("a", at(1, "1"), at(3, "3"), Lost(9), at(5, "5"))
    two = log("b", at(2, "2"))
    found = timeline(one, two, wanted=Filter(grep=parse_pattern("[125]$")))
    assert found == [("a", "1"), ("b", "2"), ("a", "lost"), ("a", "5")]


def test_a_log_that_is_not_in_order_is_sorted_and_stays_stable(monkeypatch):
    monkeypatch.setattr(sorting, "_RECORDS", 4)
    monkeypatch.setattr(sorting, "_BLOCK", 3)
    seconds = [5, 1, 1, 9, 3, 5, 0, 2, 2, 7, 5]
    lines = [at(second, str(place)) for place, second in enumerate(seconds)]
    found = [int(message) for _, message in timeline(log("a", *lines))]
    assert found == sorted(range(len(seconds)), key=lambda place: seconds[place])


@given(
    st.lists(st.lists(st.integers(0, 9), max_size=12), min_size=1, max_size=4), st.integers(1, 5)
)
def test_the_timeline_is_the_stable_sort_of_all_records(logs, size):
    expected = sorted(
        (
            (second, name, place)
            for name, seconds in enumerate(logs)
            for place, second in enumerate(seconds)
        ),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "_RECORDS", size)
        given_logs = [
            log(str(name), *(at(second, str(place)) for place, second in enumerate(seconds)))
            for name, seconds in enumerate(logs)
        ]
        found = timeline(*given_logs)
    assert found == [(str(name), str(place)) for _, name, place in expected]


def test_a_time_without_a_zone_is_in_that_of_the_banner_then_the_callers():
    zoned = mars(time="2024-01-01 +0.0 00:47:04.100", message="before")
    late = mars(time="2024-01-01 +0.0 00:47:04.200", message="after")
    west = timezone(-timedelta(hours=8))
    with_banner = log("a", IMSDK, OPENED, IMSDK)
    names = [n for n, _ in timeline(with_banner, log("b", zoned), log("c", late), zone=west)]
    assert names == ["a", "b", "a", "a", "c"] or names == ["a", "b", "a", "c", "a"]
    without = [n for n, _ in timeline(log("a", IMSDK), log("b", zoned), log("c", late), zone=CHINA)]
    assert without == ["b", "a", "c"]
    machine = [
        n for n, _ in timeline(log("a", IMSDK), log("b", zoned), log("c", late), local=CHINA)
    ]
    assert machine == ["b", "a", "c"]


@pytest.mark.parametrize("size", [100_000, 700_000, 3_000_000], ids="{:,} bytes".format)
def test_before_a_banner_far_behind_a_merge_gives_the_times_that_records_have(size):
    early = "TIM: 2024-01-01 08:00:00.000 I 1-2 |-a.cc:1 f |early"
    rest = [f"TIM: 2024-01-01 08:00:01.000 I 1-2 |-a.cc:1 f |{'x' * 900}"] * (size // 1000)
    lines = [early, *rest, OPENED, IMSDK]
    for events in (log("a", *lines), log("a", "\n".join(lines))):  # in one piece, too
        alone = [record.time for record in read_records(events.events())]
        assert [record.time for _, record in merge([events], local=UTC)] == alone
        assert alone[0].tzinfo == (CHINA if size < 1_000_000 else None)


def test_the_banners_zone_counts_for_what_is_before_it_wherever_the_caller_is():
    early = "TIM: 2024-01-01 08:00:00.000 I 1-2 |-a.cc:1 f |early"  # 00:00 in UTC by the banner
    next_day = OPENED.replace("[2024-01-01 +0800 08:47:04]", "[2024-01-02 +0800 09:47:04]")
    other = mars(time="2024-01-01 +0.0 03:00:00.000", message="other")
    found = timeline(log("a", early, next_day), log("b", other), local=UTC)
    assert [name for name, _ in found] == ["a", "b", "a"]
    alone = log("a", early, next_day)
    merged = [item.iso for _, item in merge([alone], zone=timezone(timedelta(hours=3)))]
    assert merged == [record.iso for record in read_records(alone.events(), zone=UTC)]


def test_days_that_follow_one_another_are_open_one_at_a_time():
    is_open, most = set(), []

    def day(number):
        def events():
            is_open.add(number)
            most.append(len(is_open))
            for second in range(3):
                time = f"2024-01-{number:02} +8.0 10:00:0{second}.000"
                yield 0, mars(time=time, message=str(number)).encode() + b"\n"
            is_open.discard(number)

        return MergedLog(str(number), events)

    found = timeline(*(day(number) for number in range(9, 0, -1)))
    assert [name for name, _ in found] == [str(n) for n in range(1, 10) for _ in range(3)]
    assert max(most) == 1


def test_filters_and_sessions_are_each_logs_own():
    one = log("a", OPENED, at(1, "1"), OPENED, at(5, "5"))
    two = log("b", OPENED, at(3, "3"))
    wanted = Filter(session=LAST, levels="I")
    assert timeline(one, two, wanted=wanted) == [("b", "3"), ("a", "5")]


def test_what_is_around_a_record_is_so_in_the_timeline():
    one = log("a", at(1, "1"), at(4, "wanted"), at(9, "9"))
    two = log("b", at(0, "0"), at(3, "3"), at(5, "5"), at(6, "6"), Lost(9))
    wanted = Filter(grep=parse_pattern("wanted$"), before=2, after=1)
    assert timeline(one, two, wanted=wanted) == [
        ("a", "1"),
        ("b", "3"),
        ("a", "wanted"),
        ("b", "5"),
        ("b", "lost"),
    ]


@pytest.mark.parametrize(
    ("wanted", "before", "after", "shown"),
    [
        (5, 1, 0, "lost 4 5 lost"), (5, 2, 0, "3 lost 4 5 lost"), (5, 9, 0, "1 2 3 lost 4 5 lost"),
        (3, 0, 1, "3 lost 4 lost"), (1, 1, 0, "1 lost lost"), (9, 1, 0, "lost lost"),
        (9, 0, 0, "lost lost"), (4, 2, 1, "2 3 lost 4 5 lost"),
    ],
)  # fmt: skip
def test_a_loss_in_one_log_is_no_gap_in_another(wanted, before, after, shown):
    one = log("a", *(at(second, str(second)) for second in (1, 2, 4)))
    two = log("b", at(3, "3"), Lost(9), at(5, "5"), Lost(9))
    asked = Filter(grep=parse_pattern(f"{wanted}$"), before=before, after=after)
    assert " ".join(message for _, message in timeline(one, two, wanted=asked)) == shown


def test_each_record_is_prefixed_by_its_log():
    logs = [log("a", at(1, "1"), at(4, "4")), log("b", at(2, "2"), Lost(3))]
    text = b"".join(render_merged(logs, TextWriter(named=True))).decode().splitlines()
    assert [line[:2] for line in text] == ["a:", "b:", "b:", "a:"]
    assert b"".join(render_merged(logs, JsonWriter())).count(b'"source":"b"') == 2


LINES = (
    at(1, "one"), at(2, "two"), IMSDK, OPENED, "\tat x", "", "get mmap time: 3", "loose",
    "[F][xlogdecode] 3 bytes lost: x", "[I][08-15/13:01:19.582+9.0][1,2][a.cc:4]lite",
    "TIM: 2024-01-01 08:47:04.1 I cut off", "[I][][1, 2][][a.cc:1, f][no time",
    "~~~~~ begin of mmap ~~~~~", "2024-01-01 08:47:05.000| 1|x|D| t.cpp:1 |f > four",
)  # fmt: skip
"""Lines of all kinds."""


@given(st.lists(st.lists(st.sampled_from(LINES), max_size=9), min_size=1, max_size=4))
def test_text_that_is_taken_as_it_is_is_that_of_the_records(logs):
    given_logs = [log(f"{name}_20240815", *lines) for name, lines in enumerate(logs)]
    writer = TextWriter(named=True)
    expected = [writer.write([item], name) for name, item in merge(given_logs, local=CHINA)]
    found = render_merged(given_logs, TextWriter(named=True), local=CHINA)
    assert b"".join(found) == b"".join(expected)


@given(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from([None, CHINA, UTC]))
def test_the_survey_finds_in_the_text_what_the_records_say(lines, zone):
    events = list(log("a_20240815", *lines).events())
    seen, is_late = survey(events, "a_20240815", zone, UTC)
    if is_late:
        seen, _ = survey(events, "a_20240815", seen.zone, UTC)
    records = list(read_records(events, source="a_20240815", zone=zone))
    times = [record.time.replace(tzinfo=record.time.tzinfo or zone or UTC).timestamp() * 1000
             for record in records if record.time]  # fmt: skip
    assert seen.in_order == (times == sorted(times))
    found = (seen.first, seen.earliest, seen.latest)
    assert found == ((times[0], min(times), max(times)) if times else (-inf,) * 3)
    assert seen.session == (max((record.session or 0 for record in records), default=0) or None)


def test_more_logs_than_are_open_at_a_time_are_one_timeline():
    most, is_open = [], set()

    def overlapping(number):
        def events():
            is_open.add(number)
            most.append(len(is_open))
            yield 0, "".join(f"{at(s, f'{number} {s}')}\n" for s in (number % 7, 50)).encode()
            is_open.discard(number)

        return MergedLog(str(number), events)

    found = timeline(*(overlapping(number) for number in range(50)))
    expected = sorted((second, n) for n in range(50) for second in (n % 7, 50))
    assert found == [(str(n), f"{n} {second}") for second, n in expected]
    assert max(most) <= 32


@pytest.mark.parametrize("clock", ["01:30:00.000", "02:30:00.000", "03:30:00.000"])
def test_an_hour_with_a_change_of_summer_time_is_that_of_the_calendar(clock):
    zone = ZoneInfo("America/New_York")
    day = f"2024-03-10T{clock}"
    expected = datetime.fromisoformat(day).replace(tzinfo=zone).timestamp() * 1000
    assert Instants(zone).at((day[:13], ""), day[13:]) == expected
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # half an hour, within an hour
    at_half = datetime(2024, 10, 6, 2, 45, tzinfo=lord_howe).timestamp() * 1000
    assert Instants(lord_howe).start(("2024-10-06T02", "")) is None
    assert Instants(lord_howe).at(("2024-10-06T02", ""), ":45:00.000") == at_half
