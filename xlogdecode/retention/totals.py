"""What a sweep came to, counted: for the summary, and as metrics in Prometheus's text format."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from xlogdecode.retention.apply import Outcome, Verdict
from xlogdecode.retention.plan import Reason

__all__ = ["Tally"]


class Tally:
    """Counts outcomes; memory does not grow with them."""

    def __init__(self) -> None:
        self.files: Counter[Verdict] = Counter()
        self.bytes: Counter[Verdict] = Counter()
        self.kept: Counter[Reason] = Counter()

    def add(self, outcomes: Collection[Outcome]) -> None:
        """Count `outcomes`; many at once take a third of the time."""
        for verdict in {verdict for _, verdict, _ in outcomes}:
            alike = [decision for decision, its, _ in outcomes if its is verdict]
            self.files[verdict] += len(alike)
            self.bytes[verdict] += sum(candidate.size for candidate, _, _ in alike)
            if verdict is Verdict.KEPT:
                self.kept.update(reason for _, reason, _ in alike)

    def merge(self, other: "Tally") -> None:
        """Count what `other` has counted."""
        self.files += other.files
        self.bytes += other.bytes
        self.kept += other.kept

    @property
    def gone(self) -> tuple[int, int]:
        """Files and bytes that were deleted or archived."""
        done = (Verdict.DELETED, Verdict.ARCHIVED)
        return sum(self.files[v] for v in done), sum(self.bytes[v] for v in done)

    def metrics(
        self, *, seconds: float, last_success: datetime | None, refused: bool = False
    ) -> str:
        """Return the counts in Prometheus's text format, 0.0.4.

        `seconds` is what the run took; `refused` counts a guard's refusal as an error.
        """
        files, size = self.gone
        success = last_success.timestamp() if last_success else 0
        rows: list[tuple[str, str, list[tuple[str, float]]]] = [
            ("last_success_timestamp_seconds", "End of the last run without a failure.",
             [("", success)]),
            ("deleted_files", "Files the last run deleted or archived.", [("", files)]),
            ("deleted_bytes", "Bytes the last run deleted or archived.", [("", size)]),
            ("kept_files", "Files the last run kept, by reason.",
             [(f'{{reason="{reason.name.lower()}"}}', self.kept[reason])
              for reason in Reason if not reason.clears]),
            ("errors", "Failures of the last run.",
             [("", self.files[Verdict.FAILED] + refused)]),
            ("duration_seconds", "What the last run took.", [("", seconds)]),
        ]  # fmt: skip
        lines = []
        for name, meaning, values in rows:
            whole = f"xlogdecode_sweep_{name}"
            lines += [f"# HELP {whole} {meaning}", f"# TYPE {whole} gauge"]
            lines += [f"{whole}{label} {value!r}" for label, value in values]
        return "\n".join(lines) + "\n"
