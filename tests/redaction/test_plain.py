"""Many lines at once, with every shortcut, give what each line gives by itself."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.redaction.plain import PlainRedactor, is_alone
from tests.redaction.test_labelled import LINES, labelled
from xlogdecode.redaction import Redactor, built_in_rules, learn_from
from xlogdecode.redaction.words import WordFinder

PLAIN = [labelled(line)[0] for line in LINES]
BETWEEN = [*" |,:=\"'\\&_-、\u017f", "", ", ", "c2c_", "0x"]


@st.composite
def mixed_lines(draw):
    """Lines of the labelled set, parts of them cut anywhere and put together in any way."""
    picks = random.Random(draw(st.integers(0, 2**32)))

    def part():
        line = picks.choice(PLAIN)
        cut = picks.randrange(len(line) + 1) if picks.random() < 0.4 else 0
        return line[cut:] if picks.random() < 0.5 else line[: len(line) - cut]

    def line():
        parts = [part() for _ in range(picks.randint(1, 4))]
        return "".join(piece for each in parts for piece in (each, picks.choice(BETWEEN)))

    lines = [line() for _ in range(draw(st.integers(1, 25)))]
    return lines + picks.choices(lines, k=picks.randrange(4))


def as_bytes(text):
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


@settings(max_examples=40, deadline=None)
@given(mixed_lines())
def test_many_lines_at_once_give_what_each_gives_by_itself(lines):
    redactor, plain = Redactor(built_in_rules()), PlainRedactor()
    plain.learn(lines)
    redactor.learn("\n".join(lines))
    redactor.has_learnt = True
    done = redactor.change_messages([as_bytes(line) for line in lines])
    assert done == [as_bytes(plain.redact(line)) for line in lines]


def test_each_line_gives_the_same_with_other_digits_as_by_itself():
    picks = random.Random(7)
    redactor, plain = Redactor(built_in_rules()), PlainRedactor()
    redactor.has_learnt = True
    for _ in range(4):
        lines = [
            re.sub("[0-9]", lambda _: picks.choice("0123456789"), line)
            if picks.random() < 0.5
            else line
            for line in PLAIN
        ]
        done = redactor.change_messages([as_bytes(line) for line in lines])
        assert done == [as_bytes(plain.redact(line)) for line in lines]


@settings(max_examples=12, deadline=None)
@given(mixed_lines(), st.integers(0, 2**32))
def test_lines_that_differ_in_digits_alone_give_what_each_gives_by_itself(lines, seed):
    picks = random.Random(seed)

    def with_other_digits(line):
        return "".join(
            picks.choice("0123456789") if sign.isdigit() and picks.random() < 0.4 else sign
            for sign in line
        )

    pages = [[with_other_digits(line) for line in lines] for _ in range(4)]
    redactor, plain = Redactor(built_in_rules()), PlainRedactor()
    plain.learn([line for page in pages for line in page])
    redactor.learn("\n".join(line for page in pages for line in page))
    redactor.has_learnt = True
    for page in pages:
        done = redactor.change_messages([as_bytes(line) for line in page])
        assert done == [as_bytes(plain.redact(line)) for line in page]


@pytest.mark.parametrize("head", ["", "TIM: 2024-01-01 08:47:04.162 E 1-2  |-a.cpp:3  Run  |"])
def test_values_are_learnt_from_lines_that_differ_in_digits_alone(head):
    redactor = Redactor(built_in_rules())
    lines = "\n".join(f"{head}userid:user_{number}|uid:{number % 3}" for number in range(20))
    for _ in range(2):
        redactor.learn_lines(lines.encode())
    assert redactor.redact("to user_17") == "to <user-1>"


SIGNS = "ab1_.é用%3c2x0"
WORD = st.text(SIGNS, min_size=1, max_size=5)
OTHERS = {
    "few": [],
    "many of a shape": [f"q{number}" for number in range(1000, 1500)],
    "many": [f"q{a}{b}" for a in "defghijklmnopqrstuvwyz" for b in "defghijklmnopqrstuvwyz"],
}


@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
@settings(max_examples=60)
@given(words=st.sets(WORD, min_size=1, max_size=8), text=st.text(f"{SIGNS} |", max_size=60))
def test_words_are_found_where_they_are_alone_the_longest_first(others, words, text):
    expected, at = [], 0
    while at < len(text):
        ends = [
            at + len(word)
            for word in words
            if text.startswith(word, at) and is_alone(text, at, at + len(word))
        ]
        if ends:
            expected.append((at, max(ends)))
        at = max(ends, default=at + 1)
    finder = WordFinder()
    finder.add([*words][:1])
    finder.add([*others, *words])
    assert [*finder.find(text)] == expected


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 300_000), st.integers(1, 90_000))
def test_a_value_is_learnt_wherever_the_text_is_cut(place, size):
    filler = "send heartbeat request\n"
    text = filler * (place // len(filler)) + "userid:kelly.w|x\n" + filler * 13_000
    data = text.encode()
    events = [(0, data[at : at + size]) for at in range(0, len(data), size)]
    redactor = Redactor(built_in_rules())
    assert list(learn_from(events, redactor)) == events
    assert redactor.redact("to kelly.w") == "to <user-1>"


def test_what_a_pattern_needs_is_in_all_that_it_matches():
    for pattern in built_in_rules().patterns:
        near = [*map(re.escape, pattern.needs), *pattern.near]
        for line in PLAIN:
            if near and re.search(pattern.pattern, line):
                assert any(re.search(each, line) for each in near), pattern
