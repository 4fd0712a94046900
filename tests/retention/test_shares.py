"""Shares: together they are the whole, and none outlives what it works for."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.command import ROOT
from tests.retention.test_runs import crowd, logs, started, until
from tests.retention.trees import IMSDK, NOW, aged, sweep
from xlogdecode.errors import XlogError
from xlogdecode.retention import Policy, Root, Sweep, workers
from xlogdecode.retention.totals import SweepStep
from xlogdecode.retention.workers import CAN_SHARE, Share, share_out

pytestmark = pytest.mark.skipif(not CAN_SHARE, reason="no fork here")

AT_ONCE = (
    "from xlogdecode.cli import main; from xlogdecode.retention import workers;"
    "workers.ALONE = 0; main()"
)
"""The command, which shares even the little work that there is in a test."""
STEP = SweepStep(0, [], 0, reached=False)


@pytest.fixture(autouse=True)
def _shared_at_once(monkeypatch):
    monkeypatch.setattr(workers, "ALONE", 0)


@pytest.mark.parametrize("number", [2, 3, 4])
def test_all_shares_are_the_whole_and_no_two_have_a_folder_in_common(tmp_path, number):
    crowd(tmp_path)
    for place in ("Library/Caches", "chat/com_tencent_imsdk_log", ".tencent-im/sdk-log"):
        aged(tmp_path / place, 9)
    for package in ("a", "b", "c"):
        aged(tmp_path / f"tencent/imsdklogs/{package}/chat", 9)
        (tmp_path / f"tencent/imsdklogs/com.{package}").symlink_to("nowhere")
    (tmp_path / "Documents").symlink_to("nowhere")
    roots = (Root(str(tmp_path), literal=True), Root(str(tmp_path / "gone"), literal=True))
    job = Sweep(Policy(roots), NOW)
    parts = [
        [decision for batch in job.batches(Share(which, number)) for decision in batch.decisions]
        for which in range(number)
    ]
    shown = sorted(decision.candidate.shown for part in parts for decision in part)
    assert shown == sorted(decision.candidate.shown for decision in job.decisions())
    assert len(shown) == len(set(shown)) == 2000 + 3 + 3 + 3 + 2
    assert all(parts)


def test_a_ceiling_is_not_shared_out(tmp_path):
    from xlogdecode.retention import Rule

    root = Root(str(tmp_path), rule=Rule(max_total=1), literal=True)
    assert not Sweep(Policy((root,)), NOW).can_be_shared


def test_a_root_in_another_is_not_shared_out(tmp_path):
    def can_be_shared(*roots: str) -> bool:
        return Sweep(
            Policy(tuple(Root(str(tmp_path / root), literal=True) for root in roots)), NOW
        ).can_be_shared

    assert can_be_shared("a", "ab", "b/c", "a")
    assert not can_be_shared("b", "a/Android/data", "a")


def test_failures_of_all_shares_are_told(tmp_path):
    for number in range(8):
        place = tmp_path / IMSDK.replace("chat", f"chat{number}")
        place.parent.mkdir(parents=True)
        place.symlink_to(place)  # a link is kept; the missing root below is the failure
    aged(tmp_path / IMSDK, 9)
    gone = [tmp_path / f"gone{number}" for number in range(5)]
    result = sweep(tmp_path, *gone, "-q", "--delete", "--state", tmp_path / "state")
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 5
    assert logs(tmp_path) == 0


def test_a_share_that_ends_early_is_an_error():
    def work(share):
        if share.which == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return [STEP]

    with pytest.raises(XlogError, match="1 of 3 processes ended early: exit status -9; run"):
        list(share_out(work, 3))


def test_an_exception_in_a_share_keeps_its_cause():
    def work(share):
        if share.which == 1:
            raise XlogError("/logs: it went away; look for it")
        return [STEP]

    with pytest.raises(XlogError, match="1 of 3 processes ended early: /logs: it went away"):
        list(share_out(work, 3))


def test_a_caller_that_ignores_the_end_of_processes_changes_nothing(tmp_path):
    crowd(tmp_path / "sd")
    ignored = {"preexec_fn": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)}
    command = [sys.executable, "-c", AT_ONCE, "sweep", "--delete", "-q", "--state"]
    command += [tmp_path / "state", "--now", NOW.isoformat(), tmp_path / "sd"]
    done = subprocess.run(command, capture_output=True, **ignored)
    assert (done.returncode, done.stderr) == (0, b"")
    assert logs(tmp_path / "sd") == 0


@pytest.mark.parametrize("granted", [0, 1])
def test_where_a_process_is_refused_its_share_is_done_here(granted, monkeypatch):
    forks = iter(range(3))

    def fork(fork=os.fork):
        if next(forks) >= granted:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return fork()

    done = []
    monkeypatch.setattr(os, "fork", fork)
    counts = list(share_out(lambda share: done.append(share.which) or [STEP], 3))
    assert len(counts) == 3
    assert done == [0, *range(granted + 1, 3)]


def test_little_work_gets_no_process(monkeypatch):
    monkeypatch.setattr(workers, "ALONE", 60)
    monkeypatch.setattr(os, "fork", None)
    done = []
    assert len(list(share_out(lambda share: done.append(share.which) or [STEP], 3))) == 3
    assert done == [0, 1, 2]


def has_begun(root):
    """Tell, within a moment, whether a file of a crowd is gone."""
    folders = [root / IMSDK.replace("chat", f"chat{package}") for package in range(20)]
    return lambda: any(sum(1 for _ in folder.iterdir()) < 100 for folder in folders)


@pytest.mark.untraced
def test_sigterm_stops_all_shares(tmp_path):
    crowd(tmp_path / "sd")
    args = ("--delete", "-q", "--state", tmp_path / "state")
    with started(tmp_path / "sd", *args, program=("-c", AT_ONCE)) as process:
        until(has_begun(tmp_path / "sd"))
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM
    assert logs(tmp_path / "sd") > 0


def test_shares_end_when_what_they_work_for_is_killed(tmp_path):
    crowd(tmp_path / "sd")
    args = ("--delete", "-q", "--state", tmp_path / "state")
    with started(tmp_path / "sd", *args, program=("-c", AT_ONCE)) as process:
        until(has_begun(tmp_path / "sd"))
        process.kill()
        process.stdout.read()  # ends when the last share has let go of it
    left = logs(tmp_path / "sd")
    assert left > 0
    time.sleep(0.2)
    assert logs(tmp_path / "sd") == left


DYING = (
    "import os, signal, sys; from xlogdecode.cli import main;"
    "from xlogdecode.retention import run, workers; workers.ALONE = 0;"
    "run.usable_processors = lambda: 2;"
    "workers._send_count = lambda *_: os.kill(os.getpid(), signal.SIGKILL); sys.exit(main())"
)
"""The command, whose second process is killed. A process of its own: one with threads, as a test
before this one may leave, does not fork."""


def test_metrics_after_a_part_died_count_the_rest_and_an_error(tmp_path):
    number, metrics, policy = crowd(tmp_path / "sd"), tmp_path / "m", tmp_path / "p.yaml"
    policy.write_text(f"roots:\n  - path: {tmp_path}/sd\n")
    args = ("--delete", "-q", "--state", tmp_path / "state", "--metrics", metrics)
    command = [sys.executable, "-c", DYING, "sweep", "--config", policy, *args]
    result = subprocess.run(
        [*command, "--now", NOW.isoformat()],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 1
    assert "1 of 2 processes ended early: exit status -9; run the sweep again" in result.stderr
    left = logs(tmp_path / "sd")
    assert 0 < left < number
    label = f'{{policy="{policy}"}}'
    lines = metrics.read_text().splitlines()
    assert f"xlogdecode_sweep_deleted_files{label} {number - left}" in lines
    assert f"xlogdecode_sweep_errors{label} 1" in lines
    assert f"xlogdecode_sweep_last_success_timestamp_seconds{label} 0" in lines
