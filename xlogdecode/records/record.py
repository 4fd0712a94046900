"""One record: its parts as they are written, and their meaning."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from xlogdecode.encodings import codec_of, decoded_lines, read_exactly
from xlogdecode.records.timestamps import Stamps

__all__ = [
    "CONTEXT_KEYS", "SEVERITIES", "Context", "Place", "Record", "Who", "parse_who", "readable",
]  # fmt: skip

SEVERITIES: Final = {"V": 1, "D": 5, "I": 9, "W": 13, "E": 17, "F": 21}
"""Mars's letter -> OpenTelemetry's number of the severity: TRACE, DEBUG, INFO, WARN, ERROR, FATAL.
"""

_NAMES: Final = (
    "time", "level", "severity", "pid", "tid", "main_thread", "tag", "file", "line", "function",
    "message", "layout", "session", "recovered", "source", "block_offset", "text_line",
)  # fmt: skip
"""The fields of `Record.as_dict`."""

_WHO: Final = re.compile(
    r"(?:(?P<pid>-?[0-9]+)(?P<by>, |[^0-9\n]))?(?P<tid>-?[0-9]+|(?<=[0-9]/))(?P<main>\*?)"
)


def readable(part: str) -> str:
    """Return a part of a record, one character a byte, as text.

    A byte that is no UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF; nothing is lost.
    """
    return part if part.isascii() else part.encode("latin-1").decode("utf-8", "surrogateescape")


class Who(NamedTuple):
    """A process and a thread that logged."""

    pid: int | None
    tid: int | None
    main_thread: bool | None


@lru_cache(maxsize=4096)
def parse_who(text: str | None) -> Who:
    """Return what `2211, 2240*`, `838,91395`, `4104-4156`, `21504` (a thread), `838/` says."""
    found = _WHO.fullmatch(text or "")
    if not found:
        return Who(None, None, None)
    pid = int(found["pid"]) if found["pid"] else None
    # Only Mars marks the main thread, and only Mars writes a blank after the comma.
    tid = int(found["tid"]) if found["tid"] else None
    return Who(pid, tid, found["main"] == "*" if found["by"] == ", " else None)


class Context(NamedTuple):
    """The facts about a session that its records so far have shown; text as `readable` gives it."""

    sdk_version: str | None = None
    device: str | None = None
    sdk_app_id: str | None = None
    user: str | None = None
    """The user who logged in last."""


CONTEXT_KEYS: Final = Context._fields


@dataclass(frozen=True, slots=True)
class Place:
    """The data that the records of one session, or of one recovered part of it, share."""

    source: str
    session: int | None
    """Counted from 1 in each source; None before the first banner."""
    recovered: bool
    """They were saved from the crash buffer."""
    stamps: Stamps
    context: Context | None = None
    """None unless it was asked for (`summary.context`)."""
    encoding: str | None = None
    """The codec of bytes that are not UTF-8 (see `encodings.codec_of`)."""


def _part(place: int, doc: str) -> Any:
    return property(itemgetter(place), doc=doc)


def _text(place: int, doc: str) -> Any:
    def get(record: "Record") -> str | None:
        part = record[place]
        return None if part is None else record.read(part)

    return property(get, doc=doc)


class Record(tuple[Any, ...]):
    """One record: a line that opens a layout and the lines after it that open none.

    Fields: time, level, severity, pid, tid, main_thread, tag, file, line, function, message, text,
    layout, session, recovered, source, block_offset, text_line. What its layout has not is None.

    A tuple of parts as they were found, one character a byte, since 150,000 are made in a second;
    their meaning is worked out on access. Inside this package a record may be unpacked:
    `layouts.FIELDS`, layout, place, block offset, text line.
    """

    __slots__ = ()

    text: str = _text(0, "The full record, its line ends included (see `read`).")
    level: str | None = _part(1, "One of V D I W E F.")
    tag: str | None = _text(6, "The tag; of IM SDK 4.0 the thread's name.")
    file: str | None = _text(7, "The source file that logged.")
    function: str | None = _text(9, "The function that logged.")
    message: str = _text(10, "What follows the fields, without the last line end.")
    layout: str = _part(11, "Of the table, `generic`, a person's own, or `unknown`.")
    place: Place = _part(12, "What the records around it share.")
    block_offset: int = _part(13, "Position in the source of the block that it began in, in bytes.")
    text_line: int = _part(14, "The line of the source's text that it begins in, from 1.")

    def read(self, part: str) -> str:
        """Return a part of it, one character a byte, as text: by the encoding of all of it.

        A byte that nothing reads becomes a lone surrogate, U+DC80 to U+DCFF; nothing is lost.
        """
        if part.isascii():
            return part
        data = part.encode("latin-1")
        try:
            return data.decode()
        except UnicodeDecodeError:
            codec = self.encoding
            text = None if codec is None else read_exactly(data, codec)
            return decoded_lines(part, self[12].encoding) if text is None else text

    @property
    def encoding(self) -> str | None:
        """The codec of its text: `utf-8`, `gb18030`; None where no single one reads all of it."""
        return codec_of(self.raw, self.place.encoding)

    @property
    def iso(self) -> str | None:
        """The time of logging: ISO 8601 to the millisecond, with an offset where it is known."""
        hour, clock, zone = self[2:5]
        around = clock and self.place.stamps[hour, zone]
        if not around:
            return None
        return f"{around[0]}{clock}{'' if len(clock) > 6 else '.000'}{around[1]}"

    @property
    def severity(self) -> int | None:
        """The level as a number of OpenTelemetry: see SEVERITIES."""
        return SEVERITIES.get(self[1])

    @property
    def has_time(self) -> bool:
        """It has a time, which may be one that no calendar has."""
        return bool(self[3])

    @property
    def time(self) -> datetime | None:
        """The time of logging; aware where the zone is known."""
        iso = self.iso
        return None if iso is None else datetime.fromisoformat(iso)

    @property
    def who(self) -> Who:
        """Its process and thread."""
        return parse_who(self[5])

    @property
    def pid(self) -> int | None:
        """The process that logged."""
        return self.who.pid

    @property
    def tid(self) -> int | None:
        """The thread that logged."""
        return self.who.tid

    @property
    def main_thread(self) -> bool | None:
        """The main thread logged; None where the layout does not say: only Mars's own does."""
        return self.who.main_thread

    @property
    def line(self) -> int | None:
        """The line of `file`."""
        return int(self[8]) if self[8] else None

    @property
    def source(self) -> str:
        """The source's name."""
        return self.place.source

    @property
    def session(self) -> int | None:
        """The session, counted from 1 in each source; None before the first banner."""
        return self.place.session

    @property
    def recovered(self) -> bool:
        """It was saved from the crash buffer, and belongs to the session before."""
        return self.place.recovered

    @property
    def raw(self) -> bytes:
        """The full record as it was logged."""
        return bytes(self[0], "latin-1")

    @property
    def message_bytes(self) -> bytes:
        """The message as it was logged."""
        return bytes(self[10], "latin-1")

    def at_place(self, place: Place) -> "Record":
        """Return the record with another place."""
        return Record((*self[:12], place, *self[13:]))

    def with_text(self, text: str, message: str) -> "Record":
        """Return the record with another text and message, both one character a byte."""
        return Record((text, *self[1:10], message, *self[11:]))

    def with_message(self, message: str) -> "Record":
        """Return the record with another message, one character a byte, in its text as well."""
        text, first = self[0], self[10].partition("\n")[0]
        body = text.removesuffix("\n").rstrip("\r")
        head = text.partition("\n")[0].rstrip("\r").removesuffix(first)
        return self.with_text(head + message + text[len(body) :], message)

    def without_returns(self) -> "Record":
        """Return the record without the CR at the ends of lines in its message."""
        message = self[10]
        if "\r" not in message:
            return self
        return self.with_text(self[0], re.sub(r"\r+(?=\n|\Z)", "", message))

    def part_of(self, text: str, offset: int, line: int) -> "Record":
        """Return the record of text that goes on with this one, with its fields."""
        return Record((text, *self[1:10], text.removesuffix("\n"), *self[11:13], offset, line))

    def as_dict(self) -> dict[str, Any]:
        """Return its fields as plain values; `time` is a text in ISO 8601.

        Those of its session come with them if `read_records` had to find them.
        """
        own = {name: getattr(self, "iso" if name == "time" else name) for name in _NAMES}
        context = self.place.context
        return own if context is None else own | context._asdict()

    def __repr__(self) -> str:
        return f"<Record {self.source}:{self.text_line} {self.layout} {self.text[:60]!r}>"
