"""Error codes in log lines: which numbers are codes, of which series, and their meanings.

A code counts if the table (`data/codes.csv`) has it. A number that it does not have counts under
`error_code`, `errcode` and `retcode`, and elsewhere on lines of the levels E, W and F. An HTTP
status is never a code. Codes of LiteAV are a series of their own, with the words of the log.
"""

import re
from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from xlogdecode.summary.line import LogLine

__all__ = ["LITEAV", "CodeInfo", "CodeSighting", "code_info", "codes_in", "own_words", "place_of"]

LITEAV: Final = "LiteAV"

_CODE: Final = re.compile(
    r"(?P<label>(?:(?<![A-Za-z])(?i:error|err|ret)|(?<=[a-z])(?:Error|Err|Ret))[ _]?[Cc]ode"
    r"|(?:(?<![A-Za-z])[cC]|(?<=[a-z])C)ode"
    r"|(?<![A-Za-z0-9_])failed(?=:))"
    r"""["']?(?: ?[:=] ?| |(?<=\(code)\|)["']?"""
    r"(?P<code>-?[0-9]{1,10})(?![0-9A-Za-z%]|\.[0-9]| of )"
)
_SIGNS: Final = ("ode", "failed")
_BEFORE_SIGN: Final = len("error c")
_BEHIND_SIGN: Final = 48
"""Characters around a sign that a label and its code take at most, and what may not follow."""

_NOT_ERROR: Final = re.compile(
    r"(?i)(?:area|country|city|region|zip|post|postal|language|currency|http|status|exit|response"
    r"|verify|verification|captcha|sms|invite|invitation|auth|version|build|source|time|qr|bar|key"
    r"|char|encoding)[ _-]?$"
)
"""The words before `code` that make it something else than an error."""

_WORDS: Final = re.compile(
    r"(?i)(?:err(?:or)?[ _]?(?:message|msg)|(?<![a-z])(?:err|desc|msg))[:=] ?([^|\n]*)"
)
_COMMAND: Final = re.compile(r"(?<![a-z_])(?:command|cmd)[:=] ?([\w.]+)")
_LITEAV_SOURCE: Final = re.compile(r"(?i)\b(?:TXC|TRTC|liteav)|^TXC|^TRTC")
_SEVERE: Final = frozenset("EWF")
_HTTP: Final = range(100, 600)


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """A row of the table, in one language."""

    series: str
    meaning: str
    advice: str
    """The next thing to do."""


@dataclass(frozen=True, slots=True)
class CodeSighting:
    """A code that a line states."""

    code: int
    series: str
    """As in the table; empty where that does not have the code."""


@cache
def _table() -> tuple[dict[int, dict[str, str]], list[tuple[range, dict[str, str]]]]:
    """Return the rows of single codes, and those of ranges."""
    advice = {row["advice"]: row for row in _rows("code_advice.csv")}
    single, ranges = {}, []
    for row in _rows("codes.csv"):
        own = advice[row["advice"]]
        row |= {"advice_en": own["en"], "advice_zh": own["zh"]}
        first, dash, last = row["code"].rpartition("-")
        if dash and first:
            ranges.append((range(int(first), int(last) + 1), row))
        else:
            single[int(row["code"])] = row
    return single, ranges


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("xlogdecode").joinpath("data", name).read_text("utf-8")
    yield from DictReader(text.splitlines())


def _row(code: int) -> dict[str, str] | None:
    single, ranges = _table()
    return single.get(code) or next((row for codes, row in ranges if code in codes), None)


def code_info(code: int, language: str = "en") -> CodeInfo | None:
    """Return the table's row of an error code, in `en` or `zh`; None where there is none."""
    row = _row(code)
    if row is None:
        return None
    return CodeInfo(row["series"], row[language], row[f"advice_{language}"])


def codes_in(line: LogLine) -> Iterator[CodeSighting]:
    """Yield the codes that a line states, 0 (success) included, each as often as it is there."""
    message = line.message
    for found in _found_in(message):
        code, label = int(found["code"]), found["label"]
        if code in _HTTP or _names_no_error(message, found):
            continue
        is_labelled = len(label) > 4 and label != "failed"
        if code == 0:
            yield CodeSighting(0, "")
        elif _is_liteav(line, code):
            if is_labelled or line.level in _SEVERE:
                yield CodeSighting(code, LITEAV)
        elif row := _row(code):
            yield CodeSighting(code, row["series"])
        elif is_labelled or (line.level in _SEVERE and not 0 < code < _HTTP.stop):
            yield CodeSighting(code, "")


def _found_in(message: str) -> Iterator[re.Match[str]]:
    """Yield what `_CODE` finds, but look only around a label: that is many times as fast."""
    done = 0
    for at, end in _signs_in(message):
        start, stop = max(done, at - _BEFORE_SIGN), end + _BEHIND_SIGN
        found = _CODE.search(message, start, stop)
        if found is not None and found.end() < stop - 4:  # else it is of a later sign
            done = found.end()
            yield found


def _signs_in(message: str) -> list[tuple[int, int]]:
    """Return where each of `_SIGNS` begins and ends, in order."""
    found = []
    for sign in _SIGNS:
        if sign in message:
            found += [each.span() for each in re.finditer(sign, message)]
    return sorted(found) if len(found) > 1 else found


def _names_no_error(message: str, found: re.Match[str]) -> bool:
    start = found.start()
    if found["label"] == "failed" and "getaddrinfo" in message[:start]:
        return int(found["code"]) < 1000  # a number of the resolver's own
    return bool(_NOT_ERROR.search(message, max(0, start - 13), start))


def _is_liteav(line: LogLine, code: int) -> bool:
    """Tell whether a code is of LiteAV: by who logs, or by the numbers that only LiteAV uses."""
    if line.layout == "liteav" or _LITEAV_SOURCE.search(f"{line.file or ''} {line.tag or ''}"):
        return True
    return (code <= -100000 or -9999 <= code <= -1000) and _row(code) is None


def own_words(line: LogLine) -> str:
    """Return the words that the log itself has for an error; empty if it has none."""
    found = _WORDS.search(line.message)
    return found[1].strip() if found else ""


def place_of(line: LogLine) -> str:
    """Return the command that a line is about, or else the function that logged it."""
    found = _COMMAND.search(line.message)
    return found[1] if found else (line.function or line.tag or "")
