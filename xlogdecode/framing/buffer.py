"""The part of the input that is at hand: a buffer, and where it is in the input."""

__all__ = ["InputWindow"]


class InputWindow:
    """The bytes from `base` of the input on that were fed and are not done with.

    `buffer[start:]` is still to be looked at.
    """

    __slots__ = ("_awaited", "_closed", "_fed", "_pending", "base", "buffer", "start")

    def __init__(self) -> None:
        """Start at the head of an input."""
        self.buffer = b""
        self.base = 0
        self.start = 0
        self._pending: list[bytes] = []
        self._fed = 0
        self._awaited = 0
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
        self._fed += len(data)

    def close(self) -> None:
        """Note that the input ends here."""
        self._closed = True

    def grow_by_half(self) -> None:
        """Have the next `refill` wait until what is still to be looked at grows by half.

        Else a block of MB that comes in small reads is copied once for each of them.
        """
        self._awaited = (len(self.buffer) - self.start) // 2

    def refill(self) -> int | None:
        """Take in the bytes fed, drop those done with; return by how much indices moved.

        None where nothing was fed, or less than is awaited.
        """
        if not self._pending or (self._fed < self._awaited and not self._closed):
            return None
        self._fed = self._awaited = 0
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
