"""A prefix before each record of a text, without a look at the records' fields."""

import re
from typing import Final

from xlogdecode.records.layouts import LEVELS, NOTES, heads

__all__ = ["Prefixer"]

_STARTS: Final = re.compile(rf"\n(?={heads(LEVELS)}|{NOTES})".encode())
_OPENING: Final = re.compile(rf"{heads(LEVELS)}|{NOTES}".encode())
_NOTE: Final = re.compile(NOTES.encode())


class Prefixer:
    """Puts a prefix before each record of one source, page by page.

    Records begin as `records.bounds` has it: a line that opens nothing is one by itself unless a
    record of the app is before it.
    """

    def __init__(self, prefix: bytes) -> None:
        """Start at the beginning of the source; an empty prefix changes nothing."""
        self._prefix = prefix
        self._joins = False
        """The next line, if it opens nothing, belongs to the record before it."""

    def end(self) -> None:
        """Take what comes next for no part of what was."""
        self._joins = False

    def add(self, page: bytes) -> bytes:
        """Return the next page, which begins at the start of a line, with the prefixes."""
        if not page or not self._prefix:
            return page
        body = page.removesuffix(b"\n")
        between = b"\n" + self._prefix
        opens = _OPENING.match(body)
        parts: list[bytes] = _STARTS.split(body)
        if not opens and not self._joins:
            parts[0] = parts[0].replace(b"\n", between)
        start = self._prefix if opens or not self._joins else b""
        if opens or len(parts) > 1:
            self._joins = not _NOTE.match(parts[-1])
        parts = [
            part.replace(b"\n", between) if b"\n" in part and _NOTE.match(part) else part
            for part in parts
        ]
        return start + between.join(parts) + page[len(body) :]
