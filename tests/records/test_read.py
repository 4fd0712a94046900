"""The records of a log in one call, from the package's front."""

import subprocess
import sys

import pytest

import xlogdecode
from tests.shared import FIXTURES, expected_text
from xlogdecode.errors import UsageError
from xlogdecode.filters import LAST
from xlogdecode.records import read_records as records_in
from xlogdecode.records.events import BlockRun


def test_a_log_is_read_from_a_path_from_bytes_and_from_a_file():
    path = FIXTURES / "imsdk_20240101.xlog"
    found = list(xlogdecode.read_records(path))
    assert b"".join(record.raw for record in found) == expected_text(path)
    assert {record.source for record in found} == {str(path)}
    assert [r.raw for r in xlogdecode.read_records(path.read_bytes())] == [r.raw for r in found]
    with path.open("rb") as file:
        named = next(iter(xlogdecode.read_records(file, name="a.xlog")))
    assert named.source == "a.xlog"
    report = xlogdecode.Report()
    wanted = xlogdecode.Filter(levels=xlogdecode.parse_level("ERROR"))
    graver = list(xlogdecode.read_records(path, wanted=wanted, report=report))
    assert [r.raw for r in graver] == [r.raw for r in found if r.level in {"E", "F"}]
    assert report.blocks.total() == 8


def test_what_was_lost_stands_among_the_records():
    data = (FIXTURES / "imsdk_20240101.xlog").read_bytes()[:9000]
    *records, loss = xlogdecode.read_records(data)
    assert isinstance(loss, xlogdecode.Loss)
    assert [s.number for s in xlogdecode.read_sessions([*records, loss])] == [1, 2]


def test_the_last_session_of_a_stream_is_refused_at_once():
    with pytest.raises(UsageError, match="give its number"):
        xlogdecode.read_records(b"", wanted=xlogdecode.Filter(session=LAST))


def test_the_package_imports_what_parses_records_when_it_is_asked_for():
    code = "import sys, xlogdecode; print([n for n in sys.modules if 'records' in n]); "
    code += "from xlogdecode import *; print(read_records.__module__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.stdout.split() == ["[]", "xlogdecode.api"]
    with pytest.raises(AttributeError):
        _ = xlogdecode.no_such_name


def test_each_record_of_one_line_blocks_names_its_own_block():
    path = FIXTURES / "sync_zlib_nocrypt_small.xlog"
    data = path.read_bytes()
    found = list(xlogdecode.read_records(path))
    assert len({record.block_offset for record in found}) == len(found) > 20
    for record in found:
        header = data[record.block_offset : record.block_offset + 73]
        size = int.from_bytes(header[5:9], "little")
        payload = data[record.block_offset + 73 :][:size]
        assert record.raw.startswith(payload)


@pytest.mark.parametrize("page", [1, 100, 1 << 18])
def test_a_run_of_blocks_names_the_block_that_each_line_begins_in(page):
    texts = [b"", b"one\n", b"two, ", b"going on\nthree\n", b"", b"four\n", b"not yet"]
    starts = [1000 + 14 * n + sum(map(len, texts[:n])) for n in range(len(texts))]
    run = BlockRun(starts, [len(text) for text in texts])
    events = [(run, b"".join(texts)), (9000, b" done\n"), (9500, b"last\n")]
    found = [(r.raw, r.block_offset) for r in records_in(events, page=page)]
    assert found == [
        (b"one\n", starts[1]),
        (b"two, going on\n", starts[2]),
        (b"three\n", starts[3]),
        (b"four\n", starts[5]),
        (b"not yet done\n", starts[6]),
        (b"last\n", 9500),
    ]
