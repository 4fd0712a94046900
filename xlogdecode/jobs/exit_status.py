"""Exit statuses, and which one a run of several inputs ends with."""

import enum
from collections.abc import Iterable

from xlogdecode.decoder.report import OTHER_CURVE, Report
from xlogdecode.framing.events import Reason

__all__ = ["LogState", "Status", "key_remedy", "of_report", "state_of", "worst"]


def key_remedy(reason: str) -> str:
    """Return what to do about blocks that are locked for this reason, to be put behind it."""
    if not reason or reason == OTHER_CURVE:
        return ""
    return "; give the server's private key with --key-file FILE or in $XLOGDECODE_KEY"


class Status(enum.IntEnum):
    """The end of an input, or of a run: the exit statuses of `decode`."""

    OK = 0
    FAILED = 1
    """It gave nothing, or could not be read or written."""
    LOST = 3
    """Bytes were lost."""
    LOCKED = 4
    """It is encrypted, and no key was given that fits."""
    INTERRUPTED = 130


_MOST_SEVERE_FIRST = (
    Status.INTERRUPTED, Status.FAILED, Status.LOCKED, Status.LOST, Status.OK,
)  # fmt: skip


class LogState(enum.Enum):
    """The state of an input, in a word."""

    OK = "OK"
    CUT = "cut off"
    """All that was lost is the rest of a block, in the middle of which the file ends."""
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    FAILED = "failed"


_STATES = {
    Status.OK: LogState.OK,
    Status.LOST: LogState.DAMAGED,
    Status.LOCKED: LogState.ENCRYPTED,
}


def state_of(status: Status, report: Report) -> LogState:
    """Return what came of an input with this status and report."""
    is_cut = status is Status.LOST and set(report.lost) == {Reason.CUT.value}
    return LogState.CUT if is_cut else _STATES.get(status, LogState.FAILED)


def of_report(report: Report) -> Status:
    """Return the status of an input that was decoded."""
    if report.gave_nothing:
        return Status.FAILED
    if report.locked_blocks:
        return Status.LOCKED
    return Status.OK if report.is_whole else Status.LOST


def worst(statuses: Iterable[Status]) -> Status:
    """Return the most severe of several."""
    return min(statuses, key=_MOST_SEVERE_FIRST.index, default=Status.OK)
