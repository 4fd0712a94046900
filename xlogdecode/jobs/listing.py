"""A row of `-l`: what is in one input, or in all."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from xlogdecode.jobs.exit_status import LogState, state_of
from xlogdecode.jobs.result import Period, Result

__all__ = ["Row"]

_COUNTS = ("size", "text", "locked_blocks", "sessions", "gaps", "losses", "lost_bytes")


@dataclass(slots=True)
class Row:
    """One input, or the totals."""

    name: str
    state: LogState | None = None
    size: int = 0
    """Bytes, unpacked if an archive holds it."""
    text: int = 0
    blocks: Counter[str] = field(default_factory=Counter)
    locked_blocks: int = 0
    sessions: int = 0
    hours: set[int] = field(default_factory=set)
    first: str | None = None
    last: str | None = None
    layout: str | None = None
    gaps: int = 0
    losses: int = 0
    lost_bytes: int = 0

    @classmethod
    def of(cls, result: Result) -> "Row":
        """Return the row of an input."""
        report, period = result.report, result.period or Period()
        return cls(
            result.name,
            state_of(result.status, report),
            report.bytes_in,
            report.bytes_out,
            report.blocks,
            report.locked_blocks,
            period.sessions or report.sessions,
            report.hours,
            period.first,
            period.last,
            period.layout,
            report.gaps,
            report.lost.total(),
            report.lost_bytes,
        )

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
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.blocks += other.blocks
        self.hours |= other.hours
        self.first = min(filter(None, (self.first, other.first)), default=None)
        self.last = max(filter(None, (self.last, other.last)), default=None)

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
            "layout": self.layout,
            "gaps": self.gaps,
            "losses": self.losses,
            "lost_bytes": self.lost_bytes,
        }
