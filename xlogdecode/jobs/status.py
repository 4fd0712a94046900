"""Exit statuses, and which one a run of several inputs ends with."""

import enum
from collections.abc import Iterable

from xlogdecode.decoder.report import Report

__all__ = ["KEY_REMEDY", "Status", "of_report", "worst"]

KEY_REMEDY = "give the server's private key with --key-file FILE or in $XLOGDECODE_KEY"


class Status(enum.IntEnum):
    """How an input, or a run, ended: the exit statuses of `decode`."""

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
