"""`xlogdecode layouts`: the table of layouts, and the folders of logs below a root."""

import errno
import json
import shlex

import click

from xlogdecode.cli.common_options import PathOption, color_option
from xlogdecode.cli.grouped_help import Command
from xlogdecode.cli.messages import without_keys
from xlogdecode.cli.streams import table_look
from xlogdecode.cli.sweep_output import Stdout, readable, size_in_words
from xlogdecode.outputs.sanitize import shown
from xlogdecode.outputs.table import as_table
from xlogdecode.retention.discover import Discovery, FolderOfLogs, discover
from xlogdecode.retention.layouts import LAYOUTS

__all__ = ["layouts"]

FEW = 5
"""Roots that are worth a command; more of them, a policy."""


@click.command("layouts", cls=Command)
@click.argument("roots", nargs=-1, metavar="[ROOT]...", type=PathOption())
@click.option("--liteav", is_flag=True, help="Look for the logs of LiteAV and TRTC as well.")
@click.option("--json", "as_json", is_flag=True, help="Print an object a folder.")
@click.option("--print-config", is_flag=True, help="Print a policy that sweeps these folders.")
@color_option()
def layouts(
    roots: tuple[str, ...],
    liteav: bool,  # noqa: FBT001 - click passes by name
    as_json: bool,  # noqa: FBT001
    print_config: bool,  # noqa: FBT001
) -> int:
    """Print where the SDK keeps its logs; for a ROOT, the folders below it that hold logs.

    Looks up to 16 levels down, follows no links, and names the command that sweeps them.
    """
    out = Stdout()
    if not roots:
        _print_table(out)
    found: list[FolderOfLogs] = []
    complete, failed = True, False
    for root in roots:
        try:
            discovery = discover(root, liteav=liteav)
        except (OSError, ValueError) as error:
            click.echo(without_keys(f"xlogdecode: {shown(root)}: {_in_words(error)}"), err=True)
            failed = True
            continue
        complete &= discovery.complete
        found += discovery.folders
        if not discovery.folders and not as_json and not print_config:
            out.write(f"{shown(root)}: no logs found\n")
    if not complete:
        click.echo(
            "xlogdecode: warning: too many folders to look at all; name deeper ones", err=True
        )
    if found:
        _print_folders(
            Discovery(found, complete, liteav), out, as_json=as_json, config=print_config
        )
    out.flush()
    return int(failed or out.failed or (print_config and not found))


def _print_folders(discovery: Discovery, out: Stdout, *, as_json: bool, config: bool) -> None:
    if as_json:
        for folder in discovery.folders:
            out.write(json.dumps(_object(folder)) + "\n")
        return
    if config:
        liteav = "liteav: true\n" if discovery.liteav else ""
        out.write(f"keep: 7d\n{liteav}roots:\n")
        for path, layout, names in discovery.roots():
            out.write(f"  - path: {json.dumps(path)}\n    layout: {layout}\n")
            if names:
                out.write(f"    names: {json.dumps(names)}\n")
        return
    rows = [
        (f.path, f.layout or "-", str(f.logs), size_in_words(f.size), str(f.oldest), str(f.newest))
        for f in discovery.folders
    ]
    heads = ("folder", "layout", "logs", "size", "oldest", "newest")
    out.write(as_table([heads, *rows], right={2, 3}, spare=(4, 3, 2), look=table_look()))
    roots = sorted({folder.root for folder in discovery.folders})
    if len(roots) <= FEW and all(folder.layout for folder in discovery.folders):
        liteav = "--liteav " if discovery.liteav else ""
        out.write(f"to sweep them: xlogdecode sweep {liteav}{shown(shlex.join(roots))}\n")
    else:
        out.write("to sweep them: add --print-config > FILE, then xlogdecode sweep --config FILE\n")


def _object(folder: FolderOfLogs) -> dict[str, object]:
    return {
        "folder": readable(folder.path),
        "layout": folder.layout or None,
        "root": readable(folder.root),
        "logs": folder.logs,
        "bytes": folder.size,
        "oldest": folder.oldest.isoformat(),
        "newest": folder.newest.isoformat(),
        "names": [readable(name) for name in folder.names],
    }


def _print_table(out: Stdout) -> None:
    rows = [
        ("" if number else row.name, "" if number else row.sdk, directory or "the root itself")
        for row in LAYOUTS.values()
        for number, directory in enumerate(row.directories)
    ]
    heads = ("layout", "SDK", "folder below the root")
    out.write(as_table([heads, *rows], spare=(1,), look=table_look()))


_REMEDIES = {
    errno.ENOENT: "name a folder that exists",
    errno.ENOTDIR: "name a folder",
    errno.EACCES: "run this as a user who may read it",
}


def _in_words(error: OSError | ValueError) -> str:
    """Return the system's reason why a folder is not read, and the remedy where it is known."""
    if not isinstance(error, OSError) or not error.strerror:
        return "cannot be read"
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{error.strerror}: {remedy}" if remedy else error.strerror
