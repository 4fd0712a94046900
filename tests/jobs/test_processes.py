"""A pile of small inputs is shared out to processes, and nothing else about it changes."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import run
from tests.damage import sample_of
from tests.mars import file_of
from tests.samples import LOG, TEXT, ZLIB, ZSTD, files_in, put
from xlogdecode.decoder.decode import Options, decode
from xlogdecode.decoder.report import Report
from xlogdecode.encode import XlogWriter
from xlogdecode.inputs import Saved, iter_entries
from xlogdecode.jobs.job import Outcome, Task
from xlogdecode.jobs.processes import in_groups
from xlogdecode.jobs.settings import Form, Settings
from xlogdecode.jobs.status import Status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

MANY = 500
"""Inputs, of which several groups are made."""


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    """A folder of small logs: most whole, some damaged, empty, locked, or no log at all."""
    folder = tmp_path / "pile"
    torn = ZLIB.read_bytes()[:-9]
    locked = file_of(sample_of("zlib-crypt").blocks)[:30_000]
    for number in range(MANY):
        path = folder / f"{number:03}.xlog"
        put((LOG, ZLIB, ZSTD)[number % 3], path)
        if number % 50 in (7, 8, 9, 10):
            path.write_bytes((torn, b"", locked, b"junk\0" * 99)[number % 50 - 7])
    return folder


def told(folder: Path, *options: object) -> tuple[object, ...]:
    """Return all that decoding `folder` says and leaves."""
    out = folder.parent / "out"
    done = run("-r", folder, "-o", out, "--report", out / "report.json", *options)
    files = files_in(out)
    report = [json.loads(line) for line in files.pop("report.json").splitlines()]
    shutil.rmtree(out)
    return done.status, done.out, done.lines, files, report


def test_the_same_is_written_and_said_in_the_same_order(pile: Path) -> None:
    status, _, lines, files, report = alone = told(pile, "-T", 1)
    assert status == 1
    assert len(lines) >= 40
    assert len(report) == MANY
    assert len(files) == MANY - 10  # one of the damaged ones gives no text at all
    assert told(pile, "-T", 2) == alone
    assert told(pile, "-T", 5) == alone


def test_with_a_filter_and_in_a_test_run_as_well(pile: Path) -> None:
    assert told(pile, "-T", 1, "-p", "W") == told(pile, "-T", 3, "-p", "W")
    one, three = (run("-t", "-r", pile, "-T", threads) for threads in (1, 3))
    assert (one.status, one.lines) == (three.status, three.lines)


@pytest.mark.parametrize("options", [["-l"], ["-l", "--json"], ["--count"], ["-c"]])
def test_what_is_printed_is_the_same(pile: Path, options: list[str]) -> None:
    one, three = (run(*options, "-r", pile, "-T", threads) for threads in (1, 3))
    assert len(one.out.splitlines()) > MANY - 20
    assert (one.status, one.out, one.lines) == (three.status, three.out, three.lines)


def test_a_caller_that_ignores_the_end_of_processes_changes_nothing(pile: Path) -> None:
    ignored = {"preexec_fn": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)}
    done = run("-r", pile, "-o", pile.parent / "out", "-T", 3, **ignored)
    assert (done.status, len(files_in(pile.parent / "out"))) == (1, MANY - 10)
    assert "No child processes" not in done.err


def test_sources_go_only_where_their_text_is_whole(pile: Path) -> None:
    run("-r", pile, "-o", pile.parent / "out", "--rm", "-T", 3)
    lossy = {f"{number:03}.xlog" for number in range(MANY) if number % 50 in (7, 9, 10)}
    assert {path.name for path in pile.iterdir()} == lossy


def test_a_crash_buffer_behind_them_is_known_by_what_they_hold(tmp_path: Path) -> None:
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


def tasks_of(folder: Path, form: Form, on_read: object = None) -> list[Task]:
    """Return the tasks of a folder's logs, each to be written below `out`."""
    settings, saved = Settings(Options(threads=2), form), Saved()
    targets = (folder.parent / f"{number}.log" for number in range(MANY))
    entries = iter_entries([str(folder)], recursive=True, on_read=on_read)  # type: ignore[arg-type]
    return [
        Task(entry, settings, next(targets), sys.stdout.buffer, saved)  # type: ignore[arg-type]
        for entry in entries
    ]


def done(tasks: list[Task]) -> list[Outcome]:
    return [t if isinstance(t, Outcome) else t.run(1) for t in in_groups(tasks, 2)]


def test_all_bytes_are_told_to_the_bar_of_this_process(tmp_path: Path) -> None:
    for number in range(300):
        put(LOG, tmp_path / f"pile/{number}.xlog")
    read: list[int] = []
    here = os.getpid()

    def on_read(size: int) -> None:
        assert os.getpid() == here
        read.append(size)

    form = Form(lambda source, sink, options, _: decode(source, sink, options))
    outcomes = done(tasks_of(tmp_path / "pile", form, on_read))
    assert [outcome.status for outcome in outcomes] == [Status.WHOLE] * 300
    assert sum(read) == 300 * LOG.stat().st_size


@pytest.mark.parametrize(
    ("end", "status"), [(lambda: os.kill(os.getpid(), signal.SIGKILL), -9), (lambda: 1 / 0, 1)]
)
def test_a_process_that_ends_early_costs_the_one_input_that_it_was_at(
    tmp_path: Path, end: Callable[[], object], status: int
) -> None:
    for number in range(300):
        put(LOG, tmp_path / f"pile/{number:03}.xlog")
    here = os.getpid()

    def ended_at_150(source: object, sink: object, options: Options, name: str) -> Report:
        if name.endswith("150.xlog"):
            assert os.getpid() != here
            end()
        return decode(source, sink, options)  # type: ignore[arg-type]

    outcomes = done(tasks_of(tmp_path / "pile", Form(ended_at_150)))
    assert [outcome.name[-8:] for outcome in outcomes] == [f"{n:03}.xlog" for n in range(300)]
    (failed,) = [outcome for outcome in outcomes if outcome.status is not Status.WHOLE]
    why = f"150.xlog: the process that decoded it ended with {status}; try -T 1"
    assert failed.error.endswith(why)
    assert [out.name for out in tmp_path.glob("*.log")].count("150.log") == 0
    assert all((tmp_path / f"{n}.log").read_bytes() == TEXT[LOG] for n in range(300) if n != 150)
