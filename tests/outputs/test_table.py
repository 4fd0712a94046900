"""Tables: what is in a column starts, or ends, where all of it does, as a terminal shows it."""

import pytest

from xlogdecode.outputs.table import as_table, width_of


def test_columns_are_in_line_whatever_the_names_are_made_of():
    table = as_table([("name", "size"), ("日志.xlog", "7"), ("a.xlog", "1,234")], right={1})
    assert table == "name        size\n日志.xlog      7\na.xlog     1,234\n"
    assert len({width_of(line) for line in table.splitlines()}) == 1


@pytest.mark.parametrize("hostile", ["a\nb", "a\x1b[2Jb", "a\x9bb", "a\rb", "a\udc80b"])
def test_a_cell_breaks_no_line_and_gives_a_terminal_no_orders(hostile):
    table = as_table([(hostile, "x"), ("y", "z")])
    assert table.count("\n") == 2
    assert table.replace("\n", "").isprintable()
