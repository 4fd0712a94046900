"""Lines that are not UTF-8: Chinese in GB18030, or what a person says."""

import csv
import io
import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mars import KINDS, block
from tests.records.lines import IMSDK, mars
from xlogdecode import Filter, Record, UsageError, read_records
from xlogdecode.encodings import codec_of, decoded_lines, parse_encoding
from xlogdecode.filters import count_text, select, select_text
from xlogdecode.outputs import Utf8
from xlogdecode.records import read_records as records_in
from xlogdecode.records.reading import LogHints
from xlogdecode.writers import CsvWriter, JsonWriter, as_object, json_schema, restore

SCHEMA = jsonschema.Draft202012Validator(json_schema())
NO_HOST = "getaddrinfo HOST failed:11001 不知道这样的主机。"


def line_of(message):
    return mars(message="").encode() + message + b"\n"


def record_of(message, **options):
    data = block(KINDS["zlib"], [line_of(message)]).data
    (record,) = read_records(data, **options)
    assert isinstance(record, Record)
    return record


@pytest.mark.parametrize(
    "text", [NO_HOST, "主机", "联通", "参数错误“无效”…", "登录失败(中文)|x", "中"]
)
def test_a_line_that_is_chinese_in_gb18030_is_read_as_that(text):
    record = record_of(text.encode("gb18030"))
    assert (record.message, record.encoding) == (text, "gb18030")
    assert record.raw == line_of(text.encode("gb18030"))
    assert record.message_bytes == text.encode("gb18030")
    assert record_of(text.encode()).encoding == "utf-8"


@pytest.mark.parametrize(
    "message",
    [
        "Größe".encode("latin-1"), "déjà vu, naïve".encode("latin-1"), "Привет".encode("cp1251"),
        b"\xff\xfe\x01", b"\x80", "主机".encode("gbk")[:3], b"\x81\x30\x81\x30",
    ],
)  # fmt: skip
def test_what_is_not_chinese_is_kept_byte_for_byte(message):
    record = record_of(message)
    assert record.encoding is None
    assert record.message.encode("utf-8", "surrogateescape") == message
    shown = as_object(record)
    assert restore(shown["message"], shown["encoding"]) == message


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("big5", "繁體"), ("shift_jis", "ログイン"), ("cp1252", "Größe"), ("euc_kr", "로그"),
     ("GBK", "囧"), ("latin-1", "é")],
)  # fmt: skip
def test_a_person_may_name_the_encoding(encoding, text):
    record = record_of(text.encode(encoding), encoding=encoding)
    assert record.message == text
    shown = as_object(record)
    SCHEMA.validate(shown)
    assert shown["message"] == text
    assert restore(text, shown["encoding"]) == text.encode(encoding)
    assert record_of(text.encode(), encoding=encoding).message == text  # UTF-8 stays UTF-8


@pytest.mark.parametrize("name", ["utf-16", "utf-7", "hex", "rot13", "cp037", "nonsense", ""])
def test_an_encoding_of_no_log_is_refused(name):
    with pytest.raises(UsageError, match=r"is not an encoding of log text; examples: gb18030"):
        parse_encoding(name)


def test_a_record_may_have_lines_of_both_encodings():
    message = "用户|".encode() + "主机".encode("gbk") + "\n中文".encode() + "\n内容".encode("gbk")
    record = record_of(message)
    assert record.message == "用户|主机\n中文\n内容"
    shown = as_object(record)
    assert restore(shown["message"], shown["encoding"]) == message


def test_json_and_csv_have_the_text_and_its_encoding():
    record = record_of(NO_HOST.encode("gbk"))
    (found,) = map(json.loads, JsonWriter().write([record]).decode().splitlines())
    SCHEMA.validate(found)
    assert (found["message"], found["encoding"]) == (NO_HOST, "gb18030")
    writer = CsvWriter()
    (row,) = csv.DictReader(io.StringIO((writer.header + writer.write([record])).decode()))
    assert (row["message"], row["encoding"]) == (NO_HOST, "gb18030")


MESSAGES = [
    "主机".encode("gbk"), "主机".encode(), b"host", "群".encode("big5"), b"\xd6\xf7", b"\xff",
    "不知道这样的主机".encode("gbk") + b"|" + "用户".encode(), "\nmore 主机".encode("gbk"),
]  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([line_of(m) for m in MESSAGES] + [IMSDK.encode() + b"\n"]), max_size=9
    ),
    st.sampled_from(["主机", "主.", "主机$", "host", "(?i)主", "[群主]", "用户", "^more"]),
    st.sampled_from([None, "big5", "utf-8"]),
    st.sampled_from([0, 1]),
    st.sampled_from([1, 4096]),
)
def test_words_are_found_in_either_encoding(lines, word, encoding, context, page):
    reading = LogHints((), encoding)
    wanted = Filter(grep=word, before=context, after=context)
    events = [(0, b"".join(lines))]
    exact = list(select(records_in(events, reading=reading), wanted))
    spans = select_text(events, wanted, reading=reading, page=page)
    assert b"".join(spans) == b"".join(r.raw for r in exact)
    alone = Filter(grep=word)
    count = sum(1 for _ in select(records_in(events, reading=reading), alone))
    assert count_text(events, alone, reading=reading, page=page) == count


def test_a_word_is_found_in_gbk():
    lines = [line_of(b"x"), line_of(NO_HOST.encode("gbk")), line_of(NO_HOST.encode())]
    for word in ("主机", "主.机?。$"):
        found = b"".join(select_text([(0, b"".join(lines))], Filter(grep=word)))
        assert found == lines[1] + lines[2]


class Kept(bytearray):
    def write(self, data):
        self.extend(data)


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), max_size=9))
def test_utf8_output_has_each_line_in_utf8(cuts):
    text = "主机 a\n".encode("gbk") + "主机 b\n".encode() + b"\xffc\n" + "主机".encode("gbk")
    sink = Kept()
    utf8, at = Utf8(sink), 0
    for cut in cuts:
        utf8.write(text[at : at + cut])
        at += cut
    utf8.write(text[at:])
    utf8.close()
    assert sink.decode() == "主机 a\n主机 b\n\ufffdc\n主机"


@settings(deadline=None)
@given(st.binary(max_size=40), st.sampled_from([None, "gb18030", "cp1252", "big5"]))
def test_a_codec_gives_the_same_bytes_again(data, encoding):
    codec = codec_of(data, encoding)
    if codec is not None:
        assert data.decode(codec).encode(codec) == data
    text = decoded_lines(data.decode("latin-1"), encoding)
    if codec == "utf-8":
        assert text == data.decode()
