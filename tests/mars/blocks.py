"""Blocks, files and crash buffers of every kind, byte for byte as a writer leaves them."""

import itertools
import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.mars.codecs import PACKERS, chunked, pieces_of
from tests.mars.crypt import Session, tea_encrypt
from tests.mars.kinds import Kind

CRASH_BUFFER = 150 * 1024
FLUSH_AT = CRASH_BUFFER // 3
"""Payload bytes at which Mars flushes a block."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block on disk and the text that went in."""

    kind: Kind
    data: bytes
    text: bytes
    seq: int = 0
    hours: tuple[int, int] = (9, 9)
    flushes: tuple[tuple[int, int], ...] = ()
    """After how many bytes of payload how many bytes of text are out, a line each."""

    @property
    def header(self) -> bytes:
        return self.data[: self.kind.header_size]

    @property
    def payload(self) -> bytes:
        return self.data[self.kind.header_size : -1]


def block(
    kind: Kind,
    lines: Iterable[bytes],
    *,
    seq: int = 0,
    hours: tuple[int, int] = (9, 9),
    session: Session | None = None,
    key_bytes: bytes | None = None,
) -> Block:
    """Write one block; `key_bytes` is what stands in the key's place where no key is set."""
    lines = list(lines)
    pieces = pieces_of(kind.codec, lines)
    return block_of_pieces(
        kind, lines, pieces, seq=seq, hours=hours, session=session, key_bytes=key_bytes
    )


def block_of_pieces(
    kind: Kind,
    lines: list[bytes],
    pieces: list[bytes],
    *,
    seq: int,
    hours: tuple[int, int],
    session: Session | None = None,
    key_bytes: bytes | None = None,
) -> Block:
    """Write one block of lines that are packed already, a piece each."""
    payload = _payload(kind, pieces, session)
    header = _header(kind, seq, hours, len(payload)) + _key_area(kind, session, key_bytes)
    data = header + payload + b"\0"
    return Block(kind, data, b"".join(lines), seq, hours, _flushes(kind, pieces, lines))


def _flushes(kind: Kind, pieces: list[bytes], lines: list[bytes]) -> tuple[tuple[int, int], ...]:
    extra = 2 if kind.codec == "chunked" else 0  # a piece's length; pieces over 64 KiB are not met
    sizes = itertools.accumulate(len(piece) + extra for piece in pieces)
    return tuple(zip(sizes, itertools.accumulate(map(len, lines)), strict=True))


def _payload(kind: Kind, pieces: list[bytes], session: Session | None) -> bytes:
    if kind.codec == "chunked":
        pieces = list(map(chunked, pieces))
    payload = b"".join(pieces)
    if kind.encrypted:
        assert session is not None, f"{kind.name} needs a session"
        return tea_encrypt(payload, session.tea_key)
    return payload


def _header(kind: Kind, seq: int, hours: tuple[int, int], length: int) -> bytes:
    return struct.pack("<BHBBI", kind.magic, seq, *hours, length)


def _key_area(kind: Kind, session: Session | None, key_bytes: bytes | None) -> bytes:
    if kind.header_size == 13:
        return bytes(4)
    if kind.keyed and session is not None:
        return session.client_key
    area = key_bytes if key_bytes is not None else b"t_logs/imsdk.mmap3.expected"
    return area[:64].ljust(64, b"\0")


def shuffled_key_bytes(seed: int) -> bytes:
    """Return 64 bytes as uninitialised memory may hold: zeros, text, magics, pointers, noise."""
    dice = random.Random(seed)
    scraps = (bytes(8), b"/imsdk.mmap3", b"\x09\x01\x00\x09\x09", b"\xa0\xf3\x7f\x01\x00\x00")
    area = b"".join(dice.choice((*scraps, dice.randbytes(7))) for _ in range(16))
    return area[:64]


def log(
    kind: Kind,
    lines: Sequence[bytes],
    *,
    per_block: int = 10,
    session: Session | None = None,
    first_seq: int = 1,
) -> list[Block]:
    """Write `lines` as an app would: compressed, `per_block` lines a block; plain, one, seq 0."""
    step = per_block if kind.compressed else 1
    groups = [lines[start : start + step] for start in range(0, len(lines), step)]
    blocks = []
    for number, group in enumerate(groups):
        seq = (first_seq + number - 1) % 65535 + 1 if kind.compressed else 0
        hours = (9 + number // 8 % 12, 9 + (number + 1) // 8 % 12)
        blocks.append(block(kind, group, seq=seq, hours=hours, session=session))
    return blocks


def full_blocks(
    kind: Kind, lines: Iterable[bytes], *, session: Session | None = None, limit: int = FLUSH_AT
) -> Iterator[Block]:
    """Write compressed lines as a busy app does: a block ends where its payload passes `limit`."""
    taken: list[bytes] = []
    pieces: list[bytes] = []
    size, seq, pack = 0, 0, PACKERS[kind.codec]()
    for line in lines:
        taken.append(line)
        pieces.append(pack(line))
        size += len(pieces[-1])
        if size >= limit:
            seq += 1
            yield block_of_pieces(kind, taken, pieces, seq=seq, hours=(9, 9), session=session)
            taken, pieces, size, pack = [], [], 0, PACKERS[kind.codec]()
    if taken:
        yield block_of_pieces(kind, taken, pieces, seq=seq + 1, hours=(9, 9), session=session)


def file_of(blocks: Iterable[Block]) -> bytes:
    """Return the blocks as one file."""
    return b"".join(block.data for block in blocks)


def crash_buffer(last: Block | None = None) -> bytes:
    """Return an `.mmap3` (`.mmap2`) image; without a block, that of a log closed in order."""
    data = last.data[:-1] if last else b""  # the fill is the tailer
    return data.ljust(CRASH_BUFFER, b"\0")
