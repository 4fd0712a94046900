"""`xlogdecode summary`: what a person wants to know of a log first."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

import click

from xlogdecode.cli.common_options import (
    color_option,
    events_option,
    key_option,
    path_arguments,
    with_options,
)
from xlogdecode.cli.filter_options import FILTERS, FORMS, filter_of, parse_reading, redactor_of
from xlogdecode.cli.grouped_help import Command
from xlogdecode.cli.keys import read_keys
from xlogdecode.cli.messages import say, summary_of
from xlogdecode.cli.progress import Progress
from xlogdecode.cli.streams import table_look
from xlogdecode.decoder.options import Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, MissingExtraError
from xlogdecode.filters import LAST, Filter, Judge
from xlogdecode.inputs import Entry, Refusal, SavedBlocks, is_crash_buffer, is_log, iter_entries
from xlogdecode.jobs.exit_status import Status, key_remedy, of_report, worst
from xlogdecode.jobs.job import LEFT_OUT, add_cause
from xlogdecode.jobs.request import Request
from xlogdecode.records import Event, Loss, Record, read_records
from xlogdecode.records.events import iter_events
from xlogdecode.records.local_times import LocalTimes
from xlogdecode.records.reader import read_parts
from xlogdecode.records.reading import AS_LOGGED
from xlogdecode.records.runs import RecordRun
from xlogdecode.records.sessions import NO_RECORDS, last_session
from xlogdecode.summary import Summary, as_dict, as_text, summarize
from xlogdecode.summary.events import load_events
from xlogdecode.summary.timeline import as_timeline
from xlogdecode.when import parse_zone

__all__ = ["summary_command"]

_BATCH: Final = 1024
"""Records that are redacted in one go."""


_SELECTING: Final = (
    "since", "until", "level", "tags", "functions", "files", "pids", "tids", "grep", "ignore_case",
    "session", "tz", "layout", "encoding",
)  # fmt: skip

_OPTIONS: Final = (
    click.option("-r", "--recursive", is_flag=True, help="Take the logs in folders."),
    click.option("--timeline", is_flag=True, help="Show what happened, in order of time."),
    click.option(
        "--json", "as_json", is_flag=True, help="Write one JSON object instead of tables."
    ),
    click.option("--every-session", is_flag=True, help="Show a row for each session of many."),
    *(FILTERS[name] for name in _SELECTING),
    click.option("--local", is_flag=True, help="Show times in this machine's time zone."),
    FORMS["redact"],
    FORMS["redact_patterns"],
    click.option(
        "--lang", type=click.Choice(["en", "zh"]), metavar="en|zh",
        help="The language of what is shown; the default is that of LANG.",
    ),
    color_option(),
    events_option(),
    key_option(),
)  # fmt: skip


@click.command("summary", cls=Command)
@path_arguments
@with_options(_OPTIONS)
def summary_command(**given: Any) -> int:
    """Show who ran, how each session ended, and what went wrong when."""
    paths, events = given["paths"], given["events_path"]
    language = given["lang"] or _language(os.environ)
    intake = _Intake(given, Summary(load_events(events)))
    statuses = []
    request = Request(recursive=given["recursive"], periods=True)
    with Progress(list(paths), request, redactor=intake.redactor, is_slow=True) as progress:
        entries = iter_entries(
            paths, recursive=request.recursive, plain=True, on_read=progress.on_read
        )
        for entry in entries:
            if isinstance(entry, Refusal):
                say(str(entry) if entry.is_failure else f"note: {entry}")
                statuses += [Status.FAILED] * entry.is_failure
            else:
                statuses.append(intake.add(entry))
            progress.end_file()
    if given["as_json"]:
        click.echo(json.dumps(as_dict(intake.summary, language)))
    elif not statuses or any(status is not Status.FAILED for status in statuses):
        text = (
            as_timeline(intake.summary, table_look(), language)
            if given["timeline"]
            else as_text(
                intake.summary,
                bar=_bar(),
                language=language,
                every_session=given["every_session"],
                look=table_look(),
            )
        )
        for line in text.removesuffix("\n").split("\n"):
            click.echo(line, color=True)
    return worst(statuses).value


class _Intake:
    """Takes logs into one summary, by what the options ask for."""

    def __init__(self, given: Mapping[str, Any], summary: Summary) -> None:
        self.summary = summary
        self._options = Options(keys=read_keys(given["key_files"]))
        self._zone = parse_zone(given["tz"]) if given["tz"] else None
        self._reading = parse_reading(given["layout"], given["encoding"]) or AS_LOGGED
        self._local = LocalTimes() if given["local"] else None
        self._wanted = filter_of(given, datetime.now().astimezone())
        redacts = given["redact"] or given["redact_patterns"]
        self.redactor = redactor_of(given["redact_patterns"]) if redacts else None
        self._saved = SavedBlocks()
        self._saved.left = [
            path
            for path in given["paths"]
            if is_log(path, plain=False) and not is_crash_buffer(path)
        ]

    def add(self, entry: Entry) -> Status:
        """Take in one log, and print what stood in the way."""
        report = Report()
        if entry.note:
            say(f"note: {entry.name}: {entry.note}")
        try:
            with entry.source as opened:
                source = self._saved.unsaved(opened, is_buffer=is_crash_buffer(entry.below))
                if source is None:
                    say(f"note: {entry.name}: {LEFT_OUT}")
                    return Status.OK
                events = iter_events(source, self._options, report, per_block=False)
                summarize(self._items(events, entry.name), self.summary)
        except (InputError, MissingExtraError) as error:
            say(str(error))
            return Status.FAILED
        self.summary.missing += report.gaps
        status = of_report(report)
        if status is not Status.OK:
            say(f"{entry.name}: ", f"{summary_of(report)}{key_remedy(report.lock_reason)}")
            add_cause(report, entry.path)
        if report.why:
            say(f"{entry.name}: likely cause: {report.why}")
        return status

    def _items(self, events: Iterator[Event], name: str) -> Iterator[RecordRun | Record | Loss]:
        """Yield the records that are wanted, redacted, and the losses."""
        redactor = self.redactor
        if redactor is None and self._local is None and self._wanted.is_empty:
            yield from read_parts(events, source=name, zone=self._zone, reading=self._reading)
            return
        if redactor is not None:
            from xlogdecode.redaction import learn_first

            name = redactor.redact(name)  # a home folder tells who someone is
            events = learn_first(events, redactor)
        items = read_records(events, source=name, zone=self._zone, reading=self._reading)
        wanted = self._wanted
        if wanted.session == LAST:
            items, wanted = last_session(items), replace(wanted, session=None)
        if not wanted.is_empty:
            items = _select(items, wanted)
        if redactor is None and self._local is None:
            yield from items
            return
        while batch := list(islice(items, _BATCH)):
            changed = batch if redactor is None else redactor.change_all(batch)
            yield from changed if self._local is None else self._local.change_all(changed)


def _select(items: Iterator[Record | Loss], wanted: Filter) -> Iterator[Record | Loss]:
    """Yield what is wanted, and the lines that begin and end sessions."""
    judge = Judge(wanted)
    for item in items:
        is_wanted = judge(item)
        if is_wanted is not False or (isinstance(item, Record) and item.layout in NO_RECORDS):
            yield item


def _language(environment: Mapping[str, str]) -> str:
    """Return the language of the environment, `en` if it is neither English nor Chinese."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").startswith("zh") else "en"


def _bar() -> str:
    """Return a block, or a # where standard output cannot show one."""
    block = "\u2587"
    try:
        block.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "#"
    return block
