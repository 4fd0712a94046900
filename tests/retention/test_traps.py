"""Traps of real fleets: nothing found, clocks, units, overlaps, odd policies and signals."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

import xlogdecode
from tests.retention.test_runs import crowd, logs, started, until, values
from tests.retention.test_safety import MOUNTS
from tests.retention.trees import IMSDK, NOW, aged, day, log, objects, sweep
from xlogdecode.errors import ConfigError, UsageError
from xlogdecode.retention import GuardError, load_policy
from xlogdecode.retention import state as memory
from xlogdecode.retention.names import pattern_of, recogniser
from xlogdecode.retention.state import State

PAGE = (Path(xlogdecode.__file__).parent / "manual/sweeping.md").read_text("utf-8")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and signals of POSIX")


# Say it.


def test_nothing_found_is_no_success_and_each_root_gets_a_line(tmp_path, state):
    full, empty = tmp_path / "full", [tmp_path / "a", tmp_path / "b"]
    aged(full / IMSDK, 2)
    for root in empty:
        log(root / "DCIM", f"imsdk_{day(9)}.xlog")
    args = (full, *empty, "--delete", "--state", state, "--metrics", tmp_path / "m")
    result = sweep(*args)
    assert result.returncode == 1
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == list(map(str, empty))
    seen = values(tmp_path / "m")
    assert seen["xlogdecode_sweep_roots_without_logs"] == 2
    assert seen["xlogdecode_sweep_folders"] == seen["xlogdecode_sweep_files"] == 1
    assert seen["xlogdecode_sweep_last_success_timestamp_seconds"] == 0
    assert sweep(*args, "--missing-ok").returncode == 0
    assert values(tmp_path / "m")["xlogdecode_sweep_roots_without_logs"] == 0


def test_a_log_folder_that_is_empty_now_is_found(tmp_path, state):
    old = aged(tmp_path / IMSDK, 9)
    for _ in range(2):
        assert sweep(tmp_path, "--delete", "--state", state).returncode == 0
    assert not old.exists()


@pytest.mark.parametrize("folder", ["Library/Caches", "haps/entry/cache"])
def test_a_folder_that_is_there_without_the_sdk_is_no_log_folder(tmp_path, folder):
    log(tmp_path / folder, "something.else")
    assert sweep(tmp_path).returncode == 1
    log(tmp_path / folder, f"imsdk_{day(1)}.xlog", age=1)
    assert sweep(tmp_path).returncode == 0


def test_metrics_bear_the_policy(tmp_path, state, policy):
    aged(tmp_path / "sd" / IMSDK, 9)
    path = policy(f"roots: [{{path: {tmp_path}/sd}}]")
    sweep("--config", path, "--delete", "--state", state, "--metrics", tmp_path / "m")
    seen = values(tmp_path / "m")
    assert seen[f'xlogdecode_sweep_deleted_files{{policy="{path}"}}'] == 1
    assert seen[f'xlogdecode_sweep_kept_files{{policy="{path}",reason="young"}}'] == 0


def test_many_kept_files_are_counted_and_listed_only_with_v(tmp_path):
    due = aged(tmp_path / IMSDK, 9)
    for number in range(400):
        log(tmp_path / IMSDK, f"imsdk_{day(1)}_{number}.xlog", age=1)
    (line, total) = sweep(tmp_path).stdout.splitlines()
    assert line.startswith(f"delete   {due}: ")
    assert "keep 400 files" in total
    assert "-v lists them" in total
    assert len(sweep(tmp_path, "-v").stdout.splitlines()) == 402


def test_a_summary_has_a_line_a_folder(tmp_path):
    other = IMSDK.replace("chat", "other")
    for place in (IMSDK, other):
        for age in (1, 9, 10):
            aged(tmp_path / place, age)
    lines = sweep(tmp_path, "--summary").stdout.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["folder", "keep", "delete", "size"],
        *([str(tmp_path / place), "1", "2", "20", "B"] for place in (IMSDK, other)),
    ]
    assert len(lines) == 4


@POSIX
def test_json_is_valid_for_a_name_that_is_not_utf_8(tmp_path):
    root = tmp_path / os.fsdecode(b"\xff")
    path = aged(root / IMSDK, 9)
    (line, _) = sweep(root, "--json").stdout.splitlines()
    line.encode("utf-8")
    fields = json.loads(line)
    assert fields["path"].encode("utf-8") == os.fsencode(path).replace(b"\xff", rb"\xff")
    assert base64.b64decode(fields["path_base64"]) == os.fsencode(path)


@MOUNTS
def test_a_mount_in_the_way_is_a_warning_and_may_be_crossed(tmp_path):
    outside = aged(tmp_path / "outside/com.example.chat/files/log/tencent/imsdk", 9)
    (tmp_path / "sd/Android/data").mkdir(parents=True)
    command = (
        f"'{sys.executable}' -m xlogdecode sweep -q '{tmp_path}/sd' --delete "
        f"--state '{tmp_path}/state' --now {NOW.isoformat()}"
    )

    def run(options: str) -> subprocess.CompletedProcess:
        script = f"mount --bind '{tmp_path}/outside' '{tmp_path}/sd/Android/data' && {command}"
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", f"{script} {options}"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    result = run("")
    assert "on another mount, not swept; --cross-mounts sweeps it" in result.stderr
    assert outside.exists()
    assert run("--cross-mounts").stderr == ""
    assert not outside.exists()


# Never too much.


def test_a_clock_half_a_year_ahead_clears_nothing(tmp_path, state):
    week = [aged(tmp_path / IMSDK, age) for age in range(7)]
    later = NOW + timedelta(days=183)
    dry = sweep(tmp_path, now=later)
    assert (dry.returncode, "would be refused" in dry.stderr) == (0, True)
    assert sweep(tmp_path, "--delete", "--state", state, now=later).returncode == 3
    assert all(path.exists() for path in week)


def test_a_run_that_found_nothing_makes_no_clock_plausible(tmp_path, state):
    later = NOW + timedelta(days=183)
    args = (tmp_path, "--delete", "--state", state)
    (tmp_path / IMSDK).mkdir(parents=True)
    assert sweep(*args, now=later).returncode == 0
    log_of_today = aged(tmp_path / IMSDK, 0)
    assert sweep(*args, now=later + timedelta(days=1)).returncode == 3
    assert log_of_today.exists()


def test_a_recent_run_makes_the_clock_plausible_for_old_folders(tmp_path, state):
    args = (tmp_path, "--delete", "--state", state)
    fresh = aged(tmp_path / IMSDK, 1)
    assert sweep(*args).returncode == 0
    fresh.unlink()
    old = aged(tmp_path / IMSDK, 300)
    assert sweep(*args, now=NOW + timedelta(days=31)).returncode == 3
    assert sweep(*args, now=NOW + timedelta(days=29)).returncode == 0
    assert not old.exists()


@pytest.mark.parametrize(
    ("age", "remedy"),
    [("6m", "write 180d"), ("7", "write 7d"), ("7s", "less than a day"), ("23h", "add --force")],
)
def test_an_age_that_may_be_a_slip_is_refused(tmp_path, policy, age, remedy):
    old = aged(tmp_path / IMSDK, 9)
    result = sweep(tmp_path, "--delete", "--keep", age)
    assert (result.returncode, old.exists()) == (2, True)
    assert remedy in result.stderr
    with pytest.raises(ConfigError, match=remedy):
        load_policy(policy(f"keep: {age}\nroots: [{{path: /a}}]"))


def test_less_than_a_day_is_for_those_who_force_it(tmp_path, state):
    old = log(tmp_path / IMSDK, f"imsdk_{day(3)}.xlog", age=3)
    args = (tmp_path, "--delete", "--state", state, "--keep", "12h")
    assert sweep(*args, "--force").returncode == 0
    assert not old.exists()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('roots: [{path: "/a\\0b"}]', "NUL character"),
        ("keep_last: " + "9" * 5000 + "\nroots: [{path: /a}]", "at most 18 digits"),
        ("roots: [{path: /a, layout: logs, names: '*.xlog'}]", "must have the date"),
        ("roots: [{path: /a, layout: logs, names: ['YYYYMMDD.db']}]", "must end like a log"),
        ("roots: [{path: /a, layout: logs, prefix: ''}]", "must be a text"),
        ("roots: [{path: /a, names: 'x_YYYYMMDD.xlog'}]", "needs layout: logs"),
    ],
)
def test_a_policy_with_a_slip_says_how_to_mend_it(policy, text, hint):
    with pytest.raises(ConfigError, match=hint):
        load_policy(policy(text))


def test_a_policy_beyond_a_megabyte_is_refused_at_once(policy):
    with pytest.raises(ConfigError, match="larger than 1 MB"):
        load_policy(policy("# " + "x" * (1 << 20)))


def test_a_package_that_no_folder_has_is_mentioned(tmp_path, policy):
    aged(tmp_path / "sd" / IMSDK, 9)
    text = f"roots: [{{path: {tmp_path}/sd, packages: {{com.example.chat: {{keep: 30d}}, PKG}}}}]"
    path = policy(text.replace("PKG", "com.example.caht: {keep: 30d}"))
    result = sweep("--config", path)
    assert "com.example.caht" in result.stderr
    assert "com.example.chat " not in result.stderr


@pytest.mark.parametrize("deeper_first", [True, False])
@pytest.mark.parametrize("wild", [True, False])
def test_of_overlapping_roots_the_deepest_decides(tmp_path, policy, deeper_first, wild):
    usual = aged(tmp_path / "d/a" / IMSDK, 12)
    kept = aged(tmp_path / "d/b" / IMSDK, 12)
    deep = f"{tmp_path}/d/b/{IMSDK}"
    deep = deep.replace("com.example", "*") if wild else deep
    roots = [
        f"{{path: {tmp_path}/d/{'*' if wild else 'b'}}}",
        f"{{path: {deep}, layout: path, keep: 30d}}",
    ]
    roots = roots[::-1] if deeper_first else roots
    roots.append(f"{{path: {tmp_path}/d/a}}")
    found = objects(sweep("--config", policy(f"roots: [{', '.join(roots)}]"), "--json"))
    assert {o["path"]: o["verdict"] for o in found} == {str(usual): "delete", str(kept): "keep"}


def test_a_package_s_keep_beats_the_root_s_ceiling(tmp_path, policy):
    for place in (IMSDK, IMSDK.replace("chat", "other")):
        for age in (3, 5):
            aged(tmp_path / "sd" / place, age)
    root = f"path: {tmp_path}/sd, max_total: 1"
    plain = policy(f"roots: [{{{root}, packages: {{com.example.chat: {{keep: 30d}}}}}}]")
    due = [o["path"] for o in objects(sweep("--config", plain, "--json")) if o["verdict"] != "keep"]
    assert len(due) == 2
    assert all("other" in path for path in due)
    own = "{keep: 30d, max_total: 10}"
    says_so = policy(f"roots: [{{{root}, packages: {{com.example.chat: {own}}}}}]")
    due = [
        o["path"] for o in objects(sweep("--config", says_so, "--json")) if o["verdict"] != "keep"
    ]
    assert len(due) == 3


@pytest.mark.parametrize("soon_free", [True, False])
def test_two_policies_over_one_folder_run_one_after_the_other(
    tmp_path, state, policy, monkeypatch, soon_free
):
    old = aged(tmp_path / "sd" / IMSDK, 9)
    path = policy(f"roots: [{{path: {tmp_path}/sd}}]")
    monkeypatch.setattr(memory, "PATIENCE", 60 if soon_free else 0.2)
    held = contextlib.ExitStack()
    held.enter_context(State(state, [str(tmp_path / "sd")]).locked())
    if soon_free:
        threading.Timer(0.3, held.close).start()
    result = sweep("--config", path, "-q", "--delete", "--state", state)
    held.close()
    assert result.returncode == (0 if soon_free else 75)
    assert (result.stderr == "", old.exists()) == (soon_free, not soon_free)


@POSIX
def test_a_sweep_that_waits_for_another_ends_when_it_is_to(tmp_path, state, policy):
    aged(tmp_path / "sd" / IMSDK, 9)
    path = policy(f"roots: [{{path: {tmp_path}/sd}}]")
    held = State(state, [str(tmp_path / "sd")]).locked()
    with held, started("--config", path, "--delete", "--state", state) as process:
        until(lambda: len(list(state.glob("*.lock"))) == 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 75


@POSIX
@pytest.mark.parametrize("text", ["[" * 100_000, '{"last_run":' * 50_000])
def test_a_deeply_nested_memory_is_no_memory(tmp_path, state, text):
    aged(tmp_path / "sd" / IMSDK, 9)
    sweep(tmp_path / "sd", "--delete", "--state", state)
    (file,) = state.glob("*.json")
    file.write_text(text)
    assert sweep(tmp_path / "sd", "--delete", "--state", state).returncode == 0


@POSIX
def test_a_memory_that_is_a_pipe_is_not_waited_for(tmp_path, state):
    old = aged(tmp_path / "sd" / IMSDK, 9)
    sweep(tmp_path / "sd", "--delete", "--state", state, now=NOW - timedelta(days=5))
    (file,) = state.glob("*.json")
    file.unlink()
    os.mkfifo(file)
    result = sweep(tmp_path / "sd", "--delete", "--state", state)
    assert result.returncode == 1
    assert "not a regular file" in result.stderr
    assert old.exists()


@POSIX
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_lock_that_is_no_file_is_refused_in_a_line(tmp_path, state, kind):
    old = aged(tmp_path / "sd" / IMSDK, 9)
    sweep(tmp_path / "sd", "--delete", "--state", state, now=NOW - timedelta(days=5))
    (lock,) = state.glob("*.lock")
    lock.unlink()
    lock.symlink_to(tmp_path / "elsewhere") if kind == "link" else os.mkfifo(lock)
    result = sweep(tmp_path / "sd", "--delete", "--state", state)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert old.exists()
    assert not (tmp_path / "elsewhere").exists()


@POSIX
@pytest.mark.parametrize("zone", ["UTC+200:00", "x" * 5000, "\u00e9", "/dev/null", ":"])
def test_an_odd_zone_ends_in_a_line_or_a_sweep(tmp_path, zone):
    aged(tmp_path / IMSDK, 2)
    result = sweep(tmp_path, env={"TZ": zone}, now=None)
    assert "Traceback" not in result.stderr
    assert result.returncode in (0, 2)


@POSIX
def test_a_hang_up_ends_a_sweep_like_sigterm(tmp_path, state):
    crowd(tmp_path / "sd")
    first = tmp_path / "sd" / IMSDK.replace("chat", "chat0")
    with started(tmp_path / "sd", "--delete", "--json", "--state", state) as process:
        until(lambda: logs(first) < 100)
        process.send_signal(signal.SIGHUP)
        lines = process.stdout.read().splitlines()
    assert process.returncode == 128 + signal.SIGHUP
    assert json.loads(lines[-1])["summary"]["kept"]["stopped"] > 0


# One call, now and then, and folders of collected logs.


def test_one_call_asks_all_guards_and_deletes_only_when_told(tmp_path, state):
    now = NOW.now().astimezone()
    old = log(tmp_path / "sd" / IMSDK, f"imsdk_{day(9, now)}.xlog", age=9, now=now)
    dry = xlogdecode.sweep(tmp_path / "sd", state=state)
    assert (dry.due, dry.deleted, dry.ok, old.exists(), state.exists()) == (1, 0, True, True, False)
    done = xlogdecode.sweep(tmp_path / "sd", delete=True, state=state, at_most_every="1d")
    assert (done.deleted, done.ok, old.exists()) == (1, True, False)
    assert xlogdecode.sweep(tmp_path / "sd", delete=True, state=state, at_most_every="1d").skipped
    with pytest.raises(GuardError):
        xlogdecode.sweep("/", delete=True, state=state)
    with pytest.raises(UsageError):
        xlogdecode.sweep(tmp_path, keep="7")
    with pytest.raises(UsageError):
        xlogdecode.sweep("a\0b")


def test_at_most_every_day_does_nothing_until_then(tmp_path, state):
    args = (tmp_path / "sd", "--delete", "--state", state, "--at-most-every", "1d")
    aged(tmp_path / "sd" / IMSDK, 1)
    assert sweep(*args).returncode == 0
    old = aged(tmp_path / "sd" / IMSDK, 9)
    result = sweep(*args, now=NOW + timedelta(hours=23))
    assert (result.returncode, old.exists()) == (0, True)
    assert "nothing done" in result.stdout
    assert sweep(*args, now=NOW + timedelta(hours=24)).returncode == 0
    assert not old.exists()


def test_collected_logs_are_swept_wherever_they_are(tmp_path, state, policy):
    up = tmp_path / "up"
    due = [
        log(up, f"imsdk_{day(9)}.xlog"), log(up / "a/b/c", f"user7_imsdk_C_{day(9)}.xlog"),
        log(up / "a", f"imsdk_{day(9)} (1).xlog"), log(up / "m", f"MarsSample_{day(9)}_2.xlog"),
    ]  # fmt: skip
    kept = [
        log(up, f"imsdk_{day(2)}.xlog"), log(up / "a", "im.db"),
        log(up / "m", "Other_20260101.xlog"),
        log(up / "a", f"x{day(9)}_imsdk_C_{day(2)}.xlog"),
        log(up / "a", f"{day(2)}_imsdk_C_{day(9)}.xlog"),
        log(up / "a", "u_imsdk_C_20260230.xlog"), log(up / "a", "imsdk_C.mmap2"),
    ]  # fmt: skip
    if hasattr(os, "symlink"):
        (up / "link").symlink_to(tmp_path)
    names = "names: ['*_imsdk_C_YYYYMMDD.xlog', 'imsdk_YYYYMMDD (*).xlog'], prefix: MarsSample"
    path = policy(f"roots: [{{path: {up}, layout: logs, {names}}}]")
    result = sweep("--config", path, "--delete", "--state", state)
    assert result.returncode == 0, result.stderr
    assert [p.exists() for p in due] == [False] * len(due)
    assert all(p.exists() for p in kept)
    assert "im.db" not in result.stdout


@pytest.mark.parametrize("name", ["a_imsdk_C_20260101.xlog.mmap3", "a_20260101_b.mmap2.xlog"])
def test_a_pattern_never_takes_a_crash_buffer(name):
    assert recogniser([], [pattern_of("*YYYYMMDD*.xlog*")])(name) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_user_who_may_look_sees_what_others_hold_open(tmp_path):
    """As the unit of the manual: another user, with the two capabilities that it has."""
    line = next(x for x in PAGE.splitlines() if x.startswith("AmbientCapabilities="))
    few = ",".join(["-all", *(f"+{name.lower()[4:]}" for name in line.split("=")[1].split())])
    caps = [f"--inh-caps={few}", f"--ambient-caps={few}"]
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *caps]
    try:
        probe = subprocess.run([*user, "true"], capture_output=True, check=False)
    except OSError:
        pytest.skip("setpriv is not installed")
    if probe.returncode:
        pytest.skip("no other user may be taken here")
    path = aged(tmp_path / IMSDK, 9)
    program = (
        "import os, sys\n"
        "from xlogdecode.retention.in_use import _open_files\n"
        "print((int(sys.argv[1]), int(sys.argv[2])) in set(_open_files()))\n"
    )
    status = path.stat()
    command = [*user, sys.executable, "-c", program, str(status.st_dev), str(status.st_ino)]
    with path.open("rb"):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path.cwd())
    assert done.stdout == "True\n", done.stderr
