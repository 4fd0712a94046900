"""`-l` and `-t`: what is in each, and whether it is whole."""

import json
import re

import pytest

from tests.command import run
from tests.mars import KINDS, block, file_of
from tests.samples import BUFFER, LOG, TEXT, ZLIB, files_in, put, tree
from tests.shared import CORPUS, FIXTURES, expected_text, needs_corpus

LOCKED = FIXTURES / "async_zlib_crypt_small.xlog"


def rows(*args):
    done = run("-l", "--json", *args)
    return done, [json.loads(line) for line in done.out.splitlines()]


def test_a_log_has_its_sizes_blocks_hours_and_times(tmp_path):
    done, (row, totals) = rows(LOG)
    assert done.status == 0
    assert row["name"] == str(LOG)
    assert (row["size"], row["text"]) == (LOG.stat().st_size, len(TEXT[LOG]))
    assert row["ratio"] == pytest.approx(LOG.stat().st_size / len(TEXT[LOG]), abs=1e-4)
    assert sum(row["blocks"].values()) == 8
    assert (row["encrypted"], row["key"], row["losses"]) == (False, None, 0)
    stamps = [line[5:28].decode() for line in TEXT[LOG].splitlines() if line[:6] == b"TIM: 2"]
    assert (row["first"], row["last"]) == (stamps[0], stamps[-1])
    assert totals["totals"] == 1
    assert totals["text"] == row["text"]


def test_the_table_has_a_row_for_each_log_and_the_totals(tmp_path):
    tree(tmp_path / "phone")
    done = run("-lr", tmp_path / "phone")
    lines = done.out.decode().splitlines()
    assert done.status == 0
    assert lines[0].split()[:3] == ["name", "state", "size"]
    assert len(lines) == 6
    assert lines[-1].startswith("4 logs ")
    assert len(run("-l", LOG).out.splitlines()) == 2


def test_it_says_whether_a_key_fits():
    without, (row, _) = rows(LOCKED)
    assert (without.status, row["key"], row["encrypted"]) == (4, "needed", True)
    given, (row, _) = rows(LOCKED, "--key-file", FIXTURES / "key")
    assert (given.status, row["key"], row["text"]) == (0, "fits", len(expected_text(LOCKED)))


def test_losses_are_counted_and_nothing_is_written(tmp_path):
    torn = tmp_path / "a.xlog"
    torn.write_bytes(LOG.read_bytes()[:-9])
    done, (row, totals) = rows(torn, tmp_path / "none")[0], rows(torn)[1]
    assert done.status == 1
    assert (row["losses"], totals["losses"]) == (1, 1)
    assert list(files_in(tmp_path)) == ["a.xlog"]


def test_what_is_no_log_is_said_to_be_none_once(tmp_path):
    picture = tmp_path / "a.xlog"
    picture.write_bytes(b"\x89NPG\r\n\x1a\n" + bytes(range(128, 256)) * 9)
    for options in ["-l"], ["-lq"], ["-l", "--json"], ["-t"], ["-c"]:
        done = run(*options, picture)
        assert done.status == 1
        (line,) = done.lines
        assert line.startswith(f"xlogdecode: {picture}: not an xlog file: no block found; ")


def test_plain_logs_of_old_sdks_are_listed_in_folders(tmp_path):
    (tmp_path / "imsdk_20180101.log").write_bytes(TEXT[LOG])
    _, (row, _) = rows("-r", tmp_path)
    assert row["text"] == len(TEXT[LOG])


@needs_corpus
def test_nine_days_of_the_im_sdk_have_their_times():
    _, listed = rows("-r", CORPUS / "imsdk")
    for row in listed[:-1]:
        name = row["name"].rpartition("/")[2]
        text = expected_text(CORPUS / "imsdk" / name)
        stamps = [line[5:28].decode() for line in text.splitlines() if line[:6] == b"TIM: 2"]
        assert (row["first"], row["last"], row["text"]) == (stamps[0], stamps[-1], len(text)), name


@pytest.mark.parametrize("flag", [(), ("-v",)])
def test_a_test_says_of_each_whether_it_is_whole_and_writes_nothing(tmp_path, flag):
    good, torn = put(LOG, tmp_path / "a.xlog"), tmp_path / "b.xlog"
    torn.write_bytes(ZLIB.read_bytes()[:-9])
    done = run("-t", *flag, good, torn)
    assert (done.status, done.out) == (3, b"")
    assert done.lines[0].startswith(f"xlogdecode: {good}: OK: ")
    assert done.lines[1].startswith(f"xlogdecode: {torn}: damaged: 1 place, ")
    assert sorted(files_in(tmp_path)) == ["a.xlog", "b.xlog"]
    assert run("-t", good).status == 0
    assert run("-t", LOCKED).status == 4
    assert run("-t", tmp_path / "none").status == 1
    assert run("-qt", good).err == ""


def test_what_goes_with_a_listing_alone_says_so():
    assert run("--json", LOG).status == 2
    assert run("--with-mmap", BUFFER).status == 2
    assert run("-c", "-o", "x", LOG).status == 2
    assert run("-l", "-t", LOG).status == 2
    assert run("-F", "-l", LOG).status == 2


def test_sessions_are_counted_by_their_banners(tmp_path):
    _, (row, _) = rows(LOG)
    assert row["sessions"] == 2 == sum(line.startswith(b"^^^^") for line in TEXT[LOG].splitlines())
    _, (row, _) = rows(FIXTURES / "sync_zlib_nocrypt_small.xlog")
    assert row["sessions"] == 1


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("kind", ["sync", "async", "one block"])
def test_times_are_the_first_and_the_last_however_much_text_has_none(tmp_path, place, kind):
    noise = b"\tat a.b.c\n" * 20_000
    lines = [b"[I][2024-01-01 +8.0 09:00:0%d.000][1, 2][t][a.cc:1, f][m\n" % s for s in range(3)]
    log = tmp_path / "a.xlog"
    text = b"".join([*lines[:place], noise, *lines[place:]])
    if kind == "one block":
        log.write_bytes(file_of([block(KINDS["zlib"], [text])]))
    else:
        assert run("encode", "--mode", kind, "-", "-o", log, input=text).status == 0
    _, (row, _) = rows(log)
    assert (row["first"], row["last"]) == ("2024-01-01 09:00:00.000", "2024-01-01 09:00:02.000")


@pytest.mark.parametrize("name", sorted(p.name for p in CORPUS.glob("sets/*_nocrypt")))
@needs_corpus
def test_times_of_the_corpus_are_those_of_its_text(name):
    for log in sorted(CORPUS.glob(f"sets/{name}/*.xlog")):
        stamps = re.findall(rb"(?m)^\[[VDIWEF]\]\[(\S+) \S+ (\S+)\]\[", expected_text(log))
        _, (row, _) = rows(log)
        first, last = (b" ".join(stamp).decode() for stamp in (stamps[0], stamps[-1]))
        assert (row["first"], row["last"]) == (first, last)


def test_a_year_that_is_not_logged_is_that_of_the_files_name(tmp_path):
    stamps = ("12-31/23:59:59.001+8.0", "01-01/00:00:00.002+8.0")
    lines = "".join(f"[I][{stamp}][838,91395][a.cc:4499]hello\n" for stamp in stamps)
    log = tmp_path / "LiteAV_C_20231231.xlog"
    assert run("encode", "-", "-o", log, input=lines.encode()).status == 0
    _, (row, _) = rows(log)
    assert (row["first"], row["last"]) == ("2023-12-31 23:59:59.001", "2024-01-01 00:00:00.002")
