"""Records in runs are the records that lines one by one would be."""

from hypothesis import given
from hypothesis import strategies as st

from tests.records.lines import IMSDK, OPENED, OPENERS, mars, streams
from xlogdecode.line_layouts import RECORD_ROWS
from xlogdecode.records import read_records
from xlogdecode.records.matchers import openers
from xlogdecode.records.reader import read_runs
from xlogdecode.records.runs import RecordRun, cutter_of

LINES = [*OPENERS, *(sample for row in RECORD_ROWS for sample in row.samples)]


def parts(record):
    return (*record[:12], record.block_offset)


def alone(line):
    """Return the record of a line by the pattern of its layout."""
    shape, found = openers().match(line)
    return shape.record(found.groups(""), (None, shape.layout, None, 0, 1))


def test_each_layout_with_a_time_is_cut_out_of_pages():
    assert {row.name for row in RECORD_ROWS if cutter_of(row.name)} >= {
        "mars", "liteav", "imsdk", "imsdk-4.6", "imsdk-4.0",
    }  # fmt: skip


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=40))
def test_a_record_has_the_parts_that_its_line_alone_has(lines):
    text = "".join(f"{line}\n" for line in lines)
    found = list(read_records([(0, text.encode())]))
    assert "".join(record.text for record in found) == text
    assert [record.text_line for record in found] == [*range(1, len(lines) + 1)]
    for record, line in zip(found, lines, strict=True):
        assert tuple(record)[1:12] == tuple(alone(line + "\n"))[1:12]


@given(streams(most=3), st.integers(1, 400))
def test_runs_hold_the_records_that_are_read(events, page):
    found = []
    for item in read_runs(events, page=page):
        for part in item if isinstance(item, list) else [[item]]:
            found += part.records() if isinstance(part, RecordRun) else part
    expected = list(read_records(events, page=page))
    assert found == expected


def test_records_of_a_layout_are_in_one_run_and_other_lines_are_between_runs():
    lines = [IMSDK, f"{IMSDK}\nmore", OPENED, IMSDK, "of none", *[mars()] * 300, IMSDK]
    (items, _) = read_runs([(0, "\n".join(lines).encode())])
    kinds = [(type(part), len(part)) for part in items if len(part)]
    assert [kind for kind, _ in kinds] == [RecordRun, list, RecordRun, list, RecordRun, RecordRun]
    assert [size for kind, size in kinds if kind is RecordRun] == [2, 1, 299, 1]
