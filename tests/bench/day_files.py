"""Day files in the shape of the IM SDK's: small blocks, tiny chunks, several sessions a file.

Measured on real files: 5 to 80 KB a day, 0x05 blocks of 400 to 2,200 bytes in the median of a file,
chunks of 18 to 65 bytes in the median, 0x03 lines among them. No day is like another, so a log of
many days has no block twice. A day depends on its number and size alone, and days are made on all
processors.
"""

import itertools
import math
import os
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

from tests.bench.chat_log import Clock, session_head, session_lines
from tests.mars.blocks import Block, block_of_pieces
from tests.mars.codecs import deflate_packer
from tests.mars.kinds import KINDS

FIRST_DAY = date(2022, 1, 3)
DAY_SIZE = 30_000
"""Bytes of a file, on average."""
_CHUNKED, _PLAIN = KINDS["imsdk-chunked"], KINDS["imsdk-plain"]


@dataclass(frozen=True, slots=True)
class Day:
    """One file: its name, its blocks, and what they hold."""

    name: str
    blocks: tuple[Block, ...]

    @property
    def data(self) -> bytes:
        return b"".join(block.data for block in self.blocks)

    @property
    def text(self) -> bytes:
        return b"".join(block.text for block in self.blocks)


def day_of(number: int, size: int = DAY_SIZE) -> Day:
    """Return the file of day `number`, of `size` bytes on average (a sixth of it to 2.7 times)."""
    dice = random.Random(f"{number} {size}")
    day = FIRST_DAY + timedelta(days=number)
    clock = Clock(day, 3_600_000 * 7 + dice.randrange(3_600_000))
    wanted = min(max(dice.lognormvariate(math.log(size * 0.76), 0.5), size / 6), size * 2.7)
    typical = min(max(dice.lognormvariate(math.log(1200), 0.4), 400), 2200)
    blocks: list[Block] = []
    taken, seqs = 0, itertools.count(1)
    pid, session_ends = 0, 0.0
    lines: Iterator[bytes] = iter(())
    while taken < wanted:
        start = len(blocks)
        if taken >= session_ends:
            recovered = pid > 0 and dice.random() < 0.8
            if recovered:  # what the last process had not flushed, between the two tips
                blocks.append(_tip("begin", clock))
                blocks.append(_block(dice, lines, clock, next(seqs), typical * 0.6))
                blocks.append(_tip("end", clock))
            clock.now += dice.randrange(1_200_000)
            pid, seqs = dice.randrange(2000, 32_000), itertools.count(1)
            session_ends = taken + dice.lognormvariate(math.log(15_000), 0.6)
            lines = itertools.chain(session_head(dice, clock, pid), session_lines(dice, clock, pid))
        blocks.append(_block(dice, lines, clock, next(seqs), typical))
        taken += sum(len(block.data) for block in blocks[start:])
    return Day(f"imsdk_C_{day:%Y%m%d}.xlog", tuple(blocks))


def _block(
    dice: random.Random, lines: Iterator[bytes], clock: Clock, seq: int, typical: float
) -> Block:
    wanted = min(max(dice.lognormvariate(math.log(typical), 0.75), 100), 15_000)
    pack, size, begin = deflate_packer(), 0, clock.hour
    texts: list[bytes] = []
    pieces: list[bytes] = []
    while size < wanted:
        texts.append(next(lines))
        pieces.append(pack(texts[-1]))
        size += len(pieces[-1]) + 2
    return block_of_pieces(_CHUNKED, texts, pieces, seq=seq, hours=(begin, clock.hour))


def _tip(which: str, clock: Clock) -> Block:
    text = f"~~~~~ {which} of mmap ~~~~~[{clock.day} +0800 {clock.text}]\n".encode()
    return block_of_pieces(_PLAIN, [text], [text], seq=0, hours=(clock.hour, clock.hour))


def make_days(folder: Path, count: int, size: int = DAY_SIZE) -> int:
    """Write `count` day files to `folder`; return their bytes of text."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(count)
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        sizes = pool.map(
            _write_day, itertools.repeat(folder), numbers, itertools.repeat(size), chunksize=8
        )
        return sum(sizes)


def _write_day(folder: Path, number: int, size: int) -> int:
    day = day_of(number, size)
    (folder / day.name).write_bytes(day.data)
    return len(day.text)
