"""What is said on standard error: a line for what matters, none for what went as it should."""

import contextlib
import sys
from collections.abc import Iterable

import click

from xlogdecode.decoder.report import Report
from xlogdecode.jobs.job import Outcome
from xlogdecode.jobs.settings import Settings
from xlogdecode.jobs.status import KEY_REMEDY, Status
from xlogdecode.outputs.sanitize import shown

__all__ = ["Voice", "say", "say_notes", "what_came"]

SHOWN = 3
"""Losses of an input that are told one by one."""


def say(line: str) -> None:
    """Say a line; where standard error takes none, the work goes on without."""
    try:
        click.echo(f"xlogdecode: {shown(line)}", err=True)
    except BrokenPipeError:
        raise
    except OSError:
        with contextlib.suppress(OSError):
            sys.stderr.close()  # what it holds would be tried once more at the end
        sys.stderr = None


def say_notes(notes: Iterable[str], settings: Settings) -> None:
    """Say what is worth knowing of a run."""
    for note in () if settings.quiet else notes:
        say(f"note: {note}")


class Voice:
    """Says what came of each input, and once what is wrong with all of them."""

    def __init__(self, settings: Settings) -> None:
        """Say as much as was asked for."""
        self._settings = settings
        self._general: set[str] = set()

    def fault(self, outcome: Outcome) -> None:
        """Say what went wrong with an input, if anything did, or that it is no log."""
        report = outcome.report
        if _is_no_log(report) and not outcome.is_skipped:
            say(f"{outcome.name}: {what_came(report)}")
        if not outcome.error or outcome.error in self._general:
            return
        say(outcome.error)
        if outcome.is_general:
            self._general.add(outcome.error)

    def tell(self, outcome: Outcome) -> None:
        """Say what came of an input: a line, and one for each of the first losses."""
        self.fault(outcome)
        if not outcome.error or outcome.report.blocks:
            _tell(outcome, self._settings)


def _tell(outcome: Outcome, settings: Settings) -> None:
    name, report, status = outcome.name, outcome.report, outcome.status
    if settings.quiet and status is Status.LOCKED:
        say(f"{name}: {report.summary()}; {KEY_REMEDY}")
    if settings.quiet and status is not Status.FAILED:
        return
    if outcome.note:
        say(f"{name}: {outcome.note}")
    if outcome.is_skipped or _is_no_log(report):
        return
    if status is Status.WHOLE and outcome.is_expected and not settings.verbose:
        return
    say(f"{name}: {what_came(report)}{_arrow(outcome, settings)}")
    for loss in report.losses[:SHOWN]:
        say(f"{name}: {loss}{'; ' + KEY_REMEDY if loss.locked_blocks else ''}")
    if len(report.losses) > SHOWN:
        say(f"{name}: and {len(report.losses) - SHOWN} more: --report FILE lists them")


def _is_no_log(report: Report) -> bool:
    """Tell whether nothing of an input is a log."""
    return report.gave_nothing and not report.blocks


def what_came(report: Report) -> str:
    """Return the one line on an input."""
    return f"no xlog file: {report.losses[0]}" if _is_no_log(report) else report.summary()


def _arrow(outcome: Outcome, settings: Settings) -> str:
    if outcome.target is not None:
        size = "" if outcome.size is None else f" ({outcome.size:,} bytes)"
        return f" -> {outcome.target}{size}"
    is_plain = bool(outcome.report.plain_text) and not outcome.report.blocks
    return "; -c prints it" if is_plain and not outcome.is_expected and not settings.test else ""
