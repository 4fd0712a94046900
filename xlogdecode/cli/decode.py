"""`xlogdecode decode`, which is also what `xlogdecode FILE` runs."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from xlogdecode.cli.arguments import Arguments, request_of
from xlogdecode.cli.commands import refuse_commands
from xlogdecode.cli.common_options import path_arguments
from xlogdecode.cli.conflicts import refuse_conflicts
from xlogdecode.cli.decode_options import decode_options
from xlogdecode.cli.filter_options import parse_selection
from xlogdecode.cli.grouped_help import Command
from xlogdecode.cli.messages import Messages, say_what_is_missing
from xlogdecode.cli.run import run_batch
from xlogdecode.cli.streams import log_output, standard_output
from xlogdecode.errors import UsageError
from xlogdecode.inputs import STDIN, STDIN_NAME, expand
from xlogdecode.jobs.batch import Batch
from xlogdecode.jobs.exit_status import Status

if TYPE_CHECKING:
    from xlogdecode.cli.report import ReportFile
    from xlogdecode.jobs.request import Request
    from xlogdecode.jobs.selection import Selection
    from xlogdecode.types import Sink

__all__ = ["decode_command"]


@click.command("decode", cls=Command)
@path_arguments
@decode_options
@click.pass_context
def decode_command(context: click.Context, /, **given: Any) -> int:
    """Turn xlog files into text.

    a.xlog becomes a.xlog.log beside it; the logs in case.zip go into the folder case; - is standard
    input, and its text goes to standard output. Archives (zip, tar, tar.gz, tar.zst, gz, zst) are
    known by their content, not by their names.
    """
    arguments = Arguments(**given)
    refuse_conflicts(context.command, arguments)
    refuse_commands(arguments.paths)
    if STDIN in arguments.paths and sys.stdin.isatty():
        raise UsageError("standard input is a terminal; name a file, or pipe one in")
    _refuse_output(arguments)
    paths = expand(list(arguments.paths))
    selection = _selection(arguments, paths)
    if selection is not None and selection.is_one_stream:
        _refuse_stream(arguments)
    request = request_of(arguments, selection)
    report = _report(arguments, paths, request)
    messages = Messages(quiet=arguments.quiet, verbose=arguments.verbose, test=arguments.test)
    if arguments.verbose:
        say_what_is_missing()
    match arguments:
        case Arguments(follow=True):
            from xlogdecode.cli.follow import follow

            return follow(paths, request, with_mmap=arguments.with_mmap, quiet=arguments.quiet)
        case Arguments(list_them=True):
            from xlogdecode.cli.listing import list_logs

            batch = Batch(paths, request)
            return list_logs(batch, as_json=arguments.as_json, quiet=arguments.quiet)
        case Arguments(test=True):
            status = run_batch(Batch(paths, request), messages, report)
        case _:
            status = _decode(arguments, paths, request, messages, report)
    if arguments.redact_map and selection and selection.redactor:
        _write_map(arguments, selection.redactor.mapping())
    return status


def _decode(
    arguments: Arguments,
    paths: list[str],
    request: "Request",
    messages: Messages,
    report: "ReportFile | None",
) -> Status:
    """Decode to files, or to standard output; return the exit status."""
    output: AbstractContextManager[tuple[Sink, Request]]
    output = log_output(request, request.selection, pages=arguments.pages)
    if not arguments.prints_some:
        output = nullcontext((standard_output(), request))
    with output as (sink, seen):
        if arguments.merge:
            from xlogdecode.jobs.timeline import Timeline

            return run_batch(Timeline(paths, seen, sink), messages, report)
        reserve = None if report is None else report.reserve
        return run_batch(Batch(paths, seen, sink, reserve=reserve), messages, report)
    return Status.OK  # the user has left the pager before the end


def _refuse_stream(arguments: Arguments) -> None:
    """Raise UsageError where a format that is not text would be shown, or changed, as text."""
    other = "-F" if arguments.follow else "--utf8" if arguments.utf8 else ""
    if other:
        raise UsageError(f"{other} cannot be used with --format {arguments.form} (it is not text)")
    if arguments.prints_some and sys.stdout.isatty():
        raise UsageError(f"--format {arguments.form} is not text; write it to a file with -o")


def _refuse_output(arguments: Arguments) -> None:
    """Raise UsageError for an output in the place of a file that is read besides the logs."""
    if arguments.redact_map and os.path.lexists(arguments.redact_map) and not arguments.force:
        raise UsageError(f"{arguments.redact_map}: exists; -f replaces it")
    output = arguments.output_path
    if output is None or isinstance(output, str) or not output.is_file():
        return
    from xlogdecode.outputs import is_file_at

    for what, path in arguments.read_besides:
        if is_file_at(path, output.stat()):
            raise UsageError(f"{output}: is {what}; -o names another file")


def _write_map(arguments: Arguments, mapping: dict[str, str]) -> None:
    """Write the value of each placeholder, readable for the user alone."""
    import json

    from xlogdecode.platform.files import SaveFile

    path = arguments.redact_map or ""
    with SaveFile(path, secret=True, replace=arguments.force) as file:
        file.write(
            f"{json.dumps(mapping, ensure_ascii=False, indent=1)}\n".encode("utf-8", "replace")
        )


def _selection(arguments: Arguments, paths: list[str]) -> "Selection | None":
    """Return what the options select, unless that is what decoding gives anyway."""
    if not arguments.selects:
        return None
    sole = paths[0] if len(paths) == 1 else ""
    sole = STDIN_NAME if sole == STDIN else sole
    selection = parse_selection(arguments, datetime.now().astimezone(), sole)
    return None if selection.is_plain and not arguments.merge else selection


def _report(arguments: Arguments, paths: list[str], request: "Request") -> "ReportFile | None":
    if arguments.report_path is None:
        return None
    from xlogdecode.cli.report import ReportFile

    report = ReportFile(arguments.report_path)
    report.refuse_places(arguments, paths, request)
    return report
