"""The README is the manual: every command in it runs, and prints what the manual says."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import FIXTURES, ROOT

README = (ROOT / "README.md").read_text("utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

RUN_ELSEWHERE = {
    "python3 -m venv .venv && .venv/bin/pip install -q . &&": ".ci/run",
    "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' &&": ".ci/run",
    ".venv/bin/python -m pytest -m heavy": ".ci/run",
    '.venv/bin/python -m pytest -n auto -m "not heavy and not untraced" --cov': ".ci/run",
    ".venv/bin/python tests/fuzz/": "by hand: ten minutes and more each",
    "xlogdecode sweep /storage/emulated/0 --delete": "on a phone; what it does: tests/retention",
    "mkdir -p phone/Android && adb pull": "with a phone",
    "xlogdecode sweep phone --json": "with what was pulled; what it does: tests/retention",
    "xlogdecode -F --with-mmap": "it never ends by itself; what it does: tests/pile",
    ".venv/bin/python -m tests.bench": "by hand: it measures the machine",
    ".venv/bin/python -m pytest tests/bench": "by hand: it measures the machine",
}
"""Commands that a test cannot run within a test run, and where they are run."""


_TOOLS = {
    "| jq ": lambda: shutil.which("jq"),
    "import duckdb": lambda: importlib.util.find_spec("duckdb"),
    "import pandas": lambda: importlib.util.find_spec("pandas"),
}
_MISSING = [sign for sign, find in _TOOLS.items() if not find()]
"""Signs of tools that are not installed here."""


def fences(language: str) -> list[str]:
    """Return the fenced blocks of the README in one language."""
    return [body for kind, body in FENCE.findall(README) if kind == language]


def examples() -> list[tuple[str, str]]:
    """Return commands and what the README says they print, in their order."""
    found = []
    for body in fences("console"):
        for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = command[:-1] + more.removeprefix("> ")
            found.append((command, output))
    return found


@pytest.fixture
def folder(tmp_path):
    """A scratch folder with the fixtures in it, and the command on the path."""
    shutil.copytree(FIXTURES, tmp_path / "fixtures")
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin/xlogdecode"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m xlogdecode "$@"\n')
    script.chmod(0o755)
    return tmp_path


@pytest.mark.skipif(os.name != "posix", reason="the examples are written for a POSIX shell")
def test_each_example_runs_and_prints_what_the_manual_says(folder):
    path = f"{folder / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}"
    env = os.environ | {
        "PATH": path + os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
    }
    for command, output in examples():
        if any(sign in command for sign in _MISSING):
            continue
        done = subprocess.run(
            ["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, (command, done.stderr)
        if output:
            assert done.stdout + done.stderr == output, command
    (folder / "sweep.yaml").write_text(f"keep: 7d\nroots: [{{path: {folder / 'sdcard'}}}]\n")
    for number, script in enumerate(fences("python")):
        path = folder / f"{number}.py"
        path.write_text(script)
        done = subprocess.run(
            [sys.executable, path], cwd=folder, env=env, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, ""), script


def test_commands_that_no_test_can_run_are_run_elsewhere():
    ci = (ROOT / ".ci/run").read_text()
    for body in fences("sh"):
        for line in body.splitlines():
            where = [place for start, place in RUN_ELSEWHERE.items() if line.startswith(start)]
            assert where, f"no one runs: {line}"
    assert "readme_command" in ci
    assert "pytest -m heavy" in ci
