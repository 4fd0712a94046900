"""Good files, one of each kind that is written today, small enough to damage a thousand times."""

import functools
from dataclasses import dataclass, replace

from tests.mars import KINDS, Block, Kind, block, imsdk_lines, log, mars_lines, new_session
from tests.mars import private_key as private_key_of

SERVER = private_key_of("server")
SAMPLES = ("zlib", "zlib-crypt", "zstd", "zstd-crypt", "sync-zlib", "imsdk-plain", "imsdk-chunked")
_TIPS = {"zlib": 0x08, "zlib-crypt": 0x06, "zstd": 0x0B, "zstd-crypt": 0x0A, "imsdk-chunked": 0x03}


@dataclass(frozen=True, slots=True)
class Sample:
    """Blocks of one healthy file; compressed ones have a plain block in their midst."""

    kind: Kind
    blocks: tuple[Block, ...]
    lines: tuple[bytes, ...]
    """More lines of the same layout, that are in no block."""

    def start_of(self, number: int) -> int:
        """Return where a block lies in the file."""
        return sum(len(block.data) for block in self.blocks[:number])

    def payload_of(self, number: int) -> tuple[int, int]:
        """Return where a block's payload starts and ends in the file."""
        start = self.start_of(number)
        return start + self.kind_of(number).header_size, start + len(self.blocks[number].data) - 1

    def kind_of(self, number: int) -> Kind:
        return self.blocks[number].kind


@functools.cache
def sample_of(name: str, seed: int = 0, times: int = 1) -> Sample:
    """Return the sample of a kind, about 3 to 6 KB `times` a number; a seed gives other text."""
    kind = KINDS[name]
    layout = imsdk_lines if kind.header_size == 13 else mars_lines
    count = times * (48 if kind.compressed else 14)
    lines = list(layout(len(name) + 1000 * seed, count + 12))
    session = new_session(SERVER, f"client {seed}") if kind.keyed else None
    blocks = log(kind, lines[:count], per_block=8, session=session)
    if kind.compressed:
        tip = next(other for other in KINDS.values() if other.magic == _TIPS[name])
        blocks.insert(3, block(tip, [b"~~~~~ begin of mmap ~~~~~\n"], session=session))
    blocks = [_in_hours(one, 2 * number % 24) for number, one in enumerate(blocks)]
    return Sample(kind, tuple(blocks), tuple(lines[count:]))


def _in_hours(one: Block, begin: int) -> Block:
    """Return the block as begun in one hour and flushed in the next: no two share theirs."""
    hours = (begin, begin + 1)
    return replace(one, data=one.data[:3] + bytes(hours) + one.data[5:], hours=hours)
