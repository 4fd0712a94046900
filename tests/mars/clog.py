"""A `.clog` as LiteAV writes it: one raw deflate stream, flushed and never finished."""

import random
import zlib
from collections.abc import Sequence

__all__ = ["clog_of", "liteav_lines"]


def liteav_lines(count: int, seed: int = 1, *, day: str = "08-15") -> list[bytes]:
    """Return lines of LiteAV 9 that differ as a log's do."""
    chance = random.Random(seed)
    words = ["enter room", "OnKickOut", "first frame of 主播", "bitrate", "network quality"]
    return [
        (
            f"[{chance.choice('DIWE')}][{day}/{13 + second // 3600:02}:{second // 60 % 60:02}:"
            f"{second % 60:02}.{chance.randrange(1000):03}+8.0][838,{chance.randrange(9999)}]"
            f"[signal_manager.cc:{chance.randrange(5000)}]{chance.choice(words)} {second} "
            f"room={chance.randrange(10**9)}\n"
        ).encode()
        for second in range(count)
    ]


def clog_of(
    lines: Sequence[bytes], *, lines_a_flush: int = 1, flush: int = zlib.Z_SYNC_FLUSH
) -> bytes:
    """Return the stream of `lines`, which ends with a flush."""
    stream = zlib.compressobj(wbits=-15)
    parts = []
    for start in range(0, len(lines), lines_a_flush):
        parts.append(stream.compress(b"".join(lines[start : start + lines_a_flush])))
        parts.append(stream.flush(flush))
    return b"".join(parts)
