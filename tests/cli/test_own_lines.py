"""Lines of an app's own formatter, other encodings and the reader's zone, at the door."""

import csv
import io
import json

import pytest

from tests.command import run
from tests.mars import KINDS, block

ONE = "2026-05-21 11:46:00.123 I|1,2|Tag|主机 x\n2026-05-21 is a day\n"
TWO = "2026-05-21 12:00:00.000 WARN|1,3|Net|slow\n"
ISO = "2026-05-21T03:50:00Z INFO between\n"
LAYOUT = r"""
layouts:
  - layout: our-app
    pattern: '(?P<time>.{23}) (?P<level>[A-Z]+)\|(?P<pid>\d+),(?P<tid>\d+)\|(?P<tag>[^|]*)\|'
    time: '%Y-%m-%d %H:%M:%S.%f'
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.xlog"
    path.write_bytes(block(KINDS["zlib"], [ONE.encode(), TWO.encode("gbk")]).data)
    (tmp_path / "layout.yaml").write_text(LAYOUT)
    (tmp_path / "iso.xlog").write_bytes(block(KINDS["zlib"], [ISO.encode()]).data)
    return path


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-S", "2026-05-21"], ONE + TWO),
        (["-U", "2026-05-21 11:50"], ONE),
        (["-p", "W"], TWO),
        (["-g", "is a day"], ONE),
        (["-S", "11:50", "-B", "1", "-g", "slow"], ONE + TWO),
        (["--layout", "layout.yaml", "--tag", "Net"], TWO),
        (["--layout", "layout.yaml", "--tid", "2"], ONE),
    ],
)
def test_filters_know_the_lines_of_an_app_with_its_own_formatter(own, options, expected):
    assert run("-c", *options, "own.xlog", cwd=own.parent).out.decode() == expected
    records = 1 if "-B" in options or expected != ONE + TWO else 2
    done = run("--count", *options, "own.xlog", cwd=own.parent)
    assert done.out == b"%d\n" % records


def test_csv_has_the_fields_of_a_layout_file_and_the_list_names_the_layout(own):
    args = ("--layout", own.parent / "layout.yaml")
    done = run("-c", "--format", "csv", *args, own)
    first, second = csv.DictReader(io.StringIO(done.out.decode(), newline=""))
    assert (first["time"], first["pid"], first["tag"]) == ("2026-05-21T11:46:00.123", "1", "Tag")
    assert first["message"] == "主机 x\n2026-05-21 is a day"
    assert (second["level"], second["tid"], second["message"]) == ("W", "3", "slow")
    layouts = [json.loads(run("-l", "--json", *more, own).out.splitlines()[0])["layout"]
               for more in ((), args)]  # fmt: skip
    assert layouts == ["generic", "our-app"]
    summary = json.loads(run("summary", "--json", *args, own).out)
    assert (summary["layouts"], summary["levels"]) == (["our-app"], {"I": 1, "W": 1})
    assert "layout: generic\n" in run("summary", own).out.decode()


def test_logs_of_different_layouts_make_one_timeline(own):
    done = run("--merge", "--tz", "+8", "own.xlog", "iso.xlog", cwd=own.parent)
    texts = [ONE, ISO, TWO]
    names = ["own.xlog", "iso.xlog", "own.xlog"]
    expected = "".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
    assert done.out.decode() == expected


def test_local_shows_times_in_the_zone_of_the_machine(own):
    env = {"TZ": "Asia/Kolkata"}
    args = ("--tz", "UTC+8", "--local", own)
    lines = run("-c", "--format", "json", *args, env=env).out.splitlines()
    found = [json.loads(line) for line in lines]
    assert [each["time"] for each in found] == [
        "2026-05-21T09:16:00.123+05:30", "2026-05-21T09:30:00.000+05:30",
    ]  # fmt: skip
    unknown = run("-c", "--format", "json", "--local", own, env=env).out.splitlines()[0]
    assert json.loads(unknown)["time"] == "2026-05-21T11:46:00.123"
    assert b"09:16:00  session begins" in run("summary", "--timeline", *args, env=env).out
    done = run("-c", "--local", own)
    assert (done.status, done.out) == (2, b"")
    assert "--local needs --format" in done.err


def test_an_encoding_is_read_in_text_and_json(tmp_path):
    log = tmp_path / "a.xlog"
    raw = b"2026-05-21 11:46:00.123 " + "繁體".encode("big5") + b"\n"
    log.write_bytes(block(KINDS["zlib"], [raw]).data)
    assert run("-c", log).out == raw
    assert run("-c", "-g", "繁體", "--encoding", "big5", log).out == raw
    utf8 = run("-c", "--utf8", "--encoding", "Big5", log)
    assert utf8.out.decode() == "2026-05-21 11:46:00.123 繁體\n"
    found = json.loads(run("-c", "--format", "json", "--encoding", "big5", log).out)
    assert (found["message"], found["encoding"]) == ("繁體", "big5")
    done = run("-c", "--encoding", "klingon", log)
    assert (done.status, done.out) == (2, b"")
    assert "'klingon' is not an encoding of log text; examples:" in done.err


def test_a_wrong_file_of_layouts_is_told_with_its_place(own):
    path = own.parent / "bad.yaml"
    path.write_text(LAYOUT.replace("(?P<tag>", "(?P<tag"))
    for command in (("-c",), ("-l",), ("summary",)):
        done = run(*command, "--layout", path, own)
        assert (done.status, done.out) == (2, b"")
        assert f"{path}:4:14: not a regular expression" in done.err
    done = run("-c", "--layout", own.parent / "absent.yaml", own)
    assert (done.status, done.out) == (2, b"")
    assert "cannot be read" in done.err
