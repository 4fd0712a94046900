"""How often something was seen, when and where."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

__all__ = ["Sightings", "seconds_of"]

_MOST: Final = 100
"""Different values of a detail that are kept."""


@dataclass(slots=True)
class Sightings:
    """How often something was seen, and when first and last: ISO 8601, as logged."""

    count: int = 0
    first: str | None = None
    last: str | None = None
    sources: Counter[str] = field(default_factory=Counter)
    """How often in which log."""
    details: dict[str, Counter[str]] = field(default_factory=dict)
    """Name of a detail -> its value -> how often."""

    def add(self, iso: str | None, source: str) -> None:
        """Count one more."""
        self.count += 1
        self.sources[source] += 1
        if iso is None:
            return
        if self.first is None or self.last is None:
            self.first = self.last = iso
        elif not _is_before(iso, self.last):
            self.last = iso
        elif _is_before(iso, self.first):
            self.first = iso

    def note(self, name: str, value: str) -> None:
        """Count a value of a detail; an empty one is none."""
        if not value:
            return
        values = self.details.setdefault(name, Counter())
        if value in values or len(values) < _MOST:
            values[value] += 1

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "count": self.count,
            "first": self.first,
            "last": self.last,
            "sources": dict(self.sources.most_common()),
            "details": {name: dict(values.most_common()) for name, values in self.details.items()},
        }


def _is_before(one: str, other: str) -> bool:
    """Compare times; those of one zone as texts, which is many times as fast."""
    if len(one) == len(other) and one[23:] == other[23:]:
        return one < other
    return seconds_of(one) < seconds_of(other)


def seconds_of(iso: str) -> float:
    """Return what orders times of several zones; one without a zone counts as of UTC."""
    time = datetime.fromisoformat(iso)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
