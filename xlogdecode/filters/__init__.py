"""The selection of records: conditions that a person sets, and two ways to apply them.

`select` goes from record to record and can do everything; `select_text` goes over text in bulk
and does what needs no more than level, time and words, ten times as fast. Where both can, they
agree: a test holds them to it. `count` takes the faster one that can.
"""

from xlogdecode.filters.by_record import Around, Judge, Selector, Shown, count_records, select
from xlogdecode.filters.by_text import select_text
from xlogdecode.filters.counting import count, count_text
from xlogdecode.filters.filter import LAST, Filter, parse_level, parse_pattern, parse_session
from xlogdecode.filters.last import Last, last_of_text
from xlogdecode.filters.tally import Tally

__all__ = [
    "LAST",
    "Around",
    "Filter",
    "Judge",
    "Last",
    "Selector",
    "Shown",
    "Tally",
    "count",
    "count_records",
    "count_text",
    "last_of_text",
    "parse_level",
    "parse_pattern",
    "parse_session",
    "select",
    "select_text",
]
