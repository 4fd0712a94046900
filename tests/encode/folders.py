"""What a writer left in a folder."""

import struct
from pathlib import Path

from tests.encode.reader import Block, read_blocks


def xlog_files(folder: Path) -> list[Path]:
    """Return the files by day and index."""

    def order(path: Path) -> tuple[str, int]:
        day, _, index = path.stem.partition("_20")[2].partition("_")
        return day, int(index or 0)

    return sorted(folder.glob("*.xlog"), key=order)


def blocks_in(folder: Path, private_key: bytes | None = None) -> list[Block]:
    return [
        block
        for path in xlog_files(folder)
        for block in read_blocks(path.read_bytes(), private_key)
    ]


def text_in(folder: Path, private_key: bytes | None = None) -> bytes:
    return b"".join(block.text for block in blocks_in(folder, private_key))


def lines_in(folder: Path, private_key: bytes | None = None) -> list[bytes]:
    """Return the lines without those of openings, closings and recoveries."""
    own = (b"^^^^", b"$$$$", b"~~~~", b"log appender mode:")
    return [
        line for line in text_in(folder, private_key).split(b"\n")[:-1] if not line.startswith(own)
    ]


def first_block(buffer: bytes) -> bytes:
    """Return the block that a crash buffer's header claims, whatever follows; b"" if none."""
    if not buffer[0]:
        return b""
    (length,) = struct.unpack_from("<I", buffer, 5)
    return buffer[: (73 if buffer[0] >= 6 else 13) + length] + b"\0" if length else b""
