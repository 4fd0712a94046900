"""Exit statuses, and which one a run of several inputs ends with."""

import enum
from collections.abc import Iterable

from xlogdecode.decoder.report import Report

__all__ = ["KEY_REMEDY", "Status", "of_report", "worst"]

KEY_REMEDY = "give the server's private key with --key-file FILE or in $XLOGDECODE_KEY"


class Status(enum.IntEnum):
    """Exit statuses of `decode`; the table in the README says when."""

    WHOLE = 0
    FAILED = 1
    LOST = 3
    LOCKED = 4
    INTERRUPTED = 130


_GRAVEST_FIRST = (
    Status.INTERRUPTED, Status.FAILED, Status.LOCKED, Status.LOST, Status.WHOLE,
)  # fmt: skip


def of_report(report: Report) -> Status:
    """Return the status of an input that was decoded."""
    if report.gave_nothing:
        return Status.FAILED
    if report.locked_blocks:
        return Status.LOCKED
    return Status.WHOLE if report.is_whole else Status.LOST


def worst(statuses: Iterable[Status]) -> Status:
    """Return the gravest of several."""
    return min(statuses, key=_GRAVEST_FIRST.index, default=Status.WHOLE)
