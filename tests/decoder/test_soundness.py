"""A block that counts as sound prints no line that was never logged: what can be seen, is.

The format has no checksum (FORMAT.md, 8): of flipped bits in clear deflate some cannot be seen.
Files are full blocks, and days of the IM SDK's shape: small blocks of chunks of 20 to 60 bytes.
"""

import functools
import io
import random
import statistics
from collections.abc import Iterator

import pytest

from tests.damage import SERVER
from tests.damage.edits import HOLES, SHIFTS, Edit, delete, flip
from tests.damage.shapes import Log, log_of_shape
from tests.mars import KINDS, Block, block, file_of, imsdk_lines, log, mars_lines, new_session
from tests.mars.blocks import full_blocks
from tests.shared import CORPUS, CORPUS_KEY, FIXTURES, expected_text, needs_corpus
from xlogdecode import Options, decode_bytes
from xlogdecode.codecs import flushed_texts
from xlogdecode.decoder.decode import decode

OPTIONS = Options(keys=(SERVER,), marks=False)
FULL = ("zlib", "zlib-crypt", "zstd", "zstd-crypt")
SHAPES = (*FULL, "imsdk-chunked", "imsdk-day")


class Drip(io.BytesIO):
    """A source that gives so many bytes at a time, as a pipe does."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or self._size, self._size))


@functools.cache
def log_of(shape: str) -> Log:
    return log_of_shape(shape, days=3, per_block=15, lines=400, limit=12_000)


def file_text(blocks: list[Block]) -> bytes:
    return b"".join(one.text for one in blocks)


def never_logged(log: Log, text: bytes) -> list[bytes]:
    return [line for line in text.splitlines(keepends=True) if line not in log.lines]


def outcomes(shape: str, edits: list[Edit], count: int, options: Options) -> list[tuple[bool, int]]:
    """Return of each damaged file if it passed for OK, and how many lines were never logged."""
    log = log_of(shape)
    found = []
    for number in range(count):
        dice = random.Random(f"{shape} {number}")
        data = bytearray(log.data)
        for edit in edits:
            edit(data, dice.randrange(len(data) - 1), dice)
        text, report = decode_bytes(bytes(data), options)
        found.append((report.is_whole, len(never_logged(log, text))))
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", HOLES)
def test_no_hole_passes_or_prints_a_line_that_was_never_logged(name: str, shape: str) -> None:
    found = outcomes(shape, [HOLES[name]], 6, OPTIONS)
    assert not any(passed and lines for passed, lines in found)
    assert sum(lines for _, lines in found) == 0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", SHIFTS)
def test_a_byte_more_or_less_is_seen_and_its_junk_is_left_out(name: str, shape: str) -> None:
    found = outcomes(shape, [SHIFTS[name]], 10, OPTIONS)
    junk = [lines for _, lines in found]
    assert not any(passed and lines > 1 for passed, lines in found)
    assert statistics.median(junk) == 0
    assert shape in ("zlib", "zlib-crypt") or sum(junk) == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_two_edits_are_seen(shape: str) -> None:
    found = outcomes(shape, [HOLES["a sector of zeros"], delete], 6, OPTIONS)
    assert not any(passed for passed, _ in found)
    assert statistics.median(lines for _, lines in found) == 0


SEEN = {"zlib": 0.25, "zlib-crypt": 0.95, "imsdk-chunked": 0.2, "imsdk-day": 0.2}
"""The share of flipped bits that `verify` sees, of those that change the text of deflate."""


@pytest.mark.parametrize("shape", SEEN)
def test_most_flips_that_change_a_text_are_seen_where_it_is_verified(shape: str) -> None:
    found = outcomes(shape, [flip], 24, OPTIONS._replace(verify=True))
    wrong = [passed for passed, lines in found if lines or not passed]
    silent = sum(passed and lines > 0 for passed, lines in found)
    assert silent <= (1 - SEEN[shape]) * len(wrong)


def test_a_flip_that_turns_all_lines_behind_it_into_noise_is_seen() -> None:
    data = bytearray((FIXTURES / "async_zlib_nocrypt_small.xlog").read_bytes())
    logged = decode_bytes(bytes(data))[0].splitlines()
    data[902] ^= 1 << 5
    text, report = decode_bytes(bytes(data), Options(verify=True, marks=False))
    assert not report.is_whole
    assert set(text.splitlines()) <= set(logged)


BINARY = b"\x0e\x08\xac\x1cc7 \xff\xfe\x01\n"
TORN_CHARACTERS = b"\xa5\xbd and the rest of what was too long \xe4\xbd\n"


RECORDS = list(mars_lines(3, 30))


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([b"event 7\n", BINARY] * 40, id="an app without Mars's formatter"),
        pytest.param([*RECORDS[:2], BINARY], id="too few records to tell"),
        pytest.param([*RECORDS, b"[F][ buffer\n", TORN_CHARACTERS], id="text that opens no record"),
    ],
)
@pytest.mark.parametrize("kind", ["zlib", "imsdk-chunked", "zstd"])
def test_what_apps_may_log_is_no_damage(kind: str, lines: list[bytes]) -> None:
    data = file_of(log(KINDS[kind], lines, per_block=20))
    text, report = decode_bytes(data, Options(verify=True))
    assert (text, report.is_whole) == (b"".join(lines), True)


@pytest.mark.parametrize("kind", ["sync-zlib-keyed", "sync-zlib", "sync-zstd"])
@pytest.mark.parametrize("place", [1, 4, 20], ids=lambda place: f"after {place} blocks")
def test_a_torn_header_swallows_no_line_and_prints_no_key(kind: str, place: int) -> None:
    lines = [line for line in mars_lines(3, 30) if line.count(b"\n") == 1]
    session = new_session(SERVER, "torn") if KINDS[kind].keyed else None
    path = b"/data/user/0/com.example.app/files/imsdk/cache/logs/imsdk.mmap3/"
    blocks = [block(KINDS[kind], [line], session=session, key_bytes=path) for line in lines]
    before, behind = file_of(blocks[:place]), file_of(blocks[place:])
    for kept in range(9, 73):
        length = kept + len(lines[place])  # then the tailer of the next block is this one's, too
        header = blocks[0].data[:5] + length.to_bytes(4, "little") + blocks[0].data[9:kept]
        text, report = decode_bytes(before + header + behind, Options(marks=False))
        assert text == b"".join(lines), kept
        assert report.lost_bytes == kept


@pytest.mark.parametrize(("kind", "plain"), [("zlib-crypt", 0x06), ("zstd-crypt", 0x08)])
def test_no_ciphertext_passes_for_text_under_a_plain_magic(kind: str, plain: int) -> None:
    lines = list(mars_lines(5, 120))
    session = new_session(SERVER, "flipped")
    blocks = [block(KINDS[kind], [line], seq=n, session=session) for n, line in enumerate(lines, 1)]
    for number, one in enumerate(blocks):
        others = [*blocks[:number], *blocks[number + 1 :]]
        if b"\0" not in one.payload:
            data = bytearray(file_of(blocks))
            data[sum(len(each.data) for each in blocks[:number])] = plain
            text, report = decode_bytes(bytes(data), OPTIONS)
            assert text == file_text(others)
            assert report.lost.total() == 1


def test_plain_blocks_of_what_apps_log_are_text_whatever_bytes_are_in_it() -> None:
    noise = bytes(byte for byte in random.Random(1).randbytes(150) if byte not in (0, 10))
    head = b"[I][2024-01-01 +8.0 08:00:00.000][1, 1*][tag][file.cc:1, f][got "
    lines = [
        b"first\n",
        head + noise,
        b"no line feed",
        "\u7f51\u7edc".encode("gb18030") * 40,
        b"last\n",
    ]
    data = file_of([block(KINDS["sync-zlib"], [line]) for line in lines])
    text, report = decode_bytes(data)
    assert (text, report.is_whole) == (b"".join(lines), True)


def test_a_key_field_that_holds_an_empty_header_is_no_torn_one() -> None:
    scraps = bytes(42) + b"\x09\x01\x00\x09\x09" + bytes(17)
    blocks = [block(KINDS["sync-zlib"], [b"x" * 50 + b"\n"], key_bytes=scraps)] * 9
    text, report = decode_bytes(file_of(blocks))
    assert (text, report.is_whole) == (b"".join(one.text for one in blocks), True)


@needs_corpus
@pytest.mark.parametrize("codec", ["zlib_nocrypt", "zlib_crypt", "zstd_nocrypt", "zstd_crypt"])
def test_no_page_of_zeros_passes_in_the_files_of_mars(codec: str) -> None:
    path = CORPUS / f"async_{codec}_medium.xlog"
    log = Log(path.read_bytes(), frozenset(expected_text(path).splitlines(keepends=True)))
    for at in range(0, len(log.data) - 4096, 4096 * 31):
        data = log.data[:at] + bytes(4096) + log.data[at + 4096 :]
        text, report = decode_bytes(data, Options(keys=(CORPUS_KEY,), marks=False))
        assert not report.is_whole, at
        assert never_logged(log, text) == [], at


def test_a_log_whose_lines_end_otherwise_is_no_damage_and_said_to_be_unchecked() -> None:
    lines = [b"event %d;" % number for number in range(200)]
    data = file_of(log(KINDS["zlib"], lines, per_block=20))
    for verify in (False, True):
        text, report = decode_bytes(data, Options(verify=verify))
        assert text == b"".join(lines)
        assert report.is_whole
        assert [note.text for note in report.notes] == [
            "10 blocks cannot be checked: flushes do not end with a line feed in this log"
        ]


@pytest.mark.parametrize("plain", [0, 3, 9, 20])
@pytest.mark.parametrize("packed", [0, 5, 9, 20])
def test_where_a_log_is_cut_does_not_decide_what_is_sound_in_it(plain: int, packed: int) -> None:
    tips = [block(KINDS["imsdk-plain"], [line]) for line in imsdk_lines(1, plain)]
    days = log(KINDS["imsdk-chunked"], list(imsdk_lines(2, packed)), per_block=1)
    doubtful = block(KINDS["imsdk-chunked"], [b"a line\n", b"half a ", b"line\n"])
    data = b"junk" + file_of([*tips, *days, doubtful, *days])
    found = []
    for size in (len(data), 97, 512):
        sink = io.BytesIO()
        report = decode(Drip(data, size), sink, OPTIONS)
        found.append((sink.getvalue(), report.losses))
    assert found[0] == found[1] == found[2]


def test_the_last_line_of_a_full_buffer_may_be_cut() -> None:
    lines = list(mars_lines(3, 8000))
    (first, *_) = full_blocks(KINDS["zlib"], [*lines], limit=125_000)
    cut = block(KINDS["zlib"], [*first.text.splitlines(keepends=True)[:-1], b"[I] cut off"], seq=2)
    assert len(cut.payload) > 120_000
    text, report = decode_bytes(file_of([first, cut]), Options(verify=True))
    assert (text, report.is_whole) == (first.text + cut.text, True)


def test_a_text_with_a_nul_is_damage_as_no_log_holds_one() -> None:
    lines = [b"a line\n", b"a NUL \0 in a line\n", b"the last line\n"]
    blocks = [block(KINDS["zlib"], [line] * 9, seq=seq) for seq, line in enumerate(lines, 1)]
    text, report = decode_bytes(b"".join(each.data for each in blocks), Options(marks=False))
    assert text == blocks[0].text + blocks[2].text
    assert report.lost.total() == 1


def test_a_block_of_empty_flushes_is_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def counting(*args: object, **options: bool) -> Iterator[bytes]:
        seen.append(args)
        return flushed_texts(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("xlogdecode.decoder.soundness.flushed_texts", counting)
    payload = b"\5\0\0\0\0\xff\xff" * 1000
    header = (1).to_bytes(2, "little") + b"\x09\x09" + len(payload).to_bytes(4, "little")
    data = (b"\5" + header + bytes(4) + payload + b"\0") * 20
    _, report = decode_bytes(data)
    assert report.is_whole
    assert len(seen) <= 20
