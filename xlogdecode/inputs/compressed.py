"""What kind of archive a stream is, and one packed stream (gzip, zstd) unpacked as it is read."""

import enum
from typing import Protocol

from xlogdecode.inputs.bounds import Meter
from xlogdecode.inputs.files import Member
from xlogdecode.inputs.names import is_tar_name

__all__ = ["Kind", "Reads", "foreign_kind_of", "kind_of", "unpacked"]

_SLICE = 512
"""Packed bytes given to zstd at a time: each four of them may unpack to 128 KiB."""

_WINDOW = 128 << 20
"""Longest zstd window, as of the zstd tool: what decompressing may take in memory."""


class Kind(enum.Enum):
    """Archives that are read."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    ZSTD = "zstd"


_FOREIGN = (
    (b"\xfd7zXZ\0", "xz"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"Rar!\x1a\x07", "rar"),
    (b"BZh91AY&SY", "bzip2"),
)  # fmt: skip


class Reads(Protocol):
    """What can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""


def kind_of(head: bytes, name: str = "") -> Kind | None:
    """Tell by its first 512 bytes what kind of archive a stream is; None for any other stream.

    Zeros are an empty tar or an empty crash buffer: of these alone the name tells.
    """
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return Kind.ZIP
    if head[:3] == b"\x1f\x8b\x08":
        return Kind.GZIP
    if head[:4] == b"\x28\xb5\x2f\xfd" or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        return Kind.ZSTD
    if len(head) < 512:
        return None
    is_tar = _is_tar_header(head) or (not any(head) and is_tar_name(name))
    return Kind.TAR if is_tar else None


def foreign_kind_of(head: bytes) -> str | None:
    """Tell by its first bytes what a stream is packed by that is not read here; None for others."""
    return next((name for magic, name in _FOREIGN if head.startswith(magic)), None)


def _is_tar_header(head: bytes) -> bool:
    """Tell by its checksum: old tars have no magic."""
    digits = head[148:156].strip(b" \0")
    if not digits or digits.strip(b"01234567"):
        return False
    return int(digits, 8) == sum(head[:148]) + 8 * 0x20 + sum(head[156:512])


def unpacked(source: Reads, kind: Kind, meter: Meter) -> Member:
    """Return what a gzip or zstd stream holds; `meter` counts it."""
    if kind is Kind.GZIP:
        import zlib

        from xlogdecode.inputs.inflated import Gunzipped

        return Member(Gunzipped(source).read, (EOFError, zlib.error), meter.count)
    import zstandard

    return Member(_ZstdReader(source).read, (EOFError, zstandard.ZstdError), meter.count)


class _ZstdReader:
    """Frames one after another; unlike `stream_reader` it knows a torn one from an ended one."""

    def __init__(self, source: Reads) -> None:
        import zstandard

        self._source = source
        self._context = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._packed = b""
        self._text = b""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; raises EOFError in mid-frame."""
        while not self._text:
            if not self._packed:
                self._packed = self._source.read(64 << 10)
            if not self._packed:
                if self._frame is not None:
                    raise EOFError("it ends within a frame")
                return b""
            self._step()
        text, self._text = self._text[:size], self._text[size:]
        return text

    def _step(self) -> None:
        frame = self._frame or self._context.decompressobj()
        piece, self._packed = self._packed[:_SLICE], self._packed[_SLICE:]
        self._text = frame.decompress(piece)
        self._frame = frame
        if frame.eof:
            self._packed = frame.unused_data + self._packed
            self._frame = None
