"""Before a log leaves the house: who someone is goes, everything else stays."""

import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import run
from tests.records.lines import IMSDK, SHARED, expected_text, mars, needs_shared, streams
from xlogdecode.errors import ConfigError
from xlogdecode.records import Loss, Record, read_records
from xlogdecode.redaction import (
    Pattern,
    RedactionRules,
    Redactor,
    built_in_rules,
    learn_from,
    parse_rules,
)
from xlogdecode.writers import JsonWriter, TextWriter, render

SIG = "eJwtzE0LgkAUheH-MutQ7zgzo0KLaBEUhaAQuR3nmhfTZPwgiP57l1rdh3N4e*q0Zv2ZRzIR2-QGwSPyhmD"


@pytest.fixture
def redactor():
    return Redactor(built_in_rules())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Login begin|userid:user_2|x", "Login begin|userid:<user-1>|x"),
        ('{"UserID": "张三"}', '{"UserID": "<user-1>"}'),
        ("conversation_key:c2c_user_36|n:0", "conversation_key:c2c_<user-1>|n:0"),
        ("ip address:203.0.113.134:8080", "ip address:<ip-1>:8080"),
        ("to [2001:db8::8a2e:370:7334] now", "to [<ip-1>] now"),
        ("call 13800138000, or +1 415 555 0132", "call <phone-1>, or <phone-2>"),
        ("86 13800138000 0086-13900139000", "<phone-1> <phone-2>"),
        ("mail a.b+c@example.com.", "mail <email-1>."),
        ("Device ID:   00000000-0000-0000-0000-D6E5669F0512", "Device ID:   <device-1>"),
        ("mac 02:00:5e:10:00:ff|imei=490154203237518", "mac <device-1>|imei=<device-2>"),
        (f"sig {SIG}|", "sig <token-1>|"),
        ("access_token=abcDEF123456&x", "access_token=<token-1>&x"),
        ("UserSig: short12", "UserSig: <token-1>"),
        ("password=abc|secret: x1", "password=<token-1>|secret: <token-2>"),
        (r"body:{\"userid\":\"eve\",\"n\":1}", r"body:{\"userid\":\"<user-1>\",\"n\":1}"),
        (r'\\"token\\": \\"abcdef1\\"', r'\\"token\\": \\"<token-1>\\"'),
        (r"uid:DOMAIN\eve|x", "uid:<user-1>|x"),
        ("server:1.2.3.4 over 1.2.3.5", "server:<ip-1> over <ip-2>"),
        ("resolver=8.8.8.8|driver 8.8.4.4", "resolver=<ip-1>|driver <ip-2>"),
        ("loggingUid=4711|tagUid:7", "loggingUid=<user-1>|tagUid:<user-2>"),
        ("token=none.c0ffee1122|token=error-abc1", "token=<token-1>|token=<token-2>"),
        ("selfUid=7|UID:8", "selfUid=<user-1>|UID:<user-2>"),
        ("ip address:2001:db8::5|ip:dead:beef::cafe", "ip address:<ip-1>|ip:<ip-2>"),
        ("client_ip:fe80::1%wlan0|address:::1", "client_ip:<ip-1>%wlan0|address:<ip-2>"),
        ("64:ff9b::192.0.2.33 up", "<ip-1> up"),
        ("call 138-0013-8000|phone:4155552671", "call <phone-1>|phone:<phone-2>"),
        ('{"tel":"0755-86013388"}', '{"tel":"<phone-1>"}'),
        ("phone_number: +1 (415) 555-2671", "phone_number: <phone-1>"),
        ("mac 00-1A-2B-3C-4D-5E|imei1:356938035643809", "mac <device-1>|imei1:<device-2>"),
        (
            "pwd=hunter2|sig=eJwtzEEL|session_key=abc123",
            "pwd=<token-1>|sig=<token-2>|session_key=<token-3>",
        ),
        ("open_id:oX1|unionid=oY2", "open_id:<user-1>|unionid=<user-2>"),
    ],
)
def test_what_tells_who_someone_is_becomes_a_placeholder(redactor, text, expected):
    assert redactor.redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "sdk version:7.7.5282|build 1.2.3",
        "version: 8.5.0.123",
        "ver:1.2.3.4 Version=1.2.3.4 v1.2.3.4",
        "guid:12|uuid=34",
        "token:expired|UserSig: invalid",
        "error_code:6206|error_message:UserSig expired",
        "client_time:1703463263|sequence:1304342433|random:1382110337",
        "2024-01-01T08:47:04.162+08:00 took 10:20:30",
        "mars::stn::LongLink a::b std::string",
        "address:0x7f12|ip:null|ship:10:20:30|skip::add",
        "design=abcdefgh|sign:failed|intel: 1234567",
        "cost 138001380001 ms, 0x13800138000ab",
        "群提示|成员数:412",
        "at com.tencent.mm.A.run(A.java:12)",
    ],
)
def test_everything_else_stays_as_it_was(redactor, text):
    assert redactor.redact(text) == text


@pytest.mark.parametrize("size", [20, 3000, 100_000])
def test_a_web_token_of_any_size_goes(redactor, size):
    token = f"eyJ{'aB3_-' * size}.eyJ{'x' * size}.sig-_"
    for text in (f"receipt {token} ok", f"x-{token}", f'"jws":"{token}"'):
        assert "aB3" not in redactor.redact(text)
    assert redactor.redact(f"receipt {token} ok") == "receipt <token-1> ok"


@pytest.mark.parametrize(
    "before", ["uid:", "token=", "c2c_", "device_id", "password:", "userid", "ip:", "phone:", "sig"]
)
@pytest.mark.parametrize("sign", ["-eyJaaaaaaaa", "\\", " ", "a", "\\a", "1.", "1:", "a@"])
def test_no_line_takes_longer_than_its_length(redactor, before, sign):
    def seconds(length):
        text = before + sign * (length // len(sign)) + '"'
        start = time.process_time()
        redactor.redact(text)
        return time.process_time() - start

    # quadratic time would be a minute here, and linear is some 50 ms
    assert seconds(200_000) < 10


def test_the_same_value_has_the_same_placeholder_within_a_run(redactor):
    assert redactor.redact("userid:a ip 10.0.0.1") == "userid:<user-1> ip <ip-1>"
    assert redactor.redact("c2c_a c2c_b 10.0.0.2 10.0.0.1") == (
        "c2c_<user-1> c2c_<user-2> <ip-2> <ip-1>"
    )


def test_text_and_json_say_the_same_and_fields_stay(redactor):
    line = IMSDK.replace("error_code:6206", "userid:me")
    events = [(0, f"{line}\nmore of userid:me\n{mars(message='userid:you')}".encode())]
    text = b"".join(render(events, TextWriter(), change=redactor.change_all)).decode()
    assert text == (
        line.replace("userid:me", "userid:<user-1>")
        + f"\nmore of userid:<user-1>\n{mars(message='userid:<user-2>')}"
    )
    lines = b"".join(render(events, JsonWriter(), change=redactor.change_all)).splitlines()
    first = json.loads(lines[0])
    assert first["message"].endswith("\nmore of userid:<user-1>")
    assert (first["pid"], first["function"]) == (4104, "HandleA2D2OnlineResponse")


@given(streams())
def test_what_nothing_is_found_in_is_not_touched(events):
    nothing = Redactor(RedactionRules((Pattern("none", "\U0001f600"),)))
    everything = Redactor(RedactionRules((Pattern("all", "[^\n]"),)))
    for record in read_records(events):
        if isinstance(record, Record):
            assert nothing.change_all([record]) == [record]
            (changed,) = everything.change_all([record])
            head = record.text.removesuffix("\n").removesuffix(record.message)
            assert changed.text.removesuffix("\n") == head + changed.message
            assert changed.text.count("\n") == record.text.count("\n")


DAYS = sorted(SHARED.glob("corpus/imsdk/imsdk_C_2*.expected.zst"))


@needs_shared
@pytest.mark.parametrize(
    "day",
    [pytest.param(day, marks=[pytest.mark.heavy] if at > 1 else []) for at, day in enumerate(DAYS)],
    ids=lambda day: day.name,
)
def test_a_day_keeps_no_address_user_or_device(redactor, day):
    text = expected_text(day)
    redacted = b"".join(render([(0, text)], TextWriter(), change=redactor.change_all)).decode()
    assert len(redacted.splitlines()) == len(text.decode().splitlines())
    for gone in (r"203\.0\.113\.", r"user_\d", r"00000000-0000-"):
        assert re.search(gone, text.decode())
        assert not re.search(gone, redacted)
    assert redacted.count("sdk version:7.7.5282") == text.count(b"sdk version:7.7.5282")


@pytest.mark.parametrize("kind", ["phone", "ip", "card", "order"])
def test_an_own_pattern_is_tried_on_every_line_of_a_shape(kind):
    own = parse_rules(f"patterns:\n  - {{name: {kind}, pattern: 'ext-[a-z]+'}}\n", "own.yaml")
    redactor = Redactor(own.before(built_in_rules()))
    redactor.has_learnt = True
    lines = [f"call {number} of ext-abc" for number in range(10, 15)]
    assert redactor.change_messages(lines[:2]) + [
        redactor.change_messages([line])[0] for line in lines[2:]
    ] == [f"call {number} of <{kind}-1>" for number in range(10, 15)]


def test_patterns_of_ones_own_come_from_yaml():
    own = parse_rules("patterns:\n  - {name: order, pattern: 'order (\\d+)'}\n", "own.yaml")
    assert Redactor(own.before(built_in_rules())).redact("order 12 userid:a") == (
        "order <order-1> userid:<user-1>"
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "1:1"),
        ("patterns: 5", "1:11"),
        ("patterns:\n  - name: x\n", "2:5"),
        ("patterns:\n  - {name: x, pattern: '('}\n", "2:24"),
        ("patterns:\n  - {name: x, pattern: '(a)(b)'}\n", "2:24"),
        ("patterns:\n  - {name: x, pattern: 'a*'}\n", "2:24"),
        ("patterns:\n  - {name: '<', pattern: a}\n", "2:12"),
        ("patterns: [\n", "2:1"),
        ("more: 1", "1:1"),
        ("patterns:\n  - {name: x, pattern: '\x02'}\n", "1:1"),
        ("? [a]\n: b\n", "1:3"),
        ("[" * 5000, "1:1"),
        ("patterns:\n  - {name: x, pattern: [0-9]}\n", "2:24"),
        ("patterns:\n  - {name: x, pattern: 'a{99999999999999999999}'}\n", "2:24"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text, place):
    with pytest.raises(ConfigError, match=f"^own.yaml:{place}: "):
        parse_rules(text, "own.yaml")


LATER = f"{IMSDK.split('|error')[0]}|kelly.w hex 6b656c6c792e77\n{mars(message='userid:kelly.w')}\n"


def test_a_value_is_learnt_before_the_place_where_it_is_named(tmp_path):
    log = tmp_path / "a.xlog"
    assert run("encode", "-", "-o", log, input=LATER.encode()).status == 0
    for source in ((log,), ("--merge", log, log), ("-",)):
        done = run("-c", "--redact", *source, input=log.read_bytes())
        assert done.status == 0
        assert b"kelly" not in done.out
        assert b"6b656c" not in done.out
        assert b"<user-1> hex <user-1>" in done.out
    assert "note: redacted: 3 user" in done.err


def test_the_map_words_and_texts_are_options_of_their_own(tmp_path):
    log, words, mapping = (tmp_path / name for name in ("a.log", "words.txt", "map.json"))
    log.write_text(mars(message='userid:kelly.w|project Bluebird|"text":"see you at 9"') + "\n")
    words.write_text("# ours\nBluebird\n")
    options = ("--redact-words", words, "--redact-map", mapping, "--redact-text")
    done = run("-c", *options, log)
    assert b'userid:<user-1>|project <word-1>|"text":"<text>"' in done.out
    assert json.loads(mapping.read_text()) == {"<user-1>": "kelly.w", "<word-1>": "Bluebird"}
    assert mapping.stat().st_mode & 0o777 == 0o600
    again = run("-c", *options, log)
    assert (again.status, again.lines) == (2, [f"xlogdecode: {mapping}: exists; -f replaces it"])
    assert run("-c", "-f", *options, log).status == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text:see you there, at 5|seq:1", "text:<text>|seq:1"),
        (f'{{"text":"{"hi " * 999}","n":1}}', '{"text":"<text>","n":1}'),
        ('content: {"a":1}|x', 'content: {"a":1}|x'),
    ],
)
def test_the_text_of_a_message_goes_to_its_end(text, expected):
    assert Redactor(built_in_rules().with_texts()).redact(text) == expected


def test_a_value_that_a_later_input_names_is_replaced_in_lines_like_earlier_ones(tmp_path):
    first, later = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text(f"{mars(message='send to kelly.w now')}\n" * 4)
    later.write_text(first.read_text() + mars(message="userid:kelly.w|x") + "\n")
    done = run("-c", "-T", "1", "--redact", first, later)
    assert done.out.count(b"send to <user-1> now") == 4
    assert (
        done.out.count(b"kelly.w") == 4
    )  # those of the first, of which nothing said that it is an id


@pytest.mark.parametrize(
    ("named", "text", "expected"),
    [
        ("userid:kelly.w|x", "hex 6B656C6C792E77, a2VsbHkudw==", "hex <user-1>, <user-1>=="),
        ("userid:kelly.w|x", "q=%22kelly.w%22 c2ckelly.w", "q=%22<user-1>%22 c2c<user-1>"),
        ("groupID:@TGS#2ABC|x", "g=%40TGS%232ABC&n=1", "g=<group-1>&n=1"),
        ('"nick":"Anna Lee"', "n=Anna%20Lee&m=Anna+Lee", "n=<name-1>&m=<name-1>"),
        ('"nick":"张小美"', "n=%e5%bc%a0%E5%B0%8F", "n=%e5%bc%a0%E5%B0%8F"),
        (
            '"nick":"张小美"',
            r"n=%e5%bc%a0%e5%b0%8f%e7%be%8e \u5f20\u5c0f\u7f8e",
            "n=<name-1> <name-1>",
        ),
        (r'"nick":"\u5f20\u5c0f\u7f8e"', "来自张小美", "来自<name-1>"),
        ('"userIDList": [\n  "ab.1",\n  "cd.2"\n]', "ab.1 cd.2", "<user-1> <user-2>"),
    ],
)
def test_a_value_goes_in_other_forms_too(redactor, named, text, expected):
    redactor.learn(named)
    assert redactor.redact(text) == expected


LINES = st.lists(
    st.sampled_from(
        [
            IMSDK, mars(), mars(message="send to kelly.w now"), mars(message="userid:kelly.w|n:1"),
            mars(message="ip 10.0.0.7"), mars(message="cost:12ms"), mars(message="cost:34ms"),
            "  at a.b.C(D.java:12)", "userid:kelly.w", "\tmore 0x12", "^^^^^^^^^^ not a banner",
        ]
    ),
    min_size=1,
    max_size=40,
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(LINES, st.integers(1, 900), st.sampled_from(["\n", "\n", "\r\n"]), st.booleans(), st.data())
def test_lines_that_stay_go_past_the_reader_to_where_they_were(lines, size, end, is_ended, data):
    text = (end.join(lines * 6) + end * is_ended).encode()
    events = [(at, text[at : at + size]) for at in range(0, len(text), size)]
    for _ in range(data.draw(st.integers(0, 2))):
        events.insert(data.draw(st.integers(0, len(events))), Loss(0, 5, "damaged"))

    def redacted(part_lines):
        redactor = Redactor(built_in_rules())
        taken = part_lines and redactor.part
        for _ in range(3):  # by then it knows the lines
            out = render(
                learn_from_all(events, redactor), TextWriter(), change=redactor.change_all,
                change_messages=redactor.change_messages, part_lines=taken or None,
            )  # fmt: skip
            written = b"".join(out)
        return written, redactor.counts

    assert redacted(True) == redacted(False)


def learn_from_all(events, redactor):
    list(learn_from(events, redactor))
    return events


def test_the_home_folder_of_an_input_goes_from_the_output(tmp_path):
    log, other = tmp_path / "Users" / "wangq" / "a.log", tmp_path / "b.log"
    log.parent.mkdir(parents=True)
    for each in (log, other):
        each.write_text(mars() + "\n")
    for options in (("--format", "json", log), ("--merge", log, other)):
        done = run("-c", "--redact", *options)
        assert b"wangq" not in done.out
        assert b"/Users/<home-1>/a.log" in done.out
