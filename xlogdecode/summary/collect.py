"""Takes in records, and keeps what a summary needs: sessions and hours, not records."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from xlogdecode.records import Loss, Record
from xlogdecode.records.sessions import NO_RECORDS, Session
from xlogdecode.summary.tells import codes_of, events_of

__all__ = ["Seen", "Summary", "summarize"]


@dataclass(slots=True)
class Seen:
    """How often something was seen, and when first and last: ISO 8601, as logged."""

    count: int = 0
    first: str | None = None
    last: str | None = None
    sources: Counter[str] = field(default_factory=Counter)
    """How often in which log."""

    def add(self, iso: str | None, source: str) -> None:
        """Count one more."""
        self.count += 1
        self.sources[source] += 1
        if iso is not None:
            self.first = iso if self.first is None else min(self.first, iso, key=_instant)
            self.last = iso if self.last is None else max(self.last, iso, key=_instant)


def _instant(iso: str) -> datetime:
    """Return what orders times of several zones; one without a zone counts as of UTC."""
    time = datetime.fromisoformat(iso)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@dataclass(slots=True)
class Summary:
    """What came together; texts are as the log has them."""

    sessions: list[Session] = field(default_factory=list)
    records: int = 0
    """Records of the app, and what the writer said of itself (`dropped`); banners do not count."""
    levels: Counter[str] = field(default_factory=Counter)
    """Level -> records; those without one are under an empty text."""
    hours: dict[str, Counter[str]] = field(default_factory=dict)
    """Hour as logged (`2024-01-01T08`) -> level -> records; an empty text for those before any."""
    events: dict[str, Seen] = field(default_factory=dict)
    codes: dict[int, Seen] = field(default_factory=dict)
    losses: Counter[str] = field(default_factory=Counter)
    """Reason -> losses."""
    lost_bytes: int = 0
    dropped: int = 0
    """Times that the writer said that its buffer was full, and lines were left out."""
    clock_jumps: int = 0
    _hour: str = ""

    def begin(self) -> None:
        """Take what comes next for the beginning of a source: its first records have no time."""
        self._hour = ""

    def add(self, item: Record | Loss) -> None:
        """Take in what comes next."""
        if not isinstance(item, Record):
            self.losses[str(getattr(item.reason, "value", item.reason))] += 1
            self.lost_bytes += item.length
            return
        self._session(item).add(item)
        if item.layout in NO_RECORDS:
            return
        iso, level = item.iso, item.level or ""
        self.records += 1
        self.levels[level] += 1
        self._hour = iso[:13] if iso else self._hour
        self.hours.setdefault(self._hour, Counter())[level] += 1
        self.dropped += item.layout == "dropped"
        self.clock_jumps += item.layout == "clock-jump"
        codes = codes_of(item)
        for event in events_of(item, codes):
            self.events.setdefault(event, Seen()).add(iso, item.source)
        for code in codes - {0}:
            self.codes.setdefault(code, Seen()).add(iso, item.source)

    def _session(self, record: Record) -> Session:
        known = self.sessions[-1] if self.sessions else None
        if known is None or (known.source, known.number) != (record.source, record.session):
            known = Session(record.source, record.session)
            self.sessions.append(known)
        return known


def summarize(items: Iterable[Record | Loss], summary: Summary | None = None) -> Summary:
    """Return `summary`, or a new one, with the records and losses of one source added."""
    summary = summary if summary is not None else Summary()
    summary.begin()
    for item in items:
        summary.add(item)
    return summary
