"""Recall and precision on lines labelled by hand."""

import re
from pathlib import Path

from xlogdecode.redaction import Redactor, built_in_rules

LINES = [
    line
    for line in Path(__file__).with_name("labelled.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
GOAL = 0.97


def replaced(line, redacted):
    """Return the stretches of `line` that placeholders stand for."""
    parts = re.split(r"<[a-z]+-\d+>", redacted)
    found = re.fullmatch("(.+?)".join(map(re.escape, parts)), line, re.DOTALL)
    assert found, (line, redacted)
    return [found.span(number) for number in range(1, len(parts))]


def labelled(line):
    """Return the line without labels, and where its private values are."""
    text, spans, start = "", [], 0
    for part in re.split("([⟦⟧])", line):
        if part == "⟦":
            start = len(text)
        elif part == "⟧":
            spans.append((start, len(text)))
        else:
            text += part
    return text, spans


def score(lines):
    """Return the private values, those that stay, the placeholders, and those of nothing."""
    redactor = Redactor(built_in_rules())
    plain = [labelled(line) for line in lines]
    for text, _ in plain:
        redactor.learn(text)
    secrets, missed, placeholders, wrong = 0, [], 0, []
    for text, spans in plain:
        done = replaced(text, redactor.redact(text))
        secrets += len(spans)
        placeholders += len(done)
        missed += [
            (text, text[start:end])
            for start, end in spans
            if sum(max(0, min(end, b) - max(start, a)) for a, b in done) < 0.8 * (end - start)
        ]
        wrong += [
            (text, text[a:b])
            for a, b in done
            if not any(min(end, b) > max(start, a) for start, end in spans)
        ]
    return secrets, missed, placeholders, wrong


def test_nearly_all_private_values_go_and_nearly_nothing_else():
    secrets, missed, placeholders, wrong = score(LINES)
    assert len(LINES) > 150
    assert secrets > 150
    assert 1 - len(missed) / secrets >= GOAL, missed
    assert 1 - len(wrong) / placeholders >= GOAL, wrong
