"""The bench's inputs are what the bench takes them for."""

import itertools
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.bench import inputs
from tests.bench.figures import BARE, bare_payloads
from tests.mars import KINDS, Block
from tests.mars.blocks import FLUSH_AT
from tests.mars.walk import walk

LARGE = [kind for kind in inputs.KINDS_OF_INPUT if kind != "small"]


def few_blocks(kind: str) -> list[Block]:
    return inputs.cycle_of(kind, lines=3000)


@pytest.mark.parametrize("kind", [kind for kind in LARGE if kind != "damaged"])
def test_an_input_is_healthy_and_of_the_size_asked_for(kind: str) -> None:
    blocks = few_blocks(kind)
    once = sum(len(block.text) for block in blocks)
    raws = list(walk(b"".join(inputs.stream(kind, 3 * once - 1, blocks))))
    assert len(raws) == 3 * len(blocks)
    if raws[0].kind.compressed:
        assert [raw.seq for raw in raws] == list(range(1, len(raws) + 1))
        assert all(FLUSH_AT <= len(raw.payload) < 1.1 * FLUSH_AT for raw in raws[: len(blocks) - 1])


def test_an_input_is_the_same_each_time() -> None:
    first, second = (b"".join(inputs.stream("damaged", 2_000_000)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("kind", LARGE)
def test_the_bare_codec_gets_all_of_the_text(kind: str) -> None:
    blocks = few_blocks(kind)
    payloads = bare_payloads(kind, blocks)
    packed = KINDS[inputs.KINDS_OF_INPUT[kind]].compressed
    assert sum(size for _, size in payloads) <= sum(len(block.text) for block in blocks)
    assert len(payloads) == len(blocks) if packed else len(payloads) > 0
    assert BARE[blocks[0].kind.codec](payloads) > 0


def test_small_files_are_about_10_kb_of_35_kb_of_text(tmp_path: Path) -> None:
    text = inputs.small_files(tmp_path, 20)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert 8_000 < sum(sizes) / 20 < 12_000
    assert 30_000 < text / 20 < 40_000
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 20


def test_the_command_writes_what_the_library_yields(tmp_path: Path) -> None:
    target = tmp_path / "a.xlog"
    done = CliRunner().invoke(inputs.main, ["--kind", "zstd", "--size", "200K", "-o", str(target)])
    assert done.exit_code == 0
    assert target.read_bytes() == b"".join(inputs.stream("zstd", 200_000))


@pytest.mark.parametrize(("size", "number"), [("7", 7), ("10K", 10**4), ("1.5M", 1_500_000)])
def test_sizes_are_read_as_people_write_them(size: str, number: int) -> None:
    assert inputs.bytes_of(size) == number


def test_damage_leaves_most_blocks_as_they_were() -> None:
    blocks = inputs.cycle_of("zlib", lines=10_000)
    whole, harmed = (b"".join(inputs.stream(k, 3 * 10**6, blocks)) for k in ("zlib", "damaged"))
    assert whole != harmed
    bounds = itertools.pairwise(range(0, len(whole), 50_000))
    assert sum(whole[a:b] in harmed for a, b in bounds) > len(whole) // 100_000
