"""The records of a run that have to be looked at, found by a search of its text.

All others show no event, no code and no error, so a summary only counts them. What is found may be
too much: `codes` and `events` have the last word.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from xlogdecode.records.runs import RecordRun
from xlogdecode.summary.events import EventTable, anchors

__all__ = ["SignFinder"]

_SEVERE: Final = frozenset("EF")
_ZERO: Final = "(?!-?0+(?![0-9]))"
_CODE: Final = rf"""ode["']?(?: ?[:=] ?| |\|)["']?{_ZERO}-?[0-9]"""
"""The pattern of a code but 0, which most records state that went well (see `codes`)."""
_FAILED: Final = r"failed: ?[\"']?-?[0-9]"
_COST: Final = r"cost(?:[ _]time)?[:=] ?([0-9]{%d,9}) ?ms"
"""The pattern of a request's time (see `collect`), of as many digits as one that counts has."""
_CONSOLE: Final = "TIM: |-"


class SignFinder:
    """Finds the records that may tell something, for one table of events."""

    def __init__(self, table: EventTable) -> None:
        self._functions = table.functions_without_code
        code = _CODE.replace(_ZERO, "") if 0 in table.codes else _CODE
        self._patterns = [re.compile(code), re.compile(_FAILED)]
        self._texts = [_CONSOLE, *anchors(_as_logged(table.texts))]
        self._page = ""
        self._found: list[int] = []
        """Where the text of the last page has signs, in order: its runs are searched in one go."""

    def numbers(self, run: RecordRun, cost: int) -> list[int]:
        """Return the numbers of these records in order.

        A request counts if it took `cost` milliseconds or more; `cost` must not go down within a
        page.
        """
        found = {*run.numbers("level", _SEVERE), *run.numbers("function", self._functions)}
        starts = run.starts
        if run.text is not self._page:
            self._page, self._found = run.text, sorted(self._places(run.text, cost))
        first, last = (bisect_left(self._found, at) for at in (starts[0], starts[-1]))
        found.update(bisect_right(starts, at) - 1 for at in self._found[first:last])
        return sorted(found)

    def _places(self, text: str, cost: int) -> Iterator[int]:
        """Yield where a text has a sign."""
        for sign in self._texts:
            at = text.find(sign)
            while at >= 0:
                yield at
                at = text.find(sign, at + 1)
        for pattern in self._patterns:
            for found in pattern.finditer(text):
                yield found.start()
        for found in re.compile(_COST % len(str(cost))).finditer(text):
            if int(found[1]) >= cost:
                yield found.start()


def _as_logged(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts in the encodings that logs have, one character a byte."""
    for text in texts:
        for coding in ("utf-8",) if text.isascii() else ("utf-8", "gb18030"):
            yield text.encode(coding, "replace").decode("latin-1")
