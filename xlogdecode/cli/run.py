"""A batch run at the terminal: a bar, a line for each input, the report, the exit status."""

from typing import TYPE_CHECKING

from xlogdecode.cli.messages import Messages, say_notes
from xlogdecode.cli.progress import Progress
from xlogdecode.jobs.exit_status import Status, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlogdecode.cli.report import ReportFile
    from xlogdecode.jobs.batch import Batch
    from xlogdecode.jobs.timeline import Timeline

__all__ = ["run_batch"]


def run_batch(
    batch: "Batch | Timeline", messages: Messages, report: "ReportFile | None" = None
) -> Status:
    """Decode all inputs, print what has to be known, and return the exit status."""
    statuses: set[Status] = set()
    selection, tally = batch.request.selection, None
    redactor = None if selection is None else selection.redactor
    with Progress(batch.paths, batch.request, quiet=messages.quiet, redactor=redactor) as progress:
        for result in batch.results(progress.on_read):
            messages.print(result)
            progress.end_file()
            statuses.add(result.status)
            if tally is None:
                tally = result.tally
            elif result.tally is not None:
                tally.add_all(result.tally)
            if report is not None:
                report.add(result)
    say_notes([*batch.hints(), *_redacted(batch)], quiet=messages.quiet)
    if tally is not None and selection is not None:
        say_notes(tally.remarks(selection.filter), quiet=messages.quiet)
    if report is not None:
        report.write()
    return worst(statuses)


def _redacted(batch: "Batch | Timeline") -> "Iterator[str]":
    """Yield what was redacted, by kind and count."""
    selection = batch.request.selection
    if selection is not None and selection.redactor is not None:
        counts = selection.redactor.counts.most_common()
        found = ", ".join(f"{count:,} {kind}" for kind, count in counts)
        yield f"redacted: {found}" if found else "redacted: nothing was found"
