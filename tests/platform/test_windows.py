"""Code that runs on Windows alone, run here: against a `msvcrt` and an `os` made for it."""

import errno
import os
import runpy
import struct
import sys
from types import ModuleType, SimpleNamespace

import pytest

from xlogdecode.errors import OutputError
from xlogdecode.outputs import destinations
from xlogdecode.platform import files, locks

fcntl = pytest.importorskip("fcntl")
pytestmark = pytest.mark.skipif(
    not hasattr(fcntl, "F_OFD_SETLK"), reason="needs locks of ranges that belong to an open file"
)


def _locking(descriptor: int, mode: int, count: int) -> None:
    """Lock as `msvcrt.locking`: so many bytes from the position on, against all other openings."""
    kind = fcntl.F_UNLCK if mode == 0 else fcntl.F_WRLCK
    begin = os.lseek(descriptor, 0, os.SEEK_CUR)
    range_ = struct.pack("hhqqi4x", kind, os.SEEK_SET, begin, count, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, range_)
    except BlockingIOError:
        raise PermissionError(errno.EACCES, "Permission denied") from None


@pytest.fixture
def of_windows(monkeypatch):
    """The module of locks as Windows would load it."""
    msvcrt = ModuleType("msvcrt")
    vars(msvcrt).update(locking=_locking, LK_NBLCK=2, LK_UNLCK=0)
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setattr(sys, "platform", "win32")
    return SimpleNamespace(**runpy.run_path(locks.__file__))


@pytest.fixture
def two(tmp_path):
    """Two descriptors of one file."""
    path = tmp_path / "a.xlog"
    path.write_bytes(b"what was there\n")
    descriptors = [os.open(path, os.O_RDWR) for _ in range(2)]
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)


def test_a_lock_keeps_out_others_until_it_is_given_back(of_windows, two):
    first, second = two
    assert of_windows.try_lock(first)
    assert not of_windows.try_lock(second)
    of_windows.unlock(first)
    assert of_windows.try_lock(second)
    assert not of_windows.try_lock(first)


def test_a_lock_ends_when_its_file_is_closed(of_windows, two, tmp_path):
    third = os.open(tmp_path / "a.xlog", os.O_RDWR)
    assert of_windows.try_lock(third)
    os.close(third)
    assert of_windows.try_lock(two[0])


def test_a_lock_that_is_not_held_is_given_back_without_an_error(of_windows, two):
    of_windows.unlock(two[0])
    assert of_windows.try_lock(two[1])


def test_the_locked_byte_is_behind_all_that_a_log_holds(of_windows, two):
    """Windows keeps others from reading a locked byte."""
    first, second = two
    assert of_windows.try_lock(first)
    os.lseek(second, 0, os.SEEK_SET)
    _locking(second, 2, 1 << 30)  # the first GiB is free


def test_what_is_appended_under_a_lock_is_at_the_end(of_windows, tmp_path):
    path = tmp_path / "a.xlog"
    path.write_bytes(b"first\n")
    with of_windows.locked_for_appending(path) as descriptor:
        os.write(descriptor, b"second\n")
    assert path.read_bytes() == b"first\nsecond\n"


class WindowsOs:
    """`os` as it is on Windows where a file is saved, over the one that is here."""

    name = "nt"
    supports_fd = frozenset({os.stat})

    def __getattr__(self, attribute: str) -> object:
        if attribute in ("fchmod", "link", "writev"):
            raise AttributeError(attribute)
        return getattr(os, attribute)

    @staticmethod
    def rename(old: str, new: str) -> None:
        if os.path.lexists(new):
            raise FileExistsError(errno.EEXIST, "Cannot create a file when it already exists")
        os.rename(old, new)  # noqa: PTH104 - what is stood in for

    @staticmethod
    def open(path: str, flags: int, mode: int = 0o777) -> int:
        assert mode & 0o200, "a file that is made read-only cannot be removed again"
        return os.open(path, flags, mode)

    @staticmethod
    def close(descriptor: int) -> None:
        os.utime(descriptor)  # NTFS dates a file that was written to when it is closed
        os.close(descriptor)


@pytest.fixture
def windows(monkeypatch):
    monkeypatch.setattr(files, "os", WindowsOs())


@pytest.mark.usefixtures("windows")
def test_a_saved_file_keeps_the_time_of_its_source(tmp_path):
    source, path = tmp_path / "a.xlog", tmp_path / "a.log"
    source.write_bytes(b"")
    source.chmod(0o444)
    os.utime(source, ns=(10**18, 10**18))
    with files.SaveFile(path, like=files.info_of(source.stat())) as file:
        file.write_all([b"te", b"", b"xt"])
    assert path.read_bytes() == b"text"
    assert path.stat().st_mtime_ns == 10**18
    assert path.stat().st_mode & 0o200


@pytest.mark.usefixtures("windows")
def test_a_saved_file_takes_the_place_of_another_only_where_it_may(tmp_path):
    path = tmp_path / "a.log"
    refused = pytest.raises(OutputError, match="appeared meanwhile")
    with refused, files.SaveFile(path) as file:
        file.write(b"mine")
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"
    with files.SaveFile(path, replace=True) as file:
        file.write(b"mine")
    assert path.read_bytes() == b"mine"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    ("name", "portable"),
    [("a.log", "a.log"), ("con", "_con"), ("NUL.log", "_NUL.log"), ("a:b?.log", "a_b_.log")],
)
def test_names_that_windows_cannot_have_are_changed(monkeypatch, name, portable):
    monkeypatch.setattr(destinations, "os", SimpleNamespace(name="nt"))
    assert destinations._portable(name) == portable
