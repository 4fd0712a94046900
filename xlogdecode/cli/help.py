"""`xlogdecode help`: the manual in the terminal."""

import shutil
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable

import click

from xlogdecode.cli.commands import COMMANDS
from xlogdecode.cli.grouped_help import Command, project_address
from xlogdecode.cli.markdown import heading_of, rendered
from xlogdecode.cli.streams import has_colour
from xlogdecode.errors import UsageError
from xlogdecode.outputs.table import as_table

__all__ = ["help_command"]

_WIDEST = 100
_FEW = 3


@click.command("help", cls=Command)
@click.argument("topic", required=False)
@click.pass_context
def help_command(context: click.Context, topic: str | None) -> None:
    """Show a page of the manual, or the help of a command.

    Without a TOPIC, print the list of both.
    """
    pages = _pages()
    if topic not in pages and f"zh/{topic}" in pages:
        topic = f"zh/{topic}"
    if topic is None:
        click.echo(_contents(pages))
    elif topic in pages:
        _show(rendered(pages[topic].read_text("utf-8"), _width()))
    elif topic in COMMANDS:
        root = context.find_root()
        group = root.command
        if isinstance(group, click.Group) and (command := group.get_command(root, topic)):
            click.echo(command.get_help(click.Context(command, root, topic)))
    else:
        raise UsageError(_unknown(topic, pages))


def _pages() -> dict[str, Traversable]:
    """Return the pages of the manual that is installed, by topic."""
    manual = files("xlogdecode") / "manual"
    found = {page.name: page for page in manual.iterdir()}
    chinese = found.get("zh")
    if chinese is not None:
        found |= {f"zh/{page.name}": page for page in chinese.iterdir()}
    return {name.removesuffix(".md"): page for name, page in sorted(found.items()) if ".md" in name}


def _contents(pages: dict[str, Traversable]) -> str:
    rows = [(topic, heading_of(page.read_text("utf-8"))) for topic, page in pages.items()]
    lines = [
        "Pages of the manual; xlogdecode help TOPIC shows one:\n",
        *(f"  {line}" for line in as_table(rows).splitlines()),
        f"\nCommands; xlogdecode help COMMAND shows the help of one:\n\n  {', '.join(COMMANDS)}",
    ]
    if address := project_address():
        lines.append(f"\nThe project: {address}")
    return "\n".join(lines)


def _unknown(topic: str, pages: dict[str, Traversable]) -> str:
    """Return the message on what is not a topic: the nearest one, or pages that have the word."""
    import difflib

    word, names = topic.removesuffix(".md"), [*COMMANDS, *pages]
    close = [name for name in names if word and word in name]
    close += difflib.get_close_matches(word, names, 1, 0.7)
    counts = {
        name: page.read_text("utf-8").lower().count(word.lower())
        for name, page in pages.items()
        if name != "changelog" and not name.startswith("zh/")
    }
    found = sorted(filter(counts.get, counts), key=lambda name: -counts[name])[:_FEW]
    hint = "xlogdecode help lists all"
    if close:
        hint = f"did you mean {close[0]}?"
    elif found:
        hint = f"these pages have the word: {', '.join(found)}"
    return f"{topic}: is not a page of the manual or a command; {hint}"


def _width() -> int:
    return min(_WIDEST, shutil.get_terminal_size((80, 24)).columns)


def _show(text: str) -> None:
    """Print a page, in a pager where a person sits before a terminal."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        from xlogdecode.cli.pager import Pager

        shown = text if has_colour(sys.stdout) else click.unstyle(text)
        with Pager() as pager:
            pager.write(shown.encode())
    else:
        click.echo(text, nl=False)
