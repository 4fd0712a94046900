"""The part of the input that is at hand: a buffer, and where it is in the input."""

__all__ = ["InputWindow"]


class InputWindow:
    """The bytes from `base` of the input on that were fed and are not done with.

    `buffer[start:]` is still to be looked at.
    """

    __slots__ = ("_closed", "_pending", "awaited", "base", "buffer", "start")

    def __init__(self) -> None:
        """Start at the head of an input."""
        self.buffer = b""
        self.base = 0
        self.start = 0
        self.awaited = 0
        """Bytes that must have come before it is worth it to copy them to the rest."""
        self._pending: list[bytes] = []
        self._closed = False

    @property
    def offset(self) -> int:
        """Input offset of the first byte that is still to be looked at."""
        return self.base + self.start

    @property
    def is_last(self) -> bool:
        """Whether the input ends with the buffer."""
        return self._closed and not self._pending

    def feed(self, data: bytes) -> None:
        """Add bytes of the input."""
        self._pending.append(data)

    def close(self) -> None:
        """Note that the input ends here."""
        self._closed = True

    def refill(self) -> int | None:
        """Take in the bytes fed, drop those done with; return by how much indices moved.

        None where nothing was fed, or less than is awaited.
        """
        if not self._pending:
            return None
        if not self._closed and sum(map(len, self._pending)) < self.awaited:
            return None
        start = self.start
        rest = self.buffer[start:]
        if rest or len(self._pending) > 1:
            self.buffer = b"".join((rest, *self._pending))
        else:
            self.buffer = self._pending[0]
        self._pending.clear()
        self.base += start
        self.start = 0
        return start
