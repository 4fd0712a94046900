"""A page of runs of records has the same in it as one of records that were made one by one."""

import random
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.mars import imsdk_lines, mars_lines
from tests.page.cases import first_session, second_session
from tests.page.reading import read_page
from xlogdecode.page import CasePage
from xlogdecode.records import Loss, read_records
from xlogdecode.records.reader import read_parts
from xlogdecode.records.runs import RecordRun

LINE = (
    "TIM: 2024-01-{day} {hour:02}:00:0{n}.123 {level} {pid}-{tid}  |-a.cpp:{n}  {name}  |{text}\n"
)


def of_two_processes() -> str:
    """Return lines of processes that take turns, over hours, with and without what tells."""
    dice = random.Random(3)
    names = ["Do", "UnInit", "LogRequestEnd", "HandleA2D2OnlineResponse", "Other"]
    texts = ["done", "error code:9508", "InitSDK|x", "UnInitSDK|x", "time cost:4321ms", "two\nrows"]
    return "".join(
        LINE.format(
            day=dice.choice(("01", "02", "99")), hour=number // 20, n=number % 10,
            level=dice.choice("DIWE"), pid=dice.choice((11, 11, 11, 22)), tid=dice.randrange(3),
            name=dice.choice(names), text=dice.choice(texts),
        )
        for number in range(400)
    )  # fmt: skip


LOGS = {
    "a case": (first_session() + second_session()).encode(),
    "two processes": of_two_processes().encode(),
    "Mars": b"".join(mars_lines(1, 300)),
    "IM SDK": b"".join(imsdk_lines(1, 300)),
    "layouts in turns": b"".join([*mars_lines(1, 80), *imsdk_lines(1, 80), *mars_lines(3, 80)]),
    "GB18030": (first_session() + LINE * 3).replace("|", "|消息").encode("gb18030"),
    "CR and LF": first_session().replace("\n", "\r\n").encode(),
}


def page_of(path: Path, read, data: bytes) -> tuple[object, list[object]]:
    half = len(data) // 2
    events = [(0, data[:half]), Loss(half, 99, "not log data"), (half, data[half:])]
    page = CasePage()
    page.add("a.xlog", read(iter(events), source="a.xlog"))
    page.add("b.xlog", read(iter([(0, data)]), source="b.xlog"))
    with path.open("wb") as file:
        page.write(file)
    page.close()
    found = read_page(path)
    return {name: found.head[name] for name in ("count", "counts", "files", "story")}, found.rows


@pytest.mark.parametrize("name", LOGS)
def test_both_ways_give_the_same_page(name, tmp_path):
    data = LOGS[name]
    by_record = page_of(tmp_path / "records.html", read_records, data)
    by_run = page_of(tmp_path / "runs.html", read_parts, data)
    assert by_record == by_run
    assert len(by_run[1]) > 200


def test_most_of_these_records_come_in_runs():
    for data in LOGS.values():
        if b"\r" not in data:
            parts = read_parts(iter([(0, data)]), source="a.xlog")
            assert any(isinstance(part, RecordRun) for part in parts)


def test_a_row_has_the_time_and_level_that_its_line_states(tmp_path):
    data = LOGS["two processes"]
    _, rows = page_of(tmp_path / "a.html", read_parts, data)
    rows = [row for row in rows if row.session[0] == "b.xlog"]
    stated = re.findall(r"^TIM: 2024-01-(..) (..):00:(..).123 (.)", data.decode(), re.MULTILINE)
    assert len(rows) == len(stated)
    for row, (day, hour, second, level) in zip(rows, stated, strict=True):
        assert (row.level, row.has_time) == (level, day != "99")
        at = datetime.fromtimestamp(row.time / 1000, UTC)
        if row.has_time:
            assert f"{at:%d %H %S}.{row.time % 1000}" == f"{day} {hour} {second}.123"
