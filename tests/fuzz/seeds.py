"""What fuzzing starts from: whole small files, single blocks, damage, in a folder for libFuzzer."""

import random
import sys
from collections.abc import Callable, Iterator

from tests.damage import DAMAGES, SAMPLES, sample_of
from tests.mars import KINDS, crash_buffer, file_of, log, mars_lines
from tests.shared import FIXTURES, ROOT

LONGEST = 4096


def seeds() -> Iterator[bytes]:
    """Yield files of every kind, healthy and damaged, none over 4 KB."""
    for path in FIXTURES.rglob("*.xlog"):
        yield path.read_bytes()[:LONGEST]
    for name in SAMPLES:
        sample = sample_of(name)
        yield file_of(sample.blocks)
        yield from (block.data for block in sample.blocks[:3])
        yield crash_buffer(sample.blocks[1])[:LONGEST]
        for make in DAMAGES.values():
            yield next(make(sample, random.Random(1))).data[:LONGEST]
    lines = list(mars_lines(1, 12))
    for kind in KINDS.values():
        if not kind.keyed:
            yield file_of(log(kind, lines, per_block=4))


def fuzz(name: str, target: Callable[[bytes], None]) -> None:
    """Run `target` under atheris with the seeds, and libFuzzer's options from the command line."""
    import atheris

    folder = ROOT / "build" / "fuzz" / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / f"seed{number:03}").write_bytes(seed)
    options = [option for option in sys.argv[1:] if option.startswith("-")]
    crashes = f"-artifact_prefix={folder.parent / name}-"
    atheris.Setup([sys.argv[0], str(folder), f"-max_len={LONGEST}", crashes, *options], target)
    atheris.Fuzz()
