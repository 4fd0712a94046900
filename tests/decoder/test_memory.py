"""Memory is bounded by the work in flight, never by a file's size or by what a payload claims."""

import io
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import inputs
from tests.bench.bombs import bomb
from tests.bench.measure import Run, measure
from tests.mars import KINDS, block, new_session
from xlogdecode import Options, Piece, iter_decode
from xlogdecode.codecs import iter_unpack
from xlogdecode.format import Codec
from xlogdecode.types import Buffer

pytestmark = [
    pytest.mark.untraced,
    pytest.mark.skipif(
        sys.platform == "win32", reason="a child's peak memory is asked of getrusage"
    ),
]
CEILING = 64 << 20


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(inputs.KEY.hex())
    return path


def decoded(tmp_path: Path, key_file: Path, feed: Iterator[bytes]) -> tuple[Run, int]:
    """Decode what comes through a pipe; return the run, and the bytes of text."""
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "xlogdecode", "--report", str(report)]
    run = measure([*command, "--key-file", str(key_file), "-"], feed=feed)
    return run, json.loads(report.read_text())["bytes_out"]


def gigabytes(kind: str, size: int) -> Iterator[bytes]:
    return inputs.stream(kind, size, inputs.cycle_of(kind, lines=20_000))


def test_a_gigabyte_through_a_pipe_needs_less_than_64_mb(tmp_path: Path, key_file: Path) -> None:
    run, text = decoded(tmp_path, key_file, gigabytes("zlib", 10**9))
    assert run.status == 0
    assert text >= 10**9
    assert run.peak < CEILING


@pytest.mark.heavy
@pytest.mark.parametrize("kind", list(inputs.KINDS_OF_INPUT))
def test_a_gigabyte_of_any_kind_needs_less_than_64_mb(
    kind: str, tmp_path: Path, key_file: Path
) -> None:
    run, text = decoded(tmp_path, key_file, gigabytes(kind, 10**9))
    assert run.status == (3 if kind == "damaged" else 0)
    assert text >= (0.8e9 if kind == "damaged" else 1e9)
    assert run.peak < CEILING


@pytest.mark.parametrize("kind", ["zlib", "zstd"])
def test_a_block_too_large_to_hold_is_no_block_where_its_length_lies(kind: str) -> None:
    data, good = bomb(KINDS[kind], 12), block(KINDS[kind], [b"a line\n"], seq=2).data
    payload = int.from_bytes(data[5:9], "little")
    lies = data[:5] + (payload + 2).to_bytes(4, "little") + data[9:]
    sizes, last = [], b""
    for piece in iter_decode(io.BytesIO(lies + good), Options(marks=False)):
        if isinstance(piece, Piece):
            sizes.append(len(piece.text))
            last = bytes(piece.text)
    assert sum(sizes) == 12_000_000 + len(b"a line\n")
    assert last == b"a line\n"


BOMBS = ["zlib", "zlib-crypt", "zstd", "zstd-crypt", "imsdk-chunked"]


def explode(kind: str, megabytes: int, tmp_path: Path, key_file: Path) -> None:
    session = new_session(inputs.KEY) if KINDS[kind].keyed else None
    data = bomb(KINDS[kind], megabytes, session)
    run, text = decoded(tmp_path, key_file, iter([data]))
    assert run.status == 0
    assert text == megabytes * 1_000_000
    assert run.peak < CEILING


@pytest.mark.parametrize("kind", BOMBS)
def test_a_block_that_unpacks_to_200_mb_passes_through(
    kind: str, tmp_path: Path, key_file: Path
) -> None:
    explode(kind, 200, tmp_path, key_file)


@pytest.mark.parametrize("kind", ["zlib", "zlib-crypt"])
def test_a_long_block_is_not_unpacked_anew_whenever_more_of_it_comes(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = []

    def counting(codec: Codec, payload: Buffer) -> Iterator[bytes]:
        unpacked.append(len(payload))
        return iter_unpack(codec, payload)

    monkeypatch.setattr("xlogdecode.decoder.payloads.iter_unpack", counting)
    session = new_session(inputs.KEY) if KINDS[kind].keyed else None
    data = bomb(KINDS[kind], 200, session)
    slowly = io.BytesIO(data)
    slowly.read = lambda _size, read=slowly.read: read(4000)  # type: ignore[method-assign]
    pieces = iter_decode(slowly, Options(keys=(inputs.KEY,)))
    assert sum(len(piece.text) for piece in pieces if isinstance(piece, Piece)) == 200_000_000
    assert sum(unpacked) <= 5 * len(data)


@pytest.mark.heavy
@pytest.mark.parametrize("kind", BOMBS)
def test_a_block_that_unpacks_to_4_gb_passes_through(
    kind: str, tmp_path: Path, key_file: Path
) -> None:
    # of deflate that is 10 MB, and no block of over 16 MB is believed
    explode(kind, 4_000, tmp_path, key_file)


LYING_HEADER = b"\x09\x01\x00\x09\x09\xff\xff\x0f\x00" + bytes(64)
NO_LOGS = {"zeros": b"\0", "noise": b"\xfe", "lying headers": LYING_HEADER}


@pytest.mark.parametrize("unit", NO_LOGS.values(), ids=list(NO_LOGS))
def test_what_is_no_log_is_not_held_in_memory(unit: bytes, tmp_path: Path, key_file: Path) -> None:
    run, text = decoded(tmp_path, key_file, no_log(unit, 5))
    assert text == 0
    assert run.peak < CEILING


@pytest.mark.heavy
@pytest.mark.parametrize("unit", NO_LOGS.values(), ids=list(NO_LOGS))
def test_searching_is_linear_and_in_bounded_memory(
    unit: bytes, tmp_path: Path, key_file: Path
) -> None:
    some, _ = decoded(tmp_path, key_file, no_log(unit, 20))
    more, text = decoded(tmp_path, key_file, no_log(unit, 100))
    assert text == 0
    assert more.peak < CEILING
    assert more.cpu < 8 * some.cpu + 1


def no_log(unit: bytes, megabytes: int) -> Iterator[bytes]:
    return itertools.repeat(unit * (1_000_000 // len(unit)), megabytes)


@pytest.mark.parametrize("options", [[], ["--format", "json"]], ids=["text", "json"])
def test_one_line_of_60_mb_is_merged_in_bounded_memory(options: list[str], tmp_path: Path) -> None:
    head = b"[I][2024-01-01 +8.0 09:00:00.000][1, 1][tag][file.cc:1, f][a line of "
    kind, more = KINDS["zlib"], [b"0123456789abcdef" * 1024] * 8
    blocks = [block(kind, [head], seq=1), *[block(kind, more, seq=2)] * 460, block(kind, [b"\n"])]
    long, short = tmp_path / "long.xlog", tmp_path / "short.xlog"
    long.write_bytes(b"".join(one.data for one in blocks))
    around = [head.replace(b"09:00", minute) + b"its own\n" for minute in (b"08:59", b"09:01")]
    short.write_bytes(block(kind, around, seq=1).data)
    command = [sys.executable, "-m", "xlogdecode", "--merge", "-c", *options]
    run = measure([*command, str(short), str(long)])
    assert run.status == 0
    assert run.peak < CEILING + (16 << 20)
