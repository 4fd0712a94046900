"""`.clog` files of LiteAV: one deflate stream, never finished, and what damage does to it."""

import json
import random
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import run
from tests.damage import sample_of
from tests.mars import file_of
from tests.mars.clog import clog_of, liteav_lines
from xlogdecode import Filter, Options, decode_bytes, iter_text, read_records, summarize
from xlogdecode.decoder.decode import iter_decode
from xlogdecode.follow import Follower

LINES = liteav_lines(300)
TEXT = b"".join(LINES)
CLOG = clog_of(LINES)
NEXT = liteav_lines(40, seed=2, day="08-16")
NO_MARKS = Options(marks=False)


class Dribble(BytesIO):
    """Gives a few bytes at a time, as a pipe may."""

    def __init__(self, data, sizes):
        super().__init__(data)
        self.sizes = sizes

    def read(self, size=-1):
        return super().read(min(size, next(self.sizes)))


@pytest.fixture
def clog(tmp_path):
    path = tmp_path / "LiteAV_C_20240815-838.clog"
    path.write_bytes(CLOG)
    return path


def decoded(data):
    return decode_bytes(data, NO_MARKS)


def text_of(blocks):
    return b"".join(block.text for block in blocks)


def items_of(data, sizes):
    """Return the text and the losses, whatever pieces they come in."""
    text, losses = b"", []
    for item in iter_decode(Dribble(data, sizes)):
        if hasattr(item, "text"):
            text += bytes(item.text)
        else:
            losses.append((len(text), item))
    return text, losses


# healthy


def test_the_text_of_a_clog_is_what_was_logged(clog):
    done = run(clog)
    assert done.status == 0
    assert clog.with_name(f"{clog.name}.log").read_bytes() == TEXT
    assert f"OK: 1 deflate stream, {len(TEXT):,} bytes of text" in done.err


@pytest.mark.parametrize("lines_a_flush", [1, 7, 300])
@pytest.mark.parametrize("flush", [zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH])
def test_it_does_not_matter_how_often_it_was_flushed(lines_a_flush, flush):
    text, report = decoded(clog_of(LINES, lines_a_flush=lines_a_flush, flush=flush))
    assert text == TEXT
    assert report.is_whole


def test_a_stream_that_was_finished_is_read_and_so_is_the_one_behind_it():
    stream = zlib.compressobj(wbits=-15)
    finished = stream.compress(TEXT) + stream.flush(zlib.Z_SYNC_FLUSH) + stream.flush()
    text, report = decoded(finished + clog_of(NEXT))
    assert text == TEXT + b"".join(NEXT)
    assert report.is_whole


def test_one_line_is_enough_where_its_layout_is_known():
    assert decoded(clog_of(LINES[:1]))[0] == LINES[0]


def test_lines_of_an_unknown_layout_are_a_log_where_flushes_end_them():
    lines = [b"08:00:%02d room: user %d entered\n" % (n, n * 77) for n in range(20)]
    assert decoded(clog_of(lines))[0] == b"".join(lines)
    assert decoded(clog_of(lines[:2]))[1].gave_nothing


def test_each_mode_takes_it(clog):
    assert run("-t", clog).status == 0
    assert "1 deflate stream" in run("-l", clog).out.decode()
    found = run("-c", "-g", "room: |OnKickOut 7 ", clog, "-p", "D")
    assert found.out == b"".join(line for line in LINES if b"OnKickOut 7 " in line)
    first = json.loads(run("-c", "--format", "json", clog).out.splitlines()[0])
    assert (first["time"][:16], first["source"]) == ("2024-08-15T13:00", str(clog))
    assert "2024-08-15 13" in run("summary", clog).out.decode()
    assert run("-c", "-", input=CLOG).out == TEXT


def test_python_calls_take_it(clog):
    assert b"".join(iter_text(clog)) == TEXT
    errors = [line for line in LINES if line.startswith(b"[E]")]
    assert len(list(read_records(CLOG, wanted=Filter(levels="E")))) == len(errors)
    assert summarize(clog).records == len(LINES)


def test_a_timeline_of_a_clog_and_another_is_in_order_of_time(clog, tmp_path):
    other = tmp_path / "LiteAV_C_20240816-9.clog"
    other.write_bytes(clog_of(NEXT))
    done = run("-c", "--merge", other, clog)
    assert done.status == 0
    stamps = [line.split(b"[", 2)[2][:12] for line in done.out.splitlines() if b"][08-1" in line]
    assert len(stamps) == len(LINES) + len(NEXT)
    assert stamps == sorted(stamps)


def test_folders_and_archives_take_clogs_of_liteav_only(tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "LiteAV_C_20240815-838_01.clog").write_bytes(CLOG)
    (logs / "LiteAV_R_20240816-838.clog").write_bytes(b"".join(NEXT))
    (logs / "other.clog").write_bytes(b"(in-package :clog)\n")
    done = run("-rc", logs)
    assert (done.status, done.out) == (0, TEXT + b"".join(NEXT))
    done = run("-r", logs, "-o", tmp_path / "out")
    assert done.status == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [
        "LiteAV_C_20240815-838_01.clog.log"
    ]


def test_the_content_decides_and_never_the_name(tmp_path):
    blocks = sample_of("zlib").blocks
    for name, data, text in (
        ("LiteAV_C_20240815-1.clog", file_of(blocks), text_of(blocks)),
        ("a.xlog", CLOG, TEXT),
        ("LiteAV_R_20240815.clog", TEXT, TEXT),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        assert run("-c", path).out == text, name


def test_memory_does_not_grow_with_what_a_stream_unpacks_to():
    line = b"[I][08-15/13:01:19.582+9.0][838,91395][a.cc:1]" + b"x" * 9000 + b"\n"
    texts = [bytes(item.text) for item in iter_decode(BytesIO(clog_of([line] * 4000)))]
    assert sum(map(len, texts)) == 4000 * len(line)
    assert max(map(len, texts)) <= 8 << 20


# not a clog


@settings(max_examples=300)
@given(st.binary(max_size=3000))
def test_random_bytes_are_none(data):
    report = decoded(data)[1]
    assert not report.blocks["deflate stream"]


@pytest.mark.parametrize(
    "foreign",
    [
        zlib.compress(TEXT),
        zlib.compress(TEXT, wbits=-15)[:1] + b"\0" + TEXT,
        clog_of([bytes(range(256)) * 40]),
        clog_of([b"<html><body>" + b"a" * 9000 + b"</body></html>"]),
        clog_of([b"\x89PNG" + random.Random(1).randbytes(5000)]),
        b"\0" * 5000,
        b"The quick brown fox\n" * 300,
    ],
    ids=["zlib", "text", "every byte", "no lines", "picture", "zeros", "prose"],
)
def test_foreign_streams_are_none(foreign):
    assert not decoded(foreign)[1].blocks["deflate stream"]


# damage


@pytest.mark.parametrize("data", [CLOG, CLOG[:-9], CLOG[:7000] + bytes(200) + CLOG[7200:]])
def test_items_do_not_depend_on_the_pieces_in_which_the_input_comes(data):
    whole = items_of(data, iter(lambda: 1 << 20, 0))
    chance = random.Random(3)
    assert items_of(data, iter(lambda: 1, 0)) == whole
    assert items_of(data, iter(lambda: chance.randrange(1, 5000), 0)) == whole


def test_each_cut_keeps_all_text_before_it():
    small = clog_of(LINES[:30])
    sizes = [len(clog_of(LINES[:count])) for count in range(1, 31)]
    for end in range(sizes[0], len(small)):
        text, report = decoded(small[:end])
        assert b"".join(LINES[:30]).startswith(text)
        assert text.count(b"\n") >= sum(size <= end for size in sizes)
        assert text.endswith(b"\n") or not report.is_whole


def test_a_cut_in_mid_line_is_told_and_one_behind_a_flush_is_none():
    assert decoded(clog_of(LINES[:50]))[1].is_whole
    (loss,) = decoded(CLOG[: len(clog_of(LINES[:50])) + 20])[1].losses
    assert loss.offset == len(clog_of(LINES[:50]))
    assert loss.reason == "the file is cut off in the middle of a line"


def test_what_a_hole_destroyed_is_told_and_the_text_before_it_kept(clog):
    start = len(clog_of(LINES[:100]))
    clog.write_bytes(CLOG[: start + 10] + bytes(4096) + CLOG[start + 4106 :])
    done = run("-c", clog)
    assert done.status == 3
    assert done.out.startswith(b"".join(LINES[:100]) + b"[F][xlogdecode] ")
    assert f"at offset {start}: filled with zero bytes" in done.err
    assert run("-t", clog).status == 3


def test_zeros_behind_the_stream_are_fill():
    text, report = decoded(CLOG + bytes(9000))
    assert (text, report.is_whole, report.fill) == (TEXT, True, 9000)


@pytest.mark.parametrize("torn", range(0, 60, 7))
def test_text_goes_on_with_the_stream_of_the_next_start(torn):
    """An app that was killed in mid-flush is started anew, and goes on in the same file."""
    text, report = decoded(CLOG[: len(CLOG) - torn] + clog_of(NEXT))
    assert text.endswith(b"".join(NEXT))
    assert set(text.splitlines()) <= set((TEXT + b"".join(NEXT)).splitlines())
    assert text.startswith(b"".join(LINES[:-3]))
    assert report.is_whole == (torn == 0)


def test_text_goes_on_behind_a_flush_that_forgot_all_before_it():
    data = bytearray(clog_of(LINES, flush=zlib.Z_FULL_FLUSH))
    middle = len(data) // 2
    data[middle : middle + 8] = b"\xff" * 8
    text, report = decoded(bytes(data))
    assert set(text.splitlines()) <= set(TEXT.splitlines())
    assert text.startswith(LINES[0])
    assert text.endswith(LINES[-1])
    assert len(text) > len(TEXT) * 0.95
    assert report.lost.total() == 1


def test_blocks_behind_a_stream_are_read():
    blocks = sample_of("zlib").blocks
    text, report = decoded(CLOG + file_of(blocks))
    assert text == TEXT + text_of(blocks)
    assert report.is_whole


@settings(max_examples=150, deadline=None)
@given(st.integers(len(clog_of(LINES[:10])), len(CLOG) * 9 // 10), st.integers(0, 7))
def test_a_flipped_bit_is_told_or_changes_letters_only(index, bit):
    """Deflate has no checksum: a letter made another one of the same length shows in nothing."""
    data = bytearray(CLOG)
    data[index] ^= 1 << bit
    text, report = decoded(bytes(data))
    if report.is_whole:
        assert len(text) == len(TEXT)


def test_strict_stops_at_the_damage(clog):
    clog.write_bytes(CLOG[:7000] + bytes(200) + CLOG[7200:])
    assert run("--strict", "-c", clog).status == 3


def test_a_clog_that_grows_is_followed_line_by_line(clog):
    follower = Follower(clog)
    clog.write_bytes(b"")
    seen = b""
    for end in (0, 50, 4000, 4010, 4020, len(CLOG)):
        with clog.open("ab") as file:
            file.write(CLOG[clog.stat().st_size : end])
        items = list(follower.poll())
        seen += b"".join(bytes(item.text) for item in items)
        assert TEXT.startswith(seen)
        assert seen == b"" or seen.endswith(b"\n")
    follower.close()
    assert seen == TEXT
