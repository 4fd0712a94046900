"""`xlogdecode html`: a case as one page that a browser shows, without a network."""

import gc
import shlex
import webbrowser
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlogdecode.cli.common_options import (
    PathOption,
    events_option,
    key_option,
    path_arguments,
    with_options,
)
from xlogdecode.cli.filter_options import (
    FILTERS,
    FORMS,
    filter_of,
    parse_reading,
    redaction,
    redactor_of,
)
from xlogdecode.cli.grouped_help import Command, in_group
from xlogdecode.cli.keys import read_keys
from xlogdecode.cli.messages import say, summary_of
from xlogdecode.cli.progress import Progress
from xlogdecode.decoder.options import Options
from xlogdecode.inputs import is_url
from xlogdecode.jobs.exit_status import Status, key_remedy, worst
from xlogdecode.outputs.destinations import save_file, shown_place
from xlogdecode.when import parse_size, parse_zone

if TYPE_CHECKING:
    from xlogdecode.jobs.case import CaseJob
    from xlogdecode.jobs.result import Result

__all__ = ["html_command"]

_COLLECT = 100_000
"""Objects until garbage is looked for: by default that takes a third of the time, for nothing."""

_page = in_group("The page")

_SELECTING = (
    "since", "until", "level", "tags", "functions", "files", "pids", "tids", "grep", "session",
)  # fmt: skip

_OPTIONS = (
    _page(
        "-o", "--output", type=PathOption(urls=True), required=True, metavar="FILE",
        help="The page to write, as in case.html.",
    ),
    _page("-f", "--force", is_flag=True, help="Write over a page that exists."),
    _page("--open", "opens", is_flag=True, help="Show the page in the browser."),
    redaction("--no-redact", is_flag=True, help="Keep user ids, addresses, tokens as they are."),
    FORMS["redact_patterns"],
    _page(
        "--max-size", default="20M", metavar="SIZE",
        help="The largest page, such as 5M; 20M by default. If more is there, verbose, debug and "
        "info records are left out, the oldest first.",
    ),
    _page(
        "--lang", type=click.Choice(["en", "zh"]), metavar="en|zh",
        help="The language that the page opens in; by default that of the browser.",
    ),
    _page("--title", metavar="TEXT", help="A title, such as the number of the case."),
    events_option(_page),
    key_option(_page),
    *(FILTERS[name] for name in (*_SELECTING, "ignore_case", "tz", "layout", "encoding")),
)  # fmt: skip


@click.command("html", cls=Command)
@path_arguments
@with_options(_OPTIONS)
def html_command(paths: tuple[str, ...], **given: Any) -> int:
    """Make one HTML page of a case: open it in a browser, or send it by mail.

    Takes logs, folders and archives. The page needs no network. Values that identify a person are
    replaced, as with --redact: look before you send.
    """
    from xlogdecode.jobs.case import CaseJob
    from xlogdecode.page import CasePage
    from xlogdecode.summary.events import load_events

    size = parse_size(given["max_size"])
    redactor = None if given["no_redact"] else redactor_of(given["redact_patterns"])
    events = load_events(given["events_path"])
    page = CasePage(redactor, events)
    page.filtered = _as_written(given)
    job = CaseJob(
        page,
        filter_of(given, datetime.now().astimezone()),
        None if given["tz"] is None else parse_zone(given["tz"]),
        Options(keys=read_keys(given["key_files"])),
        redactor,
        parse_reading(given["layout"], given["encoding"]),
        events,
    )
    gc.set_threshold(_COLLECT, 50, 100)
    try:
        with save_file(given["output"], replace=given["force"]) as file:
            statuses = _fill(job, paths)
            if statuses and all(status is Status.FAILED for status in statuses):
                file.discard()
                return worst(statuses).value
            title = given["title"] or Path(given["output"]).stem
            cuts = page.write(file, lang=given["lang"] or "", max_size=size, title=title)
    finally:
        page.close()
    for cut in cuts:
        say(f"note: {shown_place(given['output'])}: left out {cut}; --max-size takes more")
    if given["opens"]:
        path = given["output"]
        webbrowser.open(path if is_url(path) else Path(path).resolve().as_uri())
    return worst(statuses).value


def _as_written(given: dict[str, Any]) -> list[str]:
    """Return the filters as a person writes them."""
    values = {name: given[name] for name in _SELECTING if given[name] is not None}
    return [
        f"--{name.removesuffix('s')} {shlex.quote(str(each))}"
        for name, value in values.items()
        for each in (value if isinstance(value, tuple) else (value,))
    ]


def _fill(job: "CaseJob", paths: tuple[str, ...]) -> list[Status]:
    """Do the job, and print what is worth knowing of each input; return their statuses."""
    from xlogdecode.jobs.case import EVERYTHING

    statuses = []
    with Progress(list(paths), EVERYTHING, redactor=job.redactor, is_slow=True) as progress:
        for result in job.results(paths, progress.on_read):
            _say(result)
            progress.end_file()
            statuses += [] if result.is_skipped else [result.status]
    return statuses


def _say(result: "Result") -> None:
    """Print what is worth knowing of an input."""
    name, report = result.name, result.report
    if result.note:
        say(f"note: {name}: {result.note}")
    if result.error is not None:
        say(result.message)
        return
    if result.status is not Status.OK:
        say(f"{name}: ", f"{summary_of(report)}{key_remedy(report.lock_reason)}")
    if report.why:
        say(f"{name}: likely cause: {report.why}")
