"""`-l`: a table of what is in each input, as `xz -l` has it."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from xlogdecode.cli.messages import Voice, say_notes
from xlogdecode.decoder.decode import Options, decode
from xlogdecode.decoder.report import Report
from xlogdecode.jobs.batch import Run
from xlogdecode.jobs.job import Outcome, standard_output
from xlogdecode.jobs.period import Openings, Seen
from xlogdecode.jobs.settings import Form, Settings
from xlogdecode.jobs.status import Status, worst
from xlogdecode.outputs.table import as_table
from xlogdecode.types import Sink, Source

__all__ = ["list_logs"]

_RIGHT = {"size", "text", "ratio", "sessions", "gaps", "losses"}


@dataclass(slots=True)
class Row:
    """One input, or the totals."""

    name: str
    size: int = 0
    """Bytes, unpacked if an archive holds it."""
    text: int = 0
    blocks: Counter[str] = field(default_factory=Counter)
    locked_blocks: int = 0
    sessions: int = 0
    hours: set[int] = field(default_factory=set)
    first: str | None = None
    last: str | None = None
    gaps: int = 0
    losses: int = 0
    lost_bytes: int = 0

    @property
    def ratio(self) -> float | None:
        """Size by text."""
        return self.size / self.text if self.text else None

    @property
    def kinds(self) -> str:
        """How many blocks of each kind."""
        kinds = [f"{count:,} {kind}" for kind, count in sorted(self.blocks.items())]
        return ", ".join(kinds + [f"{self.locked_blocks:,} locked"] * bool(self.locked_blocks))

    @property
    def key(self) -> str | None:
        """Whether a key fits; None where nothing is encrypted."""
        opened = any(kind.endswith("encrypted") for kind in self.blocks)
        if self.locked_blocks:
            return "fits some" if opened else "needed"
        return "fits" if opened else None

    def add(self, other: "Row") -> None:
        """Add `other` to these totals."""
        for name in ("size", "text", "locked_blocks", "sessions", "gaps", "losses", "lost_bytes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.blocks += other.blocks
        self.hours |= other.hours
        firsts = [time for time in (self.first, other.first) if time]
        lasts = [time for time in (self.last, other.last) if time]
        self.first, self.last = min(firsts, default=None), max(lasts, default=None)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "size": self.size,
            "text": self.text,
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "blocks": dict(self.blocks),
            "encrypted": self.key is not None,
            "key": self.key,
            "locked_blocks": self.locked_blocks,
            "sessions": self.sessions,
            "hours": sorted(self.hours),
            "first": self.first,
            "last": self.last,
            "gaps": self.gaps,
            "losses": self.losses,
            "lost_bytes": self.lost_bytes,
        }


class _Lister:
    """Decodes for the table: no text is kept but its first and last time."""

    def __init__(self) -> None:
        self._openings = Openings()
        self._seen: dict[int, Seen] = {}

    def pour(self, source: Source, sink: Sink, options: Options, name: str) -> Report:  # noqa: ARG002 - a Pour
        seen = Seen(self._openings)
        report = decode(source, seen, options._replace(marks=False))
        self._seen[id(report)] = seen
        return report

    def row(self, outcome: Outcome) -> Row:
        report = outcome.report
        seen = self._seen.pop(id(report), Seen(self._openings))
        first, last = seen.first, seen.last
        return Row(
            outcome.name,
            report.bytes_in,
            report.bytes_out,
            report.blocks,
            report.locked_blocks,
            seen.sessions or report.sessions,
            report.hours,
            first and first.shown(outcome.name),
            last and last.shown(outcome.name),
            report.gaps,
            report.lost.total(),
            report.lost_bytes,
        )


_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("size", lambda row: f"{row.size:,}"),
    ("text", lambda row: f"{row.text:,}"),
    ("ratio", lambda row: "-" if row.ratio is None else f"{row.ratio:.2f}"),
    ("blocks", lambda row: row.kinds),
    ("key", lambda row: row.key or "-"),
    ("sessions", lambda row: f"{row.sessions:,}"),
    ("hours", lambda row: _ranges(row.hours)),
    ("first", lambda row: row.first or "-"),
    ("last", lambda row: row.last or "-"),
    ("gaps", lambda row: f"{row.gaps:,}"),
    ("losses", lambda row: f"{row.losses:,}"),
    ("name", lambda row: row.name),
)
"""Heading -> what stands below it."""


def list_logs(paths: list[str], settings: Settings, *, as_json: bool) -> Status:
    """Print the table; return the status that decoding would have."""
    lister, voice = _Lister(), Voice(settings)
    run = Run(paths, settings._replace(form=Form(lister.pour), test=True, lists=True))
    rows: list[Row] = []
    statuses: list[Status] = []
    totals = Row("totals")
    for outcome in run.outcomes():
        statuses.append(outcome.status)
        voice.fault(outcome)
        row = lister.row(outcome)
        totals.add(row)
        if as_json:
            _print_json({"name": row.name, "status": outcome.status.value, **row.as_dict()})
        else:
            rows.append(row)
    status = worst(statuses)
    if as_json:
        totals_line = {"totals": len(statuses), "status": status.value, **totals.as_dict()}
        _print_json(totals_line)
    else:
        totals.name = f"{len(rows):,} logs" if len(rows) != 1 else ""
        _print_table(rows if len(rows) == 1 else [*rows, totals])
    say_notes(run.notes(), settings)
    return status


def _print_json(line: dict[str, Any]) -> None:
    standard_output().write(f"{json.dumps(line)}\n".encode())


def _print_table(rows: Iterable[Row]) -> None:
    heads = [name for name, _ in _COLUMNS]
    cells = [heads, *([cell(row) for _, cell in _COLUMNS] for row in rows)]
    right = {number for number, head in enumerate(heads) if head in _RIGHT}
    standard_output().write(as_table(cells, right=right).encode("utf-8", "surrogateescape"))


def _ranges(hours: set[int]) -> str:
    """Return hours as people write them: `8-10,13`."""
    parts: list[list[int]] = []
    for hour in sorted(hours):
        if parts and parts[-1][-1] == hour - 1:
            parts[-1].append(hour)
        else:
            parts.append([hour])
    return ",".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts) or "-"
