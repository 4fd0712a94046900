"""The result of one input."""

from typing import TYPE_CHECKING, Any, NamedTuple

from xlogdecode.decoder.options import DamagedError
from xlogdecode.decoder.report import Report
from xlogdecode.errors import MissingExtraError, XlogError
from xlogdecode.jobs.exit_status import Status, key_remedy

if TYPE_CHECKING:
    from xlogdecode.filters import Tally

__all__ = ["Period", "Result", "failed", "of_damage"]


class Period(NamedTuple):
    """The time that a log covers, as its records were written."""

    first: str | None = None
    last: str | None = None
    sessions: int = 0
    """Banners in its text."""
    layout: str | None = None
    """The layout of its records, if any opens one."""


class Result(NamedTuple):
    """The result of one input: a log, an archive member, or a path that could not be read."""

    name: str
    """Its path; of an archive member with `: ` and its place in the archive."""
    status: Status
    report: Report
    path: str | None = None
    """The file that its text is in."""
    error: XlogError | None = None
    """Why there is no text, or not all of it. Damage is not an error: see `report`."""
    note: str = ""
    """A hint that is not an error."""
    is_skipped: bool = False
    """Nothing had to be done."""
    is_printed: bool = False
    """Its text went to the shared output."""
    size: int | None = None
    """Bytes of the file at `path`, unless that is the text as it was logged."""
    period: Period | None = None
    """The time that its records cover, where the request lists inputs."""
    tally: "Tally | None" = None
    """The count of records read until one was wanted, where the request selects records."""

    @property
    def message(self) -> str:
        """The error as one line that names the input; empty if there is none."""
        if isinstance(self.error, DamagedError):
            loss = self.error.loss
            why = f"{loss}{key_remedy(loss.reason)}" if loss.locked_blocks else str(self.error)
            return f"{self.name}: {why}"
        if isinstance(self.error, MissingExtraError):
            return f"{self.name}: {self.error}"
        return "" if self.error is None else str(self.error)

    def as_dict(self) -> dict[str, Any]:
        """Return it as a row of `--report`."""
        return {
            "source": self.name,
            "status": self.status.value,
            "error": self.message or None,
            **self.report.as_dict(),
            "whole": self.status is Status.OK,
        }


def failed(name: str, error: XlogError) -> Result:
    """Return the result of an input that gave nothing because of `error`."""
    return Result(name, Status.FAILED, Report(), error=error)


def of_damage(name: str, damage: DamagedError) -> Result:
    """Return the result of an input at whose first loss decoding ended."""
    status = Status.LOCKED if damage.loss.locked_blocks else Status.LOST
    return Result(name, status, Report(), error=damage)
