"""Results of a sweep, counted: for the summary, and as metrics in Prometheus's text format."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from xlogdecode.prometheus import Metric, metrics_text
from xlogdecode.retention.apply import SweepOutcome, SweepVerdict
from xlogdecode.retention.candidates import DecisionReason

__all__ = ["SweepStep", "Totals"]


class SweepStep(NamedTuple):
    """One look at a folder, or a part of it, and the outcomes."""

    root: int
    """Number of the root."""
    outcomes: list[SweepOutcome]
    found: int
    """Log folders that were found by it."""
    reached: bool
    """Whether the root is not to be reported as one without logs."""
    package: str = ""
    """The folder's package, if the policy names it."""
    kept: Sequence[DecisionReason] = ()
    """Of each log that is kept by name and only counted, why."""


class Totals:
    """Counts outcomes; memory does not grow with them."""

    def __init__(self) -> None:
        self.files: Counter[SweepVerdict] = Counter()
        self.bytes: Counter[SweepVerdict] = Counter()
        self.kept: Counter[DecisionReason] = Counter()
        self.folders = 0
        """Log folders found."""
        self.reached: set[int] = set()
        """Numbers of the roots that hold a log folder."""
        self.packages: set[str] = set()
        """Packages found, of those that the policy names."""
        self.without_logs = 0
        """Roots that held no log folder; known at the end."""

    def add(self, outcomes: Collection[SweepOutcome]) -> None:
        """Count `outcomes`; many at once take a third of the time."""
        for verdict in {verdict for _, verdict, _ in outcomes}:
            alike = [decision for decision, its, _ in outcomes if its is verdict]
            self.files[verdict] += len(alike)
            self.bytes[verdict] += sum(candidate.size for candidate, _, _ in alike)
            if verdict is SweepVerdict.KEPT:
                self.kept.update(reason for _, reason, _ in alike)

    def step(self, step: SweepStep) -> None:
        """Count one step."""
        self.add(step.outcomes)
        if step.kept:
            self.files[SweepVerdict.KEPT] += len(step.kept)
            self.kept.update(step.kept)
        self.folders += step.found
        if step.reached:
            self.reached.add(step.root)
        if step.package:
            self.packages.add(step.package)

    def merge(self, other: "Totals") -> None:
        """Add the counts of `other`."""
        self.files += other.files
        self.bytes += other.bytes
        self.kept += other.kept
        self.folders += other.folders
        self.reached |= other.reached
        self.packages |= other.packages

    @property
    def gone(self) -> tuple[int, int]:
        """Files and bytes that were deleted or archived."""
        done = (SweepVerdict.DELETED, SweepVerdict.ARCHIVED)
        return sum(self.files[v] for v in done), sum(self.bytes[v] for v in done)

    def metrics(
        self, *, seconds: float, last_success: datetime | None, faults: int = 0, policy: str = ""
    ) -> str:
        """Return the counts in Prometheus's text format, 0.0.4.

        `seconds` is the run's time; `faults` are errors besides files that failed, such as a
        guard's refusal. All are labelled by `policy`, the path of its file, if there is one.
        """
        files, size = self.gone
        success = last_success.timestamp() if last_success else 0
        rows: list[Metric] = [
            ("last_success_timestamp_seconds", "End of the last run without a failure.",
             [({}, success)]),
            ("deleted_files", "Files the last run deleted or archived.", [({}, files)]),
            ("deleted_bytes", "Bytes the last run deleted or archived.", [({}, size)]),
            ("kept_files", "Files the last run kept, by reason.",
             [({"reason": reason.name.lower()}, self.kept[reason])
              for reason in DecisionReason if not reason.clears]),
            ("errors", "Failures of the last run.",
             [({}, self.files[SweepVerdict.FAILED] + faults)]),
            ("folders", "Log folders the last run found.", [({}, self.folders)]),
            ("files", "Files the last run found in them.", [({}, self.files.total())]),
            ("roots_without_logs", "Roots without a log folder in the last run.",
             [({}, self.without_logs)]),
            ("duration_seconds", "Time of the last run.", [({}, seconds)]),
        ]  # fmt: skip
        return metrics_text("xlogdecode_sweep_", rows, {"policy": policy} if policy else {})
