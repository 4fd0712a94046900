"""What is written here, read by the package's own decoder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.encode.conftest import PRIVATE_KEY
from tests.encode.test_blocks import WAYS
from xlogdecode import Options, decode_bytes
from xlogdecode.encode import XlogWriter, encode_bytes

OPTIONS = Options(keys=(PRIVATE_KEY,))
every_way = pytest.mark.parametrize("way", [way for way, _ in WAYS.values()], ids=WAYS)
NO_CONTROLS = bytes(byte if byte >= 32 or byte in b"\t\n\r" else 46 for byte in range(256))
texts = st.binary(max_size=600).map(lambda data: data.replace(b"\0", b"\n"))


@every_way
@settings(max_examples=40)
@given(text=texts)
@example(text=b"no newline at the end")
@example(text=bytes(range(1, 256)) * 300)
@example(text=b"\n" * 500)
def test_any_text_without_nul_comes_back(way: dict, text: bytes) -> None:
    if "public_key" in way:  # a few control characters could be what a wrong key makes
        text = b"a line of a log, long enough to show that the key fits it\n" + text
    if way.get("mode") == "sync":  # many control characters could be what a flipped magic makes
        text = text.translate(NO_CONTROLS)
    decoded, report = decode_bytes(encode_bytes(text, **way), OPTIONS)
    assert decoded == text
    assert report.is_whole or not text


@every_way
def test_many_blocks_come_back(way: dict, noise: bytes) -> None:
    decoded, report = decode_bytes(encode_bytes(noise, **way), OPTIONS)
    assert decoded == noise
    assert report.is_whole


@pytest.mark.parametrize("codec", ["zlib", "zstd"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["clear", "encrypted"])
def test_a_crash_buffer_is_read_at_every_step(tmp_path, codec, encrypted, public_hex) -> None:
    key = public_hex if encrypted else None
    writer = XlogWriter(tmp_path, "app", codec, public_key=key, flush_interval=None)
    for number in range(50):
        writer.write(f"line {number * 7919}")
        data = (tmp_path / "app.mmap3").read_bytes()
        decoded, report = decode_bytes(data, OPTIONS)
        assert decoded.endswith(b"line %d\n" % (number * 7919))
        assert decoded.count(b"\n") == number + 3
        assert report.is_whole
    writer.close()


@pytest.mark.parametrize("codec", ["zlib", "zstd"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["clear", "encrypted"])
@pytest.mark.parametrize("claimed", range(1, 4))
def test_text_that_no_length_claims_yet_hides_nothing(
    tmp_path, codec, encrypted, claimed, public_hex
) -> None:
    """Killed after the text was stored, before its length: it stands where the tailer was."""
    key = public_hex if encrypted else None
    writer = XlogWriter(tmp_path, "app", codec, public_key=key, flush_interval=None)
    lines = [f"line {number * 7919}" for number in range(claimed)]
    for line in lines:
        writer.write(line)
    before = (tmp_path / "app.mmap3").read_bytes()
    writer.write("the line that was being stored")
    after = (tmp_path / "app.mmap3").read_bytes()
    writer.close()
    decoded, _ = decode_bytes(after[:5] + before[5:9] + after[9:], OPTIONS)
    assert "\n".join(["", *lines, ""]).encode() in decoded


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the shell line is one of Unix")
def test_text_goes_through_two_commands_of_a_pipe(tmp_path: Path) -> None:
    text = b"one\ntwo\nthree without an end"
    tool = f"{sys.executable} -m xlogdecode"
    done = subprocess.run(
        f"{tool} encode - -o - --codec zstd | {tool} -c -",
        shell=True, input=text, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (text, b"")
