"""Help in groups: options under the heading of what they are about."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["GroupedCommand", "in_group"]

F = TypeVar("F", bound=Callable[..., Any])

_OTHER = "Other options"


class GroupedOption(click.Option):
    """An option that knows its heading."""

    def __init__(self, *args: Any, group: str = _OTHER, **kwargs: Any) -> None:
        """Take the heading, and what any option takes."""
        super().__init__(*args, **kwargs)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help has a heading for each group, in the order of their first options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        for heading, rows in self.option_groups(ctx).items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def option_groups(self, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
        """Return for each heading what stands below it: how an option is written, and its help."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(ctx):
            row = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if row is not None:
                groups.setdefault(getattr(option, "group", _OTHER), []).append(row)
        if _OTHER in groups:  # `--help` among them
            groups[_OTHER] = groups.pop(_OTHER)
        return groups


def in_group(group: str) -> Callable[..., Callable[[F], F]]:
    """Return `click.option` for options below the heading `group`."""

    def option(*args: Any, **kwargs: Any) -> Callable[[F], F]:
        return click.option(*args, cls=GroupedOption, group=group, **kwargs)

    return option
