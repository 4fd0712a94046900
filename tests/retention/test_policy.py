"""Policies: what a file may say, and where an error is said to be."""

import errno
from datetime import timedelta
from pathlib import Path

import pytest

from tests.retention.trees import IMSDK, aged, everything, objects, sweep
from xlogdecode.errors import ConfigError
from xlogdecode.retention import Root, Rule, load_policy
from xlogdecode.retention.folders import BY_DESCRIPTOR, DescriptorFolder
from xlogdecode.retention.policy import EXAMPLE

DAY = timedelta(days=1)


def test_the_example_is_a_policy_and_what_print_config_writes(policy):
    printed = sweep("--print-config", now=None)
    assert printed.stdout == EXAMPLE
    loaded = load_policy(policy(printed.stdout))
    rule = Rule(14 * DAY, 2, 2 << 30)
    chat = {"com.example.chat": Rule(30 * DAY, 2)}
    assert loaded.roots == (
        Root("/srv/devices/*/sdcard", "auto", rule, chat),
        Root("/var/lib/chat-desktop/logs", "path", Rule(7 * DAY)),
    )
    assert loaded.liteav is False


def test_what_stands_above_holds_for_every_root(policy):
    text = "keep: 3d\nkeep_last: 1\nmax_total: 1M\nliteav: true\n"
    text += "roots:\n- {path: /a}\n- {path: /b, keep: 1w}\n"
    loaded = load_policy(policy(text))
    assert [root.rule for root in loaded.roots] == [
        Rule(3 * DAY, 1, 1 << 20),
        Rule(7 * DAY, 1, 1 << 20),
    ]
    assert loaded.liteav is True


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "1:1", "empty policy"),
        ("# nothing\n", "1:1", "empty policy"),
        ("keep: 7d\n", "1:1", "empty policy"),
        ("roots: []\n", "1:8", "not a root"),
        ("roots:\n", "1:7", "must be a list"),
        ("keep: 7d\nrots: []\n", "2:1", "unknown key 'rots' .did you mean 'roots'"),
        ("roots:\n  - path: /a\n    kep: 7d\n", "3:5", "unknown key 'kep' .did you mean 'keep'"),
        ("keep: 7\nroots: [{path: /a}]\n", "1:7", "'7' has no unit; write 7d or 7w"),
        ("keep: seven\nroots: [{path: /a}]\n", "1:7", "no age|not an age|unit"),
        ("keep: [7d]\nroots: [{path: /a}]\n", "1:7", "an age must be a text"),
        ("keep:\nroots: [{path: /a}]\n", "1:6", "an age must be a text"),
        ("keep: 7d\nkeep: 8d\nroots: [{path: /a}]\n", "2:1", "twice"),
        ("keep_last: two\nroots: [{path: /a}]\n", "1:12", "whole number"),
        ("keep_last: -1\nroots: [{path: /a}]\n", "1:12", "whole number"),
        ("keep_last: true\nroots: [{path: /a}]\n", "1:12", "whole number"),
        ("max_total: lots\nroots: [{path: /a}]\n", "1:12", "is no[t a]* size"),
        ("max_total: 0\nroots: [{path: /a}]\n", "1:12", "keep nothing"),
        ("liteav: 1\nroots: [{path: /a}]\n", "1:9", "true or false"),
        ("roots:\n  - path: a/b\n", "2:11", "relative"),
        ("roots:\n  - path: ~/a\n", "2:11", "relative"),
        ("roots:\n  - path: ''\n", "2:11", "a path must be a text"),
        ("roots:\n  - path:\n", "2:10", "a path must be a text"),
        ("roots:\n  - path: /a/**/b\n", "2:11", "not supported"),
        ("roots:\n  - path: /a/../b\n", "2:11", "not supported"),
        ("roots:\n  - layout: auto\n", "2:5", "without a path"),
        ("roots:\n  - path: /a\n    layout: nokia\n", "3:13", "not a layout"),
        ("roots: [{path: /a, layout: andriod}]", "1:28", "did you mean 'android'"),
        ("roots: /a\n", "1:8", "must be a list"),
        ("roots: [/a]\n", "1:9", "must be a mapping"),
        ("[1]\n", "1:1", "must be a mapping"),
        ("keep: 0d\nroots: [{path: /a}]\n", "2:9", "keep nothing"),
        ("roots:\n  - {path: /a, keep: 0h}\n", "2:22", "keep nothing"),
        ("roots:\n  - path: /a\n    packages: {com.a.b: {keep: 0d}}\n", "3:32", "keep nothing"),
        ("roots:\n  - path: /a\n    packages: {a/b: {keep: 1d}}\n", "3:16", "not the name of an"),
        ("roots:\n  - path: /a\n    packages: {com.a.b: {path: /b}}\n", "3:26", "unknown key"),
        ("roots: [{path: /a}\n", "2:1", "not YAML"),
        ("roots: [{path: /a}]\n---\nroots: [{path: /b}]\n", "2:1", "not YAML"),
        ("a: *b\n", "1:4", "not YAML"),
    ],
)  # fmt: skip
def test_an_error_says_where_and_what_and_nothing_is_deleted(policy, text, where, what):
    path = policy(text)
    with pytest.raises(ConfigError, match=what) as caught:
        load_policy(path)
    assert str(caught.value).startswith(f"{path}:{where}: ")


def test_an_error_is_status_2_and_nothing_is_deleted(policy, tmp_path):
    aged(tmp_path / IMSDK, 30)
    path = policy(f"roots:\n  - path: {tmp_path}\n    keep: 7\n")
    before = everything(tmp_path)
    result = sweep("--config", path, "--delete", "--state", tmp_path / "state")
    assert result.returncode == 2
    assert result.stderr.startswith(f"xlogdecode: {path}:3:11: ")
    assert everything(tmp_path) == before


def test_a_file_that_is_not_there_or_not_text_is_said_to_be_so(policy, tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.yaml:1:1: cannot be read"):
        load_policy(tmp_path / "gone.yaml")
    path = policy("")
    path.write_bytes(b"keep: 7d\nroots: [\xff]\n")
    with pytest.raises(ConfigError, match=r":2:9: not UTF-8"):
        load_policy(path)
    path.write_text("[" * 5000)
    with pytest.raises(ConfigError, match=r":1:1: nested too deeply"):
        load_policy(path)
    path.write_bytes(b"keep: \x01\n")
    with pytest.raises(ConfigError, match=r":1:1: not YAML"):
        load_policy(path)


def test_wildcards_stand_for_folders_each_a_root_of_its_own(policy, tmp_path):
    due = [str(aged(tmp_path / "devices" / name / "sdcard" / IMSDK, 9)) for name in ("a", "b")]
    aged(tmp_path / "devices/.hidden/sdcard" / IMSDK, 9)
    (tmp_path / "devices/empty").mkdir()
    (tmp_path / "devices/z").symlink_to(tmp_path / "devices/a")
    path = policy(f"keep_last: 0\nroots:\n  - path: {tmp_path}/devices/*/sdcard\n")
    result = sweep("--config", path, "--json")
    assert result.returncode == 0
    assert [o["path"] for o in objects(result)] == due


@pytest.mark.skipif(not BY_DESCRIPTOR, reason="the fault is made there")
@pytest.mark.parametrize("call", ["step", "stat"])
def test_a_folder_behind_a_wildcard_that_cannot_be_entered_stops_no_other(
    policy, tmp_path, monkeypatch, call
):
    due = [aged(tmp_path / "devices" / name / "sdcard" / IMSDK, 9) for name in ("a", "b", "c")]
    closed = (tmp_path / "devices/b").stat().st_ino
    real = getattr(DescriptorFolder, call)

    def failing(self, name):
        if (call == "step" and name == "b") or (call == "stat" and self.identity()[1] == closed):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(self, name)

    monkeypatch.setattr(DescriptorFolder, call, failing)
    path = policy(f"roots:\n  - path: {tmp_path}/devices/*/sdcard\n")
    result = sweep("--config", path, "--delete", "--state", tmp_path / "state")
    assert result.returncode == 1
    assert "devices/b" in result.stderr
    assert [p.exists() for p in due] == [False, True, False]


def test_an_exception_counts_wherever_it_stands_among_the_roots(policy, tmp_path):
    usual, kept = (aged(tmp_path / "devices" / name / IMSDK, 12) for name in ("a", "b"))
    every, one = f"{{path: {tmp_path}/devices/*}}", f"{{path: {tmp_path}/devices/b, keep: 30d}}"
    for roots in (f"{every}, {one}", f"{one}, {every}"):
        result = sweep("--config", policy(f"roots: [{roots}]\n"), "--json")
        told = {o["path"]: o["verdict"] for o in objects(result) if "path" in o}
        assert told == {str(usual): "delete", str(kept): "keep"}


def test_where_no_log_is_found_that_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    result = sweep(tmp_path / "empty")
    assert "no log folder was found: `xlogdecode layouts ROOT` looks for logs" in result.stdout
    aged(tmp_path / IMSDK, 1)
    assert "no log folder was found" not in sweep(tmp_path).stdout


def test_wildcards_that_match_nothing_are_a_missing_root(policy, tmp_path):
    path = policy(f"roots:\n  - path: {tmp_path}/devices/*/sdcard\n")
    assert sweep("--config", path).returncode == 1
    assert sweep("--config", path, "--missing-ok").returncode == 0


def test_a_link_behind_a_wildcard_is_no_root(policy, tmp_path):
    aged(tmp_path / "elsewhere" / IMSDK, 9)
    (tmp_path / "devices/a").mkdir(parents=True)
    (tmp_path / "devices/a/sdcard").symlink_to(tmp_path / "elsewhere")
    result = sweep(
        "--config", policy(f"roots: [{{path: '{tmp_path}/devices/*/sdcard'}}]"), "--json"
    )
    assert [o["verdict"] for o in objects(result)] == ["failed"]
    assert result.returncode == 1
    assert "a link" in result.stderr


def test_a_package_keeps_longer_in_both_android_folders(policy, tmp_path):
    for folder in (IMSDK, "tencent/imsdklogs/com/example/chat"):
        aged(tmp_path / "sd" / folder, 20)
    other = aged(tmp_path / "sd/tencent/imsdklogs/com.example.other", 20)
    path = policy(
        f"roots:\n- path: {tmp_path}/sd\n  packages: {{com.example.chat: {{keep: 30d}}}}\n"
    )
    found = objects(sweep("--config", path, "--json"))
    assert [o["path"] for o in found if o["verdict"] == "delete"] == [str(other)]
    assert len(found) == 3


def test_a_ceiling_is_one_for_all_logs_of_a_root(policy, tmp_path):
    for folder in (IMSDK, "tencent/imsdklogs/com.example.other"):
        for age in (3, 4):
            aged(tmp_path / "sd" / folder, age)
    path = policy(f"max_total: 20\nroots: [{{path: {tmp_path}/sd}}]\n")
    found = objects(sweep("--config", path, "--json"))
    assert sorted(Path(o["path"]).name[6:14] for o in found if o["verdict"] == "delete") == [
        "20260626", "20260626",
    ]  # fmt: skip


def test_a_policy_and_roots_of_the_command_line_do_not_mix(policy, tmp_path):
    path = policy("roots: [{path: /a}]")
    assert sweep(tmp_path, "--config", path).returncode == 2
    assert sweep("--config", path, "--keep", "1d").returncode == 2
