"""Archives, made by the system's own tools and by those who mean harm."""

import contextlib
import gzip
import io
import random
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import run
from tests.samples import (
    BUFFER,
    LOG,
    TEXT,
    TREE_TEXTS,
    ZLIB,
    ZSTD,
    files_in,
    needs_tool,
    put,
    tree,
)  # fmt: skip
from xlogdecode import iter_text
from xlogdecode.errors import InputError
from xlogdecode.inputs import iter_entries
from xlogdecode.inputs.compressed import Gunzipped, Inflated

PACKERS = {
    "case.zip": ["zip", "-qr"],
    "case.tar": ["tar", "-cf"],
    "case.tar.gz": ["tar", "-czf"],
    "case.tgz": ["tar", "-czf"],
    "case.tar.zst": ["tar", "--zstd", "-cf"],
}


def tools_of(name):
    return [PACKERS[name][0], *(["zstd"] if name.endswith("zst") else [])]


@pytest.fixture(params=[pytest.param(name, marks=needs_tool(*tools_of(name))) for name in PACKERS])
def archive(request, tmp_path):
    """The tree, packed by the system's own tool, in a folder of its own."""
    phone = tree(tmp_path / "phone")
    target = tmp_path / "here" / request.param
    target.parent.mkdir()
    subprocess.run([*PACKERS[request.param], target, "."], cwd=phone, check=True)
    return target


def tar_of(*members):
    """A tar of (name, data), (name, TarInfo type, link name) or whole TarInfos."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, what, *link in members:
            info = tarfile.TarInfo(name)
            if isinstance(what, bytes) and not link:
                info.size = len(what)
                archive.addfile(info, io.BytesIO(what))
            else:
                info.type, info.linkname = what, link[0]
                archive.addfile(info)
    return packed.getvalue()


def zip_of(*members, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


# what is good


def test_an_archive_goes_into_a_folder_beside_it_that_is_named_as_it_is(archive):
    before = archive.read_bytes()
    done = run(archive)
    assert done.status == 0
    found = files_in(archive.parent)
    assert found.pop(archive.name) == before
    assert found == {f"case/{name}": text for name, text in TREE_TEXTS.items()}


def test_an_archive_goes_into_the_folder_that_is_named(archive, tmp_path):
    assert run(archive, "-o", tmp_path / "out").status == 0
    assert files_in(tmp_path / "out") == TREE_TEXTS
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]


def test_an_archive_may_come_through_a_pipe(archive):
    done = run("-c", "-", input=archive.read_bytes())
    assert done.status == 0
    expected = sorted(TREE_TEXTS.values())
    assert len(done.out) == sum(map(len, expected))
    assert all(text in done.out for text in expected)


def test_a_zip_gives_its_days_in_their_order(tmp_path):
    days = ["b/imsdk_9.xlog", "a/imsdk_20240110.xlog", "a/imsdk_20240102.xlog", "b/imsdk_10.xlog"]
    path = tmp_path / "case.zip"
    path.write_bytes(zip_of(*[(day, ZLIB.read_bytes()) for day in days]))
    with contextlib.closing(iter_entries([str(path)])) as entries:
        found = [entry.below for entry in entries]
    assert found == [days[2], days[1], days[0], days[3]]


def test_a_tar_on_disk_gives_its_days_in_their_order_also_where_two_are_joined(tmp_path):
    days = ["b/imsdk_9.xlog", "a/imsdk_20240110.xlog", "a/imsdk_20240102.xlog", "b/imsdk_10.xlog"]
    path = tmp_path / "case.tar"
    path.write_bytes(b"".join(tar_of((day, ZLIB.read_bytes())) for day in days))
    assert run("-c", path).out == TEXT[ZLIB] * 4
    with contextlib.closing(iter_entries([str(path)])) as entries:
        found = [entry.below for entry in entries]
    assert found == [days[2], days[1], days[0], days[3]]
    packed = subprocess.run(["gzip", "-c", path], capture_output=True, check=True)
    assert [entry.below for entry in iter_entries(packed.stdout)] == days


def test_7zip_and_rar_are_refused_by_name_in_folders_and_archives(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(600))
    (folder / "b.zip").write_bytes(zip_of(("c.rar", b"Rar!\x1a\x07\1\0" + bytes(600))))
    done = run("-rt", folder)
    assert done.status == 1
    assert done.lines == [
        f"xlogdecode: {folder / 'a.7z'}: is packed by 7-Zip; unpack it first",
        f"xlogdecode: {folder / 'b.zip'}: c.rar: is packed by rar; unpack it first",
    ]


def test_the_content_tells_an_archive_and_not_its_name(archive, tmp_path):
    odd = archive.rename(archive.with_name("upload.bin"))
    assert run(odd).status == 0
    assert files_in(odd.parent / "upload.bin.logs") == TREE_TEXTS


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("客户日志/a.xlog".encode("gbk"), "客户日志"),
        ("客户日志/a.xlog".encode(), "客户日志"),
        (b"caf\x82/a.xlog", "café"),
        (b"plain/a.xlog", "plain"),
    ],
)
def test_a_name_in_a_zip_without_its_character_set_is_read_as_it_was_meant(tmp_path, stored, shown):
    archive = tmp_path / "case.zip"
    place = "x" * len(stored)
    with zipfile.ZipFile(archive, "w") as new:
        new.write(LOG, place)
    archive.write_bytes(archive.read_bytes().replace(place.encode(), stored))
    assert run(archive).status == 0
    assert files_in(tmp_path / "case") == {f"{shown}/a.xlog.log": TEXT[LOG]}


@pytest.mark.parametrize("name", ["case.zip", "case.tar"])
def test_a_log_in_an_archive_is_read_in_its_turn_or_not_at_all(tmp_path, name):
    archive = tmp_path / name
    if name.endswith("zip"):
        with zipfile.ZipFile(archive, "w") as new:
            for place in ("a.xlog", "b.xlog"):
                new.write(LOG, place)
    else:
        with tarfile.open(archive, "w") as new:
            for place in ("a.xlog", "b.xlog"):
                new.add(LOG, place)
    in_turn = [b"".join(iter_text(entry.source)) for entry in iter_entries([str(archive)])]
    assert in_turn == [TEXT[LOG]] * 2
    for entry in list(iter_entries([str(archive)])):
        with pytest.raises(InputError, match="xlog: is in an archive: it can be read until"):
            b"".join(iter_text(entry.source))


def test_the_same_name_in_two_archives_makes_two_files(tmp_path):
    for name, log in (("one.zip", LOG), ("two.zip", ZLIB)):
        (tmp_path / name).write_bytes(zip_of(("a.xlog", log.read_bytes())))
    assert run(tmp_path / "one.zip", tmp_path / "two.zip", "-o", tmp_path / "out").status == 0
    assert files_in(tmp_path / "out") == {
        "one/a.xlog.log": TEXT[LOG], "two/a.xlog.log": TEXT[ZLIB],
    }  # fmt: skip


def test_the_same_name_twice_in_one_archive_makes_two_files(tmp_path):
    (tmp_path / "a.tar").write_bytes(
        tar_of(("a.xlog", LOG.read_bytes()), ("A.xlog", ZLIB.read_bytes()))
    )
    assert run(tmp_path / "a.tar").status == 0
    assert files_in(tmp_path / "a") == {"A.xlog.log": TEXT[ZLIB], "a.xlog~2.log": TEXT[LOG]}


@needs_tool("gzip", "zstd")
@pytest.mark.parametrize(("tool", "ending"), [("gzip", "gz"), ("zstd", "zst")])
def test_a_packed_log_gives_the_text_of_the_log(tmp_path, tool, ending):
    log = put(LOG, tmp_path / "a.xlog")
    subprocess.run([tool, "-q", log], check=True)
    log.unlink(missing_ok=True)
    packed = tmp_path / f"a.xlog.{ending}"
    assert run(packed).status == 0
    assert (tmp_path / "a.xlog.log").read_bytes() == TEXT[LOG]
    assert run("-o", tmp_path / "text", packed).status == 0
    assert (tmp_path / "text").read_bytes() == TEXT[LOG]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_packed_streams_may_follow_one_another(pack):
    data = LOG.read_bytes()
    done = run("-", input=pack(data[:3000]) + pack(data[3000:]))
    assert (done.status, done.out) == (0, TEXT[LOG])


def test_archives_may_lie_in_one_another_once(tmp_path):
    inner = zip_of(("b.xlog", ZLIB.read_bytes()))
    deeper = zip_of(("deep.zip", inner))
    (tmp_path / "a.tar").write_bytes(
        tar_of(
            ("x/in.zip", inner),
            ("x/a.xlog.zst", zstandard.compress(LOG.read_bytes())),
            ("t.tgz", gzip.compress(tar_of(("c.xlog", ZSTD.read_bytes())))),
            ("y/deeper.zip", deeper),
        )
    )
    done = run(tmp_path / "a.tar")
    assert done.status == 1
    assert files_in(tmp_path / "a") == {
        "x/in/b.xlog.log": TEXT[ZLIB], "x/a.xlog.log": TEXT[LOG], "t/c.xlog.log": TEXT[ZSTD],
    }  # fmt: skip
    refused = [line for line in done.lines if "deeper.zip" in line]
    assert len(refused) == 1
    assert "within an archive" in refused[0]


def test_an_archive_on_standard_input_goes_to_standard_output():
    packed = zip_of(("a.xlog", LOG.read_bytes()), ("b.xlog", ZLIB.read_bytes()))
    done = run("-", input=packed)
    assert (done.status, done.out) == (0, TEXT[LOG] + TEXT[ZLIB])


def test_a_whole_archive_is_read_in_one_pass_without_a_file_on_disk(tmp_path):
    packed = gzip.compress(tar_of(("a.xlog", LOG.read_bytes())))
    done = run("-c", "-", input=packed, env={"TMPDIR": str(tmp_path / "no such folder")})
    assert (done.status, done.out) == (0, TEXT[LOG])


# what is not


HOSTILE = {
    "climbs": "../../evil.xlog",
    "climbs inside": "a/../../evil.xlog",
    "absolute": "/tmp/evil.xlog",
    "drive": "C:\\evil.xlog",
    "climbs with backslashes": "..\\evil.xlog",
    "escape sequence": "\x1b[2Jevil.xlog",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("pack", [tar_of, zip_of], ids=["tar", "zip"])
def test_a_hostile_name_is_refused_in_one_line_and_the_rest_is_read(tmp_path, pack, name):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "x.arc").write_bytes(pack((name, ZLIB.read_bytes()), ("good.xlog", LOG.read_bytes())))
    done = run("-q", folder / "x.arc", "-o", folder / "out")
    assert done.status == 1
    assert len(done.lines) == 1
    assert "evil.xlog" in done.lines[0]
    assert "\x1b" not in done.err
    assert files_in(folder / "out") == {"good.xlog.log": TEXT[LOG]}
    assert sorted(files_in(tmp_path)) == ["a/b/out/good.xlog.log", "a/b/x.arc"]


@pytest.mark.parametrize(
    ("kind", "link"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "good.xlog"),
        (tarfile.CHRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
    ],
    ids=["link", "hard link", "device", "pipe"],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind, link):
    (tmp_path / "a.tar").write_bytes(
        tar_of(("evil.xlog", kind, link), ("good.xlog", LOG.read_bytes()))
    )
    done = run("-q", tmp_path / "a.tar")
    assert done.status == 1
    assert len(done.lines) == 1
    assert "a.tar: evil.xlog: is not a file" in done.lines[0]
    assert files_in(tmp_path / "a") == {"good.xlog.log": TEXT[LOG]}


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("evil.xlog")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    (tmp_path / "a.zip").write_bytes(zip_of((info, "/etc/passwd"), ("b.xlog", LOG.read_bytes())))
    done = run("-qc", tmp_path / "a.zip")
    assert (done.status, done.out, len(done.lines)) == (1, TEXT[LOG], 1)


def test_a_header_without_an_end_is_not_read_into_memory(tmp_path):
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 8 << 30
    header = info.tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "a.tgz").write_bytes(gzip.compress(header + bytes(40 << 20)))
    done = run("-c", tmp_path / "a.tgz")
    assert done.status == 1
    assert len(done.lines) == 1
    assert "a header of it has no end" in done.lines[0]


@needs_tool("zip")
def test_an_encrypted_zip_says_what_to_do(tmp_path):
    put(LOG, tmp_path / "a.xlog")
    command = ["zip", "-q", "-P", "secret", "a.zip", "a.xlog"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = run("-c", tmp_path / "a.zip")
    assert done.status == 1
    why = "is encrypted; unpack it with its password first"
    assert done.lines == [f"xlogdecode: {tmp_path / 'a.zip'}: a.xlog: {why}"]


def bomb(pack):
    return pack(b"\0" * (100 << 20))


@pytest.mark.parametrize(
    "make",
    [
        lambda: bomb(gzip.compress),
        lambda: bomb(zstandard.compress),
        lambda: gzip.compress(tar_of(("a.xlog", bytes(100 << 20)))),
        lambda: zip_of(("a.xlog", bytes(100 << 20))),
        lambda: zip_of(*((f"{n}.xlog", bytes(10 << 20)) for n in range(10))),
        lambda: zip_of(("a.zip", zip_of(("a.xlog", bytes(100 << 20)))), ("b.xlog", b"")),
        lambda: zip_of(("a.xlog.zst", bomb(zstandard.compress))),
    ],
    ids=["gzip", "zstd", "tar.gz", "zip", "zip of many", "zip in a zip", "zstd in a zip"],
)
def test_a_bomb_is_stopped_with_the_reason(tmp_path, make):
    (tmp_path / "a.arc").write_bytes(make())
    done = run("-q", tmp_path / "a.arc", "-o", tmp_path / "out")
    assert done.status == 1
    assert len(done.lines) == 1
    assert "taken for a bomb" in done.lines[0]
    assert "200 to 1" in done.lines[0]


def test_a_phone_full_of_empty_crash_buffers_is_no_bomb(tmp_path):
    members = [(f"{n}/imsdk.mmap3", bytes(153_600)) for n in range(100)]
    (tmp_path / "a.zip").write_bytes(zip_of(*members, ("a.xlog", LOG.read_bytes())))
    done = run("-c", tmp_path / "a.zip")
    assert (done.status, done.out) == (0, TEXT[LOG])


def noisy_log():
    """A log of plain blocks that packs to no less than half, and its text."""
    rng = random.Random(5)
    lines = [f"{rng.randbytes(60).hex()}\n".encode() for _ in range(5000)]
    blocks = (struct.pack("<BHBBI4x", 3, 0, 1, 1, len(line)) + line + b"\0" for line in lines)
    return b"".join(blocks), b"".join(lines)


def whole_lines(text, log_size):
    """The part of noisy_log()'s text whose blocks lie whole in the log's first bytes."""
    return text[: log_size // (13 + 121 + 1) * 121]


def tar_with(data):
    return tar_of(("a.xlog", data))


def unzstd(data):
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


@pytest.mark.parametrize(
    ("wrap", "pack", "unpack"),
    [
        (tar_with, bytes, bytes),
        (bytes, gzip.compress, lambda data: zlib.decompressobj(31).decompress(data)),
        (tar_with, gzip.compress, lambda data: zlib.decompressobj(31).decompress(data)),
        (bytes, zstandard.compress, unzstd),
        (tar_with, zstandard.compress, unzstd),
    ],
    ids=["tar", "gzip", "tar.gz", "zstd", "tar.zst"],
)
def test_all_that_came_before_an_archive_is_torn_is_decoded(wrap, pack, unpack):
    log, text = noisy_log()
    packed = pack(wrap(log))
    torn = packed[: len(packed) * 4 // 5]
    come = len(unpack(torn)) - (tarfile.BLOCKSIZE if wrap is tar_with else 0)
    done = run("-c", "--no-marks", "-", input=torn)
    assert done.status in (1, 3)
    assert text.startswith(done.out)
    assert done.out.startswith(whole_lines(text, come))
    assert any("damaged" in line for line in done.lines)


def sparse_tar(name, parts, size):
    """A tar of one file of `size` bytes that has data, (offset, bytes), and holes between it."""
    info = tarfile.TarInfo(name)
    data = b"".join(piece for _, piece in parts)
    info.size = len(data)
    places = ",".join(f"{offset},{len(piece)}" for offset, piece in parts)
    info.pax_headers = {"GNU.sparse.map": places, "GNU.sparse.size": str(size)}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def test_a_file_with_holes_is_read_with_them_and_up_to_where_its_tar_is_torn(tmp_path):
    log, text = noisy_log()
    log, text = log[: 135 * 2000], text[: 121 * 2000]
    hole, size = 1 << 20, len(log) * 2 + (1 << 20) + 999
    filled = log + bytes(hole) + log + bytes(999)
    packed = sparse_tar("a.xlog", [(0, log), (len(log) + hole, log)], size)
    (tmp_path / "a.xlog").write_bytes(filled)
    done = run("-c", "--no-marks", "-", input=packed)
    assert done.out == run("-c", "--no-marks", tmp_path / "a.xlog").out
    assert (done.out.count(text), "archive is damaged" in done.err) == (2, False)
    start = packed.index(log)
    done = run("-c", "--no-marks", "-", input=packed[: start + len(log) * 3 // 2])
    assert done.out.startswith(text + whole_lines(text, len(log) // 2))
    assert "archive is damaged" in done.err


@pytest.mark.parametrize(
    "pack",
    [
        lambda data: zip_of(("a.xlog", data)),
        gzip.compress,
        lambda data: gzip.compress(tar_with(data)),
    ],
    ids=["zip", "gzip", "tar.gz"],
)
def test_all_that_came_before_a_fault_in_a_deflate_stream_is_decoded(pack):
    log = LOG.read_bytes()
    packed = bytearray(pack(log))
    packed[3000:3060] = bytes(byte ^ 0xFF for byte in packed[3000:3060])
    sound = zlib.decompressobj(-15).decompress(zlib.compress(log, wbits=-15)[:2800])
    expected = run("-c", "--no-marks", "-", input=sound).out
    done = run("-c", "--no-marks", "-", input=bytes(packed))
    assert done.status in (1, 3)
    assert len(expected) > 10_000
    assert done.out.startswith(expected)
    assert any("damaged" in line for line in done.lines)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=400), st.data())
def test_what_a_damaged_deflate_stream_gives_is_what_zlib_gives_byte_by_byte(seed, data):
    whole = seed * 50 + bytes(3000) + seed
    packed = bytearray(gzip.compress(whole, mtime=0))
    at = data.draw(st.integers(10, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    size = data.draw(st.sampled_from([1, 7, 512, 1 << 20]))
    slow, expected = zlib.decompressobj(31), b""
    stream, found = Gunzipped(io.BytesIO(packed)), b""
    with contextlib.suppress(zlib.error):
        for byte in packed:
            expected += slow.decompress(bytes([byte]))
    with contextlib.suppress(zlib.error, EOFError):
        while text := stream.read(size):
            found += text
    assert found.startswith(expected)


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from([1, 7, 512, 1 << 20]))
def test_a_deflate_stream_is_unpacked_to_its_end_by_reads_of_any_size(seed, size):
    whole = seed * 5 + bytes(700) + seed
    stream = Inflated(io.BytesIO(zlib.compress(whole, wbits=-15) + b"behind"), -15)
    assert b"".join(iter(lambda: stream.read(size), b"")) == whole
    stream = Inflated(io.BytesIO(zlib.compress(whole, wbits=-15)), -15)
    assert b"".join(iter(lambda: stream.read(size), b"")) == whole


def test_a_tar_cut_between_two_members_is_said_to_be_torn(tmp_path):
    whole = tar_of(("a.xlog", LOG.read_bytes()), ("b.xlog", ZLIB.read_bytes()))
    end_of_first = 512 + -(-LOG.stat().st_size // 512) * 512
    done = run("-c", "-", input=whole[:end_of_first])
    assert (done.status, done.out) == (1, TEXT[LOG])
    assert "damaged" in done.err
    damaged = whole[:end_of_first] + b"?" * 512 + whole[end_of_first + 512 :]
    done = run("-c", "-", input=damaged)
    assert (done.status, done.out) == (1, TEXT[LOG])


def test_a_zip_cut_short_says_that_it_is_none(tmp_path):
    packed = zip_of(("a.xlog", LOG.read_bytes()))
    done = run("-c", "-", input=packed[:-30])
    assert (done.status, done.out) == (1, b"")
    assert len(done.lines) == 1
    assert "standard input: is not a complete zip" in done.lines[0]
    assert "zip -FF" in done.lines[0]


def test_a_flipped_bit_in_a_zip_is_noticed():
    packed = bytearray(zip_of(("a.xlog", LOG.read_bytes()), method=zipfile.ZIP_STORED))
    at = packed.find(LOG.read_bytes()[-100:])
    packed[at + 5] ^= 1
    done = run("-c", "-", input=bytes(packed))
    assert done.status == 3
    assert "damaged: the checksum is wrong" in done.err
    assert done.out[:30_000] == TEXT[LOG][:30_000]


def test_an_archive_without_logs_says_so(tmp_path):
    (tmp_path / "a.zip").write_bytes(zip_of(("readme.txt", b"hello"), ("im.db", b"x" * 999)))
    done = run(tmp_path / "a.zip")
    assert done.status == 1
    why = "holds no log: looked for *.xlog, LiteAV_*.clog, *.mmap2, *.mmap3"
    assert done.lines == [f"xlogdecode: {tmp_path / 'a.zip'}: {why}"]
    assert list(files_in(tmp_path)) == ["a.zip"]


def zip_of_empty_entries(count):
    """A zip64 with nothing but a table of contents, of 47 bytes an entry."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    contents = entry * count
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(contents), 4
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 4 + len(contents), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
    return b"PK\x03\x04" + contents + record + locator + end


def test_a_table_of_contents_without_measure_is_not_read_into_memory(tmp_path):
    (tmp_path / "a.zip").write_bytes(zip_of_empty_entries(2_000_000))
    done = run("-c", tmp_path / "a.zip")
    assert done.status == 1
    assert len(done.lines) == 1
    assert "table of contents has 94,000,000 bytes, more than 16 MiB" in done.lines[0]
    assert "a.zip: a: cannot be read" in run("-c", "-", input=zip_of_empty_entries(1)).err.replace(
        "standard input", "a.zip"
    )


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz", "a.zip", "in.zip"])
def test_an_empty_archive_holds_no_log(tmp_path, name):
    empty = {
        "a.tar": tar_of(),
        "a.tar.gz": gzip.compress(tar_of()),
        "a.tgz": gzip.compress(tar_of()),
        "a.zip": zip_of(),
        "in.zip": zip_of(("in.tar", tar_of())),
    }
    (tmp_path / name).write_bytes(empty[name])
    done = run(tmp_path / name)
    assert (done.status, len(done.lines)) == (1, 1)
    assert "holds no log" in done.lines[0]
    assert list(files_in(tmp_path)) == [name]


def test_thousands_of_one_name_make_as_many_files(tmp_path):
    (tmp_path / "a.tar").write_bytes(
        tar_of(*[("a.xlog", b"")] * 2000, ("a.xlog~7", LOG.read_bytes()))
    )
    assert run("-q", tmp_path / "a.tar").status == 0
    names = {"a.xlog.log", *(f"a.xlog~{number}.log" for number in range(2, 2001))}
    assert set(files_in(tmp_path / "a")) == names


def test_names_that_some_system_takes_for_one_make_two_files(tmp_path):
    names = ("caf\u00e9.xlog", "cafe\u0301.xlog", "CAF\u00c9.xlog")
    data = LOG.read_bytes()
    (tmp_path / "a.zip").write_bytes(zip_of(*((name, data) for name in names)))
    assert run(tmp_path / "a.zip").status == 0
    assert list(files_in(tmp_path / "a").values()) == [TEXT[LOG]] * 3
    assert len({name.rpartition(".xlog")[2] for name in files_in(tmp_path / "a")}) == 3


def test_logs_in_a_zip_are_never_removed(tmp_path):
    archive = tmp_path / "a.zip"
    archive.write_bytes(zip_of(("a.xlog", LOG.read_bytes())))
    assert run("--rm", archive).status == 0
    assert archive.exists()
    shutil.rmtree(tmp_path / "a")


def test_a_log_that_is_packed_by_itself_is_never_removed_either(tmp_path):
    packed = tmp_path / "a.xlog.gz"
    packed.write_bytes(gzip.compress(LOG.read_bytes()))
    assert run("--rm", packed).status == 0
    assert files_in(tmp_path).keys() == {"a.xlog.gz", "a.xlog.log"}


def test_an_update_is_not_stopped_by_an_archive_that_it_passes_over(tmp_path):
    bomb = tmp_path / "a.zip"
    bomb.write_bytes(zip_of(("a.xlog", bytes(100 << 20))))
    (tmp_path / "out" / "a").mkdir(parents=True)
    (tmp_path / "out" / "a" / "a.xlog.log").touch()
    assert run("-u", bomb, LOG, "-o", tmp_path / "out").status == 0
    assert (tmp_path / "out" / f"{LOG.name}.log").read_bytes() == TEXT[LOG]


def test_a_zip_that_cannot_be_kept_says_where_and_stops_no_other(tmp_path):
    noise = random.Random(1).randbytes(10 << 20)
    packed = zip_of(("noise", noise), ("a.xlog", LOG.read_bytes()))
    inputs = (BUFFER, "-", LOG)

    def with_small_files():
        resource = pytest.importorskip("resource")
        resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20))

    done = run(*inputs, "-o", tmp_path / "out", input=packed, preexec_fn=with_small_files)
    assert done.status == 1
    assert any("standard input: cannot be kept in" in line for line in done.lines)
    assert any("$TMPDIR" in line for line in done.lines)
    assert sorted(files_in(tmp_path / "out").values()) == sorted([TEXT[BUFFER], TEXT[LOG]])


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there, in any locale")
def test_names_that_the_locale_lacks_are_kept(tmp_path):
    name = "客户反馈日志_张三李四_20240101_华为手机"
    (tmp_path / "a.zip").write_bytes(zip_of((f"客户/{name}.xlog", LOG.read_bytes())))
    put(LOG, tmp_path / f"{name}.xlog")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run(tmp_path / "a.zip", tmp_path / f"{name}.xlog", env=plain)
    assert done.status == 0
    found = files_in(tmp_path)
    assert found[f"a/客户/{name}.xlog.log"] == found[f"{name}.xlog.log"] == TEXT[LOG]


def test_crash_buffers_come_behind_the_logs_of_their_archive():
    packed = zip_of(("a.mmap3", BUFFER.read_bytes()), ("b.xlog", LOG.read_bytes()))
    assert run("-c", "-", input=packed).out == TEXT[LOG] + TEXT[BUFFER]


def test_a_bugreport_is_called_one(tmp_path):
    path = tmp_path / "bugreport-phone-2024-01-01.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bugreport-phone-2024-01-01.txt", "== dumpstate: 2024-01-01\n" * 9)
        archive.writestr("main_entry.txt", "bugreport-phone-2024-01-01.txt")
    done = run("-c", path)
    assert done.status == 1
    assert "is an Android bugreport, which holds no xlog files; pull" in done.err
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("FS/data/a.xlog", LOG.read_bytes())
    assert run("-c", path).status == 0
