"""The page as a file: what is in it, what is not, and what it may do."""

import hashlib
import json
import os
import re
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.command import run
from tests.page.reading import read_page
from tests.shared import FIXTURES
from tests.summary.lines import im
from xlogdecode import iter_text

LOG = FIXTURES / "imsdk_20240101.xlog"


@pytest.fixture
def made(tmp_path):
    def make(*args, status=0):
        path = tmp_path / "case.html"
        done = run("html", *args, "-o", path)
        assert done.status == status, done.err
        return read_page(path)

    return make


def test_every_line_of_the_log_is_in_the_page_once(made):
    page = made(LOG, "--no-redact")
    lines = b"".join(iter_text(LOG)).decode().splitlines()
    shown = "\n".join(row.message for row in page.rows)
    assert all(line.rpartition("|")[2].strip() in shown for line in lines)
    starts = sum(line.startswith("TIM: 2024-") for line in lines)
    assert sum(row.level != "" for row in page.rows) == starts
    assert [row.number for row in page.rows] == list(range(len(page.rows)))


def test_a_record_keeps_its_time_level_place_and_thread(made):
    page = made(LOG, "--no-redact")
    (row,) = [row for row in page.rows if "error_code:6206|" in row.message]
    at = datetime.fromtimestamp(row.time / 1000, UTC)
    assert f"{at:%Y-%m-%d %H:%M:%S}.{row.time % 1000:03}" == "2024-01-01 08:47:04.162"
    assert (row.level, row.has_time) == ("E", True)
    assert row.site == ["imsdk", None, "login.cpp", 380, "HandleA2D2OnlineResponse"]
    assert row.who[:2] == [4104, 4156]
    assert row.session[1:] == ["1", False, "+08:00"]


def test_it_is_redacted_unless_that_is_not_wanted(made, tmp_path):
    text = b"TIM: 2024-01-01 08:47:04.162 I 1-2  |-login.cpp:1  Login  |userid:alice_7|done\n"
    text = text.replace(b"userid:alice_7", b"hello alice_7") + text
    log = tmp_path / "imsdk_20240101.log"
    log.write_bytes(text)
    page = made(log)
    assert page.head["redacted"]
    assert "alice_7" not in page.text
    assert [row.message for row in page.rows] == ["hello <user-1>|done", "userid:<user-1>|done"]
    assert "userid:alice_7|done" in made(log, "--no-redact", "-f").rows[1].message


def test_the_page_reaches_no_network_and_runs_no_script_but_its_own(made):
    text = made(LOG).text
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    for part, rule in ((script, "script-src"), (style, "style-src")):
        digest = b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert "innerHTML" not in script
    assert not re.findall(r"\b(?:src|href)=", text.split("<script>")[0])


def test_what_a_log_says_ends_no_script(made, tmp_path):
    log = tmp_path / "imsdk_20240101.log"
    evil = "</script><script>alert(1)</script><!--"
    line = f"TIM: 2024-01-01 08:47:04.162 I 1-2  |-a.cpp:1  {evil}  |{evil} userid:{evil}\n"
    log.write_text(line)
    page = made(log, "--title", evil)
    assert "<script>alert" not in page.text
    page = made(log, "--title", evil, "--no-redact", "-f")
    assert "<script>alert" not in page.text
    assert evil in page.rows[0].message
    assert len(re.findall("</script>", page.text)) == len(page.head["blobs"]) + 2


def test_an_event_of_ones_own_is_shown_in_its_lane(made, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "events:\n  - event: payment\n    page: {lane: send, mood: good, zh: 付款}\n"
        "    signs: [{has: [Payment done]}]\n  - event: sync\n    signs: [{function: Sync}]\n",
        "utf-8",
    )
    (tmp_path / "imsdk_20240101.log").write_text(im("Pay", "Payment done") + "\n" + im("Sync", ""))
    page = made(tmp_path / "imsdk_20240101.log", "--events", tmp_path / "own.yaml")
    shown = [
        (e["name"], e["lane"], e["mood"], e["words"]["zh"]) for e in page.head["story"]["events"]
    ]
    assert shown == [("payment", "send", "good", "付款"), ("sync", "other", "plain", "sync")]


def test_filters_say_which_records_and_the_page_says_so(made):
    page = made(LOG, "-p", "E", "--tz", "+08:00")
    assert {row.level for row in page.rows} == {"E"}
    assert page.head["filters"] == ["--level E"]


def test_a_page_that_is_too_large_leaves_out_debug_and_info_first_and_says_so(tmp_path, made):
    log = tmp_path / "imsdk_20240101.log"
    lines = [
        f"TIM: 2024-01-01 08:{n // 600 % 60:02}:{n // 10 % 60:02}.{n % 1000:03} {'DDIE'[n % 4]} 1-2"
        f"  |-a.cpp:1  Do  |{hashlib.sha256(b'%d' % n).hexdigest()}\n"
        for n in range(80_000)
    ]
    log.write_text("".join(lines))
    whole = made(log, "--no-redact")
    assert len(whole.rows) == 80_000
    limit = 1500 << 10
    page = made(log, "--no-redact", "--max-size", "1500K", "-f")
    assert len(page.text) <= limit
    assert sum(row.level == "E" for row in page.rows) == 20_000
    assert not [row for row in page.rows if row.level == "D"]
    (debug, info) = page.head["cuts"]
    assert (debug["levels"], debug["rows"]) == ("D", 40_000)
    assert info["levels"] == "I"
    assert len(page.rows) + debug["rows"] + info["rows"] == 80_000


def test_every_kind_of_input_is_in_one_page_with_its_state(tmp_path, made):
    folder = tmp_path / "case"
    folder.mkdir()
    whole = LOG.read_bytes()
    (folder / "imsdk_20240101.xlog").write_bytes(whole)
    (folder / "imsdk_20240102.xlog").write_bytes(whole[:3000] + b"\xff" * 500 + whole[3500:])
    (folder / "imsdk_20240103.xlog").write_bytes(whole[:9000])
    (folder / "broken.xlog").write_bytes(b"nothing of the kind" * 10)
    page = made(folder, status=1)
    states = {file["name"]: file["state"] for file in page.head["files"]}
    assert states == {
        "imsdk_20240101.xlog": "ok", "imsdk_20240102.xlog": "damaged",
        "imsdk_20240103.xlog": "cut", "broken.xlog": "failed",
    }  # fmt: skip
    assert any(row.level == "loss" for row in page.rows)


def test_a_page_that_exists_is_not_written_over(tmp_path):
    path = tmp_path / "case.html"
    path.write_text("mine")
    done = run("html", LOG, "-o", path)
    assert done.status == 1
    assert "exists" in done.err
    assert path.read_text() == "mine"


def test_no_page_is_left_where_nothing_could_be_read(tmp_path):
    done = run("html", tmp_path / "absent.xlog", "-o", tmp_path / "case.html")
    assert done.status == 1
    assert not (tmp_path / "case.html").exists()


def test_a_name_that_is_not_utf_8_is_shown_as_far_as_it_can_be_read(tmp_path):
    log = os.fsencode(tmp_path) + b"/caf\xe9_20240101.log"
    Path(os.fsdecode(log)).write_bytes(
        b"[I][2024-01-01 +8.0 08:00:00.000][1, 2*][caf\xe9\xff][a.cpp:1, f][x\n"
    )
    page = tmp_path / os.fsdecode(b"caf\xe9.html")
    assert run("html", os.fsdecode(log), "-o", page).status == 0
    head = read_page(page).head
    assert head["title"] == "caf\ufffd"
    assert head["files"][0]["name"] == "caf\ufffd_20240101.log"
    json.dumps(head, ensure_ascii=False).encode()
