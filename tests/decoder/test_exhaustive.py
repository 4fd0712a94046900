"""Every cut and every flipped bit of a small file, in the manner of lziprecover's `unzcrash`.

A fixed sample of the variants runs each time; all of them, some 90,000 a kind, are heavy.
"""

import os
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.damage import SAMPLES, SERVER, Case, Edit, Sample, damaged, faults_of, sample_of
from tests.mars import file_of
from xlogdecode import Options, decode_bytes

TIMES = {"sync-zlib": 3, "imsdk-plain": 3}
"""How many times the usual sample makes about 10 KB; 2 for all others."""

Variant = tuple[int, int]
"""Where, and which bit is flipped there; 8 for a cut."""


def fixture_of(kind: str) -> Sample:
    return sample_of(kind, times=TIMES.get(kind, 2))


def variants_of(kind: str) -> list[Variant]:
    size = fixture_of(kind).start_of(len(fixture_of(kind).blocks))
    return [(at, bit) for at in range(size) for bit in range(9)]


def case_of(sample: Sample, data: bytes, bounds: set[int], variant: Variant) -> Case:
    at, bit = variant
    if bit < 8:
        edit = Edit(at, at + 1, bytes([data[at] ^ 1 << bit]))
        return damaged(f"bit {bit} of {at}", sample.blocks, [edit], (0, 2 if at in bounds else 1))
    losses = (0, 0) if at in bounds else (0 if at + 1 in {*bounds, len(data)} else 1, 1)
    return damaged(f"cut at {at}", sample.blocks, [Edit(at, len(data))], losses)


def failures(kind: str, variants: Iterable[Variant]) -> Iterator[str]:
    """Yield what is wrong with each variant that decodes wrongly."""
    sample = fixture_of(kind)
    data = file_of(sample.blocks)
    bounds = {sample.start_of(number) for number in range(len(sample.blocks))}
    options = Options(keys=(SERVER,), marks=False)
    for variant in variants:
        case = case_of(sample, data, bounds, variant)
        try:
            text, report = decode_bytes(case.data, options)
        except Exception as error:  # noqa: BLE001 - any exception at all is a failure to report
            yield f"{kind}, {case.name}: {error!r}"
            continue
        if fault := faults_of(text, case.pieces):
            yield f"{kind}, {case.name}: {fault}"
        elif not case.losses[0] <= len(report.losses) <= case.losses[1]:
            yield f"{kind}, {case.name}: {len(report.losses)} losses: {report.losses}"


def first_failures(job: tuple[str, list[Variant]]) -> list[str]:
    return list(failures(*job))[:20]


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_sample_of_all_cuts_and_flips_harms_one_block_alone(kind: str) -> None:
    sample = fixture_of(kind)
    chosen = random.Random(kind).sample(variants_of(kind), 200)
    start = sample.start_of(2)  # and all of one header, where it matters most
    header = range(start, start + min(sample.kind_of(2).header_size, 16))
    chosen += [(at, bit) for at in header for bit in range(9)]
    assert list(failures(kind, chosen)) == []


@pytest.mark.heavy
@pytest.mark.parametrize("kind", SAMPLES)
def test_every_cut_and_every_flip_harms_one_block_alone(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    variants = variants_of(kind)
    jobs = [(kind, variants[start : start + 2000]) for start in range(0, len(variants), 2000)]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        found = [failure for some in pool.map(first_failures, jobs) for failure in some]
    with capsys.disabled():
        print(f"\n{kind}: {len(variants)} variants, {len(found)} failures")
    assert found[:20] == []
