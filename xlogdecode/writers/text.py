"""Text as it was logged."""

from collections.abc import Sequence

from xlogdecode.records import Loss, Record
from xlogdecode.writers.objects import printable

__all__ = ["TextWriter"]


class TextWriter:
    """Writes records byte for byte, and a line where something was lost.

    With `named`, each record is prefixed by its source, as records of several sources need it.
    With `apart`, each begins a line, as records in another order than their source's need it: the
    last one of that may have no line end. Without `marks`, losses are passed over.
    """

    header = b""

    def __init__(self, *, marks: bool = True, named: bool = False, apart: bool = False) -> None:
        self.marks = marks
        self.named = named
        self.apart = apart or named
        self._in_line = False

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the text of `batch`; `source` is that of the losses."""
        return b"".join([self._one(item, source) for item in batch])

    def add(self, item: bytes | Loss, source: str = "") -> bytes:
        """Return what comes next of text, or of what is lost of it.

        What was lost ends a line.
        """
        if isinstance(item, bytes):
            if item:
                self._in_line = not item.endswith(b"\n")
            return item
        if not self.marks:
            return self.end_line()
        return self.end_line() + self.name_of(source) + item.mark()

    def _one(self, item: Record | Loss, source: str) -> bytes:
        if not isinstance(item, Record):
            return self.add(item, source)
        if self.apart:
            return self.end_line() + self.add(self.name_of(item.source) + item.raw)
        return self.add(item.raw)

    def name_of(self, source: str) -> bytes:
        """Return the prefix of records of `source`, which is empty if they have none."""
        return f"{printable(source)}: ".encode() if self.named else b""

    def end_line(self) -> bytes:
        """Return what ends the line that was begun, if one was."""
        end = b"\n" if self._in_line else b""
        self._in_line = False
        return end
