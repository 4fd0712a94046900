"""`xlogdecode html`: a case as one page that a browser shows, without a network."""

import gc
import shlex
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
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
from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, MissingExtraError
from xlogdecode.inputs import (
    Entry,
    Refusal,
    Saved,
    is_crash_buffer,
    is_log,
    is_url,
    iter_entries,
)
from xlogdecode.jobs.exit_status import Status, key_remedy, of_report, state_of, worst
from xlogdecode.jobs.job import LEFT_OUT, add_cause
from xlogdecode.jobs.request import Request
from xlogdecode.outputs.destinations import save_file, shown_place
from xlogdecode.when import parse_size, parse_zone

if TYPE_CHECKING:
    from xlogdecode.filters import Filter
    from xlogdecode.page import CasePage
    from xlogdecode.records import Event, Loss, Record
    from xlogdecode.records.reading import LogHints
    from xlogdecode.records.runs import RecordRun
    from xlogdecode.redaction import Redactor
    from xlogdecode.types import Source

__all__ = ["html_command"]

_COLLECT = 100_000
"""Objects until garbage is looked for: by default that takes a third of the time, for nothing."""

_EVERYTHING = Request(recursive=True, periods=True)
"""The inputs: folders and plain text as well."""

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
    from xlogdecode.page import CasePage
    from xlogdecode.summary.events import load_events

    size = parse_size(given["max_size"])
    redactor = None if given["no_redact"] else redactor_of(given["redact_patterns"])
    maker = _maker(given, redactor)
    page = CasePage(redactor, load_events(given["events_path"]))
    page.filtered = _as_written(given)
    gc.set_threshold(_COLLECT, 50, 100)
    try:
        with save_file(given["output"], replace=given["force"]) as file:
            with Progress(list(paths), _EVERYTHING, redactor=redactor, is_slow=True) as progress:
                statuses = list(maker.fill(page, paths, progress))
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


def _maker(given: dict[str, Any], redactor: "Redactor | None") -> "_Maker":
    """Return what reads the inputs as the options say."""
    return _Maker(
        filter_of(given, datetime.now().astimezone()),
        None if given["tz"] is None else parse_zone(given["tz"]),
        Options(keys=read_keys(given["key_files"])),
        redactor,
        parse_reading(given["layout"], given["encoding"]),
    )


def _as_written(given: dict[str, Any]) -> list[str]:
    """Return the filters as a person writes them."""
    values = {name: given[name] for name in _SELECTING if given[name] is not None}
    return [
        f"--{name.removesuffix('s')} {shlex.quote(str(each))}"
        for name, value in values.items()
        for each in (value if isinstance(value, tuple) else (value,))
    ]


@dataclass(frozen=True, slots=True)
class _Maker:
    """Fills a page from inputs."""

    wanted: "Filter"
    zone: tzinfo | None
    options: Options
    redactor: "Redactor | None"
    reading: "LogHints | None"

    def fill(
        self, page: "CasePage", paths: tuple[str, ...], progress: Progress
    ) -> Iterator[Status]:
        """Add every log that `paths` lead to; yield the status of each."""
        saved = Saved()
        saved.left = [path for path in paths if is_log(path, plain=False)]
        for entry in iter_entries(paths, recursive=True, plain=True, on_read=progress.on_read):
            if isinstance(entry, Refusal):
                say(str(entry) if entry.is_failure else f"note: {entry}")
                state = page.add(entry.name, ())
                state.state = "failed" if entry.is_failure else "skipped"
                state.detail = entry.reason
                if entry.is_failure:
                    yield Status.FAILED
            else:
                yield self._add(page, entry, saved)
            progress.end_file()

    def _add(self, page: "CasePage", entry: Entry, saved: Saved) -> Status:
        report = Report()
        if entry.note:
            say(f"note: {entry.name}: {entry.note}")
        try:
            with entry.source as opened:
                source = saved.unsaved(opened, is_buffer=is_crash_buffer(entry.below))
                if source is None:
                    state = page.add(entry.name, ())
                    state.state, state.detail = "skipped", LEFT_OUT
                    return Status.OK
                state = page.add(entry.name, self._records(source, entry.name, report))
        except (InputError, MissingExtraError) as error:
            say(str(error))
            state = page.states[-1]
            state.state, state.detail = "failed", str(error).removeprefix(f"{entry.name}: ")
            return Status.FAILED
        status = of_report(report)
        add_cause(report, entry.path)
        state.report, state.state = report, state_of(status, report).name.lower()
        if report.is_not_a_log:
            state.detail = summary_of(report)
        if status is not Status.OK:
            say(f"{entry.name}: ", f"{summary_of(report)}{key_remedy(report.lock_reason)}")
        if report.why:
            say(f"{entry.name}: likely cause: {report.why}")
        return status

    def _records(
        self, source: "Source", name: str, report: Report
    ) -> "Iterator[Record | RecordRun | Loss]":
        from xlogdecode.filters import select
        from xlogdecode.records import read_records
        from xlogdecode.records.events import iter_events
        from xlogdecode.records.reader import read_parts
        from xlogdecode.records.reading import AS_LOGGED
        from xlogdecode.redaction import learn_first

        events: Iterator[Event] = iter_events(source, self.options, report, per_block=False)
        if self.redactor is not None:
            events = learn_first(events, self.redactor)
        reading = self.reading or AS_LOGGED
        if self.wanted.is_empty:
            return read_parts(events, source=name, zone=self.zone, reading=reading)
        records = read_records(events, source=name, zone=self.zone, reading=reading)
        return select(records, self.wanted)
