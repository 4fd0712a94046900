"""Sessions: what lies between two banners, and what the banners say.

A session begins where a log is opened and ends where it is closed, or where the next begins.
What was recovered from the crash buffer stands before the banner of the launch that recovered
it, and belongs to the session before.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from xlogdecode.records import Loss, Record

__all__ = ["NO_RECORDS", "SESSION_LAYOUTS", "Session", "build_of", "read_sessions"]

SESSION_LAYOUTS: Final = frozenset({"opened", "closed", "recovery-begin", "recovery-end"})
"""The layouts of lines that tell where a session begins, ends, or goes on in a recovered part."""

NO_RECORDS: Final = SESSION_LAYOUTS | {"banner", "header", "mark"}
"""The layouts of lines that are no records of the app."""

_BUILD: Final = re.compile(r"[\^$]{10}(?P<date>.*?)[\^$]{3}(?P<time>[0-9:]*)[\^$]{10}")
_HEADER: Final = re.compile(r"TIM: =+\s+(?P<name>[^:]+?)\s*:\s*(?P<value>.*?)\s*")
_HEADER_FIELDS: Final = {
    "SDK APP ID": "sdk_app_id",
    "SDK Version": "sdk_version",
    "Platform": "platform",
    "Device Type": "device_type",
    "Device ID": "device_id",
    "System Ver": "system_version",
    "Process ID": "process_id",
    "Init Path": "init_path",
    "Log Path": "log_path",
}


@dataclass(slots=True)
class Session:
    """One session of one source; texts are as the log has them, None where it has none.

    The number is None for what stands before the first banner: it belongs to a session that
    another file began.
    """

    source: str
    number: int | None
    opened: datetime | None = None
    """When the log was opened; aware."""
    closed: datetime | None = None
    """When the log was closed in order; aware."""
    closed_in_order: bool = False
    build: str | None = None
    """When the writer was built, as `Dec 12 2023 15:15:13`."""
    pid: int | None = None
    records: int = 0
    """Records of the app; banners and headers do not count."""
    recovered: int = 0
    """Those of them that were saved from the crash buffer."""
    first: Record | None = None
    last: Record | None = None
    """The first and the last record of the app that have a time."""
    sdk_app_id: str | None = None
    sdk_version: str | None = None
    platform: str | None = None
    device_type: str | None = None
    device_id: str | None = None
    system_version: str | None = None
    process_id: int | None = None
    init_path: str | None = None
    log_path: str | None = None
    mars: dict[str, str] = field(default_factory=dict)
    """What Mars says of itself: `MARS_PATH` and its like."""

    @property
    def ended(self) -> str:
        """How it ended, in words."""
        if self.closed_in_order:
            return "closed in order"
        return "crashed, the rest was recovered" if self.recovered else "not closed"

    def add(self, record: Record) -> None:
        """Take in a record of this session."""
        match record.layout:
            case "opened":
                self.opened, self.pid = record.time, record.who.pid
                self.build = build_of(record.message)
            case "closed":
                self.closed, self.closed_in_order = record.time, True
            case "header":
                self._add_header(record.message)
            case "banner":
                name, colon, value = record.message.partition(": ")
                if colon and name.startswith("MARS_"):
                    self.mars[name] = value.strip()
            case layout if layout in NO_RECORDS:
                pass
            case _:
                self.records += 1
                self.recovered += record.recovered
                if record.has_time:
                    self.last = record
                    self.first = self.first or record

    def _add_header(self, line: str) -> None:
        found = _HEADER.fullmatch(line)
        name = found and _HEADER_FIELDS.get(found["name"])
        if not found or not name:
            return
        if name == "process_id":
            self.process_id = int(found["value"]) if found["value"].isdecimal() else None
        else:
            setattr(self, name, found["value"])


def build_of(message: str) -> str | None:
    """Return the writer's build time that a banner's message states."""
    found = _BUILD.match(message)
    return f"{found['date']} {found['time']}".strip(" ") if found else None


def read_sessions(records: Iterable[Record | Loss]) -> Iterator[Session]:
    """Yield the sessions of `records`, one source after the other, each when it is over.

    Losses are passed over.
    """
    session: Session | None = None
    for record in records:
        if not isinstance(record, Record):
            continue
        if session is None or (session.number, session.source) != (record.session, record.source):
            if session:
                yield session
            session = Session(record.source, record.session)
        session.add(record)
    if session:
        yield session
