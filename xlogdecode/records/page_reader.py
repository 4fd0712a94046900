"""The state of a log between two pages of its text, of which records are made."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Final, cast

from xlogdecode.records.events import LONGEST, Page, Then
from xlogdecode.records.layouts import GOING_ON, LEVELS, NOTES, heads
from xlogdecode.records.matchers import JOINS, SINGLES, openers
from xlogdecode.records.page_text import Blocks, decoded_page
from xlogdecode.records.reading import (
    HEAD,
    LogHints,
    Settled,
    is_of_the_table,
    opens_of_the_table,
    settle,
)
from xlogdecode.records.record import Place, Record
from xlogdecode.records.runs import STRIDE, Cutter, RecordRun, cutter_of
from xlogdecode.records.uncut import Finder, UncutRun, finder_of

if TYPE_CHECKING:
    from xlogdecode.records.own_layout import OwnLayout

__all__ = ["PageReader", "Part", "cut_apart"]

Part = UncutRun | RecordRun | list[Record]

_OPENS_WITHIN: Final = re.compile(rf"\n(?:{heads(LEVELS)}|{NOTES})").search
_LINES: Final = re.compile(rf"({GOING_ON})|[^\n]++\n?").finditer
"""Lines that open nothing, which are in the group, or one that opens something."""

_WORTH_A_RUN: Final = 4096
"""Characters that are more than the page's usual layout is left for."""

_DEEPEST: Final = 4
"""Times that this is done within each other: a bound, since few layouts are in one page."""
_EACH_LINE: Final = re.compile(r"[^\n]*+\n|[^\n]++")


class PageReader:
    """The state of a source between two pages."""

    def __init__(
        self, place: Place, reading: LogHints, settled: Settled | None, *, is_uncut: bool = False
    ) -> None:
        self._place = place
        self._reading = reading
        self._is_uncut = is_uncut
        """Runs are handed on uncut where that is possible."""
        self._settled = settled
        """The layout; None before any line showed one."""
        self._text_line = 1
        self._records: list[Record] = []
        """The records of the page so far; the last may be open."""
        self._more: list[str] = []
        """Lines that belong to the last record, and are not in it yet."""
        self._handed_on: Record | None = None
        """A record that is no longer here, to which more may belong."""
        self._in_line = False
        """The text handed on so far ended in mid-line."""
        self._has_returns = False
        """There was a CR anywhere."""
        self._openers = openers()
        self._cutter: Cutter | None = None
        """That of the layout of the last record of the app: likely that of the next."""
        self._done: list[Part] = []
        """All of the page that is before `_records`."""

    def end(self) -> list[Part]:
        """Return the record that waits, if one does; nothing that follows belongs to it."""
        return self._without_returns(self._hand_on(Then.END))

    def read(self, page: Page) -> list[Part]:
        """Return the records of `page` that are complete."""
        text, where = decoded_page(page)
        position, head = 0, self._handed_on
        if self._in_line and head and text:
            position = self._finish_line(head, text, where)
        if self._settled is None and text:
            self._settled = settle(text[position:], self._reading)
        if self._settled is not None and self._settled.own is not None:
            self._read_own(self._settled.own, text, position, where)
        else:
            self._cutter = self._cutter or self._first_cutter(text)
            self._take(text, position, len(text), where)
        if text:
            self._in_line = not text.endswith("\n")
        self._has_returns = self._has_returns or "\r" in text
        return self._without_returns(self._hand_on(page.then))

    def cut(self, run: UncutRun) -> list[RecordRun | list[Record]]:
        """Return the records of a run, as runs that are cut."""
        self._cutter, self._text_line = run.cutter, run.text_line
        self._cut(run.cutter, run.text, run.start, run.stop, run.blocks.anew())
        self._close_run()
        return cast("list[RecordRun | list[Record]]", self._done)

    def _take(self, text: str, start: int, stop: int, where: Blocks, depth: int = 0) -> None:
        """Take the lines from `start` to `stop`: the usual ones in runs, others one by one."""
        cutter = self._cutter
        finder = finder_of(cutter.layout) if self._is_uncut and cutter else None
        if cutter is None:
            self._take_lines(text, start, stop, where, depth)
        elif finder is None:
            self._cut(cutter, text, start, stop, where, depth)
        else:
            self._leave_uncut(finder, text, start, stop, where, depth)

    def _leave_uncut(
        self, finder: Finder, text: str, start: int, stop: int, where: Blocks, depth: int
    ) -> None:
        """Take the lines from `start` to `stop`, those of the usual layout uncut."""
        while start < stop:
            first = finder.first(text, start, stop)
            self._take_lines(text, start, first, where, depth)
            start = finder.until(text, first, stop)
            last = start if start < stop else finder.last(text, first, stop)
            if first < last:
                self._close_run()
                place, line = self._place, self._text_line
                self._done.append(UncutRun(finder.cutter, place, text, first, last, where, line))
                self._text_line += text.count("\n", first, last)
            if last < start:  # more may belong to the last record
                self._cut(finder.cutter, text, last, start, where, depth)

    def _cut(
        self, cutter: Cutter, text: str, start: int, stop: int, where: Blocks, depth: int = 0
    ) -> None:
        """Take the lines from `start` to `stop`, those of a cutter's layout in runs."""
        cells = cutter.split(f"\n{text[start:stop]}")
        starts = [*accumulate(map(len, cells), initial=start)][1::STRIDE]
        self._take_lines(text, start, min(starts[0], stop), where, depth)
        if len(starts) == 1:
            return
        columns = [cells[number::STRIDE] for number in range(1, STRIDE + 1)]
        messages = columns[-1]
        messages[-1] = messages[-1].removesuffix("\n")
        starts[-1] = stop
        first = 0
        for number in [n for n, message in enumerate(messages) if "\n" in message]:
            message = messages[number]
            if opens := _OPENS_WITHIN(message):
                behind, until = number + 1, starts[number + 1]
                messages[number] = message[: opens.start()]
                at = starts[number] + sum(len(column[number]) for column in columns)
                own = [*starts[first:behind], at]
                self._take_run(cutter, [c[first:behind] for c in columns], text, own, where)
                self._take_lines(text, at, until, where, depth)
                first = behind
        if first < len(messages):
            own = starts[first:]
            self._take_run(cutter, [column[first:] for column in columns], text, own, where)

    def _take_run(
        self,
        cutter: Cutter,
        columns: Sequence[list[str]],
        text: str,
        starts: list[int],
        where: Blocks,
    ) -> None:
        """Take records of the usual layout that begin and end at `starts`."""
        self._close_run()
        run = RecordRun(cutter, self._place, columns, text, starts)
        run.block_offset = where.of_all(starts[:-1])
        run.text_line = self._text_line
        self._text_line += run.lines
        self._done.append(run)

    def _close_run(self) -> None:
        """Put the records so far before what comes next, which is a run."""
        self._close()
        if self._records:
            self._done.append(self._records)
            self._records = []

    def _take_lines(self, text: str, start: int, stop: int, where: Blocks, depth: int) -> None:
        """Take lines one by one, or what is behind another layout's first line in runs of that."""
        for found in _LINES(text, start, stop):
            position, at, cutter = found.start(), found.end(), self._cutter
            if found[1]:
                self._go_on(found[0], position, where, self._text_line)
            else:
                self._close()
                self._records.append(self._other(found[0], where.at(position), self._text_line))
            self._text_line += found[0].count("\n")
            if self._cutter is not cutter and stop - at > _WORTH_A_RUN and depth < _DEEPEST:
                self._take(text, at, stop, where, depth + 1)
                return

    def _read_own(self, own: "OwnLayout", text: str, position: int, where: Blocks) -> None:
        """Read the records of a page whose layout is not in the table, line by line."""
        records, place, line = self._records, self._place, self._text_line
        for found in _EACH_LINE.finditer(text, position):
            raw = found[0]
            position, body = found.start(), raw.removesuffix("\n")
            is_known = own.yields and is_of_the_table(body)
            parts = None if is_known else own.parts(body, place.stamps)
            if parts is not None:
                self._close()
                offset = where.at(position)
                records.append(Record((raw, *parts, own.name, place, offset, line)))
            elif is_known or opens_of_the_table(body):
                self._close()
                records.append(self._other(raw, where.at(position), line))
                place = self._place
            else:
                self._go_on(raw, position, where, line)
            line += 1
        self._text_line = line

    def _first_cutter(self, text: str) -> Cutter | None:
        """Return what cuts at the first record of the app in `text`, if anything does."""
        found = HEAD.search(text)
        line = text[found.end("start") :].partition("\n")[0] if found else ""
        opened = self._openers.match(line)
        return cutter_of(opened[0].layout) if opened and opened[0].layout in JOINS else None

    def _hand_on(self, then: Then) -> list[Part]:
        """Return the records so far, but for one to which more may belong."""
        done, self._done = self._done, []
        if then is Then.END:
            self._close()
            records, self._records = self._records, []
            self._handed_on, self._in_line = None, False
            return [*done, records]
        if done and not self._records and isinstance(done[-1], RecordRun):
            self._records = [done[-1].pop()]
            if not len(done[-1]):
                done.pop()
        records = self._records
        if not records:
            return done
        last = records[-1]
        size = len(last[0]) + sum(map(len, self._more))
        joins = last.layout not in SINGLES
        if joins and then is Then.MORE and not self._in_line and size < LONGEST:
            self._records, self._handed_on = [last], None
            return [*done, records[:-1]]
        self._close()
        self._records, self._handed_on = [], records[-1] if joins or self._in_line else None
        return [*done, records]

    def _without_returns(self, found: list[Part]) -> list[Part]:
        """Return `found`; its lines may have ended in CR and LF."""
        if not self._has_returns:
            return found
        cut = chain.from_iterable(
            cut_apart(part) if isinstance(part, UncutRun) else [part] for part in found
        )
        parts = (part.records() if isinstance(part, RecordRun) else part for part in cut)
        return [[record.without_returns() for record in part] for part in parts]

    def _other(self, text: str, offset: int, line: int) -> Record:
        """Return the record of a line that opens one, but not of the usual shape."""
        opened = self._openers.match(text)
        if opened is None:  # cannot be, since a pattern says that it opens something
            return self._unknown(text, offset, line)
        shape, found = opened
        if shape.layout in JOINS:
            self._cutter = cutter_of(shape.layout) or self._cutter
        else:
            self._note(shape.layout, found)
        rest = (None, shape.layout, self._place, offset, line)
        return Record(shape.record(found.groups(""), rest))

    def _unknown(self, text: str, offset: int, line: int) -> Record:
        """Return the record of a line that opens none."""
        message = text.removesuffix("\n")
        return Record((text, *[None] * 9, message, "unknown", self._place, offset, line))

    def _note(self, layout: str, found: re.Match[str]) -> None:
        """Take from a banner or a tip what it says about the records after it."""
        place = self._place
        if layout == "opened":
            stamps = place.stamps.after_banner(found.groupdict().get("hour") or "")
            self._place = replace(place, session=(place.session or 0) + 1, stamps=stamps)
        elif layout in {"recovery-begin", "recovery-end", "closed"}:  # the end may be lost
            self._place = replace(place, recovered=layout == "recovery-begin")

    def _finish_line(self, head: Record, text: str, where: Blocks) -> int:
        """Hand on the rest of a line whose start was handed on; return where it ends."""
        stop = text.find("\n") + 1 or len(text)
        self._records.append(head.part_of(text[:stop], where.at(0), self._text_line))
        self._text_line += text.count("\n", 0, stop)
        return stop

    def _go_on(self, text: str, position: int, where: Blocks, line: int) -> None:
        """Take lines that open nothing: of the last record, or each a record of its own."""
        last = self._records[-1] if self._records else self._handed_on
        if last is None or last.layout in SINGLES:
            at = 0
            for text_line, row in enumerate(text.removesuffix("\n").split("\n"), line):
                whole = text[at : at + len(row) + 1]
                self._records.append(self._unknown(whole, where.at(position + at), text_line))
                at += len(whole)
        elif self._records:
            self._more.append(text)
        else:
            self._records.append(last.part_of(text, where.at(position), line))

    def _close(self) -> None:
        """Join the last record with the lines that belong to it."""
        if self._more:
            last = self._records[-1]
            text = last[0] + "".join(self._more)
            start = len(last[0].removesuffix("\n")) - len(last[10])
            self._records[-1] = last.with_text(text, text[start:].removesuffix("\n"))
            self._more = []


def cut_apart(run: UncutRun) -> list[RecordRun | list[Record]]:
    """Return the records of a run that is not cut yet, as `read_runs` has them."""
    reader = PageReader(run.place, LogHints(), Settled())
    return reader.cut(run)
