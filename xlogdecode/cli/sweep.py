"""`xlogdecode sweep`: prints the plan; with --delete, carries it out."""

import mmap
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from xlogdecode.cli.paths import Place
from xlogdecode.cli.sweep_output import Printer, Stdout
from xlogdecode.errors import UsageError
from xlogdecode.platform.files import write_durably
from xlogdecode.platform.forks import usable_processors
from xlogdecode.retention.apply import Outcome, Verdict, carry_out, iter_outcomes
from xlogdecode.retention.guards import GuardError
from xlogdecode.retention.in_use import choose_watch
from xlogdecode.retention.layouts import AUTO, LAYOUTS
from xlogdecode.retention.plan import Rule
from xlogdecode.retention.policy import EXAMPLE, Policy, Root, load_policy
from xlogdecode.retention.state import LockHeldError, State
from xlogdecode.retention.sweep import Sweep
from xlogdecode.retention.totals import Tally
from xlogdecode.retention.workers import CAN_SHARE, Share, share_out
from xlogdecode.when import parse_age, parse_size

__all__ = ["sweep"]

REFUSED, LOCKED = 3, 75

MOST_SHARES = 4
"""Processes that delete at once when nothing is to be printed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line asked for, but for what is to be swept."""

    delete: bool
    force: bool
    now: datetime
    max_delete: int | None
    metrics: Path | None
    archive: Path | None


@click.command("sweep", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("roots", nargs=-1, metavar="[ROOT]...")
@click.option("--delete", is_flag=True, help="Delete; without it the plan is printed, that is all.")
@click.option("--config", type=Place(), metavar="FILE", help="A policy (YAML) in place of ROOTs.")
@click.option("--print-config", is_flag=True, help="Print a commented policy to begin with.")
@click.option("--layout", type=click.Choice([AUTO, *LAYOUTS]), help="Look for this layout alone.")
@click.option("--liteav", is_flag=True, help="Sweep the folders of LiteAV and TRTC as well.")
@click.option("--keep", metavar="AGE", help="Keep logs this long; 7d by default.")
@click.option("--keep-last", type=click.IntRange(0), metavar="N", help="Newest logs always kept.")
@click.option("--max-total", metavar="SIZE", help="A ceiling for each root, such as 2G.")
@click.option("--max-delete", type=click.IntRange(0), metavar="N", help="Refuse to delete more.")
@click.option("--missing-ok", is_flag=True, help="A root that is not there is no failure.")
@click.option("--archive", type=Place(path_type=Path), metavar="DIR", help="Move logs there.")
@click.option("--metrics", type=Place(path_type=Path), metavar="FILE", help="For Prometheus.")
@click.option("--state", type=Place(path_type=Path), metavar="DIR", help="For last run, lock.")
@click.option("--now", metavar="TIME", help="Take this, in ISO 8601, for the time.")
@click.option("--force", is_flag=True, help="Begin even if the clock seems wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print an object a file, and a summary.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but failures.")
def sweep(
    roots: tuple[str, ...],
    config: str | None,
    print_config: bool,  # noqa: FBT001 - click passes by name
    missing_ok: bool,  # noqa: FBT001
    state: Path | None,
    now: str | None,
    as_json: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
    **asked: Any,
) -> int:
    """Clear IM SDK logs older than seven days below each ROOT, in every layout known.

    Nothing is deleted without --delete. Exit status: 0; 1 if something failed; 2 for wrong usage or
    a wrong policy; 3 if a guard refused; 75 if another sweep holds the lock.
    """
    if print_config:
        out = Stdout()
        out.write(EXAMPLE)
        out.flush()
        return int(out.failed)
    settings = Settings(
        now=_moment(now), **{name: asked.pop(name) for name in Settings.__slots__ if name in asked}
    )
    printer = Printer(as_json=as_json, quiet=quiet, dry_run=not settings.delete)
    try:
        policy = _policy(roots, config, asked)
        memory = State(state, [os.path.realpath(config)] if config is not None else _names(policy))
        with memory.locked() if settings.delete else nullcontext():
            return _run(Sweep(policy, settings.now, missing_ok), settings, memory, printer)
    except GuardError as error:
        click.echo(f"xlogdecode: {error}; nothing was deleted", err=True)
        return REFUSED
    except LockHeldError as error:
        click.echo(f"xlogdecode: {error}", err=True)
        return LOCKED


def _policy(roots: tuple[str, ...], config: str | None, asked: dict[str, Any]) -> Policy:
    if config is not None:
        given = [
            f"--{name.replace('_', '-')}"
            for name, value in asked.items()
            if value is not None and value is not False
        ]
        if roots or given:
            raise UsageError(f"{given[0] if given else roots[0]}: write it into {config} instead")
        return load_policy(config)
    if not roots:
        raise GuardError("no root: name a folder to sweep, or a policy with --config")
    if not all(map(os.path.isabs, roots)):
        _expect_a_folder_to_be_in()
    rule = Rule(keep_last=asked["keep_last"] or 0)
    if asked["keep"] is not None:
        rule = Rule(parse_age(asked["keep"]), rule.keep_last)
    if asked["max_total"] is not None:
        rule = Rule(rule.keep, rule.keep_last, parse_size(asked["max_total"]))
    if not (rule.keep or rule.keep_last) or rule.max_total == 0:
        raise UsageError("that would keep nothing: give --keep or --keep-last more than 0")
    layout = asked["layout"] or AUTO
    found = tuple(Root(root, layout, rule, literal=True) for root in roots)
    return Policy(found, asked["liteav"])


def _expect_a_folder_to_be_in() -> None:
    try:
        os.getcwd()  # noqa: PTH109 - only whether there is one
    except OSError:
        raise UsageError("the current folder is gone: name each ROOT by its whole path") from None


def _names(policy: Policy) -> list[str]:
    return sorted({os.path.realpath(root.path) for root in policy.roots})


def _run(job: Sweep, settings: Settings, memory: State, printer: Printer) -> int:
    started = time.monotonic()
    tally = Tally()
    refused = True
    try:
        job.check(last_run=memory.last_run(), force=settings.force, limit=settings.max_delete)
        refused = False
        if settings.delete:
            memory.remember(last_run=settings.now)
        with _signals() as caught:
            for failure in _carried_out(job, settings, tally, printer, stop=lambda: caught[0] > 0):
                printer.show(failure)
            number = caught[0]
        printer.total(tally)
        failed = bool(tally.files[Verdict.FAILED])
        if settings.delete and not failed and not number:
            memory.remember(last_success=settings.now)
    finally:
        if settings.delete and settings.metrics:
            text = tally.metrics(
                seconds=time.monotonic() - started,
                last_success=memory.last_success(),
                refused=refused,
            )
            _write_metrics(settings.metrics, text)
    return 128 + number if number else int(failed or printer.failed)


def _carried_out(
    job: Sweep, settings: Settings, tally: Tally, printer: Printer, *, stop: Callable[[], bool]
) -> Iterator[Outcome]:
    """Carry the sweep out and count it; yield the outcomes that are to be shown."""
    dry_run = not settings.delete
    archive = _archive(settings.archive)
    shares = min(usable_processors(), MOST_SHARES) if CAN_SHARE and job.can_be_shared else 1
    if dry_run or archive or not printer.quiet or shares == 1:
        for outcome in iter_outcomes(job.decisions(), dry_run=dry_run, archive=archive, stop=stop):
            tally.add([outcome])
            yield outcome
        return

    def work(share: Share) -> Iterator[list[Outcome]]:
        watch = choose_watch()
        for decisions in job.batches(share):
            yield carry_out(decisions, watch=watch, stop=stop)

    for count in share_out(work, shares):
        tally.merge(count.tally)
        yield from count.failures


@contextmanager
def _signals() -> Iterator[mmap.mmap]:
    """Yield a byte that takes the number of a SIGTERM or SIGINT, which end nothing meanwhile.

    It is memory that the processes of all shares have in common.
    """
    caught = mmap.mmap(-1, 1)

    def note(number: int, _: object) -> None:
        caught[0] = number

    watched = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, note) for number in watched]
    try:
        yield caught
    finally:
        for number, handler in zip(watched, before, strict=True):
            signal.signal(number, handler)


def _archive(folder: Path | None) -> Any:
    if folder is None:
        return None
    from xlogdecode.retention.archive import MonthlyArchive

    return MonthlyArchive(folder)


def _write_metrics(path: Path, text: str) -> None:
    try:
        write_durably(path, text, mode=0o644)  # who watches is somebody else
    except OSError as error:
        why = f"metrics not written: {error.strerror}: choose another file with --metrics"
        click.echo(f"xlogdecode: {path}: {why}", err=True)


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now().astimezone()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time: write it as 2026-01-31T12:00:00+08:00") from None
    if not 1970 < moment.year < 9999:  # at the calendar's ends a zone or a day more overflows
        raise UsageError(f"{text!r} is no time to sweep at: write a year from 1971 to 9998")
    return moment if moment.tzinfo else moment.astimezone()
