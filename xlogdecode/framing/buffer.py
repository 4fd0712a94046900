"""The part of the input that is at hand: a buffer, where it lies, and what is kept behind it."""

from collections import deque

__all__ = ["Window"]


class Window:
    """The bytes from `base` of the input on that were fed and are not done with.

    `buffer[start:]` is still to be looked at. A window that `keeps` holds on to what was done with
    until it is released, so that it can be gone back to.
    """

    __slots__ = ("_closed", "_keeps", "_kept", "_pending", "base", "buffer", "start")

    def __init__(self, *, keeps: bool) -> None:
        """Start at the head of an input."""
        self.buffer = b""
        self.base = 0
        self.start = 0
        self._pending: list[bytes] = []
        self._closed = False
        self._keeps = keeps
        self._kept: deque[tuple[int, bytes, int]] = deque()  # base, buffer, bytes used of it

    @property
    def offset(self) -> int:
        """Input offset of what is to be looked at."""
        return self.base + self.start

    @property
    def is_last(self) -> bool:
        """Whether the input ends with the buffer."""
        return self._closed and not self._pending

    def feed(self, data: bytes) -> None:
        """Add bytes of the input."""
        self._pending.append(data)

    def close(self) -> None:
        """Say that the input ends here."""
        self._closed = True

    def refill(self) -> int | None:
        """Take in what was fed, let go of what is done with; return by how much indices moved.

        None where nothing was fed.
        """
        if not self._pending:
            return None
        start = self.start
        if self._keeps and start:
            self._kept.append((self.base, self.buffer, start))
        rest = self.buffer[start:]
        if rest or len(self._pending) > 1:
            self.buffer = b"".join((rest, *self._pending))
        else:
            self.buffer = self._pending[0]
        self._pending.clear()
        self.base += start
        self.start = 0
        return start

    def release(self, offset: int) -> None:
        """Give up on going back behind `offset`."""
        while self._kept and self._kept[0][0] + self._kept[0][2] <= offset:
            self._kept.popleft()

    def go_back(self, offset: int) -> None:
        """Look at everything from `offset` on once more."""
        parts = [
            buffer[max(0, offset - base) : used]
            for base, buffer, used in self._kept
            if base + used > offset
        ]
        if parts:
            self.buffer = b"".join((*parts, self.buffer))
            self.base = offset
            self._kept.clear()
        self.start = offset - self.base
