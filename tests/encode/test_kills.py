"""SIGKILL at any moment: no line is lost that `write` had returned from, and none comes twice."""

import mmap
import os
import random
import re
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest

from tests.encode.conftest import PRIVATE_KEY, PUBLIC_HEX
from tests.encode.folders import first_block, text_in, xlog_files
from tests.encode.reader import read_text
from xlogdecode.encode import XlogWriter

pytestmark = [
    pytest.mark.untraced,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL"),
]

WAYS = {
    "zlib": {},
    "zstd": {"codec": "zstd"},
    "zlib key": {"public_key": PUBLIC_HEX},
    "zstd key": {"codec": "zstd", "public_key": PUBLIC_HEX},
    "imsdk": {"format": "imsdk"},
    "sync": {"mode": "sync"},
}


def lines_of(turn: int, options: dict) -> Iterator[bytes]:
    """Yield lines of very different lengths, in sync mode of one block each."""
    dice = random.Random(turn)
    sizes = (0, 10, 100, 3000, 8000, *(() if options.get("mode") == "sync" else (20_000, 50_000)))
    for number in count():
        size = dice.choice(sizes)
        yield b"%d:%d " % (turn, number) + dice.randbytes(size).hex().encode() + b"\n"


def write_until_killed(folder: Path, turn: int, written: memoryview, options: dict) -> None:
    with XlogWriter(folder, "app", flush_interval=None, **options) as writer:
        for number, line in enumerate(lines_of(turn, options), start=1):
            writer.write(line)
            written[0] = number


def kill_once(folder: Path, turn: int, options: dict) -> int:
    """Return how many lines the child had written when it was killed."""
    shared = mmap.mmap(-1, 8)
    written = memoryview(shared).cast("Q")
    child = os.fork()
    if not child:
        try:
            write_until_killed(folder, turn, written, options)
        finally:
            os._exit(1)
    deadline = time.monotonic() + 20
    while not written[0] and time.monotonic() < deadline:
        time.sleep(0.0005)
    time.sleep(random.Random(turn).uniform(0, 0.005))
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    return written[0]


def lines_in(text: bytes) -> dict[int, list[bytes]]:
    """Return the lines of each turn."""
    turns = defaultdict(list)
    for line in re.finditer(rb"(?<![0-9a-f])(\d+):\d+ [0-9a-f]*\n", text):
        turns[int(line[1])].append(line[0])
    return turns


def kill_many_times(folder: Path, turns: int, options: dict) -> None:
    written = []
    for turn in range(turns):
        written.append(kill_once(folder, turn, options))
        for buffer in folder.glob("app.mmap*"):
            lines = lines_in(read_text(first_block(buffer.read_bytes()), PRIVATE_KEY))[turn]
            last = int(lines[-1].split()[0].partition(b":")[2]) if lines else written[-1]
            assert last >= written[-1] - 1, "the buffer alone holds the last lines"
    XlogWriter(folder, "app", flush_interval=None, **options).close()
    if options.get("mode") == "sync":  # a kill may cut a block that write has not returned from
        data = b"".join(path.read_bytes() for path in xlog_files(folder))
        found = lines_in(re.sub(rb"\x08\0\0.{4}\0\0.{64}", b"\0", data, flags=re.DOTALL))
    else:
        found = lines_in(text_in(folder, PRIVATE_KEY))
    for turn, number in enumerate(written):
        assert number <= len(found[turn]) <= number + 1
        assert found[turn] == list(islice(lines_of(turn, options), len(found[turn])))


@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_a_few_kills(tmp_path, options) -> None:
    kill_many_times(tmp_path, 8, options)


@pytest.mark.heavy
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_two_hundred_kills(tmp_path, options) -> None:
    kill_many_times(tmp_path, 200, options)
