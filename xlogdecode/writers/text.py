"""Text as it was logged."""

from collections.abc import Sequence

from xlogdecode.records import Loss, Record
from xlogdecode.records.runs import RecordRun
from xlogdecode.writers.objects import printable

__all__ = ["TextWriter"]


class TextWriter:
    """Writes records byte for byte, and a line where something was lost.

    With `named`, each record is prefixed by its source, as records of several sources need it.
    With `apart`, each begins a line, as records in another order than their source's need it: the
    last one of that may have no line end. Without `marks`, losses are passed over.
    """

    header = b""
    between = b"--\n"
    """The line between two groups of records, as grep has it."""

    def __init__(self, *, marks: bool = True, named: bool = False, apart: bool = False) -> None:
        self.marks = marks
        self.named = named
        self.apart = apart or named
        self._in_line = False
        self._has_written = False
        self._is_gap = False

    def gap(self) -> None:
        """Take what comes next for another group of records than what was written, if any was."""
        self._is_gap = self._has_written

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the text of `batch`; `source` is that of the losses."""
        return b"".join([self._one(item, source) for item in batch])

    def write_run(self, run: RecordRun) -> bytes:
        """Return the text of a run, which follows that of before in its source."""
        return self.add(run.own_text.encode("latin-1"))

    def close(self) -> bytes:
        """Return nothing: text may end anywhere."""
        return b""

    def add(self, item: bytes | Loss, source: str = "") -> bytes:
        """Return what comes next of text, or of what is lost of it.

        What was lost ends a line.
        """
        if isinstance(item, bytes):
            if not item:
                return item
            start = self._begin()
            self._in_line = not item.endswith(b"\n")
            return start + item
        if not self.marks:
            return self.end_line()
        return self._begin() + self.end_line() + self.name_of(source) + item.mark()

    def _one(self, item: Record | Loss, source: str) -> bytes:
        if not isinstance(item, Record):
            return self.add(item, source)
        if self.apart:
            return self.end_line() + self.add(self.name_of(item.source) + item.raw)
        return self.add(item.raw)

    def _begin(self) -> bytes:
        """Return what comes before the next item: the line between groups, if it begins one."""
        is_gap, self._is_gap = self._is_gap, False
        self._has_written = True
        return self.end_line() + self.between if is_gap else b""

    def name_of(self, source: str) -> bytes:
        """Return the prefix of records of `source`, which is empty if they have none."""
        return f"{printable(source)}: ".encode() if self.named else b""

    def end_line(self) -> bytes:
        """Return what ends the line that was begun, if one was."""
        end = b"\n" if self._in_line else b""
        self._in_line = False
        return end
