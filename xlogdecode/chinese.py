"""The words of reasons, of the summary and of its timeline in Chinese: a table, `data/chinese.csv`.

A row is a sentence in English, which may have gaps, the same in Chinese, and where it is used: in
the `summary`, or, where that is empty, as a reason.
"""

import re
from csv import DictReader
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["in_chinese", "phrase"]

_GAP: Final = re.compile(r"\{\}")


def phrase(language: str, text: str, *values: object) -> str:
    """Return `text` in `en` or `zh`, with `values` in its gaps.

    It is in English where the table does not have it.
    """
    if language == "zh":
        text = _sentences("summary").get(text, text)
    return text.format(*values) if values else text


def in_chinese(text: str) -> str:
    """Return a finished sentence in Chinese; as it is where the table does not have it.

    What a sentence quotes, such as a reason within another, is looked up in turn.
    """
    known = _sentences("").get(text)
    if known is not None:
        return known
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(text):
            return chinese.format(*map(in_chinese, found.groups()))
    return text


@cache
def _sentences(used: str) -> dict[str, str]:
    text = files("xlogdecode").joinpath("data", "chinese.csv").read_text("utf-8")
    rows = DictReader(text.splitlines(), restval="")
    return {row["en"]: row["zh"] for row in rows if row["used"] == used}


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    rows = _sentences("").items()
    return [(_pattern(en), zh) for en, zh in rows if "{}" in en]


def _pattern(sentence: str) -> re.Pattern[str]:
    """Return a pattern of a sentence with anything in its gaps."""
    parts = map(re.escape, _GAP.split(sentence))
    return re.compile("(.+?)".join(parts), re.DOTALL)
