"""Windows of rows, packed a level at a time, on disk until all is known; and what has to go."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import compress
from tempfile import TemporaryFile
from typing import Any, Final, NamedTuple, Protocol

from xlogdecode.page.columns import deltas, pack
from xlogdecode.page.rows import LEVELS, RowColumns
from xlogdecode.platform.temporary import keeping

__all__ = ["DEFAULT_SIZE", "Cut", "KeptRecords", "RecordSpool"]

DEFAULT_SIZE: Final = 20 << 20
"""Bytes of a page: what most mail servers take."""

_ROWS: Final = 32_768
_TEXT: Final = 8 << 20
"""Rows, and characters of their messages, that wait in memory."""

_LEVEL: Final = RowColumns._fields.index("level")
_GROUP_OF: Final = bytes((3, 0, 1, 2, 3, 3, 3, 3)[level & 7] for level in range(256))
"""Level -> what is packed with it, the first to go first: verbose, debug, info, all others."""
_SELECTORS: Final = [bytes(group == one for group in range(256)) for one in range(4)]
"""Group -> for each group whether it is the same."""
_NAMES: Final = ("V", "D", "I", "W E F")


class Redaction(Protocol):
    """A way to make text fit to be shown."""

    def redact(self, text: str) -> str:
        """Return `text` without what is private."""

    def change_messages(self, messages: Sequence[str]) -> list[str]:
        """Return messages so, one character a byte."""


class KeptRecords(NamedTuple):
    """A blob on disk."""

    window: int
    group: int
    rows: int
    planes: tuple[int, ...]
    offset: int
    size: int
    first: int
    last: int
    """The earliest and the latest time in it."""

    @property
    def size_in_page(self) -> int:
        """Bytes in base64, with what is around them."""
        return -(-self.size // 3) * 4 + 48


class Cut(NamedTuple):
    """Records that were left out for want of room, of one group of levels."""

    levels: str
    rows: int
    first: int
    last: int


class RecordSpool:
    """Takes rows in the order of the log; yields blobs of them."""

    def __init__(self, redactor: Redaction | None) -> None:
        """Let `redactor` make messages fit to be shown."""
        self._redactor = redactor
        self._waiting: list[list[Any]] = [[] for _ in RowColumns._fields]
        self._text = 0
        self._window = 0
        self._files = ExitStack()
        with keeping("the records of the page"):
            self._file = self._files.enter_context(TemporaryFile())  # noqa: SIM115 - `close`
        self._size = 0
        self.kept: list[KeptRecords] = []
        self.levels: Counter[str] = Counter()

    def add(self, rows: RowColumns) -> None:
        """Take rows that follow those of before."""
        columns: Iterator[tuple[list[Any], Sequence[Any]]] = zip(self._waiting, rows, strict=True)
        for waiting, more in columns:
            waiting.extend(more)
        self._text += sum(map(len, rows.message))
        if len(self._waiting[0]) >= _ROWS or self._text >= _TEXT:
            self.flush()

    def flush(self) -> None:
        """Pack what waits."""
        columns, self._waiting = self._waiting, [[] for _ in RowColumns._fields]
        self._text = 0
        groups = bytes(columns[_LEVEL]).translate(_GROUP_OF)
        for group in sorted({*groups}):
            mine = groups.translate(_SELECTORS[group])
            self._keep(group, RowColumns(*(list(compress(column, mine)) for column in columns)))
        self._window += 1

    def _keep(self, group: int, rows: RowColumns) -> None:
        for level, count in Counter(rows.level).items():
            self.levels[LEVELS[level & 15]] += count
        steps = [deltas(rows.number), deltas(rows.time)]
        blob = pack(
            [*steps, rows.level, rows.site, rows.who, rows.session], self._shown(rows.message)
        )
        with keeping("the records of the page"):
            self._file.write(blob.data)
        size, times = len(blob.data), rows.time
        self.kept.append(
            KeptRecords(
                self._window, group, blob.rows, blob.planes, self._size, size,
                min(times), max(times),
            )
        )  # fmt: skip
        self._size += size

    def _shown(self, messages: Sequence[str]) -> Sequence[str]:
        return messages if self._redactor is None else self._redactor.change_messages(messages)

    def cut(self, room: int) -> list[Cut]:
        """Leave out blobs until all fit into `room` bytes of the page; return what went.

        Verbose records go first, then debug, then info, the oldest first; then the oldest of all.
        """
        over = sum(kept.size_in_page for kept in self.kept) - room
        gone: list[KeptRecords] = []
        for kept in sorted(self.kept, key=lambda kept: (kept.group, kept.window)):
            if over <= 0:
                break
            gone.append(kept)
            over -= kept.size_in_page
        left = set(gone)
        self.kept = [kept for kept in self.kept if kept not in left]
        return [_cut_of(group, gone) for group in sorted({kept.group for kept in gone})]

    def blobs(self) -> Iterator[bytes]:
        """Yield the data of each blob in `kept`."""
        for kept in self.kept:
            self._file.seek(kept.offset)
            yield self._file.read(kept.size)

    def close(self) -> None:
        """Remove the file."""
        self._files.close()


def _cut_of(group: int, gone: Sequence[KeptRecords]) -> Cut:
    mine = [kept for kept in gone if kept.group == group]
    first, last = min(kept.first for kept in mine), max(kept.last for kept in mine)
    return Cut(_NAMES[group], sum(kept.rows for kept in mine), first, last)
