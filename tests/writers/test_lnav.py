"""lnav reads decoded text by the formats that ship."""

import csv
import os
import shutil
import subprocess

import pytest

from tests.command import run
from tests.records.lines import OPENERS
from tests.shared import FIXTURES
from xlogdecode import decode_bytes
from xlogdecode.records import read_records

LNAV = shutil.which("lnav")
pytestmark = pytest.mark.skipif(not LNAV, reason="lnav is not installed")


@pytest.fixture
def lnav(tmp_path):
    """Return a function that asks lnav, with our formats, a question about a text in SQL."""
    folder = tmp_path / "config/formats/xlog"
    folder.mkdir(parents=True)
    (folder / "xlog.json").write_bytes(run("lnav").out)
    (tmp_path / "log.txt").touch()

    def ask(text, question, *args):
        (tmp_path / "log.txt").write_bytes(text)
        done = subprocess.run(
            [LNAV, "-n", "-I", tmp_path / "config", *args, "-c", f";{question}",
             "-c", ":write-csv-to -", tmp_path / "log.txt"],
            env=os.environ | {"HOME": str(tmp_path), "TZ": "Asia/Shanghai"},
            capture_output=True, encoding="utf-8", errors="replace", check=True, timeout=60,
        )  # fmt: skip
        return list(csv.DictReader(done.stdout.splitlines()))

    return ask


def test_lnav_finds_nothing_wrong_with_the_formats(lnav, tmp_path):
    done = subprocess.run(
        [LNAV, "-C", "-I", tmp_path / "config"],
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("fixture", "table"),
    [("imsdk_20240101.xlog", "imsdk_log"), ("async_zlib_nocrypt_small.xlog", "mars_xlog")],
)
def test_lnav_sees_the_records_that_we_see(lnav, fixture, table):
    text, _ = decode_bytes((FIXTURES / fixture).read_bytes())
    found = lnav(
        text,
        "SELECT log_time, log_level, pid, tid, file, line, function "
        f"FROM {table} WHERE log_level != 'unknown'",
    )
    names = ("trace", "debug", "info", "warning", "error", "fatal")
    levels = dict(zip("VDIWEF", names, strict=True))
    expected = [
        (
            record.iso[:23].replace("T", " "), levels[record.level], str(record.who.pid),
            str(record.who.tid), record.file, str(record.line), record.function,
        )
        for record in read_records([(0, text)])
        if record.layout in {"mars", "imsdk"}
    ]  # fmt: skip
    assert expected
    assert [tuple(row.values()) for row in found] == expected


@pytest.mark.parametrize(
    ("layout", "table"),
    [
        ("mars", "mars_xlog"), ("imsdk", "imsdk_log"), ("imsdk-4.6", "imsdk_log"),
        ("imsdk-4.0", "imsdk_log"), ("liteav", "liteav_log"),
    ],
)  # fmt: skip
def test_lnav_knows_every_layout(lnav, layout, table):
    (line, *_) = (
        line for line in OPENERS if next(read_records([(0, line.encode())])).layout == layout
    )
    found = lnav(f"{line}\n{line}\n".encode(), f"SELECT log_level FROM {table}")
    assert len(found) == 2
    assert found[0]["log_level"] != "unknown"
