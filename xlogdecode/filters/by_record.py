"""The exact way: each record is judged by itself."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from typing import Any, Generic, NamedTuple, TypeVar

from xlogdecode.errors import UsageError
from xlogdecode.filters.filter import LAST, Filter
from xlogdecode.filters.tally import Tally
from xlogdecode.filters.time_range import Window
from xlogdecode.records import Loss, Record
from xlogdecode.records.layouts import FIELDS
from xlogdecode.records.sessions import NO_RECORDS
from xlogdecode.records.timestamps import on_any_day

__all__ = ["Around", "Judge", "Selector", "Shown", "count_records", "select"]

Check = Callable[[Record], bool]
T = TypeVar("T")


def select(
    items: Iterable[Record | Loss],
    wanted: Filter,
    *,
    local: tzinfo | None = None,
) -> Iterator[Record | Loss]:
    """Yield the records of one source that are wanted, those around them, and all losses.

    Records on two sides of a loss are not around each other. `local` is the zone of times that
    have none, for bounds that are instants. Raises UsageError for the LAST session, which nobody
    knows before the end: `writers.render` can.
    """
    if wanted.session == LAST:
        raise UsageError("the last session is known at the end only; render() can select it")
    return Selector(wanted, local=local).pick(items)


class Shown(NamedTuple, Generic[T]):
    """An item that is shown."""

    item: T
    is_wanted: bool | None
    """False: it is around one that is; None: it is a loss."""
    is_apart: bool
    """Records are left out between it and the one that was shown before it, if any was."""


class Selector:
    """The state of `select` for a source that comes in several parts."""

    def __init__(
        self,
        wanted: Filter,
        *,
        local: tzinfo | None = None,
        tally: Tally | None = None,
        with_banners: bool = False,
    ) -> None:
        """Start at the beginning of a source; the arguments are those of `select`.

        With `with_banners` lines that are not records of the app come in any case, as losses do.
        """
        self._judge = Judge(wanted, local=local, tally=tally)
        self._around = Around(wanted)
        self._is_alone = not (wanted.before or wanted.after)
        self._with_banners = with_banners

    def pick(self, items: Iterable[Record | Loss]) -> Iterator[Record | Loss]:
        """Yield what is wanted of the next `items`."""
        if self._is_alone:  # twice as fast
            judge, kept = self._judge, self._with_banners
            return (i for i in items if judge(i) is not False or (kept and _is_banner(i)))
        return (shown.item for shown in self.show(items))

    def show(self, items: Iterable[Record | Loss]) -> Iterator[Shown[Record | Loss]]:
        """Yield what is wanted of the next `items`, each with what it is shown for."""
        judge = self._judge
        judged = ((item, judge(item)) for item in items)
        if self._with_banners:
            judged = ((item, None if _is_banner(item) else verdict) for item, verdict in judged)
        return self._around.pick(judged)


class Judge:
    """Judges each item of one source in order: whether it is wanted, or None for a loss."""

    def __init__(
        self, wanted: Filter, *, local: tzinfo | None = None, tally: Tally | None = None
    ) -> None:
        """Start at the beginning of a source; the arguments are those of `select`."""
        self._matches = _all_of(_checks(wanted, local))
        self._tally = tally

    def __call__(self, item: Record | Loss) -> bool | None:
        """Return the verdict on the next item."""
        if not isinstance(item, Record):
            return None
        is_wanted = self._matches(item)
        if self._tally is not None:
            self._count(item, self._tally, is_wanted=is_wanted)
        return is_wanted

    def _count(self, record: Record, tally: Tally, *, is_wanted: bool) -> None:
        if is_wanted:
            tally.matched = True
        if tally.matched:
            self._tally = None
        else:
            tally.add(record)


class Around:
    """Adds to the records that are wanted as many around them as a filter says."""

    def __init__(self, wanted: Filter, *, past_losses: bool = False) -> None:
        """Add as many as `wanted` says; with `past_losses` also what is before a loss, which then
        waits in its place for what comes: all has to be picked in one go.
        """
        self._past_losses = past_losses
        self._before: deque[tuple[Any, bool]] = deque()
        """The items that may be around the next record that is wanted, and whether each is a
        record, as the first always is.
        """
        self._records = 0
        """So many of these are."""
        self._most = wanted.before
        self._after = wanted.after
        self._owed = 0
        """Records after the last one wanted that are still to come."""
        self._is_apart = False
        """Records were left out behind the last one that was shown."""

    def pick(self, judged: Iterable[tuple[T, bool | None]]) -> Iterator[Shown[T]]:
        """Yield the items to be shown; `judged` is each next item with the verdict of `Judge`."""
        before = self._before
        for item, is_wanted in judged:
            if is_wanted is None and before and self._past_losses:
                before.append((item, False))
            elif is_wanted is None:
                self._is_apart = self._is_apart or bool(before)
                self._clear()
                self._owed = self._owed if self._past_losses else 0
                yield self._shown(item, is_wanted=None)
            elif is_wanted:
                for each, is_record in before:
                    yield self._shown(each, is_wanted=False if is_record else None)
                self._clear()
                yield self._shown(item, is_wanted=True)
                self._owed = self._after
            elif self._owed:
                yield self._shown(item, is_wanted=False)
                self._owed -= 1
            elif self._most:
                before.append((item, True))
                self._records += 1
                if self._records > self._most:
                    yield from self._forget()
            else:
                self._is_apart = bool(self._after)  # without any around them, none is a group
        while self._records < len(before):  # losses wait
            yield from self._forget()

    def _shown(self, item: T, *, is_wanted: bool | None) -> Shown[T]:
        is_apart, self._is_apart = self._is_apart, False
        return Shown(item, is_wanted, is_apart)

    def _clear(self) -> None:
        self._before.clear()
        self._records = 0

    def _forget(self) -> Iterator[Shown[Any]]:
        """Forget the first record, and yield the losses behind it."""
        self._before.popleft()
        self._records -= 1
        self._is_apart = True
        while self._before and not self._before[0][1]:
            yield self._shown(self._before.popleft()[0], is_wanted=None)


def count_records(
    items: Iterable[Record | Loss],
    wanted: Filter,
    *,
    local: tzinfo | None = None,
    tally: Tally | None = None,
) -> int:
    """Return how many records of one source are wanted, those around them not counted."""
    judge = Judge(wanted, local=local, tally=tally)
    session, found = None, 0
    for item in items:
        if isinstance(item, Record):
            if wanted.session == LAST and item.session != session:
                session, found = item.session, 0
            found += bool(judge(item))
    return found


def _is_banner(item: Record | Loss) -> bool:
    return isinstance(item, Record) and item.layout in NO_RECORDS


def _all_of(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    first, *rest = checks or [lambda _: True]  # the first keeps count of times: it sees them all
    return lambda record: first(record) and all(check(record) for check in rest)


def _checks(wanted: Filter, local: tzinfo | None) -> list[Check]:
    """Return the checks that must all hold, only those that the filter needs."""
    checks: list[Check] = []
    if wanted.since is not None or wanted.until is not None:
        checks.append(_Timed(Window(wanted.since, wanted.until, local)))
    if (levels := wanted.levels) is not None:
        letters = frozenset(levels)
        checks.append(lambda record: record.level in letters)
    if wanted.session not in {None, LAST}:
        checks.append(lambda record: record.session == wanted.session)
    parts = {"tag": wanted.tags, "function": wanted.functions, "file": wanted.files}
    checks += [_one_of(names, FIELDS.index(part)) for part, names in parts.items() if names]
    if wanted.pids:
        checks.append(lambda record: record.who.pid in wanted.pids)
    if wanted.tids:
        checks.append(lambda record: record.who.tid in wanted.tids)
    if (grep := wanted.grep) is not None:
        found, invert = grep.search, wanted.invert
        checks.append(lambda record: (found(record.text.removesuffix("\n")) is None) == invert)
    return checks


def _one_of(names: frozenset[str], part: int) -> Check:
    """Return the check that a part of a record is one of `names`."""
    as_logged = {name.encode("utf-8", "surrogateescape").decode("latin-1") for name in names}
    return lambda record: record[part] in as_logged


class _Timed:
    """A record without a time is as early as the one before it; see every record in turn."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._held = False

    def __call__(self, record: Record) -> bool:
        iso = record.iso
        if iso is None and record.has_time and self._window.is_daily:
            hour, clock = record[2:4]
            iso = f"{on_any_day(hour)[0]}{clock}{'' if len(clock) > 6 else '.000'}"
        if iso is not None:
            self._held = iso in self._window
        return self._held
