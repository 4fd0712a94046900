"""File names of logs: those of the SDK as a table, and those that a policy adds.

Nothing but a name decides here, and always all of it: `fullmatch`, in ASCII, in the SDK's own case.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from xlogdecode.errors import UsageError

__all__ = [
    "DATE", "LogName", "Recogniser", "dated", "pattern_of", "pattern_of_prefix", "recogniser",
]  # fmt: skip

DATE: Final = "YYYYMMDD"
"""Where the date is in a pattern that a policy adds."""


class LogName(NamedTuple):
    """The contents of a log's name."""

    day: date | None
    """None where the eight digits are not a day of any calendar, as in `20240230`."""
    number: int
    """The N of `-N` or `_N`; 0 without one."""
    source: str
    """The name itself, or for text decoded beside its source the source's name."""


Recogniser = Callable[[str], LogName | None]
"""Returns the contents of a name, or None if it is not a log's."""

_TABLE: Final = {
    "imsdk": (
        r"imsdk_(?:C_)?(?P<day>[0-9]{8})(?:[-_](?P<number>[0-9]{1,9}))?\.xlog(?P<decoded>\.log)?",
        r"imsdk_(?P<day>[0-9]{8})\.log",
    ),
    "liteav": (
        r"LiteAV_[CR]_(?P<day>[0-9]{8})(-[0-9]{1,10})?(_(?P<number>[0-9]{2}))?\.clog",
        r"LiteAV_[CR]_(?P<day>[0-9]{8})(-[0-9]{1,10})?(_(?P<number>[0-9]{2}))?\.xlog(?P<decoded>\.log)?",
    ),
}
_DATED: Final = re.compile(
    r"(?s:(?P<before>.*))(?<![0-9])(?P<day>[0-9]{8})(?![0-9])"
    r"(?P<after>[^0-9]*(?:[0-9]{1,7}(?![0-9])[^0-9]*)*\.[xc]log(?:\.log)?)"
)
_OF_THE_SDK: Final = re.compile(r"(?s:.+)(imsdk_(?:C_)?)\Z")
"""Text before the name that the SDK gave."""
_CHANGING: Final = re.compile("[0-9*\ud800-\udfff]+")
"""Digits, and bytes that are no UTF-8, so not in YAML."""
_MOST_NAMES: Final = 1024
_ENDINGS: Final = (".xlog", ".clog", ".log")


def pattern_of(text: str) -> str:
    """Return the regular expression of a pattern such as `*_imsdk_C_YYYYMMDD.xlog`.

    `*` is any text, `?` any one character. Raises UsageError for a pattern without the date (a
    log goes by the date in its name), with two of them, or of no log at all.
    """
    if text.count(DATE) != 1:
        raise UsageError(f"{text!r} must have the date, {DATE}, once; example: app_{DATE}.xlog")
    if "/" in text or "\\" in text or "\0" in text:
        raise UsageError(f"{text!r} is not the pattern of a file name; write it without folders")
    before, after = text.split(DATE)
    if not any(ending in after for ending in _ENDINGS):
        raise UsageError(f"{text!r} must end like a log, in .xlog, .clog or .log")
    signs = {"*": ".*", "?": "."}
    first, last = ("".join(signs.get(c, re.escape(c)) for c in part) for part in (before, after))
    return rf"(?s:{first})(?<![0-9])(?P<day>[0-9]{{8}})(?![0-9])(?s:{last})"


def pattern_of_prefix(text: str) -> str:
    """Return the regular expression of the names that a Mars app with this prefix writes.

    Raises UsageError for an empty prefix, or one of other characters than names of files have.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text):
        raise UsageError(f"{text!r} is not a prefix; write the name before the date, as MarsSample")
    number = r"(?:[-_](?P<number>[0-9]{1,9}))?"
    return rf"{re.escape(text)}_(?P<day>[0-9]{{8}}){number}\.xlog(?P<decoded>\.log)?"


def dated(name: str) -> tuple[str, date] | None:
    """Return a pattern of a log's name that the table does not have, and its day; None without one.

    That is the name of an upload, or of another app's log: `alice_imsdk_C_20240101.xlog`.
    """
    if any(re.fullmatch(one, name) for kind in _TABLE.values() for one in kind):
        return None
    found = _DATED.fullmatch(name)
    day = _day(found["day"]) if found else None
    if found is None or day is None or ".mmap" in name or "\\" in name:
        return None
    before = _OF_THE_SDK.sub(r"*\1", found["before"])
    before, after = (_CHANGING.sub("*", part) for part in (before, found["after"]))
    return f"{before}{DATE}{after}", day


def recogniser(kinds: Iterable[str], patterns: Iterable[str] = ()) -> Recogniser:
    """Return what recognises the SDK's names of some kinds (keys of the table) and `patterns`.

    Answers are remembered: the same days are in every folder.
    """
    expressions = [re.compile(p) for kind in kinds for p in _TABLE[kind]]
    added = [re.compile(p) for p in patterns]
    known: dict[str, LogName | None] = {}

    def recognise(name: str) -> LogName | None:
        if name in known:
            return known[name]
        found = _recognise(name, expressions) or (_recognise_added(name, added) if added else None)
        if len(known) < _MOST_NAMES:
            known[name] = found
        return found

    return recognise


def _recognise(name: str, expressions: list[re.Pattern[str]]) -> LogName | None:
    for expression in expressions:
        if match := expression.fullmatch(name):
            found = match.groupdict()
            source = name.removesuffix(found.get("decoded") or "")
            return LogName(_day(found["day"]), int(found.get("number") or 0), source)
    return None


def _recognise_added(name: str, expressions: list[re.Pattern[str]]) -> LogName | None:
    """Do what `_recognise` does; of the ways to read a name with `*`, the latest day counts."""
    if ".mmap" in name:  # a crash buffer, whatever a pattern says
        return None
    found = _recognise(name, expressions)
    if found is None:
        return None
    days = [_day(digits) for digits in re.findall(r"(?<![0-9])[0-9]{8}(?![0-9])", name)]
    if None in days:
        return LogName(None, found.number, found.source)
    return LogName(max(filter(None, days)), found.number, found.source)


@lru_cache(_MOST_NAMES)
def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
