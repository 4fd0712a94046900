"""The README and the manual: each command runs and prints what the page says, each link leads."""

import os
import re
from pathlib import Path

import click
import pytest

from tests.manual import (
    FENCE,
    MANUAL,
    PAGES,
    examples,
    fences,
    make_folder,
    needs_a_missing_tool,
    run,
)
from tests.shared import ROOT
from xlogdecode.cli.app import cli

RUN_ELSEWHERE = {
    "python3 -m venv .venv && .venv/bin/pip install -q . &&": ".ci/run",
    "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' &&": ".ci/run",
    "pip install ": ".ci/run installs the same",
    "python3.13 xlogdecode-linux": "tests/release makes one and runs it",
    "shiv -c xlogdecode": "tests/release",
    "docker ": "not at all, as the page says",
    ".ci/run": "it is what runs everything",
    ".ci/lowest-versions": "a job of the workflow",
    "git tag ": "by hand, for a release",
    "pre-commit install": "it changes the clone",
    ".venv/bin/python -m pytest -m heavy": ".ci/run",
    '.venv/bin/python -m pytest -n auto -m "not heavy and not untraced" --cov': ".ci/run",
    ".venv/bin/python tests/fuzz/": "by hand: ten minutes and more each",
    ".venv/bin/python -m tests.": "by hand: it measures the machine, or changes the pages",
    ".venv/bin/cog ": "by hand: it changes the pages; .ci/run checks them",
    "sudo ": "as root",
    ".venv/bin/python -m pytest tests/bench": "by hand: it measures the machine",
    "xlogdecode sweep /storage/emulated/0 --delete": "on a phone; what it does: tests/retention",
    "mkdir -p phone/Android && adb pull": "with a phone",
    "xlogdecode sweep phone --json": "with what was pulled; what it does: tests/retention",
    "xlogdecode -F": "it never ends by itself; what it does: tests/cli",
    "xlogdecode -c --color always imsdk_20240101.xlog | less": "less wants a terminal",
    **dict.fromkeys(
        (
            "xlogdecode -q -r s3://",
            "xlogdecode -q -f -r s3://",
            "xlogdecode -q -u -r s3://",
            "xlogdecode -c 's3://",
            "xlogdecode -c s3://",
            "xlogdecode -q s3://",
            "xlogdecode summary -r s3://",
            "xlogdecode sweep s3://",
        ),
        "tests/inputs/test_s3.py, with a server",
    ),
    "xlogdecode summary -r logs | less": "less wants a terminal",
}
"""Commands that a test cannot run within a test run, and where they are run."""


@pytest.mark.skipif(os.name != "posix", reason="the examples are written for a POSIX shell")
@pytest.mark.parametrize("page", PAGES)
def test_each_example_runs_and_prints_what_the_page_says(page, tmp_path):
    env = make_folder(tmp_path)
    for example in examples(page):
        if needs_a_missing_tool(example.code) or _is_run_elsewhere(example):
            continue
        done = run(example, tmp_path, env)
        assert done.returncode == 0, (example.code, done.stdout)
        if example.language == "console":
            assert done.stdout == example.output, example.code
        if example.language == "python":
            assert "Traceback" not in done.stdout


def _is_run_elsewhere(example) -> bool:
    return example.language == "sh" and example.code.startswith(tuple(RUN_ELSEWHERE))


def test_commands_that_no_test_can_run_are_run_elsewhere():
    ci = (ROOT / ".ci/run").read_text()
    assert "readme_command" in ci
    assert "pytest -m heavy" in ci


@pytest.mark.parametrize("page", PAGES)
def test_each_relative_link_leads_somewhere(page):
    prose = FENCE.sub("", PAGES[page].read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        name = os.path.normpath(f"{os.path.split(page)[0]}/{path}".lstrip("/")) if path else page
        if name in PAGES:
            assert not anchor or anchor in _anchors(name), target
        else:
            top = MANUAL.parents[1] if name.startswith("xlogdecode/") else ROOT
            assert (top / name).exists(), target


def _anchors(page: str) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", PAGES[page].read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_readme_is_one_page_and_leads_to_each_page_of_the_manual():
    readme = PAGES["README.md"].read_text("utf-8")
    assert len(readme.splitlines()) <= 200
    english = [name for name in PAGES if name != "README.md" and "/zh/" not in name]
    assert [name for name in english if f"({name})" not in readme] == []


def test_the_readme_leads_to_the_chinese_one_and_that_to_all_pages_in_chinese():
    chinese = {Path(name).name: path for name, path in PAGES.items() if "/zh/" in name}
    assert "(xlogdecode/manual/zh/README.md)" in PAGES["README.md"].read_text("utf-8")
    readme = chinese.pop("README.md").read_text("utf-8")
    assert chinese
    assert [name for name in chinese if f"({name})" not in readme] == []


def test_each_option_is_in_the_manual():
    manual = "\n".join(path.read_text("utf-8") for path in PAGES.values())
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        options = [opt for parameter in command.params for opt in parameter.opts]
        missing = [opt for opt in options if opt.startswith("--") and opt not in manual]
        assert missing == [], name


@pytest.mark.parametrize("page", PAGES)
def test_tables_have_as_many_cells_in_each_row(page):
    """An unescaped | in a cell makes one more, on GitHub too, inside of code as well."""
    prose = FENCE.sub("", PAGES[page].read_text("utf-8"))
    for table in re.findall(r"(?:^\|.*\|$\n?)+", prose, re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(counts) == 1, table


def test_fenced_blocks_are_of_known_languages():
    known = {"console", "sh", "python", "yaml", "ini", "crontab", "text", "json", "dockerfile"}
    known |= {"py"}  # Python that a test of its own runs, where Spark is installed
    assert {language for page in PAGES for language, _ in fences(page)} <= known
