"""Healthy logs to be damaged: full blocks of each kind, and days of the IM SDK."""

from typing import Any, NamedTuple

from tests.damage import SERVER
from tests.mars import KINDS, Block, block, file_of, imsdk_lines, log, mars_lines, new_session
from tests.mars.blocks import full_blocks

__all__ = ["Log", "log_of_shape"]


class Log(NamedTuple):
    """A file, and the lines that were logged."""

    data: bytes
    lines: frozenset[bytes]


def log_of_shape(shape: str, *, days: int, per_block: int, lines: int, **full: Any) -> Log:
    """Return days of the IM SDK with `per_block` lines a block, or full blocks of `lines` lines."""
    if shape == "imsdk-day":
        blocks: list[Block] = []
        for seed in range(days):
            blocks.append(block(KINDS["imsdk-plain"], [b"~~~~~ begin of mmap ~~~~~\n"]))
            blocks += log(KINDS["imsdk-chunked"], list(imsdk_lines(seed, 150)), per_block=per_block)
    else:
        kind = KINDS[shape]
        texts = imsdk_lines(7, lines) if kind.header_size == 13 else mars_lines(7, lines)
        session = new_session(SERVER, "sound") if kind.keyed else None
        blocks = list(full_blocks(kind, texts, session=session, **full))
    text = b"".join(one.text for one in blocks)
    return Log(file_of(blocks), frozenset(text.splitlines(keepends=True)))
