"""The last records that are wanted, with what is shown around them: as `tail -n` has it."""

from collections import deque
from typing import Final, Generic, TypeVar

from xlogdecode.filters.by_record import Shown

__all__ = ["Last"]

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
