"""`xlogdecode summary`: what a person wants to know of a log first."""

import json
import os
import sys
from collections.abc import Mapping
from datetime import tzinfo

import click

from xlogdecode.cli.keys import read_keys
from xlogdecode.cli.messages import say, summary_of
from xlogdecode.cli.paths import Place
from xlogdecode.decoder.options import Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, MissingExtraError
from xlogdecode.inputs import Entry, Refusal, Saved, is_crash_buffer, is_log, iter_entries
from xlogdecode.jobs.job import LEFT_OUT
from xlogdecode.jobs.status import KEY_REMEDY, Status, of_report, worst
from xlogdecode.outputs.sanitize import shown
from xlogdecode.records import read_records
from xlogdecode.records.events import iter_events
from xlogdecode.summary import Summary, as_dict, as_text, summarize
from xlogdecode.summary.events import built_in_events, load_events
from xlogdecode.when import parse_zone

__all__ = ["summary_command"]


@click.command("summary", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH|-...",
    type=click.Path(readable=False),  # what cannot be read stops no other
)
@click.option("-r", "--recursive", is_flag=True, help="Take the logs in folders.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of tables.")
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), metavar="en|zh",
    help="The language of meanings and advice; the default is that of LANG.",
)  # fmt: skip
@click.option(
    "--events", "events_path", type=Place(), metavar="FILE",
    help="Count the events of a YAML file too; it looks like data/events.yaml of the package.",
)  # fmt: skip
@click.option("--every-session", is_flag=True, help="Show a row for each session of many.")
@click.option("--tz", metavar="ZONE", help="The zone of times that have none, e.g. +08:00.")
@click.option(
    "--key-file", "key_files", type=Place(), metavar="FILE", multiple=True,
    help="Private keys, 64 hex digits a line; may be repeated.",
)  # fmt: skip
def summary_command(
    paths: tuple[str, ...],
    recursive: bool,  # noqa: FBT001 - click passes by name
    as_json: bool,  # noqa: FBT001
    lang: str | None,
    events_path: str | None,
    every_session: bool,  # noqa: FBT001
    tz: str | None,
    key_files: tuple[str, ...],
) -> int:
    """Show who ran, how each session ended, and what went wrong when."""
    language = lang or _language(os.environ)
    table = load_events(events_path) if events_path else built_in_events()
    zone = parse_zone(tz) if tz else None
    options = Options(keys=read_keys(key_files))
    summary, saved, statuses = Summary(table), Saved(), []
    saved.left = [path for path in paths if is_log(path, plain=False) and not is_crash_buffer(path)]
    for entry in iter_entries(paths, recursive=recursive, plain=True):
        if isinstance(entry, Refusal):
            say(str(entry) if entry.is_failure else f"note: {entry}")
            statuses += [Status.FAILED] * entry.is_failure
        else:
            statuses.append(_add(entry, summary, saved, options, zone))
    if as_json:
        click.echo(json.dumps(as_dict(summary, language)))
    elif not statuses or any(status is not Status.FAILED for status in statuses):
        for line in (
            _text(summary, language, every_session=every_session).removesuffix("\n").split("\n")
        ):
            click.echo(shown(line))
    return worst(statuses).value


def _add(
    entry: Entry, summary: Summary, saved: Saved, options: Options, zone: tzinfo | None
) -> Status:
    """Take in one log, and say what stood in the way."""
    report = Report()
    try:
        with entry.source as opened:
            source = saved.unsaved(opened, is_buffer=is_crash_buffer(entry.below))
            if source is None:
                say(f"note: {entry.name}: {LEFT_OUT}")
                return Status.OK
            events = iter_events(source, options, report, per_block=False)
            summarize(read_records(events, source=entry.name, zone=zone), summary)
    except (InputError, MissingExtraError) as error:
        say(str(error))
        return Status.FAILED
    status = of_report(report)
    if status is not Status.OK:
        remedy = f"; {KEY_REMEDY}" if report.locked_blocks else ""
        say(f"{entry.name}: {summary_of(report)}{remedy}")
    return status


def _text(summary: Summary, language: str, *, every_session: bool) -> str:
    return as_text(summary, bar=_bar(), language=language, every_session=every_session)


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
