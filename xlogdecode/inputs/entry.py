"""What there is to decode, one by one; and what there is not."""

import os
from typing import NamedTuple

from xlogdecode.inputs.files import Input, Member

__all__ = ["Entry", "Refusal"]


class Refusal(NamedTuple):
    """An input, or a part of one, that is not read; `str()` is a line that names it."""

    name: str
    reason: str
    is_failure: bool = True
    """Whether it was asked for; else it is just told that it is there."""

    def __str__(self) -> str:
        """Say what is not read, and why."""
        return f"{self.name}: {self.reason}"


class Entry(NamedTuple):
    """A log that can be read; whoever takes it closes its source."""

    name: str
    """What messages call it: its path, with `: ` before its place in an archive."""
    top: str
    """The folder that its text goes to by default."""
    below: str
    """Where it lies below that folder (with slashes), without the ending that says it is packed."""
    tree: str
    """What the folder or archive it lies in is called; empty for a file named by itself."""
    source: Input | Member
    stat: os.stat_result
    """Of the file on disk."""
    path: str | None = None
    """That file, where all of it is this log."""
    path_index: int = 0
    """Which of the paths asked for it lies in."""
    is_streamed: bool = False
    """It has to be read before the next entry is asked for."""

    @property
    def in_archive(self) -> bool:
        """Whether there may be others like it in the same file."""
        return self.path is None and bool(self.tree)
