"""What the command line asked for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from xlogdecode.decoder.decode import Options
from xlogdecode.decoder.report import Report
from xlogdecode.types import Sink, Source

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Form", "Pour", "Settings"]

Pour = Callable[[Source, Sink, Options, str], Report]
"""Takes all of a source, whose name comes last, into a sink."""


class Form(NamedTuple):
    """What becomes of each log."""

    pour: Pour
    header: bytes = b""
    """Comes first in each output."""
    suffix: str = ".log"
    """Of the files that are written."""
    in_turn: bool = False
    """One log has to be done before the next begins."""
    is_copy: bool = True
    """What is text already would be written as it is, which is no use."""


class Settings(NamedTuple):
    """What the command line asked for."""

    options: Options
    form: Form
    to_stdout: bool = False
    output: "Path | None" = None
    in_folder: bool = False
    """The output is a folder, there or not."""
    force: bool = False
    update: bool = False
    remove: bool = False
    recursive: bool = False
    test: bool = False
    lists: bool = False
    utf8: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def writes_over(self) -> bool:
        """Whether an output that exists is replaced."""
        return self.force or self.update

    @property
    def takes_plain(self) -> bool:
        """Whether plain-text logs of before SDK 4.7.1 are of use: nothing is copied to a file."""
        return self.to_stdout or self.lists or not self.form.is_copy
