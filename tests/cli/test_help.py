"""Help: short and long, pages of the manual, the man page, completion."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.command import run
from tests.manual import MANUAL, Example, make_folder
from tests.manual import run as run_example
from xlogdecode.cli.commands import COMMANDS
from xlogdecode.cli.help_texts import GUESSES, HELP
from xlogdecode.cli.markdown import heading_of, rendered
from xlogdecode.outputs.table import width_of

TOPICS = sorted(str(path.relative_to(MANUAL).with_suffix("")) for path in MANUAL.rglob("*.md"))
WIDTH = 80


def help_of(name: str, option: str) -> str:
    done = run(*name.split(), option, env={"COLUMNS": str(WIDTH)})
    assert (done.status, done.err) == (0, "")
    return done.out.decode()


@pytest.mark.parametrize("name", HELP)
def test_help_is_short_with_h_and_complete_with_help(name):
    short, long = help_of(name, "-h"), help_of(name, "--help")
    assert len(short) < len(long) or not HELP[name].common
    for text in (short, long):
        assert max(map(len, text.splitlines())) <= WIDTH
        assert [part for part in ("Usage:", "Examples:", "Exit status:") if part not in text] == []
        assert [line for line, _ in HELP[name].examples if line not in text] == []
        assert [status for status in HELP[name].statuses if f"\n  {status} " not in text] == []


def test_the_table_of_help_has_each_command_and_options_that_exist():
    assert list(HELP) == ["", *COMMANDS]
    assert [name for name, texts in HELP.items() if name and len(texts.purpose) > 60] == []
    for name, texts in HELP.items():
        if texts.common:
            assert help_of(name, "-h").count("\n  -") == len(texts.common)


EXAMPLES = [(name, line) for name, texts in HELP.items() for line, _ in texts.examples]


@pytest.mark.skipif(os.name != "posix", reason="the examples are written for a POSIX shell")
@pytest.mark.parametrize("name", HELP)
def test_each_example_of_help_does_its_work(name, tmp_path):
    env = make_folder(tmp_path)
    (tmp_path / "notes.txt").write_text("a note\n")
    (tmp_path / "sdcard/Android/data/com.example.chat/files/log/tencent/imsdk").mkdir(parents=True)
    for line, _ in HELP[name].examples:
        done = run_example(Example("sh", line), tmp_path, env)
        assert done.returncode == 0, (line, done.stdout)


def test_an_example_never_names_an_option_that_writes_in_silence():
    """They are pasted: what they change is below the folder they are pasted in."""
    assert [line for _, line in EXAMPLES if re.search(r"(^| )/|--rm|~", line)] == []


def test_help_lists_all_pages_and_commands():
    listed = run("help").out.decode()
    assert [topic for topic in TOPICS if f"  {topic} " not in listed] == []
    assert [name for name in COMMANDS if name not in listed] == []


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("width", [60, 100])
def test_help_shows_each_page_within_the_terminal(topic, width):
    page = (MANUAL / f"{topic}.md").read_text("utf-8")
    shown = click.unstyle(rendered(page, width))
    assert shown.startswith(heading_of(page))
    prose = [line for line in shown.splitlines() if not line.startswith("    ")]
    for mark in ("[[[cog", "](", "|---", "**"):
        assert [line for line in prose if mark in line] == []
    fences = re.findall(r"^```\w*\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for code in "".join(fences).splitlines():
        assert f"    {code}".rstrip() in shown.splitlines()


def test_no_word_of_a_page_is_lost_or_wider_than_the_terminal():
    page = "# A title\n\n" + "word " * 40 + "\n\n- " + "\u65e5\u5fd7" * 60 + "\u3002\n\n"
    page += "| a | b |\n|---|---|\n| `x` | " + "cell " * 40 + "|\n| y \\| z | [t](speed.md#a) |\n"
    shown = rendered(page, 50)
    assert max(map(width_of, shown.splitlines())) <= 50 + len("\x1b[1m\x1b[0m")
    assert (shown.count("word"), shown.count("\u65e5"), shown.count("cell")) == (40, 60, 40)
    assert not re.search(r"^\s*\u3002", shown, re.MULTILINE)
    assert "y | z  t (xlogdecode help speed)" in shown


def test_help_prints_a_page():
    shown = run("help", "damage", env={"COLUMNS": "70"}).out.decode()
    assert shown == click.unstyle(rendered((MANUAL / "damage.md").read_text("utf-8"), 70))


def test_a_page_in_chinese_is_found_by_its_last_name():
    assert run("help", "recipes").out == run("help", "zh/recipes").out != b""


def test_help_of_a_command_is_its_long_help():
    assert run("help", "sweep").out == run("sweep", "--help").out


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("damge", "damage"),
        ("recipe", "zh/recipes"),
        ("reading.md", "reading"),
        ("swep", "sweep"),
        ("qqq", "lists all"),
    ],
)
def test_an_unknown_topic_gets_a_proposal(topic, hint):
    done = run("help", topic)
    assert (done.status, done.out) == (2, b"")
    assert hint in done.err
    assert done.err.startswith(f"xlogdecode: {topic}: is not a page")


def test_an_option_of_other_programs_is_answered_with_its_name_here():
    known = help_of("decode", "--help") + help_of("sweep", "--help")
    for option, remedy in GUESSES.items():
        done = run("decode", option, "x")
        assert done.status == 2
        assert done.err.endswith(f"Error: No such option {option}; {remedy}\n")
        named = re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", remedy)
        assert [name for name in named if f"{name} " not in known and f"{name}," not in known] == []


def test_the_man_page_has_each_command_option_and_status():
    page = run("man").out.decode().replace("\\-", "-").replace("\\&", "")
    for name in COMMANDS:
        text = help_of(name, "--help")
        assert f".SS xlogdecode {name}" in page
        options = re.findall(r"^  (-.*?)(?:  |$)", text, re.MULTILINE)
        assert [option for option in options if f".B {option}" not in page] == []
    assert page.count(".TH XLOGDECODE 1 ") == 1
    assert re.search(r'^\.TH XLOGDECODE 1 "\d{4}-\d\d-\d\d" "xlogdecode \d+\.', page)


@pytest.mark.skipif(not shutil.which("mandoc"), reason="needs mandoc")
def test_mandoc_finds_no_fault_in_the_man_page(tmp_path):
    (tmp_path / "xlogdecode.1").write_bytes(run("man").out)
    lint = ["mandoc", "-T", "lint", "-W", "warning", "xlogdecode.1"]
    done = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("shell", "below"),
    [
        ("bash", ".local/share/bash-completion/completions/xlogdecode"),
        ("zsh", ".local/share/zsh/site-functions/_xlogdecode"),
        ("fish", ".config/fish/completions/xlogdecode.fish"),
    ],
)
def test_completion_is_printed_or_put_where_the_shell_looks(shell, below, tmp_path):
    if shell == "bash" and not shutil.which("bash"):
        pytest.skip("click asks bash for its version")
    env = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "SHELL": f"/bin/{shell}"}
    env |= {"XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}
    printed = run("completion", env=env)
    assert (printed.status, printed.err) == (0, "")
    assert b"_XLOGDECODE_COMPLETE" in printed.out
    assert list(tmp_path.iterdir()) == []
    done = run("completion", shell, "--install", env=env)
    path = tmp_path / below
    assert path.read_bytes().strip() == printed.out.strip()
    assert done.out.decode().startswith(f"{path}: written; ")


def test_completion_of_an_unknown_shell_is_refused():
    done = run("completion", "tcsh")
    assert (done.status, done.err) == (
        2, "xlogdecode: tcsh: is not a known shell; use bash, zsh or fish\n",
    )  # fmt: skip


def test_help_has_the_address_that_the_installed_package_declares(tmp_path: Path):
    info = tmp_path / "xlogdecode-0.2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: xlogdecode\nVersion: 0.2.0\n"
        "Project-URL: Homepage, https://example.org/here\n"
    )
    env = {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    for args in (["-h"], ["--help"], ["sweep", "-h"], ["help"], ["man"]):
        assert "https://example.org/here" in run(*args, env=env).out.decode()
