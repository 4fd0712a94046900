"""The output formats: a row here and a module beside this one make a format.

A writer has a `header`, the bytes before the first input, `write`, which takes records and losses
and returns bytes, and `close`, which returns the last bytes (see `render.Writer`).
"""

import importlib
from collections.abc import Callable
from typing import Any, Final

from xlogdecode.writers.csv_lines import CsvWriter
from xlogdecode.writers.json_lines import JsonWriter
from xlogdecode.writers.render import Writer
from xlogdecode.writers.text import TextWriter

__all__ = ["FORMATS", "ONE_STREAM", "TEXT", "writer_of"]

TEXT: Final = "text"
"""The format that is the text as it was logged."""

ONE_STREAM: Final = frozenset({"arrow", "parquet"})
"""The formats that are not lines: outputs of two writers do not make one when they are joined."""


def _late(module: str, name: str) -> Callable[[bool], Writer]:
    """Return what makes a writer whose module takes long to load, or needs an extra."""

    def make(marks: bool) -> Writer:  # noqa: FBT001 - as the rows of FORMATS
        made: Callable[..., Any] = getattr(importlib.import_module(module, __package__), name)
        writer: Writer = made(marks=marks)
        return writer

    return make


FORMATS: Final[dict[str, Callable[[bool], Writer]]] = {
    TEXT: lambda marks: TextWriter(marks=marks),
    "json": lambda marks: JsonWriter(marks=marks),
    "csv": lambda marks: CsvWriter(marks=marks),
    "otlp": _late(".otlp", "OtlpWriter"),
    "arrow": _late(".arrow", "ArrowWriter"),
    "parquet": _late(".arrow", "ParquetWriter"),
}
"""Name, which also ends the names of files -> the writer, given whether it writes losses."""


def writer_of(name: str, *, marks: bool = True, named: bool = False, apart: bool = False) -> Writer:
    """Return the writer of a format; `named` and `apart` are for text (see `TextWriter`)."""
    if name == TEXT:
        return TextWriter(marks=marks, named=named, apart=apart)
    return FORMATS[name](marks)
