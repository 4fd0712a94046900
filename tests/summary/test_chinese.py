"""All that people read in a summary is there in Chinese; what the log says stays as it is."""
# ruff: noqa: RUF001 - log lines as they are, and Chinese punctuation

import csv
import json
import re
from importlib.resources import files

import pytest
from wcwidth import wcswidth

from tests.command import run
from tests.samples import FIXTURES
from tests.summary.lines import OPENED, im
from tests.summary.test_events import ONE
from xlogdecode.chinese import in_chinese, phrase
from xlogdecode.framing.events import Reason
from xlogdecode.summary.events import built_in_events
from xlogdecode.summary.show import wrapped

ZH = ("--lang", "zh")
WORD = re.compile("[A-Za-z]{2,}")
NAMES = re.compile(
    r"SDK|API|ID|DNS|Windows|Winsock|URL|JSON|IM|UserSig|UnInit|LiteAV|(?:imsdk|[a-z]+\.(?:x?log))\b"
)
"""Names that are the same in Chinese, and those of layouts and files."""


@pytest.fixture
def log(tmp_path):
    """Return a log of each event and of several kinds of codes; `zz` marks the log's own words."""
    lines = [line for some in ONE.values() for line in some]
    lines += [
        im("Zz", f"error_code:{code}|error_message:zz", "E", f"{12 + n % 8}:00:00.000")
        for n, code in enumerate((6013, 6206, 10010, 20012, 30001, 60003, 777777, -100018, 4001))
    ]
    path = tmp_path / "zz.log"
    path.write_text("\n".join([OPENED, *lines, im("InternalUninit", "UnInitSDK|x")]) + "\n")
    return path


def english_in(text: str, log) -> list[str]:
    """Return the words of a text that neither the log has nor both languages share."""
    own = set(WORD.findall(log.read_text()))
    return [word for word in WORD.findall(NAMES.sub("", text)) if word not in own]


@pytest.mark.parametrize("options", [(), ("--timeline",), ("--every-session",)])
def test_no_english_word_is_left_but_those_of_the_log(log, options):
    (log.parent / "b.log").write_bytes(log.read_bytes())
    done = run("summary", *ZH, *options, log.name, "b.log", cwd=log.parent)
    assert done.status == 0
    assert english_in(done.out.decode(), log) == []


def test_of_many_sessions_and_of_losses_the_words_are_chinese_too(log, tmp_path):
    torn = tmp_path / "torn.xlog"
    torn.write_bytes((FIXTURES / "imsdk_20240101.xlog").read_bytes()[:9500])
    done = run("summary", *ZH, *[log.name] * 30, torn.name, cwd=tmp_path)
    text = done.out.decode()
    log.write_text(log.read_text() + run("-c", torn).out.decode())
    assert english_in(text, log) == []
    assert "丢失：1 处，612 字节（文件在块的中间被截断：1）" in text
    assert text.startswith("日期 ")


def test_the_language_is_that_of_lang_unless_one_is_given(log):
    env = {"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"}
    assert run("summary", log, env=env).out == run("summary", *ZH, log).out
    english = run("summary", "--lang", "en", log, env=env).out.decode()
    assert "SESSION" in english
    assert not re.search("[\u4e00-\u9fff]", english)


def test_the_keys_of_json_are_the_same_in_both_languages(log):
    def keys(value):
        if isinstance(value, dict):
            return {key: keys(each) for key, each in value.items()}
        return [keys(each) for each in value] if isinstance(value, list) else None

    english, chinese = (
        json.loads(run("summary", "--json", "--lang", lang, log).out) for lang in ("en", "zh")
    )
    assert keys(english) == keys(chinese)


def test_every_word_that_depends_on_the_log_is_in_the_table():
    text = files("xlogdecode").joinpath("data/codes.csv").read_text("utf-8")
    series = {row["series"] for row in csv.DictReader(text.splitlines())}
    taken = {name for rule in built_in_events().rules.values() for name, _ in rule.take}
    shown_before = {"sdk_app_id", "sdk_version", "platform", "device_type", "system_version"}
    for word in (series - {"UserSig", "Winsock"}) | (taken - shown_before):
        assert phrase("zh", word) != word
    for rule in built_in_events().rules.values():
        assert rule.look.zh
    for reason in Reason:
        assert in_chinese(reason.value) != reason.value


def test_a_line_breaks_between_chinese_signs_and_never_before_punctuation():
    text = "10:51:07  会话结束：无关闭行（被终止），最后的错误。 Words and 字"
    for width in range(16, 80):
        lines = wrapped(text, width=width).splitlines()
        assert max(map(wcswidth, lines)) <= width
        assert not [line for line in lines if line.strip()[0] in "：，。）"]
        assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert wrapped(text, width=20).startswith("10:51:07  会话结束：\n")
