"""A key pair that Mars and we agree on."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import run


def test_a_log_written_for_the_public_key_opens_with_the_private_one(tmp_path):
    made = run("keygen", "-o", tmp_path / "key")
    assert made.status == 0
    assert re.fullmatch(rb"[0-9a-f]{128}\n", made.out)
    log = tmp_path / "a.xlog"
    text = b"a line\nand another\n"
    public = made.out.decode().strip()
    assert run("encode", "-", "-o", log, "--public-key", public, input=text).status == 0
    assert run("-c", log).status == 4
    assert run("-c", log, "--key-file", tmp_path / "key").out == text


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_only_its_owner_may_read_the_private_key(tmp_path):
    command = [sys.executable, "-m", "xlogdecode", "keygen", "-o", tmp_path / "key"]
    subprocess.run(command, check=True, capture_output=True, umask=0)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_the_private_key_is_shown_only_where_that_is_asked_for(tmp_path):
    made = run("keygen", "-o", tmp_path / "key")
    private = re.search(r"^[0-9a-f]{64}$", (tmp_path / "key").read_text(), re.MULTILINE)[0]
    assert private not in made.out.decode() + made.err
    shown = run("keygen", "-o", "-")
    assert re.search(rb"^[0-9a-f]{64}$", shown.out, re.MULTILINE)
    assert re.fullmatch(r"[0-9a-f]{128}\n", shown.err)


def test_a_key_that_exists_is_never_written_over(tmp_path):
    (tmp_path / "key").write_text("mine")
    done = run("keygen", "-o", tmp_path / "key")
    assert done.status == 1
    assert len(done.lines) == 1
    assert "choose another name" in done.lines[0]
    assert "-f" not in done.lines[0]
    assert (tmp_path / "key").read_text() == "mine"
    assert done.out == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_private_key_whose_public_one_could_not_be_shown_does_not_stay(tmp_path):
    with Path("/dev/full").open("wb") as full:
        done = run("keygen", "-o", tmp_path / "key", stdout=full)
    assert (done.status, len(done.lines)) == (1, 1)
    assert list(tmp_path.iterdir()) == []


def test_no_two_keys_are_the_same():
    assert run("keygen", "-o", "-").out != run("keygen", "-o", "-").out


def test_a_name_for_the_key_is_needed():
    assert run("keygen").status == 2
