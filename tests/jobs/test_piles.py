"""A pile of small inputs is shared out to processes, and nothing else about it changes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import run
from tests.damage import sample_of
from tests.mars import file_of
from tests.samples import LOG, TEXT, ZLIB, ZSTD, files_in, put
from xlogdecode.encode import XlogWriter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

MANY = 120
"""Inputs, which several processes are of use for."""


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    """A folder of small logs: most are OK, some damaged, empty, locked, or no log at all."""
    folder = tmp_path / "pile"
    torn = ZLIB.read_bytes()[:-9]
    locked = file_of(sample_of("zlib-crypt").blocks)[:30_000]
    for number in range(MANY):
        path = folder / f"{number:03}.xlog"
        put((LOG, ZLIB, ZSTD)[number % 3], path)
        if number % 50 in (7, 8, 9, 10):
            path.write_bytes((torn, b"", locked, b"junk\0" * 99)[number % 50 - 7])
    return folder


def results_of(folder: Path, *options: object) -> tuple[object, ...]:
    """Return all that decoding `folder` prints and leaves."""
    out = folder.parent / "out"
    done = run("-r", folder, "-o", out, "--report", out / "report.json", *options)
    files = files_in(out)
    report = [json.loads(line) for line in files.pop("report.json").splitlines()]
    shutil.rmtree(out)
    return done.status, done.out, done.lines, files, report


def test_the_same_is_written_and_printed_in_the_same_order(pile: Path) -> None:
    status, _, lines, files, report = alone = results_of(pile, "-T", 1)
    assert status == 1
    assert len(lines) >= MANY // 12
    assert len(report) == MANY
    assert len(files) == MANY - 3  # a log that is none gives no text at all
    assert results_of(pile, "-T", 2) == alone
    assert results_of(pile, "-T", 5) == alone


def test_with_a_filter_and_in_a_test_run_as_well(pile: Path) -> None:
    assert results_of(pile, "-T", 1, "-p", "W") == results_of(pile, "-T", 3, "-p", "W")
    one, three = (run("-t", "-r", pile, "-T", threads) for threads in (1, 3))
    assert (one.status, one.lines) == (three.status, three.lines)


@pytest.mark.parametrize(
    "options", [["-l"], ["-l", "--json"], ["--count"], ["-c"], ["-c", "--format", "csv"]]
)
def test_what_is_printed_is_the_same(pile: Path, options: list[str]) -> None:
    one, three = (run(*options, "-r", pile, "-T", threads) for threads in (1, 3))
    assert len(one.out.splitlines()) > MANY - 20
    assert (one.status, one.out, one.lines) == (three.status, three.out, three.lines)


def test_an_archive_among_them_has_its_place(pile: Path) -> None:
    import gzip

    (pile / "050.xlog").write_bytes(gzip.compress(LOG.read_bytes()))
    one, three = (run("-c", "-r", pile, "-T", threads) for threads in (1, 3))
    assert (one.status, one.out, one.lines) == (three.status, three.out, three.lines)
    assert results_of(pile, "-T", 1) == results_of(pile, "-T", 3)


def test_a_caller_that_ignores_the_end_of_processes_changes_nothing(pile: Path) -> None:
    ignored = {"preexec_fn": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)}
    done = run("-r", pile, "-o", pile.parent / "out", "-T", 3, **ignored)
    assert (done.status, len(files_in(pile.parent / "out"))) == (1, MANY - 3)
    assert "No child processes" not in done.err


def test_sources_go_only_where_their_text_is_complete(pile: Path) -> None:
    run("-r", pile, "-o", pile.parent / "out", "--rm", "-T", 3)
    lossy = {f"{number:03}.xlog" for number in range(MANY) if number % 50 in (7, 9, 10)}
    assert {path.name for path in pile.iterdir()} == lossy


def test_a_crash_buffer_after_them_is_known_by_what_they_hold(tmp_path: Path) -> None:
    writer = XlogWriter(tmp_path / "running", "zz", flush_interval=None)
    for number in range(9):
        writer.write(f"last words {number}")
    folder = shutil.copytree(tmp_path / "running", tmp_path / "pile")
    (buffer,) = folder.glob("*.mmap3")
    kept = buffer.read_bytes()
    XlogWriter(folder, "zz", flush_interval=None).close()
    buffer.write_bytes(kept)
    (log,) = folder.glob("*.xlog")
    log.rename(folder / "300.xlog")
    for number in range(MANY):
        put(LOG, folder / f"{number:03}-.xlog")
    done = run("-r", folder, "-o", tmp_path / "out", "-T", 2)
    assert done.status == 0
    assert f"{buffer}: all its records are in a log already" in done.err
    assert b"last words 8" in (tmp_path / "out/300.xlog.log").read_bytes()
    assert len(files_in(tmp_path / "out")) == MANY + 1


KILLING = """
import os, signal, sys
from xlogdecode.jobs.job import Decoder
from xlogdecode.cli import main

def killing(self, entry, *args, decode=Decoder.decode):
    if entry.name.endswith("070.xlog"):
        os.kill(os.getpid(), signal.SIGKILL)
    return decode(self, entry, *args)

Decoder.decode = killing
main()
"""


@pytest.mark.parametrize("printed", [False, True])
def test_a_process_that_is_killed_costs_the_input_that_it_was_at(
    tmp_path: Path, printed: bool
) -> None:
    for number in range(MANY):
        put(LOG, tmp_path / f"pile/{number:03}.xlog")
    options = ["-r", tmp_path / "pile", "-T", "3", *(["-c"] if printed else [])]
    command = [sys.executable, "-c", KILLING, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    failed = [line for line in done.stderr.splitlines() if "OK" not in line and "whole" not in line]
    end = "the process that decoded it ended with -9; try -T 1"
    assert failed == [f"xlogdecode: {tmp_path}/pile/070.xlog: {end}"]
    if printed:
        assert done.stdout.encode() == TEXT[LOG] * (MANY - 1)
    else:
        assert len([*tmp_path.rglob("*.log")]) == MANY - 1


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_an_end_in_the_middle_leaves_no_process_and_no_part(
    tmp_path: Path, end: signal.Signals
) -> None:
    for number in range(MANY):
        put(LOG, tmp_path / f"{number:03}.xlog")
    (tmp_path / "070.xlog").unlink()
    os.mkfifo(tmp_path / "070.xlog")
    files = sorted(map(str, tmp_path.glob("*.xlog")))
    command = [sys.executable, "-m", "xlogdecode", "-T", "2", *files]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    writer = os.open(tmp_path / "070.xlog", os.O_WRONLY)  # opened as soon as one reads there
    os.write(writer, LOG.read_bytes())
    while not [*tmp_path.glob(".*.part")]:
        time.sleep(0.02)
    process.send_signal(end)
    assert process.wait(30) == {signal.SIGINT: 130, signal.SIGTERM: 143}[end]
    os.close(writer)
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()  # at its end no process holds it any more
    process.stderr.close()
    assert [*tmp_path.glob(".*.part")] == []


def test_a_full_disk_behind_the_output_is_told_once(pile: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("wb") as full:
        done = run("-qc", "-T", 3, "-r", pile, stdout=full)
    assert done.status == 1
    (line,) = [line for line in done.lines if "standard output" in line]
    assert "cannot be written: No space left on device" in line


def test_nothing_is_printed_where_no_one_reads_on(pile: Path) -> None:
    command = f"{sys.executable} -m xlogdecode -qc -T 3 -r {pile} | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "1"
    assert "Traceback" not in done.stderr
