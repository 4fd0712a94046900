"""`xlogdecode man`: one man page of all commands, made from what help is made from."""

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from textwrap import wrap

import click

from xlogdecode import __version__
from xlogdecode.cli.grouped_help import Command, project_address
from xlogdecode.cli.help_texts import HELP

__all__ = ["man"]

_ENVIRONMENT = {
    "XLOGDECODE_KEY": "A private key, 64 hex digits, for encrypted logs.",
    "NO_COLOR, CLICOLOR_FORCE": "Colors never, or also where no terminal is.",
    "PAGER": "The program that shows text of more than a screen.",
    "LANG": "summary gives meanings and advice in Chinese if it begins with zh.",
}


@click.command("man", cls=Command)
@click.pass_context
def man(context: click.Context) -> None:
    """Print the man page, in the language of man(7)."""
    root = context.find_root()
    if isinstance(root.command, click.Group):
        click.echo("\n".join(_page(root, root.command)))


def _page(root: click.Context, group: click.Group) -> Iterator[str]:
    yield f'.TH XLOGDECODE 1 "{_day()}" "xlogdecode {__version__}" "User Commands"'
    yield from (".SH NAME", f"xlogdecode \\- {_text('read Tencent Mars xlog files')}")
    yield ".SH SYNOPSIS"
    for usage, more in (
        ("[OPTIONS] PATH|-...", 1),
        ("COMMAND [OPTIONS] ...", 1),
        ("help [TOPIC]", 0),
    ):
        yield from (".B xlogdecode", _text(usage), *((".br",) if more else ()))
    yield from (".SH DESCRIPTION", _text(group.help or ""), ".SH COMMANDS")
    for name in group.list_commands(root):
        command = group.get_command(root, name)
        if isinstance(command, Command):
            yield from _command(click.Context(command, root, name), command)
    yield ".SH EXIT STATUS"
    yield _text("These hold for decode, summary and html; other commands list theirs above.")
    yield from _terms(HELP[""].statuses.items())
    yield ".SH ENVIRONMENT"
    yield from _terms(_ENVIRONMENT.items())
    yield ".SH EXAMPLES"
    yield from _examples("")
    yield from (".SH SEE ALSO", _text("xlogdecode help shows the manual."))
    if address := project_address():
        yield from (".br", _text(address))


def _command(context: click.Context, command: Command) -> Iterator[str]:
    yield f".SS {_word(' '.join(['xlogdecode', command.name or '', *_arguments(context)]))}"
    for number, paragraph in enumerate(re.split(r"\n\s*\n", command.help or "")):
        yield from (".PP",) if number else ()
        yield _text(" ".join(paragraph.split()))
    for heading, rows in command.option_groups(context).items():
        yield from (".PP", f".I {_word(heading)}:")
        yield from _terms(rows)
    texts = HELP[command.name or ""]
    if texts.statuses is not HELP[""].statuses:
        yield from (".PP", ".I Exit status:")
        yield from _terms(texts.statuses.items())
    yield from (".PP", ".I Examples:")
    yield from _examples(command.name or "")


def _arguments(context: click.Context) -> list[str]:
    return context.command.collect_usage_pieces(context)


def _examples(name: str) -> Iterator[str]:
    yield from _terms([(line, f"{meaning}.") for line, meaning in HELP[name].examples])


def _terms(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in rows:
        yield from (".TP", f".B {_word(term)}", _text(text))


def _text(text: str) -> str:
    """Return text that roff takes as it is, in lines of up to 80 bytes: no escapes, no requests."""
    escaped = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    lines = wrap(escaped, 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"\\&{line}" if line[0] in ".'" else line for line in lines)


def _word(text: str) -> str:
    """Return text for the line of a macro."""
    return " ".join(_text(text).split("\n"))


def _day() -> str:
    """Return the day of the newest release that the changelog names."""
    changes = (files("xlogdecode") / "manual/changelog.md").read_text("utf-8")
    found = re.search(r"\d{4}-\d\d-\d\d", changes)
    return found[0] if found else ""
