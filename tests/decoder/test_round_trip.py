"""What the test encoder writes, the decoder reads: any bytes but NUL, every kind, every key."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mars import (
    KINDS,
    Block,
    Kind,
    block,
    crash_buffer,
    file_of,
    log,
    new_session,
    private_key,
    shuffled_key_bytes,
)  # fmt: skip
from xlogdecode import Options, decode_bytes
from xlogdecode.decoder.decode import decode

KEYS = [private_key(f"server {number}") for number in range(3)]

logged = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=200).map(lambda text: text.replace(b"\0", b"\x80")),
        st.text(min_size=1).map(lambda text: text.replace("\0", "\n").encode()),
        st.sampled_from([b"\n", b"~" * 16_383 + b"\n", b"\x09\x01\x02\x09\x09", b"\xff" * 300]),
    ),
    min_size=1,
    max_size=12,
)
"""What an app hands to its writer, a call an item."""

modern = st.sampled_from([*KINDS.values()])

_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n\r")
_READABLE = bytes.maketrans(_CONTROLS, b"?" * len(_CONTROLS))


def as_logged(kind: Kind, lines: list[bytes]) -> list[bytes]:
    """Return lines for a block: a short encrypted one proves its key by being readable.

    And a plain one of many control characters could be an encrypted one with another magic.
    """
    is_shown = kind.encrypted or not kind.compressed
    return [line.translate(_READABLE) for line in lines] if is_shown else lines


@st.composite
def written(draw: st.DrawFn) -> list[Block]:
    """Blocks of any kinds in one file, each with a key area and a session of its own."""
    blocks = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(modern)
        lines = as_logged(kind, draw(logged))
        server, client = draw(st.integers(0, 2)), draw(st.sampled_from("abc"))
        session = new_session(KEYS[server], f"{client} of {server}")
        blocks.append(
            block(
                kind,
                lines if kind.compressed else [b"".join(lines)[:16_384]],
                seq=draw(st.integers(0, 65535)),
                hours=(draw(st.integers(0, 23)), draw(st.integers(0, 23))),
                session=session if kind.keyed else None,
                key_bytes=shuffled_key_bytes(draw(st.integers(0, 99))),
            )
        )
    return blocks


@given(written())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_mix_of_blocks_gives_back_what_was_logged(blocks: list[Block]) -> None:
    text, report = decode_bytes(file_of(blocks), Options(keys=tuple(KEYS)))
    assert text == b"".join(block.text for block in blocks)
    assert report.is_whole
    assert not report.losses


@pytest.mark.parametrize("name", KINDS)
@given(lines=logged, seq=st.integers(1, 65535))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_log_of_one_kind_gives_back_what_was_logged(
    name: str, lines: list[bytes], seq: int
) -> None:
    kind = KINDS[name]
    lines = as_logged(kind, lines)
    session = new_session(KEYS[1]) if kind.keyed else None
    data = file_of(log(kind, lines, per_block=3, session=session, first_seq=seq))
    text, report = decode_bytes(data, Options(keys=tuple(KEYS)))
    assert text == b"".join(lines)
    assert report.is_whole


@given(lines=logged, kind=modern.filter(lambda kind: kind.compressed))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_crash_buffer_gives_back_the_last_words(lines: list[bytes], kind: Kind) -> None:
    session = new_session(KEYS[0])
    last = block(kind, as_logged(kind, lines), seq=7, session=session)
    text, report = decode_bytes(crash_buffer(last), Options(keys=(KEYS[0],)))
    assert text == last.text
    assert report.is_whole


def test_an_empty_crash_buffer_is_whole_and_without_text() -> None:
    text, report = decode_bytes(crash_buffer())
    assert (text, report.is_whole) == (b"", True)


@given(written())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_streams_give_the_same_as_bytes(blocks: list[Block]) -> None:
    data, sink = file_of(blocks), io.BytesIO()
    decode(io.BytesIO(data), sink, Options(keys=tuple(KEYS)))
    assert sink.getvalue() == decode_bytes(data, Options(keys=tuple(KEYS)))[0]


def xored(magic: int, header_size: int, line: bytes, seq: int) -> bytes:
    """A block of the kind that only Mars's C decoder knows: FORMAT.md 1, below the table."""
    fields = struct.pack("<HBB", seq, 9, 9) if header_size == 9 else b""
    mask = 0xCC ^ ((seq if header_size == 9 else len(line)) & 0xFF) ^ magic
    header = bytes([magic]) + fields + struct.pack("<I", len(line))
    return header + bytes(byte ^ mask for byte in line) + b"\0"


@pytest.mark.parametrize(("magic", "header_size"), [(1, 5), (2, 5), (3, 9), (4, 9), (5, 9)])
def test_a_file_of_the_xored_kind_is_named_and_not_read(magic: int, header_size: int) -> None:
    lines = [b"line %d of the log\n" % number for number in range(1, 5)]
    data = b"".join(xored(magic, header_size, line, seq) for seq, line in enumerate(lines, 1))
    text, report = decode_bytes(data, Options(marks=False))
    assert text == b""
    assert report.gave_nothing
    assert "XORed" in str(report.losses[0])
