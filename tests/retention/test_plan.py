"""`plan`: what the rule says, for any files at any moment."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlogdecode.errors import UsageError
from xlogdecode.retention import (
    Candidate,
    DecisionReason,
    EntryKind,
    LogDirectory,
    LogName,
    Rule,
    plan,
)

HERE = LogDirectory("/r/com_tencent_imsdk_log", "r/com_tencent_imsdk_log", "windows", "")
DAY = timedelta(days=1)


def file(day: date | None, changed: datetime, *, number: int = 0, size: int = 1, decoded=False):
    digits = f"{day:%Y%m%d}" if day else "20230230"
    source = f"imsdk_{digits}_{number}.xlog"
    name = source + ".log" if decoded else source
    mtime = (changed - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    return Candidate(HERE, name, EntryKind.FILE, LogName(day, number, source), size, mtime)


def reason(candidate: Candidate, now: datetime, rule: Rule | None = None) -> DecisionReason:
    return plan([candidate], rule or Rule(), now=now)[0].reason


ZONES = [
    ZoneInfo("Europe/Berlin"),  # clocks change on 2026-03-29 and 2026-10-25
    ZoneInfo("America/New_York"),  # on 2026-03-08 and 2026-11-01
    ZoneInfo("Australia/Lord_Howe"),  # by half an hour
    timezone(timedelta(hours=-12)),
    timezone(timedelta(hours=14)),
    UTC,
]
DAYS = [
    date(2026, 3, 25), date(2026, 3, 4), date(2026, 10, 21), date(2026, 10, 28), date(2026, 4, 1),
    date(2024, 2, 29), date(2024, 2, 25), date(2025, 12, 31), date(2025, 12, 25),
]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("clock", [timedelta(), timedelta(hours=12), timedelta(hours=23.99)])
@pytest.mark.parametrize(("age", "clears"), [(6, False), (7, False), (8, True), (9, True)])
def test_a_log_goes_from_the_eighth_day_on_whatever_clocks_do(zone, day, clock, age, clears):
    now = datetime.combine(day + age * DAY, datetime.min.time(), zone) + clock
    old = datetime.combine(day, datetime.min.time(), UTC)
    assert plan([file(day, old)], Rule(), now=now)[0].clear is clears


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_log_goes_from_168_hours_after_its_last_change_on(zone, day):
    now = datetime.combine(day + 20 * DAY, datetime.min.time(), zone)
    week = timedelta(hours=168)
    utc = now.astimezone(UTC)
    assert reason(file(day, utc - week), now) is DecisionReason.AGE
    assert reason(file(day, utc - week + timedelta(microseconds=1)), now) is DecisionReason.TOUCHED


def test_every_record_of_a_day_that_goes_is_a_week_old():
    now = datetime(2026, 6, 30, tzinfo=UTC)  # the first moment of T
    last_record = datetime(2026, 6, 22, 23, 59, 59, 999999, tzinfo=UTC)
    assert reason(file(date(2026, 6, 22), last_record), now) is DecisionReason.AGE
    assert now - last_record >= timedelta(hours=168)


NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def test_futures_and_impossible_dates_stay():
    old = NOW - 90 * DAY
    assert reason(file(date(2026, 7, 1), old), NOW) is DecisionReason.FUTURE_DATE
    assert reason(file(date(9999, 12, 31), old), NOW) is DecisionReason.FUTURE_DATE
    assert (
        reason(file(date(2026, 1, 1), NOW + timedelta(seconds=1)), NOW)
        is DecisionReason.FUTURE_MTIME
    )
    assert reason(file(None, old), NOW) is DecisionReason.IMPOSSIBLE_DATE


@pytest.mark.parametrize(
    "kind", [EntryKind.LINK, EntryKind.SPECIAL, EntryKind.FOREIGN, EntryKind.UNREADABLE]
)
def test_only_regular_files_go(kind):
    old = file(date(2020, 1, 1), NOW - 90 * DAY)._replace(kind=kind)
    assert not plan([old], Rule(), now=NOW)[0].clear


def test_an_unknown_name_stays():
    old = file(date(2020, 1, 1), NOW - 90 * DAY)._replace(log=None)
    assert reason(old, NOW) is DecisionReason.UNKNOWN_NAME


def test_another_age_moves_both_conditions():
    rule = Rule(keep=3 * DAY)
    assert reason(file(date(2026, 6, 26), NOW - 3 * DAY), NOW, rule) is DecisionReason.AGE
    assert reason(file(date(2026, 6, 27), NOW - 3 * DAY), NOW, rule) is DecisionReason.YOUNG
    assert reason(file(date(2026, 6, 26), NOW - 2.9 * DAY), NOW, rule) is DecisionReason.TOUCHED
    assert reason(file(date(1, 1, 1), NOW - 90 * DAY), NOW, Rule(keep=9999 * 365 * DAY)) is not (
        DecisionReason.AGE
    )


def test_a_naive_now_is_refused():
    with pytest.raises(UsageError, match="zone"):
        plan([], Rule(), now=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("less", [{"keep": -DAY}, {"keep_last": -1}, {"max_total": -1}])
def test_a_rule_of_less_than_nothing_is_refused(less):
    with pytest.raises(UsageError, match="less than nothing"):
        Rule(**less)


def test_decoded_text_counts_with_its_source():
    files = [
        file(date(2026, 1, age), NOW - 90 * DAY, decoded=decoded)
        for age in (1, 2, 3)
        for decoded in (False, True)
    ]
    kept = [d.candidate.name for d in plan(files, Rule(keep_last=1), now=NOW) if not d.clear]
    assert kept == ["imsdk_20260103_0.xlog", "imsdk_20260103_0.xlog.log"]


def test_numbers_order_the_logs_of_a_day():
    files = [file(date(2026, 1, 1), NOW - 90 * DAY, number=n) for n in (2, 10, 1)]
    kept = [d.candidate.log.number for d in plan(files, Rule(keep_last=1), now=NOW) if not d.clear]
    assert kept == [10]


def test_a_log_dated_in_the_future_takes_nobody_s_place_among_the_last():
    files = [file(date(2026, 1, 1), NOW - 90 * DAY), file(date(2099, 1, 1), NOW - 90 * DAY)]
    assert [d.clear for d in plan(files, Rule(keep_last=1), now=NOW)] == [False, False]


def test_keep_last_counts_in_each_folder():
    other = replace(HERE, path="/r/other")
    files = [file(date(2026, 1, day), NOW - 90 * DAY) for day in (1, 2)]
    files += [one._replace(directory=other) for one in files]
    assert [d.clear for d in plan(files, Rule(keep_last=1), now=NOW)] == [True, False, True, False]


def test_a_ceiling_clears_the_oldest_and_never_what_is_younger_than_two_days():
    files = [file(date(2026, 6, 30) - n * DAY, NOW - n * DAY, size=10) for n in range(7)]
    decisions = plan(files, Rule(max_total=45), now=NOW)
    assert [d.clear for d in decisions] == [False] * 4 + [True] * 3
    assert {d.reason for d in decisions if d.clear} == {DecisionReason.CEILING}
    floor = plan(files, Rule(max_total=1), now=NOW)
    assert [d.clear for d in floor] == [False] * 3 + [True] * 4


def test_a_ceiling_leaves_the_last_ones():
    files = [file(date(2026, 6, 30) - n * DAY, NOW - n * DAY, size=10) for n in range(3, 7)]
    decisions = plan(files, Rule(max_total=1, keep_last=3), now=NOW)
    assert [d.clear for d in decisions] == [False, False, False, True]


def test_a_package_has_a_rule_and_a_ceiling_of_its_own():
    chat = replace(HERE, package="com.example.chat")
    files = [file(date(2026, 6, 30) - n * DAY, NOW - n * DAY, size=10) for n in (5, 20)]
    files += [one._replace(directory=chat) for one in files]
    packages = {"com.example.chat": Rule(keep=30 * DAY, max_total=10)}
    decisions = plan(files, Rule(), now=NOW, packages=packages)
    assert [d.clear for d in decisions] == [False, True, False, True]
    assert [d.clear for d in plan(files, Rule(), now=NOW, packages={"com.example.chat": Rule(
        keep=30 * DAY)})] == [False, True, False, False]  # fmt: skip


moments = st.builds(
    datetime.fromtimestamp,
    st.integers(7 * 10**8, 4 * 10**9),
    st.sampled_from(ZONES),
)
offsets = st.integers(-4 * 86_400, 40 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
rules = st.builds(
    Rule,
    keep=st.integers(0, 20 * 24).map(lambda hours: timedelta(hours=hours)),
    keep_last=st.integers(0, 4),
    max_total=st.none() | st.integers(0, 60),
)


@st.composite
def folders(draw):
    now = draw(moments)
    specs = draw(
        st.lists(
            st.tuples(offsets, offsets, st.integers(0, 3), st.integers(0, 20), st.booleans()),
            max_size=12,
            unique_by=lambda spec: (spec[0] // DAY, spec[2], spec[4]),
        )
    )
    return now, [
        file((now - dated).date(), (now - changed).astimezone(UTC), number=n, size=s, decoded=d)
        for dated, changed, n, s, d in specs
    ]


@given(folders(), rules)
def test_what_goes_fulfils_all_conditions(folder, rule):
    now, files = folder
    for candidate, why, _ in plan(files, rule, now=now):
        if why.clears:
            age = rule.keep if why is DecisionReason.AGE else min(rule.keep, 2 * DAY)
            changed = datetime.fromtimestamp(candidate.mtime_ns / 1e9, UTC)
            assert now.date() - candidate.log.day > age
            assert now - changed >= age - timedelta(milliseconds=1)


@given(folders(), rules)
def test_the_last_ones_stay(folder, rule):
    now, files = folder
    sources = {f.log.source: (f.log.day, f.log.number) for f in files if f.log.day <= now.date()}
    newest = sorted(sources.values())[len(sources) - min(rule.keep_last, len(sources)) :]
    gone = {d.candidate.log.source: d for d in plan(files, rule, now=now) if d.clear}
    assert not [s for s in gone if sources[s] in newest and list(sources.values()).count(
        sources[s]) == 1]  # fmt: skip


@given(folders(), rules)
def test_a_second_plan_finds_nothing_to_do(folder, rule):
    now, files = folder
    kept = [d.candidate for d in plan(files, rule, now=now) if not d.clear]
    assert not [d for d in plan(kept, rule, now=now) if d.clear]


@given(folders(), rules, st.integers(0, 400 * 86_400))
def test_what_goes_by_age_goes_at_any_later_time_too(folder, rule, seconds):
    now, files = folder
    rule = replace(rule, max_total=None)
    gone = {d.candidate for d in plan(files, rule, now=now) if d.clear}
    later = plan(files, rule, now=(now.astimezone(UTC) + timedelta(seconds=seconds)))
    if (now.astimezone(UTC) + timedelta(seconds=seconds)).date() >= now.date():
        assert gone <= {d.candidate for d in later if d.clear}


@given(folders(), rules)
def test_a_ceiling_takes_older_logs_first_and_no_more_than_it_must(folder, rule):
    now, files = folder
    without = plan(files, replace(rule, max_total=None), now=now)
    decisions = plan(files, rule, now=now)
    assert {d.candidate for d in without if d.clear} <= {d.candidate for d in decisions if d.clear}
    over = [d.candidate for d in decisions if d.reason is DecisionReason.CEILING]
    if over:
        left = sum(d.candidate.size for d in decisions if not d.clear)
        newest = max(over, key=lambda c: (c.log.day, c.log.number, c.mtime_ns, c.name))
        assert left + newest.size > rule.max_total


@given(folders(), rules)
def test_every_candidate_gets_one_decision_in_its_place(folder, rule):
    now, files = folder
    decisions = plan(iter(files), rule, now=now)
    assert [d.candidate for d in decisions] == files
    assert all(d.because for d in decisions)
