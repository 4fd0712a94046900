"""The figures: what is run, what it is compared with, and what it is to reach.

"Bare" is the codec alone, one thread, over the same payloads, output thrown away: `deflate`
(libdeflate) a block at a time for zlib in all its forms, `zstandard` for zstd. It gets the payloads
decrypted and joined, and told how much text to expect.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import deflate
import zstandard

from tests.bench import inputs
from tests.mars import KINDS, Block
from tests.mars.blocks import FLUSH_AT
from tests.mars.codecs import pieces_of

_EMPTY_LAST_BLOCK = b"\x03\x00"
"""libdeflate wants an end, which no writer makes."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio to the bare codec, the kind of input it is taken on, and the least it is to be."""

    name: str
    kind: str
    target: float
    options: tuple[str, ...] = ()
    versus: str = "bare"
    """What the ratio is to: the bare codec, or the whole files' ratio (damaged ones)."""


FIGURES = (
    Figure("zlib", "zlib", 1.1),
    Figure("zlib, one thread", "zlib", 0.7, ("-T", "1")),
    Figure("zlib encrypted", "zlib-crypt", 0.5),
    Figure("zstd", "zstd", 1.05),
    Figure("zstd encrypted", "zstd-crypt", 0.5),
    Figure("chunked zlib (IM SDK)", "chunked", 0.5),
    Figure("plain one-line blocks", "plain", 0.55),
    Figure("damaged zlib", "damaged", 0.5, versus="whole"),
)
MANY_FILES = 10_000
FILES_A_SECOND = 2000
START_UP_MS = 60


def bare_inflate(payloads: Sequence[tuple[bytes, int]]) -> float:
    """Return the seconds that libdeflate takes for payloads of so much text."""
    decompress = deflate.deflate_decompress
    start = time.perf_counter()
    for payload, size in payloads:
        decompress(payload + _EMPTY_LAST_BLOCK, size)
    return time.perf_counter() - start


def bare_unzstd(payloads: Sequence[tuple[bytes, int]]) -> float:
    """Return the seconds that zstandard takes for the same."""
    decompressor = zstandard.ZstdDecompressor()
    start = time.perf_counter()
    for payload, _ in payloads:
        decompressor.decompressobj().decompress(payload)
    return time.perf_counter() - start


BARE: dict[str, Callable[[Sequence[tuple[bytes, int]]], float]] = {
    "deflate": bare_inflate,
    "chunked": bare_inflate,
    "plain": bare_inflate,
    "zstd": bare_unzstd,
}


def bare_payloads(kind: str, blocks: Sequence[Block]) -> list[tuple[bytes, int]]:
    """Return what the bare codec is given for an input of these blocks: payload, bytes of text."""
    block_kind = KINDS[inputs.KINDS_OF_INPUT[kind]]
    if block_kind.codec == "plain":
        return _packed(blocks)
    return [(_clear(block), len(block.text)) for block in blocks]


def _clear(block: Block) -> bytes:
    """Pack the block's lines again: what it holds before it is encrypted or cut in chunks."""
    if not block.kind.encrypted and block.kind.codec != "chunked":
        return block.payload
    starts = [0, *(text for _, text in block.flushes)]
    lines = [block.text[a:b] for a, b in itertools.pairwise(starts)]
    return b"".join(pieces_of(block.kind.codec, lines))


def _packed(blocks: Sequence[Block]) -> list[tuple[bytes, int]]:
    """Return plain lines as the zlib kind would pack them, in blocks of the usual size."""
    packed: list[tuple[bytes, int]] = []
    lines: list[bytes] = []
    size = 0
    for block in blocks:
        lines.append(block.text)
        size += len(block.text)
        if size > 3.6 * FLUSH_AT:
            packed.append((b"".join(pieces_of("deflate", lines)), size))
            lines, size = [], 0
    return packed
