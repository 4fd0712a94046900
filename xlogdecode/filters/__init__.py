"""Which records: what a person asked for, and two ways to look for it.

`select` goes from record to record and can do everything; `select_text` goes over text in bulk
and does what needs no more than level and time, ten times as fast. Where both can, they agree:
a test holds them to it.
"""

from xlogdecode.filters.by_record import Around, Judge, Selector, count, select
from xlogdecode.filters.by_text import select_text
from xlogdecode.filters.filter import LAST, Filter, parse_level, parse_pattern, parse_session

__all__ = [
    "LAST",
    "Around",
    "Filter",
    "Judge",
    "Selector",
    "count",
    "parse_level",
    "parse_pattern",
    "parse_session",
    "select",
    "select_text",
]
