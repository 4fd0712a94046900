"""Many inputs through the library, on any executor."""

import concurrent.futures
import pickle
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.samples import LOG, TEXT, ZLIB, ZSTD, put
from xlogdecode import DamagedError, Options, decode_file, decode_many
from xlogdecode.decoder.decode import decode
from xlogdecode.errors import InputError, OutputError, UsageError
from xlogdecode.inputs import iter_entries

SOURCES = [LOG, str(ZLIB), ZSTD.read_bytes()] * 3
TEXTS = [TEXT[LOG], TEXT[ZLIB], TEXT[ZSTD]] * 3


@pytest.fixture
def dask_executor():
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


def test_without_an_executor_all_is_done_here_and_as_it_is_asked_for():
    results = decode_many(iter(SOURCES))
    assert next(results).text == TEXT[LOG]
    assert [result.text for result in results] == TEXTS[1:]


def test_processes_give_the_same_in_the_same_order():
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        results = list(decode_many(SOURCES, executor=pool, ahead=4))
    assert [result.text for result in results] == TEXTS
    assert [result.source for result in results][:3] == [str(LOG), str(ZLIB), ""]
    assert all(result.report.is_whole for result in results)


@pytest.mark.filterwarnings("default")
def test_a_cluster_gives_the_same_in_the_same_order(dask_executor):
    results = list(decode_many(SOURCES, executor=dask_executor))
    assert [result.text for result in results] == TEXTS


def test_a_source_that_fails_stops_no_other(tmp_path):
    torn = ZLIB.read_bytes()[:-9]
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        missing, damaged, good = decode_many(
            [tmp_path / "none", torn, LOG], executor=pool, options=Options(strict=True)
        )
    assert isinstance(missing.error, InputError)
    assert isinstance(damaged.error, DamagedError)
    assert damaged.error.loss.reason
    assert (good.error, good.text) == (None, TEXT[LOG])


def test_a_single_path_is_not_taken_for_the_names_of_many(tmp_path):
    for single in (str(LOG), LOG):
        with pytest.raises(UsageError, match="put a single one into a list"):
            iter_entries(single, recursive=True)


def test_what_can_be_no_name_stops_no_other(tmp_path):
    wrong, good = decode_many(["a\0b", LOG])
    assert isinstance(wrong.error, InputError)
    assert good.text == TEXT[LOG]
    wrong, good = decode_many([LOG, LOG], targets=["a\0b", tmp_path / "good"])
    assert isinstance(wrong.error, OutputError)
    assert (tmp_path / "good").read_bytes() == TEXT[LOG]


def test_texts_go_into_the_files_that_are_named(tmp_path):
    targets = [tmp_path / str(number) for number in range(3)]
    results = list(decode_many(SOURCES[:3], targets=targets))
    assert [target.read_bytes() for target in targets] == TEXTS[:3]
    assert [result.text for result in results] == [b""] * 3
    with pytest.raises(UsageError, match="as many targets"):
        list(decode_many(SOURCES[:3], targets=targets[:2]))


def test_what_cannot_be_sent_is_refused():
    with LOG.open("rb") as file, pytest.raises(UsageError, match="no path"):
        list(decode_many([file]))


def test_a_single_path_is_not_taken_for_many():
    for single in ("a.xlog", b"a.xlog", Path("a.xlog")):
        with pytest.raises(UsageError, match="put a single one into a list"):
            next(decode_many(single))


def test_no_source_is_written_over_by_its_own_text(tmp_path):
    log = put(LOG, tmp_path / "a.xlog")
    (done,) = decode_many([log], targets=[log])
    assert "is the source itself" in str(done.error)
    assert log.read_bytes() == LOG.read_bytes()


def test_one_file_into_another(tmp_path):
    report = decode_file(LOG, tmp_path / "text")
    assert (tmp_path / "text").read_bytes() == TEXT[LOG]
    assert report.is_whole
    with pytest.raises(OutputError, match="exists"):
        decode_file(LOG, tmp_path / "text")


def test_a_damaged_error_comes_back_from_another_process():
    (result,) = decode_many([ZLIB.read_bytes()[:-9]], options=Options(strict=True))
    again = pickle.loads(pickle.dumps(result.error))
    assert str(again) == str(result.error)
    assert again.loss == result.error.loss


def test_an_archive_is_refused_and_the_logs_in_it_come_from_the_inputs(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(LOG, "a.xlog")
        archive.write(ZLIB, "b.xlog")
    data = (tmp_path / "a.zip").read_bytes()
    for result in decode_many([tmp_path / "a.zip", data]):
        assert isinstance(result.error, InputError)
        assert "iter_entries" in str(result.error)
    texts = {}
    for entry in iter_entries([str(tmp_path / "a.zip")]):
        with entry.source as source:
            texts[entry.name.rpartition(": ")[2]] = sink = BytesIO()
            assert decode(source, sink).is_whole
    assert {name: sink.getvalue() for name, sink in texts.items()} == {
        "a.xlog": TEXT[LOG], "b.xlog": TEXT[ZLIB],
    }  # fmt: skip
