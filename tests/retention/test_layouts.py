"""Every layout of the table, as a real tree; names that are logs, and names that are not."""

import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.retention.trees import NOW, aged, day, log, objects, sweep
from xlogdecode.cli.app import cli
from xlogdecode.errors import UsageError
from xlogdecode.retention import layouts, scan
from xlogdecode.retention.names import LogName, recogniser

FOLDERS = [
    ("android", "Android/data/com.example.chat/files/log/tencent/imsdk", "com.example.chat"),
    ("android", "Android/data/com.example.chat/log/tencent/imsdk", "com.example.chat"),
    ("android-legacy", "tencent/imsdklogs/com.example.chat", "com.example.chat"),
    ("android-legacy", "tencenet/imsdklogs/com.example.chat", "com.example.chat"),
    ("android-legacy", "tencent/imsdklogs/com/example/chat", "com.example.chat"),
    ("android-legacy", "tencenet/imsdklogs/com/example", "com.example"),
    ("apple", "Library/Caches/com_tencent_imsdk_log", ""),
    ("apple-legacy", "Library/Caches", ""),
    ("windows", "com_tencent_imsdk_log", ""),
    ("windows", "Some Program/com_tencent_imsdk_log", ""),
    ("windows-flutter", "Documents/TencentCloudChat/Log", ""),
    ("windows-flutter", "TencentCloudChat/Log", ""),
    ("windows-flutter", "AppData/Local/Temp/TencentCloudChat/Log", ""),
    ("electron", ".tencent-im/sdk-log", ""),
    ("harmony", "haps/entry/cache", ""),
    ("harmony-flutter", "haps/entry/files/log/tencent/imsdk", ""),
    ("electron", ".config/App/sdk-log", ""),
    ("electron", "AppData/Roaming/App/sdk-log", ""),
    ("electron", "Library/Application Support/App/sdk-log", ""),
    ("unity", "TIM-Log", ""),
    ("unity", ".TIM-Log", ""),
    ("unity", "Android/data/com.example.game/files/TIM-Log", "com.example.game"),
    ("unity", "AppData/LocalLow/Acme/Game/TIM-Log", ""),
    ("unity", "Library/Application Support/Acme/Game/TIM-Log", ""),
    ("android-app", "files/log/tencent/imsdk", ""),
    ("android-app", "com.example.chat/files/log/tencent/imsdk", "com.example.chat"),
    ("android-app", "data/com.example.chat/files/log/tencent/imsdk", "com.example.chat"),
    ("android-app", "data/data/com.example.chat/files/log/tencent/imsdk", "com.example.chat"),
]
LITEAV = [
    ("liteav-android", "log/tencent/liteav", ""),
    ("liteav-android", "Android/data/com.example.ab/files/log/tencent/liteav", "com.example.ab"),
    ("liteav-android", "Android/data/com.example.chat/files/log/liteav", "com.example.chat"),
    ("liteav-windows", "tencent/liteav/log", ""),
    ("liteav-windows", "liteav/log", ""),
    ("liteav-apple", "Documents/log", ""),
    ("liteav-android", "log/liteav", ""),
    ("liteav-android", "Android/data/com.example.ab/files/voiceai/log/liteav", "com.example.ab"),
    ("liteav-windows", "voiceai/liteav/log", ""),
    ("liteav-windows", "AppData/Roaming/tencent/liteav/log", ""),
    ("liteav-windows", "AppData/Roaming/liteav/log", ""),
    ("liteav-windows", "AppData/Roaming/voiceai/liteav/log", ""),
    ("liteav-apple", "Documents/voiceai/log", ""),
    ("liteav-harmony", "haps/entry/files", ""),
    ("liteav-harmony", "haps/entry/files/voiceai/liteav/log", ""),
]  # fmt: skip
NEAR = [
    "imsdk", "tencent/imsdk", "Android/data/chat/files/log/tencent/imsdk",
    "Android/data/com.example.chat/files/log/tencent/imsdk/deeper",
    "Android/data/com.example.chat/files/log",
    "android/data/com.example.chat/files/log/tencent/imsdk",
    "tencent/imsdklogs", "tencent/imsdklogs/com", "tencent/imsdklogs/com/example/1chat",
    "tencent/imsdklogs/com.example/chat", "tencent/imsdklogs/com/exa-mple",
    "a/b/com_tencent_imsdk_log", "haps/cache", "sdk-log",
    "tencent/imsdklogs/com.example.chat/20260101", "",
]  # fmt: skip


@pytest.mark.parametrize(("layout", "folder", "package"), FOLDERS)
def test_a_folder_of_the_table_is_found_as_what_it_is(tmp_path, layout, folder, package):
    aged(tmp_path / folder, 9)
    (found,) = scan(tmp_path)
    assert (found.directory.layout, found.directory.package) == (layout, package)
    assert list(scan(tmp_path, layout=layout)) == [found]


def test_all_layouts_below_one_root_are_swept_at_once(tmp_path):
    due = {str(aged(tmp_path / folder, 9)) for _, folder, _ in FOLDERS}
    found = [o["path"] for o in objects(sweep(tmp_path, "--json")) if o["verdict"] == "delete"]
    assert len(found) == len(due)
    assert set(found) == due


@pytest.mark.parametrize("folder", NEAR)
def test_a_folder_that_only_looks_like_one_is_left_alone(tmp_path, folder):
    aged(tmp_path / folder, 9)
    assert list(scan(tmp_path, liteav=True)) == []


@pytest.mark.parametrize(("layout", "folder", "package"), LITEAV)
@pytest.mark.parametrize("name", ["LiteAV_C_{}.xlog", "LiteAV_R_{}-1234_01.clog"])
def test_liteav_is_found_only_where_it_is_asked_for(tmp_path, layout, folder, package, name):
    log(tmp_path / folder, name.format(day(9)), age=9)
    assert list(scan(tmp_path)) == []
    (found,) = scan(tmp_path, liteav=True)
    assert (found.directory.layout, found.directory.package) == (layout, package)
    assert found.log is not None


def test_each_folder_of_the_table_is_tried():
    wild = "(<package>|<hap>|<folder>)"
    for row in layouts.LAYOUTS.values():
        tried = [folder for layout, folder, _ in (*FOLDERS, *LITEAV) if layout == row.name]
        for pattern in () if row.family in ("path", "logs") else row.directories:
            steps = re.sub(wild, "[^/]+", pattern.replace(".", r"\."))
            steps = steps.replace("<package-in-folders>", "[^/.]+(/[^/.]+)+")
            assert any(re.fullmatch(steps, folder) for folder in tried), pattern


def test_the_path_layout_is_that_very_folder(tmp_path):
    here = aged(tmp_path, 9)
    aged(tmp_path / "deeper", 9)
    log(tmp_path, "im.db")
    assert list(scan(tmp_path)) == []
    verdicts = {o["path"]: o["verdict"] for o in objects(sweep(
        tmp_path, "--json", "--layout", "path"))}  # fmt: skip
    assert verdicts == {str(here): "delete", str(tmp_path / "im.db"): "keep"}


def test_the_folder_of_old_apple_logs_has_much_else_that_is_not_even_looked_at(tmp_path):
    log(tmp_path / "Library/Caches", "com.apple.something")
    assert list(scan(tmp_path)) == []


def test_an_unknown_layout_is_refused(tmp_path):
    with pytest.raises(UsageError, match="'nokia' is not a layout"):
        scan(tmp_path, layout="nokia")


def recognise(name: str, kind: str) -> LogName | None:
    return recogniser([kind])(name)


LOGS = {
    "imsdk_20260101.xlog": (0, "imsdk_20260101.xlog"),
    "imsdk_C_20260101.xlog": (0, "imsdk_C_20260101.xlog"),
    "imsdk_20260101-3.xlog": (3, "imsdk_20260101-3.xlog"),
    "imsdk_C_20260101_12.xlog": (12, "imsdk_C_20260101_12.xlog"),
    "imsdk_20260101.log": (0, "imsdk_20260101.log"),
    "imsdk_20260101.xlog.log": (0, "imsdk_20260101.xlog"),
    "imsdk_C_20260101_1.xlog.log": (1, "imsdk_C_20260101_1.xlog"),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_log_is_recognised_by_its_whole_name(name):
    assert recognise(name, "imsdk") == LogName(date(2026, 1, 1), *LOGS[name])


@pytest.mark.parametrize(
    "name",
    [
        "imsdk_C.mmap2", "imsdk.mmap3", "im.db", "im.db-wal", "msg_0.db", "imsdk_config_1",
        "QAVSDK_20260101.log", "ilivesdk_20260101.log", "imsdk_20260101.xlog.1",
        "imsdk_20260101.xlog.log.log", "imsdk_20260101.log.log", "imsdk_20260101.xlog\n",
        "ximsdk_20260101.xlog", "imsdk_2026011.xlog", "imsdk_202601011.xlog", "imsdk_20260101",
        "IMSDK_20260101.xlog", "imsdk_20260101.XLOG", "imsdk_20260101_.xlog",
        " imsdk_20260101.xlog",
        "imsdk_20260101_a.xlog", "imsdk_٢٠٢٦٠١٠١.xlog", "imsdk_C_20260101.log",
        "imsdk_20260101_1.log", "imsdk_20260101-1-2.xlog", "imsdk_20260101.xlog~", "20260101",
        "imsdk_20260101.xlog.gz", "LiteAV_C_20260101.xlog", "imsdk_D_20260101.xlog",
    ],
)  # fmt: skip
def test_anything_else_is_no_log(name):
    assert recognise(name, "imsdk") is None


@pytest.mark.parametrize("digits", ["20260230", "20250229", "20261301", "20260100", "00000101"])
def test_an_impossible_date_is_a_log_s_name_without_a_day(digits):
    found = recognise(f"imsdk_{digits}.xlog", "imsdk")
    assert found is not None
    assert found.day is None


@pytest.mark.parametrize(
    ("name", "is_log"),
    [
        ("LiteAV_C_20260101.xlog", True),
        ("LiteAV_R_20260101-1234.xlog", True),
        ("LiteAV_R_20260101-1234_01.clog", True),
        ("LiteAV_C_20260101_02.xlog.log", True),
        ("LiteAV_X_20260101.xlog", False),
        ("LiteAV_C_20260101.log", False),
        ("imsdk_20260101.xlog", False),
    ],
)
def test_liteav_has_names_of_its_own(name, is_log):
    assert (recognise(name, "liteav") is not None) is is_log


def test_the_table_shows_every_layout():
    shown = CliRunner().invoke(cli, ["layouts"]).output
    for layout in layouts.LAYOUTS.values():
        assert layout.name in shown
        assert layout.sdk in shown
        assert all(folder in shown for folder in layout.directories)


def test_a_root_shows_what_it_has(tmp_path: Path):
    for age in (2, 9):
        log(tmp_path / "haps/entry/cache", f"imsdk_{day(age)}.xlog", size=1500)
    lines = CliRunner().invoke(cli, ["layouts", str(tmp_path)]).output.splitlines()
    assert lines[1].split() == [
        f"{tmp_path}/haps/entry/cache", "harmony", "2", "2.9", "KiB", "2026-06-21", "2026-06-28",
    ]  # fmt: skip
    assert NOW.year == 2026


def test_a_root_without_logs_says_so(tmp_path):
    assert "no logs" in CliRunner().invoke(cli, ["layouts", str(tmp_path)]).output


@pytest.mark.parametrize(
    ("name", "remedy"), [("nosuch", "name a folder that exists"), ("file", "name a folder")]
)
def test_a_root_that_is_no_folder_is_told_by_name_with_the_remedy(tmp_path, name, remedy):
    (tmp_path / "file").touch()
    result = CliRunner().invoke(cli, ["layouts", str(tmp_path / name)], standalone_mode=False)
    assert result.return_value == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"xlogdecode: {tmp_path / name}: ")
    assert line.endswith(f": {remedy}")
    assert "Errno" not in line
