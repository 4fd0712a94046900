"""A run imports what it needs and no more: start-up is most of what a small file costs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import xlogdecode
from tests.command import run
from tests.damage import SERVER, sample_of
from tests.mars import file_of

pytestmark = pytest.mark.untraced
HEAVY = {"numpy", "tqdm", "yaml", "cryptography", "coincurve", "concurrent.futures", "zstandard"}


def imported(path: Path, *options: str) -> set[str]:
    """Return the modules that decoding `path` imports."""
    return modules_of("-m", "xlogdecode", "-c", *options, str(path))


def modules_of(*args: str) -> set[str]:
    """Return the modules that `python args` imports."""
    command = [sys.executable, "-X", "importtime", *args]
    done = subprocess.run(command, capture_output=True, check=True)
    return set(re.findall(r"\| +(\S+)$", done.stderr.decode(), re.MULTILINE))


@pytest.mark.parametrize("kind", ["zlib", "sync-zlib", "imsdk-chunked"])
def test_a_small_file_needs_none_of_the_heavy_modules(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlog"
    path.write_bytes(file_of(sample_of(kind).blocks))
    assert imported(path) & HEAVY == set()


def test_a_small_file_needs_nothing_that_makes_classes_or_paths(tmp_path: Path) -> None:
    path = tmp_path / "a_20240101.xlog"
    path.write_bytes(file_of(sample_of("zlib").blocks))
    costly = {"dataclasses", "pathlib", "urllib.parse"} - modules_of("-c", "import click")
    assert imported(path) & costly == set()


@pytest.mark.parametrize("options", [["-c"], ["-q", "-o", "OUT/"], ["-o", "OUT", "-f"], ["-qf"]])
def test_the_usual_ways_to_decode_need_no_click(options: list[str], tmp_path: Path) -> None:
    path = tmp_path / "a.xlog"
    path.write_bytes(file_of(sample_of("zlib").blocks))
    words = [word.replace("OUT", str(tmp_path / "out")) for word in options]
    assert "click" not in modules_of("-m", "xlogdecode", *words, str(path))


@pytest.mark.parametrize(
    "words",
    [
        ["-o", "out", "a.xlog"],
        ["-o", "out/", "a.xlog"],
        ["a.xlog", "b.xlog", "-q", "-o", "out"],
        ["-o", "b.xlog", "a.xlog"],
        ["-f", "-o", "a.xlog", "a.xlog"],
        ["-o", "/dev/full", "a.xlog"],
        ["-o", "", "a.xlog"],
        ["-c", "-o", "out", "a.xlog"],
        ["a.xlog", "-o"],
    ],
)
def test_without_click_all_ends_as_with_it(words: list[str], tmp_path: Path) -> None:
    ends = []
    for name, more in (("without", []), ("with", ["--color", "auto"])):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a.xlog").write_bytes(file_of(sample_of("zlib").blocks))
        (folder / "b.xlog").write_bytes(b"neither a log nor text\0")
        done = run(*more, *words, cwd=folder)
        files = {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        ends.append((done, files))
    assert ends[0] == ends[1]


def test_patterns_of_records_are_made_only_where_a_filter_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.xlog"
    path.write_bytes(file_of(sample_of("zlib").blocks))
    rooms = {"records", "filters", "writers", "merge", "redaction", "summary"}
    filtering = {f"xlogdecode.{room}" for room in rooms} | {"xlogdecode.jobs.selection", "zoneinfo"}
    assert imported(path) & filtering == set()
    modules = imported(path, "-p", "E")
    assert "xlogdecode.filters" in modules
    assert modules & {"importlib.metadata", "xlogdecode.cli.help_texts"} == set()  # of help


def test_text_for_a_pipe_needs_nothing_of_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.xlog"
    path.write_bytes(file_of(sample_of("zlib").blocks))
    seen = {"cli.screen", "cli.pager", "outputs.colour", "outputs.log_painter"}
    assert imported(path) & {f"xlogdecode.{name}" for name in seen} == set()
    assert "xlogdecode.outputs.log_painter" in imported(path, "--color", "always")


def test_each_public_name_is_imported_when_it_is_asked_for() -> None:
    script = (
        "import sys, xlogdecode; print(*(m for m in sys.modules if m.startswith('xlogdecode')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.split() == [b"xlogdecode"]
    for name in xlogdecode.__all__:
        assert getattr(xlogdecode, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        xlogdecode.nothing  # noqa: B018


def test_an_encrypted_one_of_few_keys_needs_no_cryptography(tmp_path: Path) -> None:
    path, keys = tmp_path / "a.xlog", tmp_path / "keys"
    path.write_bytes(file_of(sample_of("zlib-crypt").blocks))
    keys.write_text(SERVER.hex())
    modules = imported(path, "--key-file", str(keys))
    assert "xlogdecode.crypto" in modules
    assert modules & {"coincurve", "cryptography", "numpy"} == set()


def test_to_encrypt_a_small_log_needs_no_numpy(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    public = run("keygen", "-o", tmp_path / "key").out.decode().strip()
    text.write_bytes(b"".join(b"line %d of the log\n" % number for number in range(3000)))
    modules = modules_of(
        "-m", "xlogdecode", "encode", "--public-key", public, "-o", str(tmp_path / "a"), str(text)
    )
    assert "cryptography" in modules
    assert "numpy" not in modules


def test_an_encrypted_one_of_many_keys_has_a_library_agree(tmp_path: Path) -> None:
    path, keys = tmp_path / "a.xlog", tmp_path / "keys"
    path.write_bytes(file_of(sample_of("zlib-crypt").blocks))
    keys.write_text("".join(f"{number:064x}\n" for number in range(1, 30)) + SERVER.hex())
    modules = imported(path, "--key-file", str(keys))
    assert len(modules & {"coincurve", "cryptography"}) == 1
