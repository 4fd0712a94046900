"""The group of commands: `xlogdecode COMMAND`, and `xlogdecode FILE` for `decode`."""

import importlib
import os
import select
import stat
import sys
from io import StringIO
from typing import TYPE_CHECKING, Any

import click

from xlogdecode import __version__
from xlogdecode.cli import settle
from xlogdecode.cli.commands import COMMANDS, GROUP_OPTIONS, refuse_commands
from xlogdecode.cli.failures import status_of
from xlogdecode.cli.grouped_help import CommandGroup
from xlogdecode.cli.messages import without_keys
from xlogdecode.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Commands(CommandGroup):
    """Loads commands late, and takes `xlogdecode FILE` for `xlogdecode decode FILE`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Import the module of `cmd_name` and return its command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        settle()
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Send anything that names no command to `decode`, and nothing but a pipe as well."""
        if not args and not ctx.resilient_parsing and not sys.stdin.isatty():
            _refuse_silence()
            args = ["-"]
        if args and args[0] not in COMMANDS and args[0] not in GROUP_OPTIONS:
            if not ctx.resilient_parsing:
                refuse_commands(args[:1])
            args = ["decode", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete a first word: commands, and all that `decode` takes."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        decode = self.get_command(ctx, "decode")
        if decode is not None and incomplete.startswith("-"):
            inner = click.Context(decode, ctx, "decode", resilient_parsing=True)
            return found + decode.shell_complete(inner, incomplete)
        return [CompletionItem(incomplete, type="file"), *found]  # bash takes files only if first


_PATIENCE = 2000
"""Milliseconds that a pipe has to give its first byte where no argument was given."""


def _refuse_silence() -> None:
    """Raise UsageError where standard input has nothing: cron and ssh leave it so."""
    remedy = "name a file, or - to wait for standard input"
    number = sys.stdin.fileno()
    mode = os.fstat(number).st_mode
    if stat.S_ISCHR(mode):
        raise UsageError(f"standard input has no data; {remedy}")
    if stat.S_ISREG(mode) or not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(number, select.POLLIN)
    if not any(event & select.POLLIN for _, event in poll.poll(_PATIENCE)):
        raise UsageError(f"standard input has no data; {remedy}")


@click.group(cls=Commands)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """Read Tencent Mars xlog files; keep IM SDK log folders to seven days.

    `xlogdecode FILE...` is short for `xlogdecode decode FILE...`.
    """


def run(args: list[str] | None = None, **extra: Any) -> int:
    """Run the command line; return its exit status."""

    def work() -> int:
        try:
            status = cli.main(args=args, prog_name="xlogdecode", standalone_mode=False, **extra)
        except click.ClickException as error:
            text = StringIO()
            error.show(text)
            click.echo(without_keys(text.getvalue()), nl=False, err=True)
            return error.exit_code
        except click.Abort:
            raise KeyboardInterrupt from None
        return status if isinstance(status, int) else 0

    return status_of(work)
