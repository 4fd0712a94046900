"""`xlogdecode decode`, which is also what `xlogdecode FILE` runs."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from xlogdecode.cli.decode_options import decode_options
from xlogdecode.cli.help import GroupedCommand
from xlogdecode.cli.keys import read_keys
from xlogdecode.cli.progress import Progress
from xlogdecode.cli.run import Run
from xlogdecode.cli.settings import Settings
from xlogdecode.cli.status import Status, worst
from xlogdecode.cli.voice import Voice, say_notes
from xlogdecode.cli.work import Outcome
from xlogdecode.decode import Options, decode
from xlogdecode.errors import UsageError
from xlogdecode.inputs import STDIN, expand
from xlogdecode.outputs import SaveFile

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
"""


@click.command(
    "decode",
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH|-...", type=click.Path())
@decode_options
def decode_command(paths: tuple[str, ...], **asked: Any) -> int:
    """Turn xlog files into text.

    a.xlog becomes a.xlog.log beside it; the logs in case.zip go into the folder case; - is standard
    input, and its text goes to standard output. Archives (zip, tar, tar.gz, tar.zst, gz, zst) are
    told by what is in them.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no hidden file stays behind
    modes = {name: asked.pop(name) for name in ("list_them", "as_json", "follow", "with_mmap")}
    report_path: Path | None = asked.pop("report_path")
    settings = _settings(asked)
    _refuse_what_cannot_be(paths, settings, modes)
    if modes["follow"]:
        from xlogdecode.cli.following import follow

        return follow(paths[0], settings, with_mmap=modes["with_mmap"]).value
    if modes["list_them"]:
        from xlogdecode.cli.listing import list_logs

        return list_logs(expand(list(paths)), settings, as_json=modes["as_json"]).value
    return _decode(expand(list(paths)), settings, report_path).value


def _settings(asked: dict[str, Any]) -> Settings:
    options = Options(
        keys=read_keys(asked.pop("key_file")),
        threads=asked.pop("threads") or min(os.cpu_count() or 1, MOST_THREADS),
        marks=not asked.pop("no_marks"),
        strict=asked.pop("strict"),
        dedup=asked.pop("dedup"),
    )
    pour = decode  # what filters on the way takes its place, and its arguments
    return Settings(options, pour, **asked)


def _refuse_what_cannot_be(
    paths: tuple[str, ...], settings: Settings, modes: dict[str, bool]
) -> None:
    if STDIN in paths and sys.stdin.isatty():
        raise UsageError("standard input is a terminal: name a file, or pipe one in")
    if settings.to_stdout and settings.output is not None:
        raise UsageError("-c and -o are two places: leave one of them out")
    if modes["follow"] + modes["list_them"] + settings.test > 1:
        raise UsageError("-l, -t and -F are three things: ask for one of them")
    if modes["as_json"] and not modes["list_them"]:
        raise UsageError("--json is how -l shows its table: add -l")
    if modes["with_mmap"] and not modes["follow"]:
        raise UsageError("--with-mmap is part of -F: add -F, or name the crash buffer itself")
    if modes["follow"] and (len(paths) > 1 or settings.recursive or settings.output is not None):
        raise UsageError("-F follows one log to standard output: name that log alone")


def _decode(paths: list[str], settings: Settings, report_path: Path | None) -> Status:
    run, voice = Run(paths, settings), Voice(settings)
    statuses: list[Status] = []
    entries: list[dict[str, Any]] = []
    with Progress(paths, settings) as progress:
        for outcome in run.outcomes(progress.on_read):
            with progress.aside():
                voice.tell(outcome)
            progress.end_file()
            statuses.append(outcome.status)
            if report_path is not None:
                entries.append(_as_dict(outcome))
    say_notes(run.notes(), settings)
    if report_path is not None:
        import json  # most runs write none

        with SaveFile(report_path, replace=True) as file:
            for entry in entries:
                file.write(json.dumps(entry).encode() + b"\n")
    return worst(statuses)


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "source": outcome.name,
        "status": outcome.status.value,
        "error": outcome.error or None,
        **outcome.report.as_dict(),
    }
