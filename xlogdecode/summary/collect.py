"""Takes in records, and keeps what a summary needs: sessions, hours and events, not records."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappush, heappushpop
from typing import Any, Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.matchers import SINGLES
from xlogdecode.records.runs import RecordRun
from xlogdecode.records.sessions import NO_RECORDS, STEPS, Session, SessionTracker
from xlogdecode.summary.codes import LITEAV, CodeSighting, codes_in, own_words, place_of
from xlogdecode.summary.events import EventTable, built_in_events
from xlogdecode.summary.line import LogLine, line_in, line_of
from xlogdecode.summary.machine import Episode, EventMachine
from xlogdecode.summary.sightings import Sightings, seconds_of
from xlogdecode.summary.signs import SignFinder

__all__ = ["SessionStory", "Silence", "SlowRequest", "SourceReader", "Summary", "summarize"]

SLOWEST: Final = 5
"""Requests that are kept as the slowest."""

GAP: Final = timedelta(hours=1)
"""Silence of this length or more is a gap."""

_COST: Final = re.compile(r"cost[ _]time[:=] ?(?P<ms>[0-9]{1,9}) ?ms")
_TIME_COST: Final = re.compile(r"(?<!queue )time cost[:=] ?(?P<ms>[0-9]{1,9}) ?ms")
_SEVERE: Final = frozenset("EF")
_WRITERS_OWN: Final = frozenset({"dropped", "clock-jump"})
_WHO: Final = {"user": "users", "network": "networks"}
_CONNECTED: Final = ("onConnectSuccess", "channel connected")
_DISCONNECTED: Final = "disconnected"
_DEVICE: Final = ("sdk_app_id", "sdk_version", "platform", "device_type", "system_version")


@dataclass(frozen=True, slots=True)
class Silence:
    """Silence: the last record before it and the first after it."""

    source: str
    before: str
    after: str
    """Times in ISO 8601, as logged."""


@dataclass(frozen=True, slots=True, order=True)
class SlowRequest:
    """A request whose record has how long it took."""

    milliseconds: int
    iso: str
    place: str
    """The command, or the function that logged it."""
    source: str


@dataclass(slots=True)
class SessionStory:
    """A session, and what its records say besides the banners."""

    session: Session
    machine: EventMachine
    users: dict[str, None] = field(default_factory=dict)
    networks: dict[str, None] = field(default_factory=dict)
    errors: int = 0
    """Records of the levels E and F."""
    levels: Counter[str] = field(default_factory=Counter)
    """Level -> records; those without one are under an empty text."""
    last_error: str = ""
    """The last error so far: who logged it, and its words."""
    recent_error: str = ""
    """The same, but only of the time since the last connection or disconnect."""

    def learn(self, episode: Episode) -> None:
        """Take from an event who and where it was."""
        for name, value in episode.details.items():
            if name in _DEVICE and episode.rule.name == "init":
                if getattr(self.session, name) is None:
                    setattr(self.session, name, value)
            elif name in _WHO:
                getattr(self, _WHO[name])[value] = None
        if episode.rule.name == _DISCONNECTED and self.recent_error:
            episode.details.setdefault("after", self.recent_error)
        if episode.rule.name in {_DISCONNECTED, *_CONNECTED}:
            self.recent_error = ""

    def add_error(self, words: str, begun: Iterable[Episode]) -> None:
        """Take in an error, whose line shows the first of these events."""
        self.errors += 1
        self.last_error = words
        if not any(episode.rule.name == _DISCONNECTED for episode in begun):
            self.recent_error = words


@dataclass(slots=True)
class Summary:
    """The numbers and events of one log or many; texts are as the log has them."""

    table: EventTable = field(default_factory=built_in_events)
    """The events that are looked for."""
    sessions: list[SessionStory] = field(default_factory=list)
    layouts: dict[str, None] = field(default_factory=dict)
    """The layouts of the records, in the order in which they came."""
    records: int = 0
    """Records of the app, and those of the writer about itself (`dropped`), without banners."""
    levels: Counter[str] = field(default_factory=Counter)
    """Level -> records; those without one are under an empty text."""
    hours: dict[str, Counter[str]] = field(default_factory=dict)
    """Hour as logged (`2024-01-01T08`) -> level -> records; an empty text for those before any."""
    events: dict[str, Sightings] = field(default_factory=dict)
    codes: dict[tuple[str, int], Sightings] = field(default_factory=dict)
    """Series and code -> sightings."""
    episodes: list[Episode] = field(default_factory=list)
    """The events that are part of the story, log by log in order of time."""
    gaps: list[Silence] = field(default_factory=list)
    slowest: list[SlowRequest] = field(default_factory=list)
    """A heap, the fastest of them first."""
    error_places: Counter[str] = field(default_factory=Counter)
    """Function -> records of the levels E and F."""
    losses: Counter[str] = field(default_factory=Counter)
    """Reason -> losses."""
    lost_bytes: int = 0
    dropped: int = 0
    """Times that the writer wrote that its buffer was full and lines were left out."""
    clock_jumps: int = 0
    missing: int = 0
    """Places where blocks are missing by their sequence numbers: a hint, not a loss."""

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return it as JSON can hold it, with meanings in `en` or `zh`; times are ISO 8601."""
        from xlogdecode.summary.to_dict import as_dict

        return as_dict(self, language)


class SourceReader:
    """The facts so far about the log that is being read."""

    def __init__(self, summary: Summary, source: str) -> None:
        self._summary = summary
        self._signs = SignFinder(summary.table)
        self._source = source
        self._tracker = SessionTracker(source)
        self._stories: dict[int, SessionStory] = {}
        """The identity of a session -> its story, which keeps it alive."""
        self.story: SessionStory | None = None
        """That of the last record of the app."""
        self._episodes: list[Episode] = []
        self._hours: dict[str, Counter[str]] = {}
        self._in_hour = self._hours.setdefault("", Counter())
        """The levels of the hour that the last record is of."""
        self._stamp: tuple[object, ...] = ()
        """The hour of the last record as it is written: few hours differ."""
        self._last: Record | None = None
        """The last record that has a time."""
        self._layout = ""
        """That of the last record."""

    def add(self, item: Record) -> None:
        """Take in the next record."""
        session = self._tracker.add(item)
        layout = item[11]
        if layout in NO_RECORDS:
            return
        if item[3]:
            stamp = (item[2], item[4], item[12])
            if stamp != self._stamp:
                self._at(item, stamp)
            else:
                self._last = item
        self._note_layout(layout)
        level = item[1] or ""
        self._in_hour[level] += 1
        story = self._story(session)
        story.levels[level] += 1
        if layout in _WRITERS_OWN:
            self._summary.dropped += layout == "dropped"
            self._summary.clock_jumps += layout == "clock-jump"
        if self._is_telling(item):
            self._look_at(line_of(item), story)

    def add_run(self, run: RecordRun) -> None:
        """Take in the records of a run: one by one only those that have to be looked at."""
        slowest = self._summary.slowest
        cost = slowest[0].milliseconds if len(slowest) == SLOWEST else 0
        telling = self._signs.numbers(run, cost)
        start = 0
        for number in run.numbers("function", STEPS):
            self._add_stretch(run, telling, start, number)
            self.add(run.record(number))
            start = number + 1
        self._add_stretch(run, telling, start, len(run))

    def _add_stretch(self, run: RecordRun, telling: Sequence[int], start: int, stop: int) -> None:
        """Take in records, halved until those of a part share their hour and their process.

        Those of the numbers in `telling` have to be looked at.
        """
        if start == stop:
            return
        pids = {*map(self._tracker.pid_of, run.values("who", start, stop))}
        if len(pids) == 1 and all(len(run.values(p, start, stop)) == 1 for p in ("hour", "zone")):
            own = telling[bisect_left(telling, start) : bisect_left(telling, stop)]
            self._add_alike(run, own, start, stop)
        else:
            middle = (start + stop) // 2
            self._add_stretch(run, telling, start, middle)
            self._add_stretch(run, telling, middle, stop)

    def _add_alike(self, run: RecordRun, telling: Iterable[int], start: int, stop: int) -> None:
        """Take in records of one hour and one process, and look at those that may tell more."""
        first, last = run.record(start), run.record(stop - 1)
        session = self._tracker.add_alike(first, last, stop - start)
        stamp = (first[2], first[4], first[12])
        if stamp != self._stamp:
            self._at(first, stamp)
        if stamp == self._stamp:
            self._last = last
        self._note_layout(run.layout)
        story = self._story(session)
        for level, count in run.values("level", start, stop).items():
            self._in_hour[level or ""] += count
            story.levels[level or ""] += count
        error = None
        for number in telling:
            line = line_in(run, number)
            self._look_at(line, story)
            if line.level in _SEVERE and run.parts_of(number).get("level") in _SEVERE:
                error = number
        if error is not None:
            session.last_error = run.record(error)

    def _note_layout(self, layout: str) -> None:
        if layout != self._layout:
            self._layout = layout
            if layout not in SINGLES:
                self._summary.layouts[layout] = None

    def _at(self, record: Record, stamp: tuple[object, ...]) -> None:
        """Note a new hour; it may come after a gap."""
        iso = record.iso
        if iso is None:
            return
        before = self._last.iso if self._last is not None else None
        if before is not None and seconds_of(iso) - seconds_of(before) >= GAP.total_seconds():
            self._summary.gaps.append(Silence(self._source, before, iso))
        self._stamp, self._last = stamp, record
        self._in_hour = self._hours.setdefault(iso[:13], Counter())

    def _is_telling(self, record: Record) -> bool:
        """Tell whether a record may show an event, a code or a request's time."""
        message, table = record[10], self._summary.table
        return (
            record[9] in table.functions
            or record[1] in _SEVERE
            or "ode" in message
            or "ailed:" in message
            or "cost" in message
            or "TIM: |-" in message
            or table.has_text(record.message)
        )

    def _story(self, session: Session) -> SessionStory:
        if self.story is None or self.story.session is not session:
            self.story = self._find_story(session)
        return self.story

    def _find_story(self, session: Session) -> SessionStory:
        story = self._stories.get(id(session))
        if story is None:
            machine = EventMachine(self._summary.table, self._source)
            self._stories[id(session)] = story = SessionStory(session, machine)
        return story

    def _look_at(self, line: LogLine, story: SessionStory) -> None:
        found = codes_in(line)
        for sighting in {each for each in found if each.code}:
            self._add_code(sighting, line)
        codes = frozenset([each.code for each in found if each.series != LITEAV])
        begun = story.machine.events_of(line, codes)
        for episode in begun:
            story.learn(episode)
            if episode.rule.quiet:
                self._count(episode, episode.rule.name)
            else:
                self._episodes.append(episode)
        if line.level in _SEVERE:
            place = line.function or line.file or line.tag or "-"
            self._summary.error_places[place] += 1
            story.add_error(f"{place}: {_error_words(line, found)[:120]}", begun)
        if "cost" in line.message:
            self._add_cost(line)

    def _add_code(self, sighting: CodeSighting, line: LogLine) -> None:
        key = (sighting.series, sighting.code)
        seen = self._summary.codes.setdefault(key, Sightings())
        seen.add(line.iso, self._source)
        seen.note("where", place_of(line))
        seen.note("words", own_words(line))

    def _add_cost(self, line: LogLine) -> None:
        found = _TIME_COST.search(line.message) or _COST.search(line.message)
        if found is None:
            return
        request = SlowRequest(int(found["ms"]), line.iso or "", place_of(line), self._source)
        slowest = self._summary.slowest
        if len(slowest) < SLOWEST:
            heappush(slowest, request)
        else:
            heappushpop(slowest, request)

    def _count(self, episode: Episode, name: str) -> None:
        seen = self._summary.events.get(name)
        if seen is None:
            self._summary.events[name] = seen = Sightings()
        seen.add(episode.iso, episode.source)
        for detail, value in episode.details.items():
            seen.note(detail, value)

    def end(self) -> None:
        """Take over what only the end of a log decides."""
        for hour, levels in self._hours.items():
            if levels:
                self._summary.hours.setdefault(hour, Counter()).update(levels)
                self._summary.levels.update(levels)
                self._summary.records += levels.total()
        own = {episode.rule.name for episode in self._episodes}
        for episode in self._episodes:
            other = episode.rule.instead_of
            if other is not None and other in own:
                continue
            name = other or episode.rule.name
            if other is not None:
                episode.rule = self._summary.table.rules.get(name, episode.rule)
            self._count(episode, name)
            self._summary.episodes.append(episode)
        for session in self._tracker.sessions:
            if session.records:
                self._summary.sessions.append(self._story(session))


def _error_words(line: LogLine, codes: Iterable[CodeSighting]) -> str:
    """Return the words that the log has for an error, or else its title and its code."""
    words = own_words(line)
    if words:
        return words
    title = line.message.split("\n", 1)[0].strip("| ").split("|", 1)[0].strip()
    code = next((each.code for each in codes if each.code and str(each.code) not in title), None)
    return title if code is None else f"{title} ({code})"


def summarize(
    items: Iterable[Record | RecordRun | Loss], summary: Summary | None = None
) -> Summary:
    """Return `summary`, or a new one, with the records and losses of one source added."""
    summary = summary if summary is not None else Summary()
    reader: SourceReader | None = None
    for item in items:
        if isinstance(item, Record):
            reader = reader or SourceReader(summary, item.source)
            reader.add(item)
        elif isinstance(item, RecordRun):
            reader = reader or SourceReader(summary, item.place.source)
            reader.add_run(item)
        else:
            summary.losses[str(getattr(item.reason, "value", item.reason))] += 1
            summary.lost_bytes += item.length
    if reader is not None:
        reader.end()
    return summary
