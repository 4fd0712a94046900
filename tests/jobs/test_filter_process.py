"""A large log's filter has a process of its own, and nothing else about it changes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import run
from tests.damage import sample_of
from tests.mars import KINDS, block, file_of
from tests.records.lines import streams
from tests.samples import files_in
from xlogdecode.errors import InputError
from xlogdecode.filters import Filter
from xlogdecode.inputs import open_input
from xlogdecode.jobs import shared_memory as module
from xlogdecode.jobs.filter_process import beside, is_worth_a_process
from xlogdecode.records import Event
from xlogdecode.types import Buffer
from xlogdecode.writers import TextWriter, render

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")


def wanted(events: Iterable[Event]) -> Iterator[bytes]:
    return render(events, TextWriter(), wanted=Filter(levels="WEF"))


def joined(chunks: Iterable[Buffer]) -> bytes:
    return b"".join(bytes(chunk) for chunk in chunks)


def heads(text: bytes) -> list[bytes]:
    return [line for line in text.splitlines() if line.startswith(b"[")]


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def children_of(pid: int) -> list[int]:
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@given(streams(), st.integers(8, 200))
@settings(deadline=None, max_examples=80)
def test_the_same_comes_back_in_the_same_order(events: list[Event], slot: int) -> None:
    here = joined(wanted(events))
    with mock.patch.object(module, "SLOT", slot), beside(events, wanted, "a.xlog") as chunks:
        assert joined(chunks) == here


def test_it_is_done_by_another_process() -> None:
    def whose(events: Iterable[Event]) -> Iterator[bytes]:
        yield from (b"%d" % os.getpid() for _ in events)

    with beside([(0, b"text")], whose, "a.xlog") as chunks:
        assert joined(chunks) not in {b"", b"%d" % os.getpid()}


def test_where_no_process_is_to_be_had_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise OSError

    monkeypatch.setattr(os, "fork", refused)
    before = open_files()
    with beside([(0, b"[W][2024-01-01 a\n")], wanted, "a.xlog") as chunks:
        assert joined(chunks) == b"[W][2024-01-01 a\n"
    assert open_files() == before


@pytest.mark.parametrize(
    ("end", "status"), [(lambda: os.kill(os.getpid(), signal.SIGKILL), -9), (lambda: 1 / 0, 1)]
)
def test_a_process_that_ends_early_is_an_error_that_names_the_input(
    end: object, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    def works_for_a_while(events: Iterable[Event]) -> Iterator[bytes]:
        for number, _ in enumerate(events):
            yield b"text"
            if number == 20:
                end()  # type: ignore[operator]

    events = [(0, bytes(module.SLOT))] * 50
    why = f"^a.xlog: the process that filtered it ended with {status}; try -T 1$"
    with (
        pytest.raises(InputError, match=why),
        beside(events, works_for_a_while, "a.xlog") as chunks,
    ):
        joined(chunks)


def test_none_is_left_when_no_one_reads_on() -> None:
    events = [(0, b"[W][2024-01-01 a line\n" * 1000)] * 5000
    before = open_files()
    with beside(events, wanted, "a.xlog") as chunks:
        next(chunks)
        assert children_of(os.getpid())
    assert not children_of(os.getpid())
    assert open_files() == before


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log worth a process, with damage, and a line of the text is longer than a slot."""
    path = tmp_path_factory.mktemp("large") / "large.xlog"
    whole = file_of(sample_of("zlib").blocks)
    long = b"[W][2024-01-01 +8.0 08:09:23.586][1, 2][t][a.cc:1, f][" + b"long " * 300_000 + b"\n"
    data = bytearray(whole * (9_000_000 // len(whole)))
    data += file_of([block(KINDS["zlib"], [long])]) + whole
    for place in range(70_000, len(data), 3_000_000):
        data[place : place + 40] = bytes(40)
    path.write_bytes(data)
    with open_input(str(path)) as source:
        assert is_worth_a_process(source)
    return path


@pytest.mark.parametrize("threads", [1, 2])
def test_all_that_came_before_the_first_damage_is_printed(large: Path, threads: int) -> None:
    asked = ["-c", "--strict", "-T", threads, large]
    everything, some = run(*asked), run("-p", "V", *asked)
    assert (everything.status, some.status) == (3, 3)
    assert heads(some.out) == heads(everything.out) != []


def test_a_stopped_process_is_ended_as_any_other(large: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xlogdecode", "-q", "-p", "D", "-T", "2", "-c", str(large)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE)  # it fills, and no one reads it
    while not (children := children_of(running.pid)):
        assert running.poll() is None
        time.sleep(0.001)
    os.kill(children[0], signal.SIGSTOP)
    time.sleep(0.2)
    running.terminate()
    assert running.wait(20) == 143
    assert not is_running(children[0])
    assert running.stdout is not None
    running.stdout.close()


def test_small_files_and_pipes_are_not_worth_one(tmp_path: Path) -> None:
    (tmp_path / "small.xlog").write_bytes(file_of(sample_of("zlib").blocks))
    with open_input(str(tmp_path / "small.xlog")) as source:
        assert not is_worth_a_process(source)
    reads, writes = os.pipe()
    os.close(writes)
    with open_input(f"/dev/fd/{reads}") as source:
        assert not is_worth_a_process(source)
    os.close(reads)


@pytest.mark.parametrize(
    "options",
    [
        ["-p", "E"], ["-p", "D"], ["-p", "NONE"], ["-S", "09:00"], ["-S", "08:00", "-p", "W"],
        ["-p", "W", "--no-marks"], ["-p", "W", "--strict"], ["-p", "W", "--utf8"],
        ["-p", "W", "-t"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_written_and_said_is_that_of_one_thread(
    large: Path, tmp_path: Path, options: list[str]
) -> None:
    def told(threads: int) -> tuple[object, ...]:
        out = tmp_path / str(threads)
        done = run(*options, "-T", threads, large, "-o", out / "x.log", "--report", out / "report")
        files = files_in(out)
        report = json.loads(files.pop("report")) if "report" in files else None
        said = done.err.replace(str(out), "")
        return done.status, said, files, {**(report or {}), "output": ""}

    (tmp_path / "1").mkdir()
    (tmp_path / "3").mkdir()
    assert told(3) == told(1)


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_from_outside_leaves_neither_a_file_nor_a_process(
    large: Path, tmp_path: Path, sent: signal.Signals, status: int
) -> None:
    many = [str(large)] * 9
    command = [sys.executable, "-m", "xlogdecode", "-q", "-p", "D", "-T", "2", "-o", str(tmp_path)]
    running = subprocess.Popen([*command, *many], stderr=subprocess.PIPE, start_new_session=True)
    while not (children := children_of(running.pid)):
        assert running.poll() is None
        time.sleep(0.001)
    os.killpg(running.pid, sent)
    assert running.wait(60) == status
    assert running.communicate()[1].strip() == b""
    assert not [name for name in files_in(tmp_path) if name.endswith(".part")]
    assert not any(is_running(child) for child in children)


def test_it_ends_with_the_process_that_started_it(large: Path) -> None:
    command = [sys.executable, "-m", "xlogdecode", "-q", "-c", "-p", "D", "-T", "2", str(large)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE)  # it fills, and no one reads it
    while not (children := children_of(running.pid)):
        assert running.poll() is None
        time.sleep(0.001)
    running.kill()
    running.wait()
    for _ in range(1000):
        if not any(is_running(child) for child in children):
            break
        time.sleep(0.01)
    else:
        pytest.fail("a process is left")
    assert running.stdout is not None
    running.stdout.close()


def test_a_reader_that_leaves_ends_it_quietly(large: Path) -> None:
    command = f"{sys.executable} -m xlogdecode -q -c -p D -T 2 {large} | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
