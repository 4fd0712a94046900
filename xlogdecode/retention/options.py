"""How a policy is to be swept, and what came of it."""

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from xlogdecode.errors import UsageError
from xlogdecode.retention.apply import SweepOutcome, SweepVerdict
from xlogdecode.retention.totals import Totals

__all__ = ["SweepOptions", "SweepResult", "local_now"]


def local_now() -> datetime:
    """Return the time in the system's zone. Raises UsageError where TZ is impossible."""
    try:
        return datetime.now().astimezone()
    except (ValueError, OverflowError, OSError) as error:
        zone = os.environ.get("TZ", "")
        raise UsageError(f"TZ={zone!r} is not a time zone ({error}); write TZ=UTC") from None


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """The options of a sweep."""

    delete: bool = False
    now: datetime = field(default_factory=local_now)
    force: bool = False
    """Begin even if the clock seems wrong."""
    missing_ok: bool = False
    """A root that is not there, or holds no log folder, is not a failure."""
    max_delete: int | None = None
    at_most_every: timedelta | None = None
    """Do nothing if the last success is not this long ago."""
    metrics: Path | None = None
    archive: Path | None = None
    state: Path | None = None
    policy_file: str = ""
    """The path of the policy, by which locks, memory and metrics know it."""
    lean: bool = False
    """Look at no file that its name keeps: sizes and last changes of these are not known."""
    only_warnings: bool = False
    """Show nothing but failures; the work may then be shared out among processes."""
    most_kept: int | None = None
    """Show kept files only until there are so many files; with `lean`, count them from then on."""


@dataclass(slots=True)
class SweepResult:
    """The totals of a sweep, and what was wrong."""

    totals: Totals = field(default_factory=Totals)
    dry_run: bool = True
    skipped: bool = False
    """The last success is less than `at_most_every` ago: nothing was done."""
    stopped: bool = False
    warnings: list[str] = field(default_factory=list)
    failures: list[SweepOutcome] = field(default_factory=list)
    """At most a hundred of them."""
    roots: dict[str, Totals] = field(default_factory=dict)
    """The totals of each root in a store, or that an executor swept."""

    @property
    def ok(self) -> bool:
        """Whether nothing failed, and each root held a log folder (or `missing_ok` was given)."""
        failed = self.totals.files[SweepVerdict.FAILED] or self.totals.without_logs
        return not failed and not self.stopped

    @property
    def deleted(self) -> int:
        """Files that were deleted or archived."""
        return self.totals.gone[0]

    @property
    def due(self) -> int:
        """Files that a dry run would have deleted."""
        return self.totals.files[SweepVerdict.DUE]
