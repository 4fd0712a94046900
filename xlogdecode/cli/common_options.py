"""Options, and types of them, that several commands have."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import click

from xlogdecode.cli.streams import choose_colour
from xlogdecode.platform.files import is_url

__all__ = ["PathOption", "color_option", "key_option", "path_arguments", "with_options"]

F = TypeVar("F", bound=Callable[..., Any])


class PathOption(click.Path):
    """A path that is not empty: an unset variable is not a wish for the default.

    Only with `urls` it may be the URL of an object in a store.
    """

    def __init__(self, *, urls: bool = False, path_type: type | None = None) -> None:
        """Take paths, and `urls` as well; the value is of `path_type`."""
        super().__init__(path_type=path_type)
        self._urls = urls

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; it need not exist."""
        if not value:
            self.fail("it is empty: is a variable unset?", param, ctx)
        if not self._urls and is_url(value):
            self.fail("it is a URL; name a file here (inputs and -o may be URLs)", param, ctx)
        return super().convert(value, param, ctx)


class Decorator(Protocol):
    """Gives a command an option."""

    def __call__(self, command: F, /) -> F:
        """Return `command`."""


def color_option(option: Callable[..., Decorator] = click.option) -> Decorator:
    """Return `--color`, made by `option`; its value holds as soon as it is read."""
    return option(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto",
        metavar="auto|always|never", expose_value=False, is_eager=True,
        callback=lambda _context, _option, value: choose_colour(value),
        help="Print in colours; auto (default): on a terminal, unless NO_COLOR is set.",
    )  # fmt: skip


def key_option(option: Callable[..., Decorator] = click.option) -> Decorator:
    """Return `--key-file`, made by `option`."""
    return option(
        "--key-file", "key_files", type=PathOption(), metavar="FILE", multiple=True,
        help="Private keys, 64 hex digits a line; may be repeated.",
    )  # fmt: skip


def events_option(option: Callable[..., Decorator] = click.option) -> Decorator:
    """Return `--events`, made by `option`."""
    return option(
        "--events", "events_path", type=PathOption(), metavar="FILE",
        help="Look for the events of a YAML file too; it looks like data/events.yaml of the "
        "package.",
    )  # fmt: skip


path_arguments: Decorator = click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH|-...",
    type=click.Path(readable=False),  # what cannot be read stops no other
)
"""The inputs."""


def with_options(options: Sequence[Decorator]) -> Decorator:
    """Return what gives a command all of `options`, in their order."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
