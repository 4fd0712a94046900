"""Help: `-h` with the most used options, `--help` with all of them under headings."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from xlogdecode.cli.help_texts import CommandHelp

__all__ = ["Command", "CommandGroup", "in_group", "project_address"]

F = TypeVar("F", bound=Callable[..., Any])
Row = tuple[str, str]

_OTHER = "Other options"
_COLUMN = 26
"""Cells that the names of options take at most; longer ones have their help below."""

_EXAMPLE = 43
"""Cells up to which what examples do is in one column."""


class GroupedOption(click.Option):
    """An option that knows its heading."""

    def __init__(self, *args: Any, group: str = _OTHER, **kwargs: Any) -> None:
        """Take the heading, and what any option takes."""
        super().__init__(*args, **kwargs)
        self.group = group


class _WithHelp(click.Command):
    """A command with `-h` and `--help`; what they print besides options is in `HELP`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what any command takes."""
        super().__init__(*args, **kwargs)
        self.context_settings = {"help_option_names": ["-h", "--help"], **self.context_settings}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does; say what an option is called here that other programs have."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            from xlogdecode.cli.help_texts import GUESSES

            if remedy := GUESSES.get(error.option_name):
                raise click.UsageError(
                    f"No such option {error.option_name}; {remedy}", ctx
                ) from None
            raise

    @property
    def texts(self) -> "CommandHelp":
        """The row of `HELP`."""
        from xlogdecode.cli.help_texts import HELP

        return HELP.get(self.name or "", HELP[""])

    def get_help_option_names(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the name of click's own option; `-h` is another one."""
        return ["--help"]

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters, with `-h` before `--help`."""
        *params, long_help = super().get_params(ctx)
        return [*params, _short_option(), long_help]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write all there is."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        for heading, rows in self.option_groups(ctx).items():
            _write_rows(formatter, heading, rows)
        self._write_commands(formatter)
        self._write_texts(formatter)
        _write_more(formatter, "xlogdecode help [TOPIC]: the manual, or a command")

    def short_help_of(self, ctx: click.Context) -> str:
        """Return what `-h` prints."""
        formatter = ctx.make_formatter()
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self.texts.purpose)
        rows = self.common_rows(ctx)
        is_cut = len(rows) + 2 < len(self.get_params(ctx)) or isinstance(self, click.Group)
        _write_rows(formatter, "Most used options" if is_cut else "Options", rows)
        self._write_commands(formatter)
        self._write_texts(formatter)
        _write_more(formatter, f"{ctx.command_path} --help: everything about it")
        return formatter.getvalue().rstrip("\n")

    def option_groups(self, ctx: click.Context) -> dict[str, list[Row]]:
        """Return the rows of each heading: how an option is written, and its help."""
        groups: dict[str, list[Row]] = {}
        for option in self.get_params(ctx):
            row = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if row is not None:
                groups.setdefault(getattr(option, "group", _OTHER), []).append(row)
        groups[_OTHER] = groups.pop(_OTHER)
        return groups if len(groups) > 1 else {"Options": groups[_OTHER]}

    def common_rows(self, ctx: click.Context) -> list[Row]:
        """Return the rows of the options that `-h` shows."""
        rows = {param.name: param.get_help_record(ctx) for param in self.get_params(ctx)}
        found = [row for name in self.texts.common or rows if (row := rows.get(name)) is not None]
        return [(option, _first_sentence(text)) for option, text in found]

    def _write_commands(self, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; a command has none."""

    def _write_texts(self, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            width = max(
                (len(line) for line, _ in self.texts.examples if len(line) < _EXAMPLE), default=0
            )
            for line, meaning in self.texts.examples:
                formatter.write(f"  {line:<{width}}  {meaning}\n")
        _write_rows(formatter, "Exit status", self.texts.statuses.items())


class Command(_WithHelp):
    """A command with help in two lengths."""


class CommandGroup(_WithHelp, click.Group):
    """The group: its help lists the commands, and the most used options of `decode`."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write both ways to call it."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] PATH|-...")
        formatter.write(f"       {ctx.command_path} COMMAND [OPTIONS] ...\n")

    def common_rows(self, ctx: click.Context) -> list[Row]:
        """Return those of `decode`, which may be left out."""
        decode = self.get_command(ctx, "decode")
        if not isinstance(decode, Command):
            return super().common_rows(ctx)
        return decode.common_rows(click.Context(decode, ctx, "decode"))

    def _write_commands(self, formatter: click.HelpFormatter) -> None:
        from xlogdecode.cli.help_texts import HELP

        rows = [(name, texts.purpose) for name, texts in HELP.items() if name]
        _write_rows(formatter, "Commands", rows)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\w)[.;] (?=[\w-])", text, maxsplit=1)[0].rstrip(".") + "."


def _short_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, is_given: object) -> None:
        if is_given and not ctx.resilient_parsing and isinstance(ctx.command, _WithHelp):
            click.echo(ctx.command.short_help_of(ctx))
            ctx.exit()

    return click.Option(
        ["-h", "short_help"], is_flag=True, is_eager=True, expose_value=False, callback=show,
        help="Show the most used options and exit.",
    )  # fmt: skip


def _write_rows(formatter: click.HelpFormatter, heading: str, rows: Iterable[Row]) -> None:
    with formatter.section(heading):
        formatter.write_dl(list(rows), col_max=_COLUMN)


def _write_more(formatter: click.HelpFormatter, line: str) -> None:
    formatter.write(f"\n{line}\n")
    if address := project_address():
        formatter.write(f"The project: {address}\n")


def project_address() -> str:
    """Return where the project is, as the installed package says it; "" where none is installed."""
    from importlib import metadata  # takes 20 ms, and only help needs it

    try:
        urls = metadata.metadata("xlogdecode").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return ""
    found = dict(str(url).split(", ", 1) for url in urls)
    return found.get("Homepage", "")


def in_group(group: str) -> Callable[..., Callable[[F], F]]:
    """Return `click.option` for options below the heading `group`."""

    def option(*args: Any, **kwargs: Any) -> Callable[[F], F]:
        return click.option(*args, cls=GroupedOption, group=group, **kwargs)

    return option
