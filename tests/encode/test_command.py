"""`xlogdecode encode` at the door."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.encode.conftest import PUBLIC_HEX
from tests.encode.reader import read_blocks, read_text
from xlogdecode.cli.app import cli

TEXT = "[I][2024-01-01 +8.0 09:12:33.123][1, 1*][tag][a.py:1, f][héllo\nsecond line".encode()


def run(*arguments: str, text: bytes = TEXT) -> Result:
    return CliRunner().invoke(cli, ["encode", *arguments], input=text)


@pytest.mark.parametrize(
    ("options", "magics"),
    [
        ([], [0x09]),
        (["--codec", "zstd"], [0x0D]),
        (["--mode", "sync"], [0x08, 0x08]),
        (["--codec", "zstd", "--mode", "sync"], [0x0B, 0x0B]),
        (["--format", "imsdk"], [0x05]),
        (["--format", "imsdk", "--mode", "sync"], [0x03, 0x03]),
    ],
    ids=str,
)
def test_a_file_holds_the_text_and_nothing_else(
    tmp_path: Path, options: list[str], magics: list[int]
) -> None:
    source, output = tmp_path / "in.txt", tmp_path / "out.xlog"
    source.write_bytes(TEXT)
    assert run(str(source), "-o", str(output), *options).exit_code == 0
    blocks = list(read_blocks(output.read_bytes()))
    assert b"".join(block.text for block in blocks) == TEXT
    assert [block.magic for block in blocks] == magics


@pytest.mark.parametrize("codec", ["zlib", "zstd"])
def test_a_public_key_encrypts(tmp_path, codec, public_hex, private_key) -> None:
    output = tmp_path / "out.xlog"
    assert run("-o", str(output), "--codec", codec, "--public-key", public_hex).exit_code == 0
    assert read_text(output.read_bytes(), private_key) == TEXT


def test_a_pipe_is_encoded_from_standard_input_to_standard_output() -> None:
    command = [sys.executable, "-m", "xlogdecode", "encode", "-", "-o", "-"]
    done = subprocess.run(command, input=TEXT, capture_output=True, check=True)
    assert read_text(done.stdout) == TEXT


def test_nul_is_refused_and_the_file_that_was_there_stays(tmp_path: Path) -> None:
    source, output = tmp_path / "in.txt", tmp_path / "out.xlog"
    source.write_bytes(b"line\n\0")
    output.write_bytes(b"before")
    command = [sys.executable, "-m", "xlogdecode", "encode", str(source), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert (
        done.stderr
        == f"xlogdecode: {source}: byte 5 is NUL, which xlog text cannot hold; remove it\n"
    )
    assert output.read_bytes() == b"before"
    assert {path.name for path in tmp_path.iterdir()} == {"in.txt", "out.xlog"}


def test_an_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xlogdecode", "encode", "-o", str(tmp_path / "no" / "x.xlog")]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"xlogdecode: {tmp_path / 'no' / 'x.xlog'}: cannot be written: ")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that fails to be read")
def test_a_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for output in (str(tmp_path / "x.xlog"), "-"):
        command = [sys.executable, "-m", "xlogdecode", "encode", "-o", output, "/proc/self/mem"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        why = "cannot be read: Input/output error"
        assert (done.returncode, done.stderr) == (1, f"xlogdecode: /proc/self/mem: {why}\n")
    assert not [*tmp_path.iterdir()]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once")
def test_sigterm_leaves_no_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xlogdecode", "encode", "-o", str(tmp_path / "x.xlog")]
    running = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert running.stdin is not None
    while not [*tmp_path.iterdir()]:
        assert running.poll() is None
        time.sleep(0.01)
    running.terminate()
    assert running.wait(20) == 143
    running.stdin.close()
    assert not [*tmp_path.iterdir()]


def test_a_key_that_would_do_nothing_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xlogdecode", "encode", "-o", str(tmp_path / "x.xlog")]
    command += ["--mode", "sync", "--public-key", PUBLIC_HEX]
    done = subprocess.run(command, input=b"one\n", capture_output=True)
    assert done.returncode == 2
    assert b"mode sync is never encrypted" in done.stderr
    assert not [*tmp_path.iterdir()]


def test_an_output_that_is_the_input_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "t.txt"
    source.write_bytes(TEXT)
    command = [sys.executable, "-m", "xlogdecode", "encode", "-o", str(source)]
    named = subprocess.run([*command, str(source)], capture_output=True, text=True)
    with source.open("rb") as stream:
        piped = subprocess.run(command, stdin=stream, capture_output=True, text=True)
    for done in (named, piped):
        assert done.returncode == 1
        assert done.stderr == (
            f"xlogdecode: {source}: is the input itself; -o names another file\n"
        )
    assert source.read_bytes() == TEXT
