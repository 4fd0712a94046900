"""What only a terminal sees, and what a shell asks for."""

import os
import random
import re
import subprocess
import sys
import zipfile

import pytest

from tests.command import ROOT, run
from tests.samples import LOG, ZLIB, needs_tool, put
from tests.terminal import in_terminal


@pytest.fixture
def big(tmp_path):
    """Logs of some MB each."""
    for name in "ab":
        (tmp_path / f"{name}.xlog").write_bytes(ZLIB.read_bytes() * 2500)
    return tmp_path


def test_a_terminal_sees_one_bar_for_the_whole_job(big):
    status, screen = in_terminal("-r", big, "-o", big / "out")
    assert status == 0
    assert b"/19.9M" in screen
    assert b"%|" in screen
    assert b"a.xlog: OK" in screen
    quiet = in_terminal("-q", "-f", "-r", big, "-o", big / "out")
    assert quiet == (0, b"")


def test_the_bar_moves_while_a_zip_is_read(tmp_path):
    noise = random.Random(3).randbytes(3 << 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in "abcd":
            archive.writestr(f"{name}.xlog", noise)
    status, screen = in_terminal("-t", tmp_path / "a.zip")
    assert status == 1
    shares = [int(share) for share in re.findall(rb"(\d+)%\|", screen)]
    assert shares[0] == 0
    assert any(0 < share < 100 for share in shares)
    assert shares == sorted(shares)


def test_a_small_job_and_a_pipe_see_none(big):
    status, screen = in_terminal(LOG, "-o", big / "text")
    assert (status, b"%" in screen) == (0, False)
    done = run("-f", "-r", big, "-o", big / "out")
    assert "%" not in done.err


def test_control_characters_are_shown_to_a_terminal_and_written_to_a_pipe(tmp_path):
    hostile = b"[I][\x1b]0;owned\x07 tab\there \xc2\x9b31m \xff end\n"
    log = tmp_path / "a.xlog"
    assert run("encode", "-", "-o", log, input=hostile).status == 0
    status, screen = in_terminal("-c", log)
    assert status == 0
    assert (
        screen.rstrip()
        == rb"[I][\x1b]0;owned\x07 tab" + b"\there " + rb"\xc2\x9b31m" + b" \xff end"
    )
    assert run("-c", log).out == hostile


def test_what_is_no_utf8_is_replaced_only_where_that_is_asked_for(tmp_path):
    text = "gr\u00fc\u00df".encode() + b" \xff\n"
    log = tmp_path / "a.xlog"
    assert run("encode", "-", "-o", log, input=text).status == 0
    assert run("-c", "--utf8", log).out == "gr\u00fc\u00df \ufffd\n".encode()
    assert run("-c", log).out == text


def test_binary_input_from_a_terminal_is_refused():
    status, screen = in_terminal("-")
    assert status == 2
    assert b"standard input is a terminal" in screen


def test_a_call_without_arguments_shows_help_on_a_terminal():
    _, screen = in_terminal()
    assert b"Usage: xlogdecode" in screen


def completions(line, count):
    done = run(
        env={
            "_XLOGDECODE_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(count),
        }
    )
    return done.out.decode().split()


@pytest.mark.parametrize(
    ("line", "count", "expected"),
    [
        ("xlogdecode ", 1, "plain,sweep"),
        ("xlogdecode sw", 1, "plain,sweep"),
        ("xlogdecode --st", 1, "plain,--strict"),
        ("xlogdecode a.x", 1, "file,a.x"),
        ("xlogdecode a.xlog --key", 2, "plain,--key-file"),
        ("xlogdecode -c a.x", 2, "file,a.x"),
        ("xlogdecode --key-file ke", 2, "file,ke"),
        ("xlogdecode summary a.x", 2, "file,a.x"),
        ("xlogdecode keygen -o ke", 3, "file,ke"),
        ("xlogdecode decode --rec", 2, "plain,--recursive"),
        ("xlogdecode sweep --del", 2, "plain,--delete"),
    ],
)
def test_a_shell_completes_commands_options_and_files(line, count, expected):
    assert expected in completions(line, count)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell):
    done = run(env={"_XLOGDECODE_COMPLETE": f"{shell}_source"})
    assert done.status == 0
    assert b"xlogdecode" in done.out


@needs_tool("fish")
def test_fish_completes_what_the_manual_has_it_read(tmp_path):
    script = run(env={"_XLOGDECODE_COMPLETE": "fish_source"}).out
    (tmp_path / "completions.fish").write_bytes(script)
    command = tmp_path / "xlogdecode"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m xlogdecode "$@"\n')
    command.chmod(0o755)
    put(LOG, tmp_path / "imsdk_20240101.xlog")
    asked = {"xlogdecode --stri": b"--strict", "xlogdecode -c ims": b"imsdk_20240101.xlog"}
    for line, expected in asked.items():
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source completions.fish; complete -C '{line}'"],
            cwd=tmp_path,
            env=os.environ
            | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
            | {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
            capture_output=True,
        )
        assert done.stdout.split(b"\t")[0].strip() == expected, done.stderr


def test_help_stands_in_groups_with_every_option_and_every_status():
    shown = run("decode", "--help").out.decode()
    headings = [line for line in shown.splitlines() if line and line[0] != " "]
    for heading in ("Input:", "Output:", "Messages:", "Other options:"):
        assert heading in headings
    for status in ("0", "1", "2", "3", "4", "130"):
        assert any(line.split()[:1] == [status] for line in shown.splitlines())
