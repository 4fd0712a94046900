"""Tables: what is in a column starts, or ends, where all of it does, as a terminal shows it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from xlogdecode.outputs.table import Cell, Look, as_table, shortened, width_of

NAME = "客户反馈/2024年一月/某某手机/日志/imsdk_20240101.xlog"
ROWS = [("name", "size", "hours", "key"), (NAME, "1,234", "8-10,13", "fits"), ("a", "7", "", "-")]


def test_columns_are_in_line_whatever_the_names_are_made_of():
    table = as_table([("name", "size"), ("日志.xlog", "7"), ("a.xlog", "1,234")], right={1})
    assert table == "name        size\n日志.xlog      7\na.xlog     1,234\n"
    assert len({width_of(line) for line in table.splitlines()}) == 1


@pytest.mark.parametrize("hostile", ["a\nb", "a\x1b[2Jb", "a\x9bb", "a\rb", "a\udc80b"])
def test_a_cell_breaks_no_line_and_gives_a_terminal_no_orders(hostile):
    table = as_table([(hostile, "x"), ("y", "z")])
    assert table.count("\n") == 2
    assert table.replace("\n", "").isprintable()


def test_a_table_that_has_room_is_complete():
    assert as_table(ROWS, look=Look(200)) == as_table(ROWS)
    assert NAME in as_table(ROWS)


def test_a_name_is_shortened_in_the_middle_before_a_column_is_left_out():
    lines = as_table(ROWS, spare=(2, 3), look=Look(60)).splitlines()
    assert lines[0].split() == ["name", "size", "hours", "key"]
    assert lines[1].startswith("客户反馈")
    assert "...日志/imsdk_20240101.xlog " in lines[1] or ".../imsdk" in lines[1]
    assert max(map(width_of, lines)) <= 60


def test_columns_that_matter_less_are_left_out_first():
    for width, heads in ((50, ["name", "size", "key"]), (42, ["name", "size"])):
        lines = as_table(ROWS, spare=(2, 3), look=Look(width)).splitlines()
        assert lines[0].split() == heads
        assert max(map(width_of, lines)) <= width


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=9)), min_size=1), st.integers(26))
def test_no_line_is_wider_than_the_terminal(rows, width):
    table = as_table([("name", "size"), *rows], spare=(1,), look=Look(width))
    lines = table.removesuffix("\n").split("\n")
    assert len(lines) == len(rows) + 1
    assert max(map(wcswidth, lines)) <= max(width, 12)
    assert not any(line.endswith(" ") for line in lines)


@given(st.text("abc志é/", max_size=60), st.integers(3, 70))
def test_a_shortened_name_keeps_its_begin_and_its_end(name, width):
    short = shortened(name, width)
    assert wcswidth(short) <= width
    file = name.rpartition("/")[2]
    head, cut, tail = short.partition("...")
    starts = [start for start in (name, file) if start.startswith(head)]
    assert short in {name, file} or (cut and starts and name.endswith(tail))
    assert wcswidth(short) > width - 3 or short in {name, file}


@pytest.mark.parametrize("width", [34, 40, 50])
def test_the_name_of_a_file_is_kept_before_that_of_its_folder(width):
    names = [
        f"/var/cases/2026/tencent-mars-xlog-rust/{kind}_async_crypt_20220110.xlog"
        for kind in ("zlib", "zstd")
    ]
    short = [shortened(name, width) for name in names]
    assert all(
        one.endswith(name.rpartition("/")[2]) for one, name in zip(short, names, strict=True)
    )


def test_colours_change_no_column():
    rows = [("name", "state"), ("a", Cell("OK", "ok")), ("b", Cell("damaged", "damaged"))]
    painted = as_table(rows, right={1}, look=Look(80, colours=True))
    assert "\x1b[32mOK\x1b[0m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == as_table(rows, right={1})
