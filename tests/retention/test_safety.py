"""What is never touched, and what happens when the world gets in the way."""

import contextlib
import errno
import mmap
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.retention.trees import IMSDK, NOW, aged, day, everything, log, objects, sweep, touch
from xlogdecode.retention import (
    DecisionReason,
    Rule,
    SweepVerdict,
    carry_out,
    iter_outcomes,
    plan,
    scan,
)
from xlogdecode.retention.folders import DescriptorFolder, PathFolder

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")


def decisions(root: Path, **how):
    return plan(scan(root, **how), Rule(), now=NOW)


def reasons(outcomes) -> dict[str, str]:
    return {o.decision.candidate.name: o.decision.reason.name.lower() for o in outcomes}


@POSIX
@pytest.mark.parametrize("level", range(7))
def test_a_link_at_any_level_is_not_followed(tmp_path, level):
    outside = aged(tmp_path / "outside" / "/".join(IMSDK.split("/")[level:]), 9)
    link = tmp_path / "sd" / "/".join(IMSDK.split("/")[: level + 1])
    if level == 6:
        outside = aged(tmp_path / "outside", 9)
    link.parent.mkdir(parents=True, exist_ok=True)
    target = tmp_path / "outside" / "/".join(IMSDK.split("/")[level : level + 1])
    link.symlink_to(target if target.exists() else tmp_path / "outside")
    result = sweep(tmp_path / "sd", "--delete", "--json", "--state", tmp_path / "state")
    assert [(o["path"], o["reason"]) for o in objects(result)] == [(str(link), "link")]
    assert outside.exists()


@POSIX
def test_a_root_that_is_a_link_is_refused_and_its_parents_may_be_links(tmp_path):
    real = aged(tmp_path / "real" / IMSDK, 9)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "up").symlink_to(".")
    assert sweep(tmp_path / "link", "--delete", "--state", tmp_path / "state").returncode == 1
    assert real.exists()
    assert sweep(tmp_path / "up/real", "--delete", "--state", tmp_path / "state").returncode == 0
    assert not real.exists()


@POSIX
def test_links_pipes_sockets_and_folders_with_a_log_s_name_stay(tmp_path, monkeypatch):
    here = tmp_path / IMSDK
    target = log(tmp_path, "target")
    here.mkdir(parents=True)
    (here / f"imsdk_{day(20)}.xlog").symlink_to(target)
    (here / f"imsdk_{day(21)}.xlog").symlink_to("nowhere")
    os.mkfifo(here / f"imsdk_{day(22)}.xlog")
    (here / f"imsdk_{day(23)}.xlog").mkdir()
    monkeypatch.chdir(here)
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"imsdk_{day(24)}.xlog")
        before = everything(tmp_path)
        outcomes = carry_out(decisions(tmp_path))
    assert everything(tmp_path) == before
    assert sorted(o.decision.reason.name for o in outcomes) == ["LINK"] * 2 + ["SPECIAL"] * 2


@POSIX
def test_a_hard_link_goes_and_its_other_name_stays(tmp_path):
    here = aged(tmp_path / IMSDK, 9)
    (tmp_path / "elsewhere").hardlink_to(here)
    carry_out(decisions(tmp_path))
    assert not here.exists()
    assert (tmp_path / "elsewhere").read_bytes() == b"x" * 10


@POSIX
def test_odd_names_stay_and_do_no_harm(tmp_path):
    here = tmp_path / IMSDK
    due = aged(here, 9)
    odd = [
        b"imsdk_20260101.xlog\n",
        b"imsdk_\xff20260101.xlog",
        b"a" * 255,
        b"-rf",
        b"* .xlog",
        b"\\",
    ]
    for name in map(os.fsdecode, odd):
        log(here, name)
    result = sweep(tmp_path, "--delete", "--state", tmp_path / "state")
    assert result.returncode == 0
    assert not due.exists()
    assert {path.name for path in here.iterdir()} == set(map(os.fsdecode, odd))
    assert len(result.stdout.splitlines()) == len(odd) + 2


@POSIX
def test_a_root_with_an_odd_name_is_swept(tmp_path):
    root = tmp_path / os.fsdecode(b"new\nline \xff")
    due = aged(root / IMSDK, 9)
    result = sweep(root, "--delete", "--state", tmp_path / "state")
    assert (result.returncode, due.exists()) == (0, False)
    assert r"new\nline \xff" in result.stdout


@LINUX
@pytest.mark.parametrize("how", ["read", "write", "map"])
def test_a_file_held_open_is_kept_by_the_dry_run_and_the_real_one(tmp_path, how):
    held, free = aged(tmp_path / IMSDK, 9), aged(tmp_path / IMSDK, 10)
    program = (
        "import mmap, sys\n"
        "how, path = sys.argv[1:]\n"
        "file = open(path, 'r+b' if how == 'write' else 'rb')\n"
        "if how == 'map':\n"
        "    view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)\n"
        "    file.close()\n"
        "print(flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, how, held],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        holder.stdout.readline()
        touch(held, 9)
        planned = reasons(carry_out(decisions(tmp_path), dry_run=True))
        done = reasons(carry_out(decisions(tmp_path)))
        holder.stdin.close()
    assert planned == done == {held.name: "in_use", free.name: "age"}
    assert held.exists()
    assert not free.exists()
    carry_out(decisions(tmp_path))
    assert not held.exists()


@LINUX
@pytest.mark.parametrize("likely", [True, False])
def test_both_ways_to_tell_see_a_file_held_open(tmp_path, likely, monkeypatch):
    from xlogdecode.retention import in_use

    aged(tmp_path / IMSDK, 9)
    (decision,) = decisions(tmp_path)
    if likely:  # `/proc` shows nothing of a process that may not be looked into
        monkeypatch.setattr(in_use, "_open_files", lambda: iter(()))
    with DescriptorFolder(os.open(tmp_path / IMSDK, os.O_RDONLY)) as folder:
        watch = in_use.LinuxWatch()
        path = tmp_path / IMSDK / decision.candidate.name
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
            file.close()
            with pytest.raises(in_use.InUse):
                watch.claim(folder, decision.candidate, likely=likely)
        later = in_use.LinuxWatch().claim(folder, decision.candidate, likely=likely)
        if later != in_use.NOTHING_HELD:
            os.close(later)


ERRNOS = [errno.EPERM, errno.EACCES, errno.EROFS, errno.EIO, errno.EBUSY]


@POSIX
@pytest.mark.parametrize("number", ERRNOS, ids=errno.errorcode.get)
def test_a_deletion_that_fails_is_told_and_stops_nothing(tmp_path, monkeypatch, number):
    first, second, third = (aged(tmp_path / IMSDK, age) for age in (11, 10, 9))
    remove = DescriptorFolder.remove

    def failing(self, name):
        if second.name in name:  # by its private name
            raise OSError(number, os.strerror(number))
        remove(self, name)

    monkeypatch.setattr(DescriptorFolder, "remove", failing)
    outcomes = carry_out(decisions(tmp_path))
    assert [o.verdict for o in outcomes] == [
        SweepVerdict.DELETED,
        SweepVerdict.FAILED,
        SweepVerdict.DELETED,
    ]
    assert outcomes[1].error.errno == number
    assert [p.exists() for p in (first, second, third)] == [False, True, False]


@POSIX
@pytest.mark.parametrize("number", ERRNOS[:4], ids=errno.errorcode.get)
@pytest.mark.parametrize("call", ["step", "names", "stat"])
def test_a_folder_or_file_that_cannot_be_read_is_told_and_stops_nothing(
    tmp_path, monkeypatch, number, call
):
    bad = tmp_path / IMSDK.replace("chat", "bad")
    kept, gone = aged(bad, 9), aged(tmp_path / IMSDK, 9)
    identity = bad.stat().st_ino, bad.parent.stat().st_ino
    real = getattr(DescriptorFolder, call)

    def failing(self, *args):
        here = self.identity()[1]
        if here == identity[call == "step"] or (call == "stat" and here == identity[0]):
            raise OSError(number, os.strerror(number))
        return real(self, *args)

    monkeypatch.setattr(DescriptorFolder, call, failing)
    outcomes = carry_out(decisions(tmp_path))
    assert sorted(o.verdict.value for o in outcomes) == ["deleted", "failed"]
    assert kept.exists()
    assert not gone.exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may do anything")
def test_a_folder_that_may_not_be_written_makes_status_1(tmp_path):
    old = aged(tmp_path / IMSDK, 9)
    old.parent.chmod(0o555)
    result = sweep(tmp_path, "--delete", "--state", tmp_path / "state")
    old.parent.chmod(0o755)
    assert result.returncode == 1
    assert "Permission denied" in result.stderr


@pytest.mark.parametrize("number_is_used_anew", [False, True])
def test_a_file_that_vanished_meanwhile_is_done(tmp_path, monkeypatch, number_is_used_anew):
    old = aged(tmp_path / IMSDK, 9)
    planned = decisions(tmp_path)
    number = (old.stat().st_dev, old.stat().st_ino)
    open_files = [number] if number_is_used_anew else []
    monkeypatch.setattr("xlogdecode.retention.in_use._open_files", lambda: open_files)
    old.unlink()
    (outcome,) = carry_out(planned)
    assert (outcome.verdict, outcome.error) == (SweepVerdict.VANISHED, None)


@pytest.mark.parametrize("change", ["content", "mtime", "replaced"])
def test_a_file_that_changed_since_the_plan_is_kept(tmp_path, change):
    old = aged(tmp_path / IMSDK, 9)
    planned = decisions(tmp_path)
    if change == "replaced":
        other = log(tmp_path, "fresh", age=9)
        other.replace(old)
    else:
        old.write_bytes(b"new" if change == "content" else b"x" * 10)
        touch(old, 9 if change == "content" else 8.5)
    (outcome,) = carry_out(planned)
    assert (outcome.verdict, outcome.decision.reason) == (SweepVerdict.KEPT, DecisionReason.CHANGED)
    assert old.exists()


@POSIX
def test_a_file_put_in_place_between_the_looks_is_kept(tmp_path, monkeypatch):
    """The last look is right before the unlink: whatever happens until then is seen."""
    old = aged(tmp_path / IMSDK, 9)
    fresh = log(tmp_path, "fresh", age=9)
    planned = decisions(tmp_path)
    real = DescriptorFolder.stat

    def replaced_first(self, name):
        if fresh.exists():
            fresh.replace(old)
        return real(self, name)

    monkeypatch.setattr(DescriptorFolder, "stat", replaced_first)
    (outcome,) = carry_out(planned)
    assert outcome.decision.reason is DecisionReason.CHANGED
    assert old.exists()


@POSIX
def test_nothing_comes_between_the_last_look_and_the_unlink(tmp_path, monkeypatch):
    aged(tmp_path / IMSDK, 9)
    planned = decisions(tmp_path)
    calls = []
    for name in ("step", "stat", "open", "rename", "remove"):
        real = getattr(DescriptorFolder, name)
        monkeypatch.setattr(
            DescriptorFolder, name, lambda *a, _n=name, _r=real: (calls.append(_n), _r(*a))[1]
        )
    carry_out(planned)
    assert calls[-3:] == ["rename", "stat", "remove"]


def test_a_folder_that_was_replaced_meanwhile_is_left_alone(tmp_path):
    old = aged(tmp_path / IMSDK, 9)
    planned = decisions(tmp_path)
    old.parent.rename(tmp_path / "was")
    again = aged(tmp_path / IMSDK, 9)
    (outcome,) = carry_out(planned)
    assert outcome.verdict is SweepVerdict.FAILED
    assert again.exists()
    assert (tmp_path / "was" / old.name).exists()


def test_outcomes_are_lazy_and_a_stop_keeps_the_rest(tmp_path):
    paths = [aged(tmp_path / IMSDK, age) for age in (11, 10, 9)]
    stopped = []
    outcomes = iter_outcomes(decisions(tmp_path), stop=lambda: bool(stopped))
    assert next(outcomes).verdict is SweepVerdict.DELETED
    stopped.append(True)
    assert [o.decision.reason for o in outcomes] == [DecisionReason.STOPPED] * 2
    assert [p.exists() for p in paths] == [False, True, True]


@pytest.fixture
def by_path(monkeypatch):
    """The way of systems without descriptors of folders, such as Windows."""
    monkeypatch.setattr("xlogdecode.retention.folders.BY_DESCRIPTOR", False)


def test_without_descriptors_the_same_goes(by_path, tmp_path):
    gone, kept = aged(tmp_path / IMSDK, 9), aged(tmp_path / IMSDK, 2)
    if hasattr(os, "symlink"):
        with contextlib.suppress(OSError):
            (tmp_path / "tencent").symlink_to(tmp_path)
    outcomes = carry_out(decisions(tmp_path))
    assert "DELETED" in [o.verdict.name for o in outcomes]
    assert kept.exists()
    assert not gone.exists()


@POSIX
def test_without_descriptors_a_link_is_refused_too(by_path, tmp_path):
    outside = aged(tmp_path / "outside" / "imsdklogs/com.example.chat", 9)
    (tmp_path / "sd").mkdir()
    (tmp_path / "sd/tencent").symlink_to(tmp_path / "outside")
    (outcome,) = carry_out(decisions(tmp_path / "sd"))
    assert outcome.decision.reason is DecisionReason.LINK
    assert outside.exists()


def test_without_descriptors_a_folder_replaced_before_the_unlink_is_seen(by_path, tmp_path):
    old = aged(tmp_path / IMSDK, 9)
    folder = PathFolder(old.parent)
    old.parent.rename(tmp_path / "was")
    again = aged(tmp_path / IMSDK, 9)
    with pytest.raises(FileNotFoundError):
        folder.remove(again.name)
    assert again.exists()


def test_a_reparse_point_is_a_link():
    from xlogdecode.retention import folders

    class Status:
        st_mode = stat.S_IFDIR
        st_file_attributes = stat.FILE_ATTRIBUTE_REPARSE_POINT

    assert folders._is_reparse_point(Status())


def test_a_sharing_violation_means_in_use(by_path, tmp_path, monkeypatch):
    old = aged(tmp_path / IMSDK, 9)

    def refused(self, name):
        error = PermissionError(13, "used by another process")
        error.winerror = 32
        raise error

    monkeypatch.setattr(PathFolder, "remove", refused)
    (outcome,) = carry_out(decisions(tmp_path))
    assert (outcome.verdict, outcome.decision.reason) == (SweepVerdict.KEPT, DecisionReason.IN_USE)
    assert old.exists()


def _may_mount() -> bool:
    probe = ["unshare", "--mount", "true"]
    try:
        return subprocess.run(probe, capture_output=True, check=False, timeout=10).returncode == 0
    except OSError:
        return False


MOUNTS = pytest.mark.skipif(not _may_mount(), reason="no private mounts here")


@MOUNTS
def test_a_mount_is_not_crossed_even_of_the_same_file_system(tmp_path):
    outside = aged(tmp_path / "outside", 9)
    place = tmp_path / "sd" / IMSDK
    place.mkdir(parents=True)
    script = (
        f"mount --bind '{outside.parent}' '{place}' && "
        f"'{sys.executable}' -m xlogdecode sweep '{tmp_path}/sd' --delete "
        f"--state '{tmp_path}/state' --now {NOW.isoformat()}"
    )
    result = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert f"keep     {place}: on another file system" in result.stdout
    assert outside.exists()
