"""What the command line asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xlogdecode.decode import Options, Sink, Source
from xlogdecode.report import Report

__all__ = ["Pour", "Settings"]

Pour = Callable[[Source, Sink, Options], Report]
"""Takes all of a source into a sink; `decode` itself, or what filters on the way."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line asked for."""

    options: Options
    pour: Pour
    to_stdout: bool = False
    output: Path | None = None
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
        return self.to_stdout or self.lists
