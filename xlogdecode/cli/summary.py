"""`xlogdecode summary`: what a person wants to know of a log first."""

import json
import sys

import click

from xlogdecode.cli.keys import KEY_REMEDY, read_keys
from xlogdecode.cli.status import Status, of_report, worst
from xlogdecode.errors import InputError
from xlogdecode.inputs import open_input
from xlogdecode.options import Options
from xlogdecode.records import read_records
from xlogdecode.records.decoded import iter_events
from xlogdecode.report import Report
from xlogdecode.summary import Summary, as_dict, as_text, summarize
from xlogdecode.when import parse_zone

__all__ = ["summary_command"]


@click.command("summary", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH|-...")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of tables.")
@click.option("--tz", metavar="ZONE", help="The zone of times that have none, e.g. +08:00.")
@click.option("--key-file", metavar="FILE", help="Private keys, 64 hex digits a line.")
def summary_command(
    paths: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 - click passes by name
    tz: str | None,
    key_file: str | None,
) -> int:
    """Tell of logs who ran, how each session ended, and what went wrong when."""
    zone = parse_zone(tz) if tz else None
    options = Options(keys=read_keys(key_file))
    summary, statuses = Summary(), []
    for path in paths:
        report = Report()
        try:
            with open_input(path) as source:
                events = iter_events(source, options, report, per_block=False)
                summarize(read_records(events, source=path, zone=zone), summary)
        except InputError as error:
            click.echo(f"xlogdecode: {error}", err=True)
            statuses.append(Status.FAILED)
            continue
        if report.locked_blocks:
            click.echo(f"xlogdecode: {path}: {report.summary()}; {KEY_REMEDY}", err=True)
        statuses.append(of_report(report))
    if as_json:
        click.echo(json.dumps(as_dict(summary), ensure_ascii=True))
    else:
        click.echo(as_text(summary, bar=_bar()), nl=False)
    return worst(statuses).value


def _bar() -> str:
    """Return a block, or a # where standard output cannot show one."""
    block = "\u2587"
    try:
        block.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "#"
    return block
