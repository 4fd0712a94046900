"""Records -> columns of numbers: what many records share is in dictionaries, and a row names it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from xlogdecode.encodings import decoded_lines
from xlogdecode.records import Loss, Record
from xlogdecode.records.columns import Columns
from xlogdecode.records.record import parse_who

__all__ = ["LEVELS", "LOSS", "NO_TIME", "Dictionary", "RowColumns", "Rows"]

LEVELS: Final = ("", *"VDIWEF", "loss")
"""Index in this table = what a row has as its level."""
LOSS: Final = LEVELS.index("loss")
NO_TIME: Final = 16
"""Added to a row's level where the record states no time; it has that of the record before."""

_MOST: Final = 65_536
"""Entries of a dictionary."""
_MOST_TEXT: Final = 4 << 20
"""Characters of all its entries: a log that is nothing but odd names takes no more memory."""
_LEVEL_OF: Final[dict[str | None, int]] = {x: at for at, x in enumerate(LEVELS)} | {None: 0}


class RowColumns(NamedTuple):
    """Rows by columns; a row is a record or a loss."""

    number: list[int]
    time: list[int]
    """Milliseconds since 1970 as the device's clock showed them: its zone is in `session`."""
    level: list[int]
    site: list[int]
    who: list[int]
    session: list[int]
    message: list[str]
    """One character a byte."""


class Dictionary:
    """Entries in the order they came; full, it takes no more, and entry 0 is that of the others."""

    def __init__(self, other: tuple[Any, ...]) -> None:
        """Begin with the entry of all that find no place."""
        self.entries: dict[tuple[Any, ...], int] = {other: 0}
        self._room = _MOST_TEXT

    def add(self, key: tuple[Any, ...]) -> int:
        """Return the number of an entry; 0 if it is new and there is no place."""
        found = self.entries.get(key)
        if found is not None:
            return found
        self._room -= sum(len(part) for part in key if isinstance(part, str))
        if self._room < 0 or len(self.entries) >= _MOST:
            return 0
        return self.entries.setdefault(key, len(self.entries))


class Rows:
    """Makes rows, and keeps the dictionaries that go with them."""

    def __init__(self) -> None:
        """Begin a page."""
        self._sites = Dictionary(("", None, None, None, None))
        self._whos = Dictionary((None,))
        self.sessions = Dictionary((None, False, None))
        """Number of the session in the story, or else the source; whether recovered; the zone."""
        self.count = 0
        self._time = 0
        self._hours: dict[tuple[str | None, str | None], tuple[int, str | None] | None] = {}
        self._seconds: dict[str, int] = {}
        self._place: object = None

    @property
    def sites(self) -> list[list[Any]]:
        """Layout, tag, file, line, function of each site."""
        return [
            [*map(_shown, (layout, tag, file)), int(at) if at else None, _shown(function)]
            for layout, tag, file, at, function in self._sites.entries
        ]

    @property
    def whos(self) -> list[list[Any]]:
        """Process, thread, whether it is the main one."""
        return [list(parse_who(who)) for (who,) in self._whos.entries]

    def begin(self) -> None:
        """Take what follows for another source."""
        self._time = 0
        self._place = None

    def of_loss(self, loss: Loss, session: int | str) -> RowColumns:
        """Return the row of a loss: it is where it was found, at the time of the record before."""
        text = loss.mark().decode("latin-1").rstrip("\n").removeprefix("[F][xlogdecode] ")
        number = self.count
        self.count += 1
        ids = self.sessions.add((session, False, None))
        return RowColumns([number], [self._time], [LOSS | NO_TIME], [0], [0], [ids], [text])

    def of(
        self, records: Sequence[Record], columns: Columns, sessions: Sequence[int]
    ) -> RowColumns:
        """Return the rows of records; `sessions` are their numbers in the story."""
        levels = [_LEVEL_OF[level] for level in columns.level]
        times, zones = self._times(records, columns, levels)
        keys = zip(
            columns.layout, columns.tag, columns.file, columns.at, columns.function, strict=True
        )
        known, add = self._sites.entries.get, self._sites.add
        sites = [known(key) or add(key) for key in keys]
        messages = _as_utf8(records, columns.message)
        if 0 in sites:
            for at, site in enumerate(sites):
                messages[at] = messages[at] if site else columns.text[at].removesuffix("\n")
        known, add = self._whos.entries.get, self._whos.add
        whos = [known((who,)) or add((who,)) for who in columns.who]
        known, add = self.sessions.entries.get, self.sessions.add
        recovered = [place.recovered for place in columns.place]
        ids = [known(key) or add(key) for key in zip(sessions, recovered, zones, strict=True)]
        numbers = list(range(self.count, self.count + len(records)))
        self.count += len(records)
        return RowColumns(numbers, times, levels, sites, whos, ids, messages)

    def _times(
        self, records: Sequence[Record], columns: Columns, levels: list[int]
    ) -> tuple[list[int], list[str | None]]:
        """Return the times and zones of records; note in `levels` which have no time."""
        times, zones = [], []
        time, hours, seconds = self._time, self._hours, self._seconds
        stamps = zip(columns.hour, columns.clock, columns.zone, columns.place, strict=True)
        for at, (hour, clock, zone, place) in enumerate(stamps):
            if place is not self._place:
                self._place = place
                hours.clear()
            start = None
            if clock:
                if (hour, zone) not in hours:
                    hours[hour, zone] = _start_of(records[at].iso)
                start = hours[hour, zone]
            if clock and start:
                within = seconds.get(clock[:6])
                if within is None:
                    within = seconds[clock[:6]] = int(clock[1:3]) * 60_000 + int(clock[4:6]) * 1000
                time = start[0] + within + int(clock[7:10] or 0)
                zones.append(start[1])
            else:
                levels[at] |= NO_TIME
                zones.append(None)
            times.append(time)
        self._time = time
        return times, zones


def _start_of(iso: str | None) -> tuple[int, str | None] | None:
    """Return the milliseconds at which the hour of a time begins, and its zone."""
    if iso is None:
        return None
    hour = datetime.fromisoformat(f"{iso[:13]}:00").replace(tzinfo=UTC)
    return int(hour.timestamp()) * 1000, iso[23:] or None


def _as_utf8(records: Sequence[Record], messages: Sequence[str]) -> list[str]:
    """Return the messages of records, one character a byte, those of another encoding in UTF-8."""
    joined = "".join(messages)
    if not joined.isascii():
        try:
            joined.encode("latin-1").decode()
        except UnicodeDecodeError:
            texts = (r.read(message) for r, message in zip(records, messages, strict=True))
            return [text.encode("utf-8", "surrogateescape").decode("latin-1") for text in texts]
    return list(messages)


def _shown(part: Any) -> Any:
    return decoded_lines(part, None) if isinstance(part, str) else part
