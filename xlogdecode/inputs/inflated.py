"""Deflate and gzip streams, unpacked as they are read, up to a fault in them."""

import zlib
from collections.abc import Iterator

from xlogdecode.inputs.compressed import Reads
from xlogdecode.inputs.files import Chain

__all__ = ["Gunzipped", "Inflated"]

_PIECE = 16 << 10
"""Packed bytes read at a time."""

_GZIP = 31
"""What zlib calls a stream with gzip's header and checksum."""


class Inflated:
    """One stream. A call of zlib that finds a fault keeps what it has unpacked before to itself.

    Such a call is made anew with less, down to one byte.
    """

    def __init__(self, source: Reads, wbits: int = -zlib.MAX_WBITS) -> None:
        """Unpack what `source` holds: deflate, or what `wbits` means to zlib."""
        self._source = source
        self._inflater = zlib.decompressobj(wbits)
        self.packed = b""
        """What is read and not unpacked; at the end what stands behind the stream."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end. Raises zlib.error, EOFError in mid-stream."""
        while size > 0 and not self._inflater.eof:
            self.packed = self.packed or self._source.read(_PIECE)
            is_last = not self.packed
            if text := self._step(size):
                return text
            if is_last and not self._inflater.eof:
                raise EOFError("it ends within a packed stream")
        return b""

    def _step(self, size: int) -> bytes:
        fault = zlib.error()
        for count, limit in _attempts(len(self.packed), size):
            before = self._inflater.copy()
            try:
                text = self._inflater.decompress(self.packed[:count], limit)
            except zlib.error as error:
                self._inflater, fault = before, error
                continue
            if text or count or not self.packed:
                left = self._inflater.unconsumed_tail or self._inflater.unused_data
                self.packed = left + self.packed[count:]
                return text
        raise fault


def _attempts(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield how many bytes to give to zlib and how many to ask of it, until they go well."""
    while count:
        yield count, size
        count //= 2
    while size:
        yield 0, size  # what it has been given may hold more
        yield 1, size
        size //= 2


class Gunzipped:
    """Gzip streams one after another; zeros may stand between and behind them."""

    def __init__(self, source: Reads) -> None:
        """Unpack what `source` holds."""
        self._source = source
        self._stream = Inflated(source, _GZIP)

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end. Raises zlib.error, EOFError in mid-stream."""
        while not (text := self._stream.read(size)):
            rest = self._stream.packed.lstrip(b"\0")
            while not rest and (more := self._source.read(_PIECE)):
                rest = more.lstrip(b"\0")
            if not rest:
                return b""
            self._stream = Inflated(Chain(rest, self._source.read), _GZIP)
        return text
