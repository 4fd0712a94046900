"""The types that all packages share: bytes, where they come from, and where they go."""

from typing import Protocol

__all__ = ["Buffer", "Sink", "Source"]

Buffer = bytes | bytearray | memoryview


class Source(Protocol):
    """Any binary file, pipe or socket file that can be decoded."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""


class Sink(Protocol):
    """Anything that text can be written to; one with `write_all` gets many texts at a time."""

    def write(self, data: Buffer, /) -> object:
        """Take bytes."""
