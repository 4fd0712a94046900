"""The cost of writing: `python -m tests.bench.encode`.

Encoding against the bare codec, which flushes after each line too, in one run: the least ratio
is 0.5. The handler in microseconds a record, `logging` itself included, beside a `FileHandler`.
"""

import logging
import random
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import zstandard

from tests.encode.conftest import PUBLIC_HEX
from xlogdecode.encode import XlogHandler, encode_bytes, parse_public_key

ROUNDS = 7
RECORDS = 5000
KEY = parse_public_key(PUBLIC_HEX)


def make_text(size: int) -> bytes:
    """Return about `size` bytes of lines of 150 to 250 bytes, as logs have them."""
    dice = random.Random(8)
    lines, total = [], 0
    while total < size:
        line = (
            f"[{dice.choice('VDIWE')}][2024-01-01 +8.0 09:{dice.randrange(60):02}:33.123]"
            f"[2211, {dice.randrange(9000)}][mars::stn][longlink.cc:{dice.randrange(3000)}, Run]"
            f"[task id:{dice.randrange(99999)}, cgi:/cgi-bin/newsync{dice.randrange(9)}, "
            f"cost:{dice.randrange(4000)} ms, ret:0 {'retry ' * dice.randrange(14)}\n"
        ).encode()
        lines.append(line)
        total += len(line)
    return b"".join(lines)


def bare_zlib(text: bytes, level: int = 6) -> None:
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
    for line in text.splitlines(keepends=True):
        deflate.compress(line)
        deflate.flush(zlib.Z_SYNC_FLUSH)


def bare_zstd(text: bytes) -> None:
    deflate = zstandard.ZstdCompressor(level=3).compressobj()
    for line in text.splitlines(keepends=True):
        deflate.compress(line)
        deflate.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(work: Callable[[], object], bare: Callable[[], object]) -> float:
    """Return how fast `work` is in `bare`'s terms: the median of rounds that alternate."""
    return statistics.median(seconds(bare) / seconds(work) for _ in range(ROUNDS))


def microseconds(handler: logging.Handler) -> float:
    """Return what one record costs in time of the processor, the median of rounds."""
    logger = logging.Logger("mars.stn")
    logger.addHandler(handler)

    def log() -> None:
        for number in range(RECORDS):
            logger.info(
                "task id:%d, cgi:/cgi-bin/newsync%d, cost:%d ms, ret:0",
                number, number % 9, number * 7919 % 4000,
            )  # fmt: skip

    def cost() -> float:
        start = time.process_time()
        log()
        return time.process_time() - start

    return statistics.median(cost() for _ in range(ROUNDS)) / RECORDS * 1e6


def main() -> None:
    text = make_text(2_000_000)
    ways = {
        "zlib": ({}, bare_zlib),
        "zlib encrypted": ({"public_key": KEY}, bare_zlib),
        "imsdk": ({"format": "imsdk"}, lambda text: bare_zlib(text, 9)),
        "zstd": ({"codec": "zstd"}, bare_zstd),
        "zstd encrypted": ({"codec": "zstd", "public_key": KEY}, bare_zstd),
    }
    for name, (way, bare) in ways.items():
        speed = ratio(lambda way=way: encode_bytes(text, **way), lambda bare=bare: bare(text))
        print(f"encode {name:16} {speed:5.2f} of the bare codec")
    handlers = {
        "zlib level 6": {},
        "zlib level 6 encrypted": {"public_key": PUBLIC_HEX},
        "zstd level 3": {"codec": "zstd"},
        "sync": {"mode": "sync"},
    }
    with tempfile.TemporaryDirectory() as folder:
        plain = logging.FileHandler(Path(folder, "plain.log"))
        plain.setFormatter(logging.Formatter("%(asctime)s %(process)d %(name)s %(message)s"))
        print(f"{'FileHandler':30} {microseconds(plain):5.1f} us a record")
        plain.close()
        for name, options in handlers.items():
            handler = XlogHandler(Path(folder, name), "app", **options)
            print(f"XlogHandler {name:18} {microseconds(handler):5.1f} us a record")
            handler.close()


if __name__ == "__main__":
    main()
