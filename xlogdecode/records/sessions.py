"""Sessions: one process's use of a log, and what its banners say.

A session begins where a process opens a log and ends where that process closes it, or where
another launch begins. Records of several processes may alternate in one file: each goes to the
session of its process. A recovered part belongs to the process that wrote it, or, where its
records name none, to the session before.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from xlogdecode.platform.temporary import Held
from xlogdecode.records import Loss, Record
from xlogdecode.records.layouts import LAYOUTS
from xlogdecode.records.record import parse_who

__all__ = [
    "NO_RECORDS", "SESSION_LAYOUTS", "STEPS", "Session", "SessionTracker", "build_of",
    "last_session", "read_sessions",
]  # fmt: skip

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


_OF_THE_TABLE: Final = frozenset(layout.name for layout in LAYOUTS)

UNINIT: Final = "UnInit"
_SEVERE: Final = frozenset("EF")
STEPS: Final = frozenset({"InternalUninit", "Init", "LogRequestBegin", "LogRequestEnd"})
"""The functions whose records may be steps of a session."""
_STEPS_BY_WORDS: Final = (
    ("UnInitSDK|", UNINIT), ("InitSDK|", ""), ("Logout success", "logged out"),
    ("Login begin", ""), ("ReOnline begin", ""),
)  # fmt: skip


@dataclass(slots=True)
class Session:
    """One session of one source; texts are as the log has them, None where it has none.

    The number is None for records before the first banner: it belongs to a session that
    another file began.
    """

    source: str
    number: int | None
    opened: datetime | None = None
    """The time at which the log was opened; aware."""
    closed: datetime | None = None
    """The time at which the log was closed normally; aware."""
    closed_in_order: bool = False
    build: str | None = None
    """The build time of the writer, as `Dec 12 2023 15:15:13`."""
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
    """The process that wrote its records, or that the IM SDK's header names."""
    init_path: str | None = None
    log_path: str | None = None
    mars: dict[str, str] = field(default_factory=dict)
    """The fields of Mars's own banner: `MARS_PATH` and its like."""
    user: str | None = None
    """The user who logged in last, where that was looked for (`summary.context`)."""
    last_step: str = ""
    """`UnInit` or `logged out`, where the IM SDK's last step was one of these."""
    last_error: Record | None = None
    """The last record of the levels E and F."""

    @property
    def ended(self) -> str:
        """Its end, in words."""
        if self.closed_in_order:
            return "closed normally"
        if self.last_step:
            return self.last_step
        return "no closing line; crash buffer recovered" if self.recovered else "no closing line"

    @property
    def is_over(self) -> bool:
        """It has ended, as far as its own records say: only its last lines may still come."""
        return self.closed_in_order or self.last_step == UNINIT

    @property
    def may_be_of_any_process(self) -> bool:
        """No record so far names its process."""
        return not self.records or (self.process_id is None and not self.is_over)

    def add(self, record: Record) -> None:
        """Take in a record of this session."""
        match record.layout:
            case "opened":
                if self.opened is None:
                    self.opened, self.pid = record.time, record.pid
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
                self.count(1, is_recovered=record.recovered)
                self.note(record)

    def count(self, records: int, *, is_recovered: bool) -> None:
        """Count records of the app."""
        self.records += records
        self.recovered += records if is_recovered else 0

    def note(self, record: Record) -> None:
        """Take from a record of the app what it says about the session; count nothing."""
        if record[3]:
            self.last = record
            if self.first is None:
                self.first = record
        if record[1] in _SEVERE:
            self.last_error = record
        if _may_be_step(record):
            self._step(record.message)

    def _step(self, message: str) -> None:
        for words, step in _STEPS_BY_WORDS:
            if words in message:
                self.last_step = step
                return
        if "TIM: =" in message:  # a console log has the header behind a prefix
            self._add_header(message[message.index("TIM: =") :])

    def _add_header(self, line: str) -> None:
        found = _HEADER.fullmatch(line)
        name = found and _HEADER_FIELDS.get(found["name"])
        if not found or not name:
            return
        if name == "process_id":
            is_number = re.fullmatch("[0-9]{1,18}", found["value"])
            self.process_id = int(found["value"]) if is_number else None
        else:
            setattr(self, name, found["value"])


def build_of(message: str) -> str | None:
    """Return the writer's build time that a banner's message states."""
    found = _BUILD.match(message)
    return f"{found['date']} {found['time']}".strip(" ") if found else None


class SessionTracker:
    """Finds the session of each record of one source, by banners and processes."""

    def __init__(self, source: str) -> None:
        self.sessions: list[Session] = []
        """All so far, in the order in which they began."""
        self.current: Session | None = None
        self._source = source
        self._by_pid: dict[int, Session] = {}
        """The sessions that may go on, by the process of their records."""
        self._may_be_over = False
        """One of them may be over."""
        self._recovered: set[int] = set()
        """The processes whose records the part that is being recovered holds."""
        self._pids: dict[str, int | None] = {}

    def add(self, record: Record) -> Session:
        """Return the session of the next record, which takes the record in."""
        layout = record[11]
        if layout in NO_RECORDS:
            session = self._at_banner(record, layout)
            session.add(record)
        else:
            session = self.session_of(self.pid_of(record[5]), record)
            session.records += 1
            session.recovered += record[12].recovered
            session.note(record)
        self._may_be_over = self._may_be_over or session.is_over
        if session.closed_in_order:
            self._forget_ended()
        return session

    def add_alike(self, first: Record, last: Record, records: int) -> Session:
        """Return the session of as many records, of which the first and the last are given.

        They are of one process and one place, and no step of a session.
        """
        session = self.session_of(self.pid_of(first[5]), first)
        session.count(records, is_recovered=first[12].recovered)
        session.note(first)
        session.note(last)
        return session

    def pid_of(self, who: str | None) -> int | None:
        """Return the process that `who`, as a record has it, names; None for 0, which is none."""
        if who is None:
            return None
        if who not in self._pids:
            self._pids[who] = parse_who(who).pid or None
        return self._pids[who]

    def session_of(self, pid: int | None, record: Record) -> Session:
        """Return the session of a record of the app that process `pid` wrote."""
        session = self.current
        if session is not None and session.is_over and _is_init(record):
            session = None
        if pid is not None:
            if record[12].recovered:
                self._recovered.add(pid)
            known = self._by_pid.get(pid)
            if known is not None and known.is_over and _is_init(record):
                known = None
            if known is not None and known is session:
                return known
            if known is not None:
                self._drop_if_empty(session)
                session = known
            elif session is None or not session.may_be_of_any_process:
                session = self._begin(record)
            session.process_id = pid
            self._by_pid[pid] = session
            self._may_be_over = self._may_be_over or session.is_over
        self.current = session = session or self._begin(record)
        return session

    def _at_banner(self, record: Record, layout: str) -> Session:
        if layout == "opened":
            self._forget_ended()
            known = self._by_pid.get(record.pid or 0)
            self._recovered.clear()
            self.current = known or self._begin(record)
        elif layout == "closed":
            self.current = self._by_pid.get(record.pid or 0) or self.current
        elif layout == "recovery-end":  # its process is gone
            for pid in self._recovered:
                self._by_pid.pop(pid, None)
            self._recovered.clear()
        self.current = self.current or self._begin(record)
        return self.current

    def _begin(self, record: Record) -> Session:
        session = Session(self._source, None if record.recovered else record.session)
        self.sessions.append(session)
        return session

    def _drop_if_empty(self, session: Session | None) -> None:
        """Drop a session that only repeats the banner of a process known already."""
        if session is not None and not session.records and session in self.sessions[-1:]:
            self.sessions.pop()

    def _forget_ended(self) -> None:
        """Forget the sessions that are over: a process of the same number is another."""
        if self._may_be_over:
            self._by_pid = {pid: one for pid, one in self._by_pid.items() if not one.is_over}
            self._may_be_over = False


def _is_init(record: Record) -> bool:
    """Tell whether the SDK begins anew in a process in which it ended."""
    message = record[10]
    return _may_be_step(record) and "InitSDK|" in message and "UnInitSDK|" not in message


def _may_be_step(record: Record) -> bool:
    """Tell whether a record is of a function of `STEPS`, or of no layout that has functions."""
    return record[9] in STEPS or record[11] not in _OF_THE_TABLE


def read_sessions(records: Iterable[Record | Loss]) -> Iterator[Session]:
    """Yield the sessions of `records`, one source after the other, when the source is over.

    Losses are passed over.
    """
    tracker: SessionTracker | None = None
    source = ""
    for record in records:
        if not isinstance(record, Record):
            continue
        if tracker is None or record.source != source:
            if tracker is not None:
                yield from tracker.sessions
            source = record.source
            tracker = SessionTracker(source)
        tracker.add(record)
    if tracker is not None:
        yield from tracker.sessions


def last_session(items: Iterable[Record | Loss]) -> Iterator[Record | Loss]:
    """Yield the records of the last session, and all losses where they are among `items`.

    Each session is held until another begins. Raises OutputError where there is no room for it.
    """
    number: int | None = None
    losses: list[Loss] = []
    with Held[Record | Loss]("the last session") as held:
        for item in items:
            if not isinstance(item, Record):
                losses.append(item)
            elif item.session != number:
                number = item.session
                yield from losses
                losses.clear()
                held.clear()
            held.add(item)
        yield from held
