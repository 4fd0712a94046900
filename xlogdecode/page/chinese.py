"""Why an input was left out or damaged, in Chinese: a table of sentences, `data/reasons_zh.csv`."""

import re
from csv import DictReader
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["in_chinese"]

_GAP: Final = re.compile(r"\{\}")


def in_chinese(text: str) -> str:
    """Return a reason in Chinese; as it is where the table does not have it.

    What a sentence quotes, such as a reason within another, is looked up in turn.
    """
    for pattern, chinese in _sentences():
        if found := pattern.fullmatch(text):
            return chinese.format(*map(in_chinese, found.groups()))
    return text


@cache
def _sentences() -> list[tuple[re.Pattern[str], str]]:
    text = files("xlogdecode").joinpath("data", "reasons_zh.csv").read_text("utf-8")
    rows = DictReader(text.splitlines())
    return [(_pattern(row["en"]), row["zh"]) for row in rows]


def _pattern(sentence: str) -> re.Pattern[str]:
    """Return what matches a sentence with anything in its gaps."""
    parts = map(re.escape, _GAP.split(sentence))
    return re.compile("(.+?)".join(parts), re.DOTALL)
