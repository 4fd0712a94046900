"""Files that appear all at once, and in the place of nothing that they should not replace."""

import errno
import os
import stat

import pytest

from xlogdecode.errors import OutputError
from xlogdecode.platform.files import SaveFile, info_of


@pytest.fixture(params=["with links", "without links"])
def links(request, monkeypatch):
    """A file system with hard links, and one without."""
    if request.param == "without links":

        def refuse(*_):
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("links")
def test_a_file_has_its_name_once_it_is_complete(tmp_path):
    path = tmp_path / "a.log"
    with SaveFile(path) as file:
        file.write(b"text")
        assert not path.exists()
    assert path.read_bytes() == b"text"
    assert file.size == 4
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("make", [lambda p: p.write_bytes(b"other"), lambda p: p.symlink_to("x")])
def test_what_appears_under_the_name_meanwhile_is_not_written_over(tmp_path, make):
    path = tmp_path / "a.log"
    refused = pytest.raises(OutputError, match=r"a\.log: appeared meanwhile; -f writes")
    with refused, SaveFile(path) as file:
        file.write(b"text")
        make(path)
        before = path.lstat()
    assert path.lstat() == before
    assert [*tmp_path.iterdir()] == [path]
    assert not file.is_in_place


def test_what_may_be_replaced_is(tmp_path):
    path = tmp_path / "a.log"
    with SaveFile(path, replace=True) as file:
        file.write(b"text")
        path.write_bytes(b"other")
    assert path.read_bytes() == b"text"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.skipif(os.name == "nt", reason="no modes there")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_a_text_has_the_mode_of_its_source_without_execution(tmp_path, mode, umask):
    source = tmp_path / "a.xlog"
    source.touch()
    source.chmod(mode)
    before = os.umask(umask)
    try:
        with SaveFile(tmp_path / "a.log", like=info_of(source.stat())) as file:
            (part,) = tmp_path.glob(".*")
            assert stat.S_IMODE(part.stat().st_mode) & ~mode == 0  # never more, not for a moment
        with SaveFile(tmp_path / "key", secret=True):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.log").stat().st_mode) == mode & 0o666
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) & 0o077 == 0
    assert file.is_in_place
