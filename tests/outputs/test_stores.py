"""Texts that go to stores by URL: an object is there complete, or not there at all."""

from pathlib import Path
from typing import Any

import pytest

from tests.samples import LOG, TEXT, TREE_TEXTS, ZLIB, put, tree
from tests.shared import FIXTURES
from xlogdecode import OutputError, Status, decode_file, decode_paths
from xlogdecode.cli.app import run
from xlogdecode.outputs.destinations import save_file

fsspec = pytest.importorskip("fsspec", reason="the extra stores is not installed")

LARGE = b"0123456789abcdef" * (1 << 20)
"""16 MiB: more than is held in memory."""


def objects_in(store: Any, folder: str) -> dict[str, bytes]:
    found = store.find(folder)
    return {name.removeprefix(f"{folder}/"): store.cat_file(name) for name in found}


def test_a_folder_goes_to_a_prefix(store: Any, tmp_path: Path) -> None:
    results = list(decode_paths(tree(tmp_path / "phone"), "memory://b/out", recursive=True))
    assert {result.status for result in results} == {Status.OK}
    assert {result.path for result in results} == {f"memory://b/out/{name}" for name in TREE_TEXTS}
    assert objects_in(store, "/b/out") == TREE_TEXTS


def test_one_log_goes_to_one_object_or_below_a_prefix_that_is_there(store: Any) -> None:
    list(decode_paths(LOG, "memory://b/x.log"))
    list(decode_paths(ZLIB, "memory://b"))
    list(decode_paths(ZLIB, "memory://c/"))
    assert objects_in(store, "/b") == {"x.log": TEXT[LOG], f"{ZLIB.name}.log": TEXT[ZLIB]}
    assert objects_in(store, "/c") == {f"{ZLIB.name}.log": TEXT[ZLIB]}


def test_without_a_target_the_text_goes_beside_the_object(store: Any) -> None:
    store.pipe_file("/b/a.xlog", LOG.read_bytes())
    list(decode_paths("memory://b/a.xlog"))
    assert store.cat_file("/b/a.xlog.log") == TEXT[LOG]


def test_an_object_that_is_there_is_replaced_only_if_wanted(store: Any) -> None:
    store.pipe_file("/b/x.log", b"before")
    (result,) = decode_paths(LOG, "memory://b/x.log")
    assert result.message == (
        "memory://b/x.log: exists; -f writes over it, -o chooses another name"
    )
    assert store.cat_file("/b/x.log") == b"before"
    list(decode_paths(LOG, "memory://b/x.log", replace=True))
    assert store.cat_file("/b/x.log") == TEXT[LOG]


def test_the_input_itself_is_never_the_output(store: Any) -> None:
    store.pipe_file("/b/a.xlog", LOG.read_bytes())
    (result,) = decode_paths("memory://b/a.xlog", "memory://b/a.xlog", replace=True)
    assert "is the input itself" in result.message
    assert store.cat_file("/b/a.xlog") == LOG.read_bytes()


def test_update_leaves_texts_that_are_newer(store: Any, tmp_path: Path) -> None:
    phone = tree(tmp_path / "phone")
    list(decode_paths(phone, "memory://b/out/", recursive=True))
    again = list(decode_paths(phone, "memory://b/out/", recursive=True, update=True))
    assert all(result.is_skipped for result in again)


def test_a_text_that_lacks_what_is_encrypted_says_that_update_passes_it_over(store: Any) -> None:
    locked = FIXTURES / "async_zlib_crypt_small.xlog"
    store.pipe_file("/b/a.xlog", ZLIB.read_bytes() + locked.read_bytes())
    (result,) = decode_paths("memory://b/a.xlog")
    assert result.status is Status.LOCKED
    assert "-u takes this text for complete" in result.note


def test_a_source_is_removed_once_its_text_is_in_place(store: Any) -> None:
    store.pipe_file("/b/a.xlog", LOG.read_bytes())
    (result,) = decode_paths("memory://b/a.xlog", "memory://b/out.log", remove=True)
    assert result.note == ""
    assert objects_in(store, "/b") == {"out.log": TEXT[LOG]}


def test_file_is_a_path(tmp_path: Path) -> None:
    put(LOG, tmp_path / "a.xlog")
    (result,) = decode_paths((tmp_path / "a.xlog").as_uri(), (tmp_path / "new").as_uri() + "/")
    assert result.status is Status.OK
    assert (tmp_path / "new" / "a.xlog.log").read_bytes() == TEXT[LOG]


@pytest.mark.parametrize("data", [b"", b"text", LARGE])
def test_all_that_was_written_is_there(store: Any, data: bytes) -> None:
    with save_file("memory://b/x") as file:
        file.write(data)
        assert not store.exists("/b/x")
    assert store.cat_file("/b/x") == data
    assert file.is_written
    assert file.size == len(data)


@pytest.mark.parametrize("data", [b"text", LARGE])
@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_nothing_is_there_after_a_fault(store: Any, data: bytes, fault: type) -> None:
    def write() -> None:
        with save_file("memory://b/x") as file:
            file.write(data)
            raise fault

    with pytest.raises(fault):
        write()
    assert not store.exists("/b/x")


def test_a_store_that_fails_is_named_without_its_credentials(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pipe_file(*args: object, **how: object) -> None:
        raise PermissionError("AKsecret may not")

    monkeypatch.setattr(type(store), "pipe_file", pipe_file)
    with pytest.raises(OutputError) as caught:
        decode_file(LOG, "memory://u:secret@b/x.log")
    assert "memory://b/x.log: cannot be written: permission denied" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("option", ["--key-file", "--layout", "--redact-map"])
def test_other_files_are_files(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["--redact", str(LOG), option, "memory://b/x"]) == 2
    assert "it is a URL; name a file here" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_case_page_goes_to_a_store(store: Any) -> None:
    store.pipe_file("/b/a.xlog", LOG.read_bytes())
    assert run(["html", "memory://b/", "-o", "memory://c/case.html"]) == 0
    assert store.cat_file("/c/case.html").startswith(b"<!")


def test_web_addresses_are_read_only(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([str(LOG), "-o", "https://u:secret@h/x.log"]) == 1
    error = capfd.readouterr().err
    assert "https://h/x.log: web addresses are only read" in error
    assert "secret" not in error


@pytest.mark.parametrize("form", ["json", "csv", "otlp", "sessions", "parquet", "arrow"])
def test_every_format_goes_to_a_store_as_to_a_file(
    store: Any, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if form in {"parquet", "arrow"}:
        pytest.importorskip("pyarrow", reason="the extra arrow is not installed")
    monkeypatch.chdir(tmp_path)
    put(LOG, tmp_path / "a.xlog")
    (local,) = decode_paths("a.xlog", "local", format=form)
    (stored,) = decode_paths("a.xlog", "memory://b/stored", format=form)
    assert local.status is stored.status is Status.OK
    assert store.cat_file("/b/stored") == (tmp_path / "local").read_bytes()


def test_a_timeline_goes_to_a_store(store: Any, tmp_path: Path) -> None:
    store.pipe_file("/b/a.xlog", LOG.read_bytes())
    store.pipe_file("/b/b.xlog", ZLIB.read_bytes())
    assert run(["--merge", "memory://b/*.xlog", "-o", "memory://b/all.log"]) == 0
    local = [str(put(LOG, tmp_path / "a.xlog")), str(put(ZLIB, tmp_path / "b.xlog"))]
    assert run(["--merge", *local, "-o", str(tmp_path / "all.log")]) == 0
    expected = (tmp_path / "all.log").read_bytes().replace(f"{tmp_path}/".encode(), b"memory://b/")
    assert store.cat_file("/b/all.log") == expected
