"""A new line layout is one row of the table in `line_layouts`: nothing else has to know it."""

import json
import re
import subprocess
import sys

from tests.mars import KINDS, log

LINES = [
    f"@@2024-01-01T{clock} {level} {who} net: {message}\n".encode()
    for clock, level, who, message in [
        ("09:12:33.123", "W", "12/34", "slow answer"),
        ("09:59:59.999", "I", "12/35", "connected"),
        ("10:00:00.000", "E", "13/34", "lost\n\tat a.Call(Call.java:1)\n@@ no head"),
        ("10:00:00.001", "D", "12/34", "again"),
        ("11:30:00.000", "W", "12/34", "slow again"),
    ]
]

ROW = r"""
import io, json, sys
from xlogdecode import line_layouts as table
table.RECORD_ROWS.append(
    table.RecordRow(
        "made-up",
        f"@@{table.DATE}T",
        rf"{table.HOUR}:[0-9:.]{{9}} {table.LEVEL} ",
        rf"@@(?P<hour>{table.DATE}T{table.HOUR}){table.CLOCK} {table.LEVEL} "
        rf"(?P<who>{table.PID}/{table.PID}) ",
        ((r"(?P<tag>[^\n: ]{0,64}+): ",),),
        "made_up_log",
        "Made Up",
        ("@@2024-01-01T09:12:33.123 W 12/34 tag: message",),
    )
)
from xlogdecode import Options, decode_bytes
from xlogdecode.filters import Filter, count_text, select, select_text
from xlogdecode.records import read_records
from xlogdecode.writers.lnav import lnav_formats

data = sys.stdin.buffer.read()
"""


def answer(script: str, data: bytes) -> object:
    """Run `script` in a process whose table has one row more, made up."""
    done = subprocess.run([sys.executable, "-c", ROW + script], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_records_of_a_made_up_layout_have_their_fields():
    script = """
names = ("time", "level", "pid", "tid", "tag", "message", "layout")
records = [record.as_dict() for record in read_records([(0, data)])]
print(json.dumps([[record[name] for name in names] for record in records]))
"""
    first, *_, last = found = answer(script, b"".join(LINES))
    assert len(found) == len(LINES)
    time = "2024-01-01T09:12:33.123"
    assert first == [time, "W", 12, 34, "net", "slow answer", "made-up"]
    assert last == ["2024-01-01T11:30:00.000", "W", 12, 34, "net", "slow again", "made-up"]
    assert found[2][5] == "lost\n\tat a.Call(Call.java:1)\n@@ no head"


def test_filters_by_record_and_by_text_agree_on_a_made_up_layout():
    script = """
found = {}
for name, wanted in {
    "level": Filter(level="W"),
    "since": Filter(since="10:00"),
    "until": Filter(until="2024-01-01 09:59:59.999"),
    "both": Filter(level="E", since="10:00", until="10:00"),
    "grep": Filter(grep="again"),
}.items():
    exact = b"".join(record.raw for record in select(read_records([(0, data)]), wanted))
    assert b"".join(select_text([(0, data)], wanted)) == exact
    found[name] = exact.decode()
    assert count_text([(0, data)], wanted) == len([*read_records([(0, exact)])])
print(json.dumps(found))
"""
    one, two, three, four, five = (line.decode() for line in LINES)
    assert answer(script, b"".join(LINES)) == {
        "level": one + three + five,
        "since": three + four + five,
        "until": one + two,
        "both": three,
        "grep": four + five,
    }


def test_a_plain_text_log_of_a_made_up_layout_is_found_behind_damage():
    script = """
text, report = decode_bytes(data, Options(marks=False))
print(json.dumps([text.decode(), [[loss.offset, loss.length] for loss in report.losses]]))
"""
    plain, junk = b"".join(LINES), b"\xff\xfe\x00" * 40
    assert answer(script, plain) == [plain.decode(), []]
    (block,) = log(KINDS["zlib"], [LINES[0]], per_block=1)
    text = block.text + plain
    assert answer(script, block.data + junk + plain) == [
        text.decode(),
        [[len(block.data), len(junk)]],
    ]


def test_lnav_gets_the_format_of_a_made_up_layout():
    formats = answer("print(lnav_formats())", b"")
    made_up = formats["made_up_log"]
    assert made_up["timestamp-format"] == ["%Y-%m-%dT%H:%M:%S.%L"]
    (regex,) = made_up["regex"].values()
    found = re.search(regex["pattern"].replace("(?<", "(?P<"), LINES[0].decode().rstrip())
    assert found is not None
    assert found.groupdict() == {
        "timestamp": "2024-01-01T09:12:33.123", "level": "W", "pid": "12", "tid": "34",
        "tag": "net", "body": "slow answer",
    }  # fmt: skip
    assert set(formats) > {"mars_xlog", "imsdk_log", "liteav_log"}
