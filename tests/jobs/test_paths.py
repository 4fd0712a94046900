"""`decode_paths`: what the command does, for Python, on any executor."""

import concurrent.futures
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.samples import BUFFER, LOG, TEXT, TREE_TEXTS, ZLIB, ZSTD, files_in, put, tree
from xlogdecode import (
    DamagedError,
    Filter,
    InputError,
    Options,
    OutputError,
    Status,
    UsageError,
    decode_paths,
    parse_level,
)

LOGS = {"a.xlog": LOG, "b.xlog": ZLIB, "c.xlog": ZSTD}


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    return [put(log, tmp_path / name) for name, log in LOGS.items()]


@pytest.fixture(scope="session")
def dask_executor() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


def texts_in(folder: Path) -> dict[str, bytes]:
    return {name: text for name, text in files_in(folder).items() if name.endswith(".log")}


def test_texts_go_beside_their_logs_and_results_tell_where(logs: list[Path]) -> None:
    results = list(decode_paths(logs))
    assert [result.name for result in results] == list(map(str, logs))
    assert [result.path for result in results] == [f"{log}.log" for log in logs]
    assert {result.status for result in results} == {Status.OK}
    assert [Path(result.path or "").read_bytes() for result in results] == [
        TEXT[log] for log in LOGS.values()
    ]


def test_nothing_is_done_before_a_result_is_taken(logs: list[Path]) -> None:
    results = decode_paths(logs)
    assert texts_in(logs[0].parent) == {}
    assert next(results).report.blocks.total() == 8
    assert list(texts_in(logs[0].parent)) == ["a.xlog.log"]


def test_a_tree_is_mirrored_in_the_target(tmp_path: Path) -> None:
    tree(tmp_path / "phone")
    results = decode_paths(tmp_path / "phone", tmp_path / "texts", recursive=True)
    assert {result.status for result in results} == {Status.OK}
    assert files_in(tmp_path / "texts") == TREE_TEXTS


def test_one_log_goes_into_the_file_that_is_named(logs: list[Path], tmp_path: Path) -> None:
    (result,) = decode_paths(logs[0], tmp_path / "text")
    assert result.path == str(tmp_path / "text")
    assert (tmp_path / "text").read_bytes() == TEXT[LOG]


def test_the_logs_in_an_archive_go_into_its_folder(logs: list[Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        for log in logs:
            archive.write(log, log.name)
    assert len(list(decode_paths([tmp_path / "case.zip"]))) == 3
    assert texts_in(tmp_path / "case")["b.xlog.log"] == TEXT[ZLIB]


def test_an_output_that_exists_is_kept_unless_it_is_to_be_replaced(logs: list[Path]) -> None:
    text = logs[0].with_name("a.xlog.log")
    text.write_text("mine")
    (result,) = decode_paths(logs[:1])
    assert isinstance(result.error, OutputError)
    assert text.read_text() == "mine"
    (result,) = decode_paths(logs[:1], replace=True)
    assert text.read_bytes() == TEXT[LOG]
    (result,) = decode_paths(logs[:1], update=True)
    assert result.is_skipped
    os.utime(text, (1, 1))
    (result,) = decode_paths(logs[:1], update=True)
    assert not result.is_skipped


def test_sources_go_where_that_is_wanted_and_never_with_a_filter(logs: list[Path]) -> None:
    logs[1].write_bytes(ZLIB.read_bytes()[:-9])
    list(decode_paths(logs, remove=True))
    assert [log.exists() for log in logs] == [False, True, False]
    with pytest.raises(UsageError, match="no source can be removed"):
        decode_paths(logs, remove=True, format="json")


def test_records_are_filtered_and_have_a_format(logs: list[Path]) -> None:
    wanted = Filter(levels=parse_level("E"))
    (result,) = decode_paths(logs[:1], filter=wanted, format="json")
    assert result.path == f"{logs[0]}.json"
    rows = [json.loads(line) for line in Path(result.path).read_text().splitlines()]
    assert rows
    assert {row["level"] for row in rows} == {"E"}
    with pytest.raises(UsageError, match="'xml' is not a format"):
        decode_paths(logs, format="xml")


def test_an_input_that_fails_stops_no_other(logs: list[Path], tmp_path: Path) -> None:
    logs[1].write_bytes(ZLIB.read_bytes()[:-9])
    paths = [tmp_path / "none", "a\0b", *logs]
    missing, wrong, good, torn, _ = decode_paths(paths, options=Options(strict=True))
    assert isinstance(missing.error, InputError)
    assert isinstance(wrong.error, InputError)
    assert good.error is None
    assert isinstance(torn.error, DamagedError)
    assert (torn.status, torn.path) == (Status.LOST, None)
    again = pickle.loads(pickle.dumps(torn.error))
    assert (str(again), again.loss) == (str(torn.error), torn.error.loss)


def test_standard_input_is_no_path_here() -> None:
    with pytest.raises(UsageError, match="decode_file"):
        decode_paths(["-"])


def check_executor(executor: Any, tmp_path: Path) -> None:
    """Decode a tree there, an archive and a crash buffer among its logs, as without it."""
    folder = tree(tmp_path / "phone")
    put(LOG, folder / "z.xlog").write_bytes(b"junk\0" * 99)
    shutil.make_archive(str(tmp_path / "case"), "zip", folder)
    paths = [folder, tmp_path / "case.zip"]
    here = list(decode_paths(paths, tmp_path / "here", recursive=True, processes=1))
    there = list(decode_paths(paths, tmp_path / "there", recursive=True, executor=executor))
    assert files_in(tmp_path / "here") == files_in(tmp_path / "there")
    assert len(here) == 10
    for one, other in zip(here, there, strict=True):
        assert (one.name, one.status, one.report) == (other.name, other.status, other.report)


def test_processes_give_the_same_in_the_same_order(tmp_path: Path) -> None:
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        check_executor(pool, tmp_path)


def test_threads_give_the_same_in_the_same_order(tmp_path: Path) -> None:
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        check_executor(pool, tmp_path)


@pytest.mark.filterwarnings("default")
def test_a_cluster_gives_the_same_in_the_same_order(dask_executor: Any, tmp_path: Path) -> None:
    check_executor(dask_executor, tmp_path)


def test_a_crash_buffer_that_is_named_first_is_known_by_the_log_after_it(tmp_path: Path) -> None:
    buffer, log = put(BUFFER, tmp_path / "imsdk_C.mmap2"), put(LOG, tmp_path / "a.xlog")
    assert [result.status for result in decode_paths([buffer, log])] == [Status.OK] * 2
