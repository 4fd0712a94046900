"""The framer accounts for all bytes, and where the input is cut does not matter."""

import itertools
import time
import zlib
from collections.abc import Iterator, Sequence

import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.damage import SAMPLES, sample_of
from tests.mars import KINDS, block, crash_buffer, file_of, imsdk_lines, log, mars_lines
from tests.mars.walk import unchunked
from tests.shared import FIXTURES
from xlogdecode.format import CRASH_BUFFER_SIZE, Codec
from xlogdecode.framing import Block, Damage, Fill, Framer, PlainText, Proof, Verdict

Seen = tuple[str, int, int]


def inflates(block: Block) -> Proof:
    """A probe of the tests' own, for payloads that are not encrypted."""
    payload = bytes(block.payload)
    try:
        whole = _ends_in_a_flush(block.reading.codec, payload)
    except (zlib.error, zstandard.ZstdError):
        return Proof(Verdict.BROKEN, len(payload))
    return Proof(Verdict.WHOLE if whole else Verdict.OPEN, len(payload))


def _ends_in_a_flush(codec: Codec, payload: bytes) -> bool:
    if codec is Codec.ZSTD:
        zstandard.ZstdDecompressor().decompressobj().decompress(payload)
        return True
    if codec is Codec.CHUNKED:
        payload = b"".join(unchunked(payload))
    if codec is not Codec.PLAIN:
        zlib.decompressobj(-15).decompress(payload)
    return codec is Codec.PLAIN or payload.endswith(b"\0\0\xff\xff")


def whims(block: Block) -> Proof:
    """A probe that answers by the seq alone: the contract holds whatever a probe finds."""
    verdicts = [Verdict.WHOLE, Verdict.BROKEN, Verdict.OPEN, Verdict.LOCKED]
    return Proof(verdicts[block.header.seq % 4], 16)


PROBES = [inflates, whims]


TINY = block(KINDS["imsdk-plain"], [b"x\n"]).data


def events_of(data: bytes, cuts: Sequence[int], probe: object = inflates) -> list[Seen]:
    framer = Framer(probe)  # type: ignore[arg-type]
    seen: list[Seen] = []
    bounds = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
    for start, stop in itertools.pairwise(bounds):
        framer.feed(data[start:stop])
        seen += map(described, framer)
    framer.close()
    seen += map(described, framer)
    return seen


def described(event: Block | Damage | Fill | PlainText) -> Seen:
    name = type(event).__name__
    if isinstance(event, Block):
        name += f" {event.reading.magic:#x} {bytes(event.payload).hex()}"
    elif isinstance(event, Damage):
        name += f" {event.reason} {event.detail}"
    elif isinstance(event, PlainText):
        name += f" {event.data!r}"
    return name, event.offset, event.length


def accounted(data: bytes, seen: list[Seen]) -> bool:
    """Whether the events lie end to end and cover the input."""
    position = 0
    for _, offset, length in seen:
        if offset != position or length < 0:
            return False
        position += length
    return position == len(data)


def blocks_in(seen: list[Seen]) -> list[Seen]:
    return [event for event in seen if event[0].startswith("Block")]


def sample_files() -> Iterator[tuple[str, bytes, int]]:
    """Yield samples of every kind: name, bytes, number of blocks."""
    for name in SAMPLES:
        yield name, file_of(sample_of(name).blocks), len(sample_of(name).blocks)
    lines = list(mars_lines(9, 30))
    for name, kind in KINDS.items():
        if name not in SAMPLES and not kind.keyed:
            blocks = log(kind, lines, per_block=5)
            yield f"{name} log", file_of(blocks), len(blocks)
    last = block(KINDS["imsdk-chunked"], list(imsdk_lines(9, 20)), seq=3)
    yield "crash buffer", crash_buffer(last)[:4096], 1


SAMPLE_FILES = {name: (data, count) for name, data, count in sample_files()}


def believes(block: Block) -> Proof:
    """A probe for samples that are healthy, encrypted as they may be."""
    if block.reading.encrypted:
        return Proof(Verdict.WHOLE, block.header.length)
    return inflates(block)


class TestSamples:
    @pytest.mark.parametrize("name", SAMPLE_FILES)
    def test_a_healthy_sample_is_its_blocks_and_nothing_else(self, name: str) -> None:
        data, count = SAMPLE_FILES[name]
        seen = events_of(data, [], believes)
        assert accounted(data, seen)
        assert len(blocks_in(seen)) == count
        rest = [event[0] for event in seen if event not in blocks_in(seen)]
        assert rest == (["Fill"] if name == "crash buffer" else [])

    @pytest.mark.parametrize("name", SAMPLE_FILES)
    def test_fed_byte_by_byte_it_gives_the_same(self, name: str) -> None:
        data, _ = SAMPLE_FILES[name]
        assert events_of(data, range(len(data)), believes) == events_of(data, [], believes)

    @pytest.mark.parametrize("name", SAMPLE_FILES)
    @pytest.mark.parametrize("after", [b"\xff\xfe garbage \x01", b"\x09\x01", bytes(64)])
    def test_with_bytes_after_it_its_blocks_are_the_same(self, name: str, after: bytes) -> None:
        data, count = SAMPLE_FILES[name]
        seen = events_of(data + after, [], believes)
        assert accounted(data + after, seen)
        assert blocks_in(seen)[:count] == blocks_in(events_of(data, [], believes))

    @pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.xlog")), ids=lambda path: path.stem)
    def test_a_fixture_is_the_same_in_pieces_of_any_size(self, path: object) -> None:
        data = path.read_bytes()[:50_000]  # type: ignore[attr-defined]
        whole = events_of(data, [], believes)
        assert accounted(data, whole)
        for size in (1, 13, 4096):
            assert events_of(data, range(0, len(data), size), believes) == whole


def fragments() -> st.SearchStrategy[bytes]:
    """Blocks, pieces of blocks, zeros, garbage, text: whatever a file may be made of."""
    files = [data for data, _ in SAMPLE_FILES.values()]
    lines = list(mars_lines(1, 8)) + list(imsdk_lines(1, 8)) + [b"no known layout\n"]
    small = [block.data for name in SAMPLES for block in sample_of(name).blocks]
    whole = st.sampled_from(small)
    torn = st.builds(
        lambda data, start, size: data[start : start + size],
        st.sampled_from(files),
        st.integers(0, 3000),
        st.integers(0, 400),
    )
    head = st.builds(
        lambda data, size, changes: bytes(changes) + data[len(changes) : size],
        st.sampled_from(small),
        st.integers(1, 100),
        st.lists(st.integers(0, 13), max_size=10),
    )
    stripped = torn.map(lambda data: data.replace(b"\0", b""))
    return st.one_of(
        whole,
        torn,
        stripped,
        head,
        st.integers(0, 300).map(bytes),
        st.binary(max_size=100),
        st.sampled_from(lines),
        st.sampled_from(lines).map(lambda line: line[:40]),
        st.sampled_from([b"".join(lines[:count]) for count in (2, 3, 6)]),
    )


@pytest.mark.parametrize("probe", PROBES)
@given(parts=st.lists(fragments(), max_size=8), cuts=st.lists(st.integers(0, 5000), max_size=12))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_all_bytes_are_accounted_for_however_they_come(
    probe: object, parts: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(parts)
    whole = events_of(data, [], probe)
    assert accounted(data, whole)
    assert events_of(data, cuts, probe) == whole


@pytest.mark.parametrize("probe", PROBES)
@given(parts=st.lists(fragments(), max_size=3))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_same_holds_byte_by_byte(probe: object, parts: list[bytes]) -> None:
    data = b"".join(parts)[:1500]
    assert events_of(data, range(len(data)), probe) == events_of(data, [], probe)


@given(st.lists(st.integers(1, 20_000) | st.integers(1000, 1050), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_plain_lines_of_any_length_come_out_one_by_one(lengths: list[int]) -> None:
    lines = [b"x" * (length - 1) + b"\n" for length in lengths]
    for name in ("sync-zlib", "imsdk-plain"):
        data = file_of(log(KINDS[name], lines))
        framer = Framer(inflates)
        framer.feed(data)
        framer.close()
        found = list(framer)
        assert [bytes(event.payload) for event in found if isinstance(event, Block)] == lines


def test_long_plain_lines_behind_damage_are_whole_whatever_they_end_with() -> None:
    def line(size: int, end: bytes = b"\n") -> bytes:
        text = b"[I][2024-01-01 +8.0 10:00:00.123][12, 34*][Tag][f.cc:1, fn][".ljust(size, b"x")
        return block(KINDS["imsdk-plain"], [text + end], hours=(3, 3)).data

    looks_like_a_header = line(4995, b"\x06ab\x05\x06") + line(821)
    behind = line(4999) * 2 + (looks_like_a_header + line(4999)) * 3
    seen = events_of(line(99) * 3 + b"garbage!" * 5 + behind + line(4999), [])
    assert len(blocks_in(seen)) == 3 + 2 + 9 + 1


@pytest.mark.parametrize("name", ["zlib", "sync-zlib", "imsdk-plain"])
def test_a_header_cut_in_two_is_found_though_its_hours_look_like_a_magic(name: str) -> None:
    blocks = [block(KINDS[name], [b"a line\n"], seq=1, hours=(2, 3)).data] * 2
    data = bytes(100) + b"".join(blocks)
    whole = events_of(data, [])
    assert len(blocks_in(whole)) == 2
    for cut in range(90, 200):
        assert events_of(data, [cut]) == whole


def test_what_damage_is_called_does_not_depend_on_when_the_input_is_known_to_end() -> None:
    blocks = [one.data for one in sample_of("zlib").blocks]
    lies = blocks[0][:5] + (1 << 20).to_bytes(4, "little") + blocks[0][9:]
    data = lies + b"".join(blocks[1:])
    framer = Framer(inflates)
    framer.feed(data)
    framer.close()
    assert [described(event) for event in framer] == events_of(data, [])


@pytest.mark.parametrize("name", ["sync-zstd-keyed", "zlib"])
def test_what_a_torn_header_is_called_does_not_depend_on_the_cuts(name: str) -> None:
    blocks = [block(KINDS[name], list(mars_lines(1, 2)), seq=seq).data for seq in (1, 2, 3, 4)]
    length = 50 + len(blocks[2]) - 1 - 73  # its tailer would be where that of the next one is
    torn = blocks[1][:5] + length.to_bytes(4, "little") + blocks[1][9:50]
    data = blocks[0] + torn + b"".join(blocks[2:])
    whole = events_of(data, [])
    assert [length for said, _, length in whole if said.startswith("Damage")] == [50]
    for cut in range(len(blocks[0]), len(data)):
        assert events_of(data, [cut]) == whole


@pytest.mark.parametrize("behind", ["zlib", "imsdk-plain", "a line of text", "no block"])
def test_where_a_crash_buffer_in_the_middle_ends_does_not_depend_on_the_cuts(behind: str) -> None:
    blocks = [block(KINDS["zlib"], list(mars_lines(1, 8)), seq=seq).data for seq in (1, 2)]
    buffer = crash_buffer(block(KINDS["zlib"], list(mars_lines(2, 8)), seq=3))
    followers = {"zlib": blocks[0], "imsdk-plain": TINY, "a line of text": next(mars_lines(3, 1))}
    for data in (blocks[0] + buffer, bytes(len(buffer))):
        end = len(data)
        joined = data + followers.get(behind, b"\x04" + b"nothing" * 20)
        whole = events_of(joined, [])
        assert accounted(joined, whole)
        assert ("Fill" in [name for name, *_ in whole]) is (behind in followers)
        for cuts in (range(0, end, 4096), range(end - 9, len(joined)), [end], [end - 1, end + 1]):
            assert events_of(joined, cuts) == whole


def overlapping_lies(magic: int, size: int, units: int) -> bytes:
    """Blocks whose stored deflate leads from one into the next, each with a plain block before it:
    each must be inflated to its end, as far away as it is believed to be, to be found out.
    """
    plain = block(KINDS["imsdk-plain"], [b"x\n"]).data
    covers = size + len(plain)
    stored = b"\0" + covers.to_bytes(2, "little") + (covers ^ 0xFFFF).to_bytes(2, "little")
    unit = covers + len(stored)
    header = bytes([magic, 1, 0, 9, 9])
    lies = (
        header + ((units - number) * unit - size - 1).to_bytes(4, "little")
        for number in range(units)
    )
    return b"".join(plain + lie.ljust(size, b"\0") + stored for lie in lies) + plain


@pytest.mark.parametrize(("magic", "size", "units"), [(4, 13, 12000), (9, 73, 5000)])
def test_headers_that_all_lie_cost_a_bounded_probe_each(magic: int, size: int, units: int) -> None:
    data = overlapping_lies(magic, size, units)
    assert len(data) > 400_000
    costs: list[int] = []

    def probe(block: Block) -> Proof:
        costs.append(len(block.payload))
        return Proof(Verdict.BROKEN, len(block.payload))

    seen = events_of(data, [], probe)
    assert accounted(data, seen)
    assert sum(event[0].startswith("Block 0x3") for event in seen) == units + 1
    assert len(costs) <= 2 * units
    assert max(costs) <= 2 * CRASH_BUFFER_SIZE  # not how far they claim to reach


BROKEN = b"\x04\1\0\x09\x09\3\0\0\0" + bytes(4) + b"\x74\x8d\xcb\0"


@pytest.mark.parametrize(
    "unit",
    [
        TINY + block(KINDS["imsdk-plain"], [b"\0"]).data,
        TINY + b"{" + BROKEN[1:],
        b"TIM: a line\n\0",
        TINY + BROKEN,
    ],
    ids=["NULs in plain blocks", "unknown magics", "text and zeros", "broken blocks"],
)
def test_much_damage_takes_no_longer_in_one_piece_than_in_many(unit: bytes) -> None:
    data = unit * (60_000 // len(unit))

    def seconds(cuts: Sequence[int]) -> float:
        start = time.process_time()
        events_of(data, cuts)
        return time.process_time() - start

    assert seconds([]) < 4 * seconds(range(0, len(data), 2000))


@given(st.binary(max_size=3000))
@example(b"\x03" * 1000)
@example(b"\x09\x00\x00\x00\x00\x00\x00\x00\x00" * 100)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_bytes_at_all_are_accounted_for(data: bytes) -> None:
    assert accounted(data, events_of(data, []))


def runs() -> st.SearchStrategy[list[bytes]]:
    """Blocks of one kind, some of them damaged."""

    def of(name: str) -> st.SearchStrategy[list[bytes]]:
        whole = st.sampled_from([block.data for block in sample_of(name).blocks])
        no_tailer = whole.map(lambda data: data[:-1] + b"\x09")
        flipped = st.builds(flip, whole, st.integers(0, 4000))
        return st.lists(st.one_of(whole, no_tailer, flipped), min_size=2, max_size=8)

    return st.sampled_from(list(SAMPLES)).flatmap(of)


def flip(data: bytes, bit: int) -> bytes:
    index = bit // 8 % len(data)
    return data[:index] + bytes([data[index] ^ 1 << bit % 8]) + data[index + 1 :]
