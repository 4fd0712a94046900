"""A filter that finds nothing can say why, whichever lane looked."""

from datetime import datetime, timedelta, timezone

import pytest

from tests.records.lines import IMSDK, OPENED, mars
from xlogdecode.filters import Filter, Tally, count
from xlogdecode.writers import JsonWriter, TextWriter, render

UNKNOWN = "a line of no layout\nanother\n"
LOG = f"{OPENED}\n{IMSDK}\n{mars()}\n"
NOW = datetime(2024, 1, 2, tzinfo=timezone(timedelta(hours=8)))


def remarks(text, wanted, how):
    tally, events = Tally(), [(0, text.encode())]
    if how == "count":
        count(events, wanted, tally=tally)
    else:
        list(render(events, how(), wanted=wanted, tally=tally))
    return list(tally.remarks(wanted))


@pytest.mark.parametrize("how", [TextWriter, JsonWriter, "count"])
@pytest.mark.parametrize(
    ("text", "conditions", "expected"),
    [
        (UNKNOWN, {"level": "E"}, "no record that was read has a level that is known here"),
        (UNKNOWN, {"since": "10:00"}, "no record that was read has a time that is known here"),
        (UNKNOWN, {"tag": "x"}, "no record that was read has a tag that is known here"),
        (UNKNOWN, {"function": "x"}, "no record that was read has a function that is known here"),
        (UNKNOWN, {"file": "x"}, "no record that was read has a file that is known here"),
        (UNKNOWN, {"tid": 5}, "no record that was read has a thread that is known here"),
        (LOG, {"session": 9}, "no session 9 (the log has 1)"),
        (
            LOG,
            {"since": "2024-01-02", "until": "2024-01-01"},
            "the bounds exclude every time: 2024-01-02 00:00:00 is after 2024-01-01 23:59:59",
        ),
        (LOG, {"grep": "absent"}, "3 records read, none matched"),
        (LOG, {"function": "absent"}, "3 records read, none matched"),
        (LOG, {"function": "__RunReadWrite", "file": "longlink.cc"}, None),
        (LOG, {"level": "F"}, "3 records read, none matched"),
        (LOG, {"level": "E", "grep": "absent"}, "3 records read, none matched"),
        (LOG, {"level": "E"}, None),
        (LOG, {"grep": "task"}, None),
        (LOG, {"session": 1}, None),
        (LOG, {}, None),
        ("", {"level": "E"}, None),
    ],
)
def test_a_filter_that_finds_nothing_says_why(text, conditions, expected, how):
    found = remarks(text, Filter(**conditions, now=NOW), how)
    assert found == ([] if expected is None else [expected])
