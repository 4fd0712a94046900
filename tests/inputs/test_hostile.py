"""Archives made to do harm, or torn in odd places: what is good comes out, the rest is named."""

import bz2
import io
import lzma
import resource
import struct
import sys
import tarfile

import pytest
import zstandard

from tests.command import run
from tests.inputs.test_archives import tar_of, zip_of
from tests.samples import LOG, TEXT, ZLIB, files_in

GOOD = ("good.xlog", LOG.read_bytes())
"""A member that always comes out."""


@pytest.fixture(autouse=True)
def ends_soon(monkeypatch):
    """Let a run that never ends fail by its processor time."""
    if sys.platform != "win32":
        used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
        before = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (used + 60, before[1]))
        yield
        resource.setrlimit(resource.RLIMIT_CPU, before)


def decoded(path, data):
    path.write_bytes(data)
    (path.parent / "out").mkdir(exist_ok=True)
    return run("-q", path, "-o", path.parent / "out")


def goes_on(tmp_path, data, name, why):
    """Assert that the good member comes out, and that the other is named in one line."""
    done = decoded(tmp_path / "a.arc", data)
    assert files_in(tmp_path / "out") == {"good.xlog.log": TEXT[LOG]}
    assert done.status in (1, 3)
    assert len(done.lines) == 1, done.lines
    assert name in done.lines[0]
    assert why in done.lines[0]


def header(name, size, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def pax(name, **fields):
    info = tarfile.TarInfo(name)
    info.pax_headers = fields
    return info.tobuf(tarfile.PAX_FORMAT)


@pytest.mark.parametrize(
    "claim",
    [
        header("evil.xlog", 1 << 60),
        header("evil", 1 << 60, tarfile.SYMTYPE),
        header("evil", 1 << 60, b"Q"),
        pax("evil.xlog", size="9" * 20),
        pax("evil.xlog", size="1" + "0" * 30),
    ],
    ids=["file", "link", "unknown", "pax", "pax of 31 digits"],
)
def test_a_size_that_no_disk_has_ends_with_the_tar(tmp_path, claim):
    """A link's size is not that of anything that follows, so it may be one that costs nothing."""
    tar = tar_of(GOOD)
    good = tar[: tar.rindex(b"\0" * tarfile.BLOCKSIZE * 2)].rstrip(b"\0")
    good += bytes(-len(good) % tarfile.BLOCKSIZE)
    done = decoded(tmp_path / "a.tar", good + claim + b"x" * 1024)
    assert done.status in (1, 3)
    assert files_in(tmp_path / "out")["good.xlog.log"] == TEXT[LOG]
    assert "evil" in done.err or "damaged" in done.err


@pytest.mark.parametrize("name", ["", "\0evil.xlog", "\0"])
def test_a_member_without_a_name_is_refused(tmp_path, name):
    shown = "x" * len(name)
    data = zip_of((shown or "x", ZLIB.read_bytes()), GOOD)
    if shown:
        for at in (30, data.index(b"PK\1\2") + 46):
            data = data[:at] + name.encode() + data[at + len(name) :]
    else:
        data = _without_first_name(data)
    goes_on(tmp_path, data, "a.arc: ", "has no name")


def _without_first_name(data):
    """Take the name of one sign from the first member, in its header and in the contents."""
    local = data[:26] + b"\0\0" + data[28:30] + data[31:]
    at = local.index(b"PK\1\2")
    entry = local[: at + 28] + b"\0\0" + local[at + 30 : at + 46] + local[at + 47 :]
    entry = bytearray(entry)
    second = entry.index(b"PK\1\2", at + 4)
    for place, less in ((second + 42, 1),):
        struct.pack_into("<L", entry, place, struct.unpack_from("<L", entry, place)[0] - less)
    end = entry.index(b"PK\5\6")
    size, start = struct.unpack_from("<2L", entry, end + 12)
    struct.pack_into("<2L", entry, end + 12, size - 1, start - 1)
    return bytes(entry)


@pytest.mark.parametrize("pack", [tar_of, zip_of], ids=["tar", "zip"])
def test_a_number_of_any_length_may_be_in_a_name(tmp_path, pack):
    long = "9" * 5000 + "/b.xlog"
    done = decoded(tmp_path / "a.arc", pack(("8/a.xlog", ZLIB.read_bytes()), (long, b""), GOOD))
    assert files_in(tmp_path / "out")["good.xlog.log"] == TEXT[LOG]
    assert files_in(tmp_path / "out")["8/a.xlog.log"] == TEXT[ZLIB]
    assert "Traceback" not in done.err


def test_numbers_in_names_are_in_order(tmp_path):
    names = ["a_9.xlog", "a_010.xlog", "a_11.xlog", "a_100.xlog"]
    data = zip_of(*((name, LOG.read_bytes()) for name in reversed(names)))
    (tmp_path / "a.zip").write_bytes(data)
    lines = run("-tv", tmp_path / "a.zip").lines
    assert [line.split(": ")[2] for line in lines[: len(names)]] == names


def test_a_member_of_a_later_version_of_zip_stops_no_other(tmp_path):
    data = bytearray(zip_of(("evil.xlog", ZLIB.read_bytes()), GOOD))
    at = data.index(b"PK\1\2")
    data[4], data[at + 6] = 99, 99
    goes_on(tmp_path, bytes(data), "a.arc: evil.xlog: ", "needs version 9.9 of zip")


def test_tars_joined_by_cat_are_all_read(tmp_path):
    first, second, third = (tar_of((f"{n}/a.xlog", LOG.read_bytes())) for n in (1, 2, 3))
    done = decoded(tmp_path / "a.tar", first + bytes(20 << 10) + second + third)
    assert (done.status, done.lines) == (0, [])
    assert files_in(tmp_path / "out") == {f"{n}/a.xlog.log": TEXT[LOG] for n in (1, 2, 3)}


def test_many_small_tars_joined_are_no_deep_recursion(tmp_path):
    empty = tar_of(("a.txt", b"1"))
    done = decoded(tmp_path / "a.tar", empty * 3000 + tar_of(GOOD))
    assert (done.status, done.lines) == (0, [])
    assert files_in(tmp_path / "out") == {"good.xlog.log": TEXT[LOG]}


def test_bytes_behind_the_end_of_a_tar_are_named(tmp_path):
    goes_on(tmp_path, tar_of(GOOD) + b"junk" * 999, "a.arc: ", "bytes behind its end")


def test_a_wrong_checksum_of_zstd_costs_none_of_the_text(tmp_path):
    packed = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(LOG.read_bytes()))
    packed[-1] ^= 1
    done = decoded(tmp_path / "good.xlog.zst", packed)
    assert files_in(tmp_path / "out") == {"good.xlog.log": TEXT[LOG]}
    assert done.status in (1, 3)
    assert "good.xlog.zst: " in done.lines[0]
    assert "checksum" in done.lines[0]


def test_a_torn_block_of_zstd_costs_nothing_before_it(tmp_path):
    frame = zstandard.ZstdCompressor().compressobj()
    data = LOG.read_bytes()
    packed = frame.compress(data) + frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    packed += frame.compress(bytes(range(256)) * 99) + frame.flush()
    skippable = b"\x50\x2a\x4d\x18" + struct.pack("<L", 7) + b"skipped"
    done = decoded(tmp_path / "good.xlog.zst", skippable + packed[:-9])
    assert (tmp_path / "out/good.xlog.log").read_bytes().startswith(TEXT[LOG])
    assert done.status in (1, 3)


def zstd_of_128_mib(data):
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=0)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("pack", "ending", "command"),
    [
        (zstd_of_128_mib, "zst", "zstd -d --long=31"),
        (lambda data: lzma.compress(data, preset=9), "xz", "xz -d"),
    ],
    ids=["zstd", "xz"],
)  # fmt: skip
def test_what_takes_much_memory_to_unpack_is_refused_with_the_remedy(
    tmp_path, pack, ending, command
):
    packed = pack(ZLIB.read_bytes())
    done = decoded(tmp_path / f"a.xlog.{ending}", packed)
    assert done.status in (1, 3)
    assert len(done.lines) == 1
    assert f"a.xlog.{ending}: cannot be unpacked here" in done.lines[0]
    assert done.lines[0].endswith(f"run {command} first")
    goes_on(tmp_path, zip_of((f"a.xlog.{ending}", packed), GOOD), f"a.xlog.{ending}", command)


PACKERS = {"xz": lzma.compress, "bz2": bz2.compress}


@pytest.mark.parametrize("ending", PACKERS)
def test_xz_and_bzip2_are_read_as_gzip_is(tmp_path, ending):
    pack = PACKERS[ending]
    log, tar = pack(LOG.read_bytes()), pack(tar_of(GOOD))
    for name, data in ((f"good.xlog.{ending}", log), (f"a.tar.{ending}", tar)):
        out = tmp_path / name / "out"
        out.mkdir(parents=True)
        (out.parent / name).write_bytes(data)
        assert run(out.parent / name, "-o", out).status == 0
        assert files_in(out) == {"good.xlog.log": TEXT[LOG]}


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("cut", [0.2, 0.9, 0.999])
def test_a_torn_stream_gives_what_it_has_and_is_named(tmp_path, ending, cut):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for number in range(30):
            info = tarfile.TarInfo(f"{number}.xlog")
            info.size = len(ZLIB.read_bytes())
            archive.addfile(info, io.BytesIO(ZLIB.read_bytes()))
    packed = PACKERS[ending](data.getvalue())
    done = decoded(tmp_path / "a.tar", packed[: int(len(packed) * cut)])
    assert done.status in (1, 3)
    assert "damaged" in done.err


@pytest.mark.parametrize("ending", PACKERS)
def test_streams_joined_are_all_read_and_junk_behind_them_is_named(tmp_path, ending):
    pack = PACKERS[ending]
    (tmp_path / f"a.xlog.{ending}").write_bytes(pack(LOG.read_bytes()) * 2)
    assert run("-c", tmp_path / f"a.xlog.{ending}").out == TEXT[LOG] * 2
    done = decoded(tmp_path / f"a.xlog.{ending}", pack(LOG.read_bytes()) + b"junk")
    assert done.status in (1, 3)
    assert files_in(tmp_path / "out") == {"a.xlog.log": TEXT[LOG]}
