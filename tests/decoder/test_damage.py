"""Lose nothing, invent nothing: every kind of damage, in every kind of file, against the truth."""

import io
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.damage import (
    DAMAGES,
    SAMPLES,
    SERVER,
    Case,
    Fate,
    faults_of,
    same_but_for_marks,
    sample_of,
)
from tests.damage.lies import false_headers, false_locks
from tests.damage.makers import garbage
from tests.mars import KINDS, block, file_of, imsdk_lines, log, new_session
from tests.shared import CORPUS, CORPUS_KEY, FIXTURES, expected_text, needs_corpus
from xlogdecode import Loss, Options, Report, decode_bytes
from xlogdecode.decoder.decode import decode

OPTIONS = Options(keys=(SERVER,), marks=False)


def cases_of(damage: str, kind: str, seed: int = 0) -> list[Case]:
    return list(DAMAGES[damage](sample_of(kind, seed), random.Random(f"{damage} {kind} {seed}")))


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_intact_blocks_come_out_and_nothing_else_does(damage: str, kind: str) -> None:
    for case in cases_of(damage, kind):
        check(case)


@pytest.mark.heavy
@pytest.mark.parametrize("kind", SAMPLES)
def test_the_same_holds_for_other_text_and_other_places(kind: str) -> None:
    for seed in range(1, 21):
        for damage in DAMAGES:
            for case in cases_of(damage, kind, seed):
                check(case)


@pytest.mark.parametrize("kind", ["imsdk-plain", "imsdk-chunked", "zlib"])
def test_any_one_byte_in_front_of_a_log_hides_none_of_it(kind: str) -> None:
    log = sample_of(kind, seed=1).blocks
    for value in range(1, 256):
        text, report = decode_bytes(bytes([value]) + file_of(log), OPTIONS)
        assert text == b"".join(block.text for block in log), value
        assert [loss.length for loss in report.losses] == [1]


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_magic_that_is_none_any_more_costs_one_byte(kind: str) -> None:
    sample = sample_of(kind)
    for number in (0, 2, len(sample.blocks) - 1):
        data, at = file_of(sample.blocks), sample.start_of(number)
        text, report = decode_bytes(data[:at] + b"{" + data[at + 1 :], OPTIONS)
        assert text == b"".join(block.text for block in sample.blocks)
        assert [(one.offset, one.length, one.reason) for one in report.losses] == [
            (at, 1, "unknown magic")
        ]
        assert report.blocks.total() == len(sample.blocks)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_magic_is_not_guessed_where_more_than_it_was_changed(kind: str) -> None:
    sample = sample_of(kind)
    start, (begin, end) = sample.start_of(2), sample.payload_of(2)
    places = [start + 3, start + 5, end]  # an hour, the length, the tailer
    for at in [*places, begin + 3] if sample.kind.compressed else places:
        data = bytearray(file_of(sample.blocks))
        data[start], data[at] = 0x7B, data[at] ^ 0x1F
        text, _ = decode_bytes(bytes(data), OPTIONS)
        assert text == b"".join(one.text for one in sample.blocks if one is not sample.blocks[2])


@pytest.mark.parametrize("kind", ["zlib", "imsdk-chunked"])
def test_headers_within_compressed_data_are_not_believed(kind: str) -> None:
    for case in false_headers(sample_of(kind), random.Random(kind)):
        check(case)


@pytest.mark.parametrize("kind", ["zlib", "imsdk-chunked"])
def test_noise_is_not_taken_for_a_block_that_waits_for_its_key(kind: str) -> None:
    for case in false_locks(sample_of(kind), random.Random(kind)):
        text, report = decode_bytes(case.data, Options(marks=False))
        assert faults_of(text, case.pieces) is None
        assert report.locked_blocks == 0


@pytest.mark.parametrize("kind", ["zstd", "zlib", "imsdk-chunked"])
def test_a_torn_line_swallows_no_whole_one_behind_it(kind: str) -> None:
    dice = random.Random(kind)
    letters = range(0x21, 0x7F)  # lines that zstd does not shorten stand in a block as they are
    lines = [bytes(dice.sample(letters, 80)) + b"\n" for _ in range(4)]
    blocks = log(KINDS[kind], lines, per_block=1)
    torn = blocks[1].data
    lost = []
    for cut in range(len(blocks[1].header) + 1, len(torn) - 1):
        data = blocks[0].data + torn[:cut] + blocks[2].data + blocks[3].data
        text, report = decode_bytes(data, OPTIONS)
        if not text.endswith(lines[2] + lines[3]) or report.is_whole:
            lost.append(cut)
    # where just a tailer's length is missing, the next header's first bytes may stand in for it
    assert len(lost) <= 2


@pytest.mark.heavy
def test_damage_at_every_turn_hides_no_whole_encrypted_line() -> None:
    session = new_session(SERVER, "often")
    lines = [b"%d %s\n" % (number, b"x" * 20) for number in range(25_000)]
    blocks = log(KINDS["zlib-crypt"], lines, per_block=1, session=session)
    data = b"".join(
        block.data[:80] + block.data[81:] if number % 8 == 3 else block.data
        for number, block in enumerate(blocks)
    )
    assert len(data) > 2_000_000
    found = set(decode_bytes(data, Options(keys=(SERVER,)))[0].splitlines(keepends=True))
    assert [
        line for number, line in enumerate(lines) if number % 8 != 3 and line not in found
    ] == []


def test_lines_that_a_flipped_bit_takes_away_are_told() -> None:
    whole = (FIXTURES / "async_zstd_nocrypt_small.xlog").read_bytes()
    text, _ = decode_bytes(whole)
    silent = 0
    places = [(index, bit) for index in range(73, len(whole), 7) for bit in (0, 3, 7)]
    for index, bit in places:
        flipped = bytearray(whole)
        flipped[index] ^= 1 << bit
        found, report = decode_bytes(bytes(flipped), OPTIONS)
        silent += report.is_whole and len(found) < len(text) - 20
    assert silent * 1000 < len(places)


@needs_corpus
def test_text_does_not_depend_on_how_a_damaged_file_is_read() -> None:
    class Drip(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 173))

    data = (CORPUS / "sets/mixed_all/imsdk_20240101.xlog").read_bytes()
    data = b"".join(data[index : index + 4095] for index in range(0, len(data), 4096))
    options = Options(keys=(CORPUS_KEY,), marks=False)
    texts, losses = [], []
    for source in (io.BytesIO(data), Drip(data)):
        sink = io.BytesIO()
        report = decode(source, sink, options)
        texts.append(sink.getvalue())
        losses.append(report.losses)
    assert texts[0] == texts[1]
    assert losses[0] == losses[1]


def test_a_plain_tip_behind_a_torn_locked_block_is_found_at_any_hour() -> None:
    first, last = sample_of("zlib-crypt").blocks[:2]
    tip = b"~~~~~ begin of mmap ~~~~~\n"
    missed = []
    for hour in range(24):
        plain = block(KINDS["sync-zlib-keyed"], [tip], hours=(hour, hour))
        data = first.data[:200] + first.data[203:] + plain.data + last.data
        if tip not in decode_bytes(data)[0]:
            missed.append(hour)
    assert len(missed) <= 3  # seq and hours may stand for a header of their own


@pytest.mark.parametrize("magic", range(3, 14))
def test_blocks_behind_headers_that_all_lie_are_found(magic: int) -> None:
    log = sample_of("zlib").blocks
    text = b"".join(block.text for block in log)
    size = 13 if magic < 6 else 73
    for opening in (b"", b"text ", b"\x74\x8d\xcb", b"\x28\xb5\x2f\xfd\0\x58"):
        for length in (7, 90, 200_000):
            header = bytes([magic, 1, 1, 9, 9]) + length.to_bytes(4, "little")
            lie = header.ljust(size, b"\0" if size == 13 else b"k") + opening
            found, report = decode_bytes(lie * 1000 + bytes(40) + file_of(log), OPTIONS)
            assert found.endswith(text), (opening, length)
            assert report.blocks.total() >= len(log)


@pytest.mark.parametrize("kind", ["sync-zlib", "imsdk-plain"])
def test_plain_blocks_whose_headers_are_damaged_are_no_log(kind: str) -> None:
    sample = sample_of(kind)
    data = bytearray(file_of(sample.blocks))
    for number in range(len(sample.blocks)):
        data[sample.start_of(number) : sample.start_of(number) + 5] = b"~~~~~"
    text, report = decode_bytes(b"\x09\1" + data, OPTIONS)
    assert text == b""
    assert report.plain_text == 0


NO_NUL = {
    "tr": lambda data: data.replace(b"\0", b""),
    "an editor": lambda data: data.decode("utf-8", "replace").encode().replace(b"\0", b""),
    "a wrong conversion": lambda data: data.decode("latin-1").encode().replace(b"\0", b" "),
}
"""Ways in which a log loses its NULs, and looks like text to many a tool."""


@pytest.mark.parametrize("way", NO_NUL)
@pytest.mark.parametrize("kind", ["zlib", "zstd", "imsdk-chunked", "imsdk-plain", "sync-zlib"])
def test_blocks_without_their_nuls_are_no_text_behind_a_plain_log(kind: str, way: str) -> None:
    text = b"".join(imsdk_lines(1, 50))
    blocks = log(KINDS[kind], list(imsdk_lines(2, 400)), per_block=40)
    found, report = decode_bytes(text + NO_NUL[way](file_of(blocks)) + text, OPTIONS)
    assert found.startswith(text)
    assert found.endswith(text[-2000:])
    assert report.lost_bytes > 1000
    assert kind == "imsdk-plain" or report.plain_text < 2 * len(text) + 1000


def test_a_plain_log_may_hold_lines_in_other_encodings() -> None:
    lines = [b"".join(imsdk_lines(1, 5)), "消息内容你好世界\n".encode("gb18030") * 9]
    lines += [b"TIM: 2024-01-01 08:00:00.000 I 1-2 |" + bytes(range(1, 10)) * 9 + b"\n"]
    lines += [b"\x1b[31mred\x1b[0m\n" * 9, b"a \x01 in a line\n", "naïve \n".encode("latin-1")]
    text = b"".join(lines)
    assert decode_bytes(text, OPTIONS)[0] == text
    assert decode_bytes(text, OPTIONS)[1].is_whole


class Drip(io.BytesIO):
    """A source that gives 97 bytes at a time, as a slow pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 97, 97))


def check(case: Case) -> None:
    text, report = decode_bytes(case.data, OPTIONS)
    assert faults_of(text, case.pieces) is None, case.name
    check_report(case, report)
    dripped = io.BytesIO()
    if len(case.data) < 100_000:
        decode(Drip(case.data), dripped, OPTIONS)
        assert dripped.getvalue() == text, f"{case.name}, 97 bytes at a time"
    marked, _ = decode_bytes(case.data, Options(keys=(SERVER,)))
    marks = 0 if report.gave_nothing else len(report.losses)
    assert same_but_for_marks(marked, text) == marks, case.name


def check_report(case: Case, report: Report) -> None:
    least, most = case.losses
    assert least <= len(report.losses) <= most, (case.name, report.losses)
    assert report.is_whole == (not report.losses), case.name
    for loss in report.losses:
        assert 0 <= loss.offset <= loss.offset + loss.length <= len(case.data), case.name
        assert loss.reason, case.name
        for one in case.intact:
            apart = loss.offset + loss.length <= one.start or loss.offset >= one.stop
            assert apart, (case.name, loss, one)
        check_neighbours(case, loss)


def check_neighbours(case: Case, loss: Loss) -> None:
    """The seqs and hours that a loss fell between are those of the blocks whose text is there."""
    left, right = case.around(loss.offset, loss.length)
    doubtful = [n for n in range(left + 1, right) if case.may_speak(n, loss.offset)]
    known = dict(enumerate(case.blocks))
    after = {number: (one.seq, one.hours[1]) for number, one in known.items()}
    before = {number: (one.seq, one.hours[0]) for number, one in known.items()}
    assert loss.after in [after.get(number) for number in (left, *doubtful)], (case.name, loss)
    assert loss.before in [before.get(number) for number in (right, *doubtful)], (case.name, loss)


def test_the_check_itself_tells_right_from_wrong() -> None:
    case = next(c for c in cases_of("cut-tails", "zlib") if c.pieces[-1].fate is Fate.TORN)
    good = b"".join(piece.text for piece in case.pieces[:-1])
    kept = case.pieces[-1].text[: case.pieces[-1].at_least]
    assert faults_of(good + kept, case.pieces) is None
    assert faults_of(good + kept + b"junk", case.pieces)
    assert faults_of(good[1:] + kept, case.pieces)
    assert faults_of(good + good, case.pieces)
    assert same_but_for_marks(b"a\n[F][xlogdecode] lost\nb\n", b"ab\n") == 1
    assert same_but_for_marks(b"a[F][xlogdecode] lost\nb\n", b"ab\n") is None


@needs_corpus
@pytest.mark.parametrize(
    "path", sorted((CORPUS / "damaged").glob("*.xlog")), ids=lambda path: path.stem
)
def test_the_damaged_corpus_gives_back_every_intact_block(path: Path) -> None:
    text, report = decode_bytes(path.read_bytes(), Options(keys=(CORPUS_KEY,), marks=False))
    intact = expected_text(path)
    missing, extra = compared(intact, text)
    assert not missing, f"{len(missing)} lines of intact blocks are gone: {missing[:3]}"
    if "bitflip" in path.name:  # what deflate makes of it is anyone's guess, the rest is not
        return
    whole = undamaged_lines(path)
    assert [line for line in extra if line not in whole][1:] == []  # one may be cut in mid-line
    assert report.is_whole == ("missing_block" in path.name)


def compared(intact: bytes, text: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the lines of `intact` that `text` lacks, in order, and those that it has over."""
    missing, extra = [], []
    lines = iter(text.splitlines(keepends=True))
    for wanted in intact.splitlines(keepends=True):
        skipped = []
        for line in lines:
            if line == wanted:
                extra += skipped
                break
            skipped.append(line)
        else:
            missing.append(wanted)
            lines = iter(skipped)
    return missing, [*extra, *lines]


def undamaged_lines(path: Path) -> set[bytes]:
    """Return the lines of all files that the damaged one may have been made from."""
    mode, codec = ("async", "zlib") if "one_good" in path.name else path.name.split("_")[:2]
    sources = [*CORPUS.glob(f"{mode}_{codec}_*.xlog"), *CORPUS.glob(f"sets/*_{codec}_*/*.xlog")]
    lines: set[bytes] = set()
    for source in sources:
        if source.with_suffix(".expected.zst").exists():
            lines.update(expected_text(source).splitlines(keepends=True))
    return lines


class TestExitStatus:
    """The command's answer to damage."""

    def run(self, path: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "xlogdecode", *options, str(path)]
        return subprocess.run(command, capture_output=True, check=False)

    def written(self, folder: Path, data: bytes) -> Path:
        path = folder / "imsdk_20240101.xlog"
        path.write_bytes(data)
        return path

    def test_is_3_where_bytes_were_lost(self, tmp_path: Path) -> None:
        case = next(garbage(sample_of("zlib"), random.Random(1)))
        report = tmp_path / "report.json"
        done = self.run(self.written(tmp_path, case.data), "-c", "--report", str(report))
        assert done.returncode == 3
        text = b"".join(piece.text for piece in case.pieces)
        assert same_but_for_marks(done.stdout, text) == 1
        assert len(json.loads(report.read_text())["losses"]) == 1

    def test_is_0_for_a_whole_file_with_notes(self, tmp_path: Path) -> None:
        data = file_of(sample_of("zlib").blocks[1:])
        assert self.run(self.written(tmp_path, data), "-c").returncode == 0

    def test_is_1_where_nothing_is_a_log(self, tmp_path: Path) -> None:
        noise = random.Random(2).randbytes(5000)
        done = self.run(self.written(tmp_path, noise), "-c")
        assert done.returncode == 1
        assert same_but_for_marks(done.stdout, b"") is not None

    def test_is_4_without_the_key_that_fits(self, tmp_path: Path) -> None:
        path = self.written(tmp_path, file_of(sample_of("zlib-crypt").blocks[:3]))
        assert self.run(path, "-c").returncode == 4
        keys = tmp_path / "keys"
        keys.write_text("11" * 32)
        assert self.run(path, "-c", "--key-file", str(keys)).returncode == 4
        keys.write_text("11" * 32 + "\n" + SERVER.hex())
        assert self.run(path, "-c", "--key-file", str(keys)).returncode == 0

    def test_strict_leaves_no_output(self, tmp_path: Path) -> None:
        case = next(garbage(sample_of("zlib"), random.Random(1)))
        path = self.written(tmp_path, case.data)
        assert self.run(path, "--strict").returncode != 0
        assert list(tmp_path.iterdir()) == [path]
