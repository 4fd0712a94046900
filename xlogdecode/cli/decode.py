"""`xlogdecode decode`, which is also what `xlogdecode FILE` runs."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from xlogdecode.cli.keys import KEY_REMEDY, read_keys
from xlogdecode.cli.status import Status, of_report, worst
from xlogdecode.decode import DamagedError, Options, decode
from xlogdecode.errors import InputError, MissingExtraError, OutputError, UsageError
from xlogdecode.inputs import STDIN, open_input
from xlogdecode.outputs import OpenFile, SaveFile, log_beside, open_output
from xlogdecode.report import Report

__all__ = ["decode_command"]

MOST_THREADS = 8
"""Threads taken unless more are asked for."""

SHOWN = 3
"""Losses of an input that are told one by one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line asked for."""

    options: Options
    to_stdout: bool
    output: Path | None
    force: bool
    remove: bool
    quiet: bool
    verbose: bool


@click.command("decode", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH|-...")
@click.option("-c", "--stdout", "to_stdout", is_flag=True, help="Write to standard output.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to this file.",
)
@click.option("-f", "--force", is_flag=True, help="Write over an output that exists.")
@click.option("--rm", "remove", is_flag=True, help="Remove a source once all of it is decoded.")
@click.option(
    "-T",
    "--threads",
    type=click.IntRange(0, 256),
    default=0,
    metavar="N",
    help="Decode with N threads; 0, the default, takes one a core.",
)
@click.option("--key-file", metavar="FILE", help="Private keys, 64 hex digits a line.")
@click.option("--no-marks", is_flag=True, help="Leave out the lines that say what was lost.")
@click.option("--dedup", is_flag=True, help="Write a block that stands there twice only once.")
@click.option("--strict", is_flag=True, help="Stop a file at its first damage; leave no output.")
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what came of each input, a JSON object a line.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say what came of each input, even with -c.")
def decode_command(
    paths: tuple[str, ...],
    report_path: Path | None,
    threads: int,
    key_file: str | None,
    no_marks: bool,  # noqa: FBT001 - click passes by name
    strict: bool,  # noqa: FBT001
    dedup: bool,  # noqa: FBT001
    **asked: Any,
) -> int:
    """Turn xlog files into text: a.xlog into a.xlog.log beside it, - into standard output."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no hidden file stays behind
    options = Options(
        keys=read_keys(key_file),
        threads=threads or min(os.cpu_count() or 1, MOST_THREADS),
        marks=not no_marks,
        strict=strict,
        dedup=dedup,
    )
    settings = Settings(options, **asked)
    if settings.output is not None and len(paths) > 1:
        raise UsageError("-o takes the text of one input: leave it out, or name one input")
    statuses: list[Status] = []
    entries: list[dict[str, Any]] = []
    for path in paths:
        status, report = _decode_one(path, settings)
        statuses.append(status)
        entries.append({"source": path, "status": status.value, **report.as_dict()})
    if report_path is not None:
        import json  # most runs write none

        with SaveFile(report_path, replace=True) as file:
            for entry in entries:
                file.write(json.dumps(entry).encode() + b"\n")
    return worst(statuses).value


def _decode_one(path: str, settings: Settings) -> tuple[Status, Report]:
    """Decode one input to where it is to go, and say what came of it."""
    report = Report()
    try:
        with open_input(path) as source:
            if settings.to_stdout or (path == STDIN and settings.output is None):
                target = None
                report = decode(source, _stdout(), settings.options)
            else:
                target = settings.output or log_beside(Path(path))
                origin = None if path == STDIN else Path(path)
                with open_output(target, source=origin, replace=settings.force) as file:
                    report = decode(source, file, settings.options)
                    if (not report.bytes_out and not report.is_whole) or _is_plain(report):
                        file.discard()
    except (InputError, OutputError, MissingExtraError) as error:
        _say(str(error))
        return Status.FAILED, report
    except DamagedError as error:
        _say(f"{path}: {error}")
        return Status.LOST, report
    status = of_report(report)
    _tell(path, target, report, status, settings)
    if settings.remove and status is Status.WHOLE and target is not None and path != STDIN:
        Path(path).unlink()
    return status, report


def _is_plain(report: Report) -> bool:
    """Tell whether the input was nothing but text, so that a copy of it would be no use."""
    return bool(report.plain_text) and report.bytes_out == report.plain_text and report.is_whole


def _stdout() -> OpenFile:
    sys.stdout.flush()
    return OpenFile(sys.stdout.fileno(), "standard output")


def _tell(
    path: str, target: Path | None, report: Report, status: Status, settings: Settings
) -> None:
    """Say what came of an input: a line, and one for each of the first losses."""
    if settings.quiet and status is not Status.FAILED:
        return
    if status is Status.WHOLE and target is None and not settings.verbose:
        return
    if report.gave_nothing and not report.blocks:
        _say(f"{path}: no xlog file: {report.losses[0]}")
        return
    arrow = "" if target is None or not target.exists() else f" -> {target}"
    if target is not None and _is_plain(report):
        arrow = "; -c prints it"
    _say(f"{path}: {report.summary()}{arrow}")
    for loss in report.losses[:SHOWN]:
        _say(f"{path}: {loss}{'; ' + KEY_REMEDY if loss.locked_blocks else ''}")
    if len(report.losses) > SHOWN:
        _say(f"{path}: and {len(report.losses) - SHOWN} more: --report FILE lists them")


def _say(line: str) -> None:
    click.echo(f"xlogdecode: {line}", err=True)
