"""`layouts ROOT`: what holds logs is found wherever it is, and what it prints sweeps them."""

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.retention.trees import IMSDK, aged, day, log, objects, sweep
from xlogdecode.cli.app import cli


def layouts(*args: object):
    return CliRunner().invoke(cli, ["layouts", *map(str, args)], standalone_mode=False)


def found(*args: object) -> list[dict]:
    return [json.loads(line) for line in layouts(*args, "--json").output.splitlines()]


PLACES = [
    ("phones/a/sdcard", "android", IMSDK),
    ("", "android", IMSDK),
    ("", "android-app", IMSDK.removeprefix("Android/")),
    ("", "android-app", IMSDK.removeprefix("Android/data/")),
    ("", "android-app", IMSDK.removeprefix("Android/data/com.example.chat/")),
    ("storage/emulated/0", "android-legacy", "tencent/imsdklogs/com.example.chat"),
    ("data/media/10", "android-legacy", "tencent/imsdklogs/com/example/chat"),
    ("Library/Containers/com.a.b/Data", "apple", "Library/Caches/com_tencent_imsdk_log"),
    ("case/App.xcappdata/AppData", "apple", "Library/Caches/com_tencent_imsdk_log"),
    ("Users/eve", "electron", "AppData/Roaming/App/sdk-log"),
    ("bundle", "harmony", "haps/entry/cache"),
    ("bundle", "harmony-flutter", "haps/entry/files/log/tencent/imsdk"),
    ("Users/eve", "unity", "AppData/LocalLow/Acme/Game/TIM-Log"),
    ("game", "unity", ".TIM-Log"),
    ("Users/eve", "windows-flutter", "AppData/Local/Temp/TencentCloudChat/Log"),
    (
        "Library/Developer/CoreSimulator/Devices/6F1C/data/Containers/Data/Application/9A2B",
        "apple", "Library/Caches/com_tencent_imsdk_log",
    ),
    ("C/Users/eve", "windows-flutter", "Documents/TencentCloudChat/Log"),
]  # fmt: skip


@pytest.mark.parametrize(("above", "layout", "place"), PLACES)
def test_a_folder_of_logs_is_found_with_its_root(tmp_path, above, layout, place):
    old = aged(tmp_path / above / place, 9)
    (folder,) = found(tmp_path)
    assert (folder["layout"], folder["root"]) == (layout, str(tmp_path / above))
    assert (folder["logs"], folder["folder"]) == (1, str(old.parent))
    due = [o["path"] for o in objects(sweep(folder["root"], "--json"))]
    assert due == [str(old)]
    assert f"xlogdecode sweep {folder['root']}" in layouts(tmp_path).output


def test_the_policy_that_it_prints_sweeps_all_that_it_found(tmp_path):
    root = tmp_path / "root"
    due = {aged(root / f"devices/{name}/sdcard" / IMSDK, 9) for name in "abcd"}
    due |= {aged(root / "uploads" / name, 9) for name in ("x", "y/z", "w")}
    due.add(aged(root / "Users/eve/.tencent-im/sdk-log", 9))
    log(root / "uploads", "notes.txt")
    policy = tmp_path / "p.yaml"
    policy.write_text(layouts(root, "--print-config").output)
    assert f"{root}/devices/*/sdcard" in policy.read_text()
    result = sweep("--config", policy, "--json")
    assert result.returncode == 0, result.stderr
    assert {Path(o["path"]) for o in objects(result)} == due


UPLOADS = (
    "alice_imsdk_C_{}.xlog", "bob_imsdk_C_{}.xlog", "imsdk_{} (1).xlog", "imsdk_{} (12).xlog",
    "MarsSample_{}.xlog", "MarsSample_{}_3.xlog", "7-{}.clog.log",
)  # fmt: skip
NO_UPLOADS = ("MarsSample_{}.mmap3", "notes_{}.txt", "a_20261399_{}1.xlog", "LiteAV_C_{}.xlog")


def test_uploads_and_logs_of_other_apps_are_found_and_swept_by_their_names(tmp_path):
    root = tmp_path / "up"
    due = {log(root / "x", name.format(day(9)), age=9) for name in UPLOADS}
    for name in NO_UPLOADS:
        log(root / "x", name.format(day(9)), age=9)
    (folder,) = found(root)
    assert (folder["layout"], folder["logs"]) == (None, len(UPLOADS))
    assert "--print-config" in layouts(root).output
    policy = tmp_path / "p.yaml"
    policy.write_text(layouts(root, "--print-config").output)
    for name in UPLOADS:
        log(root / "x", name.format(day(1)), age=1)
    result = sweep("--config", policy, "--json")
    assert result.returncode == 0, result.stderr
    assert {Path(o["path"]) for o in objects(result) if o["verdict"] == "delete"} == due


def test_other_names_are_no_logs_in_a_folder_of_the_sdk(tmp_path):
    log(tmp_path / IMSDK, f"MarsSample_{day(9)}.xlog", age=9)
    assert found(tmp_path) == []
    aged(tmp_path / IMSDK, 9)
    (folder,) = found(tmp_path)
    assert (folder["logs"], folder["names"]) == (1, [])


ODD = [
    ("a folder without logs beside others", [f"devices/{name}/sdcard/{IMSDK}" for name in "abc"]),
    (
        "other folders around one of a layout",
        [IMSDK, *(f"Android/data/com.example.chat/x{n}" for n in "abc")],
    ),
    ("signs of patterns in names", [f"[a]/{IMSDK}", f"b*/{IMSDK}", f"c?/{IMSDK}", "up[1]"]),
    ("a name that is no UTF-8", [f"d\udcff/{IMSDK}"]),
]  # fmt: skip


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="such names are refused there")
@pytest.mark.parametrize("places", [places for _, places in ODD], ids=[name for name, _ in ODD])
def test_no_root_of_the_policy_is_without_logs(tmp_path, places):
    root = tmp_path / "root"
    (root / "devices/d/sdcard").mkdir(parents=True)
    due = {str(aged(root / place, 9)) for place in places}
    policy = tmp_path / "p.yaml"
    policy.write_text(layouts(root, "--print-config").output)
    result = sweep("--config", policy, "--delete", "-q", "--state", tmp_path / "state")
    assert (result.returncode, result.stderr) == (0, "")
    assert not any(map(os.path.lexists, due))


def test_the_policy_and_the_command_for_liteav_ask_for_it(tmp_path):
    root = tmp_path / "root"
    name = f"LiteAV_C_{day(9)}.xlog"
    due = {log(root / place, name, age=9) for place in ("a/log/liteav", "odd/place")}
    policy = tmp_path / "p.yaml"
    policy.write_text(layouts(root, "--liteav", "--print-config").output)
    result = sweep("--config", policy, "--json")
    assert result.returncode == 0, result.stderr
    assert {Path(o["path"]) for o in objects(result)} == due
    assert "sweep --liteav" in layouts(root / "a", "--liteav").output


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_root_that_is_a_link_is_named_by_the_folder_it_leads_to(tmp_path):
    aged(tmp_path / "real" / IMSDK, 9)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert f"{tmp_path}/real" in layouts(tmp_path / "link", "--print-config").output


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_no_link_is_followed(tmp_path):
    aged(tmp_path / "elsewhere" / IMSDK, 9)
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path / "root") == []


def test_where_nothing_is_there_is_no_policy(tmp_path):
    result = layouts(tmp_path, "--print-config")
    assert (result.return_value, result.output) == (1, "")
