"""`xlogdecode sweep`: prints the plan; with --delete, applies it."""

import mmap
import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlogdecode.cli.common_options import PathOption, color_option
from xlogdecode.cli.grouped_help import Command
from xlogdecode.cli.progress import Counting
from xlogdecode.cli.sweep_output import MANY, Printer, Stdout
from xlogdecode.errors import UsageError
from xlogdecode.platform.files import is_url
from xlogdecode.retention.apply import SweepOutcome
from xlogdecode.retention.guards import GuardError
from xlogdecode.retention.layouts import AUTO, LAYOUTS
from xlogdecode.retention.plan import Rule
from xlogdecode.retention.policy import EXAMPLE, Policy, Root, load_policy, parse_keep
from xlogdecode.retention.run import SweepOptions, local_now, run_sweep
from xlogdecode.retention.state import LockHeldError
from xlogdecode.when import parse_age, parse_size

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["sweep"]

REFUSED, LOCKED = 3, 75


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """The options of the work, as they were given; those of the output are not among them."""

    roots: tuple[str, ...]
    config: str | None
    layout: str | None
    liteav: bool
    keep: str | None
    keep_last: int | None
    max_total: str | None
    cross_mounts: bool
    force: bool
    delete: bool
    now: str | None
    missing_ok: bool
    max_delete: int | None
    at_most_every: str | None
    metrics: Path | None
    archive: Path | None
    state: Path | None
    executor: str | None
    scheduler: str


@click.command("sweep", cls=Command)
@click.argument("roots", nargs=-1, metavar="[ROOT]...")
@click.option("--delete", is_flag=True, help="Delete; without it only the plan is printed.")
@click.option(
    "--config", type=PathOption(), metavar="FILE", help="A policy (YAML) in place of ROOTs."
)
@click.option("--print-config", is_flag=True, help="Print a commented policy to begin with.")
@click.option(
    "--layout", type=click.Choice([AUTO, *LAYOUTS]), metavar="NAME",
    help="Look for this layout alone; xlogdecode layouts lists them.",
)  # fmt: skip
@click.option("--liteav", is_flag=True, help="Sweep the folders of LiteAV and TRTC as well.")
@click.option("--keep", metavar="AGE", help="Keep logs this long; 7d by default.")
@click.option("--keep-last", type=click.IntRange(0), metavar="N", help="Newest logs always kept.")
@click.option("--max-total", metavar="SIZE", help="A ceiling for each root, such as 2G.")
@click.option("--cross-mounts", is_flag=True, help="Sweep folders on other mounts than the root.")
@click.option("--max-delete", type=click.IntRange(0), metavar="N", help="Refuse to delete more.")
@click.option("--at-most-every", metavar="AGE", help="Do nothing if the last success is newer.")
@click.option("--missing-ok", is_flag=True, help="Roots that are missing or without logs are fine.")
@click.option("--archive", type=PathOption(path_type=Path), metavar="DIR", help="Move logs there.")
@click.option("--metrics", type=PathOption(path_type=Path), metavar="FILE", help="For Prometheus.")
@click.option("--state", type=PathOption(path_type=Path), metavar="DIR", help="For last run, lock.")
@click.option("--now", metavar="TIME", help="Take this, in ISO 8601, for the time.")
@click.option("--force", is_flag=True, help="Begin even if the clock seems wrong.")
@click.option(
    "--executor",
    type=click.Choice(["processes", "threads", "dask", "ray"]),
    help="Sweep many roots in processes or threads here, or on a cluster; show a line a root.",
)
@click.option("--scheduler", default="", metavar="ADDRESS", help="Of the cluster.")
@click.option("--json", "as_json", is_flag=True, help="Print an object a file, and a summary.")
@click.option("--summary", is_flag=True, help="Print a line a folder, not a line a file.")
@color_option()
@click.option("-v", "--verbose", is_flag=True, help="Print a line for each file, kept ones too.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but failures and warnings.")
def sweep(
    print_config: bool,  # noqa: FBT001 - click passes by name
    as_json: bool,  # noqa: FBT001
    summary: bool,  # noqa: FBT001
    verbose: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
    **given: Any,
) -> int:
    """Clear IM SDK logs older than seven days below each ROOT, in every layout known.

    Nothing is deleted without --delete.
    """
    if print_config:
        return print_text(EXAMPLE)
    request = SweepRequest(**given)
    options = replace(
        _options(request),
        lean=not as_json,
        only_warnings=quiet or request.executor is not None,
        most_kept=None if verbose or summary else MANY,
    )
    printer = Printer(
        as_json=as_json,
        quiet=quiet,
        dry_run=not request.delete,
        by_folder=summary,
        verbose=verbose,
        by_root=request.executor is not None,
    )
    if request.executor is not None and (summary or verbose):
        raise UsageError("--executor shows a line a root; leave --summary and --verbose out")
    try:
        return _sweep(request, options, printer)
    except GuardError as error:
        click.echo(f"xlogdecode: {error}; nothing was deleted", err=True)
        return REFUSED
    except LockHeldError as error:
        click.echo(f"xlogdecode: {error}", err=True)
        return LOCKED


def print_text(text: str) -> int:
    """Print `text`; return the exit status."""
    out = Stdout()
    out.write(text)
    out.flush()
    return int(out.failed)


def _sweep(request: SweepRequest, options: SweepOptions, printer: Printer) -> int:
    policy = _policy(request)
    with (
        _executor(request) as executor,
        _signals() as caught,
        Counting("files", quiet=options.only_warnings) as counting,
    ):

        def show(outcome: SweepOutcome) -> None:
            printer.show(outcome)
            counting.add()

        result = run_sweep(
            policy,
            options,
            show=show,
            warn=printer.warn,
            stop=lambda: caught[0] > 0,
            executor=executor,
        )
        number = caught[0]
    if result.skipped:
        printer.skipped(options.now)
    else:
        printer.total(result.totals, result.roots)
    if number:
        return 128 + number
    return int(not result.ok or printer.failed)


def _executor(request: SweepRequest) -> "AbstractContextManager[Executor | None]":
    if request.executor is None:
        if request.scheduler:
            raise UsageError("--scheduler needs --executor dask or ray")
        return nullcontext()
    from xlogdecode.jobs.executors import EXECUTORS, check_executor

    check_executor(request.executor, request.scheduler)
    opened: AbstractContextManager[Executor] = EXECUTORS[request.executor](request.scheduler, 0)
    return opened


def _options(request: SweepRequest) -> SweepOptions:
    every = request.at_most_every
    return SweepOptions(
        delete=request.delete,
        now=_moment(request.now),
        force=request.force,
        missing_ok=request.missing_ok,
        max_delete=request.max_delete,
        at_most_every=parse_age(every) if every is not None else None,
        metrics=request.metrics,
        archive=request.archive,
        state=request.state,
        policy_file=os.path.realpath(request.config) if request.config is not None else "",
    )


def _policy(request: SweepRequest) -> Policy:
    if request.config is not None:
        given = [
            f"--{name.replace('_', '-')}"
            for name in ("layout", "liteav", "keep", "keep_last", "max_total", "cross_mounts")
            if getattr(request, name) not in (None, False)
        ]
        if request.roots or given:
            first = given[0] if given else request.roots[0]
            raise UsageError(f"{first}: write it into {request.config} instead")
        return load_policy(request.config, force=request.force)
    if not request.roots:
        raise GuardError("no root; name a folder to sweep, or a policy with --config")
    if not all(os.path.isabs(root) or is_url(root) for root in request.roots):  # noqa: PTH117
        _expect_a_folder_to_be_in()
    rule = Rule(keep_last=request.keep_last or 0)
    if request.keep is not None:
        rule = Rule(parse_keep(request.keep, force=request.force), rule.keep_last)
    if request.max_total is not None:
        rule = Rule(rule.keep, rule.keep_last, parse_size(request.max_total))
    if not (rule.keep or rule.keep_last) or rule.max_total == 0:
        raise UsageError("that would keep nothing; give --keep or --keep-last more than 0")
    layout = request.layout or AUTO
    found = tuple(Root(root, layout, rule, literal=True) for root in request.roots)
    return Policy(found, request.liteav, request.cross_mounts)


def _expect_a_folder_to_be_in() -> None:
    try:
        os.getcwd()  # noqa: PTH109 - only whether there is one
    except OSError:
        raise UsageError("the current folder is gone; name each ROOT by its full path") from None


@contextmanager
def _signals() -> Iterator[mmap.mmap]:
    """Yield a byte that takes the number of a SIGTERM, SIGHUP or SIGINT, which end nothing then.

    It is memory that the processes of all shares have in common. A SIGHUP that is ignored, as
    `nohup` does, stays so.
    """
    caught = mmap.mmap(-1, 1)

    def note(number: int, _: object) -> None:
        caught[0] = number

    names = ("SIGTERM", "SIGINT", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    hang_up = getattr(signal, "SIGHUP", None)
    watched = [n for n in numbers if n != hang_up or signal.getsignal(n) is not signal.SIG_IGN]
    before = [signal.signal(number, note) for number in watched]
    try:
        yield caught
    finally:
        for number, handler in zip(watched, before, strict=True):
            signal.signal(number, handler)


def _moment(text: str | None) -> datetime:
    if text is None:
        return local_now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time; write it as 2026-01-31T12:00:00+08:00") from None
    if not 1970 < moment.year < 9999:  # at the calendar's ends a zone or a day more overflows
        raise UsageError(f"{text!r} is not a time to sweep at; write a year from 1971 to 9998")
    return moment if moment.tzinfo else moment.astimezone()
