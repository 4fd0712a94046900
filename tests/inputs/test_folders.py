"""Folders, globs, where the text goes, and what is newer."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import pytest

from tests.command import run
from tests.damage import SERVER, sample_of
from tests.mars import file_of
from tests.samples import (
    BUFFER,
    LOG,
    TEXT,
    TREE_TEXTS,
    ZLIB,
    ZSTD,
    files_in,
    put,
    tree,
)  # fmt: skip
from xlogdecode.outputs import SaveFile
from xlogdecode.platform.files import info_of


def texts_in(folder):
    return {name: data for name, data in files_in(folder).items() if name.endswith(".log")}


def test_a_tree_is_mirrored_into_the_folder_that_is_made_for_it(tmp_path):
    tree(tmp_path / "phone")
    done = run("-r", tmp_path / "phone", "-o", tmp_path / "new" / "out")
    assert done.status == 0
    assert files_in(tmp_path / "new" / "out") == TREE_TEXTS


def test_without_an_output_each_text_lies_beside_its_log(tmp_path):
    phone = tree(tmp_path / "phone")
    assert run("-r", phone).status == 0
    assert texts_in(phone) == TREE_TEXTS | {"old.xlog.log": b"decoded before\n"}


def test_days_come_in_their_order_and_the_crash_buffer_behind_them(tmp_path):
    put(ZLIB, tmp_path / "a_20240101_9.xlog")
    put(ZSTD, tmp_path / "a_20240101_10.xlog")
    put(BUFFER, tmp_path / "a.mmap3")
    assert run("-rc", tmp_path).out == TEXT[ZLIB] + TEXT[ZSTD] + TEXT[BUFFER]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_no_link_is_followed(tmp_path):
    secret = put(LOG, tmp_path / "secret" / "a.xlog")
    folder = tmp_path / "folder"
    put(ZLIB, folder / "b.xlog")
    (folder / "link.xlog").symlink_to(secret)
    (folder / "folder").symlink_to(secret.parent)
    (folder / "again").symlink_to(folder)
    done = run("-rc", folder)
    assert (done.status, done.out) == (0, TEXT[ZLIB])


def test_plain_logs_of_old_sdks_are_taken_where_nothing_is_copied_to_a_file(tmp_path):
    (tmp_path / "imsdk_20180101.log").write_bytes(TEXT[LOG])
    (tmp_path / "imsdk_20240101.xlog.log").write_bytes(b"never\n")
    put(ZLIB, tmp_path / "b.xlog")
    assert run("-rc", tmp_path).out == TEXT[ZLIB] + TEXT[LOG]
    assert run("-r", tmp_path, "-o", tmp_path / "out").status == 0
    assert list(files_in(tmp_path / "out")) == ["b.xlog.log"]


def test_a_folder_without_logs_gives_nothing_and_says_so(tmp_path):
    done = run("-r", tmp_path)
    assert done.status == 1
    assert done.lines == [
        f"xlogdecode: {tmp_path}: holds no log: looked for *.xlog, LiteAV_*.clog, *.mmap2, *.mmap3"
    ]


def test_a_glob_that_no_shell_has_expanded_is_one(tmp_path):
    put(ZLIB, tmp_path / "a_9.xlog")
    put(ZSTD, tmp_path / "a_10.xlog")
    done = run("-c", tmp_path / "a_*.xlog")
    assert (done.status, done.out) == (0, TEXT[ZLIB] + TEXT[ZSTD])
    assert run("-c", tmp_path / "b*.xlog").status == 1
    strange = put(LOG, tmp_path / "a[1].xlog")
    assert run("-c", strange).out == TEXT[LOG]


def test_several_folders_are_kept_apart_and_names_never_collide(tmp_path):
    a, b = (put(LOG, tmp_path / name / "logs" / "a.xlog") for name in "xy")
    out = tmp_path / "out"
    assert run("-r", a.parent, b.parent, a, b, "-o", out).status == 0
    assert sorted(files_in(out)) == [
        "a.xlog.log", "a.xlog~2.log", "logs/a.xlog.log", "logs/a.xlog~2.log",
    ]  # fmt: skip


def test_an_output_is_a_file_for_one_log_and_a_folder_if_it_is_one(tmp_path):
    log = put(LOG, tmp_path / "a.xlog")
    assert run("-o", tmp_path / "text", log).status == 0
    assert (tmp_path / "text").read_bytes() == TEXT[LOG]
    (tmp_path / "out").mkdir()
    assert run("-o", tmp_path / "out", log).status == 0
    assert files_in(tmp_path / "out") == {"a.xlog.log": TEXT[LOG]}


def test_a_file_where_a_folder_is_needed_is_left_alone(tmp_path):
    log = put(LOG, tmp_path / "a.xlog")
    (tmp_path / "text").write_text("mine")
    done = run("-o", tmp_path / "text", log, log)
    assert done.status == 1
    assert "text" in done.lines[0]
    assert (tmp_path / "text").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_nothing_is_written_through_a_link_out_of_the_folder(tmp_path):
    tree(tmp_path / "phone")
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "deep").symlink_to(outside)
    done = run("-r", tmp_path / "phone", "-o", tmp_path / "out")
    assert done.status == 1
    assert any("behind a link" in line for line in done.lines)
    assert files_in(outside) == {}


def test_an_update_decodes_only_what_is_newer_than_its_output(tmp_path):
    old, new = put(LOG, tmp_path / "a.xlog"), put(ZLIB, tmp_path / "b.xlog")
    for path in (old, new):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert run("-ru", tmp_path).status == 0
    (tmp_path / "a.xlog.log").write_bytes(b"kept")
    put(ZSTD, new)
    os.utime(new, (1_700_000_500, 1_700_000_500))
    done = run("-ruv", tmp_path)
    assert done.status == 0
    assert texts_in(tmp_path) == {"a.xlog.log": b"kept", "b.xlog.log": TEXT[ZSTD]}
    assert any("a.xlog.log is up to date" in line for line in done.lines)


@pytest.mark.parametrize("packed", [False, True])
def test_an_update_takes_up_a_text_that_lacks_blocks_for_want_of_a_key(tmp_path, packed):
    log = tmp_path / "a.xlog"
    log.write_bytes(file_of(sample_of("zlib-crypt").blocks))
    whole = b"".join(block.text for block in sample_of("zlib-crypt").blocks)
    text = tmp_path / "a.xlog.log"
    if packed:
        shutil.make_archive(str(tmp_path / "case"), "zip", tmp_path, "a.xlog")
        log, text = tmp_path / "case.zip", tmp_path / "case/a.xlog.log"
    assert run("-q", log).status == 4
    assert run("-u", log).status == 4
    assert text.read_bytes() != whole
    assert run("-u", log, key=SERVER.hex()).status == 0
    assert text.read_bytes() == whole
    os.utime(text, ns=(0, text.stat().st_mtime_ns))
    assert run("-uv", log, key=SERVER.hex()).err.endswith("a.xlog.log is up to date\n")


def test_an_output_has_the_mtime_and_mode_of_its_log(tmp_path):
    log = put(LOG, tmp_path / "a.xlog")
    log.chmod(0o640)
    os.utime(log, (1_700_000_000, 1_700_000_000))
    assert run(log).status == 0
    found = log.with_name("a.xlog.log").stat()
    assert found.st_mtime == 1_700_000_000
    if os.name != "nt":
        assert found.st_mode & 0o777 == 0o640


def test_a_source_goes_only_when_its_text_is_whole_and_in_place(tmp_path):
    good, torn = put(LOG, tmp_path / "a.xlog"), tmp_path / "b.xlog"
    torn.write_bytes(LOG.read_bytes()[:-9])
    assert run("--rm", "-c", good).status == 0
    assert good.exists()
    assert run("--rm", good, torn).status == 3
    assert not good.exists()
    assert torn.exists()
    assert (tmp_path / "a.xlog.log").read_bytes() == TEXT[LOG]


@pytest.mark.parametrize("device", ["/dev/null", "fifo"])
def test_a_source_stays_where_its_text_is_in_no_file(tmp_path, device):
    log = put(LOG, tmp_path / "a.xlog")
    target = tmp_path / device
    if device == "fifo":
        os.mkfifo(target)
        reader = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
    assert run("--rm", log, "-o", target).status == 0
    assert log.exists()
    if device == "fifo":
        os.close(reader)


@pytest.mark.parametrize("to", ["-c", "-o"])
def test_output_and_summary_are_the_same_for_any_number_of_threads(tmp_path, to):
    logs = tmp_path / "logs"
    big = b"".join(path.read_bytes() for path in (ZLIB, ZSTD, ZLIB)) * 5
    for number in range(40):
        (logs / f"{number % 4}").mkdir(parents=True, exist_ok=True)
        data = (big, ZSTD.read_bytes(), big * 40, big[:-7], b"junk" * 99)[number % 5]
        (logs / f"{number % 4}" / f"{number}.xlog").write_bytes(data if number != 7 else b"")
    seen = []
    for threads in (1, 2, 5):
        out = tmp_path / f"out{threads}"
        where = ("-c",) if to == "-c" else ("-o", out)
        done = run("-rv", "-T", threads, logs, *where)
        said = done.err.replace(str(out), "OUT")
        seen.append((done.status, done.out, said, files_in(out) if out.exists() else {}))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][0] == 1


def test_archives_in_a_folder_are_read_with_its_logs(tmp_path):
    put(LOG, tmp_path / "phones/one/a.xlog")
    (tmp_path / "phones/notes.gz").write_bytes(b"x")
    (tmp_path / "phones/one/b.xlog.gz").write_bytes(gzip.compress(ZLIB.read_bytes()))
    with zipfile.ZipFile(tmp_path / "phones/two.zip", "w") as archive:
        archive.writestr("logs/c.xlog", ZSTD.read_bytes())
    done = run("-r", tmp_path / "phones", "-o", tmp_path / "out")
    assert done.status == 0
    found = files_in(tmp_path / "out")
    assert found.pop("two/logs/c.xlog.log") == TEXT[ZSTD]
    assert found == {"one/a.xlog.log": TEXT[LOG], "one/b.xlog.log": TEXT[ZLIB]}
    assert len(run("-lr", tmp_path / "phones", "--json").out.splitlines()) == 4
    left = run("-r", "--no-archives", tmp_path / "phones", "-o", tmp_path / "left")
    assert left.status == 0
    assert files_in(tmp_path / "left") == {"one/a.xlog.log": TEXT[LOG]}


def test_an_archive_in_a_folder_that_holds_no_log_is_no_failure(tmp_path):
    put(LOG, tmp_path / "phones/a.xlog")
    with zipfile.ZipFile(tmp_path / "phones/photos.zip", "w") as archive:
        archive.writestr("photo.jpg", b"x")
    done = run("-r", tmp_path / "phones", "-o", tmp_path / "out")
    assert (done.status, files_in(tmp_path / "out")) == (0, {"a.xlog.log": TEXT[LOG]})
    assert run("-q", tmp_path / "phones/photos.zip").status == 1


def test_a_folder_of_the_outputs_name_is_no_output(tmp_path):
    log = put(LOG, tmp_path / "a.xlog")
    (tmp_path / "a.xlog.log").mkdir()
    for flags in ((), ("-f",)):
        done = run(*flags, log)
        assert done.status == 1
        assert done.lines == [
            f"xlogdecode: {tmp_path / 'a.xlog.log'}: is a folder; -o chooses another name"
        ]


@pytest.mark.parametrize("call", ["open", "link", "unlink", "close", "utime"])
def test_nothing_is_left_where_ctrl_c_comes_behind_a_system_call(tmp_path, monkeypatch, call):
    system = getattr(os, call)

    def interrupted(*args, **how):
        system(*args, **how)
        monkeypatch.setattr(os, call, system)
        raise KeyboardInterrupt

    def save():
        with SaveFile(tmp_path / "text", like=like) as file:
            file.write(b"all of it")

    like = info_of(LOG.stat())
    monkeypatch.setattr(os, call, interrupted)
    with pytest.raises(KeyboardInterrupt):
        save()
    assert files_in(tmp_path) in ({}, {"text": b"all of it"})


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize(
    ("threads", "sent", "status"),
    [(1, signal.SIGINT, 130), (4, signal.SIGINT, 130), (4, signal.SIGTERM, 143)],
)
def test_an_end_in_the_middle_of_a_folder_leaves_whole_files_only(tmp_path, threads, sent, status):
    logs = tmp_path / "logs"
    for number in range(4000):
        put(LOG, logs / f"{number}.xlog")
    command = [
        sys.executable,
        "-m",
        "xlogdecode",
        "-qr",
        "-T",
        threads,
        logs,
        "-o",
        tmp_path / "out",
    ]
    running = subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE)
    while not (tmp_path / "out/50.xlog.log").exists():
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(sent)
    assert running.wait(60) == status
    texts = files_in(tmp_path / "out")
    assert running.communicate()[1].strip() == b""
    assert 0 < len(texts) < 4000
    assert set(texts.values()) == {TEXT[LOG]}
    assert not [name for name in texts if name.endswith(".part")]
