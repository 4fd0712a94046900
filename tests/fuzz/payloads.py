"""Whatever the payload: the fast way and the careful way agree, and only CodecError is raised."""

# ruff: noqa: E402 - what is fuzzed must be instrumented before the tests import it

import sys
from pathlib import Path

import atheris

sys.path[0] = str(Path(__file__).parents[2])  # the project's root, in place of this folder

with atheris.instrument_imports(include=["xlogdecode"]):
    from xlogdecode.codecs import CodecError, iter_unpack, unpack
    from xlogdecode.format import Codec

from tests.fuzz.seeds import fuzz

BOUND = 4 << 20
"""Bytes of text that this target looks at."""

LAX = (
    "invalid literal/length code",
    "invalid distance code",
    "the next block stands within the payload",
)
"""What the careful way alone objects to. The symbols 286, 287, 30 and 31, which no writer uses,
libdeflate takes for their neighbours: a flipped bit may make one, as it may make any other. And
what looks like a header is one only to a payload that goes wrong."""


def target(data: bytes) -> None:
    """Take the input for a payload of each codec, with and without a block's header before it."""
    for codec in Codec:
        for payload in (data, data[13:-1], data[73:-1]):
            compare(codec, payload)


def compare(codec: Codec, payload: bytes) -> None:
    """Unpack in both ways."""
    pieces, size, consumed, lax = [], 0, None, False
    try:
        for piece in iter_unpack(codec, payload):
            assert len(piece) <= 1 << 20
            pieces.append(bytes(piece))
            size += len(piece)
            if size > BOUND:
                return
    except CodecError as error:
        consumed, lax = error.consumed, str(error).endswith(LAX)
    assert consumed is None or 0 <= consumed <= len(payload)
    fast = unpack(codec, payload, BOUND)
    if fast is not None and not lax:
        assert consumed is None, "the fast way takes what the careful way finds broken"
        assert bytes(fast) == b"".join(pieces)


if __name__ == "__main__":
    fuzz("payloads", target)
