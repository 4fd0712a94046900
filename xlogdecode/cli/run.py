"""A batch run at the terminal: a bar, a line for each input, the report, the exit status."""

from typing import TYPE_CHECKING

from xlogdecode.cli.messages import Messages, say_notes
from xlogdecode.cli.progress import Progress
from xlogdecode.jobs.status import Status, worst

if TYPE_CHECKING:
    from xlogdecode.cli.report import ReportFile
    from xlogdecode.jobs.batch import Batch
    from xlogdecode.jobs.timeline import Timeline

__all__ = ["run_batch"]


def run_batch(
    batch: "Batch | Timeline", messages: Messages, report: "ReportFile | None" = None
) -> Status:
    """Decode all inputs, print what has to be known, and return the exit status."""
    statuses: set[Status] = set()
    with Progress(batch.paths, batch.request, quiet=messages.quiet) as progress:
        for result in batch.results(progress.on_read):
            with progress.aside():
                messages.print(result)
            progress.end_file()
            statuses.add(result.status)
            if report is not None:
                report.add(result)
    say_notes(batch.hints(), quiet=messages.quiet)
    if report is not None:
        report.write()
    return worst(statuses)
