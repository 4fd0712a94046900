"""How many lines that were never logged come out of damaged files, within blocks called OK.

    python tests/damage/never_logged.py [-t] [COUNT]

prints a table: COUNT files of each shape for each kind of damage. It measures the version that the
Python at hand has installed, also an older one.
"""

import functools
import io
import random
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

from xlogdecode import Loss, Options, iter_decode

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.damage import DAMAGES, SAMPLES, SERVER, sample_of
from tests.damage.edits import EDITS
from tests.damage.shapes import Log, log_of_shape

FULL = ("zlib", "zlib-crypt", "zstd", "zstd-crypt", "imsdk-chunked")
SHAPES = (*FULL, "imsdk-day")


class Count(NamedTuple):
    """The lines of one damaged file that were never logged."""

    in_ok: int
    """Of blocks that are called OK."""
    kept: int
    """Of what was recovered of damaged ones."""
    is_ok: bool


@functools.cache
def log_of(shape: str) -> Log:
    return log_of_shape(shape, days=8, per_block=20, lines=3000)


def count(data: bytes, lines: frozenset[bytes], options: Options) -> Count:
    items = list(iter_decode(io.BytesIO(data), options))
    losses = [range(one.offset, one.offset + one.length) for one in items if isinstance(one, Loss)]
    wrong = [0, 0]
    for item in items:
        if not isinstance(item, Loss):
            kept = any(item.offset in loss for loss in losses)
            text = bytes(item.text).splitlines(keepends=True)
            if kept and text and not text[-1].endswith(b"\n"):
                text.pop()  # a line that the fault cut off
            wrong[kept] += sum(line not in lines for line in text)
    return Count(*wrong, is_ok=not losses)


def of_large_files(name: str, times: int, options: Options) -> list[Count]:
    found = []
    for shape in SHAPES:
        data, lines = log_of(shape)
        for number in range(times):
            dice = random.Random(f"{name} {shape} {number}")
            edited = bytearray(data)
            for edit in EDITS[name]:
                edit(edited, dice.randrange(len(edited) - 1), dice)
            found.append(count(bytes(edited), lines, options))
    return found


def of_the_suite(name: str, options: Options) -> list[Count]:
    found = []
    for kind in SAMPLES:
        sample = sample_of(kind)
        for case in DAMAGES[name](sample, random.Random(f"{name} {kind}")):
            text = b"".join(piece.text for piece in case.pieces)
            lines = frozenset(text.splitlines(keepends=True))
            found.append(count(case.data, lines, options))
    return found


def row(name: str, found: list[Count]) -> str:
    failed = [one for one in found if one.in_ok]
    kept = [one.kept for one in found if not one.is_ok]
    median, most = statistics.median(kept or [0]), max(kept or [0])
    numbers = f"{len(found)} | {len(failed)} | {sum(one.in_ok for one in found)}"
    return f"| {name} | {numbers} | {median:.0f} | {most} |"


def main(arguments: list[str]) -> None:
    options = Options(keys=(SERVER,), marks=False, per_block=True)
    if "-t" in arguments:
        options = options._replace(verify=True)
    times = int(next((one for one in arguments if one.isdigit()), 50))
    print("| damage | files | failed | false lines in OK blocks | recovered: median | most |")
    print("|---|---|---|---|---|---|", flush=True)
    for name in EDITS:
        print(row(name, of_large_files(name, times, options)), flush=True)
    for name in DAMAGES:
        print(row(name, of_the_suite(name, options)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
