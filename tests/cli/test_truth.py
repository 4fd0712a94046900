"""What was asked for was done, or it is said: the command line is never wrong in silence."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import Done, run
from tests.mars import KINDS, block
from tests.samples import LOG, TEXT, ZLIB, files_in, put
from tests.shared import CORPUS, FIXTURES, needs_corpus
from xlogdecode import summarize

LOCKED = FIXTURES / "async_zlib_crypt_small.xlog"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return put(LOG, tmp_path / "a.xlog")


@pytest.mark.parametrize(
    "options", [["--redact"], ["--redact-patterns", "p.yaml"], ["-p", "E"], ["-g", "x"]]
)
def test_an_update_that_would_leave_other_text_in_place_is_refused(
    log: Path, options: list[str]
) -> None:
    done = run("-u", *options, log)
    assert done.status == 2
    assert f"-u cannot be used with {options[0]}" in done.err
    assert list(files_in(log.parent)) == ["a.xlog"]


def test_redacted_text_has_a_name_of_its_own(log: Path) -> None:
    assert run(log).status == 0
    assert run("--redact", log).status == 0
    assert run("--redact", "--format", "json", log).status == 0
    names = ["a.xlog", "a.xlog.log", "a.xlog.redacted.json", "a.xlog.redacted.log"]
    assert sorted(files_in(log.parent)) == names
    assert log.with_name("a.xlog.log").read_bytes() == TEXT[LOG]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["decod"], "did you mean decode?"),
        (["sumary"], "did you mean summary?"),
        (["-q", "sumary"], "did you mean summary?"),
        (["-q", "summary"], "xlogdecode summary ..."),
    ],
)
def test_a_word_that_resembles_a_command_is_no_file(
    log: Path, words: list[str], meant: str
) -> None:
    done = run(*words, log, cwd=log.parent)
    assert (done.status, len(done.lines)) == (2, 1)
    assert done.lines[0].startswith(f"xlogdecode: {words[-1]}: is not a file")
    assert meant in done.lines[0]
    assert list(files_in(log.parent)) == ["a.xlog"]


def test_a_file_may_be_called_as_a_command_is_misspelled(tmp_path: Path) -> None:
    put(LOG, tmp_path / "decod")
    assert run("-c", "decod", cwd=tmp_path).out == TEXT[LOG]
    assert run("decod", cwd=tmp_path).status == 0


@pytest.mark.parametrize("source", ["null", "pipe", "closed pipe"])
def test_a_call_without_arguments_does_not_wait_for_what_never_comes(source: str) -> None:
    if source == "null":
        done = run()
    else:
        reads, writes = os.pipe()
        if source == "closed pipe":
            os.close(writes)
        done = run(stdin=reads)
        os.close(reads)
    assert (done.status, done.out) == (2, b"")
    assert done.lines == [
        "xlogdecode: standard input has no data; name a file, or - to wait for standard input"
    ]


@pytest.mark.parametrize("options", [["-c"], ["--count"], []])
def test_a_filter_that_matches_nothing_says_so(log: Path, options: list[str]) -> None:
    done = run(*options, "-g", "there is no such text", log)
    assert done.status == 0
    hint = "records read, none matched"
    assert done.lines[-1].startswith("xlogdecode: note: ")
    assert done.lines[-1].endswith(hint)
    assert hint not in run(*options, "-f", "-g", "there is no such", "-q", log).err
    assert hint not in run(*options, "-f", "-p", "E", log).err


@needs_corpus
@pytest.mark.parametrize("options", [["-t"], []])
def test_missing_blocks_are_said_where_people_look(tmp_path: Path, options: list[str]) -> None:
    name = "async_zlib_nocrypt_missing_block.xlog"
    path = Path(shutil.copy(CORPUS / "damaged" / name, tmp_path / name))
    done = run(*options, path)
    assert done.status == 0
    (hint,) = [line for line in done.lines if line.startswith("xlogdecode: note: ")]
    assert str(path) in hint
    assert "missing" in hint


@needs_corpus
def test_a_summary_says_that_blocks_are_missing() -> None:
    path = CORPUS / "damaged" / "async_zlib_nocrypt_missing_block.xlog"
    done = run("summary", path)
    assert (done.status, done.err) == (0, "")
    assert done.out.endswith(b"losses: none\nblocks are missing in 1 place (by sequence number)\n")
    assert json.loads(run("summary", "--json", path).out)["losses"]["missing"] == 1
    assert b"missing" not in run("summary", LOG).out
    assert summarize(path, LOG, path).missing == 2


def test_a_report_that_cannot_be_written_speaks_of_its_own_option(log: Path) -> None:
    done = run("-t", "--report", "/proc/none/report", log)
    assert done.status == 1
    assert "--report names a file elsewhere" in done.lines[-1]
    assert "-o" not in done.lines[-1].split()


def test_an_error_of_the_system_is_not_blamed_on_standard_output(log: Path) -> None:
    script = """
import os, sys
from xlogdecode.jobs.batch import Batch
def fail(*_): raise OSError(24, "Too many open files")
Batch.results = fail
from xlogdecode.cli import main
main()
"""
    command = [sys.executable, "-c", script, "-t", str(log)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "xlogdecode: Too many open files\n")


def outcome(folder: Path, words: list[str], before: list[str]) -> tuple[Done, dict[str, bytes]]:
    """Run with `before` put first, which changes nothing but who reads the command line."""
    shutil.rmtree(folder, ignore_errors=True)
    put(LOG, folder / "a.xlog")
    put(ZLIB, folder / "b.xlog").write_bytes(ZLIB.read_bytes()[:-9])
    put(LOCKED, folder / "locked.xlog")
    (folder / "junk").write_bytes(b"junk\0" * 99)
    (folder / "plain.log").write_bytes(TEXT[LOG])
    (folder / "exists.xlog").write_bytes(LOG.read_bytes())
    (folder / "exists.xlog.log").write_text("mine")
    (folder / "-dash.xlog").write_bytes(LOG.read_bytes())
    return run(*before, *words, cwd=folder), files_in(folder)


@pytest.mark.parametrize(
    "words",
    [
        ["a.xlog"], ["-c", "a.xlog"], ["-q", "b.xlog"], ["b.xlog", "a.xlog"],
        ["-cq", "locked.xlog"], ["locked.xlog"], ["junk"], ["-c", "junk", "a.xlog"],
        ["plain.log"], ["-c", "plain.log"],
        ["exists.xlog"], ["-f", "exists.xlog"], ["exists.xlog", "-fq"], ["none.xlog"], ["."],
        ["./-dash.xlog"], ["--", "-dash.xlog"], ["-c", "*.xlog"], [""],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_plain_call_does_the_same_without_click(tmp_path: Path, words: list[str]) -> None:
    plain = outcome(tmp_path / "logs", words, [])
    assert plain == outcome(tmp_path / "logs", words, ["decode"])


def test_a_plain_call_loads_no_click(log: Path) -> None:
    script = (
        "import sys; from xlogdecode.cli import main\ntry: main()\nfinally: print(*sys.modules)"
    )
    for options, is_loaded in ((["-q"], False), (["-q", "--strict", "-f"], True)):
        command = [sys.executable, "-c", script, *options, str(log)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert ("click" in done.stdout.split()) == is_loaded


@pytest.mark.parametrize("options", [[], ["-p", "E"], ["--redact"]])
def test_a_file_that_is_not_a_log_prints_no_mark(tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40)
    done = run("-c", *options, path)
    assert (done.status, done.out) == (1, b"")
    torn = tmp_path / "torn.xlog"
    torn.write_bytes(path.read_bytes() + LOG.read_bytes())
    assert run("-c", *options, torn).out.startswith(b"[F][xlogdecode] ")


def test_without_marks_a_loss_ends_a_line_that_was_begun(tmp_path: Path) -> None:
    path = tmp_path / "a.xlog"
    pieces = [b"[I] a line that the buffer cut", b"[I] another line\n"]
    blocks = [block(KINDS["sync-zlib"], [piece]).data for piece in pieces]
    path.write_bytes(blocks[0] + b"garbage" * 9 + blocks[1])
    assert run("-c", "--no-marks", path).out == b"\n".join(pieces)
    path.write_bytes(blocks[0] + b"garbage" * 9)
    assert run("-c", "--no-marks", path).out == pieces[0]


@pytest.mark.parametrize("words", [["--count", "-p", "E"], ["--merge", "-c", "-p", "E"]])
def test_a_hostile_name_breaks_no_line_and_reaches_no_terminal(
    tmp_path: Path, words: list[str]
) -> None:
    put(LOG, tmp_path / "a.xlog")
    put(LOG, tmp_path / "b\n\x1b[31m.xlog")
    out = run(*words, *sorted(tmp_path.iterdir())).out
    assert b"\x1b" not in out
    assert rb"b\n\x1b[31m.xlog: " in out
