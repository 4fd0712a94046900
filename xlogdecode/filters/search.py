"""The search lane: text in, the records of it that hold a pattern out, and those around them.

The text is searched first, and only the record of each hit is looked at: a plain word is found
several times faster than a record is read. A pattern that may mean something else in a record than
in a page of them (`\\Z`, a look ahead, a class that takes in line ends) is tried at each record.
"""

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from xlogdecode.filters.filter import Filter
from xlogdecode.records.bounds import Bounds
from xlogdecode.records.events import LONGEST, Then
from xlogdecode.records.record import readable

__all__ = ["Search"]

Span = tuple[int, int]
Find = Callable[[str, int], int]
"""Returns where in a text the next hit is, from an index on; negative if there is none."""

_SPECIAL: Final = frozenset(r"\.^$*+?{}[]|()")
_OTHERWISE_IN_A_PAGE: Final = re.compile(r"\(\?(?!:)|\\[AZDW]|\[\^|[*+?}]\+|\\[xuU0-7N]")


class Search:
    """Finds the records of one source that hold `wanted.grep`, page by page."""

    def __init__(self, wanted: Filter) -> None:
        """Start at the beginning of the source."""
        pattern = wanted.grep or re.compile("")
        self._search = pattern.search
        self._coding = ("utf-8", "surrogateescape")
        self._find = _finder(pattern)
        self._is_certain = False
        """A hit is in one record, and the record holds it by itself."""
        if _is_word(pattern):  # one character a byte: UTF-8 need not be decoded to find it
            self._coding = ("latin-1", "strict")
            word = pattern.pattern.encode("utf-8", "surrogateescape").decode("latin-1")
            self._find = lambda page, at: page.find(word, at)
            self._is_certain = "\n" not in word and readable(word) == pattern.pattern
        self._around = _Around(wanted.before, wanted.after)
        self._has_context = bool(wanted.before or wanted.after)
        self.found = 0
        """Records so far that hold it."""
        self._rest = ""
        """The start of a record to which more may belong."""
        self._goes_on = False
        """The last record that was handed on may go on in the next page."""
        self._in_line = False

    def end(self) -> list[bytes]:
        """Return what is wanted of the record that waits; what comes next belongs to no record."""
        groups = self.take(b"", Then.END)
        if self._around.clear():
            groups.append(b"")
        return groups

    def take(self, page: bytes, then: Then) -> list[bytes]:
        """Return what is wanted of the next page, and of the record that waited.

        Records are left out before each group but the first, which may be empty, if any around
        those that are wanted are shown; else all is one group.
        """
        text = self._rest + page.decode(*self._coding)
        found, bounds = [], self._page(text)
        if self._in_line and text:
            stop = text.find("\n") + 1 or len(text)
            found.append(self._of(Bounds(text[:stop], goes_on=True)))
            text = text[stop:]
            bounds = self._page(text)
        start = bounds.open_from() if text else None
        self._rest = ""
        is_longest = start is not None and len(text) - start > LONGEST
        if then is Then.MORE and text.endswith("\n") and start is not None and not is_longest:
            self._rest = text[start:]
            bounds = self._page(text[:start])
        found.append(self._of(bounds))
        if text:
            self._goes_on = start is not None and (not self._rest or (self._goes_on and not start))
            self._in_line = not text.endswith("\n")
        if then is Then.END:
            self._goes_on = self._in_line = False
        groups = [""]
        for first, *others in found:
            groups[-1] += first
            groups += others
        return [group.encode(*self._coding) for group in groups]

    def _page(self, text: str) -> Bounds:
        return Bounds(text, goes_on=self._goes_on)

    def _of(self, bounds: Bounds) -> list[str]:
        """Return what is wanted of a page whose records are all there, in groups."""
        text = bounds.text
        spans = list(self._hits(bounds))
        self.found += len(spans)
        if self._has_context:
            return self._around.pick(bounds, spans)
        return ["".join([text[start:stop] for start, stop in spans])]

    def _hits(self, bounds: Bounds) -> Iterator[Span]:
        text = bounds.text
        if self._find is None:
            starts = bounds.starts()
            for start, stop in zip(starts, [*starts[1:], len(text)], strict=False):
                if self._holds(text[start:stop]):
                    yield start, stop
            return
        at = 0
        while at < len(text) and (hit := self._find(text, at)) >= 0:
            start, at = bounds.around(min(hit, len(text) - 1))  # `$` is behind a last torn line
            if self._is_certain or self._holds(text[start:at]):
                yield start, at

    def _holds(self, record: str) -> bool:
        if self._coding[0] == "latin-1":
            record = readable(record)
        return self._search(record.removesuffix("\n")) is not None


class _Around:
    """Adds the records around those that are wanted."""

    def __init__(self, before: int, after: int) -> None:
        self._most = before
        self._after = after
        self._before: deque[str] = deque(maxlen=before)
        """The last records that were not shown."""
        self._owed = 0
        """Records after the last one wanted that are still to come."""
        self._hidden = 0
        """Records since the last one that was shown."""

    def clear(self) -> bool:
        """Let nothing be around what comes; tell whether records are left out before that."""
        is_gap = self._hidden > 0
        self._before.clear()
        self._owed = self._hidden = 0
        return is_gap

    def pick(self, bounds: Bounds, spans: list[Span]) -> list[str]:
        """Return the text of the records of a page at `spans`, and of those around them.

        Records are left out between its groups, and before the first if that is empty.
        """
        text, starts = bounds.text, bounds.starts()
        groups, done, count = [""], 0, len(starts)
        starts.append(len(text))
        for start, _ in spans:
            number = bisect_right(starts, start, 0, count) - 1
            upto = min(done + self._owed, number)
            first = max(upto, number - self._most)
            early: list[str] = []
            if not done and not upto and number < self._most:
                early = list(self._before)[-(self._most - number) :]
            groups[-1] += text[starts[done] : starts[upto]]
            if self._hidden + first - upto > len(early):
                groups.append("")
            groups[-1] += "".join(early) + text[starts[first] : starts[number + 1]]
            done, self._owed, self._hidden = number + 1, self._after, 0
        upto = min(done + self._owed, count)
        groups[-1] += text[starts[done] : starts[upto]]
        self._owed -= upto - done
        self._hidden += count - upto
        if upto:
            self._before.clear()
        for number in range(max(upto, count - self._most), count):
            self._before.append(text[starts[number] : starts[number + 1]])
        return groups


def _is_word(pattern: re.Pattern[str]) -> bool:
    """Tell whether the pattern means its own text."""
    return not _SPECIAL & set(pattern.pattern) and not pattern.flags & (re.IGNORECASE | re.VERBOSE)


def _finder(pattern: re.Pattern[str]) -> Find | None:
    """Return what finds the next hit in a page, or a little before it; None if nothing can."""
    text, flags = pattern.pattern, pattern.flags
    if flags & (re.DOTALL | re.VERBOSE) or _OTHERWISE_IN_A_PAGE.search(text):
        return None
    search = re.compile(text, flags | re.MULTILINE).search

    def find(page: str, at: int) -> int:
        found = search(page, at)
        return found.start() if found else -1

    return find
