"""Inputs of any size and kind, always the same bytes, as fast as a disk takes them.

    python -m tests.bench.inputs --kind zlib --size 1G -o big.xlog
    python -m tests.bench.inputs --kind small --count 10000 -o folder
    python -m tests.bench.inputs --kind zstd-crypt --size 5G | python -m xlogdecode --key-file K -
    python -m tests.bench.inputs --key

A size is of text. Some 32 MB of distinct text is packed a line at a time, as an app does, and then
cycled; each block gets a seq and hours of its own, so that no two compressed blocks are the same.
"""

import random
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import click

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
    "small": "imsdk-chunked",
}
"""Input -> the kind of its blocks."""

LINES = 180_000  # about 32 MB: far more than any cache holds
SHORTEST_AVERAGE = 150  # bytes a line, so that enough lines are made for any size
SMALL_LINES = 180  # about 10 KB packed
DAMAGED_EVERY = 8  # blocks


def cycle_of(name: str, *, lines: int = LINES) -> list[Block]:
    """Return the distinct blocks that an input of this name repeats."""
    kind = KINDS[KINDS_OF_INPUT[name]]
    text = (imsdk_lines if kind.header_size == 13 else mars_lines)(1, lines)
    session = new_session(KEY, "bench") if kind.keyed else None
    if kind.compressed:
        return list(full_blocks(kind, text, session=session))
    return log(kind, list(text))


def stream(name: str, size: int, blocks: list[Block] | None = None) -> Iterator[bytes]:
    """Yield about `size` bytes of text as blocks, some MB of them at a time."""
    blocks = blocks or cycle_of(name, lines=min(LINES, size // SHORTEST_AVERAGE + 1))
    once = sum(len(block.text) for block in blocks)
    left, turn = size, 0
    while left > 0:
        part = blocks if left >= once else _until(blocks, left)
        data = bytearray().join(block.data for block in part)
        _number(data, part, turn * len(blocks))
        yield _damaged(data, part, turn) if name == "damaged" else bytes(data)
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


def _damaged(data: bytearray, blocks: list[Block], turn: int) -> bytes:
    """Damage every eighth block, each kind of damage in turn."""
    dice = random.Random(turn)
    parts: list[bytes] = []
    offset = 0
    for number, block in enumerate(blocks):
        raw = data[offset : offset + len(block.data)]
        offset += len(block.data)
        if number % DAMAGED_EVERY == DAMAGED_EVERY - 1:
            raw = _HARM[number // DAMAGED_EVERY % len(_HARM)](raw, dice)
        parts.append(bytes(raw))
    return b"".join(parts)


def _garbage_before(raw: bytearray, dice: random.Random) -> bytearray:
    return bytearray(dice.randbytes(4096)) + raw


def _hole(raw: bytearray, dice: random.Random) -> bytearray:
    start = dice.randrange(100, len(raw) - 4200)
    raw[start : start + 4096] = bytes(4096)
    return raw


def _overwritten(raw: bytearray, dice: random.Random) -> bytearray:
    start = dice.randrange(100, len(raw) - 200)
    raw[start : start + 100] = dice.randbytes(100)
    return raw


def _wrong_length(raw: bytearray, dice: random.Random) -> bytearray:
    struct.pack_into("<I", raw, 5, dice.randrange(1 << 31))
    return raw


def _wrong_magic(raw: bytearray, dice: random.Random) -> bytearray:
    raw[0] = dice.randrange(0x40, 0x80)
    return raw


_HARM = (_garbage_before, _hole, _overwritten, _wrong_length, _wrong_magic)


def small_files(folder: Path, count: int) -> int:
    """Write `count` files of about 10 KB (35 KB of text) to `folder`; return the text's bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = KINDS[KINDS_OF_INPUT["small"]]
    models = [log(kind, list(imsdk_lines(s, SMALL_LINES)), per_block=60) for s in range(64)]
    total = 0
    for number in range(count):
        blocks = models[number % len(models)]
        data = bytearray().join(block.data for block in blocks)
        _number(data, blocks, number % 60_000)
        (folder / f"imsdk_C_{number:05}.xlog").write_bytes(data)
        total += sum(len(block.text) for block in blocks)
    return total


def bytes_of(size: str) -> int:
    """Return a size as people write it (`10M`, `1G`; powers of 1000) as a number of bytes."""
    unit = {"K": 10**3, "M": 10**6, "G": 10**9}.get(size[-1:].upper(), 1)
    return int(float(size[:-1] if unit > 1 else size) * unit)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--kind", type=click.Choice(list(KINDS_OF_INPUT)), default="zlib")
@click.option("--size", default="100M", help="bytes of text, e.g. 100M, 1G")
@click.option("--count", default=10_000, help="number of files, for --kind small")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="default: standard output")
@click.option("--key", is_flag=True, help="print the key of the encrypted kinds, and stop")
def main(kind: str, size: str, count: int, output: Path | None, *, key: bool) -> None:
    """Write an input for the bench."""
    if key:
        click.echo(KEY.hex())
    elif kind == "small":
        if output is None:
            raise click.UsageError("small files need a folder: -o FOLDER")
        click.echo(f"{small_files(output, count)} bytes of text", err=True)
    elif output is None:
        for part in stream(kind, bytes_of(size)):
            sys.stdout.buffer.write(part)
    else:
        with output.open("wb") as target:
            target.writelines(stream(kind, bytes_of(size)))


if __name__ == "__main__":
    main()
