"""Two libraries for one codec: whichever is installed, the same comes out."""

import importlib
import io
import os
import sys
import zlib
from pathlib import Path

import deflate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import run
from tests.samples import LOG, TEXT
from xlogdecode.codecs import deflate_library, zstd_package

TEXTS = st.binary(max_size=40) | st.builds(
    lambda part, n: part * n, st.binary(), st.integers(0, 99)
)
WINDOW_LOG = 23


def _stream(text: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush()


def _outcome(unpack, *args: object) -> bytes | None:
    try:
        return bytes(unpack(*args))
    except (deflate.DeflateError, deflate_library.ZlibError):
        return None


@given(text=TEXTS, spare=st.integers(-9, 9), cut=st.integers(0, 5), behind=st.binary(max_size=4))
def test_zlib_takes_and_refuses_the_streams_that_libdeflate_does(text, spare, cut, behind):
    stream = _stream(text)
    data = stream[: len(stream) - cut] + (b"" if cut else behind)
    bound = max(1, len(text) + spare)
    found = _outcome(deflate_library.decompress_by_zlib, data, bound)
    assert found == _outcome(deflate.deflate_decompress, data, bound)
    assert found == (None if cut or bound < len(text) else text)


@given(text=TEXTS, level=st.integers(1, 12))
def test_zlib_packs_at_each_level_of_libdeflate(text, level):
    assert zlib.decompress(deflate_library.compress_by_zlib(text, level)) == text
    assert zlib.crc32(text) == deflate.crc32(text)


def test_without_deflate_the_text_is_the_same_and_v_says_so(tmp_path: Path) -> None:
    (tmp_path / "deflate.py").write_text("raise ImportError('not installed')")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    for options, notes in (("-c", 0), ("-cv", 1)):
        done = run(options, LOG, env={"PYTHONPATH": path})
        assert (done.status, done.out) == (0, TEXT[LOG])
        assert done.err.count("deflate is not installed, so zlib is used") == notes


@pytest.fixture(scope="module")
def of_python():
    """The library of Python 3.14; before that its backport under the name that it will have."""
    if sys.version_info < (3, 14):
        backport = pytest.importorskip("backports.zstd")
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "compression.zstd", backport)
            yield importlib.import_module("xlogdecode.codecs.zstd_of_python")
    else:
        yield importlib.import_module("xlogdecode.codecs.zstd_of_python")


@pytest.fixture(params=[0, 1], ids=["written by the package", "written by Python's"])
def pair(request, of_python):
    """The library that writes, and the one that reads."""
    return (zstd_package, of_python)[:: -1 if request.param else 1]


PIECES = [b"first line\n", b"\xff" * 300_000, b"x", bytes(range(256)) * 9]


def _frame(library, level: int = 3, window_log: int = 16) -> list[bytes]:
    stream = library.stream_maker(level, window_log)()
    return [stream.add(piece) for piece in PIECES]


def test_each_piece_is_there_once_its_flush_has_come(pair):
    writer, reader = pair
    stream = reader.new_decompressor(WINDOW_LOG)
    assert [stream.decompress(data) for data in _frame(writer)] == PIECES
    assert not stream.eof
    assert stream.decompress(b"\1\0\0") == b""
    assert stream.eof


def test_a_frame_is_taken_up_to_its_bound_and_no_more(pair):
    writer, reader = pair
    frame, text = b"".join(_frame(writer)) + b"\1\0\0", b"".join(PIECES)
    for data in (frame, frame + b"behind"):
        assert reader.decompress(data, len(text), WINDOW_LOG) == text
    for data, bound in ((frame, len(text) - 1), (frame[:-3], 1 << 20), (b"no frame", 99)):
        with pytest.raises(reader.ZstdError):
            reader.decompress(data, bound, WINDOW_LOG)


def test_a_window_above_the_bound_is_refused(pair):
    writer, reader = pair
    data = b"".join(_frame(writer, window_log=20))
    assert reader.new_decompressor(20).decompress(data) == b"".join(PIECES)
    with pytest.raises(reader.ZstdError, match="too much memory"):
        reader.new_decompressor(19).decompress(data)
    with pytest.raises(reader.ZstdError):
        reader.decompress(data + b"\1\0\0", 1 << 20, 19)


def test_archives_are_read_frame_by_frame_and_stay_open(pair):
    writer, reader = pair
    file = io.BytesIO()
    for piece in PIECES:
        with writer.opened(file, "wb", WINDOW_LOG) as packed:
            packed.write(piece)
    file.seek(0)
    with reader.opened(file, "rb", WINDOW_LOG) as unpacked:
        assert unpacked.read() == b"".join(PIECES)
    assert not file.closed
    damaged = bytearray(file.getvalue())
    damaged[-1] ^= 1  # of the checksum
    with pytest.raises(reader.ZstdError), reader.opened(io.BytesIO(damaged), "rb", 23) as unpacked:
        unpacked.read()
