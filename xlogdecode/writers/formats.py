"""The output formats: a row here and a module beside this one make a format.

A writer has a `header`, the bytes before the first input, and `write`, which takes records and
losses and returns bytes (see `render.Writer`).
"""

from collections.abc import Callable
from typing import Final

from xlogdecode.writers.csv_lines import CsvWriter
from xlogdecode.writers.json_lines import JsonWriter
from xlogdecode.writers.render import Writer
from xlogdecode.writers.text import TextWriter

__all__ = ["FORMATS", "TEXT", "writer_of"]

TEXT: Final = "text"
"""The format that is the text as it was logged."""

FORMATS: Final[dict[str, Callable[[bool], Writer]]] = {
    TEXT: lambda marks: TextWriter(marks=marks),
    "json": lambda marks: JsonWriter(marks=marks),
    "csv": lambda marks: CsvWriter(marks=marks),
}
"""Name, which also ends the names of files -> the writer, given whether it writes losses."""


def writer_of(name: str, *, marks: bool = True, named: bool = False, apart: bool = False) -> Writer:
    """Return the writer of a format; `named` and `apart` are for text (see `TextWriter`)."""
    if name == TEXT:
        return TextWriter(marks=marks, named=named, apart=apart)
    return FORMATS[name](marks)
