"""CSV for spreadsheets: the keys of the JSON objects as columns."""

import csv
from collections.abc import Sequence
from typing import Any

from xlogdecode.records import Loss, Record
from xlogdecode.writers.objects import KEYS, as_object

__all__ = ["CsvWriter"]


class CsvWriter:
    """Writes a row an item, in UTF-8; what is null in JSON is empty here."""

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are passed over."""
        self._marks = marks

    header = ",".join(KEYS).encode() + b"\n"

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the rows of `batch`; `source` is that of the losses."""
        text = _Rows()
        # what ends a line of the file is quoted in a cell: of \r, too, before Python 3.13
        rows = csv.DictWriter(text, KEYS, extrasaction="ignore", lineterminator="\r\n")
        for item in batch:
            if not (self._marks or isinstance(item, Record)):
                continue
            row: dict[str, Any] = as_object(item, source)
            row["main_thread"] = {True: "true", False: "false"}.get(row["main_thread"])
            rows.writerow(row)
        return "".join(text).encode()


class _Rows(list[str]):
    def write(self, row: str) -> None:
        self.append(row.removesuffix("\r\n") + "\n")
