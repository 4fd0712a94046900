"""`xlogdecode layouts`: the table of layouts, and which of them a root has."""

import errno
from dataclasses import dataclass, replace
from datetime import date

import click

from xlogdecode.cli.sweep_output import Stdout, size_in_words
from xlogdecode.outputs.sanitize import shown
from xlogdecode.outputs.table import as_table
from xlogdecode.retention.layouts import AUTO, LAYOUTS
from xlogdecode.retention.scan import Candidate, EntryKind, scan

__all__ = ["layouts"]


@dataclass(frozen=True, slots=True)
class FolderContents:
    """What one folder holds."""

    layout: str
    logs: int = 0
    size: int = 0
    oldest: date = date.max
    newest: date = date.min

    def and_also(self, candidate: Candidate) -> "FolderContents":
        """Return this with one more file."""
        day = candidate.log.day if candidate.log else None
        if candidate.kind is not EntryKind.FILE or day is None:
            return self
        return replace(
            self,
            logs=self.logs + 1,
            size=self.size + candidate.size,
            oldest=min(self.oldest, day),
            newest=max(self.newest, day),
        )


@click.command("layouts", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("roots", nargs=-1, metavar="[ROOT]...")
@click.option("--layout", type=click.Choice([AUTO, *LAYOUTS]), default=AUTO)
@click.option("--liteav", is_flag=True, help="Look for the folders of LiteAV and TRTC as well.")
def layouts(
    roots: tuple[str, ...],
    layout: str,
    liteav: bool,  # noqa: FBT001 - click passes by name
) -> int:
    """Print where the SDK keeps its logs; for a ROOT, which of these folders it has."""
    out = Stdout()
    failed = False
    if not roots:
        _print_table(out)
    for root in roots:
        failed |= _print_found(root, layout, out, liteav=liteav)
    out.flush()
    return int(failed or out.failed)


def _print_table(out: Stdout) -> None:
    rows = [
        ("" if number else row.name, "" if number else row.sdk, directory or "the root itself")
        for row in LAYOUTS.values()
        for number, directory in enumerate(row.directories)
    ]
    out.write(as_table([("layout", "SDK", "folder below the root"), *rows]))


def _print_found(root: str, layout: str, out: Stdout, *, liteav: bool) -> bool:
    folders: dict[str, FolderContents] = {}
    failed = False
    for candidate in scan(root, layout=layout, liteav=liteav):
        here = candidate.directory
        if candidate.kind is EntryKind.UNREADABLE:
            failed = True
            why = _in_words(candidate.error)
            click.echo(f"xlogdecode: {shown(candidate.shown)}: {why}", err=True)
        elif here.identity:
            found = folders.get(here.shown, FolderContents(here.layout))
            folders[here.shown] = found.and_also(candidate)
    with_logs = [(path, found) for path, found in folders.items() if found.logs]
    if not with_logs and not failed:
        out.write(f"{shown(root)}: no logs in any layout looked for\n")
    if with_logs:
        rows = [
            (
                f.layout,
                str(f.logs),
                size_in_words(f.size),
                str(f.oldest),
                str(f.newest),
                p,
            )
            for p, f in with_logs
        ]
        head = ("layout", "logs", "size", "oldest", "newest", "folder")
        out.write(as_table([head, *rows]))
    return failed


_REMEDIES = {
    errno.ENOENT: "name a folder that exists",
    errno.ENOTDIR: "name a folder",
    errno.EACCES: "run this as a user who may read it",
}


def _in_words(error: OSError | None) -> str:
    """Return what the system said of a folder, and what to do about it where that is known."""
    if error is None or not error.strerror:
        return "cannot be read"
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{error.strerror}: {remedy}" if remedy else error.strerror
