"""Logs in stores, by URL: found, read, and what is said where that fails. `memory://` is one."""

import pickle
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.samples import BUFFER, LOG, TEXT, TREE_TEXTS, ZLIB, ZSTD, files_in, tree
from xlogdecode import (
    InputError,
    MissingExtraError,
    Status,
    UsageError,
    decode_file,
    decode_paths,
    iter_text,
    merge,
    read_records,
    summarize,
)
from xlogdecode.cli.app import run
from xlogdecode.inputs import Entry, Refusal, is_url, iter_entries, iter_places
from xlogdecode.platform.stores import shown_url

fsspec = pytest.importorskip("fsspec", reason="the extra stores is not installed")


@pytest.fixture
def phone(store: Any, tmp_path: Path) -> str:
    for name, data in files_in(tree(tmp_path / "phone")).items():
        store.pipe_file(f"/b/phone/{name}", data)
    return "memory://b/phone"


def zipped(**members: Path) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in members.items():
            archive.write(path, f"logs/{name}.xlog")
    return packed.getvalue()


@pytest.mark.parametrize("path", ["s3://b/a", "memory://a", "HTTPS://h/a", "a+b.c-d://x"])
def test_a_scheme_makes_a_url(path: str) -> None:
    assert is_url(path)


@pytest.mark.parametrize(
    "path", ["a.xlog", "C:/a", "C://a", "://a", "a b://c", "case.zip:a", "é://a"]
)
def test_anything_else_is_a_path(path: str) -> None:
    assert not is_url(path)


def test_one_object_is_read_by_every_call(store: Any) -> None:
    url = "memory://b/a.xlog"
    store.pipe_file("/b/a.xlog", LOG.read_bytes())
    assert b"".join(iter_text(url)) == TEXT[LOG]
    local = [record.as_dict() | {"source": url} for record in read_records(str(LOG))]
    assert [record.as_dict() for record in read_records(url)] == local
    assert len(list(merge(url, url))) == 2 * len(local)
    assert summarize(url).as_dict()["records"] == summarize(LOG).as_dict()["records"]


def test_a_target_on_disk_gets_the_time_of_the_object(store: Any, tmp_path: Path) -> None:
    store.pipe_file("/b/a.xlog", LOG.read_bytes())
    decode_file("memory://b/a.xlog", tmp_path / "a.log")
    assert (tmp_path / "a.log").read_bytes() == TEXT[LOG]
    created = store.info("/b/a.xlog")["created"].timestamp()
    assert (tmp_path / "a.log").stat().st_mtime == pytest.approx(created, abs=1e-3)


def test_a_prefix_is_mirrored_as_a_folder_is(phone: str, tmp_path: Path) -> None:
    results = list(decode_paths(phone, tmp_path / "out", recursive=True))
    assert {result.status for result in results} == {Status.OK}
    assert files_in(tmp_path / "out") == TREE_TEXTS


def test_a_listing_has_size_time_and_order(phone: str) -> None:
    places = list(iter_places([phone], recursive=True))
    names = [place.below for place in places if not isinstance(place, Refusal)]
    assert names == [
        "imsdk_20240101.xlog",
        "imsdk_20240102.xlog",
        "imsdk_C.mmap2",
        "deep/er/imsdk_20240101.xlog",
    ]
    infos = [place.info for place in places if not isinstance(place, Refusal)]
    assert [info and info.size for info in infos] == [
        path.stat().st_size for path in (LOG, ZLIB, BUFFER, ZSTD)
    ]
    assert all(info and info.mtime_ns for info in infos)


def test_a_place_that_went_to_another_process_is_read_there(phone: str) -> None:
    first = next(iter_places([phone], recursive=True))
    there = pickle.loads(pickle.dumps(first))
    assert (there.path, there.info, there.ahead) == (first.path, first.info, None)


def test_a_glob_takes_what_matches(phone: str, tmp_path: Path) -> None:
    results = list(decode_paths(f"{phone}/*.xlog", tmp_path / "out"))
    assert [Path(result.path or "").name for result in results] == [
        "imsdk_20240101.xlog.log", "imsdk_20240102.xlog.log",
    ]  # fmt: skip


def test_a_name_with_signs_of_a_glob_is_taken_as_it_is(store: Any) -> None:
    store.pipe_file("/b/a[1].xlog", LOG.read_bytes())
    (result,) = decode_paths("memory://b/a[1].xlog", "memory://b/out.log")
    assert result.status is Status.OK
    assert store.cat_file("/b/out.log") == TEXT[LOG]


def test_an_archive_is_read_and_picked_from(store: Any, tmp_path: Path) -> None:
    store.pipe_file("/b/case.zip", zipped(a=LOG, b=ZLIB))
    list(decode_paths("memory://b/case.zip", tmp_path / "all"))
    assert files_in(tmp_path / "all") == {
        "logs/a.xlog.log": TEXT[LOG],
        "logs/b.xlog.log": TEXT[ZLIB],
    }
    list(decode_paths("memory://b/case.zip:logs/b.xlog", tmp_path / "one.log"))
    assert (tmp_path / "one.log").read_bytes() == TEXT[ZLIB]


def test_names_that_lead_out_are_refused(store: Any, tmp_path: Path) -> None:
    store.pipe_file("/b/p/a.xlog", LOG.read_bytes())
    store.store["/b/p/../../x.xlog"] = store.store["/b/p/a.xlog"]
    results = list(decode_paths("memory://b/p", tmp_path / "in" / "out", recursive=True))
    assert [result.status for result in results].count(Status.OK) == 1
    assert ["leads out" in result.message for result in results].count(True) == 1
    assert set(files_in(tmp_path)) == {"in/out/a.xlog.log"}


def test_logs_newer_than_their_text_are_taken_by_the_times_of_the_store(
    phone: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    list(decode_paths(phone, out, recursive=True))
    again = list(decode_paths(phone, out, recursive=True, update=True))
    assert all(result.is_skipped for result in again)
    name = "imsdk_20240102.xlog"
    fsspec.filesystem("memory").pipe_file(f"/b/phone/{name}", LOG.read_bytes())
    done = [r for r in decode_paths(phone, out, recursive=True, update=True) if not r.is_skipped]
    assert [result.name for result in done] == [f"{phone}/{name}"]
    assert (out / f"{name}.log").read_bytes() == TEXT[LOG]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("memory://b/none.xlog", "does not exist"),
        ("memory://b/phone", "is a folder; -r takes the logs in it"),
        ("memory://b/none*", "does not exist"),
        ("memory://b/none.zip:a.xlog", "does not exist"),
        ("nothing://b/a.xlog", "nothing:// is not known"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_stops_no_other(
    url: str, why: str, phone: str, tmp_path: Path
) -> None:
    good = f"{phone}/imsdk_20240101.xlog"
    first, second = decode_paths([url, good], tmp_path / "out")
    assert first.status is Status.FAILED
    assert why in first.message
    assert "\n" not in first.message
    assert second.status is Status.OK


def test_a_prefix_with_nothing_below_it_does_not_exist(store: Any) -> None:
    (result,) = decode_paths("memory://b/none", recursive=True)
    assert "does not exist" in result.message


@pytest.mark.parametrize(("url", "extra"), [("cos://b/a.xlog", "cos"), ("gs://b/a.xlog", "gs")])
def test_a_package_that_is_missing_is_named(
    url: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cosfs", None)
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'xlogdecode\[{extra}\]'"):
        list(iter_text(url))


@pytest.mark.parametrize(
    ("scheme", "needs"),
    [("cos", "COS_REGION or COS_ENDPOINT"), ("az", "AZURE_STORAGE_ACCOUNT_KEY")],
)
def test_a_store_that_lacks_its_settings_is_one_line(
    scheme: str, needs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec
    from fsspec.registry import _registry as known

    class NotSet(fsspec.AbstractFileSystem):
        def __init__(self, **_: object) -> None:
            raise Exception("Region or Endpoint is required!")

    monkeypatch.setitem(known, scheme, NotSet)
    url = f"{scheme}://b/a.xlog"
    (refusal,) = iter_entries([url])
    start = f"{url}: cannot be used: Region or Endpoint is required; check the URL, and "
    assert str(refusal).startswith(start)
    assert str(refusal).endswith(needs)


def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    (refusal,) = iter_entries(["memory://b/a.xlog"])
    assert "pip install 'xlogdecode[stores]'" in str(refusal)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@h/a.xlog?X-Amz-Signature=abc#f", "https://h/a.xlog"),
        ("https://token@h/a.xlog", "https://h/a.xlog"),
        ("s3://KEY:SECRET@b/a?b.xlog", "s3://b/a?b.xlog"),
        ("abfs://c@account.dfs.core.windows.net/a?sv=1", "abfs://c@account.dfs.core.windows.net/a"),
        ("seen at 'https://h/a?sig=1', gone", "seen at 'https://h/a', gone"),
    ],
)
def test_messages_have_no_credentials(url: str, shown: str) -> None:
    assert shown_url(url) == shown


class Torn(BytesIO):
    """An object whose connection breaks off."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 2 << 20:
            raise ConnectionResetError("peer of https://u:p@h/?sig=1 is gone")
        return super().read(size)


def test_a_fault_in_the_middle_leaves_no_output(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = LOG.read_bytes() * 400
    store.pipe_file("/b/a.xlog", large)
    monkeypatch.setattr(type(store), "open", lambda self, *args, **how: Torn(large))
    (result,) = decode_paths("memory://b/a.xlog", tmp_path / "a.log")
    assert result.status is Status.FAILED
    assert result.message == (
        "memory://b/a.xlog: cannot be read: the connection broke off; try again"
    )
    assert files_in(tmp_path) == {}


def test_an_object_that_ends_too_soon_is_a_fault(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = LOG.read_bytes() * 400
    store.pipe_file("/b/a.xlog", large)
    monkeypatch.setattr(type(store), "open", lambda self, *args, **how: BytesIO(large[:-5]))
    with pytest.raises(InputError, match=r"ends after 3,835,995 of 3,836,000 bytes; try again"):
        list(iter_text("memory://b/a.xlog"))


def test_following_is_refused(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-F", "memory://u:secret@b/a.xlog"]) == 2
    error = capsys.readouterr().err
    assert "-F follows a file" in error
    assert "secret" not in error


def test_entries_of_a_store_carry_size_and_time(phone: str) -> None:
    for item in iter_entries([f"{phone}/imsdk_20240101.xlog"]):
        assert isinstance(item, Entry)
        with item.source:
            assert item.info.size == LOG.stat().st_size
            assert item.info.mtime_ns


def test_an_unknown_scheme_is_wrong_usage_for_the_library() -> None:
    with pytest.raises(UsageError, match="nothing:// is not known"):
        list(iter_text("nothing://b/a.xlog"))
