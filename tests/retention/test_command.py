"""The door: `xlogdecode sweep`, its exit statuses, and what is gone afterwards."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.retention.trees import IMSDK, NOW, aged, day, everything, log, objects, sweep


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sdcard"


def test_nothing_goes_without_delete(root, state):
    old = aged(root / IMSDK, 8)
    result = sweep(root, "--state", state)
    assert result.returncode == 0
    assert f"delete   {old}: " in result.stdout
    assert "dry run, nothing deleted" in result.stdout
    assert old.exists()
    assert not state.exists()


def test_the_dry_run_lists_what_the_real_run_deletes(root, state):
    for age in range(20):
        aged(root / IMSDK, age)
    aged(root / "tencent/imsdklogs/com.example.chat", 9)
    before = everything(root)
    planned = objects(sweep(root, "--json"))
    assert everything(root) == before
    done = objects(sweep(root, "--json", "--delete", "--state", state))
    due = {line["path"] for line in planned if line["verdict"] == "delete"}
    assert due == {line["path"] for line in done if line["verdict"] == "deleted"}
    assert due == {str(root / path) for path in set(before) - set(everything(root))}
    assert len(due) == 13


def test_each_line_says_why(root):
    aged(root / IMSDK, 7)
    log(root / IMSDK, f"imsdk_{day(30)}.xlog", age=1)
    log(root / IMSDK, "imsdk_20250230.xlog")
    log(root / IMSDK, f"imsdk_{day(-3)}.xlog")
    log(root / IMSDK, f"imsdk_{day(40)}.xlog", age=-1)
    log(root / IMSDK, "im.db")
    reasons = {Path(o["path"]).name: o["reason"] for o in objects(sweep(root, "--json"))}
    assert reasons == {
        f"imsdk_{day(7)}.xlog": "young",
        f"imsdk_{day(30)}.xlog": "touched",
        "imsdk_20250230.xlog": "impossible_date",
        f"imsdk_{day(-3)}.xlog": "future_date",
        f"imsdk_{day(40)}.xlog": "future_mtime",
        "im.db": "unknown_name",
    }


def test_the_last_object_is_a_summary(root):
    aged(root / IMSDK, 9)
    aged(root / IMSDK, 1)
    summary = json.loads(sweep(root, "--json").stdout.splitlines()[-1])["summary"]
    assert summary["dry_run"] is True
    assert summary["files"]["delete"] == summary["files"]["keep"] == 1
    assert summary["bytes"]["delete"] == 10
    assert summary["kept"] == {"young": 1}


def test_quiet_prints_nothing_when_all_goes_well(root, state):
    aged(root / IMSDK, 9)
    result = sweep(root, "-q", "--delete", "--state", state)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert [path for path in everything(root) if path.endswith(".xlog")] == []


def test_quiet_still_tells_of_a_failure(root):
    result = sweep(root, "-q")
    assert result.returncode == 1
    assert result.stdout == ""
    assert str(root) in result.stderr


def test_a_missing_root_is_a_failure_unless_it_may_be_missing(root):
    assert sweep(root).returncode == 1
    assert sweep(root, "--missing-ok").returncode == 0


def test_a_missing_root_does_not_stop_the_others(root, state, tmp_path):
    old = aged(root / IMSDK, 9)
    result = sweep(tmp_path / "gone", root, "--delete", "--state", state)
    assert result.returncode == 1
    assert not old.exists()


def test_empty_folders_stay(root, state):
    aged(root / IMSDK, 9)
    sweep(root, "--delete", "--state", state)
    assert (root / IMSDK).is_dir()


def test_names_that_break_lines_stay_on_one(root):
    log(root / IMSDK, "a\nkeep b\x1b[2J.xlog")
    lines = sweep(root).stdout.splitlines()
    assert len(lines) == 2
    assert r"a\nkeep b\x1b[2J.xlog: not an SDK log file" in lines[0]


def test_keep_and_its_kin_may_stand_on_the_command_line(root):
    for age in range(6):
        aged(root / IMSDK, age)
    due = [o["path"] for o in objects(sweep(root, "--json", "--keep", "1d", "--keep-last", "5"))
           if o["verdict"] == "delete"]  # fmt: skip
    assert due == [str(root / IMSDK / f"imsdk_{day(5)}.xlog")]


@pytest.mark.parametrize(
    "args",
    [
        ["--keep", "7"],
        ["--keep", "0d"],
        ["--keep", ""],
        ["--max-total", ""],
        ["--archive", ""],
        ["--state", ""],
        ["--metrics", ""],
        ["--config", ""],
        ["--max-total", "0"],
        ["--layout", "nokia"],
        ["--now", "soon"],
        ["--now", "9999-12-31T23:59:59-23:00"],
        ["--now", "0001-01-01T00:00:00+23:00"],
    ],
)
def test_wrong_usage_is_status_2(root, args):
    old = aged(root / IMSDK, 9)
    result = sweep(root, "--delete", *args, now=None)
    assert result.returncode == 2
    assert old.exists()


def test_the_current_folder_may_be_gone_if_each_root_has_its_whole_path(
    root, state, tmp_path, monkeypatch
):
    old = aged(root / IMSDK, 9)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    args = ("--delete", "--state", state)
    refused = sweep("sd", *args)
    assert (refused.returncode, old.exists()) == (2, True)
    assert "the current folder is gone; name each ROOT by its full path" in refused.stderr
    assert sweep(root, *args).returncode == 0
    assert not old.exists()


def test_two_roots_one_in_the_other_are_swept_once(root, tmp_path):
    aged(root / "com_tencent_imsdk_log", 9)
    assert len(objects(sweep(tmp_path, root, "--json", "--layout", "windows"))) == 1


def test_the_machine_s_zone_makes_the_day(root):
    aged(root / IMSDK, 8)
    early = (NOW - timedelta(hours=13)).replace(tzinfo=None)  # 23:00 of the day before
    due = [o for o in objects(sweep(root, "--json", now=early, env={})) if o["verdict"] == "delete"]
    assert due == []


def test_what_the_output_cannot_encode_is_escaped_and_stops_nothing(tmp_path, state):
    old = aged(tmp_path / "gerät" / IMSDK, 9)
    args = ("--delete", "--state", state)
    result = sweep(tmp_path / "gerät", *args, env={"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0, result.stderr
    assert r"ger\xe4t" in result.stdout
    assert not old.exists()


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_time_at_the_calendar_s_end_is_refused_in_a_line(root, year):
    result = sweep(root, "--now", f"{year}-12-31", now=None)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.endswith("write a year from 1971 to 9998")


FULL_DISK = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk is always full here")


@FULL_DISK
@pytest.mark.parametrize("words", [["sweep", "--print-config"], ["layouts"], ["layouts", "."]])
def test_a_full_disk_for_the_output_is_told_in_a_line(tmp_path, words):
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "xlogdecode", *words],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr == "xlogdecode: standard output: No space left on device\n"


@FULL_DISK
def test_a_full_disk_for_the_output_stops_no_sweep_and_is_told(root, state):
    for age in range(8, 400):
        aged(root / IMSDK, age)
    command = [sys.executable, "-m", "xlogdecode", "sweep", root, "--delete", "--state", state]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*command, "--now", NOW.isoformat()],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr == "xlogdecode: standard output: No space left on device\n"
    assert list((root / IMSDK).iterdir()) == []


def test_a_sweep_loads_nothing_that_reads_logs(tmp_path):
    aged(tmp_path / IMSDK, 3)
    command = [sys.executable, "-X", "importtime", "-m", "xlogdecode", "sweep", "-q", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "xlogdecode.retention.walk" in loaded
    heavy = ("xlogdecode.decoder", "xlogdecode.framing", "xlogdecode.inputs", "importlib.metadata")
    assert [name for name in loaded if name.startswith(heavy)] == []
