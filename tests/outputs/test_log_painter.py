"""Log text in colours: the text stays what it is, and only our own codes reach the terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlogdecode.outputs.colour import in_states
from xlogdecode.outputs.log_painter import LogPainter
from xlogdecode.outputs.sanitize import Escaped

CODE = re.compile(rb"\x1b\[[0-9;]*m")
HEADS = st.sampled_from(
    [
        "[E][2024-01-01 +8.0 09:12:33.123][1, 2*][tag][a.cc:1, f][",
        "TIM: 2024-01-01 08:47:04.162 W 4104-4156       |-a.cpp:3 F |",
        "TIM: 2024-01-01 08:47:04.1",
        "2019-05-28 21:51:56.161| 21504|looper|E| a.cpp:190 |F > ",
        "[I][08-15/13:01:19.582+9.0][838,91395][a.cc:4499]",
        "[F][xlogdecode] ",
        "^^^^^^^^^^Nov 24 2026^^^06:11:35^^^^^^^^^^[1,2][2024-01-01 +0800 09:12:33]",
        "--",
        "a.xlog: ",
        "日志.xlog: [W][",
    ]
)
SIGNS = st.sampled_from(["\n", "\x1b[31m", "\x1b]0;owned\x07", "\x9b31m", "\r", "\0", "消息", "x"])
texts = st.lists(HEADS | SIGNS | st.text(max_size=3)).map("".join)
NAMES = ("a.xlog", "日志.xlog")


class Pieces(list):
    write = list.append


def painted(*pieces, **wanted):
    out = Pieces()
    painter = LogPainter(out, **wanted)
    for piece in pieces:
        painter.write(piece)
    painter.close()
    return b"".join(out)


def escaped(data):
    out = Pieces()
    Escaped(out).write(data)
    return b"".join(out)


def cut(data, positions):
    return [data[a:b] for a, b in zip([0, *positions], [*positions, len(data)], strict=True)]


@given(texts, st.data(), st.sampled_from([None, "x|owned", "消", "(?s).+", "$", r"\n"]))
def test_without_our_codes_it_is_the_text_that_is_safe_to_show(text, data, pattern):
    raw = text.encode("utf-8", "surrogatepass")
    pieces = cut(raw, sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=4))))
    hits = pattern and re.compile(pattern, re.MULTILINE)
    shown = painted(*pieces, hits=hits, names=NAMES, gaps=True)
    assert CODE.sub(b"", shown) == escaped(raw)


@given(texts)
def test_no_colour_goes_on_beyond_its_line(text):
    for line in painted(text.encode(), hits=re.compile("x"), names=NAMES, gaps=True).split(b"\n"):
        codes = CODE.findall(line)
        assert codes[1::2] == [b"\x1b[0m"] * (len(codes) // 2)
        assert len(codes) % 2 == 0


@given(texts, st.integers(0, 200))
def test_colours_do_not_depend_on_where_text_is_cut(text, at):
    raw = text.encode()
    assert painted(raw[:at], raw[at:]) == painted(raw)


@pytest.mark.parametrize(
    "head", ["[E][2024-01-01 +8.0 09:12:33.123][1, 2*][t][a.cc:1, f][", "[F]["]
)
def test_all_lines_of_an_error_are_red(head):
    time = "2024-01-01 +8.0 09:12:33.123"
    head = head if time in head else f"[F][{time}][1, 2*][t][a.cc:1, f]["
    lines = painted(f"{head}boom\n\tat a\n[I][{time}][1, 2*][t][a.cc:1, f][fine\n".encode())
    first, second, third, _ = lines.decode().split("\n")
    assert first.startswith("\x1b[31m[")
    assert f"\x1b[31;2m{time}\x1b[0m" in first
    assert second == "\x1b[31m\tat a\x1b[0m"
    assert "\x1b[31m" not in third
    assert f"\x1b[2m{time}\x1b[0m" in third


def test_a_mark_of_a_loss_is_inverted_and_looks_like_no_record():
    mark = "[F][xlogdecode] 5 bytes damaged at offset 7: not log data"
    assert painted(f"{mark}\nrest\n".encode()) == f"\x1b[7m{mark}\x1b[0m\nrest\n".encode()


def test_a_hit_is_marked_in_all_lines_of_its_record_and_not_in_the_name_before_it():
    text = "a.xlog: [W][2024-01-01 +8.0 09:12:33.123][1, 2*][t][a.cc:1, f][go\naxlog\n"
    shown = painted(text.encode(), hits=re.compile("a.?xlog|go\na"), names=["a.xlog"]).decode()
    hits = re.findall(r"\x1b\[30;43m(.*?)\x1b\[0m", shown)
    assert hits == ["go", "a"]
    assert shown.startswith("\x1b[36ma.xlog: \x1b[0m")


def test_each_source_has_a_colour_of_its_own():
    lines = "".join(f"{name}: TIM: 2024-01-01 08:47:04.162 I 1-2 |F|\n" for name in NAMES)
    shown = painted(lines.encode(), names=NAMES).decode()
    first, second = (line.split("m")[0] for line in shown.splitlines())
    assert first != second


def test_a_line_that_waits_is_shown_when_the_log_pauses():
    out = Pieces()
    painter = LogPainter(out)
    painter.write(b"[W][2024-01-01 +8.0 09:12:33.123][1, 2*][t][a.cc:1, f][half")
    assert out == []
    painter.settle()
    painter.write(b" rest\n")
    assert CODE.sub(b"", b"".join(out)).endswith(b"[half rest\n")
    assert b"".join(out).endswith(b"\x1b[33m rest\x1b[0m\n")


def test_a_long_line_does_not_wait_in_memory():
    out = Pieces()
    painter = LogPainter(out)
    for _ in range(100):
        painter.write(b"x" * 10_000)
    assert sum(map(len, out)) > 900_000


def test_states_have_colours_only_where_they_say_what_came_of_an_input():
    text = "damaged: 1 place, 5 bytes lost; encrypted: 2 blocks, no key given; OK"
    assert in_states(text).count("\x1b[0m") == 2
    assert in_states("OK: 1 block").startswith("\x1b[32mOK\x1b[0m: 1")
