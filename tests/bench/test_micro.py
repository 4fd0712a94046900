"""Micro-benchmarks through the public API: `pytest tests/bench --benchmark-enable`."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.day_files import day_of
from tests.damage import SAMPLES, SERVER, sample_of
from tests.mars import KINDS, block, file_of, log, mars_lines
from xlogdecode import Options, decode_bytes

OPTIONS = Options(keys=(SERVER,))


def test_decode_a_day(benchmark: BenchmarkFixture) -> None:
    day = day_of(1)
    text, _ = benchmark(decode_bytes, day.data)
    assert text == day.text


@pytest.mark.parametrize("name", SAMPLES)
def test_decode_a_small_file(benchmark: BenchmarkFixture, name: str) -> None:
    sample = sample_of(name)
    text, _ = benchmark(decode_bytes, file_of(sample.blocks), OPTIONS)
    assert text == b"".join(one.text for one in sample.blocks)


@pytest.mark.parametrize("name", ["zlib", "zstd", "imsdk-chunked"])
def test_decode_one_large_block(benchmark: BenchmarkFixture, name: str) -> None:
    one = block(KINDS[name], list(mars_lines(7, 1000)), seq=1)
    text, _ = benchmark(decode_bytes, one.data, OPTIONS)
    assert text == one.text


def test_decode_one_line_blocks(benchmark: BenchmarkFixture) -> None:
    blocks = log(KINDS["sync-zlib"], list(mars_lines(7, 500)))
    text, _ = benchmark(decode_bytes, file_of(blocks))
    assert text == b"".join(one.text for one in blocks)


def test_search_a_hundred_kilobytes_of_noise(benchmark: BenchmarkFixture) -> None:
    noise = bytes(range(1, 256)) * 400
    text, report = benchmark(decode_bytes, noise, Options(marks=False))
    assert (text, len(report.losses)) == (b"", 1)
