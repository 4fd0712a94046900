"""The exact lane: pages of text -> records."""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import tzinfo

from xlogdecode.records.events import LONGEST, PAGE, BlockRun, Event, Loss, Page, Then, pages
from xlogdecode.records.first_zone import look_ahead
from xlogdecode.records.layouts import LEVELS, heads
from xlogdecode.records.matchers import JOINS, ReadyShape, openers
from xlogdecode.records.record import Place, Record
from xlogdecode.records.timestamps import Stamps, date_in_name

__all__ = ["read_batches", "read_records"]

_NEWLINE = 0x0A
_HEAD = re.compile(rf"(?P<start>\A|\n)(?:{heads(LEVELS)})")


def read_records(
    events: Iterable[Event], *, source: str = "", zone: tzinfo | None = None, page: int = PAGE
) -> Iterator[Record | Loss]:
    """Yield the records of one source, and its losses, in order; memory stays flat.

    `events` are the decoder's: `(block offset, text)` and losses. A time without a zone is in that
    of the session's banner, else of the log's first banner (`first_zone`), else in `zone`. A line
    without a year takes it from the date in `source`, a file's name, or from the banner. A record
    ends at a loss; what follows a loss and opens no layout is a record without fields. A record
    longer than LONGEST comes in parts that share its fields.
    """
    for batch in read_batches(events, source=source, zone=zone, page=page):
        if isinstance(batch, list):
            yield from batch
        else:
            yield batch


def read_batches(
    events: Iterable[Event], *, source: str = "", zone: tzinfo | None = None, page: int = PAGE
) -> Iterator[list[Record] | Loss]:
    """Yield what `read_records` yields, the records in lists: as fast as it goes."""
    banner_zone, events = look_ahead(events)
    reader = _Reader(source, banner_zone or zone)
    for event in pages(events, page):
        if isinstance(event, Page):
            yield reader.read(event)
        else:
            yield reader.end()
            yield event
    yield reader.end()


class _Where:
    """The blocks that the lines of a page came from."""

    def __init__(self, starts: list[int], offsets: list[int]) -> None:
        self._starts = [*starts, sys.maxsize]
        self._offsets = offsets
        self._next = 0
        self.offset = 0
        self.until = 0
        """`offset` is that of all places before this one."""

    def at(self, position: int) -> int:
        """Return the offset of the block that the line at `position` began in.

        Positions must not decrease from call to call.
        """
        starts, place = self._starts, self._next
        while starts[place] <= position:
            place += 1
        self._next, self.until = place, starts[place]
        self.offset = self._offsets[place - 1]
        return self.offset


class _Reader:
    """The state of a source between two pages."""

    def __init__(self, source: str, zone: tzinfo | None) -> None:
        self._place = Place(source, None, False, Stamps(zone, date_in_name(source)))  # noqa: FBT003
        self._text_line = 1
        self._records: list[Record] = []
        """The records of the page so far; the last may be open."""
        self._more: list[str] = []
        """Lines that belong to the last record, and are not in it yet."""
        self._handed_on: Record | None = None
        """A record that is no longer here, to which more may belong."""
        self._in_line = False
        """The text handed on so far ended in mid-line."""
        self._openers = openers()
        self._usual: ReadyShape | None = None
        """The shape of the last record of the app: likely that of the next."""

    def end(self) -> list[Record]:
        """Return the record that waits, if one does; nothing that follows belongs to it."""
        self._close()
        records, self._records = self._records, []
        self._handed_on, self._in_line = None, False
        return records

    def read(self, page: Page) -> list[Record]:
        """Return the records of `page` that are complete."""
        text, where = _decode(page)
        position, head = 0, self._handed_on
        if self._in_line and head and text:
            position = self._finish_line(head, text, where)
        usual = self._usual or self._first_shape(text)
        records, place, line = self._records, self._place, self._text_line
        arrange, old, others, new = usual.arrange, usual.old, usual.line.groups, tuple.__new__
        for row in usual.page().findall(text, position):
            offset = where.offset if position < where.until else where.at(position)
            if raw := row[0]:
                if self._more:
                    self._close()
                rest = (None, usual.layout, place, offset, line)
                if old >= 0 and row[old]:
                    records.append(new(Record, usual.arrange_old(row + rest)))
                else:
                    records.append(new(Record, arrange(row + rest)))
            elif raw := row[others]:
                self._go_on(raw, position, where, line)
            else:
                raw = row[others + 1]
                self._close()
                records.append(self._other(raw, offset, line))
                place = self._place
            position += len(raw)
            line += raw.count("\n")
        self._text_line = line
        if text:
            self._in_line = not text.endswith("\n")
        return self._hand_on(page.then)

    def _first_shape(self, text: str) -> ReadyShape:
        """Return the shape of the first record of the app in `text`, else any."""
        found = _HEAD.search(text)
        line = text[found.end("start") :].partition("\n")[0] if found else ""
        opened = self._openers.match(line)
        if opened is None:
            return self._openers.layouts[0][0]
        self._usual = self._openers.richest(opened[0].layout)
        return self._usual

    def _hand_on(self, then: Then) -> list[Record]:
        """Return the records so far, but for one to which more may belong."""
        if then is Then.END:
            return self.end()
        records = self._records
        if not records:
            return []
        last = records[-1]
        size = len(last[0]) + sum(map(len, self._more))
        joins = last.layout in JOINS
        if joins and then is Then.MORE and not self._in_line and size < LONGEST:
            self._records, self._handed_on = [last], None
            return records[:-1]
        self._close()
        self._records, self._handed_on = [], records[-1] if joins or self._in_line else None
        return records

    def _other(self, text: str, offset: int, line: int) -> Record:
        """Return the record of a line that opens one, but not of the usual shape."""
        opened = self._openers.match(text)
        if opened is None:  # cannot be, since a pattern says that it opens something
            return self._unknown(text, offset, line)
        shape, found = opened
        if shape.layout in JOINS:
            self._usual = self._openers.richest(shape.layout)
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

    def _finish_line(self, head: Record, text: str, where: _Where) -> int:
        """Hand on the rest of a line whose start was handed on; return where it ends."""
        stop = text.find("\n") + 1 or len(text)
        self._records.append(head.part_of(text[:stop], where.at(0), self._text_line))
        self._text_line += text.count("\n", 0, stop)
        return stop

    def _go_on(self, text: str, position: int, where: _Where, line: int) -> None:
        """Take lines that open nothing: of the last record, or each a record of its own."""
        last = self._records[-1] if self._records else self._handed_on
        if last is None or last.layout not in JOINS:
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


def _decode(page: Page) -> tuple[str, _Where]:
    """Return the text of `page`, one character a byte, and where its blocks begin."""
    data, end = page.data, len(page.data)
    starts: list[int] = []
    offsets: list[int] = []
    for start, offset in page.cuts:
        if isinstance(offset, BlockRun):
            run_starts, run_offsets = offset.places(start)
            starts += run_starts
            offsets += run_offsets
        else:
            starts.append(start)
            offsets.append(offset)
    for number, start in enumerate(starts):
        if 0 < start < end and data[start - 1] != _NEWLINE:  # no record begins in mid-line
            starts[number] = data.find(_NEWLINE, start) + 1 or end
    return data.decode("latin-1"), _Where(starts, offsets)
