"""`keep`: a log's own files go by the rule of the sweep, and nothing else does."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from xlogdecode.encode import XlogWriter
from xlogdecode.errors import UsageError

ZONE = timezone(timedelta(hours=8))
NOON = datetime(2024, 1, 20, 12, tzinfo=ZONE)


def make(folder: Path, name: str, *, age: timedelta) -> None:
    (folder / name).write_bytes(b"old")
    changed = (NOON - age).timestamp()
    os.utime(folder / name, (changed, changed))


def open_log(folder: Path, *, now: datetime = NOON, **options) -> XlogWriter:
    return XlogWriter(
        folder, "app", clock=now.timestamp, zone=ZONE, flush_interval=None, keep="7d", **options
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"app_20240120.xlog", "app.mmap3"}


OLD = timedelta(days=9)


@pytest.mark.parametrize(
    "name",
    ["app_20240111.xlog", "app_20240112.xlog", "app_20240111_1.xlog", "app_20240111.xlog.log"],
)
def test_what_is_wholly_older_than_seven_days_goes(tmp_path: Path, name: str) -> None:
    make(tmp_path, name, age=OLD)
    open_log(tmp_path).close()
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "age"),
    [
        ("app_20240113.xlog", OLD),
        ("app_20240111.xlog", timedelta(days=6, hours=23)),
        ("app_20240230.xlog", OLD),
        ("other_20240111.xlog", OLD),
        ("app2_20240111.xlog", OLD),
        ("app_20240111.xlog.gz", OLD),
        ("app_20240111.txt", OLD),
        ("app_20250111.xlog", OLD),
        ("app.1.mmap3.unreadable1", OLD),
    ],
)
def test_anything_else_stays(tmp_path: Path, name: str, age: timedelta) -> None:
    make(tmp_path, name, age=age)
    open_log(tmp_path).close()
    assert names(tmp_path) == {name}


def test_old_files_go_with_each_new_day(tmp_path: Path) -> None:
    clock = [NOON.timestamp()]
    make(tmp_path, "app_20240113.xlog", age=timedelta(days=6, hours=12))
    with XlogWriter(
        tmp_path, "app", clock=lambda: clock[0], zone=ZONE, flush_interval=None, keep="7d"
    ) as writer:
        assert names(tmp_path) == {"app_20240113.xlog"}
        clock[0] += 86_400
        writer.write("tomorrow")
        assert names(tmp_path) == set()


def test_the_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    make(tmp_path / "real", "app_20240111.xlog", age=OLD)
    open_log(tmp_path / "link").close()
    assert names(tmp_path / "real") == set()


@pytest.mark.parametrize("mode", ["async", "sync"])
def test_a_clock_a_year_ahead_deletes_nothing(tmp_path: Path, mode: str) -> None:
    make(tmp_path, "app_20240111.xlog", age=OLD)
    open_log(tmp_path, now=NOON + timedelta(days=400), mode=mode).close()
    assert "app_20240111.xlog" in names(tmp_path)


def test_a_crash_buffer_is_saved_and_never_deleted(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.write("last words")
        left = (tmp_path / "app.mmap3").read_bytes()
    (tmp_path / "app_20240120.xlog").unlink()
    (tmp_path / "app.mmap3").write_bytes(left)
    os.utime(tmp_path / "app.mmap3", (0, 0))
    open_log(tmp_path).close()
    assert b"~~~~~ begin of mmap" in (tmp_path / "app_20240120.xlog").read_bytes()
    assert (tmp_path / "app.mmap3").exists()


@pytest.mark.parametrize("keep", ["7", "0d", "23h", "week"])
def test_an_age_below_a_day_or_none_at_all_is_refused(tmp_path: Path, keep: str) -> None:
    with pytest.raises(UsageError):
        XlogWriter(tmp_path, "app", keep=keep)
