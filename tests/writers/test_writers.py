"""What is written of records: text to the byte, JSON by the schema, CSV for spreadsheets."""

import csv
import io
import json
from pathlib import Path

import click
import jsonschema
import pytest
from hypothesis import given

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
        ("pid", 4104),
        ("tid", 4156),
        ("main_thread", None),
        ("tag", None),
        ("file", "login.cpp"),
        ("line", 380),
        ("function", "HandleA2D2OnlineResponse"),
        ("message", "error_code:6206|error_message:UserSig expired"),
        ("session", None),
        ("source", "a.xlog"),
        ("block_offset", 0),
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

    monkeypatch.setitem(FORMATS, "levels", lambda marks: Levels())
    log = tmp_path / "a.xlog"
    log.write_text(f"{mars('E')}\n{mars('I')}\n")
    (result,) = decode_paths(log, tmp_path / "out", format="levels", processes=1)
    assert Path(result.path).read_text() == "levels\nE\nI\nend\n"
    assert known_format(None, None, "levels") == "levels"
    with pytest.raises(click.BadParameter, match=r"text, json, csv, .*levels"):
        known_format(None, None, "xml")
