"""Packed streams (gzip, zstd, xz, bzip2), known by their first bytes; unpacked as they are read.

Each gives what comes before a fault in it: bytes are lost only from the fault on.
"""

import enum
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from xlogdecode.codecs.zstd import frame_header_size
from xlogdecode.errors import InputError
from xlogdecode.inputs.bombs import Meter
from xlogdecode.inputs.files import Chain, Member
from xlogdecode.inputs.names import is_tar_name
from xlogdecode.types import Source

if TYPE_CHECKING:
    import bz2
    import lzma

__all__ = [
    "ArchiveKind",
    "Gunzipped",
    "Inflated",
    "TooLargeError",
    "foreign_kind_of",
    "kind_of",
    "may_be_wrapped",
    "unpacked",
]  # fmt: skip

_PIECE = 16 << 10
"""Packed bytes read at a time."""

_GZIP = 31
"""The window bits by which zlib reads gzip's header and checksum."""

_MEMORY = 48 << 20
"""Bytes that unpacking may take; zstd takes 8 MiB up to level 19, xz 9 MiB at its usual one."""

_ZSTD_WINDOW_LOG = 25
"""Two thirds of that, for the window: 32 MiB."""

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_RLE = 1
"""The type of a zstd block that is one byte, repeated (RFC 8878, 3.1.1.2)."""


class ArchiveKind(enum.Enum):
    """Archives that are read."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    ZSTD = "zstd"
    XZ = "xz"
    BZIP2 = "bzip2"


_FOREIGN = ((b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"Rar!\x1a\x07", "rar"))
_BZIP2_BODIES = (b"1AY&SY", b"\x17rE8P\x90")
"""How the first block of a bzip2 stream begins, and the end of one that has no blocks."""


class TooLargeError(InputError):
    """Unpacking would take more memory than it may."""


def kind_of(head: bytes, name: str = "") -> ArchiveKind | None:
    """Return by its first 512 bytes what kind of archive a stream is; None for any other stream.

    Zeros are an empty tar or an empty crash buffer; for these alone the name decides.
    """
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return ArchiveKind.ZIP
    if head[:3] == b"\x1f\x8b\x08":
        return ArchiveKind.GZIP
    if head[:4] == _ZSTD_MAGIC or _is_skippable(head):
        return ArchiveKind.ZSTD
    if head[:6] == b"\xfd7zXZ\0":
        return ArchiveKind.XZ
    if head[:3] == b"BZh" and head[4:10] in _BZIP2_BODIES:
        return ArchiveKind.BZIP2
    if len(head) < 512:
        return None
    is_tar = is_tar_header(head) or (not any(head) and is_tar_name(name))
    return ArchiveKind.TAR if is_tar else None


def foreign_kind_of(head: bytes) -> str | None:
    """Return by its first bytes what a stream is packed by that is not read here, or None."""
    return next((name for magic, name in _FOREIGN if head.startswith(magic)), None)


def may_be_wrapped(head: bytes) -> bool:
    """Tell at next to no cost whether a log may be in it that became text (`unwrap`).

    Such bytes are text, or have a CR before the first LF, or begin a character in UTF-8.
    """
    if head[:1] > b"\x1f":
        return True
    feed = head.find(b"\n", 1)
    if feed > 0 and head[feed - 1] == 0x0D:
        return True
    high = head[:512].translate(None, _ASCII)[:1]
    return high != b"" and high in _LEADS


_ASCII = bytes(range(0x80))
_LEADS = b"\xc2\xc3\xc5\xc6\xcb\xe2"
"""First bytes of the characters that bytes above 0x7F become, taken for Windows-1252."""


def _is_skippable(head: bytes) -> bool:
    return head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5


def is_tar_header(head: bytes) -> bool:
    """Tell by its checksum: old tars have no magic."""
    digits = head[148:156].strip(b" \0")
    if not digits or digits.strip(b"01234567"):
        return False
    return int(digits, 8) == sum(head[:148]) + 8 * 0x20 + sum(head[156:512])


def unpacked(source: Source, kind: ArchiveKind, meter: Meter) -> Member:
    """Return what a packed stream holds; `meter` counts it."""
    read: Callable[[int], bytes]
    faults: tuple[type[Exception], ...] = (EOFError, OSError, ValueError)
    if kind is ArchiveKind.GZIP:
        read, faults = Gunzipped(source).read, (*faults, zlib.error)
    elif kind is ArchiveKind.ZSTD:
        from xlogdecode.codecs.zstd_library import ZstdError

        read, faults = _Unzstd(source).read, (*faults, ZstdError)
    elif kind is ArchiveKind.XZ:
        import lzma

        read = _Streams(source, lambda: lzma.LZMADecompressor(memlimit=_MEMORY)).read
        faults = (*faults, lzma.LZMAError)
    else:
        import bz2

        read = _Streams(source, bz2.BZ2Decompressor).read
    return Member(read, faults, meter.count)


class _Unzstd:
    """Zstd frames one after another, unpacked a block at a time."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._packed = b""
        self._texts = self._iter_texts()
        self._text = b""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; raises EOFError in mid-frame, ZstdError at a fault."""
        while not self._text:
            text = next(self._texts, None)
            if text is None:
                return b""
            self._text = text
        text, self._text = self._text[:size], self._text[size:]
        return text

    def _iter_texts(self) -> Iterator[bytes]:
        from xlogdecode.codecs.zstd_library import ZstdError, new_decompressor

        while magic := self._take(4):
            if _is_skippable(magic):
                left = int.from_bytes(self._take(4), "little")
                while left and (passed := self._take(min(left, _PIECE))):
                    left -= len(passed)
                continue
            frame = new_decompressor(_ZSTD_WINDOW_LOG)
            try:
                yield frame.decompress(magic + self._frame_header())
            except ZstdError as error:
                if "memory" in str(error):
                    raise _too_large("zstd -d --long=31") from None
                raise
            yield from self._iter_blocks(frame.decompress)
            if not frame.eof:
                yield frame.decompress(self._take(4))  # the checksum
            if not frame.eof:
                raise EOFError("it ends within a frame")

    def _frame_header(self) -> bytes:
        """Return what follows the magic, up to the first block (RFC 8878, 3.1.1.1)."""
        flags = self._take(1)
        return flags and flags + self._take(frame_header_size(flags[0]) - 1)

    def _iter_blocks(self, decompress: Callable[[bytes], bytes]) -> Iterator[bytes]:
        is_last = 0
        while not is_last:
            header = self._take(3)
            bits = int.from_bytes(header, "little")
            is_last, kind, size = bits & 1, bits >> 1 & 3, bits >> 3
            if kind == _ZSTD_RLE:
                size = 1
            body = self._take(size)
            yield decompress(header + body)
            if len(header) < 3 or len(body) < size:
                raise EOFError("it ends within a frame")

    def _take(self, size: int) -> bytes:
        """Return the next `size` packed bytes, or what there is up to the end."""
        while len(self._packed) < size and (more := self._source.read(64 << 10)):
            self._packed += more
        taken, self._packed = self._packed[:size], self._packed[size:]
        return taken


class _Streams:
    """Streams of xz or bzip2 one after another; zeros may be between and behind them."""

    def __init__(
        self, source: Source, new: "Callable[[], lzma.LZMADecompressor | bz2.BZ2Decompressor]"
    ) -> None:
        self._source = source
        self._new = new
        self._stream = new()

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end. Raises EOFError in mid-stream."""
        while True:
            data = b""
            if self._stream.eof:
                data = self._stream.unused_data.lstrip(b"\0")
                while not data and (more := self._source.read(_PIECE)):
                    data = more.lstrip(b"\0")
                if not data:
                    return b""
                self._stream = self._new()
            elif self._stream.needs_input:
                data = self._source.read(_PIECE)
                if not data:
                    raise EOFError("it ends within a packed stream")
            try:
                text = self._stream.decompress(data, size)
            except Exception as error:
                if "emory" in str(error):
                    raise _too_large("xz -d") from None
                raise
            if text:
                return text


def _too_large(command: str) -> TooLargeError:
    limit = f"more than {_MEMORY >> 20} MiB of memory"
    return TooLargeError(f"cannot be unpacked here, which would take {limit}; run {command} first")


class Inflated:
    """One stream. A call of zlib that finds a fault keeps what it has unpacked before to itself.

    Such a call is made anew with less, down to one byte.
    """

    def __init__(self, source: Source, wbits: int = -zlib.MAX_WBITS) -> None:
        """Unpack what `source` holds: deflate, or what `wbits` means to zlib."""
        self._source = source
        self._inflater = zlib.decompressobj(wbits)
        self.packed = b""
        """Bytes that were read and not unpacked; at the end the bytes behind the stream."""

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

    def __init__(self, source: Source) -> None:
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
