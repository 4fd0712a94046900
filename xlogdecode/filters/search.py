"""The way of a search: text in, the records of it that hold a pattern out, and those around them.

The text is searched first, and only the record of each hit is looked at: a plain word is found
several times faster than a record is read. A pattern that may mean something else in a record than
in a page of them (`\\Z`, a look ahead, a class that takes in line ends) is tried at each record.
"""

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from xlogdecode.encodings import GB18030, decoded_lines
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


_BYTES: Final = "latin-1"
_CHINESE: Final = re.compile("[\udcb0-\udcd7][\udca1-\udcfe]")
"""A usual character of GB 2312 in text that was decoded as UTF-8."""


class _Way(NamedTuple):
    """A way to search a page."""

    find: Find | None
    """None where each record has to be looked at."""
    coding: str
    """The codec of the page's text: `utf-8`, or one character a byte."""
    is_certain: bool = False
    """A hit is in one record, and the record holds it by itself."""
    find_other: Find | None = None
    """Finds what may be a hit in a record that is not UTF-8."""


class Search:
    """Finds the records of one source that hold `wanted.grep`, page by page."""

    def __init__(self, wanted: Filter, encoding: str | None = None) -> None:
        """Start at the beginning of the source; bytes that are not UTF-8 are of `encoding`."""
        pattern = wanted.grep or re.compile("")
        self._search = pattern.search
        self._encoding = encoding
        self._way = _way_of(pattern, encoding)
        self._around = _Around(wanted.before, wanted.after)
        self._has_context = bool(wanted.before or wanted.after)
        self.found = 0
        """Records so far that hold it."""
        self._rest = ""
        """The start of a record to which more may belong."""
        self._is_odd = self._rest_is_odd = False
        """Bytes that are not UTF-8 are, or may be, in what is searched; in what waits."""
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
        text = self._text_of(page)
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
        self._rest_is_odd = self._is_odd and bool(self._rest)
        groups = [""]
        for first, *others in found:
            groups[-1] += first
            groups += others
        return [group.encode(self._way.coding, "surrogateescape") for group in groups]

    def _text_of(self, page: bytes) -> str:
        """Return the record that waits and the next page."""
        try:
            text = page.decode(self._way.coding)
            self._is_odd = self._rest_is_odd
        except UnicodeDecodeError:
            text = page.decode(self._way.coding, "surrogateescape")
            self._is_odd = True
        return self._rest + text

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
        find = self._way.find
        if find is None:
            starts = bounds.starts()
            for start, stop in zip(starts, [*starts[1:], len(text)], strict=False):
                if self._holds(text[start:stop]):
                    yield start, stop
            return
        find_odd = self._way.find_other
        if self._is_odd:
            find_odd = _finder_at(_odd_lines(text, _CHINESE if self._encoding is None else None))
        at, hit, odd = 0, find(text, 0), find_odd(text, 0) if find_odd else -1
        while at < len(text) and (hit >= 0 or odd >= 0):
            is_odd = odd >= 0 and (hit < 0 or odd < hit)
            place = min(odd if is_odd else hit, len(text) - 1)  # `$` is behind a last torn line
            start, at = bounds.around(place)
            if (self._way.is_certain and not is_odd) or self._holds(text[start:at]):
                yield start, at
            hit = find(text, at) if 0 <= hit < at else hit
            odd = find_odd(text, at) if find_odd and 0 <= odd < at else odd

    def _holds(self, record: str) -> bool:
        if self._way.coding == _BYTES:
            record = decoded_lines(record, self._encoding)
        elif self._is_odd and not record.isascii():
            data = record.encode(self._way.coding, "surrogateescape")
            record = decoded_lines(data.decode(_BYTES), self._encoding)
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


def _way_of(pattern: re.Pattern[str], encoding: str | None) -> _Way:
    """Return how pages are searched for `pattern`."""
    if not _is_word(pattern):
        return _Way(_finder(pattern), "utf-8")
    # One character a byte: UTF-8 need not be decoded to find it.
    word = pattern.pattern.encode("utf-8", "surrogateescape").decode(_BYTES)
    is_certain = "\n" not in word and readable(word) == pattern.pattern
    return _Way(_finder_of(word), _BYTES, is_certain, _other_finder(pattern.pattern, encoding))


def _odd_lines(text: str, having: re.Pattern[str] | None) -> list[int]:
    """Return where the lines begin that are not UTF-8 (lone surrogates), and have a pattern."""
    found, at = [], 0
    for line in text.split("\n"):
        if not line.isascii():
            try:
                line.encode()
            except UnicodeEncodeError:
                if having is None or having.search(line):
                    found.append(at)
        at += len(line) + 1
    return found


def _finder_at(places: list[int]) -> Find:
    def find(_: str, at: int) -> int:
        number = bisect_left(places, at)
        return places[number] if number < len(places) else -1

    return find


def _other_finder(word: str, encoding: str | None) -> Find | None:
    """Return what finds a word in the encoding of lines that are not UTF-8; None if it is ASCII."""
    try:
        other = word.encode(encoding or GB18030)
    except UnicodeEncodeError:
        return None
    return None if word.isascii() else _finder_of(other.decode(_BYTES))


def _finder_of(word: str) -> Find:
    return lambda page, at: page.find(word, at)


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
