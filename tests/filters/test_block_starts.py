"""A block that starts with a dated head starts a record, wherever the one before it ended."""

import pytest

from tests.command import run
from tests.mars import KINDS, block
from tests.records.lines import BEGIN, GOING_ON, IMSDK, OPENED, mars
from tests.shared import CORPUS, FIXTURES, needs_corpus
from xlogdecode.filters import Filter, count, count_records, select, select_text
from xlogdecode.records import read_records
from xlogdecode.records.events import BlockRun

TORN = mars("I", message="torn in mid-li").encode()
DATED = [mars("E"), IMSDK, "[E][08-15/13:01:19.582+9.0][838,91395][signal_manager.cc:4499]message"]


def lanes(events, wanted):
    """Return what each way to read finds: the records, their text, how many they are."""
    records = [record.raw for record in select(read_records(events), wanted)]
    assert b"".join(select_text(events, wanted)) == b"".join(records)
    assert count(events, wanted) == len(records)
    assert count_records(read_records(events), wanted) == len(records)
    return records


@pytest.mark.parametrize("head", DATED)
@pytest.mark.parametrize("pause", [[], [(0, b"")]], ids=["at once", "followed"])
def test_a_dated_head_opens_a_record_behind_a_torn_line(head, pause):
    behind = head.encode() + b"\n"
    events = [(0, TORN), *pause, (9, behind + b"\tat more\n")]
    assert lanes(events, Filter()) == [TORN, behind + b"\tat more\n"]
    assert lanes(events, Filter(level="E")) == [behind + b"\tat more\n"]
    assert lanes(events, Filter(grep="torn")) == [TORN]
    assert lanes(events, Filter(since="2020-01-01", level="I")) == [TORN, behind + b"\tat more\n"]


def test_a_session_that_starts_behind_a_torn_line_is_one():
    events = [(0, TORN), (9, f"{OPENED}\n{mars()}\n".encode())]
    assert [record.session for record in read_records(events)] == [None, 1, 1]


@pytest.mark.parametrize("rest", [*GOING_ON, "[W][2024-01-01 +8.0 09:1", BEGIN[:9]])
def test_anything_else_goes_on_with_the_torn_line(rest):
    text = TORN + rest.encode() + b"\n"
    assert lanes([(0, TORN), (9, rest.encode() + b"\n")], Filter()) == [text]


def test_a_block_in_two_pieces_is_not_torn():
    inside = mars("E").encode() + b"\n"
    assert lanes([(0, TORN), (0, inside)], Filter()) == [TORN + inside]
    run_of_two = BlockRun([0, 9], [9, len(TORN) - 9])
    assert lanes([(run_of_two, TORN), (9, inside)], Filter()) == [TORN + inside]
    assert lanes([(run_of_two, TORN), (20, inside)], Filter()) == [TORN, inside]


@pytest.mark.parametrize("kind", ["zlib", "zstd"])
def test_torn_blocks_within_a_run_are_seen_on_the_command_line(tmp_path, kind):
    lines = [mars("I", message=f"{n} " + "x" * 200).encode() for n in range(300)]
    blocks = []
    for seq in range(1, 7):
        torn = b"" if seq % 2 else b"torn in mid-li"
        text = mars("E", message=f"error {seq}").encode() + b"\n" + b"\n".join([*lines, torn])
        blocks.append(block(KINDS[kind], [text], seq=seq).data)
    path = tmp_path / "a_20240101.xlog"
    path.write_bytes(b"".join(blocks))
    assert run("--count", "-p", "E", path).out == b"6\n"
    assert run("--count", "-g", "error [0-9]", path).out == b"6\n"
    assert run("-c", "-p", "E", path).out.count(b"[error ") == 6
    assert run("-c", "-p", "E", "--format", "json", path).out.count(b"\n") == 6


@needs_corpus
def test_an_error_behind_a_full_buffer_of_mars_is_found():
    full = (CORPUS / "sets/overflow_zlib_nocrypt/imsdk_20240101.xlog").read_bytes()
    more = (FIXTURES / "async_zlib_nocrypt_small.xlog").read_bytes()
    first, second = (run("--count", "-p", "V", "-", input=data).out for data in (full, more))
    both = run("--count", "-p", "V", "-", input=full + more).out
    assert int(both) == int(first) + int(second)
