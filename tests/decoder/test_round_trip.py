"""What the test encoder writes, the decoder reads: any bytes but NUL, every kind, every key."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mars import (
    KINDS,
    Block,
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

modern = st.sampled_from([kind for kind in KINDS.values() if not kind.masked])


@st.composite
def written(draw: st.DrawFn) -> list[Block]:
    """Blocks of any kinds in one file, each with a key area and a session of its own."""
    blocks = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(modern)
        server, client = draw(st.integers(0, 2)), draw(st.sampled_from("abc"))
        session = new_session(KEYS[server], f"{client} of {server}")
        blocks.append(
            block(
                kind,
                draw(logged) if kind.compressed else [b"".join(draw(logged))[:16_384]],
                seq=draw(st.integers(0, 65535)),
                hours=(draw(st.integers(0, 23)), draw(st.integers(0, 23))),
                session=session if kind.keyed else None,
                key_bytes=shuffled_key_bytes(draw(st.integers(0, 99))),
            )
        )
    return blocks


@given(written())
@settings(max_examples=300, deadline=None, derandomize=True)
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
    session = new_session(KEYS[1]) if kind.keyed else None
    data = file_of(log(kind, lines, per_block=3, session=session, first_seq=seq))
    text, report = decode_bytes(data, Options(keys=tuple(KEYS)))
    assert text == b"".join(lines)
    assert report.is_whole


@given(lines=logged, kind=modern.filter(lambda kind: kind.compressed))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_crash_buffer_gives_back_the_last_words(lines: list[bytes], kind: object) -> None:
    session = new_session(KEYS[0])
    last = block(kind, lines, seq=7, session=session)  # type: ignore[arg-type]
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


@pytest.mark.parametrize("hours", [(0, 4), (0, 5), (1, 5)])
def test_masked_blocks_are_read_whatever_their_first_reading_seemed_to_tell(hours) -> None:
    kind = KINDS["masked-zlib-9"]
    blocks = [
        block(kind, [b"line %d of the log\n" % seq], seq=seq, hours=hours) for seq in range(1, 5)
    ]
    text, report = decode_bytes(file_of(blocks))
    assert text == b"".join(block.text for block in blocks)
    assert report.is_whole
