"""Runs: the lock, what is remembered, signals, metrics, and that a dry run writes nothing."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.retention.trees import IMSDK, NOW, aged, everything, objects, sweep
from xlogdecode.retention.run import MOST_SHARES
from xlogdecode.retention.state import State

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def test_a_second_sweep_of_a_policy_is_status_75_and_of_another_is_not(tmp_path, state):
    old = aged(tmp_path / "sd" / IMSDK, 9)
    root, other = tmp_path / "sd", tmp_path / "other"
    aged(other / IMSDK, 2)
    with State(state, [str(root)]).locked():
        result = sweep(root, "--delete", "--state", state)
        assert result.returncode == 75
        assert "holds the lock" in result.stderr
        assert old.exists()
        assert sweep(root, "--state", state).returncode == 0
        assert sweep(other, "--delete", "--state", state).returncode == 0
    assert sweep(root, "--delete", "--state", state).returncode == 0


def test_a_policy_s_lock_goes_by_its_file(tmp_path, state):
    policy = tmp_path / "sweep.yaml"
    policy.write_text(f"roots: [{{path: {tmp_path}}}]")
    with State(state, [str(policy)]).locked():
        assert sweep("--config", policy, "--delete", "--state", state).returncode == 75


def test_a_real_run_is_remembered_and_its_success(tmp_path, state):
    aged(tmp_path / IMSDK, 9)
    sweep(tmp_path, "--delete", "--state", state)
    memory = State(state, [str(tmp_path)])
    assert memory.last_run() == memory.last_success() == NOW
    later = NOW + timedelta(days=1)
    assert sweep(tmp_path, tmp_path / "gone", "--delete", "--state", state).returncode == 1
    both = State(state, sorted([str(tmp_path), str(tmp_path / "gone")]))
    assert (both.last_run(), both.last_success()) == (NOW, None)
    assert sweep(tmp_path, "--delete", "--state", state, now=later).returncode == 0
    assert memory.last_success() == later


def test_the_state_lies_in_the_user_s_folder_by_default(tmp_path):
    aged(tmp_path / IMSDK, 9)
    home = {"HOME": str(tmp_path / "home"), "XDG_STATE_HOME": str(tmp_path / "home/state")}
    assert sweep(tmp_path, "--delete", env=home).returncode == 0
    if sys.platform.startswith("linux"):
        assert list((tmp_path / "home/state/xlogdecode").glob("sweep-*.json"))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"last_run": 5}', '{"last_run": "soon"}', '{"last_run": "2024-01-01 10:00"}'],
)
def test_a_spoilt_memory_is_no_memory(tmp_path, state, text):
    aged(tmp_path / IMSDK, 9)
    sweep(tmp_path, "--delete", "--state", state)
    (file,) = state.glob("*.json")
    file.write_text(text)
    assert sweep(tmp_path, "--delete", "--state", state).returncode == 0


def test_a_state_folder_that_cannot_be_made_is_status_1_and_nothing_is_deleted(tmp_path):
    old = aged(tmp_path / IMSDK, 9)
    (tmp_path / "file").touch()
    result = sweep(tmp_path, "--delete", "--state", tmp_path / "file/state")
    assert result.returncode == 1
    assert "--state" in result.stderr
    assert old.exists()


def values(path: Path) -> dict[str, float]:
    lines = path.read_text("utf-8").splitlines()
    return {n: float(v) for n, v in (x.rsplit(" ", 1) for x in lines if not x.startswith("#"))}


def test_metrics_say_what_a_run_came_to(tmp_path, state):
    for age in (1, 2, 9):
        aged(tmp_path / "sd" / IMSDK, age)
    file = tmp_path / "sweep.prom"
    args = ("--delete", "--state", state, "--metrics", file)
    assert sweep(tmp_path / "sd", *args).returncode == 0
    seen = values(file)
    prefix = "xlogdecode_sweep_"
    assert seen[prefix + "last_success_timestamp_seconds"] == NOW.timestamp()
    assert seen[prefix + "deleted_files"] == 1
    assert seen[prefix + "deleted_bytes"] == 10
    assert seen[prefix + 'kept_files{reason="young"}'] == 2
    assert seen[prefix + "errors"] == 0
    assert 0 < seen[prefix + "duration_seconds"] < 60
    assert [p.name for p in tmp_path.iterdir() if ".part" in p.name] == []


def test_every_line_of_the_metrics_is_of_the_text_format(tmp_path, state):
    aged(tmp_path / "sd" / IMSDK, 9)
    sweep(tmp_path / "sd", "--delete", "--state", state, "--metrics", tmp_path / "m")
    form = r'# (HELP|TYPE) \w+ .+|[a-z_]+(\{[a-z]+="[a-z_]+"\})? [-+.e\d]+'
    text = (tmp_path / "m").read_text("utf-8")
    assert all(re.fullmatch(form, line) for line in text.splitlines())
    assert text.endswith("\n")


def test_metrics_after_a_failure_keep_the_last_success(tmp_path, state):
    aged(tmp_path / "sd" / IMSDK, 9)
    args = ("--delete", "--state", state, "--metrics", tmp_path / "m")
    sweep(tmp_path / "sd", *args)
    assert sweep(tmp_path / "sd", *args, now=NOW + timedelta(days=500)).returncode == 0
    aged(tmp_path / "sd" / IMSDK, 9)
    assert sweep(tmp_path / "sd", *args, now=NOW).returncode == 3
    seen = values(tmp_path / "m")
    assert seen["xlogdecode_sweep_errors"] == 1
    assert seen["xlogdecode_sweep_last_success_timestamp_seconds"] > NOW.timestamp()


@POSIX
def test_metrics_are_for_everyone_whatever_the_umask(tmp_path, state):
    aged(tmp_path / "sd" / IMSDK, 9)
    before = os.umask(0o077)
    try:
        sweep(tmp_path / "sd", "--delete", "--state", state, "--metrics", tmp_path / "m")
    finally:
        os.umask(before)
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("where", ["no/such/folder/m", "sd", "."])
def test_metrics_that_cannot_be_written_fail_no_sweep(tmp_path, state, where, monkeypatch):
    old = aged(tmp_path / "sd" / IMSDK, 9)
    monkeypatch.chdir(tmp_path)
    args = ("--delete", "--state", state, "--metrics", where)
    result = sweep(tmp_path / "sd", *args)
    assert result.returncode == 0
    assert "metrics not written" in result.stderr
    assert not old.exists()


@POSIX
def test_metrics_take_the_place_of_no_pipe_and_no_link(tmp_path, state):
    aside, pipe, link = (tmp_path / name for name in ("aside", "pipe", "link"))
    aside.write_text("dear", "utf-8")
    os.mkfifo(pipe)
    link.symlink_to(aside)
    for there, what in ((pipe, "not a regular file"), (link, "a link")):
        old = aged(tmp_path / "sd" / IMSDK, 9)
        result = sweep(tmp_path / "sd", "--delete", "--state", state, "--metrics", there)
        assert result.returncode == 0
        assert result.stderr == (
            f"xlogdecode: {there}: metrics not written: is {what}, and is not replaced: "
            "choose another file with --metrics\n"
        )
        assert not old.exists()
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert aside.read_text("utf-8") == "dear"
    assert [p.name for p in tmp_path.iterdir() if ".part" in p.name] == []


@POSIX
def test_metrics_are_not_written_through_a_link_where_their_first_name_is(tmp_path, state):
    aged(tmp_path / "sd" / IMSDK, 9)
    aside = tmp_path / "aside"
    aside.write_text("dear", "utf-8")
    (tmp_path / ".m.part").symlink_to(aside)
    sweep(tmp_path / "sd", "--delete", "--state", state, "--metrics", tmp_path / "m")
    assert aside.read_text("utf-8") == "dear"
    assert values(tmp_path / "m")["xlogdecode_sweep_deleted_files"] == 1


@POSIX
def test_a_memory_that_is_a_link_stops_the_sweep_before_it_deletes(tmp_path, state):
    old = aged(tmp_path / "sd" / IMSDK, 9)
    args = ("--delete", "--state", state)
    sweep(tmp_path / "sd", *args, now=NOW - timedelta(days=5))
    (memory,) = state.glob("*.json")
    memory.rename(tmp_path / "aside")
    memory.symlink_to(tmp_path / "aside")
    result = sweep(tmp_path / "sd", *args)
    assert result.returncode == 1
    assert "is a link, and is not replaced; choose a folder with --state" in result.stderr
    assert memory.is_symlink()
    assert old.exists()


def started(*args: object, program: tuple[str, ...] = ("-m", "xlogdecode")) -> subprocess.Popen:
    command = [sys.executable, *program, "sweep", *map(str, args)]
    command += ["--now", NOW.isoformat()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def until(happened, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.001)


def crowd(root: Path) -> int:
    number = 0
    for package in range(20):
        for age in range(8, 108):
            aged(root / IMSDK.replace("chat", f"chat{package}"), age)
            number += 1
    return number


def logs(root: Path) -> int:
    return sum(path.endswith(".xlog") for path in everything(root))


@POSIX
def test_sigterm_ends_a_sweep_between_files_and_all_is_in_order(tmp_path, state):
    number = crowd(tmp_path / "sd")
    first = tmp_path / "sd" / IMSDK.replace("chat", "chat0")
    with started(tmp_path / "sd", "--delete", "--json", "--state", state) as process:
        until(lambda: logs(first) < 100)
        process.send_signal(signal.SIGTERM)
        lines = process.stdout.read().splitlines()
    assert process.returncode == 128 + signal.SIGTERM
    summary = json.loads(lines[-1])["summary"]
    assert summary["files"]["deleted"] == number - logs(tmp_path / "sd")
    assert summary["files"]["deleted"] + summary["kept"].get("stopped", 0) == number
    assert summary["kept"]["stopped"] > 0
    assert State(state, [str(tmp_path / "sd")]).last_success() is None


@POSIX
def test_sigkill_leaves_at_most_one_file_a_process_under_its_private_name(tmp_path, state):
    crowd(tmp_path / "sd")
    first = tmp_path / "sd" / IMSDK.replace("chat", "chat0")
    with started(tmp_path / "sd", "--delete", "-q", "--state", state) as process:
        until(lambda: logs(first) < 100)
        process.kill()
        process.stdout.read()  # ends when the last share of it has ended
    assert process.returncode == -signal.SIGKILL
    assert sweep(tmp_path / "sd", "--delete", "-q", "--state", state).returncode == 0
    left = [path for path in everything(tmp_path / "sd") if path.endswith(".xlog")]
    assert [path for path in left if ".xlogdecode-sweep-" not in path] == []
    assert len(left) <= MOST_SHARES
    assert sorted(p.suffix for p in state.iterdir()) == [".json", ".lock"]


@POSIX
def test_a_reader_that_leaves_stops_no_sweep(tmp_path, state):
    crowd(tmp_path / "sd")
    with started(tmp_path / "sd", "--delete", "--state", state) as process:
        process.stdout.readline()
        process.stdout.close()
    assert process.returncode == 0
    assert logs(tmp_path / "sd") == 0


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.untraced
def test_a_dry_run_writes_nothing_at_all(tmp_path):
    for age in range(20):
        aged(tmp_path / "sd" / IMSDK, age)
    before = {path: os.lstat(tmp_path / "sd" / path) for path in everything(tmp_path / "sd")}
    trace = tmp_path / "trace"
    calls = "trace=%file,%desc,ftruncate,fallocate,fsync"
    command = ["strace", "-f", "-o", trace, "-e", calls, sys.executable, "-B", "-m", "xlogdecode",
               "sweep", tmp_path / "sd", "--json", "--now", NOW.isoformat()]  # fmt: skip
    if subprocess.run(["strace", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(objects(result)) == 20
    text = trace.read_text(errors="replace")
    opened = re.findall(r"open(?:at)?\([^\n]*O_(?:WRONLY|RDWR|CREAT|TRUNC)[^\n]*", text)
    assert [line for line in opened if "/dev/" not in line] == []
    changing = r"\b(?:unlink|rename|mkdir|rmdir|link|symlink|truncate|fallocate|chmod|chown|utime)"
    assert re.findall(rf"{changing}\w*\([^\n]*", text) == []
    written = re.findall(r"\bp?writev?\w*\((\d+)", text)
    assert set(written) <= {"1", "2"}
    assert "unlinkat" not in text
    after = {path: os.lstat(tmp_path / "sd" / path) for path in before}
    assert {p: (s.st_mtime_ns, s.st_size) for p, s in before.items()} == {
        p: (s.st_mtime_ns, s.st_size) for p, s in after.items()
    }
