"""The case: sources come in, one page goes out."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from xlogdecode.chinese import in_chinese
from xlogdecode.decoder.report import Report
from xlogdecode.page.assemble import Parts
from xlogdecode.page.rows import LEVELS, Rows, legible
from xlogdecode.page.source_rows import Arrivals, RowMaker, SourceRows
from xlogdecode.page.spool import DEFAULT_SIZE, RecordSpool, Redaction
from xlogdecode.page.story import Story
from xlogdecode.records import Loss, Record
from xlogdecode.records.runs import RecordRun
from xlogdecode.records.sessions import Session
from xlogdecode.types import Sink

if TYPE_CHECKING:
    from xlogdecode.summary.events import EventTable

__all__ = ["CasePage", "LogFacts"]


@dataclass(slots=True)
class LogFacts:
    """The facts about one source; `CasePage.add` counts records, the caller fills in the rest."""

    name: str
    state: str = "ok"
    """One of ok, cut, damaged, encrypted, failed, skipped."""
    detail: str = ""
    """Why nothing of it is here, and what to do."""
    records: int = 0
    report: Report | None = None
    """The report of its decoding, if there was any."""


class CasePage:
    """Collects records in bounded memory; they lie in a temporary file until the page is written.

    `redactor` changes messages, and the names of sources; None shows them as they are. `events` are
    looked for, by default those of the package (`summary.events`).
    """

    def __init__(
        self, redactor: Redaction | None = None, events: "EventTable | None" = None
    ) -> None:
        """Begin an empty page."""
        self._redactor = redactor
        self._rows = Rows()
        self._story = Story(events)
        self._spool = RecordSpool(redactor)
        self._maker = RowMaker(self._rows, self._story, self._spool.add)
        self._arrivals = Arrivals(self._rows, self._story, self._spool.add)
        self.states: list[LogFacts] = []
        self.filtered: list[str] = []
        """The filters that were given, as a person would write them."""

    def add(self, name: str, items: Iterable[Record | RecordRun | Loss]) -> LogFacts:
        """Take in a source; return what is known of it, to be completed by the caller."""
        state = LogFacts(name)
        self.states.append(state)
        try:
            self._maker.add(name, items)
        finally:
            state.records = self._maker.records
        return state

    def fits(self, came: SourceRows) -> bool:
        """Tell whether `take` can take the rows of a source; `add` can in any case."""
        return self._arrivals.fits(came)

    def take(self, came: SourceRows, state: LogFacts) -> None:
        """Take in a source that another process has read, as `add` does."""
        self._arrivals.take(came)
        state.records = came.records
        self.states.append(state)

    def write(
        self, sink: Sink, *, lang: str = "", max_size: int = DEFAULT_SIZE, title: str = ""
    ) -> list[str]:
        """Write the page; return what was left out of it, a line each.

        `lang` is the language that it opens in: en, zh, or that of the browser if it is empty.
        """
        parts = Parts.read()
        self._spool.flush()
        head = self._head(title)
        room = max_size - len(parts.before(head, lang)) - len(parts.after()) - 4096
        cuts = self._spool.cut(max(0, room))
        head["cuts"] = [cut._asdict() for cut in cuts]
        head["blobs"] = [
            [kept.window, kept.rows, kept.planes, kept.size] for kept in self._spool.kept
        ]
        sink.write(parts.before(head, lang))
        for data in self._spool.blobs():
            sink.write(b'<script type="text/plain" class="blob">')
            sink.write(b64encode(data))
            sink.write(b"</script>\n")
        sink.write(parts.after())
        return [f"{cut.rows:,} records of level {cut.levels}" for cut in cuts]

    def close(self) -> None:
        """Remove the temporary file."""
        self._spool.close()

    def _head(self, title: str) -> dict[str, Any]:
        names = self._names()
        labels = _labels(self._story.found.sessions)
        story = self._story.as_dict()
        story["users"] = [self._shown(f"userid:{user}")[7:] for user in story["users"]]
        story["sessions"] = [
            _session(session, label, names)
            for session, label in zip(self._story.found.sessions, labels, strict=True)
        ]
        places = [
            (names.get(each.source, each.source), label)
            for each, label in zip(self._story.found.sessions, labels, strict=True)
        ]
        return {
            "title": legible(title),
            "redacted": self._redactor is not None,
            "filters": self.filtered,
            "levels": LEVELS,
            "count": self._rows.count,
            "counts": self._spool.levels,
            "sites": self._rows.sites,
            "whos": self._rows.whos,
            "sessionIds": [
                [*(places[key] if isinstance(key, int) else (names.get(key, ""), None)), *rest]
                for key, *rest in self._rows.sessions.entries
            ],
            "files": [self._state(state, names) for state in self.states],
            "story": story,
        }  # fmt: skip

    def _state(self, state: LogFacts, names: dict[str, str]) -> dict[str, Any]:
        report = state.report or Report()
        reasons = dict(report.lost)
        if report.lock_reason:
            reasons[report.lock_reason] = 1
        return {
            "name": names.get(state.name, state.name),
            "state": state.state,
            "records": state.records,
            "detail": self._words(state.detail),
            "size": report.bytes_in if state.report else None,
            "blocks": report.blocks.total(),
            "text": report.bytes_out,
            "places": report.lost.total(),
            "lostBytes": report.lost_bytes,
            "locked": report.locked_blocks,
            "gaps": report.gaps,
            "reasons": [[self._words(reason), times] for reason, times in reasons.items()],
            "why": self._words(report.why),
        }

    def _words(self, text: str) -> dict[str, str]:
        """Return a reason in the languages of the page."""
        if not text:
            return {}
        words = {"en": text, "zh": in_chinese(text)}
        return {lang: legible(self._shown(each)) for lang, each in words.items()}

    def _names(self) -> dict[str, str]:
        """Return how each source is shown: without the folder that all of them lie in."""
        names = [state.name for state in self.states]
        folders = [name.replace("\\", "/").split("/")[:-1] for name in names]
        alike = takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False))
        start = sum(len(parts[0]) + 1 for parts in alike)
        return {name: legible(self._shown(name[start:] or name)) for name in names}

    def _shown(self, text: str) -> str:
        return self._redactor.redact(text) if self._redactor else text


def _labels(sessions: list[Session]) -> list[str]:
    """Return what each session is called, once in each source: its number, or its process."""
    seen: Counter[tuple[str, str]] = Counter()
    labels = []
    for session in sessions:
        pid = session.process_id or session.pid
        label = str(session.number or 0)
        if seen[session.source, label] and pid:
            label = f"{label} ({pid})"
        seen[session.source, label] += 1
        times = seen[session.source, label]
        labels.append(label if times == 1 else f"{label} #{times}")
    return labels


def _session(session: Session, label: str, names: dict[str, str]) -> dict[str, Any]:
    return {
        "source": names.get(session.source, session.source),
        "number": label,
        "opened": session.opened.isoformat(timespec="milliseconds") if session.opened else None,
        "ended": session.ended,
        "records": session.records,
        "sdk": session.sdk_version,
        "app": session.sdk_app_id,
        "device": session.device_type,
        "platform": session.platform,
        "system": session.system_version,
        "pid": session.process_id or session.pid,
    }
