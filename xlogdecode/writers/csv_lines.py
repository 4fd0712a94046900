"""CSV for spreadsheets: the keys of the JSON objects as columns.

Rows are made by hand, as lines of JSON are (see `json_lines`); cells are quoted by RFC 4180, and
only where they must be. A row that is not UTF-8 is made again by `as_object`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.record import Place, parse_who
from xlogdecode.records.sessions import SESSION_LAYOUTS
from xlogdecode.writers.objects import KEYS, UTF_8, Kept, as_object, printable

__all__ = ["CsvWriter"]

_needs_quotes: Final = re.compile('[",\r\n]').search


class CsvWriter:
    """Writes a row an item, in UTF-8; what is null in JSON is empty here."""

    header = ",".join(KEYS).encode() + b"\n"

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are passed over."""
        self._marks = marks
        self._who: Final = Kept(_who_cells)
        self._cell: Final = Kept(_cell)

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the rows of `batch`; `source` is that of the losses."""
        if not self._marks:
            batch = [item for item in batch if isinstance(item, Record)]
        rows = list(self._rows(batch, source))
        data = "".join(rows).encode("latin-1")
        return data if _is_utf8(data) else b"".join(_repaired(rows, batch))

    def close(self) -> bytes:
        """Return nothing: each row is complete."""
        return b""

    def _rows(self, batch: Sequence[Record | Loss], source: str) -> Iterator[str]:
        """Yield each row, one character a byte."""
        who_of, cell, last, end = self._who, self._cell, None, ""
        for item in batch:
            if not isinstance(item, Record):
                yield _object_row(item, source)
                continue
            (_, level, hour, clock, zone, who, tag, file, at, function, message,
             layout, place, offset, _) = item  # fmt: skip
            if layout in SESSION_LAYOUTS:
                yield _object_row(item, source)
                continue
            if place is not last:
                last, stamps, end = place, place.stamps, _place_cells(place)
            around = stamps[hour, zone] if clock else None
            time = f"{around[0]}{clock}{around[1]}" if around else ""
            if _needs_quotes(message):
                message = _quoted(message)
            yield (
                f"record,{time},{level or ''},{who_of[who]},{cell[tag]},{cell[file]},{at or ''},"
                f"{cell[function]},{message},{end}{offset},{UTF_8}\n"
            )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _cell(text: str | None) -> str:
    return _quoted(text) if text and _needs_quotes(text) else text or ""


def _who_cells(text: str | None) -> str:
    return ",".join(_plain(value) for value in parse_who(text))


def _plain(value: object) -> str:
    """Return a value that is not text as a cell has it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _place_cells(place: Place) -> str:
    source = _cell(printable(place.source)).encode().decode("latin-1")
    return f"{_plain(place.session)},{source},"


def _object_row(item: Record | Loss, source: str) -> str:
    """Return the row of any item, by its object."""
    values = as_object(item, source)
    row = ",".join(_cell(_plain(values[key])) for key in KEYS) + "\n"
    return row.encode().decode("latin-1")


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _repaired(rows: list[str], batch: Sequence[Record | Loss]) -> Iterator[bytes]:
    """Yield the rows of `batch`, those that are not UTF-8 made again."""
    for row, item in zip(rows, batch, strict=True):
        data = row.encode("latin-1")
        yield data if _is_utf8(data) else _object_row(item, "").encode("latin-1")
