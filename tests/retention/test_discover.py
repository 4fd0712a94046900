"""`layouts ROOT`: what holds logs is found wherever it is, and what it prints sweeps them."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.retention.trees import IMSDK, aged, log, objects, sweep
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
]


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


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_no_link_is_followed(tmp_path):
    aged(tmp_path / "elsewhere" / IMSDK, 9)
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path / "root") == []


def test_where_nothing_is_there_is_no_policy(tmp_path):
    result = layouts(tmp_path, "--print-config")
    assert (result.return_value, result.output) == (1, "")
