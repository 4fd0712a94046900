"""Bad input at the door: each one clear line that names the file, the right exit status."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import run
from tests.shared import FIXTURES, expected_text

LOG = FIXTURES / "imsdk_20240101.xlog"
TEXT = expected_text(LOG)
LOCKED = FIXTURES / "async_zlib_crypt_small.xlog"
OTHER_KEY = "11" * 32

posix_only = pytest.mark.skipif(os.name == "nt", reason="POSIX alone has it")


@pytest.fixture
def log(tmp_path):
    """A healthy log in a folder of its own."""
    return Path(shutil.copy(LOG, tmp_path / "a.xlog"))


def parts_left(folder):
    return [path.name for path in folder.iterdir() if ".part" in path.name]


# inputs


def test_a_missing_file_is_named_in_one_line(tmp_path):
    done = run(tmp_path / "none.xlog")
    assert done.status == 1
    assert done.lines == [
        f"xlogdecode: {tmp_path / 'none.xlog'}: cannot be opened: No such file or directory"
    ]


def test_a_folder_is_refused_and_the_line_names_the_option_that_takes_it(tmp_path):
    done = run(tmp_path)
    assert done.status == 1
    assert len(done.lines) == 1
    assert done.lines[0].startswith(f"xlogdecode: {tmp_path}: is a folder")
    assert "-r" in done.lines[0]


def test_an_empty_file_is_whole_and_holds_no_text(tmp_path):
    empty = tmp_path / "empty.xlog"
    empty.touch()
    done = run("-c", empty)
    assert (done.status, done.out, done.err) == (0, b"", "")
    assert run(empty).status == 0
    assert empty.with_name("empty.xlog.log").read_bytes() == b""


def test_a_file_that_is_no_xlog_gives_nothing_and_says_so(tmp_path):
    picture = tmp_path / "picture.xlog"
    picture.write_bytes(b"\x89NPG\r\n\x1a\n" + bytes(range(256)) * 40)
    done = run(picture)
    assert done.status == 1
    assert len(done.lines) == 1
    assert done.lines[0].startswith(f"xlogdecode: {picture}: not an xlog file: no block found; ")
    assert "offset 0" in done.lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["picture.xlog"]


def test_an_unknown_magic_is_reported_as_such(tmp_path):
    path = tmp_path / "new.xlog"
    good = (FIXTURES / "async_zlib_nocrypt_small.xlog").read_bytes()
    path.write_bytes(good + b"\x13" + good[1:])
    done = run("-c", path)
    assert done.status == 3
    line = next(line for line in done.lines if "unknown magic" in line)
    assert str(path) in line
    assert f"offset {len(good)}" in line


@posix_only
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_an_unreadable_file_is_named(log):
    log.chmod(0)
    done = run(log)
    assert done.status == 1
    assert done.lines == [f"xlogdecode: {log}: cannot be opened: Permission denied"]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that fails on read")
def test_a_file_that_fails_while_it_is_read_is_named():
    done = run("-c", "/proc/self/mem")
    assert done.status == 1
    assert done.lines == ["xlogdecode: /proc/self/mem: cannot be read: Input/output error"]


def test_a_file_that_fails_does_not_stop_the_others(tmp_path, log):
    done = run("-c", tmp_path / "none.xlog", log)
    assert done.status == 1
    assert done.out == expected_text(LOG)


def test_a_call_without_arguments_reads_standard_input_when_that_is_piped():
    done = run(input=LOG.read_bytes())
    assert (done.status, done.out, done.err) == (0, expected_text(LOG), "")


# outputs


def test_an_output_that_exists_is_left_as_it_is(log):
    target = log.with_name("a.xlog.log")
    target.write_text("mine")
    done = run(log)
    assert done.status == 1
    assert len(done.lines) == 1
    assert done.lines[0].startswith(f"xlogdecode: {target}: exists; -f ")
    assert target.read_text() == "mine"
    assert run("-f", log).status == 0
    assert target.read_bytes() == expected_text(LOG)


def test_an_output_that_is_the_key_or_the_patterns_is_refused(log, tmp_path):
    key, patterns = tmp_path / "key", tmp_path / "patterns"
    shutil.copy(FIXTURES / "key", key)
    patterns.write_text("name: [a+]\n")
    for option, path in (("--key-file", key), ("--redact-patterns", patterns)):
        before = path.read_bytes()
        done = run("-f", "-o", path, option, path, "-p", "E", log)
        assert (done.status, len(done.lines)) == (2, 1)
        assert done.lines[0].startswith(f"xlogdecode: {path}: is the ")
        assert path.read_bytes() == before


def test_an_output_that_is_the_input_is_refused(log):
    before = log.read_bytes()
    for force in ((), ("-f",)):
        done = run(*force, "-o", log, log)
        assert done.status in (1, 2)
        assert str(log) in done.err
        assert log.read_bytes() == before


@posix_only
@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ('"$@" -o "$OUT" "$LOG" <&- >&- 2>&-', 0, ""),
        ('"$@" -c "$LOG" >&-', 1, "standard output: cannot be written: Bad file descriptor"),
        ('"$@" - <&-', 1, "standard input: cannot be read: Bad file descriptor"),
        ('"$@" -c none 2>&-', 1, ""),
    ],
)
def test_a_standard_stream_that_is_closed_is_missed_only_where_it_is_used(
    tmp_path, command, status, said
):
    env = os.environ | {"OUT": str(tmp_path / "text"), "LOG": str(LOG)}
    done = subprocess.run(
        ["/bin/sh", "-c", command, "sh", sys.executable, "-m", "xlogdecode"],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == bool(said)
    if not status:
        assert (tmp_path / "text").read_bytes() == expected_text(LOG)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("options", [["-o"], ["--merge", "-o"], ["-F"], ["-r", "-o"]], ids=" ".join)
def test_a_path_that_cannot_be_looked_at_is_named(tmp_path, options):
    long = tmp_path / ("x" * 300)
    done = run(*options, long, *([] if "-F" in options else [FIXTURES / "imsdk_20240101.xlog"]))
    assert done.status == 1
    (line,) = done.lines
    assert f"{long}: " in line
    assert line.endswith("File name too long") or "cannot be" in line


def test_a_full_disk_behind_standard_output_is_one_line():
    with Path("/dev/full").open("wb") as full:
        done = run("-c", LOG, stdout=full)
    assert done.status == 1
    assert len(done.lines) == 1
    assert done.lines[0].startswith(
        "xlogdecode: standard output: cannot be written: No space left on device"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("threads", [1, 4])
def test_a_full_disk_behind_standard_output_ends_the_run_with_one_line(tmp_path, threads):
    logs = [tmp_path / f"{number}.xlog" for number in range(9)]
    for log in logs:
        log.write_bytes(LOG.read_bytes() * 9)
    with Path("/dev/full").open("wb") as full:
        done = run("-c", "-T", threads, *logs, tmp_path / "none", stdout=full)
    assert done.status == 1
    assert len(done.lines) == 1
    assert "standard output: cannot be written" in done.lines[0]


def piped(*args):
    """Start `xlogdecode ARGS` on a pipe that stays open."""
    command = [sys.executable, "-m", "xlogdecode", *map(str, args)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("others", [(), (LOG,)])
def test_text_comes_before_a_pipe_ends(others):
    with piped("-c", "-", *others) as process:
        process.stdin.write(LOG.read_bytes() * 2)  # a block ends where the next one begins
        process.stdin.flush()
        text = b""
        while len(text) < len(TEXT):
            text += os.read(process.stdout.fileno(), 1 << 20)
        assert text.startswith(TEXT)
        process.communicate()


def test_a_pipe_is_not_waited_for_if_its_text_has_no_place(tmp_path):
    (tmp_path / "stdin.log").touch()
    with piped("-", LOG, "-o", tmp_path) as process:
        process.stdin.write(LOG.read_bytes())
        process.stdin.flush()
        assert process.wait(timeout=30) == 1
    assert (tmp_path / f"{LOG.name}.log").read_bytes() == TEXT


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_standard_error_stops_no_work(tmp_path):
    logs = [Path(shutil.copy(LOG, tmp_path / f"{number}.xlog")) for number in range(3)]
    command = [sys.executable, "-m", "xlogdecode", *logs]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stderr=full, check=False)
    assert done.returncode == 0
    assert all(log.with_name(f"{log.name}.log").exists() for log in logs)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_as_the_output_is_written_to_and_never_replaced():
    done = run("-o", "/dev/full", LOG)
    assert done.status == 1
    assert done.lines[0].startswith("xlogdecode: /dev/full: cannot be written: No space left")
    assert Path("/dev/full").is_char_device()


@posix_only
@pytest.mark.untraced
def test_an_output_that_cannot_grow_leaves_no_part_of_it(log):
    import resource

    limit = (1000, 1000)
    done = run(log, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    assert done.status == 1
    assert len(done.lines) == 1
    assert done.lines[0].startswith(f"xlogdecode: {log}.log: cannot be written: File too large")
    assert [path.name for path in log.parent.iterdir()] == ["a.xlog"]


def test_a_full_file_system_leaves_no_part_of_the_output(log, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    script = (
        f"mount -t tmpfs -o size=16k none {small} && {sys.executable} -m xlogdecode -o "
        f"{small}/a.log {log}; echo $?; ls -A {small}"
    )
    probe = f"mount -t tmpfs none {small}"
    unshare = shutil.which("unshare")
    if (
        not unshare
        or subprocess.run([unshare, "-m", "sh", "-c", probe], capture_output=True).returncode
    ):
        pytest.skip("no private mount namespace to be had")
    done = subprocess.run([unshare, "-m", "sh", "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == ["1"]
    assert done.stderr.startswith(f"xlogdecode: {small}/a.log: cannot be written: No space left")
    assert len(done.stderr.splitlines()) == 1


@posix_only
def test_a_target_in_no_folder_is_named(log):
    done = run("-o", log / "below" / "a.log", log)
    assert done.status == 1
    assert len(done.lines) == 1
    assert str(log / "below" / "a.log") in done.lines[0]


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a folder none can write")
def test_a_read_only_target_is_named():
    done = run("-o", "/proc/a.log", LOG)
    assert done.status == 1
    assert len(done.lines) == 1
    assert done.lines[0].startswith("xlogdecode: /proc/a.log: cannot be written: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "args",
    [
        ("summary", LOG), ("summary", "--json", LOG), ("lnav",), ("--help",),
        ("decode", "--help"), ("--version",), ("-l", LOG),
    ],
    ids=lambda args: " ".join(map(str, args[:2])),
)  # fmt: skip
def test_a_full_disk_behind_any_command_is_one_line(args):
    with Path("/dev/full").open("wb") as full:
        done = run(*args, stdout=full)
    assert done.status == 1
    assert len(done.lines) == 1
    assert done.lines[0].startswith(
        "xlogdecode: standard output: cannot be written: No space left on device"
    )


# keys


@pytest.mark.parametrize(
    "args",
    [
        ("-o",), ("-c", "--redact-patterns"), ("-c", "--key-file"), ("--report",),
        ("summary", "--key-file"), ("encode", "-o"), ("keygen", "-o"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_empty_path_is_refused_as_an_unset_variable_leaves_it(tmp_path, args):
    log = Path(shutil.copy(LOG, tmp_path / "a.xlog"))
    done = run(*args, "", *([] if "keygen" in args else [log]))
    assert (done.status, done.out) == (2, b"")
    assert "it is empty: is a variable unset?" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlog"]


@pytest.mark.parametrize("key", [None, OTHER_KEY], ids=["no key", "another key"])
def test_a_strict_run_without_a_key_that_fits_asks_for_it(tmp_path, key):
    log = Path(shutil.copy(LOCKED, tmp_path / "a.xlog"))
    done = run("--strict", log, key=key)
    assert done.status == 4
    assert len(done.lines) == 1
    assert done.lines[0].startswith(f"xlogdecode: {log}: ")
    assert "--key-file" in done.lines[0]
    assert "--strict" not in done.lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlog"]


def test_without_a_key_the_line_says_where_it_begins_and_how_to_give_one(tmp_path):
    log = Path(shutil.copy(LOCKED, tmp_path / "a.xlog"))
    done = run(log)
    assert done.status == 4
    assert any(
        str(log) in line and "offset 0" in line and "--key-file" in line for line in done.lines
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlog"]


def test_a_missing_key_is_an_error_that_is_said_to_those_who_want_to_hear_nothing_else(tmp_path):
    done = run("-q", "-o", tmp_path, LOCKED, LOG)
    assert done.status == 4
    assert len(done.lines) == 1
    assert done.lines[0].startswith(f"xlogdecode: {LOCKED}: encrypted: 2 blocks, no key given")
    assert "--key-file FILE" in done.lines[0]


def test_a_key_that_does_not_fit_is_told_from_none(tmp_path):
    log = Path(shutil.copy(LOCKED, tmp_path / "a.xlog"))
    done = run("-c", log, key=OTHER_KEY)
    assert done.status == 4
    assert "the key does not fit" in done.err
    assert OTHER_KEY not in done.err


def test_without_the_crypt_extra_a_small_encrypted_log_is_read_all_the_same():
    missing = "sys.modules['numpy'] = sys.modules['cryptography'] = None"
    script = f"import sys; {missing}; from xlogdecode.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "-c", LOCKED, "--key-file", FIXTURES / "key"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == expected_text(LOCKED)


def test_without_the_crypt_extra_a_damaged_log_is_read_as_far_as_no_key_is_needed(tmp_path):
    (tmp_path / "torn.xlog").write_bytes(LOCKED.read_bytes() + b"junk" + LOCKED.read_bytes())
    missing = "sys.modules['numpy'] = sys.modules['cryptography'] = None"
    script = f"import sys; {missing}; from xlogdecode.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "-c", tmp_path / "torn.xlog"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "no key given" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# mine\n" + "ab" * 31 + "\n", 2),
        ("# mine\n\n" + "0" * 64, 3),
        ("# nothing\n", 1),
    ],
    ids=["too short", "out of range", "empty"],
)
def test_a_malformed_key_file_is_named_by_line_and_shows_no_key(tmp_path, text, line):
    keys = tmp_path / "keys"
    keys.write_text(text)
    done = run("-c", LOCKED, "--key-file", keys)
    assert done.status == 2
    assert len(done.lines) == 1
    assert done.lines[0].startswith(f"xlogdecode: {keys}:{line}:1: ")
    assert "abab" not in done.err
    assert "0000" not in done.err


def test_keys_of_several_files_and_the_environment_are_tried_together(tmp_path):
    (tmp_path / "other").write_text(OTHER_KEY)
    key = (FIXTURES / "key").read_text().strip()
    files = ("--key-file", FIXTURES / "key", "--key-file", tmp_path / "other")
    assert run("-c", LOCKED, *files).status == 0
    assert run("-c", LOCKED, *files[2:], key=key).status == 0
    assert run("summary", LOCKED, *files).status == 0
    assert run("-c", LOCKED, *files[2:]).status == 4


def test_a_key_in_place_of_its_file_is_not_shown():
    done = run("-c", LOCKED, "--key-file", OTHER_KEY)
    assert (done.status, len(done.lines)) == (2, 1)
    assert OTHER_KEY not in done.err
    assert "--key-file takes a file name, not a key" in done.err


@pytest.mark.parametrize("args", [("-c",), ("summary",), ("layouts",)], ids=" ".join)
def test_an_empty_name_says_what_it_may_come_from(args):
    done = run(*args, "")
    assert done.status in (1, 2)
    assert "is a variable unset?" in done.err
    assert "xlogdecode: :" not in done.err


def test_a_missing_key_file_is_named(tmp_path):
    done = run("-c", LOCKED, "--key-file", tmp_path / "none")
    assert done.status == 2
    assert done.lines == [
        f"xlogdecode: {tmp_path / 'none'}: cannot be read: No such file or directory"
    ]


# statuses


def test_the_gravest_of_several_decides(tmp_path):
    damaged = tmp_path / "damaged.xlog"
    damaged.write_bytes(LOG.read_bytes()[:-10])
    assert run("-c", LOG, damaged).status == 3
    assert run("-c", damaged, LOCKED, LOG).status == 4
    assert run("-c", LOCKED, tmp_path / "none", damaged).status == 1
    assert run("-c", LOG, "--no-such-option").status == 2


def test_nothing_is_said_when_no_one_reads_on():
    command = f"{sys.executable} -m xlogdecode -c {LOG} {LOG} | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""


def test_ctrl_c_while_the_command_is_loaded_is_quiet():
    script = """
import sys
class Pressed:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Pressed())
from xlogdecode.cli import main
main(["--version"])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@posix_only
def test_a_terminated_run_leaves_no_part_behind(tmp_path):
    fifo = tmp_path / "a.xlog"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [sys.executable, "-m", "xlogdecode", fifo], stderr=subprocess.PIPE, text=True
    )
    with fifo.open("wb") as writer:
        writer.write(LOG.read_bytes())
        writer.flush()
        for _ in range(200):
            if parts_left(tmp_path):
                break
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        assert parts_left(tmp_path)
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert process.returncode in (143, -15)
    assert said == ""
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlog"]
