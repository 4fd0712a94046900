"""Logs that became text on their way are read as the logs they are, and a note says so."""

import base64
import gzip
import random
import shutil
import subprocess
import zlib

import pytest

from tests.command import run
from tests.mars import KINDS, file_of, imsdk_lines, log, mars_lines, new_session, private_key
from tests.samples import needs_tool
from xlogdecode import Report, decode_file, iter_text

SERVER = private_key("server")
LOGS = {
    "imsdk-chunked": log(KINDS["imsdk-chunked"], list(imsdk_lines(1, 80)), per_block=20),
    "zlib": log(KINDS["zlib"], list(mars_lines(2, 80)), per_block=20),
    "zstd-crypt": log(
        KINDS["zstd-crypt"], list(mars_lines(3, 80)), per_block=20, session=new_session(SERVER)
    ),
}


def as_pem(data: bytes) -> bytes:
    body = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return b"-----BEGIN CERTIFICATE-----\r\n" + body + b"-----END CERTIFICATE-----\r\n"


def utf8_of_windows(data: bytes) -> bytes:
    signs = (bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)
    return "".join(signs).encode()


WRAPPED = {
    "base64": base64.b64encode,
    "base64 in lines": base64.encodebytes,
    "base64 of URLs, not padded": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    "base64 of certutil": as_pem,
    "base64 of a data URI": lambda data: b"data:text/x;base64," + base64.b64encode(data),
    "hex": lambda data: data.hex().encode(),
    "hex with spaces": lambda data: data.hex(" ").upper().encode(),
    "hex of C": lambda data: b", ".join(b"0x%02x" % byte for byte in data),
    "hex of a Python string": lambda data: b"".join(b"\\x%02x" % byte for byte in data),
    "zlib": zlib.compress,
}
MANGLED = {
    "CR LF": lambda data: data.replace(b"\n", b"\r\n"),
    "CR CR LF": lambda data: data.replace(b"\n", b"\r\r\n"),
    "UTF-8 of Latin-1": lambda data: data.decode("latin-1").encode(),
    "UTF-8 of Windows-1252": utf8_of_windows,
}
WAYS = WRAPPED | MANGLED


@pytest.mark.parametrize("kind", LOGS)
def test_a_log_that_became_text_is_read_and_a_note_says_so(tmp_path, kind):
    blocks = LOGS[kind]
    paths = []
    for number, way in enumerate(WAYS.values()):
        paths.append(tmp_path / f"{number}.xlog")
        paths[-1].write_bytes(way(file_of(blocks)))
    text = b"".join(block.text for block in blocks)
    done = run("-c", *paths, key=SERVER.hex())
    assert (done.status, done.out) == (0, text * len(WAYS)), done.err
    assert len(done.lines) == len(WAYS)
    for path, line in zip(paths, done.lines, strict=True):
        assert line.startswith(f"xlogdecode: note: {path}: ")
    if kind == "imsdk-chunked":
        for command in (["-l"], ["-t"], ["summary"], ["-c", "--count"], ["--merge"]):
            done = run(*command, *paths)
            assert done.status == 0
            assert done.err.count("note: ") == len(WAYS), command


@needs_tool("xxd", "hexdump", "od")
@pytest.mark.parametrize("tool", [["xxd"], ["hexdump", "-C"], ["od", "-A", "x", "-t", "x1"]])
def test_the_dump_of_a_tool_is_read(tmp_path, tool):
    blocks = LOGS["imsdk-chunked"]
    (tmp_path / "a").write_bytes(file_of(blocks) + bytes(500))  # zeros, of which `*` is made
    dumped = subprocess.run([*tool, tmp_path / "a"], capture_output=True, check=True).stdout
    (tmp_path / "a.xlog").write_bytes(dumped)
    done = run("-c", tmp_path / "a.xlog")
    assert (done.status, done.out) == (0, b"".join(block.text for block in blocks))


def test_it_is_read_from_a_pipe_from_archives_and_from_python(tmp_path):
    blocks = LOGS["zlib"]
    text = b"".join(block.text for block in blocks)
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, way in {"a": "base64", "b": "CR LF"}.items():
        data = WAYS[way](file_of(blocks))
        (folder / f"{name}.xlog").write_bytes(data)
        assert run("-c", "-", input=data).out == text
        assert b"".join(iter_text(data)) == text
        assert b"".join(iter_text(folder / f"{name}.xlog")) == text
        report = decode_file(folder / f"{name}.xlog", tmp_path / name)
        assert (report.is_whole, (tmp_path / name).read_bytes()) == (True, text)
    archive = shutil.make_archive(str(tmp_path / "case"), "zip", folder)
    packed = tmp_path / "a.xlog.gz"
    packed.write_bytes(gzip.compress((folder / "a.xlog").read_bytes()))
    assert run("-c", archive, packed).out == text * 3
    assert run("-rc", folder).out == text * 2


def test_the_source_stays_where_it_is_read_as_what_it_is_not(tmp_path):
    path = tmp_path / "a.xlog"
    path.write_bytes(base64.b64encode(file_of(LOGS["zlib"])))
    done = run("--rm", path)
    assert done.status == 0
    assert path.exists()
    assert path.with_name("a.xlog.log").exists()


@pytest.mark.parametrize("fault", [b"!!!!", b"AA==AAAA", b"\n-----END x-----\nzzz"])
def test_text_that_is_torn_gives_what_comes_before(tmp_path, fault):
    blocks = LOGS["imsdk-chunked"]
    whole = base64.encodebytes(file_of(blocks))
    path = tmp_path / "torn.xlog"
    path.write_bytes(whole[: len(whole) // 2] + fault + whole[len(whole) // 2 :])
    done = run("-c", path)
    assert done.status == 3
    assert blocks[0].text in done.out


def test_logs_are_left_as_they_are_where_nothing_was_mangled():
    """Texts that hold CR LF, or letters that Latin-1 has, in blocks that decode."""
    for line in (b"a line of Windows\r\n", "déjà vu\n".encode()):
        for name in ("imsdk-plain", "sync-zlib", "zlib"):
            blocks = log(KINDS[name], [line] * 200)
            report = Report()
            assert b"".join(iter_text(file_of(blocks), report=report)) == line * 200
            assert report.bytes_in == len(file_of(blocks))


def test_what_only_looks_mangled_is_not_changed():
    dice = random.Random(5)
    for _ in range(30):
        noise = b"\x05" + dice.randbytes(3000).replace(b"\n", b"\r\n")
        report = Report()
        list(iter_text(noise, report=report))
        assert report.bytes_in == len(noise)
