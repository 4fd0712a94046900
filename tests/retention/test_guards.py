"""What no sweep begins at: tested on the guard, or in a namespace of its own."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.retention.test_safety import MOUNTS
from tests.retention.trees import IMSDK, NOW, aged, day, everything, log, sweep
from xlogdecode.retention import scan
from xlogdecode.retention.guards import GuardError, check_root, newest_day


@pytest.mark.parametrize("root", ["/", "//", "/.", "/tmp/..", "/../", "/proc/self/root"])
@pytest.mark.parametrize("layout", ["auto", "path", "android"])
def test_the_root_of_the_file_system_is_refused_by_any_name(root, layout):
    with pytest.raises(GuardError, match="root of the file system"):
        check_root(root, layout)


@pytest.mark.parametrize("root", ["", " ", "\t"])
def test_an_empty_root_is_refused(root):
    with pytest.raises(GuardError, match="empty root"):
        check_root(root, "auto")


@pytest.mark.skipif(sys.platform == "win32", reason="names of POSIX")
@pytest.mark.parametrize(
    "root", ["/etc", "/usr", "/var/log", "/tmp", "/etc/ssl", "/home", "/Users"]
)
def test_a_folder_of_the_system_is_no_log_folder(root):
    with pytest.raises(GuardError, match="the system's"):
        check_root(root, "path")


def test_a_home_is_no_log_folder_and_may_be_the_root_of_a_layout(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(GuardError, match="a home"):
        check_root(str(tmp_path), "path")
    check_root(str(tmp_path), "auto")
    check_root(str(tmp_path), "apple")
    check_root(str(tmp_path / "logs"), "path")


@pytest.mark.skipif(sys.platform == "win32", reason="no user database")
def test_anyone_s_home_is_a_home(monkeypatch, tmp_path):
    import pwd

    someone = pwd.struct_passwd(("eve", "x", 1001, 1001, "", str(tmp_path), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [someone])
    with pytest.raises(GuardError, match="a home"):
        check_root(str(tmp_path), "path")


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_a_link_to_a_home_is_a_home(tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to("home")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with pytest.raises(GuardError, match="a home"):
        check_root(str(tmp_path / "link"), "path")


def test_a_refusal_is_status_3_and_nothing_is_deleted(tmp_path):
    old = aged(tmp_path, 9)
    args = ("--layout", "path", "--delete", "--state", tmp_path / "state")
    result = sweep(tmp_path, *args, env={"HOME": str(tmp_path)})
    assert result.returncode == 3
    assert "nothing was deleted" in result.stderr
    assert old.exists()


@pytest.mark.parametrize("roots", [[], [""]])
def test_no_root_at_all_is_status_3(roots):
    assert sweep(*roots, "--delete").returncode == 3


def test_one_refused_root_refuses_them_all(tmp_path):
    old = aged(tmp_path / IMSDK, 9)
    assert sweep(tmp_path, "", "--delete", "--state", tmp_path / "state").returncode == 3
    assert old.exists()


def test_more_files_than_max_delete_are_not_deleted_at_all(tmp_path):
    for age in (9, 10, 11):
        aged(tmp_path / IMSDK, age)
    before = everything(tmp_path / IMSDK)
    args = ("--delete", "--state", tmp_path / "state")
    result = sweep(tmp_path, *args, "--max-delete", 2)
    assert result.returncode == 3
    assert "3 files" in result.stderr
    assert everything(tmp_path / IMSDK) == before
    assert sweep(tmp_path, *args, "--max-delete", 3).returncode == 0
    assert everything(tmp_path / IMSDK) == []


def test_a_clock_a_year_beyond_the_newest_log_is_refused(tmp_path):
    newest = aged(tmp_path / IMSDK, 1)
    log(tmp_path / IMSDK, "imsdk_20991231.xlog")  # a stray future date vouches for no clock
    args = (tmp_path, "--delete", "--state", tmp_path / "state")
    later = NOW + timedelta(days=400)
    result = sweep(*args, now=later)
    assert result.returncode == 3
    assert "the newest log of all roots is of 2026-06-29 (401 days before)" in result.stderr
    assert "no run is on record; set the clock, or give --force once" in result.stderr
    assert newest.exists()
    assert sweep(*args, now=NOW + timedelta(days=29)).returncode == 0
    log(tmp_path / IMSDK, f"imsdk_{day(-20)}.xlog")
    assert "the last run was on 2026-07-29" in sweep(*args, now=later).stderr
    assert sweep(*args, "--force", now=later).returncode == 0


def test_one_recent_log_below_any_root_vouches_for_the_clock(tmp_path):
    old = aged(tmp_path / "a" / IMSDK, 500)
    aged(tmp_path / "b" / IMSDK, 3)
    args = ("--delete", "--state", tmp_path / "state")
    assert sweep(tmp_path / "a", *args).returncode == 3
    assert sweep(tmp_path / "a", tmp_path / "b", *args).returncode == 0
    assert not old.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_what_is_no_file_vouches_for_no_clock(tmp_path):
    old = aged(tmp_path / IMSDK, 500)
    (old.parent / f"imsdk_{day(1)}.xlog").symlink_to("nowhere")
    assert sweep(tmp_path, "--delete", "--state", tmp_path / "state").returncode == 3
    assert old.exists()


def test_the_calendar_s_last_day_has_a_newest_log_too(tmp_path):
    log(tmp_path / IMSDK, "imsdk_99991231.xlog")
    assert newest_day(scan(tmp_path), datetime.max.replace(tzinfo=UTC)) == date.max


def test_a_clock_before_the_last_run_is_refused(tmp_path):
    aged(tmp_path / IMSDK, 1)
    args = (tmp_path, "--delete", "--state", tmp_path / "state")
    assert sweep(*args).returncode == 0
    earlier = NOW - timedelta(minutes=1)
    result = sweep(*args, now=earlier)
    assert result.returncode == 3
    assert "before the last run" in result.stderr
    dry = sweep(tmp_path, "--state", tmp_path / "state", now=earlier)
    assert dry.returncode == 0
    assert "before the last run" in dry.stderr
    assert sweep(*args, "--force", now=earlier).returncode == 0


@MOUNTS
def test_the_root_of_a_private_file_system_is_refused_by_the_whole_command(tmp_path):
    """The command runs in a root of its own, in which `/` is a temporary folder."""
    new = tmp_path / "new"
    old = aged(new / IMSDK, 9)
    binds = [Path("/proc"), *{Path(p) for p in ("/usr", "/lib", "/lib64", "/bin", "/etc")},
             Path(sys.prefix), Path(sys.base_prefix), Path.cwd()]  # fmt: skip
    lines = [f"mount --bind '{new}' '{new}'"]
    for source in dict.fromkeys(path for path in binds if path.exists()):
        target = f"{new}{source}"
        lines.append(f"mkdir -p '{target}' && mount --bind '{source}' '{target}'")
    command = f"'{sys.executable}' -m xlogdecode sweep / --delete --state /state"
    lines.append(f"chroot '{new}' sh -c \"cd '{Path.cwd()}' && {command}\"")
    result = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", "\n".join(lines)],
        capture_output=True, text=True, check=False, env={**os.environ, "TZ": "UTC"},
    )  # fmt: skip
    assert result.returncode == 3, result.stderr
    assert "root of the file system" in result.stderr
    assert old.exists()
