"""Blocks whose compressed payload holds headers that lie: stored deflate is its own text."""

import random
import struct
import zlib
from collections.abc import Iterator

from tests.damage.samples import Sample
from tests.damage.truth import Case, Edit, damaged
from tests.mars import Block


def false_headers(sample: Sample, dice: random.Random) -> Iterator[Case]:
    """Headers of every magic whose payloads are no payloads, in a block that has lost its own.

    No healthy block holds them as text: a length has a NUL in it, and log text has none.
    """
    if sample.kind.encrypted or sample.kind.codec not in ("deflate", "chunked"):
        return
    text = b"".join(_lie(magic, dice) for magic in range(3, 14)) + b"end\n"
    liar = _stored(sample, text)
    blocks = [*sample.blocks[:2], liar, *sample.blocks[2:]]
    at = sum(len(block.data) for block in blocks[:2])
    yield damaged(
        "in a block that has lost its header", blocks, [Edit(at, at + 5, b"\x7f" * 5)], (1, 1)
    )


def false_locks(sample: Sample, dice: random.Random) -> Iterator[Case]:
    """A header of an encrypted kind whose payload would end within a hole: a hole is no end."""
    if sample.kind.encrypted or sample.kind.codec not in ("deflate", "chunked"):
        return
    header = struct.pack("<BHBBI", 7, 99, 9, 9, 300) + dice.randbytes(64)
    liar = _stored(sample, b"~" * 50 + header + b"#" * 500 + b"end\n")
    blocks = [*sample.blocks[:2], liar, *sample.blocks[2:]]
    at = sum(len(block.data) for block in blocks[:2])
    hole = at + liar.data.index(header) + len(header) + 200
    edits = [Edit(at, at + 5, b"\x7f" * 5), Edit(hole, hole + 200, bytes(200))]
    yield damaged("an encrypted block that ends in a hole", blocks, edits, (1, 2))


def _lie(magic: int, dice: random.Random) -> bytes:
    """A header with a tailer and a next magic in place, and noise with a NUL for a payload."""
    payload = b"\xff\xfe" + dice.randbytes(20) + b"\0\xff\xff" + dice.randbytes(20)
    head = struct.pack("<BHBBI", magic, dice.randrange(1, 65536), 9, 9, len(payload))
    key = bytes(4) if magic < 6 else dice.randbytes(64)
    return head + key + payload + b"\0" + bytes([magic])


def _stored(sample: Sample, text: bytes) -> Block:
    stream = zlib.compressobj(0, zlib.DEFLATED, -15)
    payload = stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH)
    if sample.kind.codec == "chunked":
        payload = len(payload).to_bytes(2, "little") + payload
    header = struct.pack("<BHBBI", sample.kind.magic, 99, 9, 9, len(payload))
    header = header.ljust(sample.kind.header_size, b"\0")
    return Block(
        sample.kind, header + payload + b"\0", text, 99, flushes=((len(payload), len(text)),)
    )
