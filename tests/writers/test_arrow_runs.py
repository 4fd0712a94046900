"""Records that Arrow cuts, many at once, are the records that lines one by one would be."""

import io
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.lines import GOING_ON, IMSDK, OPENED, mars, streams
from xlogdecode.line_layouts import RECORD_ROWS
from xlogdecode.records import read_records
from xlogdecode.records.reader import read_uncut
from xlogdecode.records.uncut import UncutRun
from xlogdecode.writers.arrow import ArrowWriter
from xlogdecode.writers.arrow_records import record_batch
from xlogdecode.writers.render import render

SAMPLES = [sample for row in RECORD_ROWS for sample in row.samples]
DIVIDED = [row for row in RECORD_ROWS if row.divider]
HEAD_SIGNS = "|/][- \n:0Tx\xff\xe9\u7fa4"


def table_of(events):
    """Return what Arrow's own cutting makes of a log."""
    writer = ArrowWriter()
    data = [*render(iter(events), writer, source="a_20240101.xlog"), writer.close()]
    return pa.ipc.open_stream(io.BytesIO(b"".join(data))).read_all()


def plain(table):
    """Return the rows without what is only a way to store them."""
    return table.to_pylist()


def expected(events):
    items = list(read_records(iter(events), source="a_20240101.xlog"))
    return plain(record_batch(items, "a_20240101.xlog")) if items else []


@given(streams(most=3))
def test_rows_are_those_of_the_records_that_are_read(events):
    assert plain(table_of(events)) == expected(events)


@st.composite
def edited(draw, lines=(*SAMPLES, OPENED, *GOING_ON)):
    """Draw a log of lines of few layouts with a few signs changed anywhere."""
    some = draw(st.lists(st.sampled_from(lines), min_size=1, max_size=4))
    usual = draw(st.sampled_from([row.samples[0] for row in RECORD_ROWS]))
    wanted = draw(st.lists(st.sampled_from([usual, usual, usual, *some]), max_size=60))
    text = "".join(f"{line}\n" for line in wanted)
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 3))
        text = text[:at] + draw(st.text(HEAD_SIGNS, max_size=3)) + text[at + cut :]
    data = text.encode("utf-8") if draw(st.booleans()) else text.encode("gb18030")
    size = draw(st.integers(40, 2000))
    return [(start, data[start : start + size]) for start in range(0, len(data), size)]


@given(edited())
def test_rows_of_edited_logs_are_those_of_the_records_that_are_read(events):
    assert plain(table_of(events)) == expected(events)


@pytest.mark.parametrize("row", DIVIDED, ids=lambda row: row.name)
@pytest.mark.parametrize("sign", ["", "x", "9", "divider", "\n"])
def test_a_record_with_any_sign_changed_is_read_as_it_is_alone(row, sign):
    usual = row.samples[0]
    sign = row.divider if sign == "divider" else sign
    edited = [f"{usual[:at]}{sign}{usual[at + 1 :]}" for at in range(len(usual))]
    between = "get mmap time: 1"  # each edited record is in a run of its own
    lines = [line for one in edited for line in (usual, one, usual, between)]
    events = [(0, "".join(f"{line}\n" for line in lines).encode())]
    assert plain(table_of(events)) == expected(events)


@pytest.mark.parametrize("row", DIVIDED, ids=lambda row: row.name)
def test_usual_records_are_left_uncut(row):
    data = "".join(f"{row.samples[0]}\nmore of it\n" for _ in range(50)).encode()
    page, rest = read_uncut([(0, data)])
    run, last = [part for part in page if len(part)]
    assert isinstance(run, UncutRun)
    assert (len(last), rest) == (1, [[]])
    assert run.own_text.count(row.samples[0]) == 49
    assert plain(table_of([(0, data)])) == expected([(0, data)])


def test_lines_between_runs_keep_their_places_and_sessions():
    lines = [*[IMSDK] * 90, OPENED, "get mmap time: 1", *[IMSDK] * 90, mars(), OPENED, IMSDK]
    data = "".join(f"{line}\n" for line in lines).encode()
    assert plain(table_of([(0, data)])) == expected([(0, data)])


def counts(pattern, sign):
    """Return how often a text that a parsed pattern matches may have a sign.

    Raises AssertionError if a class of signs has it.
    """
    found = {0}
    for kind, value in pattern:
        found = {one + more for one in found for more in _counts(str(kind), value, sign)}
    return found


def _counts(kind, value, sign):
    match kind:
        case "LITERAL":
            return {int(value == sign)}
        case "IN":
            negated, *rest = value if str(value[0][0]) == "NEGATE" else [None, *value]
            has_it = any(
                one == sign if str(kind) == "LITERAL" else one[0] <= sign <= one[1]
                for kind, one in rest
            )
            assert has_it == bool(negated)
            return {0}
        case "SUBPATTERN":
            return counts(value[-1], sign)
        case "BRANCH":
            return set().union(*(counts(one, sign) for one in value[1]))
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, repeated = value
            once = counts(repeated, sign)
            assert once == {0} or least == most == 1
            return once
    raise AssertionError(kind)


def parsed(pattern):
    return re._parser.parse(pattern)


@pytest.mark.parametrize("row", DIVIDED, ids=lambda row: row.name)
def test_a_divider_is_in_no_field_and_equally_often_and_last_in_each_head(row):
    before = counts(parsed(row.fields), ord(row.divider))
    tails = [shared + form for shared, *forms in row.tails for form in forms or [""]]
    (behind,) = {frozenset(counts(parsed(tail), ord(row.divider))) for tail in tails}
    assert len(before) == len(behind) == 1
    assert all(tail.endswith((row.divider, f"\\{row.divider}")) for tail in tails)


def test_a_field_that_has_a_divider_is_found():
    with pytest.raises(AssertionError):
        counts(parsed("a,[^b]c"), ord(","))
