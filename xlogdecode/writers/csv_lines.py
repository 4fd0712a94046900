"""CSV for spreadsheets: the keys of the JSON objects as columns, quoted by RFC 4180.

Messages are always quoted, other cells where they must be.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from xlogdecode.writers.fields import KEYS
from xlogdecode.writers.rows import RowWriter, Value

__all__ = ["CsvWriter"]

_needs_quotes: Final = re.compile('[",\r\n]').search
_FORMULA: Final = (
    "=", "+", "-", "@", "\t", "\r", "\n",
    *(sign.encode().decode("latin-1") for sign in "\uff1d\uff0b\uff0d\uff20"),
)  # fmt: skip
"""The signs with which spreadsheets take a text for a formula (OWASP, CSV Injection); in Chinese
and Japanese ones these are also the wide forms of the first four, as bytes of UTF-8.
"""

_BETWEEN: Final = "\xff"
"""A sign that no text in UTF-8 has: texts that it joins can be parted again."""

_BOM: Final = "\ufeff".encode()
"""Tells Excel that the text is UTF-8."""


class _CsvDialect:
    null = ""
    quote = ""
    first = ""
    last = "\n"

    def label(self, key: str) -> str:  # noqa: ARG002 - the header has it
        """Return the text before each value of a key."""
        return ""

    def value(self, value: Value) -> str:
        """Return a value as it is written."""
        if not isinstance(value, str):
            return "" if value is None else str(value).lower()
        return _quoted(value) if _needs_quotes(value) else value

    def messages(self, texts: Sequence[str]) -> Iterable[str]:
        """Return each text as it is written."""
        escaped = _BETWEEN.join(texts).replace('"', '""').replace(_BETWEEN, f'"{_BETWEEN}"')
        return f'"{escaped}"'.split(_BETWEEN)


class _ExcelDialect(_CsvDialect):
    """The same, with text that a spreadsheet would take for a formula made harmless.

    Rows end as Excel ends them; LF alone is a new line within a cell.
    """

    last = "\r\n"

    def value(self, value: Value) -> str:
        """Return a value as it is written."""
        return super().value(_safe(value) if isinstance(value, str) else value)

    def messages(self, texts: Sequence[str]) -> Iterable[str]:
        """Return each text as it is written."""
        return super().messages([_safe(text) for text in texts])


class CsvWriter(RowWriter):
    """Writes a row an item, in UTF-8; what is null in JSON is empty here."""

    def __init__(
        self,
        *,
        marks: bool = True,
        keys: Sequence[str] = (),
        more: Sequence[str] = (),
        excel: bool = False,
    ) -> None:
        """Write `keys`, else all, and then `more`; without `marks`, losses are passed over.

        With `excel` Excel reads it as UTF-8, and takes no text for a formula.
        """
        keys = tuple(keys) or (*KEYS, *more)
        dialect = _ExcelDialect() if excel else _CsvDialect()
        super().__init__(dialect, keys, marks=marks)
        self.header = _BOM * excel + f"{','.join(keys)}{dialect.last}".encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
