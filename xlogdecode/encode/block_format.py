"""The blocks that can be written, as a table, and their headers."""

import struct
from dataclasses import dataclass
from typing import Final

from xlogdecode.errors import UsageError
from xlogdecode.format import CRASH_BUFFER_SIZE, READINGS, Codec

__all__ = [
    "BLOCK_SIZE", "CODECS", "FORMATS", "MODES", "PIECE_SIZE", "BlockFormat", "SequenceNumbers",
    "check_mode", "kind_of", "level_of",
]  # fmt: skip

FORMATS: Final = ("mars", "imsdk")
CODECS: Final = ("zlib", "zstd")
MODES: Final = ("async", "sync")

BLOCK_SIZE: Final = CRASH_BUFFER_SIZE // 3
"""Bytes, header included, at which Mars closes an async block."""

PIECE_SIZE: Final = 16 * 1024
"""Bytes of text between two flushes at most: Mars cuts a longer line, here it goes on."""

_HEADER = struct.Struct("<BHBBI")


@dataclass(frozen=True, slots=True)
class BlockFormat:
    """The blocks that a writer puts into its files: compressed (async) and plain (sync) ones."""

    async_magic: int
    sync_magic: int
    level: int
    """The compression level that Mars, or the IM SDK, uses."""
    buffer_suffix: str = ".mmap3"

    @property
    def codec(self) -> Codec:
        """How the payload of an async block is compressed."""
        return READINGS[self.async_magic].codec

    @property
    def header_size(self) -> int:
        """73 bytes, or the 13 of the IM SDK."""
        return READINGS[self.async_magic].header_size

    @property
    def key_size(self) -> int:
        """64 bytes, or none in the IM SDK's blocks."""
        return 64 if READINGS[self.async_magic].has_key else 0

    def async_header(self, seq: int, hour: int, length: int, key: bytes) -> bytes:
        """Return an async block's header; `key` (64 bytes, or none) is filled up with zeros."""
        return self._header(self.async_magic, seq, hour, length, key)

    def plain_block(self, text: bytes, hour: int, key: bytes) -> bytes:
        """Return `text` as one sync block, the way lines of sync mode and tips are written."""
        return self._header(self.sync_magic, 0, hour, len(text), key) + text + b"\0"

    def _header(self, magic: int, seq: int, hour: int, length: int, key: bytes) -> bytes:
        return (_HEADER.pack(magic, seq, hour, hour, length) + key).ljust(self.header_size, b"\0")


_KINDS: Final = {
    ("mars", "zlib", "clear"): BlockFormat(0x09, 0x08, level=6),
    ("mars", "zlib", "encrypted"): BlockFormat(0x07, 0x06, level=6),
    ("mars", "zstd", "clear"): BlockFormat(0x0D, 0x0B, level=3),
    ("mars", "zstd", "encrypted"): BlockFormat(0x0C, 0x0A, level=3),
    ("imsdk", "zlib", "clear"): BlockFormat(0x05, 0x03, level=9, buffer_suffix=".mmap2"),
}


def kind_of(format_name: str, codec: str, public_key: bytes | None) -> BlockFormat:
    """Return the kind of blocks for a format, a codec and a server's public key or None.

    Raises UsageError where no writer has such blocks: the IM SDK knows neither zstd nor keys.
    """
    if format_name not in FORMATS or codec not in CODECS:
        raise UsageError(
            f"no blocks have format {format_name!r} with codec {codec!r}; "
            f"the formats are {', '.join(FORMATS)}, the codecs {', '.join(CODECS)}"
        )
    kind = _KINDS.get((format_name, codec, "encrypted" if public_key else "clear"))
    if kind is None:
        raise UsageError(
            f"the format {format_name} has zlib only, and no encryption; "
            "remove the codec and the key, or use the format mars"
        )
    return kind


def check_mode(mode: str, public_key: bytes | None) -> None:
    """Raise UsageError for an unknown mode, and for sync with a key: Mars encrypts async only."""
    if mode not in MODES:
        raise UsageError(f"{mode!r} is not a mode; the modes are {', '.join(MODES)}")
    if mode == "sync" and public_key is not None:
        raise UsageError(
            "mode sync is never encrypted, so the public key would do nothing; "
            "use mode async, or remove the key"
        )


def level_of(kind: BlockFormat, level: int | None) -> int:
    """Return the compression level to use: `level`, checked, or the kind's own for None."""
    if level is None:
        return kind.level
    lowest, highest = (1, 22) if kind.codec is Codec.ZSTD else (0, 9)
    if not isinstance(level, int) or not lowest <= level <= highest:
        raise UsageError(
            f"{level!r} is not a compression level; {kind.codec.value} has {lowest} to {highest}"
        )
    return level


class SequenceNumbers:
    """Counts async blocks as Mars does: 1, 2, ... 65535, and 1 again."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        """Return the next block's seq."""
        self.last = self.last % 0xFFFF + 1
        return self.last
