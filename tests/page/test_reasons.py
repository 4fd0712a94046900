"""What was left out or damaged: the page says why, and what to do next, in both languages."""

import gzip
import random
import re
import zipfile
from io import BytesIO

import pytest

from tests.command import run
from tests.mars import KINDS, block, file_of, mars_lines, new_session, private_key
from tests.page.reading import read_page
from xlogdecode.chinese import in_chinese
from xlogdecode.framing.events import Reason

CHINESE = re.compile("[\u4e00-\u9fff]")


def blocks_of(kind: str, session=None) -> list:
    lines = list(mars_lines(1, 400))
    return [
        block(KINDS[kind], lines[at : at + 20], seq=1 + number, session=session)
        for number, at in enumerate(range(0, 400, 20))
    ]


@pytest.fixture
def files(tmp_path):
    """Return the facts of files, by name, as a page of them has them."""
    folder = tmp_path / "logs"
    folder.mkdir()
    locked = blocks_of("zlib-crypt", new_session(private_key("server"), "client"))
    logs = {
        "good.xlog": file_of(blocks_of("zlib")),
        "cut.xlog": file_of(blocks_of("zlib"))[: 3 * 4096],
        "torn.xlog": file_of(blocks_of("zlib"))[: 3 * 4096 + 77],
        "locked.xlog": file_of(locked),
        "page.xlog": b"<!DOCTYPE html><html><title>404 Not Found</title></html>",
        "noise.xlog": random.Random(5).randbytes(3000),
        "bad.zip": b"PK\x03\x04 not a zip",
    }
    for name, data in logs.items():
        (folder / name).write_bytes(data)
    path = tmp_path / "case.html"
    run("html", folder, "-o", path)
    return {each["name"]: each for each in read_page(path).head["files"]}


def test_a_damaged_file_has_its_likely_cause_and_the_next_step(files):
    assert files["cut.xlog"]["state"] == "cut"
    why = "cut off by an upload or a copy: its size is 3 x 4 KiB; get the file anew"
    assert files["cut.xlog"]["why"]["en"] == why
    chinese = files["cut.xlog"]["why"]["zh"]
    assert "3 x 4 KiB" in chinese
    assert "重新获取" in chinese
    assert files["torn.xlog"]["why"] == {}  # nothing shows a cause


def test_each_reason_is_there_with_its_number_of_places(files):
    ((words, times),) = files["torn.xlog"]["reasons"]
    assert (words["en"], times) == (Reason.CUT.value, 1)
    assert files["torn.xlog"]["places"] == 1
    ((words, _),) = files["locked.xlog"]["reasons"]
    assert (words["en"], files["locked.xlog"]["locked"]) == ("no key given", 20)
    assert (files["good.xlog"]["reasons"], files["good.xlog"]["state"]) == ([], "ok")


def test_a_file_that_is_not_a_log_says_what_it_is(files):
    known = "an HTML page (404 Not Found), not the log; download it again"
    assert files["page.xlog"]["detail"]["en"] == f"not an xlog file: {known}"
    assert "404 Not Found" in files["page.xlog"]["detail"]["zh"]
    assert "不是日志数据" in files["noise.xlog"]["detail"]["zh"]  # a reason within the sentence


def test_all_of_it_is_in_chinese_too(files):
    shown = [
        words
        for each in files.values()
        for words in (each["detail"], each["why"], *(reason for reason, _ in each["reasons"]))
        if words
    ]
    assert len(shown) >= 6
    assert all(CHINESE.search(words["zh"]) for words in shown), shown


@pytest.mark.parametrize("reason", Reason)
def test_every_kind_of_damage_has_chinese_words(reason):
    assert CHINESE.search(in_chinese(reason.value))


def test_reasons_for_which_an_input_is_refused_have_chinese_words(tmp_path):
    log = gzip.compress(file_of(blocks_of("zlib")))
    (tmp_path / "twice.xlog.gz").write_bytes(gzip.compress(log))
    inner = BytesIO()
    for depth in range(3):
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"{depth}.zip" if depth else "a.xlog", inner.getvalue() or log)
        inner = packed
    (tmp_path / "deep.zip").write_bytes(inner.getvalue())
    for name, says in (("twice.xlog.gz", "twice"), ("deep.zip", "within"), ("", "a folder")):
        path = tmp_path / name
        *_, line = run("-c", path).err.splitlines()
        reason = line.rpartition(": ")[2]
        assert says in reason
        assert CHINESE.search(in_chinese(reason)), reason


def test_words_that_the_table_does_not_have_stay_as_they_are():
    assert in_chinese("Permission denied {0} %s") == "Permission denied {0} %s"


def test_private_values_in_a_reason_are_redacted(tmp_path):
    (tmp_path / "a.xlog").write_bytes(b"HTTP/1.1 404 userid:alice_7 not found\r\n\r\n")
    (tmp_path / "b.xlog").write_bytes(file_of(blocks_of("zlib")))
    run("html", tmp_path, "-o", tmp_path / "case.html")
    page = read_page(tmp_path / "case.html")
    assert re.search("404 userid:<user-[0-9]+>", page.head["files"][0]["detail"]["zh"])
    assert "alice_7" not in page.text
