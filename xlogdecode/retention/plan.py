"""Candidates and a rule into decisions, each with its *because*; nothing is read, nothing done.

A file dated D is cleared on day T only if all hold: it is a regular file whose full name is a
log's, with a valid date; T - D is more than the age in full days, so that every record of D is
that old; and it was last written that long ago. What keeps wins over what clears.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from xlogdecode.errors import UsageError
from xlogdecode.retention.candidates import Candidate, DecisionReason, EntryKind, made
from xlogdecode.retention.names import LogName

__all__ = ["Decision", "DecisionReason", "MomentJudge", "Rule", "plan"]

SEVEN_DAYS: Final = timedelta(days=7)
CEILING_FLOOR: Final = timedelta(days=2)
"""A ceiling in bytes clears nothing younger."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The logs to keep."""

    keep: timedelta = SEVEN_DAYS
    keep_last: int = 0
    """Newest logs always kept in each folder; a log and its decoded text are one."""
    max_total: int | None = None
    """Bytes that all logs together may take; the oldest go first."""

    def __post_init__(self) -> None:
        """Raise UsageError for a rule that nothing could be held against."""
        if self.keep < timedelta(0) or self.keep_last < 0 or (self.max_total or 0) < 0:
            raise UsageError(f"{self}: less than nothing; ages, numbers and sizes begin at 0")


class Decision(NamedTuple):
    """The future of one candidate. A tuple for the reason that `Candidate` is one."""

    candidate: Candidate
    reason: DecisionReason
    rule: Rule

    @property
    def clear(self) -> bool:
        """Whether the file is to go."""
        return self.reason.clears

    @property
    def because(self) -> str:
        """The reason in words."""
        text = self.reason.words.format(age=_words(self.rule.keep), last=self.rule.keep_last)
        return f"{text}: {self.candidate.error}" if self.candidate.error else text


def plan(
    candidates: Iterable[Candidate],
    rule: Rule,
    *,
    now: datetime,
    packages: Mapping[str, Rule] = MappingProxyType({}),
    judge: "MomentJudge | None" = None,
) -> list[Decision]:
    """Return one decision a candidate, in their order, by `rule` for one root at `now`.

    `now` is aware, and its date is the day T; `packages` has the rules of single packages, in place
    of `rule`; the root's ceiling neither counts nor clears their logs. Ceilings count all
    candidates handed in. `judge` is one of the same moment, to be used again. Raises UsageError
    for a naive `now`.
    """
    if now.tzinfo is None:
        raise UsageError("a time without a zone; hand in an aware datetime")
    judge = judge or MomentJudge(now)
    decisions: list[Decision] = []
    for candidate in candidates:
        mine = packages.get(candidate.directory.package, rule) if packages else rule
        decisions.append(made(Decision, (candidate, judge.reason(candidate, mine), mine)))
    last = any(some.keep_last for some in (rule, *packages.values()))
    safe = _newest(decisions, now.date()) if last else set()
    for i in safe:
        if decisions[i].clear:
            decisions[i] = decisions[i]._replace(reason=DecisionReason.KEEP_LAST)
    for package, mine in packages.items():
        if mine.max_total is not None:
            here = {i for i, d in enumerate(decisions) if d.candidate.directory.package == package}
            _lower(decisions, here, safe, mine.max_total, judge)
    if rule.max_total is not None:
        own = {i for i, d in enumerate(decisions) if d.candidate.directory.package not in packages}
        _lower(decisions, own, safe, rule.max_total, judge)
    return decisions


_AGE: Final = DecisionReason.AGE  # in the hot loop an Enum's member is slow to look up
_FILE: Final = EntryKind.FILE
_BY_KIND: Final = {
    EntryKind.LINK: DecisionReason.LINK,
    EntryKind.SPECIAL: DecisionReason.SPECIAL,
    EntryKind.FOREIGN: DecisionReason.FOREIGN,
    EntryKind.SET_ASIDE: DecisionReason.SET_ASIDE,
    EntryKind.UNREADABLE: DecisionReason.UNREADABLE,
}


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class MomentJudge:
    """One moment, and each age as a last day and a last nanosecond then."""

    def __init__(self, now: datetime) -> None:
        self._today = now.date()
        self._now_ns = (now - _EPOCH) // timedelta(microseconds=1) * 1000
        self._limits: dict[timedelta, tuple[date, int]] = {}

    def by_name(self, rule: Rule) -> Callable[[LogName], DecisionReason | None]:
        """Return what says of a log why the day in its name alone keeps it, if it does."""
        last_day, _ = self._limits.get(rule.keep) or self._limit(rule.keep)

        def reason(log: LogName) -> DecisionReason | None:
            return self._of_day(log.day) if log.day is None or log.day > last_day else None

        return reason

    def _of_day(self, day: date | None) -> DecisionReason:
        """Return the reason for a log that its name keeps."""
        if day is None:
            return DecisionReason.IMPOSSIBLE_DATE
        return DecisionReason.FUTURE_DATE if day > self._today else DecisionReason.YOUNG

    def reason(self, candidate: Candidate, rule: Rule) -> DecisionReason:
        """Return the reason that age and kind give for `candidate`."""
        _, _, kind, log, _, mtime_ns, _, _, _ = candidate  # faster than names, for every file
        if kind is not _FILE:
            return _BY_KIND[kind]
        if log is None:
            name = candidate.name
            is_buffer = name.endswith((".mmap2", ".mmap3"))
            return DecisionReason.CRASH_BUFFER if is_buffer else DecisionReason.UNKNOWN_NAME
        day = log.day
        last_day, last_ns = self._limits.get(rule.keep) or self._limit(rule.keep)
        if day is None or day > last_day:
            return self._of_day(day)
        if mtime_ns > last_ns:
            return (
                DecisionReason.FUTURE_MTIME if mtime_ns > self._now_ns else DecisionReason.TOUCHED
            )
        return _AGE

    def _limit(self, age: timedelta) -> tuple[date, int]:
        days = -(-age // timedelta(days=1)) + 1  # the last record of D may be a day younger than D
        ordinal = self._today.toordinal() - days
        last_day = date.fromordinal(ordinal) if ordinal > 0 else date.min
        last_ns = self._now_ns - age // timedelta(microseconds=1) * 1000
        if ordinal <= 0:  # older than the calendar: nothing is
            last_ns = -(1 << 127)
        self._limits[age] = last_day, last_ns
        return last_day, last_ns


def _newest(decisions: list[Decision], today: date) -> set[int]:
    """Return the indexes of the logs that `keep_last` protects, their decoded text with them.

    A log dated in the future takes nobody's place.
    """
    folders: dict[str, dict[str, tuple[date, int, int]]] = {}
    logs: list[tuple[int, str, str]] = []
    last: dict[str, int] = {}
    for i, (candidate, _, rule) in enumerate(decisions):
        log = candidate.log
        if not rule.keep_last or not _is_log(candidate) or not log or not log.day:
            continue
        if log.day <= today:
            path = candidate.directory.path
            rank = (log.day, log.number, candidate.mtime_ns)
            folder = folders.setdefault(path, {})
            folder[log.source] = max(rank, folder.get(log.source, rank))
            logs.append((i, path, log.source))
            last[path] = rule.keep_last
    newest = {
        (path, source)
        for path, folder in folders.items()
        for source in sorted(folder, key=lambda name: (folder[name], name))[-last[path] :]
    }
    return {i for i, path, source in logs if (path, source) in newest}


def _lower(
    decisions: list[Decision], here: set[int], safe: set[int], ceiling: int, judge: MomentJudge
) -> None:
    """Clear the oldest logs among those at the indexes `here` until the rest fits `ceiling`."""
    logs = [i for i in here if _is_log(decisions[i].candidate)]
    total = sum(decisions[i].candidate.size for i in logs if not decisions[i].clear)
    for i in sorted(logs, key=lambda i: _oldest_first(decisions[i].candidate)):
        if total <= ceiling:
            break
        candidate, reason, rule = decisions[i]
        floor = Rule(keep=min(rule.keep, CEILING_FLOOR))
        if reason.clears or i in safe or not judge.reason(candidate, floor).clears:
            continue
        decisions[i] = Decision(candidate, DecisionReason.CEILING, rule)
        total -= candidate.size


def _is_log(candidate: Candidate) -> bool:
    return (
        candidate.kind is EntryKind.FILE
        and candidate.log is not None
        and candidate.log.day is not None
    )


def _oldest_first(candidate: Candidate) -> tuple[date, int, int, str, str]:
    log = candidate.log
    day = log.day if log and log.day else date.max
    number = log.number if log else 0
    return day, number, candidate.mtime_ns, candidate.directory.path, candidate.name


def _words(age: timedelta) -> str:
    seconds = age // timedelta(seconds=1)
    for unit, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % unit == 0:
            return f"{seconds // unit} {name}{'' if seconds == unit else 's'}"
    raise AssertionError("a second divides every age")
