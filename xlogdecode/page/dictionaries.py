"""Numbers for what many records share: entries of a dictionary, and clocks as milliseconds."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Final

from xlogdecode.records.runs import PIECES, Cutter, RecordRun

__all__ = ["Clocks", "Dictionary", "PieceCodes"]

_MOST: Final = 65_536
"""Entries of a dictionary, and pieces that are kept."""
_MOST_TEXT: Final = 4 << 20
"""Characters of all its entries: a log that is nothing but odd names takes no more memory."""


class Dictionary:
    """Entries in the order they came; full, it takes no more, and entry 0 is that of the others."""

    def __init__(self, other: tuple[Any, ...]) -> None:
        """Begin with the entry of all that find no place."""
        self.entries: dict[tuple[Any, ...], int] = {other: 0}
        self._room = _MOST_TEXT

    def add(self, key: tuple[Any, ...]) -> int:
        """Return the number of an entry; 0 if it is new and there is no place."""
        found = self.entries.get(key)
        if found is not None:
            return found
        self._room -= sum(len(part) for part in key if isinstance(part, str))
        if self._room < 0 or len(self.entries) >= _MOST:
            return 0
        return self.entries.setdefault(key, len(self.entries))

    def entries_from(self, number: int) -> list[tuple[Any, ...]]:
        """Return the entries from this number on."""
        return [*islice(reversed(self.entries), len(self.entries) - number)][::-1]

    def numbers(self, keys: Iterable[tuple[Any, ...]]) -> list[int]:
        """Return the number of each of many entries."""
        known, add = self.entries.get, self.add
        return [known(key) or add(key) for key in keys]


class PieceCodes(dict[Any, int]):
    """The pieces of a head that have some parts of it -> the number that these parts have."""

    def __init__(
        self, cutter: Cutter, parts: Sequence[str], number: Callable[[tuple[Any, ...]], int]
    ) -> None:
        """Take what numbers the values of `parts`; it is called once for the same pieces."""
        super().__init__()
        self._cutter = cutter
        self._parts = [(part, cutter.piece_of(part)) for part in parts]
        self._number = number
        self._names = [name for name in PIECES if any(name == piece for _, piece in self._parts)]

    def numbers(self, run: RecordRun) -> list[int]:
        """Return the number of each record of a run."""
        columns = [getattr(run, name) for name in self._names]
        if not columns:
            return [self[()]] * len(run)
        keys = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
        return [*map(self.__getitem__, keys)]

    def __missing__(self, key: Any) -> int:
        if len(self) >= _MOST:
            self.clear()
        pieces = dict(zip(self._names, (key,) if len(self._names) == 1 else key, strict=True))
        values = (
            None if piece is None else self._cutter.part_in(part, pieces[piece])
            for part, piece in self._parts
        )
        self[key] = number = self._number(tuple(values))
        return number


class Clocks:
    """Clocks as records have them, from `:MM:SS` on -> milliseconds since the hour began."""

    def __init__(self) -> None:
        self._seconds = _Numbers(lambda text: int(text[1:3]) * 60_000 + int(text[4:6]) * 1000)
        self._thousandths = _Numbers(lambda text: int(text or 0))

    def __getitem__(self, clock: str) -> int:
        return self._seconds[clock[:6]] + self._thousandths[clock[7:10]]

    def all(self, clocks: Sequence[str]) -> Iterable[int]:
        """Return the milliseconds of many."""
        seconds = map(self._seconds.__getitem__, [clock[:6] for clock in clocks])
        thousandths = map(self._thousandths.__getitem__, [clock[7:10] for clock in clocks])
        return map(int.__add__, seconds, thousandths)


class _Numbers(dict[str, int]):
    """A text of a few digits -> the number that it makes."""

    def __init__(self, number: Callable[[str], int]) -> None:
        super().__init__()
        self._number = number

    def __missing__(self, text: str) -> int:
        self[text] = number = self._number(text)
        return number
