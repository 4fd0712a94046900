"""Text of a log in colours: levels, times, banners, marks of losses, hits, names of sources.

A record has the colour of its level with all its lines. Each line has codes of its own, since
pagers take colours to end with a line. What the log itself holds for a terminal to obey is escaped.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from xlogdecode.line_layouts import NOTE_ROWS, RECORD_ROWS, first_signs
from xlogdecode.outputs.colour import SOURCES, STYLES
from xlogdecode.outputs.sanitize import escaped, is_hostile
from xlogdecode.types import Buffer, Sink

__all__ = ["LogPainter"]

_HELD: Final = 1 << 16
"""Bytes of a line that wait at most for its end."""

_CODING: Final = ("utf-8", "surrogateescape")
_PLAIN: Final = ("", STYLES["time"])
_CODES: Final = {
    level: (STYLES[style], f"{STYLES[style]};{STYLES['time']}")
    for level, style in (("W", "warning"), ("E", "error"), ("F", "error"))
}
"""A level that has a colour -> the parameters for a record of it, and for its time."""

_NOTES: Final = {"mark": "mark", "dropped": "error", "clock-jump": "error"}
"""The notes that are not banners -> their styles."""

_GAP_LINE: Final = "--"

Span = tuple[int, int, str]
"""Start and end of a stretch of text, and the parameters of its code."""


class _Opening(NamedTuple):
    """The kind of record that a line opens."""

    code: str
    """The parameters of its code."""
    time_code: str = ""
    """Those of its time."""
    start: int = 0
    stop: int = 0
    """Where its time is."""
    joins: bool = False
    """Lines after it that open nothing belong to it."""


class _Line(NamedTuple):
    """A line of a record, and its parts."""

    text: str
    spans: list[Span]
    name: int = 0
    """Where the name of its source ends."""


class LogPainter:
    """Writes the text of one source, or of a timeline, in colours."""

    def __init__(
        self,
        sink: Sink,
        *,
        hits: re.Pattern[str] | None = None,
        names: Iterable[str] = (),
        gaps: bool = False,
    ) -> None:
        """Write to `sink`.

        `hits` is searched for in each record. `names` are those of the sources of a timeline, as
        they are before its records. With `gaps` a line `--` is between groups of records.
        """
        self._sink = sink
        self._hits = hits
        self._names = {
            name: SOURCES[number % len(SOURCES)] for number, name in enumerate(dict.fromkeys(names))
        }
        self._longest = max(map(len, self._names), default=0)
        self._gap = _GAP_LINE if gaps else None
        self._rest = b""
        self._code = ""
        """The parameters for lines that open nothing."""
        self._in_line = False

    def write(self, data: Buffer, /) -> None:
        """Write all lines of `data`; one without its end waits for it."""
        text = self._rest + bytes(data)
        cut = text.rfind(b"\n") + 1
        if len(text) - cut > _HELD:
            cut = len(text) - text.endswith(b"\xc2")  # a control character may be cut there
        self._rest = text[cut:]
        if cut:
            self._show(text[:cut])

    def settle(self) -> None:
        """Write what waits."""
        rest, self._rest = self._rest, b""
        if rest:
            self._show(rest)

    close = settle

    def _show(self, data: bytes) -> None:
        lines = data.decode(*_CODING).split("\n")
        escape = _escape if is_hostile(data) else None
        painted: list[str] = []
        record: list[_Line] = []
        for text in lines if lines[-1] else lines[:-1]:
            line = self._opened(text)
            if line is None:
                line = _Line(text, [(0, len(text), self._code)])
            elif record:
                painted += self._painted(record, escape)
                record = []
            record.append(line)
            self._in_line = False
        painted += self._painted(record, escape)
        self._in_line = not data.endswith(b"\n")
        end = "" if self._in_line else "\n"
        self._sink.write(("\n".join(painted) + end).encode(*_CODING))

    def _opened(self, text: str) -> _Line | None:
        """Return a line that opens a record; None if it opens none."""
        if self._in_line:
            return None
        name = self._name_of(text) if self._names else 0
        opened = _Opening(STYLES["gap"]) if text == self._gap else _opening(text, name)
        if opened is None:
            if not name:
                return None
            opened = _Opening("")
        code, time_code, start, stop, joins = opened
        self._code = code if joins else ""
        spans = [(0, name, self._names[text[: name - 2]])] if name else []
        if stop:
            spans += [(name, start, code), (start, stop, time_code)]
        spans.append((stop or name, len(text), code))
        return _Line(text, spans, name)

    def _name_of(self, line: str) -> int:
        """Return where the name of a source, and what is between it and its record, end."""
        at = 0
        while 0 <= (at := line.find(": ", at)) <= self._longest:
            if line[:at] in self._names:
                return at + 2
            at += 1
        return 0

    def _painted(
        self, record: Sequence[_Line], escape: Callable[[str], str] | None
    ) -> Iterator[str]:
        """Yield the lines of a record, or those that belong to one, with the codes."""
        hits = self._found(record) if self._hits is not None else []
        at = 0
        for text, spans, _ in record:
            own = [(start - at, stop - at) for start, stop in hits]
            line = ""
            for start, stop, code in _with_hits(spans, own) if hits else spans:
                part = text[start:stop]
                if escape is not None:
                    part = escape(part)
                line += f"\x1b[{code}m{part}\x1b[0m" if code and part else part
            yield line
            if hits:
                at += len(text) + 1
                hits = [hit for hit in hits if hit[1] > at]

    def _found(self, record: Sequence[_Line]) -> list[tuple[int, int]]:
        """Return where the pattern is found in a record, the name before it left out."""
        if self._hits is None or not record:
            return []
        name = record[0].name
        text = "\n".join(line.text for line in record)[name:]
        found = (match.span() for match in self._hits.finditer(text))
        return [(start + name, stop + name) for start, stop in found if stop > start]


def _with_hits(spans: Iterable[Span], hits: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """Yield the spans of a line, with the parts in `hits`, which are in order, as hits."""
    for begin, stop, code in spans:
        at = begin
        for hit in hits:
            first, last = max(hit[0], at), min(hit[1], stop)
            if first < last:
                yield at, first, code
                yield first, last, STYLES["hit"]
                at = last
        yield at, stop, code


def _escape(text: str) -> str:
    return escaped(text.encode(*_CODING)).decode(*_CODING)


def _opening(line: str, start: int) -> _Opening | None:
    """Return what a line opens from `start` on; None if it opens nothing."""
    for pattern, note in _OPENERS.get(line[start : start + 1], ()):
        found = pattern.match(line, start)
        if found is None:
            continue
        if note:
            return _Opening(STYLES[_NOTES.get(note, "banner")])
        code, time_code = _CODES.get(found["level"], _PLAIN)
        if "clock" not in pattern.groupindex or found["clock"] is None:
            return _Opening(code, joins=True)
        return _Opening(code, time_code, found.start("hour"), found.end("clock"), joins=True)
    return None


def _openers() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    """Return for each sign the patterns of what a line opens with it; with each the note's name."""
    rows = [(first_signs(row.start), row.fields, "") for row in RECORD_ROWS]
    rows += [(first_signs(row.start), f"{row.start}(?:{row.head})", "") for row in RECORD_ROWS]
    rows += [(first_signs(head), head, name) for name, head, _ in NOTE_ROWS]
    openers: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for signs, pattern, note in rows:
        for sign in signs:
            openers.setdefault(sign[-1], []).append((re.compile(pattern), note))
    return openers


_OPENERS: Final = _openers()
