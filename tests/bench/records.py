"""`python -m tests.bench.records [--size 256M]`: filters and JSON beside plain decoding.

Text goes nowhere. Each figure is taken in turns with plain decoding, in one process; medians
count.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO

from tests.bench import inputs
from xlogdecode import Options, decode
from xlogdecode.filters import Filter, parse_level
from xlogdecode.records.decoded import iter_events
from xlogdecode.when import parse_size
from xlogdecode.writers import JsonWriter, TextWriter, Writer, render

KINDS = ("zlib", "chunked", "plain")


class Nowhere:
    """Takes bytes."""

    def write(self, data: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=parse_size, default=parse_size("128M"), help="of text")
    parser.add_argument("--threads", type=int, default=1, help="that decode")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    options = Options(threads=asked.threads)
    for kind in KINDS:
        log = b"".join(inputs.stream(kind, asked.size))
        records = count_of(log)
        middle = datetime.fromisoformat(time_of(log))
        tasks: dict[str, Callable[[], float]] = {
            "plain": lambda log=log: timed(plain(log, options)),
            "-p E": lambda log=log: timed(
                rendered(log, options, TextWriter(), Filter(levels="EF"))
            ),
            "-p I": lambda log=log: timed(
                rendered(log, options, TextWriter(), Filter(levels=parse_level("I")))
            ),
            "-S": lambda log=log, at=middle: timed(
                rendered(log, options, TextWriter(), Filter(since=at))
            ),
            "json": lambda log=log: timed(
                rendered(log, options, JsonWriter(), Filter(), per_block=True)
            ),
        }
        taken = {name: [] for name in tasks}
        for _ in range(asked.rounds):
            for name, task in tasks.items():
                taken[name].append(task())
        medians = {name: statistics.median(times) for name, times in taken.items()}
        for name, seconds in medians.items():
            print(
                f"{kind:8} {name:6} {asked.size / seconds / 1e6:6.0f} MB/s of text, "
                f"{medians['plain'] / seconds:5.2f} of plain, {records / seconds:9,.0f} records/s"
            )


def timed(steps: Iterator[object]) -> float:
    start = time.perf_counter()
    for _ in steps:
        pass
    return time.perf_counter() - start


def plain(log: bytes, options: Options) -> Iterator[object]:
    yield decode(BytesIO(log), Nowhere(), options)


def rendered(
    log: bytes, options: Options, writer: Writer, wanted: Filter, *, per_block: bool = False
) -> Iterator[bytes]:
    events = iter_events(BytesIO(log), options, per_block=per_block)
    return render(events, writer, wanted=wanted, source="bench.xlog")


def count_of(log: bytes) -> int:
    return sum(chunk.count(b"\n") for chunk in rendered(log, Options(), JsonWriter(), Filter()))


def time_of(log: bytes) -> str:
    """Return the time of a record in the middle, as wall-clock time."""
    import json

    lines = b"".join(rendered(log, Options(), JsonWriter(), Filter())).splitlines()
    return json.loads(lines[len(lines) // 2])["time"][:23]


if __name__ == "__main__":
    main()
