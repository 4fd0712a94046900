"""Records -> columns of numbers: what many records share is in dictionaries, and a row names it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import repeat
from operator import add
from typing import Any, Final, NamedTuple, Self

from xlogdecode.encodings import decoded_lines, is_utf8
from xlogdecode.page.dictionaries import Clocks, Dictionary, PieceCodes
from xlogdecode.records import Loss, Record
from xlogdecode.records.columns import Columns
from xlogdecode.records.record import parse_who
from xlogdecode.records.runs import Cutter, RecordRun

__all__ = ["LEVELS", "LOSS", "NO_TIME", "RowColumns", "Rows", "legible"]

LEVELS: Final = ("", *"VDIWEF", "loss")
"""Index in this table = what a row has as its level."""
LOSS: Final = LEVELS.index("loss")
NO_TIME: Final = 16
"""Added to a row's level where the record states no time; it has that of the record before."""

_SITE: Final = ("tag", "file", "at", "function")
_Hour = tuple[str, str] | None
"""The texts around a clock in ISO 8601; None where a record states no time."""
_LEVEL_OF: Final[dict[str | None, int]] = {x: at for at, x in enumerate(LEVELS)} | {None: 0}


class RowColumns(NamedTuple):
    """Rows by columns; a row is a record or a loss."""

    number: Sequence[int]
    time: list[int]
    """Milliseconds since 1970 as the device's clock showed them: its zone is in `session`."""
    level: list[int]
    site: list[int]
    who: list[int]
    session: list[int]
    message: list[str]
    """One character a byte."""


class Rows:
    """Makes rows, and keeps the dictionaries that go with them."""

    def __init__(self) -> None:
        """Begin a page."""
        self._sites = Dictionary(("", None, None, None, None))
        self._whos = Dictionary((None,))
        self.restart()
        self._time = 0
        self._clocks = Clocks()
        self._starts = _Starts()
        self._codes: dict[Cutter, _RunCodes] = {}

    def restart(self) -> None:
        """Count rows and sessions from 0."""
        self.count = 0
        self.sessions = Dictionary((None, False, None))
        """Number of the session in the story, or else the source; whether recovered; the zone."""

    @property
    def shared(self) -> tuple[Dictionary, Dictionary]:
        """The dictionaries of sites, and of processes and threads."""
        return self._sites, self._whos

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
        stamps = zip(columns.hour, columns.clock, columns.zone, columns.place, strict=True)
        hours = [
            place.stamps[hour, zone] if hour and clock else None
            for hour, clock, zone, place in stamps
        ]
        levels = [_LEVEL_OF[level] for level in columns.level]
        keys = zip(
            columns.layout, columns.tag, columns.file, columns.at, columns.function, strict=True
        )
        sites = self._sites.numbers(keys)
        messages = _as_utf8(records, columns.message)
        if 0 in sites:
            for at, site in enumerate(sites):
                messages[at] = messages[at] if site else columns.text[at].removesuffix("\n")
        recovered = [place.recovered for place in columns.place]
        whos = self._whos.numbers(zip(columns.who, strict=True))
        ids = self._ids(sessions, recovered, hours)
        times = self._times(hours, columns.clock, levels)
        return RowColumns(self._next(len(records)), times, levels, sites, whos, ids, messages)

    def of_run(self, run: RecordRun, sessions: Sequence[int]) -> RowColumns:
        """Return the rows of the records of a run, as `of` does."""
        codes = self._codes.get(run.cutter)
        if codes is None:
            codes = self._codes[run.cutter] = _RunCodes.of(run.cutter, self._sites, self._whos)
        hours = run.hours
        levels, sites, whos = (each.numbers(run) for each in codes)
        messages = run.message if is_utf8(run.own_text) else _as_utf8(run.records(), run.message)
        if 0 in sites:
            for at, site in enumerate(sites):
                messages[at] = messages[at] if site else run.record(at)[0].removesuffix("\n")
        if _are_alike(sessions) and _are_alike(hours):
            ids = self._ids(sessions[:1], (run.place.recovered,), hours[:1]) * len(run)
        else:
            ids = self._ids(sessions, repeat(run.place.recovered), hours)
        times = self._times(hours, run.clock, levels)
        return RowColumns(self._next(len(run)), times, levels, sites, whos, ids, messages)

    def _next(self, rows: int) -> range:
        """Return the numbers of so many rows."""
        self.count += rows
        return range(self.count - rows, self.count)

    def _ids(
        self, sessions: Sequence[int], recovered: Iterable[bool], hours: Sequence[_Hour]
    ) -> list[int]:
        """Return the numbers of sessions in zones."""
        zones = [hour[1] or None if hour else None for hour in hours]
        return self.sessions.numbers(zip(sessions, recovered, zones, strict=False))

    def _times(
        self, hours: Sequence[_Hour], clocks: Sequence[str | None], levels: list[int]
    ) -> list[int]:
        """Return the times of records; note in `levels` which have none."""
        if all(hours):
            starts: Iterable[int] = map(self._starts.__getitem__, hours)  # type: ignore[arg-type]
            times = [*map(add, starts, self._clocks.all(clocks))]  # type: ignore[arg-type]
        else:
            times, time = [], self._time
            for at, (hour, clock) in enumerate(zip(hours, clocks, strict=True)):
                if hour and clock:
                    time = self._starts[hour] + self._clocks[clock]
                else:
                    levels[at] |= NO_TIME
                times.append(time)
        self._time = times[-1]
        return times


class _RunCodes(NamedTuple):
    """The numbers of the parts of one layout's heads."""

    level: PieceCodes
    site: PieceCodes
    who: PieceCodes

    @classmethod
    def of(cls, cutter: Cutter, sites: Dictionary, whos: Dictionary) -> Self:
        """Return those that add to the dictionaries of a page."""
        layout = cutter.layout
        return cls(
            PieceCodes(cutter, ("level",), lambda parts: _LEVEL_OF[parts[0]]),
            PieceCodes(cutter, _SITE, lambda parts: sites.add((layout, *parts))),
            PieceCodes(cutter, ("who",), whos.add),
        )


class _Starts(dict[tuple[str, str], int]):
    """The texts around a clock (see `Stamps`) -> the milliseconds at which the hour begins."""

    def __missing__(self, around: tuple[str, str]) -> int:
        hour = datetime.fromisoformat(f"{around[0]}:00").replace(tzinfo=UTC)
        self[around] = start = int(hour.timestamp()) * 1000
        return start


def _are_alike(values: Sequence[object]) -> bool:
    return values.count(values[0]) == len(values)


def _as_utf8(records: Sequence[Record], messages: Sequence[str]) -> list[str]:
    """Return the messages of records, one character a byte, those of another encoding in UTF-8."""
    if is_utf8("".join(messages)):
        return list(messages)
    texts = (r.read(message) for r, message in zip(records, messages, strict=True))
    return [text.encode("utf-8", "surrogateescape").decode("latin-1") for text in texts]


def legible(text: str) -> str:
    """Return a text with the sign for what cannot be read in place of bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _shown(part: Any) -> Any:
    return legible(decoded_lines(part, None)) if isinstance(part, str) else part
