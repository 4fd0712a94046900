"""The conditions that a person may set on records, as people write them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final

from xlogdecode.errors import UsageError
from xlogdecode.when import Bound, parse_bound

__all__ = ["LAST", "Filter", "parse_level", "parse_pattern", "parse_session"]

LAST: Final = -1
"""The last session of a source."""

_ALL: Final = "VDIWEF"
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


@dataclass(frozen=True, slots=True, init=False)
class Filter:
    """Conditions that must all hold; one that is left out always does.

    Filter(level="error", since="10:00", until="2024-01-02", grep="login", session="last")

    A record without a time is as early as the one before it. Losses are never filtered out.
    """

    since: Bound | None
    until: Bound | None
    """Both are included (see `when.Bound`)."""
    levels: str | None
    """Mars's letters of the levels wanted; an empty text wants none, and so no record."""
    tags: frozenset[str]
    functions: frozenset[str]
    files: frozenset[str]
    """Source files that logged, as the log has them."""
    pids: frozenset[int]
    tids: frozenset[int]
    grep: re.Pattern[str] | None
    """It is searched for in the full text of a record, without its last line end."""
    invert: bool
    """Take the records in which `grep` is not found."""
    session: int | None
    """A number from 1, or LAST."""
    before: int
    after: int
    """Records of context, of any kind, around each that is wanted."""

    def __init__(
        self,
        *,
        since: str | date | time | None = None,
        until: str | date | time | None = None,
        level: str | None = None,
        levels: str | None = None,
        tag: str | Iterable[str] = (),
        tags: str | Iterable[str] = (),
        function: str | Iterable[str] = (),
        functions: str | Iterable[str] = (),
        file: str | Iterable[str] = (),
        files: str | Iterable[str] = (),
        pid: int | Iterable[int] = (),
        pids: int | Iterable[int] = (),
        tid: int | Iterable[int] = (),
        tids: int | Iterable[int] = (),
        grep: str | re.Pattern[str] | None = None,
        ignore_case: bool = False,
        invert: bool = False,
        session: int | str | None = None,
        before: int = 0,
        after: int = 0,
        now: datetime | None = None,
    ) -> None:
        """Take conditions as people write them. Raises UsageError for what is wrong in one.

        `since` and `until` are text (see `when.parse_bound`), or values of `datetime`; a day as
        `until` lasts to its end. `now`, aware, is what `-2h` and `today` count from, else the
        machine's clock. `level` is one level and all more severe ones (see `parse_level`);
        `levels` are exact letters, as in "EF". Tags, functions, source files, processes and threads
        may be one or many. `grep` is a regular expression (see `parse_pattern`).
        """
        values = {
            "since": _since(since, now),
            "until": _until(until, now),
            "levels": _letters(level, levels),
            "tags": _texts(tag) | _texts(tags),
            "functions": _texts(function) | _texts(functions),
            "files": _texts(file) | _texts(files),
            "pids": _numbers(pid, "pid") | _numbers(pids, "pid"),
            "tids": _numbers(tid, "tid") | _numbers(tids, "tid"),
            "grep": parse_pattern(grep, ignore_case=ignore_case) if isinstance(grep, str) else grep,
            "invert": invert,
            "session": _session(session),
            "before": _context(before, "before"),
            "after": _context(after, "after"),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def is_empty(self) -> bool:
        """Every record is wanted."""
        return replace(self, before=0, after=0, invert=False) == Filter()

    @property
    def has_bounds(self) -> bool:
        """The times of records matter."""
        return self.since is not None or self.until is not None

    @property
    def is_bulk(self) -> bool:
        """No more than the text of records is needed to judge them (see `select_text`)."""
        if self.tags or self.functions or self.files or self.pids or self.tids:
            return False
        if self.session is not None:
            return False
        has_context = bool(self.before or self.after)
        if self.grep is None:
            return not has_context
        is_alone = not self.has_bounds and self.levels is None
        return not self.invert and (is_alone or not has_context)


def parse_level(text: str) -> str:
    """Return the letters of the level that `text` names and of all more severe; NONE has none.

    Mars's letters and names, `V2TIM_LOG_*`, `kTIMLog_*`, and their numbers, in any case. Raises
    UsageError for anything else.
    """
    name = text.strip().upper()
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    letter = name if name in tuple(_ALL) else _LETTERS.get(name)
    if letter is None:
        raise UsageError(f"{text!r} is not a level; use V, D, I, W, E or F, a name such as error")
    return _ALL[_ALL.index(letter) :] if letter else ""


def parse_pattern(text: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Return a regular expression in which `^` and `$` match at every line of a record.

    Raises UsageError if `text` is not a regular expression.
    """
    try:
        return re.compile(text, re.MULTILINE | (re.IGNORECASE if ignore_case else 0))
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{text!r} is not a regular expression: {error}") from None


def parse_session(text: str) -> int:
    """Return the session that `text` names: a number from 1, or `last`; UsageError otherwise."""
    if text.lower() == "last":
        return LAST
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise UsageError(f"{text!r} is not a session; write a number from 1, or last")
    return int(text)


def _since(value: str | date | time | None, now: datetime | None) -> Bound | None:
    """Return a lower bound: a day is its first moment."""
    if isinstance(value, str):
        return parse_bound(value, now or datetime.now().astimezone())
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.min)
    return value


def _until(value: str | date | time | None, now: datetime | None) -> Bound | None:
    """Return an upper bound: a day is its last moment."""
    if isinstance(value, str):
        return parse_bound(value, now or datetime.now().astimezone(), upper=True)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.max)
    return value


def _letters(level: str | None, levels: str | None) -> str | None:
    if level is not None and levels is not None:
        raise UsageError("level and levels are both given; use one of them")
    if level is not None:
        return parse_level(level)
    if levels is not None and not set(levels) <= set(_ALL):
        raise UsageError(f"{levels!r} are not levels; use letters of {_ALL}, or level='error'")
    return levels


def _texts(values: str | Iterable[str]) -> frozenset[str]:
    return frozenset([values] if isinstance(values, str) else values)


def _numbers(values: int | Iterable[int], name: str) -> frozenset[int]:
    found = frozenset([values] if isinstance(values, int) else values)
    for number in found:
        if not isinstance(number, int):
            raise UsageError(f"{name}: {number!r} is not a number; write a whole number")
    return found


def _session(value: int | str | None) -> int | None:
    if value is None or value == LAST:
        return LAST if value == LAST else None
    return parse_session(str(value))


def _context(number: int, name: str) -> int:
    if number < 0:
        raise UsageError(f"{name}: {number} is less than 0; write a number of records")
    return number
