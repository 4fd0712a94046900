"""The output of writers: text to the byte, JSON by the schema, CSV for spreadsheets."""

import csv
import io
import json
from pathlib import Path

import click
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.lines import (
    CLOSED,
    IMSDK,
    OPENED,
    SHARED,
    Lost,
    expected_text,
    mars,
    needs_shared,
    streams,
)
from xlogdecode import decode_paths
from xlogdecode.cli.filter_options import known_format
from xlogdecode.errors import UsageError
from xlogdecode.filters import LAST, Filter
from xlogdecode.records import Record, read_records
from xlogdecode.writers import (
    FORMATS,
    KEYS,
    CsvWriter,
    JsonWriter,
    TextWriter,
    as_object,
    json_schema,
    parse_fields,
    render,
    restore,
)

VALID = jsonschema.Draft202012Validator(json_schema())


def rendered(events, writer=None, **options):
    if not isinstance(events, list):
        events = [(0, events.encode() if isinstance(events, str) else events)]
    return b"".join(render(events, writer or JsonWriter(), source="a.xlog", **options))


def objects(events, **options):
    return [json.loads(line) for line in rendered(events, **options).decode().splitlines()]


def test_a_record_has_all_keys_in_their_order_and_null_where_the_layout_has_none():
    (found,) = objects(IMSDK + "\n")
    assert list(found.items()) == [
        ("type", "record"),
        ("time", "2024-01-01T08:47:04.162"),
        ("level", "E"),
        ("severity", 17),
        ("pid", 4104),
        ("tid", 4156),
        ("main_thread", None),
        ("tag", None),
        ("file", "login.cpp"),
        ("line", 380),
        ("function", "HandleA2D2OnlineResponse"),
        ("message", "error_code:6206|error_message:UserSig expired"),
        ("session", None),
        ("recovered", False),
        ("source", "a.xlog"),
        ("block_offset", 0),
        ("layout", "imsdk"),
        ("encoding", "utf-8"),
    ]


def test_the_zone_of_the_banner_is_in_the_time_after_it():
    opened, record = objects(f"{OPENED}\n{IMSDK}\n")
    assert record["time"] == "2024-01-01T08:47:04.162+08:00"
    assert (opened["type"], opened["event"], opened["time"], opened["session"]) == (
        "session", "opened", "2024-01-01T08:47:04.000+08:00", 1,
    )  # fmt: skip
    assert opened["build"] == "Dec 12 2023 15:15:13"


def test_damage_is_an_object_of_its_own_type_and_outlives_every_filter():
    found = objects([(0, b"one\n"), Lost(4, 99), (200, b"two\n")], wanted=Filter(levels=""))
    assert [(o["type"], o["block_offset"], o["length"], o["reason"]) for o in found] == [
        ("damage", 4, 99, "bad payload")
    ]


@pytest.mark.parametrize("tail", [b"\xe7\xbe", b"\\ \xff\\xff", b"a\x80\xc0\xaf\xed\xa0\x80"])
def test_bytes_that_are_no_utf8_are_kept_and_the_object_says_so(tail):
    message = "群 ".encode() + tail
    (found,) = objects(mars(message="").encode() + message)
    assert found["encoding"] != "utf-8"
    assert restore(found["message"], found["encoding"]) == message
    assert restore("as it is \\xff", "utf-8") == b"as it is \\xff"


@given(streams())
def test_every_line_of_json_is_valid_and_says_what_the_record_says(events):
    lines = rendered(events).decode().split("\n")[:-1]
    found = [json.loads(line) for line in lines]
    assert found == [as_object(item, "a.xlog") for item in read_records(events, source="a.xlog")]
    for value in found:
        VALID.validate(value)
        assert list(value)[: len(KEYS)] == list(KEYS)
        if value["type"] != "damage":
            assert isinstance(restore(value["message"], value["encoding"]), bytes)


def test_the_schema_refuses_what_is_no_line():
    good = objects(IMSDK)[0]
    for wrong in ({"level": "X"}, {"time": "today"}, {"more": 1}, {"type": "damage"}):
        assert list(VALID.iter_errors(good | wrong)), wrong
    for key in KEYS:
        assert list(VALID.iter_errors({k: v for k, v in good.items() if k != key})), key


@pytest.mark.parametrize("sign", [b"\xf5", b"\xe4\xb8\xad", b"\xa0", b"\xc2\xa0", b"\\"])
def test_a_build_is_kept_whatever_bytes_damage_has_made_of_it(sign):
    opened = OPENED.encode().replace(b"Dec 12 2023", b"Dec" + sign) + b"\n"
    (found,) = objects(opened)
    assert restore(found["build"], found["encoding"]) == b"Dec" + sign + b" 15:15:13"
    assert rendered(opened, CsvWriter()).count(b"session,") == 1


@needs_shared
def test_every_message_of_the_corpus_can_be_restored():
    for path in sorted(SHARED.glob("corpus/*small.expected.zst")):
        text = expected_text(path)
        records = list(read_records([(0, text)], source="a.xlog"))
        for record, line in zip(records, rendered(text).split(b"\n"), strict=False):
            found = json.loads(line)
            assert restore(found["message"], found["encoding"]) == record.message_bytes


@given(streams())
def test_text_without_a_filter_is_the_text_and_a_mark_starts_a_line(events):
    plain = rendered(events, TextWriter(marks=False))
    marked = rendered(events, TextWriter())
    expected, in_line = b"", False
    for event in events:
        if isinstance(event, Lost):
            expected += b"\n" * in_line + event.mark()
            in_line = False
        elif event[1]:
            expected += event[1]
            in_line = not event[1].endswith(b"\n")
    assert marked == expected
    assert plain.replace(b"\n", b"") == b"".join(
        e[1] for e in events if isinstance(e, tuple)
    ).replace(b"\n", b"")


def test_a_named_record_starts_a_line_and_names_its_source_once():
    text = rendered(f"{mars(message='one')}\n\tat x\n{mars(message='two')}", TextWriter(named=True))
    assert text.decode().splitlines() == [
        f"a.xlog: {mars(message='one')}", "\tat x", f"a.xlog: {mars(message='two')}",
    ]  # fmt: skip


def test_a_change_is_made_to_what_is_written_and_not_to_what_is_searched():
    def change(records):
        return [record.with_text("changed\n", "changed") for record in records]

    wanted = Filter(levels="EF")
    text = f"{mars('E')}\n{mars('I')}\n"
    assert rendered(text, TextWriter(), wanted=wanted, change=change) == b"changed\n"


def test_the_last_session_is_the_last_that_was_opened_whatever_is_found_in_it():
    text = "\n".join([OPENED, mars("E", message="a"), CLOSED, OPENED, mars("I", message="b")])
    last = Filter(session=LAST, levels="I")
    assert [o["message"] for o in objects(text, wanted=last)] == ["b"]
    assert objects(text, wanted=Filter(session=LAST, levels="EF")) == []


def test_csv_has_a_row_an_item_with_the_keys_as_columns():
    writer = CsvWriter()
    events = [(0, f"{mars(message=chr(34) + 'a,b')}\n\tat x\n".encode()), Lost(7)]
    text = (writer.header + rendered(events, writer)).decode()
    record, loss = csv.DictReader(io.StringIO(text))
    assert record["message"] == '"a,b\n\tat x'
    assert (record["main_thread"], record["level"], loss["type"]) == ("true", "I", "damage")
    assert tuple(record) == KEYS


@given(streams())
def test_a_row_of_csv_has_the_values_of_the_object(events):
    text = rendered(events, CsvWriter()).decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    words = {None: "", True: "true", False: "false"}
    items = read_records(events, source="a.xlog")
    expected = [as_object(item, "a.xlog") for item in items]
    assert rows == [
        [words[v] if v is None or isinstance(v, bool) else str(v) for v in map(each.get, KEYS)]
        for each in expected
    ]


@given(streams(), st.lists(st.sampled_from([*KEYS, "reason", "event", "user"]), min_size=1))
def test_fields_pick_columns_in_their_order_and_null_is_what_a_row_has_not(events, names):
    keys = tuple(dict.fromkeys(names))
    found = [
        json.loads(line)
        for line in rendered(events, JsonWriter(keys=keys)).decode().split("\n")[:-1]
    ]
    values = [as_object(item, "a.xlog") for item in read_records(events, source="a.xlog")]
    rows = rendered(events, CsvWriter(keys=keys)).decode()
    assert [list(each) for each in found] == [list(keys)] * len(values)
    for each, value in zip(found, values, strict=True):
        wanted = {key: value.get(key) for key in keys}
        if "message" in keys or "encoding" not in keys:
            each.pop("encoding", wanted.pop("encoding", None))
        assert each == wanted or value["encoding"] != "utf-8"
    assert len(list(csv.reader(io.StringIO(rows, newline=""), strict=True))) == len(values)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("time,massage", "did you mean message"),
        ("", "the fields are type, time"),
        ("X", "the fields"),
    ],
)
def test_a_field_that_no_row_has_gets_a_hint(text, hint):
    with pytest.raises(UsageError, match=hint):
        parse_fields(text)
    assert parse_fields("time, level,time") == ("time", "level")


def test_a_level_has_the_number_that_opentelemetry_gives_it():
    # https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
    numbers = {"V": 1, "D": 5, "I": 9, "W": 13, "E": 17, "F": 21}
    found = objects("".join(f"{mars(level)}\n" for level in numbers) + OPENED)
    assert [(o["level"], o["severity"]) for o in found] == [*numbers.items(), (None, None)]


def test_a_carriage_return_at_the_end_of_a_line_is_no_part_of_a_message():
    text = f"{OPENED}\r\n{mars(message='a')}\r\n\tat x\ry\r\n\r\n{IMSDK}\r\nnone\r"
    opened, stack, failed = objects(text)
    assert opened["build"] == "Dec 12 2023 15:15:13"
    assert stack["message"] == "a\n\tat x\ry\n"
    assert failed["message"] == "error_code:6206|error_message:UserSig expired\nnone"
    records = list(read_records([(0, text.encode())]))
    assert "".join(record.text for record in records) == text
    changed = records[1].with_message("b")
    assert (changed.text, changed.message) == (f"{mars(message='b')}\r\n", "b")


def test_excel_gets_a_mark_and_no_formula():
    wide = ["\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x"]
    wrong = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=a,b", '="x"', "\rx", "\nx", *wide]
    text = "".join(f"{mars(message=each)}\n" for each in [*wrong, "fine - 1"])
    writer = CsvWriter(keys=("message", "tid"), excel=True)
    data = (writer.header + rendered(text.replace(" 2240*", " -2240"), writer)).decode("utf-8-sig")
    assert writer.header.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data, newline="")))
    assert [row["message"] for row in rows] == [*(f"'{each}" for each in wrong), "fine - 1"]
    assert {row["tid"] for row in rows} == {"-2240"}  # a number is none
    assert data.count("\r\n") == 1 + len(rows)


def test_json_of_a_source_whose_name_is_no_utf8_is_still_json():
    (record,) = read_records([(0, b"x")], source="a\udcff群.xlog")
    assert isinstance(record, Record)
    line = JsonWriter().write([record])
    assert json.loads(line)["source"] == "a\\xff群.xlog"


def test_a_row_of_the_table_is_all_that_a_new_format_needs(monkeypatch, tmp_path):
    class Levels:
        header = b"levels\n"

        def write(self, batch, source=""):
            return b"".join(f"{item.level}\n".encode() for item in batch)

        def close(self):
            return b"end\n"

    monkeypatch.setitem(FORMATS, "levels", lambda style: Levels())
    log = tmp_path / "a.xlog"
    log.write_text(f"{mars('E')}\n{mars('I')}\n")
    (result,) = decode_paths(log, tmp_path / "out", format="levels", processes=1)
    assert Path(result.path).read_text() == "levels\nE\nI\nend\n"
    assert known_format(None, None, "levels") == "levels"
    with pytest.raises(click.BadParameter, match=r"text, json, csv, .*levels"):
        known_format(None, None, "xml")
