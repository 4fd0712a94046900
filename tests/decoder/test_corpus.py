"""Every file that Mars's own writers and real apps wrote gives back the very text that went in."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.shared import (
    CORPUS,
    CORPUS_KEY,
    FIXTURES,
    REAL,
    expected_text,
    needs_corpus,
    needs_real,
)  # fmt: skip
from xlogdecode import Options, decode_bytes
from xlogdecode.keys import parse_keys

LOGS = (".xlog", ".mmap2", ".mmap3")
EXCEPTED = {"first_async_0x04_4kbug.xlog"}
"""The old writer itself corrupted this stream."""
NOT_READ = {"damaged", "legacy_c"}
"""Folders of files that are not intact, or of the XORed kind that no writer writes."""


def logs_in(folder: Path) -> list[Path]:
    """Return the logs below `folder` that are meant to be whole."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in LOGS and path.parent.name not in NOT_READ and path.name not in EXCEPTED
    )


def name_of(path: Path) -> str:
    """Return an id for a test."""
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", logs_in(FIXTURES), ids=name_of)
def test_a_fixture_gives_back_its_text(path):
    options = Options(keys=(CORPUS_KEY,))
    text, report = decode_bytes(path.read_bytes(), options)
    assert text == expected_text(path)
    assert report.is_whole
    assert report.bytes_in == path.stat().st_size
    assert report.bytes_out == len(text)


def test_the_fixtures_hold_every_magic():
    seen = set()
    for path in logs_in(FIXTURES):
        seen |= set(re.findall(r"0x0[3-9A-D]", _row_of(path)))
    assert seen == {f"0x{magic:02X}" for magic in range(3, 14)}


def _row_of(path: Path) -> str:
    rows = (FIXTURES / "README.md").read_text().splitlines()
    row = next((row for row in rows if f"`{path.name}`" in row), "")
    return row.split("|")[2] if row else ""


@needs_corpus
@pytest.mark.parametrize("path", logs_in(CORPUS), ids=name_of)
def test_a_corpus_file_gives_back_its_text(path):
    text, report = decode_bytes(path.read_bytes(), Options(keys=(CORPUS_KEY,)))
    if path.name == "imsdk.mmap3" and path.parent.name == "cache":
        assert text == b""  # all zeros: a cleanly closed log
    else:
        assert text == expected_text(path)
    assert report.is_whole


@needs_corpus
def test_what_an_old_writer_corrupted_is_given_up_to_the_fault():
    path = CORPUS / "old/first_async_0x04_4kbug.xlog"
    text, report = decode_bytes(path.read_bytes(), Options(marks=False))
    written = expected_text(path, kind="written")
    assert report.lost["the block's data are damaged"] == 3
    known = set(written.splitlines(keepends=True))
    lines = text.splitlines(keepends=True)
    assert len(lines) > 30
    assert [line for line in lines if line not in known] == []


def real_table() -> list[tuple[str, str, int]]:
    """Return name, first digits of the text's sha256, and bytes of text, from the table there."""
    rows = []
    for row in (REAL / "README.md").read_text().splitlines() if REAL.is_dir() else ():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) != 2 or not re.search(r"[0-9a-f]{16} \d+", cells[1]):
            continue
        names = cells[0].split(" / ")
        for name, result in zip(names, cells[1].split(" / "), strict=True):
            whole = names[0].replace("HasCrypt", name[2:]) if name.startswith("…") else name
            digest, size = result.split()
            rows.append((whole.removesuffix(".xlog"), digest, int(size)))
    return rows


@needs_real
@pytest.mark.parametrize(("name", "digest", "size"), real_table())
def test_a_file_from_the_wild_gives_its_text(name, digest, size):
    (path,) = (p for p in REAL.rglob("*.xlog") if re.fullmatch(rf"{name}(_\d{{8}})?", p.stem))
    keys = parse_keys(
        "\n".join(re.findall(r"\b[0-9a-f]{64}\b", (REAL / "README.md").read_text())), "README"
    )
    text, report = decode_bytes(path.read_bytes(), Options(keys=keys))
    assert (hashlib.sha256(text).hexdigest()[:16], len(text)) == (digest, size)
    assert report.is_whole
