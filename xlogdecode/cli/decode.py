"""`xlogdecode decode`, which is also what `xlogdecode FILE` runs."""

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from xlogdecode.cli.conflicts import refuse_clashes
from xlogdecode.cli.decode_options import decode_options
from xlogdecode.cli.filter_options import take_filters
from xlogdecode.cli.help import GroupedCommand
from xlogdecode.cli.keys import read_keys
from xlogdecode.cli.messages import Voice, say_notes
from xlogdecode.cli.progress import Progress
from xlogdecode.decoder.decode import Options, decode
from xlogdecode.decoder.report import Report
from xlogdecode.errors import UsageError
from xlogdecode.inputs import STDIN, expand
from xlogdecode.jobs.batch import Run
from xlogdecode.jobs.settings import Form, Settings
from xlogdecode.jobs.status import Status, worst
from xlogdecode.types import Sink, Source

if TYPE_CHECKING:
    from pathlib import Path

    from xlogdecode.cli.request import Asked
    from xlogdecode.jobs.report_file import ReportFile

__all__ = ["decode_command"]

MOST_THREADS = 8
"""Threads taken unless more are asked for."""


EPILOG = """\b
Exit status, the first that applies of 130, 2, 1, 4, 3, 0:
  0    all of it is whole
  1    an input gave nothing or could not be read; an output could not be written
  2    usage or configuration is wrong
  3    done, and some bytes were lost
  4    encrypted, and no key, or none that fits
  130  interrupted
\b
Examples:
  xlogdecode imsdk_20240101.xlog        text into imsdk_20240101.xlog.log
  xlogdecode case.zip                   each log of it into the folder case
  xlogdecode -r phones -o texts -u      a tree, every night
  xlogdecode -lr phones                 what is there
  xlogdecode -c a.xlog | less
  xlogdecode -c -p W -S 10:00 -U 11:00 a.xlog   what went wrong then
"""


@click.command(
    "decode",
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH|-...",
    type=click.Path(readable=False),  # what cannot be read stops no other
)
@decode_options
def decode_command(paths: tuple[str, ...], **asked: Any) -> int:
    """Turn xlog files into text.

    a.xlog becomes a.xlog.log beside it; the logs in case.zip go into the folder case; - is standard
    input, and its text goes to standard output. Archives (zip, tar, tar.gz, tar.zst, gz, zst) are
    told by what is in them.
    """
    modes = {name: asked.pop(name) for name in ("list_them", "as_json", "follow", "with_mmap")}
    report_path: str | None = asked.pop("report_path")
    given = take_filters(asked)
    _read_output(asked)
    reads = [("the key file", path) for path in asked["key_files"]]
    reads += [("the patterns", path) for path in (given.get("redact_patterns"),) if path]
    refuse_clashes(asked | modes | given | {"report": report_path})
    if STDIN in paths and sys.stdin.isatty():
        raise UsageError("standard input is a terminal: name a file, or pipe one in")
    _spare(reads, asked["output"])
    filters = _asked(given)
    found = expand(list(paths))
    if filters and (filters.count or (filters.merge and asked["output"] is None)):
        asked["to_stdout"] = True
    settings = _settings(asked, filters.as_form(found) if filters else Form(_decode_all))
    if modes["follow"]:
        from xlogdecode.cli.follow import follow

        return follow(found, settings, filters, with_mmap=modes["with_mmap"]).value
    if modes["list_them"]:
        from xlogdecode.cli.listing import list_logs

        return list_logs(found, settings, as_json=modes["as_json"]).value
    report = _report(report_path, found, settings, reads)
    if filters and filters.merge:
        from xlogdecode.cli.merge import MergedRun

        return _decode(MergedRun(found, settings, filters), report).value
    return _decode(Run(found, settings, report), report).value


def _read_output(asked: dict[str, Any]) -> None:
    """Tell a file from a folder that is yet to be made, and from standard output."""
    text = asked["output"]
    if text == STDIN:
        asked |= {"output": None, "to_stdout": True}
    elif text is not None:
        from pathlib import Path

        separators = tuple(filter(None, (os.sep, os.altsep)))
        asked |= {"output": Path(text), "in_folder": text.endswith(separators)}


def _spare(reads: list[tuple[str, str]], output: "Path | None") -> None:
    """Raise UsageError for an output in the place of a file that is read beside the logs."""
    if output is None or not output.is_file():
        return
    from xlogdecode.outputs import is_file_at

    for what, path in reads:
        if is_file_at(path, output.stat()):
            raise UsageError(f"{output}: is {what}: -o names another file")


def _asked(given: dict[str, Any]) -> "Asked | None":
    """Return what the filter options ask for, unless that is what decoding gives anyway."""
    if not given:
        return None
    from xlogdecode.cli.request import parse_asked

    asked = parse_asked(given, datetime.now().astimezone())
    return None if asked.is_plain else asked


def _settings(asked: dict[str, Any], form: Form) -> Settings:
    options = Options(
        keys=read_keys(asked.pop("key_files")),
        threads=asked.pop("threads") or min(os.cpu_count() or 1, MOST_THREADS),
        marks=not asked.pop("no_marks"),
        strict=asked.pop("strict"),
        dedup=asked.pop("dedup"),
    )
    return Settings(options, form, **asked)


def _decode_all(source: Source, sink: Sink, options: Options, name: str) -> Report:  # noqa: ARG001 - a Pour
    return decode(source, sink, options)


def _report(
    path: str | None, paths: list[str], settings: Settings, reads: list[tuple[str, str]]
) -> "ReportFile | None":
    if path is None:
        return None
    from xlogdecode.jobs.report_file import ReportFile

    report = ReportFile(path)
    report.keep_apart(paths, settings, reads)
    return report


def _decode(run: Run, report: "ReportFile | None") -> Status:
    voice = Voice(run.settings)
    statuses: list[Status] = []
    settings = run.settings
    with Progress(run.paths, settings) as progress:
        for outcome in run.outcomes(progress.on_read):
            with progress.aside():
                voice.tell(outcome)
            progress.end_file()
            statuses.append(outcome.status)
            if report is not None:
                report.add(outcome)
    say_notes(run.notes(), settings)
    if report is not None:
        report.write()
    return worst(statuses)
