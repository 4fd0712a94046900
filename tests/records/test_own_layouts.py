"""Lines of an app's own formatter: the generic layout, and layouts that a person describes."""

import pickle
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mars import KINDS, block
from tests.records.lines import IMSDK, OPENED, mars, streams
from xlogdecode import Filter, LineLayout, Record, UsageError, read_layouts, read_records
from xlogdecode.errors import ConfigError
from xlogdecode.filters import count_text, select, select_text
from xlogdecode.merging import MergedLog, merge
from xlogdecode.records import read_records as records_in
from xlogdecode.records.reading import LogHints

CHINA = timezone(timedelta(hours=8))
OWN = r"(?P<time>.{23}) (?P<level>\w+)\|(?P<pid>\d+),(?P<tid>\d+)\|(?P<tag>[^|]*)\|"


def records_of(*lines, name="own_20240102.xlog", **options):
    data = block(KINDS["zlib"], [f"{line}\n".encode() for line in lines]).data
    return [r for r in read_records(data, name=name, **options) if isinstance(r, Record)]


@pytest.mark.parametrize(
    ("line", "time", "level", "message"),
    [
        ("2026-05-21 11:46:00.123 I|1,2|Tag|x", "2026-05-21T11:46:00.123", "I", "1,2|Tag|x"),
        ("2017-06-27 18:52:07.123 begin", "2017-06-27T18:52:07.123", None, "begin"),
        ("2017-06-27 18:52:07.123/W/net: slow", "2017-06-27T18:52:07.123", "W", "net: slow"),
        ("[2024-01-01 09:12:33] [ERROR] bad", "2024-01-01T09:12:33.000", "E", "bad"),
        ("[2024-01-01 +8.0 09:12:33.123][1, 2*][W][t] x", "2024-01-01T09:12:33.123+08:00", "W",
            "[1, 2*][W][t] x"),
        ("2024-01-01T09:12:33Z INFO hi", "2024-01-01T09:12:33.000+00:00", "I", "hi"),
        ("2024-01-01T09:12:33.123456+08:00 [main] ERROR a.B - bad",
            "2024-01-01T09:12:33.123+08:00", "E", "[main] ERROR a.B - bad"),
        ("2024-01-01 09:12:33,5 -0330 debug: x", "2024-01-01T09:12:33.500-03:30", "D", "x"),
        ("2024-01-01 09:12:33.123 GMT+8 F x", "2024-01-01T09:12:33.123+08:00", "F", "x"),
        ("2024/01/01 09:12:33.123 |D|x", "2024-01-01T09:12:33.123", "D", "x"),
        ("20240101 09:12:33.123 <V> x", "2024-01-01T09:12:33.123", "V", "x"),
        ("1704067200 I start", "2024-01-01T00:00:00.000+00:00", "I", "start"),
        ("[1704067200123][E] start", "2024-01-01T00:00:00.123+00:00", "E", "start"),
        ("01-15 09:12:33.123 no level here", "2024-01-15T09:12:33.123", None, "no level here"),
        ("[I][2024-01-01 09:12:33.123][tag] x", "2024-01-01T09:12:33.123", "I", "[tag] x"),
        ("2024-01-01 09:12:33|looper|D| a.cpp:1 |F > x", "2024-01-01T09:12:33.000", "D",
            "|looper|D| a.cpp:1 |F > x"),
        ("2024-01-01 09:12:33 level=warn msg=x", "2024-01-01T09:12:33.000", "W",
            "level=warn msg=x"),
    ],
)  # fmt: skip
def test_a_line_that_opens_with_a_date_and_time_is_a_record(line, time, level, message):
    (record,) = records_of(line)
    assert (record.layout, record.iso, record.level) == ("generic", time, level)
    assert record.message == message
    assert record.text == line + "\n"


@pytest.mark.parametrize(
    ("line", "pid", "tid", "tag", "message"),
    [
        ("01-15 09:12:33.123  1234  5678 W TAG     : bad", 1234, 5678, "TAG", "bad"),
        ("01-15 09:12:33.123 1234-5678/com.app W/TAG: bad", 1234, 5678, "TAG", "bad"),
        ("01-15 09:12:33.123 W/TAG(1234): bad", None, None, "TAG", "bad"),
    ],
)
def test_lines_of_logcat_have_a_tag(line, pid, tid, tag, message):
    (record,) = records_of(line)
    assert (record.pid, record.tid, record.tag, record.message) == (pid, tid, tag, message)
    assert record.level == "W"


@pytest.mark.parametrize(
    "line",
    [
        "2024-01-01 is a day", "10:00:00 is a time", "13800138000 is a phone", "1234567890 a user",
        "at 2024-01-01 10:00:00", "2024-13-01 10:00:00 x", "2024-01-01 25:00:00 x", "I am", "",
    ],
)  # fmt: skip
def test_a_line_without_a_date_and_a_time_is_not_a_record(line):
    (record,) = records_of(line)
    assert (record.layout, record.iso) == ("unknown", None)


@pytest.mark.parametrize(
    "body",
    [
        "2026-05-21 is a day", "[2026-05-21 11:46:00.123] in brackets", "2026-05-21T11:46:00 T",
        "2026/05/21 11:46:00.123 I|1,2|slashes", "2026-05-21 11:46:00.123 without a level",
        "05-21 11:46:00.123 I|1,2|Tag|x", "1779363960", "  2026-05-21 11:46:00.123 I|1,2|Tag|x",
        "2026-05-21 11:46:00.123+08:00 I|1,2|Tag|x",
    ],
)  # fmt: skip
def test_a_date_in_a_message_opens_nothing(body):
    first = "2026-05-21 11:46:00.123 I|1,2|Tag|x"
    one, two = records_of(first, body, "2026-05-21 11:46:01.000 E|1,2|Tag|y")
    assert one.text == f"{first}\n{body}\n"
    assert one.message == f"1,2|Tag|x\n{body}"
    assert (two.level, two.message) == ("E", "1,2|Tag|y")


def test_an_unknown_level_in_the_usual_place_opens_a_record():
    one, two = records_of("2026-05-21 11:46:00 [INFO] x", "2026-05-21 11:46:01 [AUDIT] y")
    assert (one.level, two.level, two.message) == ("I", None, "y")


def test_known_layouts_win_and_a_date_in_their_messages_opens_nothing():
    dates = [f"2024-01-01 09:12:3{n}.000 E|x" for n in range(5)]
    one, two = records_of(mars(), *dates, mars("W"))
    assert (one.layout, two.layout) == ("mars", "mars")
    assert one.text.count("\n") == 6
    old = "2019-05-28 21:51:56.161| 21504|looper|D| a.cpp:190 |Func > x"
    assert [r.layout for r in records_of(old, *dates)] == ["imsdk-4.0"]
    torn, *found = records_of(dates[0], mars(), mars("W"), IMSDK)  # the start of a rotated log
    assert (torn.layout, torn.time) == ("unknown", None)
    assert [r.layout for r in found] == ["mars", "mars", "imsdk"]


def test_banners_and_records_of_known_layouts_keep_their_meaning_among_others():
    lines = ["2024-01-01 09:00:00.000 I/a: x", "2024-01-01 09:00:01.000 W/b: y"]
    banner, one, known, two = records_of(OPENED, lines[0], mars("E"), lines[1])
    assert (banner.layout, known.layout) == ("opened", "mars")
    assert one.session == two.session == 1
    assert one.time == datetime(2024, 1, 1, 9, tzinfo=CHINA)  # the zone of the banner
    assert (two.layout, two.tag, two.level) == ("generic", "b", "W")


def test_a_log_that_begins_empty_settles_later():
    text = b"2024-01-01 09:00:00.000 W/a: x\n\tmore\n"
    events = [(0, b""), (0, text), (0, b""), (9, text)]
    wanted = Filter(level="W")
    assert b"".join(select_text(events, wanted)) == text * 2
    assert [r.layout for r in records_in(events)] == ["generic"] * 2


LINES = [
    "2026-05-21 11:46:00.123 I|1,2|Tag|x", "2026-05-21 11:59:59.999 E|1,2|Tag|y",
    "2026-05-21 12:00:00.000 W|1,2|Tag|z", "2026-05-21 in a message", "\tat a.B(B.java:1)", "",
    mars("E"), OPENED, "群名", "[2026-05-21 11:46:00.123] W",
]  # fmt: skip
texts = st.lists(st.sampled_from(LINES), max_size=20).map(
    lambda lines: "\n".join([LINES[0], *lines]).encode()
)


@settings(deadline=None)
@given(streams(texts, most=2), st.sampled_from([1, 40, 4096]))
def test_no_byte_is_lost_and_pages_change_nothing(events, page):
    events = [event for event in events if not (isinstance(event, tuple) and not event[1])]
    items = list(records_in(events, page=page))
    text = b"".join(event[1] for event in events if isinstance(event, tuple))
    assert b"".join(r.raw for r in items if isinstance(r, Record)) == text
    expected = list(records_in(events))
    assert [repr(i) for i in items] == [repr(i) for i in expected]


@settings(deadline=None)
@given(streams(texts), st.sampled_from([
    Filter(level="W"), Filter(since="12:00"), Filter(until="2026-05-21 11:59:59.999"),
    Filter(grep="x$"), Filter(grep="群"), Filter(level="E", since="11:00"),
]))  # fmt: skip
def test_filters_by_record_and_by_text_agree(events, wanted):
    exact = [i for i in select(records_in(events), wanted) if isinstance(i, Record)]
    found = b"".join(i for i in select_text(events, wanted) if isinstance(i, bytes))
    assert found == b"".join(r.raw for r in exact)
    assert count_text(events, wanted) == len(exact)


def test_logs_of_several_layouts_are_merged_by_time():
    def log(name, *lines):
        return MergedLog(name, lambda: [(0, "\n".join(lines).encode())])

    own = log("own", "2024-01-01 09:00:00.000 I/a: 1", "2024-01-01 11:00:00.000 I/a: 4")
    iso = log("iso", "2024-01-01T02:00:00Z INFO 2", "more", "2024-01-01T02:30:00Z INFO 3")
    found = [r.message for _, r in merge([own, iso], zone=CHINA)]
    assert found == ["1", "2\nmore", "3", "4"]


def test_a_layout_of_a_person_has_all_fields():
    pattern = (
        r"<(?P<time>[^>]*)><(?P<level>\w+)><(?P<pid>\d*):(?P<tid>\d*)><(?P<tag>[^>]*)>"
        r"<(?P<file>[^:>]*):(?P<line>\d+)><(?P<function>[^>]*)> (?P<message>.*)"
    )
    layout = LineLayout("our-app", pattern, time="%d.%m.%Y %H:%M:%S,%f", levels={"LOUD": "W"})
    lines = [
        "<31.12.2023 23:59:58,25><LOUD><12:34><标签><a.cc:007><运行> 主机 down",
        "\tat more",
        "<31.12.2023 23:59:59,5><info><12:><><b.cc:1><g> y",
    ]
    one, two = records_of(*lines, layout=layout)
    assert one.as_dict() == one.as_dict() | {
        "time": "2023-12-31T23:59:58.250", "level": "W", "pid": 12, "tid": 34, "tag": "标签",
        "file": "a.cc", "line": 7, "function": "运行", "message": "主机 down\n\tat more",
        "layout": "our-app", "main_thread": None,
    }  # fmt: skip
    assert (two.level, two.pid, two.tid, two.tag) == ("I", 12, None, "")
    assert pickle.loads(pickle.dumps(layout)) == layout


@pytest.mark.parametrize(
    ("form", "written", "expected"),
    [
        ("%Y-%m-%dT%H:%M:%S%z", "2024-02-29T10:00:00+0530", "2024-02-29T10:00:00.000+05:30"),
        ("%m-%d %H:%M:%S.%f", "02-29 10:00:00.123", "2024-02-29T10:00:00.123"),
        ("%H:%M:%S", "10:00:07", "2024-01-02T10:00:07.000"),
        ("%d/%b/%Y:%H:%M:%S", "05/Mar/2024:10:00:00", "2024-03-05T10:00:00.000"),
        ("epoch", "1704067200", "2024-01-01T00:00:00.000+00:00"),
        ("epoch", "1704067200123", "2024-01-01T00:00:00.123+00:00"),
        ("epoch", "1704067200.25", "2024-01-01T00:00:00.250+00:00"),
        ("%Y-%m-%d %H:%M:%S", "2024-02-30 10:00:00", None),
    ],
)
def test_times_are_read_by_their_format(form, written, expected):
    layout = LineLayout("app", r"at (?P<time>.*?);", time=form)
    (record,) = records_of(f"at {written}; x", layout=layout)
    assert (record.iso, record.message) == (expected, " x")


def test_a_layout_of_a_person_goes_before_the_table_and_only_for_its_log():
    layout = LineLayout("mine", r"\[(?P<level>\w)\]\[(?P<time>\S+) \S+ [0-9:.]+\]", time="%Y-%m-%d")
    (record,) = records_of(mars("E"), layout=layout)
    assert (record.layout, record.iso) == ("mine", "2024-01-01T00:00:00.000")
    assert [r.layout for r in records_of(IMSDK, layout=layout)] == ["imsdk"]
    other = LineLayout("other", r"(?P<level>\w);")
    found = [records_of(line, layout=[other, layout])[0].layout for line in (mars(), "E;x", "x")]
    assert found == ["mine", "other", "unknown"]


@settings(deadline=None)
@given(streams(texts), st.sampled_from([1, 40, 4096]))
def test_a_layout_of_a_person_loses_no_byte(events, page):
    reading = LogHints((LineLayout("own", OWN, time="%Y-%m-%d %H:%M:%S.%f"),))
    items = list(records_in(events, reading=reading, page=page))
    text = b"".join(event[1] for event in events if isinstance(event, tuple))
    assert b"".join(r.raw for r in items if isinstance(r, Record)) == text


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"pattern": "(?P<time>"}, "not a regular expression"),
        ({"pattern": "abc"}, "needs a group"),
        ({"pattern": "(?P<when>a)"}, "needs a group"),
        ({"pattern": "(?P<level>a)(?P<when>a)"}, "unknown group 'when'"),
        ({"pattern": "(?P<level>a)?"}, "must not match an empty line"),
        ({"pattern": "(?P<time>a)"}, "needs a format"),
        ({"pattern": "(?P<level>a)", "time": "%Y"}, "needs the group"),
        ({"pattern": "(?P<time>a)", "time": "%Q"}, "not a format of times"),
        ({"pattern": "(?P<time>a)", "time": "soon"}, "not a format of times"),
        ({"pattern": "(?P<level>a)", "levels": {"a": "X"}}, "not a level"),
        ({"pattern": "(?P<level>a)", "name": "mars"}, "not a name"),
        ({"pattern": "(?P<level>a)", "name": "generic"}, "not a name"),
    ],
)
def test_a_layout_that_is_wrong_is_refused(options, why):
    with pytest.raises(UsageError, match=why):
        LineLayout(**{"name": "app"} | options)


GOOD = f"""
layouts:
  - layout: our-app
    pattern: '{OWN}'
    time: '%Y-%m-%d %H:%M:%S.%f'
    levels: {{W: [LOUD, NOTE]}}
    samples: ['2026-05-21 11:46:00.123 I|1,2|Tag|x']
"""


def test_a_file_of_layouts_is_read(tmp_path):
    path = tmp_path / "layouts.yaml"
    path.write_text(GOOD)
    (layout,) = read_layouts(path)
    assert layout == LineLayout(
        "our-app", OWN, time="%Y-%m-%d %H:%M:%S.%f", levels={"LOUD": "W", "NOTE": "W"}
    )
    (record,) = records_of("2026-05-21 11:46:00.123 LOUD|1,2|Tag|x", layout=path)
    assert (record.level, record.tag, record.message) == ("W", "Tag", "x")


@pytest.mark.parametrize(
    ("now", "then", "place"),
    [
        ("layouts:", "layout:", "2:1: unknown key 'layout'"),
        ("pattern: '(?P<time>", "pattern: '(?P<time", "4:14: not a regular expression"),
        ("pattern: '(?P<time>", "pattern: '(?P<date>", "4:14: unknown group 'date'"),
        ("    time: '%Y", "    time: '%Q", "5:11: '%Q-%m-%d %H:%M:%S.%f' is not a format"),
        ("{W: ", "{Z: ", "3:5: our-app: 'Z' is not a level"),
        ("layout: our-app", "layout: imsdk", "3:5: 'imsdk' is not a name"),
        ("['2026-05-21", "['2026-05-2", "7:15: the pattern does not match"),
        ("['2026-05-21", "['2026-05-91", "7:15: the time of this sample is not as"),
        ("    time:", "    tiem:", "5:5: unknown key 'tiem'"),
    ],
)
def test_an_error_in_a_file_of_layouts_names_its_place(tmp_path, now, then, place):
    path = tmp_path / "layouts.yaml"
    assert now in GOOD
    path.write_text(GOOD.replace(now, then, 1))
    with pytest.raises(ConfigError) as error:
        read_layouts(path)
    assert str(error.value).startswith(f"{path}:{place}")
