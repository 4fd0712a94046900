"""A page is the same however many processes read the logs."""

import gzip
import os
from pathlib import Path

import pytest

from tests.mars import imsdk_lines, mars_lines
from tests.page.cases import first_session, second_session
from tests.samples import LOG, ZLIB
from xlogdecode.filters import Filter
from xlogdecode.jobs import case, sharing
from xlogdecode.jobs.case import CaseJob
from xlogdecode.jobs.exit_status import Status
from xlogdecode.page import CasePage
from xlogdecode.redaction import Redactor, built_in_rules

LOGS = 60


@pytest.fixture
def logs(tmp_path):
    """Logs of several layouts and states, more than are worth one process."""
    folder = tmp_path / "logs"
    folder.mkdir()
    texts = [
        first_session().encode(),
        second_session().encode(),
        b"".join(mars_lines(1, 50)),
        b"".join(imsdk_lines(2, 50)),
        "没有时间的一行\n".encode("gb18030"),
        b"",
    ]
    for number in range(LOGS):
        text = texts[number % len(texts)].replace(b"group_", b"group_%d" % number)
        (folder / f"imsdk_C_{20240101 + number}.log").write_bytes(text)
    (folder / "a_20240101.xlog").write_bytes(ZLIB.read_bytes())
    (folder / "b_20240101.xlog").write_bytes(LOG.read_bytes()[:-7])
    (folder / "c_20240101.xlog").write_bytes(b"\7not an xlog file at all" * 9)
    with gzip.open(folder / "d_20240101.xlog.gz", "wb") as file:
        file.write(LOG.read_bytes())
    return folder


@pytest.fixture
def page_by(logs, monkeypatch):
    """Make the page with so many processes; return its bytes, and the statuses by name."""

    def make(processes: int, *, redacting: bool = False, **more) -> tuple[bytes, dict[str, Status]]:
        monkeypatch.setattr(sharing, "usable_processors", lambda: processes)
        redactor = Redactor(built_in_rules()) if redacting else None
        page = CasePage(redactor)
        job = CaseJob(page, more.get("wanted", Filter()), redactor=redactor)
        statuses = {result.name: result.status for result in job.results([str(logs)])}
        path = logs.parent / "case.html"
        with path.open("wb") as file:
            page.write(file, title="a case")
        page.close()
        return path.read_bytes(), statuses

    return make


@pytest.mark.parametrize(
    "how", [{}, {"redacting": True}, {"wanted": Filter(levels="WEF")}], ids=["all", "redacted", "W"]
)
def test_a_page_by_several_processes_is_that_of_one(page_by, how):
    page, statuses = page_by(3, **how)
    assert (page, statuses) == page_by(1, **how)
    assert len(statuses) == LOGS + 4
    assert set(statuses.values()) == {Status.OK, Status.LOST, Status.FAILED}


@pytest.mark.parametrize("how", [{}, {"redacting": True}], ids=["all", "redacted"])
def test_an_answer_is_the_same_from_any_process(page_by, monkeypatch, how):
    alone = page_by(1, **how)
    asked = []

    def in_this_process(places, answer, _, **_more):
        for place in places:
            asked.append(place)
            yield answer(place, None)

    monkeypatch.setattr(case, "in_turns", in_this_process)
    assert page_by(3, **how) == alone
    assert len(asked) >= LOGS


def test_logs_that_are_too_long_to_be_sent_are_read_here(page_by, monkeypatch):
    alone = page_by(1, redacting=True)
    monkeypatch.setattr("xlogdecode.page.source_rows._MOST_TEXT", 3000)
    assert page_by(3, redacting=True) == alone


def test_a_process_that_ends_early_costs_no_log(page_by, monkeypatch, tmp_path):
    alone = page_by(1)
    read, parent, ended = case.iter_events, os.getpid(), tmp_path / "ended"

    def end_at_one(source, *rest, **more):
        if os.getpid() != parent and "105" in Path(source.name).name:
            ended.touch()
            os._exit(9)
        return read(source, *rest, **more)

    monkeypatch.setattr(case, "iter_events", end_at_one)
    assert page_by(2) == alone
    assert ended.exists()
