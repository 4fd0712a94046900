"""Error codes: the spellings that count, the numbers that do not, and the table."""
# ruff: noqa: E501 - log lines as they are

import csv
import re
from importlib.resources import files

import pytest

from tests.records.lines import SHARED, needs_shared
from tests.summary.lines import OPENED, im
from tests.summary.test_events import found
from xlogdecode.summary.codes import code_info


def codes(*lines):
    return {c["code"]: c["count"] for c in found(OPENED, *lines)["codes"]}


@pytest.mark.parametrize(
    "form",
    [
        "error code:{}", "error code: {}", "error_code:{}", "error_code: {}", "errorCode = {}",
        "ErrorCode:{}", "errCode:{}", "retcode: {}", "code:{}", "code={}", "code {}", "failed:{}",
        "X (code|{})",
    ],
)  # fmt: skip
@pytest.mark.parametrize("code", [6206, 9519, -10003, -10001, 70001])
def test_a_code_of_the_table_counts_in_every_spelling_and_at_every_level(form, code):
    assert codes(im("F", f"x|{form.format(code)}|y")) == {code: 1}
    assert codes(im("F", f"{form.format(code)}, msg")) == {code: 1}


@pytest.mark.parametrize(
    "text",
    [
        "OnAnycastResponse |error_code:200", "error_code:404", "error code: 302", "http status code:204",
        "area code 10", "failed:3 of 5", "verify code:123456", "country code:86", "code=23",
        "error_code:0", "code:0|failed:0", "decode:6013", "code:6013ms", "barcode:6013", "code:6013.5",
        "verify_code:6013", "areaCode:6014", "secret code:12345",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_code_does_not_count(text):
    assert codes(im("F", text)) == {}


def test_an_unknown_code_counts_on_a_line_of_an_error_or_under_the_names_of_error_codes():
    assert codes(im("F", "code:77777|failed:77778|code 77779")) == {}
    assert codes(im("F", "code:77777|failed:77778|code 77779", "W")) == {
        77777: 1,
        77778: 1,
        77779: 1,
    }
    assert codes(im("F", "error_code:77777|errcode:77778|retcode:77779")) == {
        77777: 1,
        77778: 1,
        77779: 1,
    }
    assert codes(im("F", "errCode:-502")) == {-502: 1}
    (code,) = found(OPENED, im("F", "error_code:77777|error_message:quite new|x"))["codes"]
    assert (code["meaning"], code["details"]["words"]) == (None, {"quite new": 1})


def test_a_code_counts_once_a_record_and_knows_its_command_or_function():
    line = im("HandleX", "error_code:9520|x|code:9520|command:im_open_status.stat_reg|y")
    other = im("HandleX", "error code:9520|error msg:late", "E")
    (code,) = found(OPENED, line, other)["codes"]
    assert (code["code"], code["count"], code["series"]) == (9520, 2, "network")
    assert code["details"]["where"] == {"im_open_status.stat_reg": 1, "HandleX": 1}


def test_codes_of_liteav_are_a_series_of_their_own():
    trtc = "[E][08-15/13:01:19.582+9.0][838,91395][signal_manager.cc:4499]enter room failed|ErrorCode: -100018|error msg:sig"
    (code,) = found(OPENED, trtc, im("F", "ErrorCode: -100018|error msg:sig"))["codes"]
    assert (code["code"], code["count"], code["series"], code["meaning"]) == (
        -100018,
        2,
        "LiteAV",
        None,
    )
    assert code["details"]["words"] == {"sig": 2}
    assert found(OPENED, im("F", "error code: -3301"))["codes"][0]["series"] == "LiteAV"
    assert found(OPENED, im("F", "error code: -10113"))["codes"][0]["series"] == "server"


def test_every_row_has_a_meaning_and_a_next_step_in_both_languages():
    folder = files("xlogdecode").joinpath("data")
    rows = list(csv.DictReader(folder.joinpath("codes.csv").read_text("utf-8").splitlines()))
    assert len({row["code"] for row in rows}) == len(rows) > 380
    for row in rows:
        first = int(re.match(r"-?\d+", row["code"])[0])
        for language in ("en", "zh"):
            info = code_info(first, language)
            assert info.series
            assert info.meaning
            assert info.advice
            assert (not info.meaning.isascii()) == (language == "zh")
    assert code_info(125000).series == "callback"
    assert code_info(130001) is None


@needs_shared
def test_every_code_of_the_published_lists_is_in_the_table():
    for line in (SHARED / "CODES.md").read_text("utf-8").splitlines():
        if not re.match(r"\| -?\d", line):
            continue
        cell = re.sub(r"\([A-D, L]*\)", "", line.split("|")[1])
        for first, last in re.findall(r"(-?\d+)(?:(?:-|\.\.)(-?\d+))?", cell):
            step = 1 if int(last or first) >= int(first) else -1
            ends = range(int(first), int(last or first) + step, step)
            assert all(code_info(code) for code in ends), line
