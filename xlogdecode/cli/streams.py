"""Standard output, for text: as it is, or safe to look at; and whether colours are wanted."""

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from xlogdecode.outputs import OpenFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlogdecode.jobs.request import Request
    from xlogdecode.jobs.selection import Selection
    from xlogdecode.outputs.table import Look
    from xlogdecode.types import Sink

__all__ = ["choose_colour", "has_colour", "log_output", "standard_output", "table_look"]

_AUTO = "auto"


class _Wish:
    """The value of `--color`, which holds for all that a run prints."""

    value = _AUTO


def choose_colour(value: str) -> None:
    """Take `auto`, `always` or `never` for all that is printed from now on."""
    _Wish.value = value


def has_colour(stream: TextIO | None) -> bool:
    """Tell whether what is printed to `stream` is to have colours.

    As on https://bixense.com/clicolors and https://no-color.org: NO_COLOR, CLICOLOR_FORCE.
    """
    if stream is None or _Wish.value != _AUTO:
        return _Wish.value == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb" and os.name != "nt"


def standard_output() -> OpenFile:
    """Return standard output, whatever Python made of it."""
    sys.stdout.flush()
    return OpenFile(sys.stdout.fileno(), "standard output")


def table_look() -> "Look":
    """Return how tables are shown on standard output: as wide as a terminal is; else in full."""
    from shutil import get_terminal_size

    from xlogdecode.outputs.table import Look

    width = get_terminal_size().columns if sys.stdout.isatty() else None
    return Look(width, has_colour(sys.stdout))


@contextmanager
def log_output(
    request: "Request", selection: "Selection | None" = None, *, pages: bool = False
) -> "Iterator[tuple[Sink, Request]]":
    """Yield where text is written that goes to standard output, and the request for that.

    A person gets it safe to look at, in colours, and with `pages` through a pager. A file or a pipe
    gets it as it is.
    """
    if not (sys.stdout.isatty() or has_colour(sys.stdout)):
        yield standard_output(), request
        return
    from xlogdecode.cli.screen import Screen

    screen = Screen(selection, pages=pages)
    with screen.pager():
        yield screen.sink, screen.applied_to(request)
