"""What is no log is named in a sentence that says what to do next."""

import base64
import gzip
import io
import json
import random
import zipfile
import zlib

import pytest

from tests.command import run
from tests.mars import KINDS, file_of, log, mars_lines
from xlogdecode import Report, decode_bytes
from xlogdecode.chinese import in_chinese

DICE = random.Random(7)
LOG = file_of(log(KINDS["zlib"], list(mars_lines(4, 60)), per_block=15))


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xlog", data)
    return file.getvalue()


def renumbered(magic: int) -> bytes:
    blocks = log(KINDS["zlib"], list(mars_lines(4, 60)), per_block=15)
    return b"".join(bytes([magic]) + block.data[1:] for block in blocks)


def of_logan(*bodies: bytes) -> bytes:
    return b"".join(b"\1" + len(body).to_bytes(4, "big") + body + b"\0" for body in bodies)


BUGREPORT = b"=" * 56 + b"\n== dumpstate: 2024-01-02 03:04:05\n" + b"=" * 56 + b"\nBuild: 1\n"
LOGCAT = b"--------- beginning of main\n01-02 03:04:05.678  123  456 D Tag     : text\n"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
STORE = (
    b'<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not'
    b" exist.</Message></Error>"
)
ANSWER = {"code": 0, "data": {"file": base64.b64encode(LOG).decode()}}
CASES = {
    "replaced": (LOG.decode("utf-8", "replace").encode(), "sent as text", "anew as binary"),
    "seven bits": (bytes(byte & 127 for byte in LOG), "sent as text", "anew as binary"),
    "PowerShell": (b"\xff\xfe" + LOG.decode("cp437").encode("utf-16-le"), "PowerShell", "binary"),
    "a store": (STORE, "NoSuchKey: The specified key does not exist.", "download it again"),
    "HTML": (b"<!DOCTYPE html>\n<html><title>Sign in</title>", "(Sign in)", "download it again"),
    "XML": (b"<?xml version='1.0'?><plist/>", "XML document", "elsewhere"),
    "HTTP": (b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n", "404 Not Found", "body alone"),
    "JSON with a log": (json.dumps(ANSWER).encode(), '"file"', "save the value"),
    "JSON": (b'{"error": {"code": 403, "message": "no"}}', "code: 403, message: no", "elsewhere"),
    "gzip in base64": (base64.b64encode(gzip.compress(LOG)), "gzip data in base64", "base64 -d"),
    "zlib": (zlib.compress(b"no log at all\n" * 99), "zlib data", "elsewhere"),
    "a bugreport": (BUGREPORT, "Android bugreport", "pull"),
    "logcat": (LOGCAT, "logcat", "as it is"),
    "Git LFS": (POINTER, "Git LFS", "git lfs pull"),
    "Logan": (of_logan(DICE.randbytes(4096), DICE.randbytes(32)), "Meituan Logan", "parser"),
    "a ZIP within": (b"\x93junk\x01" + zipped(LOG), "a ZIP", "tail -c +7,"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + DICE.randbytes(900), "PNG image", "elsewhere"),
    "UTF-16": ("a text\n".encode("utf-16"), "UTF-16", "as it is"),
    "text": (b"some text\nof anything\n", "another logger", "as it is"),
    "text in GB18030": ("一些文字\n".encode("gb18030"), "another logger", "as it is"),
    **{
        f"magic {magic:#x}": (renumbered(magic), f"fork of Mars (magic {magic:#04x})", "developers")
        for magic in range(0x0E, 0x16)
    },
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_no_log_is_named_and_the_next_step(name):
    data, what, step = CASES[name]
    text, report = decode_bytes(data)
    assert (text, report.gave_nothing) == (b"", True)
    assert what in report.foreign
    assert step in report.foreign
    assert report.as_dict()["foreign"] == report.foreign
    assert in_chinese(report.outcome()) != report.outcome()


def test_the_command_says_so_in_one_line_whatever_it_does(tmp_path):
    paths = []
    for number, (data, *_) in enumerate(CASES.values()):
        paths.append(tmp_path / f"{number}.xlog")
        paths[-1].write_bytes(data)
    for command in ([], ["-c"], ["-t"], ["-l"], ["summary"]):
        done = run(*command, *paths)
        assert done.status == 1
        assert len(done.lines) == len(paths), command
        for path, line, (_, what, step) in zip(paths, done.lines, CASES.values(), strict=True):
            assert line.startswith(f"xlogdecode: {path}: not an xlog file: ")
            assert what in line
            assert step in line


def test_where_nothing_is_known_nothing_is_guessed():
    for data in (DICE.randbytes(5000), bytes(range(1, 256)) * 20, b"\x12" + DICE.randbytes(3000)):
        report = decode_bytes(data)[1]
        assert report.gave_nothing
        assert report.foreign == ""


def test_logs_are_never_called_anything_else():
    for data in (LOG, LOG[5:], LOG[:-9], LOG + STORE, POINTER + LOG, b"", bytes(999)):
        assert decode_bytes(data)[1].foreign == ""
    assert Report().as_dict()["foreign"] is None


def test_names_in_a_page_cannot_write_to_the_terminal():
    page = b"<html><title>\x1b[31mred\nand more</title>" + b"x" * 5000
    (line,) = [decode_bytes(page)[1].foreign]
    assert "\n" not in line
    assert len(line) < 200
