"""The output formats: a row here and a module beside this one make a format.

A writer has a `header`, the bytes before the first input, `write`, which takes records and losses
and returns bytes, and `close`, which returns the last bytes (see `render.Writer`).
"""

import importlib
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from xlogdecode.records.record import CONTEXT_KEYS
from xlogdecode.writers.csv_lines import CsvWriter
from xlogdecode.writers.json_lines import JsonWriter
from xlogdecode.writers.render import Writer
from xlogdecode.writers.text import TextWriter

__all__ = ["FORMATS", "ONE_STREAM", "SESSIONS", "TEXT", "Style", "suffix_of", "writer_of"]

TEXT: Final = "text"
"""The format that is the text as it was logged."""

ONE_STREAM: Final = frozenset({"arrow", "parquet"})
"""The formats that are not lines: outputs of two writers do not make one when they are joined."""

SESSIONS: Final = "sessions"
"""The format that has a row a session."""


class Style(NamedTuple):
    """The details of a format."""

    marks: bool = True
    """Losses are written."""
    named: bool = False
    apart: bool = False
    """Of text: see `TextWriter`."""
    fields: tuple[str, ...] = ()
    """Of rows: the fields, else all."""
    with_context: bool = False
    """Of rows: they have what is known of their session."""
    excel: bool = False
    """Of CSV: it is for Excel."""

    @property
    def more(self) -> tuple[str, ...]:
        """The fields besides those that each row has."""
        return CONTEXT_KEYS if self.with_context else ()


def _late(module: str, name: str) -> Callable[[Style], Writer]:
    """Return what makes a writer whose module takes long to load, or needs an extra."""

    def make(style: Style) -> Writer:
        made: Callable[..., Any] = getattr(importlib.import_module(module, __package__), name)
        writer: Writer = made(marks=style.marks)
        return writer

    return make


FORMATS: Final[dict[str, Callable[[Style], Writer]]] = {
    TEXT: lambda style: TextWriter(marks=style.marks, named=style.named, apart=style.apart),
    "json": lambda style: JsonWriter(marks=style.marks, keys=style.fields, more=style.more),
    "csv": lambda style: CsvWriter(
        marks=style.marks, keys=style.fields, more=style.more, excel=style.excel
    ),
    "otlp": _late(".otlp", "OtlpWriter"),
    "arrow": _late(".arrow", "ArrowWriter"),
    "parquet": _late(".arrow", "ParquetWriter"),
    SESSIONS: _late("xlogdecode.summary.session_rows", "SessionWriter"),
}
"""Name -> the writer of a style."""


def suffix_of(name: str) -> str:
    """Return the end of the names of files of a format."""
    return {TEXT: ".log", SESSIONS: ".sessions.json"}.get(name, f".{name}")


def writer_of(name: str, style: Style = Style()) -> Writer:  # noqa: B008 - it never changes
    """Return the writer of a format."""
    return FORMATS[name](style)
