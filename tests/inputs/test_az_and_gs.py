"""Azure's and Google's stores, as programs that stand in for them here have them."""

import os
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.command import Done, run
from tests.jobs.uploads import expected, job_file, log_of, messages_in
from tests.samples import files_in
from xlogdecode.outputs.folders import FolderInStore

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.filterwarnings("default"),  # of the stores' packages
]

ROWS = {f"phone{n % 3}/imsdk_C_202401{n + 1:02}.xlog": 1 + n * 9 for n in range(25)}
PATIENCE = 60
"""Seconds until a server must answer."""


class Emulator(NamedTuple):
    """A server that answers."""

    scheme: str
    files: Any
    """Its file system, to put and look at objects."""
    env: dict[str, str]
    """What a command needs to use it."""


def start_az(port: int, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command of Azurite, and what a command needs to use it."""
    # the account and its key are those of every Azurite
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    connection = (
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};"
        f"BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;"
    )
    command = [
        "azurite-blob", "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location",
        str(folder), "--silent", "--disableTelemetry", "--skipApiVersionCheck",
    ]  # fmt: skip
    return command, {"AZURE_STORAGE_CONNECTION_STRING": connection}


def start_gs(port: int, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command of an emulator of Google's store, and what a command needs to use it."""
    command = ["gcp-storage-emulator", "start", "--host=127.0.0.1", f"--port={port}", "--in-memory"]
    env = {
        "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}",
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",  # it would ask who we are
    }
    return command, env


PACKAGES = {"az": ("adlfs", start_az), "gs": ("gcsfs", start_gs)}


@pytest.fixture(scope="module", params=PACKAGES)
def store(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    scheme, folder = request.param, tmp_path_factory.mktemp("store")
    package, start = PACKAGES[scheme]
    pytest.importorskip(package, reason=f"the extra {scheme} is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command, env = start(port, folder)
    here = str(Path(sys.executable).parent)
    program = shutil.which(command[0], path=os.pathsep.join((here, os.environ.get("PATH", ""))))
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    env |= {"XDG_STATE_HOME": str(folder)}
    process = subprocess.Popen([program, *command[1:]], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            yield Emulator(scheme, filled(scheme), env)
    finally:
        process.kill()
        process.wait()


def wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.1)
        else:
            return


def filled(scheme: str) -> Any:
    """Return the file system of a store with logs in it."""
    import fsspec

    files = fsspec.filesystem(scheme, use_listings_cache=False)
    with warnings.catch_warnings(action="ignore"):  # that a bucket is not there yet
        for bucket in ("logs", "rows", "texts"):
            files.mkdir(bucket)
    for name, count in ROWS.items():
        files.pipe_file(f"logs/2024/{name}", log_of(name, range(count)))
    return files


def use(store: Emulator, *args: object) -> Done:
    return run(*args, env=store.env)


def test_texts_go_from_a_prefix_to_another(store: Emulator, tmp_path: Path) -> None:
    logs, texts = f"{store.scheme}://logs/2024", f"{store.scheme}://texts/2024/"
    assert use(store, "-q", "-r", logs, "-o", tmp_path / "texts").status == 0
    assert use(store, "-q", "-r", logs, "-o", texts).status == 0
    here = files_in(tmp_path / "texts")
    assert len(here) == len(ROWS)
    assert {name: store.files.cat_file(f"texts/2024/{name}") for name in here} == here
    before = store.files.find("texts/2024", detail=True)
    assert use(store, "-q", "-u", "-r", logs, "-o", texts).status == 0
    assert store.files.find("texts/2024", detail=True) == before
    refused = use(store, "-q", "-r", logs, "-o", texts)
    assert (refused.status, refused.err.count("exists; -f writes over it")) == (1, len(ROWS))


def test_a_nightly_job_takes_what_is_new(store: Emulator, tmp_path: Path) -> None:
    target = f"{store.scheme}://rows/nights"
    job = job_file(
        tmp_path, sources=f"{store.scheme}://logs/2024", target=target, partition_by="[day, level]"
    )
    assert use(store, "batch", job).lines[-1].endswith("25 logs decoded (25 ok), 0 unchanged")
    name = next(iter(ROWS))
    rows = ROWS | {name: 77}
    store.files.pipe_file(f"logs/2024/{name}", log_of(name, range(77)))
    assert use(store, "batch", job).lines[-1].endswith("1 log decoded (1 ok), 24 unchanged")
    store.files.get("rows/nights/", f"{tmp_path}/rows/", recursive=True)
    assert messages_in(tmp_path / "rows") == expected(**rows)
    own = [name for name in store.files.find("rows/nights") if "/.xlogdecode/" in name]
    assert [name.rpartition("/")[2] for name in own] == ["manifest.sqlite"]


def test_of_two_runs_one_makes_a_commit(store: Emulator) -> None:
    if store.scheme == "gs":
        pytest.skip("the emulator does not know ifGenerationMatch")
    folder = FolderInStore(f"{store.scheme}://rows/two")
    assert folder.create("1.json", b"first")
    assert not folder.create("1.json", b"second")
    assert folder.read("1.json") == b"first"


def test_what_is_not_there_is_one_line(store: Emulator) -> None:
    url = f"{store.scheme}://logs/none.xlog"
    done = use(store, url)
    assert done.status == 1
    assert done.lines[0].startswith(f"xlogdecode: {url}: does not exist; check the name")


def test_old_logs_are_swept(store: Emulator) -> None:
    now = datetime.now(UTC)
    names = [f"imsdk_C_{now + timedelta(days=days):%Y%m%d}.xlog" for days in (-30, 0, 5)]
    for name in names:
        store.files.pipe_file(f"logs/sweep/{name}", b"log")
    then = now + timedelta(days=8, minutes=5)  # all are written by then that long ago
    done = use(
        store, "sweep", "--delete", "--now", then.isoformat(), f"{store.scheme}://logs/sweep"
    )
    assert done.status == 0, done.err
    assert store.files.find("logs/sweep") == [f"logs/sweep/{names[2]}"]
