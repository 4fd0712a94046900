"""Sorting of more records than memory is to hold: stretches of them wait in a temporary file."""

import pickle
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, Final

from xlogdecode.platform.temporary import keeping
from xlogdecode.records import Loss, Record

__all__ = ["Timed", "sorted_runs"]

Timed = tuple[float, str, Record | Loss | None, bool | None]
"""Milliseconds since 1970, the log's name, a record or a loss, None where that is not read yet; and
the verdict of `filters.Judge` on it.
"""

_RECORDS: Final = 20_000
_BYTES: Final = 16 << 20
"""Records, and bytes of their text, that are sorted in memory at a time."""

_BLOCK: Final = 128
"""Records that are read from the temporary file at a time."""


def sorted_runs(items: Iterator[Timed], files: ExitStack, *, spill: bool) -> list[Iterable[Timed]]:
    """Return stretches of `items`, each in order and stable.

    A single one stays in memory unless `spill` is set; else they lie in a file, about twice as
    large as the text, that `files` closes.
    """
    runs: list[Iterable[Timed]] = []
    file: IO[bytes] | None = None
    stretches = _stretches(items)
    stretch = next(stretches, [])
    following = next(stretches, [])
    if not following and not spill:
        return [stretch]
    while stretch:
        with keeping("a log that is not in order"):
            if file is None:
                file = files.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
            runs.append(_Laid(file, stretch))
        stretch, following = following, next(stretches, [])
    return runs


def _stretches(items: Iterable[Timed]) -> Iterator[list[Timed]]:
    stretch: list[Timed] = []
    size = 0
    for item in items:
        stretch.append(item)
        size += len(item[2][0]) if isinstance(item[2], Record) else 0
        if len(stretch) >= _RECORDS or size >= _BYTES:
            yield sorted(stretch, key=itemgetter(0))
            stretch, size = [], 0
    if stretch:
        yield sorted(stretch, key=itemgetter(0))


class _Laid:
    """A stretch of items in a file that several share."""

    def __init__(self, file: IO[bytes], stretch: list[Timed]) -> None:
        self._file = file
        self._start = file.seek(0, 2)
        self._blocks = -(-len(stretch) // _BLOCK)
        for place in range(0, len(stretch), _BLOCK):
            pickle.dump(stretch[place : place + _BLOCK], file, pickle.HIGHEST_PROTOCOL)
        file.flush()

    def __iter__(self) -> Iterator[Timed]:
        place = self._start
        for _ in range(self._blocks):
            self._file.seek(place)
            block: list[Timed] = pickle.load(self._file)  # noqa: S301 - we wrote it ourselves
            place = self._file.tell()
            yield from block
