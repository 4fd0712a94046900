"""`--archive`: a log is in the archive, whole and read back, before it goes."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest
import zstandard

from tests.retention.trees import IMSDK, NOW, aged, day, everything, log, sweep
from xlogdecode.retention import Rule, SweepVerdict, carry_out, plan, scan
from xlogdecode.retention import archive as room
from xlogdecode.retention.archive import MonthlyArchive
from xlogdecode.retention.state import LockHeldError, locked


def content(path: Path) -> dict[str, bytes]:
    data = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def member(path: Path) -> str:
    return str(path).lstrip("/")


def moved(root: Path, folder: Path):
    return carry_out(plan(scan(root), Rule(), now=NOW), archive=MonthlyArchive(folder))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "sd"


def test_logs_move_into_one_archive_a_package_and_month(root, folder, tmp_path):
    june = log(root / IMSDK, "imsdk_20260602.xlog", size=100_000)
    may = log(root / IMSDK, "imsdk_20260502.xlog", size=7)
    legacy = log(root / "tencent/imsdklogs/com/example/chat", "imsdk_20260503.xlog")
    plain = log(root / "com_tencent_imsdk_log", "imsdk_20260504.xlog")
    kept = aged(root / IMSDK, 2)
    args = ("--delete", "--state", tmp_path / "state", "--archive", folder)
    result = sweep(root, *args)
    assert result.returncode == 0
    assert result.stdout.count("archived ") == 5  # four files and the total
    assert {path.name: content(path) for path in folder.glob("*.zst")} == {
        "com.example.chat-2026-06.tar.zst": {member(june): b"x" * 100_000},
        "com.example.chat-2026-05.tar.zst": {member(may): b"x" * 7, member(legacy): b"x" * 10},
        "windows-2026-05.tar.zst": {member(plain): b"x" * 10},
    }
    assert not any(path.exists() for path in (june, may, legacy, plain))
    assert kept.exists()


def test_a_dry_run_archives_nothing(root, folder):
    old = aged(root / IMSDK, 9)
    result = sweep(root, "--archive", folder)
    assert result.returncode == 0
    assert old.exists()
    assert not folder.exists()


def test_two_names_of_one_file_are_stored_in_full(root, folder):
    june = log(root / IMSDK, "imsdk_20260602.xlog", size=9)
    other = june.with_name("imsdk_C_20260602.xlog")
    other.hardlink_to(june)
    assert {outcome.verdict for outcome in moved(root, folder)} == {SweepVerdict.ARCHIVED}
    (path,) = folder.glob("*.zst")
    assert content(path) == {member(june): b"x" * 9, member(other): b"x" * 9}


def test_what_came_before_stays_in_the_archive(root, folder):
    first = log(root / IMSDK, "imsdk_20260601.xlog", size=3)
    moved(root, folder)
    second = log(root / IMSDK, "imsdk_20260602.xlog", size=4)
    moved(root, folder)
    assert content(folder / "com.example.chat-2026-06.tar.zst") == {
        member(first): b"xxx", member(second): b"xxxx",
    }  # fmt: skip


def test_a_second_file_of_a_name_is_added_and_the_same_one_is_not(root, folder):
    path = log(root / IMSDK, "imsdk_20260601.xlog", size=3)
    moved(root, folder)
    log(root / IMSDK, "imsdk_20260601.xlog", size=3)
    moved(root, folder)
    assert content(folder / "com.example.chat-2026-06.tar.zst") == {member(path): b"xxx"}
    log(root / IMSDK, "imsdk_20260601.xlog", size=5)
    moved(root, folder)
    assert content(folder / "com.example.chat-2026-06.tar.zst") == {
        member(path): b"xxx", member(path) + "~1": b"xxxxx",
    }  # fmt: skip
    assert not path.exists()


def test_a_log_stays_if_its_archive_does_not_read_back(root, folder, monkeypatch):
    old = aged(root / IMSDK, 9)
    monkeypatch.setattr(room, "_digests", lambda path: {})
    (outcome,) = moved(root, folder)
    assert outcome.verdict is SweepVerdict.FAILED
    assert "read back" in str(outcome.error)
    assert old.exists()
    assert everything(folder) == [".lock"]


def test_a_spoilt_archive_is_left_as_it_is_and_so_are_the_logs(root, folder):
    old = aged(root / IMSDK, 9)
    folder.mkdir()
    spoilt = folder / f"com.example.chat-{day(9)[:4]}-{day(9)[4:6]}.tar.zst"
    spoilt.write_bytes(b"no archive")
    (outcome,) = moved(root, folder)
    assert outcome.verdict is SweepVerdict.FAILED
    assert "is damaged: move it away" in str(outcome.error)
    assert old.exists()
    assert spoilt.read_bytes() == b"no archive"
    assert len(everything(folder)) == 2


def test_an_archive_that_cannot_be_written_fails_its_month_alone(root, folder):
    june, may = (log(root / IMSDK, f"imsdk_20260{m}02.xlog") for m in (6, 5))
    (folder / "com.example.chat-2026-05.tar.zst").mkdir(parents=True)
    verdicts = [o.verdict for o in moved(root, folder)]
    assert verdicts == [SweepVerdict.FAILED, SweepVerdict.ARCHIVED]
    assert may.exists()
    assert not june.exists()


def test_a_log_that_changes_while_it_is_stored_stays(root, folder, monkeypatch):
    old = aged(root / IMSDK, 9)
    real = room._digests

    def and_meanwhile(path):
        old.write_bytes(b"news")
        return real(path)

    monkeypatch.setattr(room, "_digests", and_meanwhile)
    (outcome,) = moved(root, folder)
    assert outcome.verdict is SweepVerdict.KEPT
    assert old.read_bytes() == b"news"


@pytest.mark.skipif(not shutil.which("zstd") or not shutil.which("tar"), reason="no tar or zstd")
def test_tar_reads_an_archive_that_has_grown(root, folder, tmp_path):
    for number in (1, 2, 3):
        log(root / IMSDK, f"imsdk_2026060{number}.xlog", size=number)
        moved(root, folder)
    (path,) = folder.glob("*.zst")
    subprocess.run(["tar", "--zstd", "-xf", path, "-C", tmp_path], check=True)
    out = tmp_path / member(root / IMSDK)
    assert sorted(p.stat().st_size for p in out.iterdir()) == [1, 2, 3]


def test_two_sweeps_do_not_write_one_archive_at_once(root, folder):
    old = aged(root / IMSDK, 9)
    planned = plan(scan(root), Rule(), now=NOW)
    with locked(folder / ".lock", ""), pytest.raises(LockHeldError):
        carry_out(planned, archive=MonthlyArchive(folder, patience=0))
    assert old.exists()
    assert moved(root, folder)[0].verdict is SweepVerdict.ARCHIVED


def test_what_a_killed_sweep_left_is_no_hindrance(root, folder):
    aged(root / IMSDK, 9)
    folder.mkdir()
    left = folder / f".com.example.chat-{day(9)[:4]}-{day(9)[4:6]}.tar.zst.part"
    left.write_bytes(b"half")
    assert moved(root, folder)[0].verdict is SweepVerdict.ARCHIVED
    assert not left.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_an_archive_takes_the_place_of_no_pipe_and_no_link(root, folder, tmp_path):
    june = log(root / IMSDK, "imsdk_20260602.xlog")
    may = log(root / IMSDK, "imsdk_20260502.xlog")
    folder.mkdir()
    pipe = folder / "com.example.chat-2026-06.tar.zst"
    link = folder / "com.example.chat-2026-05.tar.zst"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "aside")
    outcomes = moved(root, folder)
    assert {outcome.verdict for outcome in outcomes} == {SweepVerdict.FAILED}
    assert {str(outcome.error) for outcome in outcomes} == {
        f"not archived in {pipe}: is not a regular file, and is not replaced",
        f"not archived in {link}: is a link, and is not replaced",
    }
    assert (june.exists(), may.exists()) == (True, True)
    assert (pipe.is_fifo(), link.is_symlink()) == (True, True)


def test_a_sweep_that_waits_too_long_for_an_archive_ends_with_75(root, folder, monkeypatch):
    old = aged(root / IMSDK, 9)
    folder.mkdir()
    monkeypatch.setitem(MonthlyArchive.__init__.__kwdefaults__, "patience", 0.3)
    with locked(folder / ".lock", "-"):
        result = sweep(root, "--delete", "--archive", folder, "--state", root.parent / "state")
    assert result.returncode == 75
    assert "another sweep holds the lock" in result.stderr
    assert old.exists()


def test_a_sweep_waits_for_an_archive_that_is_soon_free(root, folder):
    old = aged(root / IMSDK, 9)
    folder.mkdir()
    begun, free = threading.Event(), threading.Event()

    def hold():
        with locked(folder / ".lock", "-"):
            begun.set()
            free.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(30)
    threading.Timer(0.3, free.set).start()
    result = sweep(root, "--delete", "--archive", folder, "--state", root.parent / "state")
    holder.join()
    assert result.returncode == 0, result.stderr
    assert not old.exists()
