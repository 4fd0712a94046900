"""A source that gives little at a time: text comes as soon as it is there, at little cost."""

import io

import pytest

from tests.damage import SERVER, sample_of
from tests.mars import file_of
from xlogdecode import Options
from xlogdecode.decoder.decode import iter_decode
from xlogdecode.framing import Framer

KINDS = ("imsdk-plain", "imsdk-chunked", "zlib", "zstd-crypt")
NEXT_HEADER = 32
"""Bytes of the next block that may be waited for."""


class OneByOne(io.BytesIO):
    """A source that gives a byte at a time."""

    def read(self, _size: int | None = -1, /) -> bytes:
        return super().read(1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_block_comes_out_before_the_next_is_there(kind: str) -> None:
    blocks = sample_of(kind).blocks
    source = OneByOne(file_of(blocks))
    end = 0
    pieces = iter_decode(source, Options(keys=(SERVER,), per_block=True))
    for block, piece in zip(blocks, pieces, strict=True):
        end += len(block.data)
        assert piece.text == block.text
        assert source.tell() <= end + NEXT_HEADER


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_is_looked_at_a_few_times_and_not_once_a_byte(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    look = Framer.next_event
    monkeypatch.setattr(Framer, "next_event", lambda framer: looks.append(framer) or look(framer))
    blocks = sample_of(kind).blocks
    for _ in iter_decode(OneByOne(file_of(blocks)), Options(keys=(SERVER,))):
        pass
    assert len(looks) < 20 * len(blocks)
