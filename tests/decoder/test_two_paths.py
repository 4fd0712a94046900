"""The fast path and the careful one alone: the same text, the same losses, for any edits.

Files are of the shape that the IM SDK writes: blocks of about 1 KB in chunks of some 20 to 60
bytes, plain tips among them, several sessions; and of every other kind in small blocks.
"""

import functools
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.damage import SERVER, sample_of
from tests.mars import KINDS, Block, block, file_of, imsdk_lines, log
from xlogdecode import Options, Piece, Report
from xlogdecode.decoder.decode import iter_decode
from xlogdecode.decoder.fast_path import FastPath

OPTIONS = Options(keys=(SERVER,), marks=False)
DAYS = ("imsdk-day", "imsdk-day", "zlib", "zlib-crypt", "zstd", "zstd-crypt", "sync-zlib")
TIP = b"~~~~~ begin of mmap ~~~~~\n"


@functools.cache
def day_of(name: str) -> bytes:
    """A day file: two sessions of small blocks with tips around the second one's first."""
    if name != "imsdk-day":
        return file_of(sample_of(name).blocks) * 2
    dice = random.Random(name)
    lines = list(imsdk_lines(3, 160))
    blocks: list[Block] = []
    for start in (0, 80):
        part = lines[start : start + 80]
        size = dice.randrange(8, 20)
        blocks += [block(KINDS["imsdk-plain"], [TIP]), block(KINDS["imsdk-plain"], [part[0]])]
        blocks += log(KINDS["imsdk-chunked"], part[1:], per_block=size)
    return file_of(blocks)


@st.composite
def edited(draw: st.DrawFn) -> bytes:
    """A day with up to three edits: bits, bytes lost or put in, holes, blocks torn or doubled."""
    data = bytearray(
        day_of(
            draw(
                st.sampled_from(
                    ["imsdk-day", "imsdk-day", "zlib", "zlib-crypt", "zstd", "sync-zlib"]
                )
            )
        )
    )
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data) - 1))
        size = draw(st.sampled_from([1, 1, 2, 13, 100, 512, 1500]))
        match draw(st.sampled_from(["flip", "lose", "insert", "zeros", "ones", "double"])):
            case "flip":
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "lose":
                del data[at : at + size]
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=20))
            case "zeros":
                data[at : at + size] = bytes(len(data[at : at + size]))
            case "ones":
                data[at : at + size] = b"\xff" * len(data[at : at + size])
            case "double":
                data[at:at] = data[at : at + size]
        data = data or bytearray(b"\0")
    return bytes(data)


def outcome(data: bytes, size: int) -> tuple[bytes, Report]:
    """Decode what a source gives `size` bytes at a time."""
    report = Report()
    source = io.BytesIO(data)
    read = source.read
    source.read = lambda most=-1, /: read(min(most, size))  # type: ignore[method-assign]
    texts = [
        bytes(item.text) for item in iter_decode(source, OPTIONS, report) if isinstance(item, Piece)
    ]
    return b"".join(texts), report


def carefully(data: bytes) -> tuple[bytes, Report]:
    """Decode by the careful path alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FastPath, "take", lambda self, window: None)
        return outcome(data, 1 << 20)


@given(data=edited(), size=st.sampled_from([1 << 20, 4096, 700]))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_edited_files_give_the_same_on_both_paths_and_for_any_cuts(data: bytes, size: int) -> None:
    text, report = carefully(data)
    fast, fast_report = outcome(data, size)
    assert fast == text
    assert fast_report.losses == report.losses
    assert fast_report == report


@pytest.mark.parametrize(
    "name", ["imsdk-day", "zlib", "zlib-crypt", "zstd", "zstd-crypt", "sync-zlib"]
)
def test_healthy_files_take_the_fast_path_alone(name: str) -> None:
    data = day_of(name)
    expected, report = carefully(data)
    runs = [item.run for item in iter_decode(io.BytesIO(data), OPTIONS) if isinstance(item, Piece)]
    blocks = report.blocks.total()
    slow = sum(run is None for run in runs)
    assert slow <= 1 + 3 * KINDS[name].encrypted if name in KINDS else slow == 0, blocks
    assert outcome(data, 1 << 20) == (expected, report)
