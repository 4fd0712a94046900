"""What can be asked of records."""

import re
from dataclasses import dataclass, replace
from typing import Final

from xlogdecode.errors import UsageError
from xlogdecode.when import Bound

__all__ = ["LAST", "Filter", "parse_level", "parse_pattern", "parse_session"]

LAST: Final = -1
"""The last session of a source."""

_ALL = "VDIWEF"
_NAMES: Final = {
    "V": "VERBOSE TEST 1 2",
    "D": "DEBUG 3",
    "I": "INFO 4",
    "W": "WARN WARNING 5",
    "E": "ERROR 6",
    "F": "FATAL ASSERT 7",
    "": "NONE OFF 0",
}
"""Mars's letter -> the names of Mars, the names and numbers of the IM SDK and of its C API."""

_LETTERS: Final = {name: letter for letter, names in _NAMES.items() for name in names.split()}
_PREFIXES: Final = ("V2TIM_LOG_LEVEL_", "V2TIM_LOG_", "KTIMLOG_", "LEVEL_")


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that all have to hold; each that is left out always does.

    A record without a time is as early as the one before it. Losses are never filtered out.
    """

    since: Bound | None = None
    until: Bound | None = None
    """Both included (see `when.Bound`)."""
    levels: str | None = None
    """Mars's letters of the levels wanted; an empty text wants none, and so no record."""
    tags: frozenset[str] = frozenset()
    pids: frozenset[int] = frozenset()
    tids: frozenset[int] = frozenset()
    grep: re.Pattern[str] | None = None
    """Is searched for in the whole text of a record, without its last line end."""
    invert: bool = False
    """Take the records in which `grep` is not found."""
    session: int | None = None
    """A number from 1, or LAST."""
    before: int = 0
    after: int = 0
    """Records of context, whatever they are, around each that is wanted."""

    @property
    def is_empty(self) -> bool:
        """Every record is wanted."""
        return replace(self, before=0, after=0, invert=False) == Filter()

    @property
    def is_bulk(self) -> bool:
        """Nothing but level and time is asked for."""
        return replace(self, since=None, until=None, levels=None) == Filter()


def parse_level(text: str) -> str:
    """Return the letters of the level that `text` names and of the graver ones; NONE has none.

    Mars's letters and names, `V2TIM_LOG_*`, `kTIMLog_*`, and their numbers, in any case. Raises
    UsageError for anything else.
    """
    name = text.strip().upper()
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    letter = name if name in tuple(_ALL) else _LETTERS.get(name)
    if letter is None:
        raise UsageError(f"{text!r} is no level: write one of V D I W E F, a name of theirs, NONE")
    return _ALL[_ALL.index(letter) :] if letter else ""


def parse_pattern(text: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Return a regular expression in which `^` and `$` match at every line of a record.

    Raises UsageError if it is none.
    """
    try:
        return re.compile(text, re.MULTILINE | (re.IGNORECASE if ignore_case else 0))
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{text!r} is no regular expression: {error}") from None


def parse_session(text: str) -> int:
    """Return the session that `text` names: a number from 1, or `last`; UsageError otherwise."""
    if text.lower() == "last":
        return LAST
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise UsageError(f"{text!r} is no session: write a number from 1, or last")
    return int(text)
