"""Records around those that are wanted, lines between groups of them, and the last ones of all."""

import re
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.lines import Lost, mars, streams
from xlogdecode.filters import Filter, Last, Shown, select
from xlogdecode.merging import MergedLog, render_merged
from xlogdecode.records import Loss, Record, read_records
from xlogdecode.writers import JsonWriter, TextWriter, render

HIT, OTHER = mars(message="hit"), mars(message="other")
items = st.lists(st.sampled_from([HIT, OTHER, OTHER, f"{OTHER}\n\tat a", "loss"]), max_size=30)
small = st.integers(0, 3)
LOSS = Loss(7, 5, "not log data")


def events_of(parts):
    return [
        LOSS if part == "loss" else (number, f"{part}\n".encode())
        for number, part in enumerate(parts)
    ]


def expected(parts, before, after, last=None, *, marks=True):
    """Return the text by the definition: look from each record to all others."""
    wanted = [n for n, part in enumerate(parts) if part == HIT]
    wanted = wanted if last is None else wanted[len(wanted) - min(last, len(wanted)) :]
    near = set()
    for hit in wanted:
        near.add(hit)
        for way, most in ((-1, before), (1, after)):
            for place in range(hit + way, hit + way * (most + 1), way):
                if not 0 <= place < len(parts) or parts[place] == "loss":
                    break
                near.add(place)
    first = min(near) if near and len(wanted) < parts.count(HIT) else 0
    text, hides = "", False
    for number, part in enumerate(parts):
        if part == "loss" and number >= first and marks:
            text += "--\n" * bool(hides and text) + LOSS.mark().decode()
            hides = False
        elif number in near:
            text += "--\n" * bool(hides and text) + f"{part}\n"
            hides = False
        else:
            hides = hides or (part != "loss" and bool(before or after))
    return text


def rendered(parts, writer=None, **options):
    last = options.pop("last", None)
    wanted = Filter(grep="hit", **options)
    return b"".join(render(events_of(parts), writer or TextWriter(), wanted=wanted, last=last))


@pytest.mark.parametrize("level", [None, "V"], ids=["text by text", "record by record"])
@given(parts=items, before=small, after=small)
def test_a_line_is_between_groups_as_grep_has_it(level, parts, before, after):
    found = rendered(parts, before=before, after=after, level=level).decode()
    assert found == expected(parts, before, after)


@given(parts=items, before=small, after=small, marks=st.booleans())
def test_there_is_one_line_where_a_loss_is_not_shown(parts, before, after, marks):
    writer = TextWriter(marks=marks)
    found = rendered(parts, writer, before=before, after=after + 1).decode()
    assert found == expected(parts, before, after + 1, marks=marks)


@given(parts=items, before=small, after=small, last=st.integers(0, 4))
def test_the_last_are_those_that_are_wanted_with_what_is_around_them(parts, before, after, last):
    found = rendered(parts, before=before, after=after, last=last).decode()
    if not parts.count(HIT) or not last:
        assert "hit" not in found
        assert "other" not in found
    else:
        assert found == expected(parts, before, after, last)


@given(parts=items, before=small, after=small)
def test_select_yields_records_and_losses_alone(parts, before, after):
    records = read_records(events_of(parts), source="a")
    found = select(records, Filter(grep="hit", before=before, after=after))
    text = "".join(x.text if isinstance(x, Record) else x.mark().decode() for x in found)
    assert text == expected(parts, before, after).replace("--\n", "")


def test_json_has_no_lines_between():
    lines = rendered([HIT, OTHER, OTHER, OTHER, HIT], JsonWriter(), after=1).splitlines()
    assert len(lines) == 3
    assert all(line.startswith(b"{") for line in lines)


def test_the_last_of_a_timeline_are_the_last_of_all():
    later, earlier = (
        [(0, mars(time=f"2024-01-01 +8.0 {hour}:00:00.000").encode())] for hour in ("10", "09")
    )
    logs = [MergedLog("b", lambda: later), MergedLog("a", lambda: earlier)]
    writer = TextWriter(named=True)
    assert b"".join(render_merged(logs, writer, last=1)).startswith(b"b: [I]")


def test_a_torn_line_ends_before_the_line_between():
    events = [(0, HIT.encode()), LOSS, (9, f"{OTHER}\n{OTHER}\n{HIT}\n".encode())]
    text = b"".join(render(events, TextWriter(marks=False), wanted=Filter(grep="hit", after=1)))
    assert re.sub(rb"\[I\][^\n]*", b"I", text) == b"I\n--\nI\n"


@given(
    events=streams(),
    last=st.integers(0, 5),
    level=st.sampled_from([None, "I", "E"]),
    since=st.sampled_from([None, "10:00"]),
)
def test_both_ways_find_the_same_last_records(events, last, level, since):
    events = [event for event in events if isinstance(event, Lost) or event[1]]  # no pauses
    wanted = Filter(level=level, since=since)
    fast = b"".join(render(events, TextWriter(), wanted=wanted, last=last))
    exact = render(events, TextWriter(), wanted=wanted, last=last, change=lambda batch: batch)
    assert fast == b"".join(exact)


class Item:
    pass


def test_no_more_is_held_than_is_asked_for():
    held = weakref.WeakSet()
    last = Last(5, before=2)
    most = 0
    for number in range(10_000):
        item = Item()
        held.add(item)
        last.add(Shown(item, None if number % 7 == 3 else number % 3 == 0, number % 11 == 0))
        del item
        most = max(most, len(held))
    assert most < 40
    assert sum(bool(shown.is_wanted) for shown in last.take()) == 5


def test_losses_without_end_are_not_held():
    last = Last(1)
    for _ in range(5000):
        last.add(Shown(LOSS, None, is_apart=False))
    assert len(last.take()) == 1000
