"""Members of archives that are picked: `case.zip:logs/a.xlog`."""

import subprocess

import pytest

from tests.command import run
from tests.samples import LOG, TEXT, ZLIB, ZSTD, files_in, needs_tool, put
from xlogdecode import decode_paths
from xlogdecode.inputs import Refusal, iter_entries

DAY_1, DAY_2 = "logs/imsdk_20240101.xlog", "logs/imsdk_20240102.xlog"

pytestmark = needs_tool("zip", "tar")


@pytest.fixture(params=["case.zip", "case.tar", "case.tar.gz"])
def case(request, tmp_path):
    """Two days and what is no log by its name, and the first of them in a zip within."""
    phone = tmp_path / "phone"
    put(LOG, phone / DAY_1)
    put(ZLIB, phone / DAY_2)
    put(ZSTD, phone / "other" / "data.bin")
    subprocess.run(["zip", "-q", "inner.zip", DAY_1], cwd=phone, check=True)
    target = tmp_path / request.param
    command = ["zip", "-qr"] if request.param.endswith("zip") else ["tar", "-caf"]
    subprocess.run([*command, target, DAY_1, DAY_2, "other", "inner.zip"], cwd=phone, check=True)
    return target


@pytest.mark.parametrize(
    ("pick", "logs"),
    [
        (DAY_2, [ZLIB]),
        ("logs", [LOG, ZLIB]),
        ("logs/", [LOG, ZLIB]),
        ("./logs/*02.xlog", [ZLIB]),
        ("*2.xlog", [ZLIB]),
        ("other/data.bin", [ZSTD]),
        (f"inner.zip:{DAY_1}", [LOG]),
        (f" inner.zip: {DAY_1}", [LOG]),
        ("inner.zip", [LOG]),
        ("inner*", [LOG]),
    ],
)
def test_a_pick_takes_a_member_a_folder_or_all_that_match(case, pick, logs):
    done = run("-c", f"{case}:{pick}")
    assert (done.status, done.out) == (0, b"".join(TEXT[log] for log in logs))


def test_a_pick_that_matches_nothing_is_an_error_that_names_the_archive(case):
    done = run("-c", f"{case}:logs/imsdk_20240109.xlog")
    assert (done.status, done.out) == (1, b"")
    assert f"xlogdecode: {case}: holds nothing that matches 'logs/imsdk_20240109.xlog'" in done.err


def test_the_text_goes_where_that_of_the_archive_would_or_to_the_file_of_o(case, tmp_path):
    assert run(f"{case}:{DAY_2}").status == 0
    assert files_in(tmp_path / "case") == {f"{DAY_2}.log": TEXT[ZLIB]}
    assert run(f"{case}:{DAY_2}", "-o", tmp_path / "one.txt").status == 0
    assert (tmp_path / "one.txt").read_bytes() == TEXT[ZLIB]


def test_every_mode_and_python_take_picks(case):
    assert run("-t", f"{case}:{DAY_2}").status == 0
    assert DAY_2 in run("-l", f"{case}:*2.xlog").out.decode()
    assert run("summary", f"{case}:{DAY_1}").status == 0
    assert run("-c", "--merge", f"{case}:{DAY_1}", f"{case}:{DAY_2}").status == 0
    (result,) = decode_paths(f"{case}:{DAY_2}")
    assert result.name == f"{case}: {DAY_2}"
    (entry,) = iter_entries([f"{case}:{DAY_2}"])
    assert not isinstance(entry, Refusal)


def test_a_file_of_such_a_name_wins(case):
    put(ZSTD, case.with_name(f"{case.name}:a.xlog"))
    done = run("-c", f"{case}:a.xlog")
    assert (done.status, done.out) == (0, TEXT[ZSTD])


def test_a_glob_may_name_the_archives(case):
    done = run("-c", f"{case.parent}/c*{case.name[-3:]}:{DAY_2}")
    assert (done.status, done.out) == (0, TEXT[ZLIB])


def test_of_a_log_nothing_can_be_picked(tmp_path):
    log = put(LOG, tmp_path / "a.xlog")
    done = run("-c", f"{log}:b.xlog")
    assert done.status == 1
    assert done.lines == [f"xlogdecode: {log}: is not an archive; leave out ':b.xlog'"]


def test_what_is_wrong_with_other_members_is_no_matter(tmp_path):
    phone = tmp_path / "phone"
    put(LOG, phone / DAY_1)
    (phone / "link").symlink_to(phone / DAY_1)
    subprocess.run(["tar", "-cf", tmp_path / "a.tar", "."], cwd=phone, check=True)
    assert run("-c", tmp_path / "a.tar").status == 1
    done = run("-c", f"{tmp_path / 'a.tar'}:{DAY_1}")
    assert (done.status, done.out) == (0, TEXT[LOG])
