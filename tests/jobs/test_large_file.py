"""One large file is shared among processes, and nothing else about it changes.

Files here are small, and so are the stretches. Each case runs in a process of its own, since one
that has threads, as pytest may, does not fork.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest

from tests.command import ROOT
from tests.mars import KINDS, file_of, log, new_session, private_key
from xlogdecode.decoder.decode import Options, decode
from xlogdecode.decoder.parts import Part
from xlogdecode.inputs import open_input
from xlogdecode.jobs import large_file
from xlogdecode.jobs.forked_workers import Left
from xlogdecode.jobs.large_file import Stretch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

DECODE = """
import json, sys
from xlogdecode.cli import main
from xlogdecode.decoder.pipeline import Pipeline
from xlogdecode.jobs import job, large_file

job._LARGE = 1
large_file._STRETCH = 8000
taken = []
take_part = Pipeline.take_part
Pipeline.take_part = lambda *given: taken.append(given[2]) or take_part(*given)
try:
    status = main()
except SystemExit as end:
    status = end.code
print(json.dumps([status, len(taken)]), file=sys.stderr)
"""
SERVER = private_key("server")
COMPRESSED = ["zlib", "zstd", "imsdk-chunked", "zlib-crypt", "zstd-crypt"]


def file_with(kind: str, lines: int = 3000) -> bytearray:
    """Return a log of small blocks, in several stretches."""
    chance = random.Random(kind)
    text = [b"%d %x a line of the log\n" % (n, chance.randrange(1 << 64)) for n in range(lines)]
    session = new_session(SERVER) if kind.endswith("crypt") else None
    return bytearray(file_of(log(KINDS[kind], text, session=session)))


def decoded(folder: Path, data: bytes, processes: int, *options: str) -> tuple[object, ...]:
    """Return the status, the text, the messages and the report; then the stretches shared."""
    path, report, key = folder / "a.xlog", folder / "report.json", folder / "key"
    path.write_bytes(data)
    key.write_text(SERVER.hex())
    command = [
        sys.executable, "-c", DECODE, "-c", "-T", str(processes), "--report", str(report), "-f",
        "--key-file", str(key), *options, str(path),
    ]  # fmt: skip
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    *lines, last = done.stderr.decode().splitlines()
    status, shared = json.loads(last)
    return (status, done.stdout, lines, report.read_text()), shared


@pytest.mark.parametrize("kind", COMPRESSED)
def test_all_of_a_sound_file_is_shared(kind: str, tmp_path: Path) -> None:
    data = file_with(kind)
    alone, none = decoded(tmp_path, data, 1)
    assert none == 0
    assert alone[0] == 0
    assert alone[1].count(b"\n") == 3000  # type: ignore[attr-defined]
    for processes in (2, 5):
        shared, stretches = decoded(tmp_path, data, processes)
        assert shared == alone
        assert stretches > processes


def zeroed(data: bytearray, at: int) -> None:
    data[at : at + 4096] = bytes(4096)


def flipped(data: bytearray, at: int) -> None:
    data[at] ^= 0x20


def cut(data: bytearray, at: int) -> None:
    del data[at:]


def repeated(data: bytearray, at: int) -> None:
    data[at:at] = data[at // 2 : at // 2 + 9000]


def without_newline(data: bytearray, at: int) -> None:
    data[at:at] = file_of(log(KINDS["zlib"], [b"no end of line " * 9] * 40))


@pytest.mark.parametrize("harm", [zeroed, flipped, cut, repeated, without_newline])
@pytest.mark.parametrize(
    ("kind", "options"),
    [("zlib", ()), ("zlib", ("--strict",)), ("imsdk-chunked", ()), ("zstd-crypt", ("--no-marks",))],
)
def test_damage_is_found_as_by_one_process(harm, kind, options, tmp_path: Path) -> None:
    data = file_with(kind)
    harm(data, len(data) * 2 // 3)
    alone, _ = decoded(tmp_path, data, 1, *options)
    shared, stretches = decoded(tmp_path, data, 2, *options)
    assert shared == alone
    assert stretches > 0


def test_a_block_that_is_there_twice_is_noted_across_stretches(tmp_path: Path) -> None:
    data = file_with("zlib")
    data += data[: len(data) // 2]
    alone, _ = decoded(tmp_path, data, 1)
    shared, _ = decoded(tmp_path, data, 2)
    assert shared == alone
    assert "is here once more" in str(alone[3])
    without, stretches = decoded(tmp_path, data, 2, "--dedup")
    assert stretches == 0
    assert without == decoded(tmp_path, data, 1, "--dedup")[0]


def test_a_wrong_key_and_lines_of_one_block_are_left_to_one_process(tmp_path: Path) -> None:
    locked = file_with("zlib-crypt")
    other = bytearray(
        file_of(log(KINDS["zlib-crypt"], [b"x\n"] * 9, session=new_session(private_key("another"))))
    )
    for data in (other + locked, file_with("sync-zlib")):
        alone, _ = decoded(tmp_path, data, 1)
        shared, stretches = decoded(tmp_path, data, 2)
        assert shared == alone
        assert stretches == 0


def test_an_output_that_breaks_ends_the_run(tmp_path: Path) -> None:
    path = tmp_path / "a.xlog"
    path.write_bytes(file_with("zlib", 60_000))
    command = [sys.executable, "-c", DECODE, "-q", "-c", "-T", "2", str(path)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.stderr
        *lines, last = process.stderr.read().decode().splitlines()
    assert lines == []
    assert json.loads(last)[0] != 0


@pytest.mark.parametrize("kind", ["zlib", "imsdk-chunked", "zstd"])
@pytest.mark.parametrize("is_damaged", [False, True])
def test_stretches_give_the_same_in_any_process(
    kind: str, *, is_damaged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = file_with(kind)
    if is_damaged:
        data[len(data) * 2 // 3] ^= 0x10
    path = tmp_path / "a.xlog"
    path.write_bytes(data)
    answers = []

    def in_this_process(
        stretches: Sequence[Stretch],
        work: Callable[[Stretch, BytesIO], Part | Left],
        _: int,
        sink: BytesIO,
    ) -> Iterator[Part | Left]:
        for stretch in stretches:
            answers.append(work(stretch, sink))
            yield answers[-1]

    monkeypatch.setattr(large_file, "_STRETCH", 8000)
    monkeypatch.setattr(large_file, "in_turns", in_this_process)
    shared, alone = BytesIO(), BytesIO()
    with open_input(path) as source:
        report = large_file.decode_large(source, shared, Options(), 2)
    with path.open("rb") as file:
        assert report == decode(file, alone)
    assert shared.getvalue() == alone.getvalue()
    assert len(answers) > 2
    assert (answers[-1] is Left.LEFT) == is_damaged
