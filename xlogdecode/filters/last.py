"""The last records that are wanted, with what is shown around them: as `tail -n` has it."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, Generic, NamedTuple, TypeVar

from xlogdecode.filters.by_record import Shown
from xlogdecode.records import Loss

__all__ = ["Last", "last_of_text"]

T = TypeVar("T")

_LOSSES: Final = 1000
"""Losses in a row that are kept; a report lists no more."""


class Last(Generic[T]):
    """Keeps the last `most` items that are wanted, those around them, and the losses among them.

    Memory is bounded by these. Losses before the first of the records are kept only if that is the
    first of all.
    """

    def __init__(self, most: int, before: int = 0, *, past_losses: bool = False) -> None:
        """Keep `most` items; `before` is how many are shown before each, as for `Around`."""
        self._most = most
        self._past_losses = past_losses
        self._before = before
        self._kept: deque[Shown[T]] = deque()
        self._found = 0
        self._losses = 0
        """Losses since the last record."""

    def add(self, shown: Shown[T]) -> None:
        """Take the next item that is shown."""
        self._losses = self._losses + 1 if shown.is_wanted is None else 0
        if not self._most or self._losses > _LOSSES:
            return
        self._kept.append(shown)
        if shown.is_wanted:
            self._found += 1
            if self._found > self._most:
                self._drop()

    def take(self) -> list[Shown[T]]:
        """Return what was kept, and start anew."""
        kept = [*self._kept]
        self._kept.clear()
        self._found = 0
        return kept

    def _drop(self) -> None:
        """Drop what is not near the second item that is wanted; the first is near it at most."""
        kept, near = self._kept, list[Shown[T]]()
        for _ in range(2):
            while not kept[0].is_wanted:
                near.append(kept.popleft())
            near.append(kept.popleft())
        self._found -= 1
        kept.appendleft(near.pop())
        near = [each._replace(is_wanted=each.is_wanted and False) for each in near]
        start = 0
        for number, each in enumerate([*near, kept[0]]):
            if each.is_apart:
                start = number
            elif each.is_wanted is None and not self._past_losses:
                start = number + 1
        del near[:start]
        records = sum(shown.is_wanted is False for shown in near)
        while records > self._before:
            records -= near.pop(0).is_wanted is False
        while near and near[0].is_wanted is None:
            near.pop(0)
        kept.extendleft(reversed(near))


class _Stretch(NamedTuple):
    """Text of full lines, or a loss."""

    item: bytes | Loss
    goes_on: bool = False
    """Lines at its start that open nothing belong to the record before it."""
    records: int = 0
    """So many begin in it."""


def last_of_text(items: Iterable[bytes | Loss], most: int) -> Iterator[bytes | Loss]:
    """Yield the text of the last `most` records of `items` (`select_text`), and the losses among.

    As `Last` does it, ten times as fast: records are counted, and only where the first of these
    begins is looked for.
    """
    from xlogdecode.records.bounds import Bounds  # its patterns take 4 ms

    kept: deque[_Stretch] = deque()
    found, losses, goes_on, is_cut = 0, 0, False, False
    for item in items if most else ():
        if not isinstance(item, bytes):
            losses, goes_on = losses + 1, False
            if losses <= _LOSSES:
                kept.append(_Stretch(item))
        elif item:
            losses = 0
            bounds = Bounds(item.decode("latin-1"), goes_on=goes_on)
            kept.append(_Stretch(item, goes_on, bounds.count()))
            goes_on = bounds.open_from() is not None
            found += kept[-1].records
        while found > most and found - kept[0].records >= most:
            found -= kept.popleft().records
            is_cut = True
    is_cut = is_cut or found > most
    while is_cut and kept and not kept[0].records:
        kept.popleft()
    if is_cut and kept:
        kept.appendleft(_without_first(kept.popleft(), found - most))
    yield from (stretch.item for stretch in kept)


def _without_first(stretch: _Stretch, count: int) -> _Stretch:
    """Return a text without its first records, and the rest of one that began before it."""
    if not isinstance(stretch.item, bytes):  # it has none
        return stretch
    from xlogdecode.records.bounds import Bounds

    starts = Bounds(stretch.item.decode("latin-1"), goes_on=stretch.goes_on).starts()
    return _Stretch(stretch.item[starts[count - stretch.records] :])
