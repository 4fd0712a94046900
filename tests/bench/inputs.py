"""Inputs that are the same each time: `python -m tests.bench.inputs KIND -o FILE`.

`days`, `pile`, `imsdk`, `harmed` have the shape of the IM SDK's logs (`day_files`); `zlib`, `zstd`
and so on are full blocks of 50 KB, as a busy app with Mars writes them; `small-zlib` and so on are
the same lines in blocks of about 1 KB. A size is of text. Full blocks are 32 MB of distinct text
that is repeated, with a seq and hours of its own for each block.
"""

import itertools
import os
import random
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click

from tests.bench.day_files import DAY_SIZE, make_days
from tests.mars import (
    KINDS,
    Block,
    full_blocks,
    imsdk_lines,
    log,
    mars_lines,
    new_session,
    private_key,
)  # fmt: skip
from tests.mars.walk import walk

KEY = private_key("bench")
"""The server's private key: 32 bytes."""

KINDS_OF_INPUT = {
    "zlib": "zlib",
    "zstd": "zstd",
    "zlib-crypt": "zlib-crypt",
    "zstd-crypt": "zstd-crypt",
    "chunked": "imsdk-chunked",
    "plain": "sync-zlib",
    "damaged": "zlib",
}
"""Input of full blocks -> the kind of its blocks."""

LINES = 180_000  # about 32 MB: far more than any cache holds
SHORTEST_AVERAGE = 150  # bytes a line, so that enough lines are made for any size
DAMAGED_EVERY = 8  # blocks
SMALL_PAYLOAD = 1000  # bytes at which a small block ends
SMALL_PART = 8000  # lines of one session of small blocks: 1.5 MB
DAYS = 739  # 94 MB of text
PILE = 3000
PILE_SIZE = 8000


_Harm = Callable[[bytearray, random.Random], bytearray]


class Inputs:
    """A folder of inputs, each made when it is first used."""

    def __init__(self, folder: Path, *, days: int = DAYS, size: int = 10**9) -> None:
        self.folder = folder
        self.days = days
        self.size = size
        self.keys = folder / "keys"
        folder.mkdir(parents=True, exist_ok=True)
        self.keys.write_text(KEY.hex())

    def path(self, name: str) -> Path:
        """Return the file or folder of this name, one of `NAMES` or `KINDS_OF_INPUT`."""
        maker, _, kind = name.partition("-")
        scale = self.size if name in KINDS_OF_INPUT else self.days
        path = self.folder / f"{name}.{scale}"
        if not path.exists():
            half_made = path.with_suffix(".making")
            if name in KINDS_OF_INPUT:
                _write(half_made, stream(name, self.size))
            elif maker == "small":
                _write(half_made, small_blocks(kind, self.days * DAY_SIZE * 4))
            else:
                getattr(self, f"_make_{name}")(half_made)
            half_made.rename(path)
        return path

    def _make_days(self, path: Path) -> None:
        make_days(path, self.days)

    def _make_pile(self, path: Path) -> None:
        make_days(path, max(PILE * self.days // DAYS, 1), PILE_SIZE)

    def _make_imsdk(self, path: Path) -> None:
        days = sorted(self.path("days").iterdir())
        _write(path, (day.read_bytes() for day in days))

    def _make_large(self, path: Path) -> None:
        """Write eleven times as many days into one file, none of them twice: 1 GB of text."""
        folder = path.with_suffix(".days")
        make_days(folder, self.days * 11)
        days = sorted(folder.iterdir())
        with path.open("wb") as target:
            for day in days:
                target.write(day.read_bytes())
                day.unlink()
        folder.rmdir()

    def _make_harmed(self, path: Path) -> None:
        _write(path, [damage(self.path("imsdk").read_bytes())])


def _write(path: Path, parts: Iterable[bytes]) -> None:
    with path.open("wb") as target:
        target.writelines(parts)


def small_blocks(kind: str, size: int) -> Iterator[bytes]:
    """Yield about `size` bytes of text in small blocks, a session at a time, no line repeated."""
    parts = range(max(size // (SMALL_PART * 184), 1))
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        yield from pool.map(_small_part, itertools.repeat(kind), parts)


def _small_part(name: str, number: int) -> bytes:
    kind = KINDS[name]
    session = new_session(KEY, f"bench {number}") if kind.keyed else None
    lines = mars_lines(number, SMALL_PART)
    blocks = full_blocks(kind, lines, session=session, limit=SMALL_PAYLOAD)
    return b"".join(block.data for block in blocks)


def cycle_of(name: str, *, lines: int = LINES) -> list[Block]:
    """Return the distinct full blocks that an input of this name repeats."""
    kind = KINDS[KINDS_OF_INPUT[name]]
    text = (imsdk_lines if kind.header_size == 13 else mars_lines)(1, lines)
    session = new_session(KEY, "bench") if kind.keyed else None
    if kind.compressed:
        return list(full_blocks(kind, text, session=session))
    return log(kind, list(text))


def stream(name: str, size: int, blocks: list[Block] | None = None) -> Iterator[bytes]:
    """Yield about `size` bytes of text as full blocks, some MB of them at a time."""
    blocks = blocks or cycle_of(name, lines=min(LINES, size // SHORTEST_AVERAGE + 1))
    once = sum(len(block.text) for block in blocks)
    left, turn = size, 0
    while left > 0:
        part = blocks if left >= once else _until(blocks, left)
        data = bytearray().join(block.data for block in part)
        _number(data, part, turn * len(blocks))
        yield damage(bytes(data), turn) if name == "damaged" else bytes(data)
        left -= once
        turn += 1


def _until(blocks: list[Block], size: int) -> list[Block]:
    """Return as many blocks as hold `size` bytes of text, at least one."""
    total = 0
    for count, block in enumerate(blocks, 1):
        total += len(block.text)
        if total >= size:
            return blocks[:count]
    return blocks


def _number(data: bytearray, blocks: list[Block], done: int) -> None:
    """Give each compressed block the seq and hours that follow `done` others."""
    if not blocks[0].kind.compressed:
        return
    offset = 0
    for number, block in enumerate(blocks, done):
        hour = number // 100 % 24
        struct.pack_into("<HBB", data, offset + 1, number % 65535 + 1, hour, hour)
        offset += len(block.data)


def damage(data: bytes, seed: int = 0) -> bytes:
    """Damage every eighth compressed block of a healthy file, each kind of damage in turn."""
    dice = random.Random(seed)
    parts: list[bytes] = []
    offset = number = 0
    for raw in walk(data):
        size = raw.kind.header_size + len(raw.payload) + 1
        block = bytearray(data[offset : offset + size])
        offset += size
        number += raw.kind.compressed
        if raw.kind.compressed and number % DAMAGED_EVERY == 0:
            block = _HARM[number // DAMAGED_EVERY % len(_HARM)](block, dice)
        parts.append(block)
    return b"".join(parts)


def _garbage_before(raw: bytearray, dice: random.Random) -> bytearray:
    return bytearray(dice.randbytes(4096)) + raw


def _overwritten(size: int, fill: Callable[[random.Random, int], bytes]) -> _Harm:
    """Return what overwrites `size` bytes of a payload, fewer of a small one."""

    def harm(raw: bytearray, dice: random.Random) -> bytearray:
        count = min(size, len(raw) // 4)
        start = dice.randrange(len(raw) // 2, len(raw) - count)
        raw[start : start + count] = fill(dice, count)
        return raw

    return harm


def _wrong_length(raw: bytearray, dice: random.Random) -> bytearray:
    struct.pack_into("<I", raw, 5, dice.randrange(1 << 31))
    return raw


def _wrong_magic(raw: bytearray, dice: random.Random) -> bytearray:
    raw[0] = dice.randrange(0x40, 0x80)
    return raw


_HARM: tuple[_Harm, ...] = (
    _garbage_before,
    _overwritten(4096, lambda _, count: bytes(count)),
    _overwritten(100, random.Random.randbytes),
    _wrong_length,
    _wrong_magic,
)


def bytes_of(size: str) -> int:
    """Return a size as people write it (`10M`, `1G`; powers of 1000) as a number of bytes."""
    unit = {"K": 10**3, "M": 10**6, "G": 10**9}.get(size[-1:].upper(), 1)
    return int(float(size[:-1] if unit > 1 else size) * unit)


SMALL_KINDS = ("zlib", "zstd", "zlib-crypt", "zstd-crypt")
NAMES = ("days", "pile", "imsdk", "harmed", "large", *(f"small-{kind}" for kind in SMALL_KINDS))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("kind", type=click.Choice([*NAMES, *KINDS_OF_INPUT]), required=False)
@click.option("--size", default="100M", help="bytes of text of full blocks, e.g. 100M, 1G")
@click.option("--days", default=DAYS, help="how many day files; what has small blocks follows it")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="default: standard output")
@click.option("--key", is_flag=True, help="print the key of the encrypted kinds, and stop")
def main(kind: str | None, size: str, days: int, output: Path | None, *, key: bool) -> None:
    """Write an input for the bench: a file, or a folder for `days` and `pile`."""
    if key:
        click.echo(KEY.hex())
    elif kind in KINDS_OF_INPUT and output is None:
        for part in stream(kind, bytes_of(size)):
            sys.stdout.buffer.write(part)
    elif kind is None or output is None:
        raise click.UsageError("name a kind of input, and where to write it: KIND -o PATH")
    else:
        with tempfile.TemporaryDirectory(dir=output.absolute().parent) as folder:
            inputs = Inputs(Path(folder), days=days, size=bytes_of(size))
            inputs.path(kind).rename(output)


if __name__ == "__main__":
    main()
