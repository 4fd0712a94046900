"""Error codes in log lines: which numbers are codes, of which series, and their meanings.

A code counts if the table (`data/codes.csv`) has it. A number that it does not have counts under
`error_code`, `errcode` and `retcode`, and elsewhere on lines of the levels E, W and F. An HTTP
status is never a code. Codes of LiteAV are a series of their own, with the words of the log.
"""

import re
from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from xlogdecode.summary.line import LogLine

__all__ = ["LITEAV", "CodeInfo", "CodeSighting", "code_info", "codes_in", "own_words", "place_of"]

LITEAV: Final = "LiteAV"

_BEHIND: Final = (
    r"""["']?(?: ?[:=] ?| |(?<=\(code)\|)["']?"""
    r"(?P<code>-?[0-9]{1,10})(?![0-9A-Za-z%]|\.[0-9]| of )"
)
_CODE: Final = re.compile(rf"ode{_BEHIND}")
_FAILED: Final = re.compile(rf"failed(?<![A-Za-z0-9_]failed)(?=:){_BEHIND}")
"""Numbers behind the end of a label: a pattern that begins with its text is many times as fast."""
_LABEL: Final = re.compile(
    r"(?:(?P<labelled>(?:(?<![A-Za-z])(?i:error|err|ret)|(?<=[a-z])(?:Error|Err|Ret))[ _]?[Cc])"
    r"|(?<![A-Za-z])[cC]|(?<=[a-z])C)\Z"
)
"""The label before `ode`, as it is looked for in the text before that."""
_BEFORE_LABEL: Final = len("verification ")
"""Characters before a label that make it another's."""
_BEFORE_SIGN: Final = _BEFORE_LABEL + len("error c")

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


_SUCCESS: Final = CodeSighting(0, "")


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


def codes_in(line: LogLine) -> list[CodeSighting]:
    """Return the codes that a line states, 0 (success) included, each as often as it is there."""
    message, found = line.message, []
    for number in _numbers_in(message):
        code, start = int(number["code"]), number.start()
        if code in _HTTP:
            continue
        if number.re is _CODE:
            is_code, is_labelled = _label_at_end(message[max(0, start - _BEFORE_SIGN) : start])
        else:
            is_code, is_labelled = _is_failure(message, start, code), False
        sighting = _sighting(line, code, is_labelled=is_labelled) if is_code else None
        if sighting is not None:
            found.append(sighting)
    return found


def _numbers_in(message: str) -> list[re.Match[str]]:
    """Return the numbers behind the ends of labels, in order."""
    found = list(_CODE.finditer(message))
    if "failed:" in message:
        found += _FAILED.finditer(message)
        found.sort(key=re.Match.start)
    return found


@lru_cache(4096)
def _label_at_end(before: str) -> tuple[bool, bool]:
    """Tell whether the text before `ode` has an error code's label, and one that says so."""
    found = _LABEL.search(before)
    if found is None or _NOT_ERROR.search(before, 0, found.start()):
        return False, False
    return True, found["labelled"] is not None


def _is_failure(message: str, start: int, code: int) -> bool:
    """Tell whether the `failed:` at `start` has an error's code, and none of the resolver's own."""
    if "getaddrinfo" in message[:start]:
        return code >= 1000
    return not _NOT_ERROR.search(message, max(0, start - _BEFORE_LABEL), start)


def _sighting(line: LogLine, code: int, *, is_labelled: bool) -> CodeSighting | None:
    """Return what a number at a code's place stands for; None if it is no code."""
    if code == 0:
        return _SUCCESS
    if _is_liteav(line, code):
        return CodeSighting(code, LITEAV) if is_labelled or line.level in _SEVERE else None
    if row := _row(code):
        return CodeSighting(code, row["series"])
    if is_labelled or (line.level in _SEVERE and not 0 < code < _HTTP.stop):
        return CodeSighting(code, "")
    return None


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
