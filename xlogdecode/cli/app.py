"""The group of commands, and `run`, which turns exceptions into exit statuses."""

import contextlib
import gc
import importlib
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from xlogdecode import __version__
from xlogdecode.errors import UsageError, XlogError
from xlogdecode.outputs.sanitize import shown

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "decode": "xlogdecode.cli.decode:decode_command",
    "summary": "xlogdecode.cli.summary:summary_command",
    "lnav": "xlogdecode.cli.lnav:lnav_command",
    "sweep": "xlogdecode.cli.sweep:sweep",
    "layouts": "xlogdecode.cli.layouts:layouts",
    "encode": "xlogdecode.cli.encode:encode",
    "keygen": "xlogdecode.cli.keygen:keygen",
}
"""Command -> where its click command lives; imported only when it is run."""

GROUP_OPTIONS = {"--help", "-h", "--version", "-V"}


class Commands(click.Group):
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
        gc.freeze()  # looking for garbage in what stays took a tenth of a short run
        gc.enable()
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Send anything that names no command to `decode`, and nothing but a pipe as well."""
        if not args and not ctx.resilient_parsing and not sys.stdin.isatty():
            args = ["-"]
        if args and args[0] not in COMMANDS and args[0] not in GROUP_OPTIONS:
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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """Read Tencent Mars xlog files; keep IM SDK log folders to seven days.

    `xlogdecode FILE...` is short for `xlogdecode decode FILE...`.
    """


def run(args: list[str] | None = None, **extra: Any) -> NoReturn:
    """Run the command line and leave with its exit status (the table stands in the README)."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no hidden file stays behind
    try:
        status = cli.main(args=args, prog_name="xlogdecode", standalone_mode=False, **extra)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except XlogError as error:
        click.echo(f"xlogdecode: {error}", err=True)
        status = 2 if isinstance(error, UsageError) else 1
    except OSError as error:
        if error.filename is None:
            status = _end_output(error)
        else:
            click.echo(f"xlogdecode: {shown(str(error.filename))}: {error.strerror}", err=True)
            status = 1
    except (KeyboardInterrupt, click.Abort):
        status = 130
    except RuntimeError as error:
        if "new thread" not in str(error):
            raise
        click.echo("xlogdecode: the system has no thread to spare: -T 1 needs none", err=True)
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def _end_output(error: OSError) -> int:
    """Say that standard output takes no more, and keep Python from trying it once more."""
    with contextlib.suppress(OSError):  # standard error may be where it failed
        what = f"standard output: cannot be written: {error.strerror}"
        click.echo(f"xlogdecode: {what}; make room, or print elsewhere", err=True)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
            continue
        with contextlib.suppress(OSError):
            stream.close()
    return 1
