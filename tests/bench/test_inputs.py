"""The bench's inputs have the shapes that the bench takes them for."""

import statistics
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.bench import inputs
from tests.bench.bare import bare_seconds, streams_of
from tests.bench.day_files import day_of
from tests.bench.script import decode
from tests.mars import KINDS
from tests.mars.blocks import FLUSH_AT
from tests.mars.walk import unchunked, walk

HEALTHY = [kind for kind in inputs.KINDS_OF_INPUT if kind != "damaged"]


@pytest.fixture(scope="module")
def days():
    return [day_of(number) for number in range(40)]


def test_days_are_as_large_as_real_ones(days):
    sizes = [len(day.data) for day in days]
    assert 5_000 <= min(sizes) <= max(sizes) <= 100_000
    assert 20_000 <= statistics.mean(sizes) <= 40_000
    assert 3.5 <= sum(len(day.text) for day in days) / sum(sizes) <= 5


def test_blocks_and_chunks_of_days_are_as_small_as_real_ones(days):
    raws = [raw for day in days for raw in walk(day.data)]
    packed = [raw.payload for raw in raws if raw.kind.codec == "chunked"]
    plain = [raw for raw in raws if raw.kind.codec == "plain"]
    chunks = [len(chunk) for payload in packed for chunk in unchunked(payload)]
    assert 900 <= statistics.median(map(len, packed)) <= 1250
    assert max(map(len, packed)) <= 16_384
    assert 18 <= statistics.median(chunks) <= 30
    assert 5 <= len(packed) / len(plain) <= 20


def test_no_block_comes_twice_in_days(days):
    packed = [raw.payload for day in days for raw in walk(day.data) if raw.kind.compressed]
    assert len(set(packed)) == len(packed)


def test_a_day_is_the_same_each_time_and_the_script_reads_it():
    first, second = day_of(3, 8000), day_of(3, 8000)
    assert first.data == second.data
    assert decode(first.data) == first.text


def test_a_folder_of_inputs_is_made_once(tmp_path):
    made = inputs.Inputs(tmp_path, days=3, size=200_000)
    paths = {name: made.path(name) for name in ("days", "pile", "imsdk", "harmed", "small-zlib")}
    times = {path: path.stat().st_mtime_ns for path in paths.values()}
    assert len(list(paths["days"].iterdir())) == 3
    assert paths["imsdk"].read_bytes() == b"".join(day_of(number).data for number in range(3))
    assert paths["harmed"].read_bytes() != paths["imsdk"].read_bytes()
    again = inputs.Inputs(tmp_path, days=3, size=200_000)
    assert {again.path(name).stat().st_mtime_ns for name in paths} == set(times.values())


@pytest.mark.parametrize("kind", inputs.SMALL_KINDS)
def test_small_blocks_are_of_about_a_kilobyte(kind):
    raws = list(walk(next(inputs.small_blocks(kind, 1))))
    assert {raw.kind for raw in raws} == {KINDS[kind]}
    assert 1000 <= statistics.median(len(raw.payload) for raw in raws) <= 1400


@pytest.mark.parametrize("kind", HEALTHY)
def test_full_blocks_are_healthy_and_of_the_size_wanted(kind):
    blocks = inputs.cycle_of(kind, lines=3000)
    once = sum(len(block.text) for block in blocks)
    raws = list(walk(b"".join(inputs.stream(kind, 3 * once - 1, blocks))))
    assert len(raws) == 3 * len(blocks)
    if raws[0].kind.compressed:
        assert [raw.seq for raw in raws] == list(range(1, len(raws) + 1))
        assert all(FLUSH_AT <= len(raw.payload) < 1.1 * FLUSH_AT for raw in raws[: len(blocks) - 1])


@pytest.mark.parametrize("kind", ["zlib", "zstd", "chunked"])
def test_the_bare_codec_gets_all_of_the_text(tmp_path, kind):
    blocks = inputs.cycle_of(kind, lines=3000)
    path = tmp_path / "a.xlog"
    path.write_bytes(b"".join(block.data for block in blocks))
    streams = streams_of([path])
    assert [stream.size for stream in streams] == [len(block.text) for block in blocks]
    assert bare_seconds(streams) > 0


def test_damage_harms_an_eighth_of_the_blocks(days):
    healthy = b"".join(day.data for day in days[:10])
    harmed = inputs.damage(healthy)
    blocks = [block for day in days[:10] for block in day.blocks if block.kind.compressed]
    assert sum(block.data in harmed for block in blocks) == len(blocks) - len(blocks) // 8 + sum(
        number // 8 % 5 == 0 for number in range(8, len(blocks) + 1, 8)
    )  # garbage before a block leaves it as it was


def test_the_command_writes_what_the_library_yields(tmp_path: Path):
    target = tmp_path / "a.xlog"
    done = CliRunner().invoke(inputs.main, ["zstd", "--size", "200K", "-o", str(target)])
    assert done.exit_code == 0
    assert target.read_bytes() == b"".join(inputs.stream("zstd", 200_000))


@pytest.mark.parametrize(("size", "number"), [("7", 7), ("10K", 10**4), ("1.5M", 1_500_000)])
def test_sizes_are_read_as_people_write_them(size: str, number: int):
    assert inputs.bytes_of(size) == number
