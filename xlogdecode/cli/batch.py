"""`xlogdecode batch`: runs a job, and prints what came of it."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from xlogdecode.cli.common_options import PathOption
from xlogdecode.cli.grouped_help import Command
from xlogdecode.cli.keys import read_keys
from xlogdecode.cli.messages import say
from xlogdecode.cli.progress import Counting
from xlogdecode.errors import UsageError

if TYPE_CHECKING:
    from xlogdecode.inputs import Refusal
    from xlogdecode.jobs.batch_job import BatchJob
    from xlogdecode.jobs.nightly import Due
    from xlogdecode.jobs.nightly_decode import Outcome

__all__ = ["batch_command"]

LOCKED = 75


@click.command("batch", cls=Command)
@click.argument("job", required=False, metavar="JOB.yaml", type=PathOption())
@click.option("--print-config", is_flag=True, help="Print a commented job to begin with.")
@click.option("--dry-run", is_flag=True, help="List what would be decoded, and why.")
@click.option("--failures", is_flag=True, help="List inputs that gave nothing, and the reason.")
@click.option(
    "--partition-by",
    metavar="KEY,...",
    help="With Parquet: a Hive dataset by day, level, type, tag or layout.",
)
@click.option("--rebuild", is_flag=True, help="Decode all inputs again, also by other settings.")
@click.option("--metrics", type=PathOption(), metavar="FILE", help="Write metrics for Prometheus.")
@click.option(
    "-T", "--processes", type=click.IntRange(0, 256), metavar="N",
    help="Share the work among N processes; 0: as many as are of use.",
)  # fmt: skip
@click.option(
    "--executor",
    type=click.Choice(["processes", "threads", "dask", "ray"]),
    help="Do the work in processes (default) or threads here, or on a cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Of the cluster, as tcp://10.0.0.5:8786.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Print a line on each input.")
def batch_command(
    job: str | None,
    print_config: bool,  # noqa: FBT001 - click passes by name
    dry_run: bool,  # noqa: FBT001
    failures: bool,  # noqa: FBT001
    **given: Any,
) -> int:
    """Decode what is new in the sources of a job, every night.

    JOB.yaml says where logs come from, which records are wanted, and where they go. A manifest in
    the target knows what was decoded: a run takes what is new, has grown or changed, and may be
    killed at any moment.
    """
    if print_config:
        from xlogdecode.cli.sweep import print_text
        from xlogdecode.jobs.batch_file import EXAMPLE

        return print_text(EXAMPLE)
    if job is None:
        raise UsageError("no job: name its file; --print-config prints one to begin with")
    if failures and (dry_run or given["rebuild"]):
        raise UsageError("--failures decodes nothing; leave the other options out")
    return _list_failures(job) if failures else _run(_job(job, given), dry_run=dry_run, **given)


def _list_failures(job: str) -> int:
    from xlogdecode.jobs.nightly import dead_letters
    from xlogdecode.outputs.sanitize import shown

    for name, _, reason in dead_letters(job):
        click.echo(shown(f"{name}: {reason}"))
    return 0


def _run(
    job: "BatchJob", *, dry_run: bool, rebuild: bool, quiet: bool, verbose: bool, **_: Any
) -> int:
    from xlogdecode.jobs.nightly import batch
    from xlogdecode.platform.locks import LockHeldError

    with Counting("logs", quiet=quiet) as counting:

        def show(item: "Outcome | Refusal | Due") -> None:
            _show(item, quiet=quiet, verbose=verbose)
            counting.add()

        try:
            result = batch(job, dry_run=dry_run, rebuild=rebuild, show=show)
        except LockHeldError as error:
            say(str(error))
            return LOCKED
    if not quiet:
        say(_total(result, dry_run=dry_run))
    return result.status


def _job(path: str, given: Mapping[str, Any]) -> "BatchJob":
    """Return the job of a file, with what the command line says instead."""
    from xlogdecode.jobs.batch_file import load_job

    job, metrics, keys = load_job(path), given["metrics"], given["partition_by"]
    return job.with_options(
        keys=(*job.keys, *read_keys(())),
        metrics=None if metrics is None else os.path.abspath(metrics),  # noqa: PTH100
        partition_by=None if keys is None else tuple(map(str.strip, keys.split(","))),
        processes=given["processes"],
        executor=given["executor"],
        scheduler=given["scheduler"],
    )


def _show(item: "Outcome | Refusal | Due", *, quiet: bool, verbose: bool) -> None:
    """Print the line on an input, if it has one."""
    from xlogdecode.inputs import Refusal
    from xlogdecode.jobs.exit_status import Status
    from xlogdecode.jobs.nightly import Due
    from xlogdecode.jobs.nightly_decode import Outcome
    from xlogdecode.outputs.sanitize import shown

    printed = (Status.FAILED, Status.LOCKED) if quiet else tuple(Status)
    match item:
        case Due(seen, why):
            click.echo(shown(f"{seen.name}: {why}"))
        case Outcome(seen, _, status, reason) if reason and status in printed:
            say(f"{seen.name}: {reason}")
        case Outcome(seen, state) if verbose:
            say(f"{seen.name}: {state}")
        case Refusal():
            say(str(item))


def _total(result: Any, *, dry_run: bool) -> str:
    """Return the line on a run."""
    if dry_run:
        due = result.taken["due"]
        return f"{_logs(due)} would be decoded, {result.unchanged:,} unchanged; nothing was done"
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(result.taken.items()))
    taken = f"{_logs(result.taken.total())} decoded{f' ({states})' if states else ''}"
    text = f"{taken}, {result.unchanged:,} unchanged"
    if result.waiting:
        text += f"; {_logs(result.waiting)} gave nothing or not all so far, --failures lists them"
    return text


def _logs(number: int) -> str:
    return f"{number:,} {'log' if number == 1 else 'logs'}"
