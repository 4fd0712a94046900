"""Records into bytes: text as it was logged, JSON, CSV, Arrow and Parquet, OpenTelemetry.

for chunk in render(events, TextWriter(), wanted=Filter(levels="EF"), source="a.xlog"):
    sys.stdout.buffer.write(chunk)
"""

from xlogdecode.writers.csv_lines import CsvWriter
from xlogdecode.writers.fields import KEYS, parse_fields
from xlogdecode.writers.formats import FORMATS, ONE_STREAM, SESSIONS, Style, suffix_of, writer_of
from xlogdecode.writers.json_lines import JsonWriter
from xlogdecode.writers.objects import as_object, json_schema, printable, restore
from xlogdecode.writers.prefix import Prefixer
from xlogdecode.writers.render import Writer, is_bulk, render
from xlogdecode.writers.text import TextWriter

__all__ = [
    "FORMATS",
    "KEYS",
    "ONE_STREAM",
    "SESSIONS",
    "CsvWriter",
    "JsonWriter",
    "Prefixer",
    "Style",
    "TextWriter",
    "Writer",
    "as_object",
    "is_bulk",
    "json_schema",
    "parse_fields",
    "printable",
    "render",
    "restore",
    "suffix_of",
    "writer_of",
]
