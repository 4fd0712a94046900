"""The library's door: one source in, text and a report out."""

import pydoc
from io import BytesIO

import pytest

import xlogdecode
from tests.command import run
from tests.mars import KINDS, log
from tests.samples import LOG, TEXT, put
from xlogdecode import (
    DamagedError,
    Options,
    Report,
    decode_bytes,
    decode_file,
    iter_lines,
    iter_text,
    read_keys,
)
from xlogdecode.decoder.decode import decode
from xlogdecode.errors import InputError, KeyFileError, OutputError


def in_memory(path):
    return bytearray(path.read_bytes())


@pytest.mark.parametrize("kind", [str, type(LOG), type(LOG).read_bytes, in_memory])
def test_a_path_and_bytes_give_the_same_text(kind):
    report = Report()
    assert b"".join(iter_text(kind(LOG), None, report)) == TEXT[LOG]
    assert report.is_whole
    assert report.bytes_out == len(TEXT[LOG])


def test_a_stream_gives_its_text_as_bytes_and_stays_open():
    with LOG.open("rb") as stream:
        pieces = list(iter_text(stream, Options(per_block=True)))
        assert not stream.closed
    assert {type(piece) for piece in pieces} == {bytes}
    assert b"".join(pieces) == TEXT[LOG]


def test_lines_come_without_their_ends_however_the_text_is_cut():
    assert list(iter_lines(LOG)) == TEXT[LOG].splitlines()
    assert list(iter_lines(b"")) == []
    blocks = log(KINDS["zlib"], [b"a\n\nb", b"c" * 9, b"\n", b"d"])
    assert list(iter_lines(b"".join(block.data for block in blocks))) == [
        b"a", b"", b"b" + b"c" * 9, b"d",
    ]  # fmt: skip


def test_a_file_in_text_mode_and_what_is_no_source_are_type_errors():
    with LOG.open(encoding="latin-1") as file, pytest.raises(TypeError, match="binary mode"):
        next(iter_text(file))
    with pytest.raises(TypeError, match="NoneType is not a path"):
        next(iter_text(None))


class Trickle:
    """A stream that gives its parts one by one, and then fails."""

    def __init__(self, parts):
        self.parts = parts
        self.asked = 0

    def read(self, size):
        self.asked += 1
        if self.asked > len(self.parts):
            raise ConnectionResetError
        return self.parts[self.asked - 1]


@pytest.mark.parametrize("kind", ["zlib", "zstd", "sync-zlib", "imsdk-chunked"])
def test_text_comes_as_the_bytes_do_and_all_of_it_before_an_error(kind):
    blocks = log(KINDS[kind], [b"%d %s\n" % (n, b"x" * 999) for n in range(50)])
    source = Trickle([block.data for block in blocks] + [blocks[0].data[:20]])
    pieces = iter_text(source)
    for block in blocks[:-1]:
        text = b""
        while len(text) < len(block.text):
            text += next(pieces)
        assert text == block.text
        assert source.asked <= blocks.index(block) + 2
    rest = []
    with pytest.raises(ConnectionResetError):
        rest.extend(pieces)
    assert b"".join(rest) == blocks[-1].text


def test_what_is_written_has_no_gap_where_writing_failed_once():
    written = []

    class Sink:
        def write(self, data):
            written.append(bytes(data))
            if len(written) == 3:
                raise TimeoutError

    blocks = log(KINDS["zlib"], [b"%d %s\n" % (n, b"x" * 999) for n in range(90)])
    with pytest.raises(TimeoutError):
        decode(Trickle([block.data for block in blocks]), Sink())
    assert written == [block.text for block in blocks[:3]]


def test_a_key_file_may_begin_with_what_windows_puts_there(tmp_path):
    (tmp_path / "key").write_text("11" * 32, "utf-8-sig")
    assert read_keys(tmp_path / "key") == (b"\x11" * 32,)


def test_what_was_lost_is_a_line_of_the_text_unless_that_is_not_wanted():
    torn = LOG.read_bytes()[:-9]
    (mark,) = (line for line in b"".join(iter_text(torn)).splitlines() if b"[xlogdecode]" in line)
    assert mark.startswith(b"[F][xlogdecode] ")
    assert TEXT[LOG].startswith(b"".join(iter_text(torn, Options(marks=False))))
    with pytest.raises(DamagedError):
        list(iter_text(torn, Options(strict=True)))


def test_an_error_names_the_path_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        next(iter_text(tmp_path / "nowhere"))


@pytest.mark.parametrize("key", ["11" * 31, b"11" * 32, bytearray(32), bytes(32)])
def test_what_is_no_key_is_refused_at_once(key):
    with pytest.raises(KeyFileError, match="private key"):
        next(iter_text(LOG, Options(keys=(key,))))


def test_a_stream_and_bytes_go_into_a_file(tmp_path):
    for source in (BytesIO(LOG.read_bytes()), LOG.read_bytes()):
        assert decode_file(source, tmp_path / "text", replace=True).is_whole
        assert (tmp_path / "text").read_bytes() == TEXT[LOG]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind_are_decoded_and_nothing_else(kind):
    assert decode_bytes(kind(LOG.read_bytes()))[0] == TEXT[LOG]
    for wrong in (None, "text", LOG):
        with pytest.raises(TypeError):
            decode_bytes(wrong)


@pytest.mark.parametrize("link", [None, "hardlink_to", "symlink_to"])
def test_a_log_is_never_written_over_by_its_own_text(tmp_path, link):
    log = put(LOG, tmp_path / "a.xlog")
    target = log
    if link:
        target = tmp_path / "b"
        getattr(target, link)(log)
    with pytest.raises(OutputError, match="is the source itself"):
        decode_file(log, target, replace=True)
    assert log.read_bytes() == LOG.read_bytes()


def test_no_text_goes_through_a_link_that_leads_nowhere(tmp_path):
    (tmp_path / "a.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match=r"a\.log: is a link to nothing; "):
        decode_file(LOG, tmp_path / "a.log", replace=True)


@pytest.mark.parametrize(
    ("packed", "name"),
    [(b"7z\xbc\xaf\x27\x1c...", "7-Zip"), (b"Rar!\x1a\x07\1\0...", "rar")],
)
def test_what_is_packed_otherwise_says_so(tmp_path, packed, name):
    path = tmp_path / "a.xlog"
    path.write_bytes(packed)
    for source in (path, path.read_bytes()):
        with pytest.raises(InputError, match=f"is packed by {name}; unpack it first"):
            next(iter_text(source))
    done = run(path)
    assert (done.status, done.lines) == (
        1, [f"xlogdecode: {path}: is packed by {name}; unpack it first"],
    )  # fmt: skip


def test_a_file_decoded_from_a_path_has_its_last_change(tmp_path):
    decode_file(LOG, tmp_path / "text")
    assert (tmp_path / "text").stat().st_mtime_ns == LOG.stat().st_mtime_ns


def test_a_sink_that_only_looks_like_a_file_gets_all_through_its_own_write(tmp_path):
    class Counting(BytesIO):
        seen = 0

        def write(self, data):
            self.seen += len(data)
            return super().write(data)

    sink = Counting()
    decode(BytesIO(LOG.read_bytes()), sink)
    assert sink.seen == len(TEXT[LOG])


def test_a_stream_need_not_be_what_a_file_on_disk_is(tmp_path):
    class Remote(BytesIO):
        def stat(self):
            raise NotImplementedError

    assert decode_file(Remote(LOG.read_bytes()), tmp_path / "text").is_whole


def test_options_show_no_key():
    assert "keys" not in repr(Options(keys=(bytes(32),)))


def lines_at(*seconds):
    return b"".join(
        b"[I][2024-01-01 +8.0 10:00:%02d.000][1, 2][][a.cc:1, f][%d\n" % (at, at) for at in seconds
    )


def test_logs_of_any_kind_are_merged_in_order_of_time(tmp_path):
    path = tmp_path / "a.xlog"
    path.write_bytes(log(KINDS["zlib"], [lines_at(3, 1)])[0].data)
    stream = BytesIO(log(KINDS["zlib"], [lines_at(2, 7)])[0].data)
    merged = xlogdecode.merge(path, stream, lines_at(0, 5), wanted=xlogdecode.Filter(grep="[^7]$"))
    assert [(record.message, record.source) for record in merged] == [
        ("0", ""), ("1", str(path)), ("2", ""), ("3", str(path)), ("5", ""),
    ]  # fmt: skip
    assert not stream.closed
    assert list(xlogdecode.merge()) == []


def test_a_loss_is_part_of_what_is_merged_and_a_missing_path_an_error(tmp_path):
    (block,) = log(KINDS["zlib"], [lines_at(1)])
    found = list(xlogdecode.merge(block.data + block.data[:30], lines_at(3)))
    assert sum(isinstance(item, xlogdecode.Loss) for item in found) == 1
    assert [item.message for item in found if isinstance(item, xlogdecode.Record)] == ["1", "3"]
    with pytest.raises(InputError, match="nowhere"):
        next(xlogdecode.merge(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", xlogdecode.__all__)
def test_every_public_name_is_there_and_documented(name):
    public = getattr(xlogdecode, name)
    assert public.__doc__
    assert name in pydoc.render_doc(public)


def test_rooms_are_reached_by_name():
    assert xlogdecode.errors.InputError is InputError
    assert "iter_text" in dir(xlogdecode)
