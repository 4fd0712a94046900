"""Lines that stay as they are go past all that reads and changes the others, to their places."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from xlogdecode.records import Event

__all__ = ["ClearLinesAside", "PartLines"]

PartLines = Callable[[bytes], list[tuple[bytes, bytes]]]
"""Complete lines -> parts of them, each with the lines behind it that stay as they are."""

_MOST: Final = 1 << 20
"""Bytes of lines that wait: then the others are taken on, though they are few."""


class ClearLinesAside:
    """The lines of one source that wait for their places, which are counted in line ends."""

    def __init__(self, part: PartLines) -> None:
        """Take what knows these lines: the first of some, and that behind them, begin a record."""
        self._part = part
        self._waiting: deque[tuple[int, bytes | None]] = deque()
        """Line ends before them, and lines; None for a loss."""
        self._size = 0
        """Bytes that came to wait since the others were taken on."""
        self._taken = 0
        """Line ends of all other lines."""
        self._given = 0
        """Those of them that have come back."""

    def take(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield `events` without the lines that stay as they are."""
        is_in_line = False
        for event in events:
            match event:
                case (offset, text) if text:
                    first, *others = self._others(bytes(text), is_in_line=is_in_line)
                    is_in_line = not text.endswith(b"\n")
                    if self._size > _MOST and others:  # here a record begins
                        yield offset, first
                        yield offset, b""
                        first, self._size = b"", 0
                    yield offset, b"".join((first, *others))
                case (_, _):
                    yield event
                case _:
                    self._waiting.append((self._taken, None))
                    is_in_line = False
                    yield event

    def _others(self, text: bytes, *, is_in_line: bool) -> Iterator[bytes]:
        """Yield the stretches of other lines, the first of which may be empty."""
        first = text.find(b"\n") + 1 if is_in_line else 0
        last = text.rfind(b"\n") + 1
        if last <= first or (is_in_line and not first):
            first = last = 0
        parts = self._part(text[first:last]) if last else []
        before = text[:first]
        for part, clear in parts:
            before += part
            if clear:
                self._taken += before.count(b"\n")
                self._waiting.append((self._taken, clear))
                self._size += len(clear)
                yield before
                before = b""
        self._taken += before.count(b"\n") + text.count(b"\n", last)
        yield before + text[last:]

    def give(self, text: bytes) -> bytes:
        """Return what came of lines that were taken, with those that wait in their places."""
        rows = text.split(b"\n")
        parts, at, waiting = [], 0, self._waiting
        while waiting and (clear := waiting[0][1]) is not None:
            stop = waiting[0][0] - self._given
            if stop >= len(rows):
                break
            waiting.popleft()
            parts += [*(row + b"\n" for row in rows[at:stop]), clear]
            at = stop
        self._given += len(rows) - 1
        return b"".join([*parts, b"\n".join(rows[at:])])

    def before_loss(self) -> bytes:
        """Return the lines that wait for a place before the next loss, or the end."""
        parts = []
        while self._waiting and (clear := self._waiting.popleft()[1]) is not None:
            parts.append(clear)
        return b"".join(parts)
