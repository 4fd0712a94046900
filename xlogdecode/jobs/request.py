"""The request: what is done with each input, and where its text goes."""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from xlogdecode.decoder.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from xlogdecode.jobs.selection import Selection
    from xlogdecode.records.reading import LogHints
    from xlogdecode.types import Buffer, Sink

__all__ = ["Request", "TextView"]


class TextView(Protocol):
    """Takes text, and writes it as people are to see it."""

    def write(self, data: "Buffer", /) -> object:
        """Take text."""

    def settle(self) -> object:
        """Write what waits for now, such as a line without its end."""

    def close(self) -> object:
        """Write what still waits."""


class Request(NamedTuple):
    """The work on each input; the same for all of a batch.

    A named tuple: the module `dataclasses` alone takes as long as a small log.
    """

    options: Options = Options()
    selection: "Selection | None" = None
    """Which records, in which format; None is the text as it was logged."""
    output: "Path | str | None" = None
    """The file, or the folder, for the text, by its URL in a store; None is beside each input."""
    output_is_folder: bool = False
    """`output` is a folder, even if it does not exist yet."""
    to_sink: bool = False
    """The text of all inputs goes to the one sink of the batch."""
    replace: bool = False
    """An output that exists is replaced."""
    update: bool = False
    """Only inputs that are newer than their output are decoded; that is replaced."""
    remove: bool = False
    """A source is removed once its text is complete and in place."""
    recursive: bool = False
    archives: bool = True
    """With `recursive`: archives in folders are read."""
    test: bool = False
    """The text is not kept."""
    periods: bool = False
    """With `test`: each result has the time that its records cover."""
    utf8: bool = False
    """Bytes that are not UTF-8 are replaced."""
    reading: "LogHints | None" = None
    """The layout and the encoding of the logs, where a person gave them."""
    view: "Callable[[Sink, Sequence[str]], TextView] | None" = None
    """Makes of a sink one that shows text of an input, or of a timeline, whose sources it gets."""
    processes: int = 0
    """Processes that may share the work; 0 is as many as are of use."""

    @property
    def encoding(self) -> str | None:
        """The codec of bytes that are not UTF-8, if a person named one."""
        return self.reading.encoding if self.reading else None

    @property
    def replaces(self) -> bool:
        """Whether an output that exists is replaced."""
        return self.replace or self.update

    @property
    def is_copy(self) -> bool:
        """Whether the output of plain text would be that same text."""
        return self.selection is None or self.selection.count

    @property
    def takes_plain(self) -> bool:
        """Whether plain-text logs of before SDK 4.7.1 are taken: they are not copied to files."""
        return self.to_sink or self.periods or not self.is_copy

    @property
    def suffix(self) -> str:
        """The end of the name of each file that is written."""
        return ".log" if self.selection is None else self.selection.suffix

    @property
    def partition_by(self) -> tuple[str, ...]:
        """The keys of the dataset that `output` is, if it is one."""
        return () if self.selection is None else self.selection.partition_by

    @property
    def header(self) -> bytes:
        """The first bytes of each output."""
        return b"" if self.selection is None else self.selection.header

    def shown(self, target: str) -> str:
        """Return where an output is, as messages have it: of a dataset, its folder."""
        from xlogdecode.outputs.destinations import shown_place

        return shown_place(str(self.output) if self.partition_by else target)

    @property
    def in_turn(self) -> bool:
        """Whether one input has to be done before the next begins."""
        selection = self.selection
        if selection is None:
            return False
        return selection.redactor is not None or (self.to_sink and selection.is_one_stream)
