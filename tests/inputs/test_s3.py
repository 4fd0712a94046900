"""Logs in a real server of S3 (`tests.s3`), by the command line as people use it."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.command import run
from tests.manual import examples, make_folder
from tests.manual import run as run_example
from tests.s3 import READER, READER_SECRET, Cutting, Server, s3_server
from tests.samples import BUFFER, LOG, TEXT, ZLIB, ZSTD, files_in

pytest.importorskip("s3fs", reason="the extra s3 is not installed")

pytestmark = [
    pytest.mark.heavy,
    # aiobotocore and aiohttp warn of Python versions and of loops, which is not ours to mend
    pytest.mark.filterwarnings("default"),
]

LOGS = (LOG, ZLIB, ZSTD)
MANY = 1100
"""More objects than S3 lists in one answer."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        files = server.files()
        files.mkdir("logs")
        files.mkdir("texts")
        yield server


@pytest.fixture(scope="module")
def files(server: Server) -> Any:
    return server.files()


@pytest.fixture(scope="module")
def fleet(server: Server, files: Any) -> dict[str, bytes]:
    """The names of a fleet's logs, three to a phone, with the text of each."""
    texts = {}
    for number in range(MANY):
        log = LOGS[number % 3]
        name = f"phone{number // 3:03}/imsdk_2024010{number % 3 + 1}.xlog"
        files.pipe_file(f"logs/fleet/{name}", log.read_bytes())
        texts[f"{name}.log"] = TEXT[log]
    return texts


@pytest.fixture
def env(server: Server) -> dict[str, str]:
    return server.environment()


def test_a_fleet_is_decoded_to_a_folder_and_then_only_what_is_new(
    fleet: dict[str, bytes], files: Any, env: dict[str, str], tmp_path: Path
) -> None:
    done = run("-q", "-r", "s3://logs/fleet", "-o", tmp_path, env=env)
    assert (done.status, done.err) == (0, "")
    assert files_in(tmp_path) == fleet
    files.pipe_file("logs/fleet/phone000/imsdk_20240101.xlog", ZSTD.read_bytes())
    done = run("-v", "-u", "-r", "s3://logs/fleet", "-o", tmp_path, env=env)
    assert done.status == 0
    assert sum("is up to date" in line for line in done.lines) == MANY - 1
    assert (tmp_path / "phone000/imsdk_20240101.xlog.log").read_bytes() == TEXT[ZSTD]
    files.pipe_file("logs/fleet/phone000/imsdk_20240101.xlog", LOG.read_bytes())


def test_a_glob_and_standard_output(fleet: dict[str, bytes], env: dict[str, str]) -> None:
    done = run("-c", "s3://logs/fleet/phone00[12]/*03.xlog", env=env)
    assert (done.status, done.out) == (0, TEXT[ZSTD] * 2)
    done = run("-l", "--json", "s3://logs/fleet/phone001/*", env=env)
    assert done.out.count(b'"status": 0') == 4  # with the totals


def test_texts_go_back_to_the_store(files: Any, env: dict[str, str]) -> None:
    files.pipe_file("logs/few/a.xlog", LOG.read_bytes())
    files.pipe_file("logs/few/deep/C.mmap2", BUFFER.read_bytes())
    assert run("-q", "-r", "s3://logs/few", "-o", "s3://texts/few/", env=env).status == 0
    found = {name: files.cat_file(name) for name in files.find("texts/few")}
    assert found == {
        "texts/few/a.xlog.log": TEXT[LOG],
        "texts/few/deep/C.mmap2.log": TEXT[BUFFER],
    }
    done = run("s3://logs/few/a.xlog", "-o", "s3://texts/few/a.xlog.log", env=env)
    assert (done.status, "exists; -f writes over it" in done.err) == (1, True)


def test_archives_are_read_in_the_store(files: Any, env: dict[str, str]) -> None:
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("pad.bin", os.urandom(3 << 20))
        archive.write(LOG, "logs/a.xlog")
    with tarfile.open(fileobj=tarred, mode="w") as tar:
        tar.add(ZLIB, "logs/b.xlog")
        tar.add(ZSTD, "logs/a.xlog")
        filler = tarfile.TarInfo("pad.bin")
        filler.size = 3 << 20
        tar.addfile(filler, io.BytesIO(bytes(filler.size)))
    files.pipe_file("logs/case.zip", zipped.getvalue())
    files.pipe_file("logs/case.tar", tarred.getvalue())
    assert run("-c", "s3://logs/case.zip:logs/a.xlog", env=env).out == TEXT[LOG]
    assert run("-c", "s3://logs/case.tar", env=env).out == TEXT[ZLIB] + TEXT[ZSTD]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, server: Server, files: Any) -> Path:
    """A log whose text, of 40 MB, goes up in parts."""
    path = tmp_path_factory.mktemp("large") / "large.xlog"
    path.write_bytes(LOG.read_bytes() * 1200)
    files.put_file(str(path), "logs/large.xlog")
    return path


def test_a_large_text_goes_up_in_parts(large: Path, files: Any, env: dict[str, str]) -> None:
    done = run("-q", "s3://logs/large.xlog", "-o", "s3://texts/large.log", env=env)
    assert done.status == 0
    assert files.cat_file("texts/large.log") == TEXT[LOG] * 1200
    done = run("-q", "-f", large, "-o", "s3://texts/large.log", "--format", "parquet", env=env)
    assert done.status == 0
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra arrow is not installed")
    rows = parquet.read_table(io.BytesIO(files.cat_file("texts/large.log"))).num_rows
    assert rows % 1200 == 0


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_ends_early_leaves_no_object(
    large: Path, files: Any, env: dict[str, str], by: signal.Signals
) -> None:
    command = [sys.executable, "-m", "xlogdecode", "-q", large, "-o", "s3://texts/early.log"]
    process = subprocess.Popen(command, env=os.environ | env, stderr=subprocess.PIPE)
    while not _uploads(files, "early.log"):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(by)
    process.communicate()
    assert process.returncode != 0
    assert not files.exists("texts/early.log")
    if by is signal.SIGINT:
        assert not _uploads(files, "early.log")


def _uploads(files: Any, name: str) -> list[Any]:
    found = files.call_s3("list_multipart_uploads", Bucket="texts").get("Uploads", [])
    return [upload for upload in found if upload["Key"] == name]


FAULTS = {
    "s3://logs/none.xlog": "does not exist",
    "s3://no-such-bucket/a.xlog": "does not exist",
    "s3://logs/none/*.xlog": "does not exist",
    "s3://logs/few": "is a folder; -r takes the logs in it",
}


@pytest.mark.parametrize("url", FAULTS)
def test_what_is_not_there_is_named(url: str, files: Any, env: dict[str, str]) -> None:
    files.pipe_file("logs/few/a.xlog", LOG.read_bytes())
    done = run("-c", url, env=env)
    assert (done.status, done.out) == (1, b"")
    assert done.lines == [f"xlogdecode: {url}: {done.lines[0].partition(f'{url}: ')[2]}"]
    assert FAULTS[url] in done.err


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "SKwrong-secret"}, "permission denied; check the credentials"),
        ({"AWS_ACCESS_KEY_ID": "AKwrong"}, "permission denied; check the credentials"),
        (
            {
                "AWS_ACCESS_KEY_ID": "",
                "AWS_SECRET_ACCESS_KEY": "",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            },
            "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "the store cannot be reached"),
    ],
)
def test_a_store_that_lets_no_one_in_is_named_without_secrets(
    change: dict[str, str], why: str, files: Any, env: dict[str, str]
) -> None:
    files.pipe_file("logs/few/a.xlog", LOG.read_bytes())
    done = run("-c", "s3://logs/few/a.xlog", env=env | change)
    assert (done.status, done.out, len(done.lines)) == (1, b"", 1)
    assert why in done.err
    assert "SK" not in done.err.replace("AWS_SECRET_ACCESS_KEY", "")


def test_who_may_only_read_writes_nothing(server: Server, files: Any) -> None:
    files.pipe_file("logs/few/a.xlog", LOG.read_bytes())
    env = server.environment(READER, READER_SECRET)
    assert run("-c", "s3://logs/few/a.xlog", env=env).out == TEXT[LOG]
    done = run("s3://logs/few/a.xlog", "-o", "s3://logs/few/new.log", env=env)
    assert (done.status, len(done.lines)) == (1, 1)
    assert "s3://logs/few/new.log: cannot be written: permission denied" in done.err
    assert not files.exists("logs/few/new.log")


@pytest.mark.parametrize("after", [1_000_000, 300])
def test_a_connection_that_breaks_off_leaves_no_text(
    large: Path, server: Server, tmp_path: Path, after: int
) -> None:
    proxy = Cutting(server.port, after)
    env = server.environment(port=proxy.port)
    done = run("s3://logs/large.xlog", "-o", tmp_path / "x.log", env=env)
    proxy.close()
    assert (done.status, len(done.lines)) == (1, 1)
    assert done.err.startswith("xlogdecode: s3://logs/large.xlog: ")
    assert files_in(tmp_path) == {}


def test_each_command_of_the_manual_runs(files: Any, env: dict[str, str], tmp_path: Path) -> None:
    for phone in ("phone1", "phone2"):
        files.pipe_file(f"logs/2024/{phone}/imsdk_20240101.xlog", LOG.read_bytes())
    files.pipe_file("logs/2023/imsdk_20230101.xlog", LOG.read_bytes())
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(LOG, LOG.name)
    files.pipe_file("logs/case.zip", zipped.getvalue())
    page = make_folder(tmp_path) | env
    commands = [
        example
        for page_name in ("fleet", "sweeping")
        for example in examples(f"xlogdecode/manual/{page_name}.md")
        if example.language == "sh" and "s3://" in example.code
    ]
    assert len(commands) > 8
    for example in commands:
        done = run_example(example, tmp_path, page)
        assert done.returncode == 0, (example.code, done.stdout)
    assert (tmp_path / "texts/phone1/imsdk_20240101.xlog.log").read_bytes() == TEXT[LOG]
    assert files.cat_file("texts/2024/phone2/imsdk_20240101.xlog.log") == TEXT[LOG]


def test_a_fleet_is_swept_in_the_store(files: Any, env: dict[str, str], tmp_path: Path) -> None:
    now = datetime.now(UTC)
    days = {f"imsdk_{now - timedelta(days=age):%Y%m%d}.xlog": age for age in range(-3, 37)}
    for phone in range(30):
        for name in days:
            files.pipe_file(f"logs/sweep/phone{phone}/{name}", b"log")
    then = now + timedelta(days=8, minutes=5)  # all are written by then that long ago
    command = ["sweep", "s3://logs/sweep", "--now", then.isoformat()]
    done = run(*command, "--json", env=env)
    assert done.status == 0
    assert json.loads(done.out.splitlines()[-1])["summary"]["files"]["delete"] in (
        1110,
        1140,
    )  # midnight
    done = run(*command, "--json", "--delete", "--state", tmp_path, env=env)
    assert done.status == 0
    deleted = json.loads(done.out.splitlines()[-1])["summary"]["files"]["deleted"]
    left = [name for name in files.find("logs/sweep") if name.endswith(".xlog")]
    assert len(left) == 1200 - deleted
    assert {days[name.rpartition("/")[2]] for name in left} <= {-3, -2, -1}


def test_what_the_store_refuses_to_delete_is_counted(
    server: Server, files: Any, tmp_path: Path
) -> None:
    old = datetime.now(UTC) + timedelta(days=9)
    files.pipe_file(f"logs/kept/imsdk_{datetime.now(UTC):%Y%m%d}.xlog", b"log")
    env = server.environment(READER, READER_SECRET)
    command = ["sweep", "s3://logs/kept", "--now", old.isoformat(), "--delete"]
    done = run(*command, "--state", tmp_path, env=env)
    assert done.status == 1
    assert "failed 1" in done.out.decode()
    assert len(files.find("logs/kept")) == 1
    files.make_bucket_versioned("texts")
    files.pipe_file("texts/old/imsdk_20240101.xlog", b"log")
    done = run("sweep", "s3://texts/old", env=server.environment())
    assert "the bucket texts keeps versions" in done.err
