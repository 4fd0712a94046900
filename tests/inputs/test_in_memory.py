"""Archives and logs in memory, and open files: what `iter_entries` takes besides paths."""

import io
import tarfile
import zipfile

import pytest

from tests.samples import LOG, TEXT, ZLIB, ZSTD, put
from xlogdecode import UsageError, iter_text
from xlogdecode.inputs import Entry, Refusal, iter_entries

DAYS = {"imsdk_20240110.xlog": ZLIB, "imsdk_20240102.xlog": LOG, "deep/imsdk_20240101.xlog": ZSTD}


def a_zip():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, log in DAYS.items():
            archive.write(log, name)
    return data.getvalue()


def a_tar(mode="w"):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode) as archive:
        for name, log in DAYS.items():
            archive.add(log, name)
    return data.getvalue()


def texts_of(sources):
    found = []
    for entry in iter_entries(sources):
        assert isinstance(entry, Entry), entry
        found.append((entry.name, b"".join(iter_text(entry.source))))
    return found


@pytest.mark.parametrize("make", [a_zip, a_tar])
def test_an_archive_in_memory_gives_its_days_in_their_order(make):
    data = make()
    for given in (data, [data], bytearray(data), io.BytesIO(data)):
        assert [text for _, text in texts_of(given)] == [TEXT[ZSTD], TEXT[LOG], TEXT[ZLIB]]


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_a_packed_tar_in_memory_gives_its_logs_as_they_come(mode):
    assert [text for _, text in texts_of(a_tar(mode))] == [TEXT[log] for log in DAYS.values()]


def test_an_open_file_is_called_by_its_name_and_stays_open(tmp_path):
    path = tmp_path / "case.zip"
    path.write_bytes(a_zip())
    with path.open("rb") as file:
        names = [name for name, _ in texts_of(file)]
        assert names[0] == f"{path}: deep/imsdk_20240101.xlog"
        assert not file.closed


def test_bytes_files_and_paths_go_together_in_their_order(tmp_path):
    path = put(LOG, tmp_path / "a.xlog")
    given = [ZLIB.read_bytes(), path, io.BytesIO(a_zip())]
    assert [entry.path_index for entry in iter_entries(given[:2])] == [0, 1]
    found = texts_of(given)
    assert found[:2] == [("bytes 1", TEXT[ZLIB]), (str(path), TEXT[LOG])]
    assert found[2] == ("stream 3: deep/imsdk_20240101.xlog", TEXT[ZSTD])


def test_a_file_is_read_from_where_it_is():
    file = io.BytesIO(b"head" + ZLIB.read_bytes())
    file.seek(4)
    assert [text for _, text in texts_of(file)] == [TEXT[ZLIB]]


def test_what_holds_no_log_or_is_packed_otherwise_is_refused():
    (refusal,) = iter_entries(b"7z\xbc\xaf\x27\x1c" + bytes(600))
    assert isinstance(refusal, Refusal)
    assert str(refusal) == "bytes 1: is packed by 7-Zip; unpack it first"


def test_what_is_no_source_is_an_error_at_once(tmp_path):
    with pytest.raises(UsageError):
        iter_entries("case.zip")
    with pytest.raises(TypeError, match="not a path, bytes or a binary file"):
        iter_entries([7])
    text = tmp_path / "a.txt"
    text.write_text("a")
    with text.open() as file, pytest.raises(TypeError, match="text mode"):
        iter_entries([file])
