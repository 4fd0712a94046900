"""The filter options, their values and how they combine; and the manual's Python."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.manual import fences
from tests.shared import FIXTURES, ROOT

LOG = FIXTURES / "imsdk_20240101.xlog"
PYTHON = "xlogdecode/manual/python.md"


def run(*args, **extra):
    return subprocess.run(
        [sys.executable, "-m", "xlogdecode", "-c", *map(str, args)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        **extra,
    )


def objects(*args):
    return [json.loads(line) for line in run("--format", "json", *args, LOG).stdout.splitlines()]


def test_options_combine():
    asked = ("-p", "W", "-S", "10:00", "-U", "2024-01-01T11:00")
    found = objects(*asked, "-g", "NETWORK", "--ignore-case")
    assert {(o["level"], o["function"]) for o in found} == {("E", "NotifyReadWriteError")}
    assert {o["time"][11:13] for o in found} == {"10"}
    inverted = objects(*asked, "-g", "network", "--invert-match")
    assert len(inverted) == len(objects(*asked)) - len(found)


def test_several_processes_and_threads_may_be_named():
    assert {o["pid"] for o in objects("--pid", "4104", "--pid", "4144")} == {4104, 4144}
    assert {o["tid"] for o in objects("--tid", "4164")} == {4164}
    assert objects("--tag", "none") == []


def test_context_comes_with_what_is_found():
    alone = objects("-g", "OnUserSigExpired|6206")
    assert len(objects("-g", "OnUserSigExpired|6206", "-C", "1")) == 3 * len(alone)
    assert len(objects("-g", "OnUserSigExpired|6206", "-A", "2")) == 3 * len(alone)


def test_a_count_is_of_records_that_are_wanted():
    assert run("--count", "-p", "E", LOG).stdout == "10\n"
    assert run("--count", "-p", "none", LOG).stdout == "0\n"


def test_a_merge_of_two_names_them_and_is_in_order():
    found = run("--merge", "-p", "V2TIM_LOG_ERROR", FIXTURES / "imsdk_C.mmap2", LOG)
    lines = [line for line in found.stdout.splitlines() if "TIM: " in line]
    times = [line.partition("TIM: ")[2][:23] for line in lines]
    assert times == sorted(times)
    assert {line.partition(": ")[0] for line in lines} == {
        str(LOG), str(FIXTURES / "imsdk_C.mmap2"),
    }  # fmt: skip


def test_redaction_takes_patterns_of_ones_own(tmp_path):
    (tmp_path / "own.yaml").write_text("patterns: [{name: cost, pattern: 'cost:([0-9]+ms)'}]")
    found = run("--redact-patterns", tmp_path / "own.yaml", LOG).stdout
    assert "time cost:<cost-1>" in found
    assert "203.0.113" not in found
    assert "203.0.113" in run(LOG).stdout


@pytest.mark.parametrize(
    "args",
    [
        ("-S", "soon"), ("-U", "25:00"), ("-S", "-740000d"), ("-p", "loud"), ("--session", "first"),
        ("-g", "("), ("-g", "a{99999999999}"), ("-g", "(" * 5000),
        ("--tz", "Mars/Olympus"), ("--redact-patterns", "absent.yaml"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_line_that_says_what_to_write(args):
    done = run(*args, LOG)
    assert done.returncode
    (line,) = done.stderr.splitlines()
    assert repr(args[1]) in line or args[1] in line


def test_the_manuals_filter_in_python_finds_what_the_command_finds(tmp_path):
    shutil.copy2(LOG, tmp_path)
    codes = (code for language, code in fences(PYTHON) if language == "python")
    (code,) = (code for code in codes if "Filter(" in code)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    *records, first, last = done.stdout.splitlines()
    found = objects("-p", "E", "-S", "10:00", "-U", "2024-01-02", "-g", "channel")
    assert [line.split()[0] for line in records] == [each["time"][:10] for each in found] != []
    assert [line.rpartition(" ")[2] for line in records] == [
        each["message"].rpartition(" ")[2] for each in found
    ]
    assert (first[:2], last[:2]) == ("1 ", "2 ")
    assert last.endswith("7.7.5282 70 no closing line")
