"""A session runs from banner to banner, and knows what its banners said."""

from datetime import datetime, timedelta, timezone

from tests.records.lines import BEGIN, CLOSED, END, IMSDK, OPENED, mars
from xlogdecode.records import read_records
from xlogdecode.records.sessions import read_sessions

HEADER = """\
TIM: ==========================================================================
TIM: ======  SDK APP ID:  1400000001
TIM: ======  SDK Version: 7.7.5282
TIM: ======  Platform:    Android
TIM: ======  Device Type: Pixel 8
TIM: ======  Device ID:   00000000-0000-0000-0000-D6E5669F0512
TIM: ======  System Ver:  14
TIM: ======  Process ID:  4802
TIM: ======  Init Path:   /storage/emulated/0/imsdk/
TIM: ======  Log Path:    C:\\Users\\me\\log: new
"""


def sessions(*lines):
    text = "\n".join(lines).encode()
    return list(read_sessions(read_records([(0, text)], source="a.xlog")))


def test_a_session_knows_what_the_banner_and_the_header_say():
    (session,) = sessions(OPENED, "MARS_PATH: release/2024-t2.1", HEADER + IMSDK)
    china = timezone(timedelta(hours=8))
    assert session.opened == datetime(2024, 1, 1, 8, 47, 4, tzinfo=china)
    assert (session.number, session.build, session.pid) == (1, "Dec 12 2023 15:15:13", 7)
    assert (session.sdk_app_id, session.sdk_version, session.platform, session.device_type) == (
        "1400000001", "7.7.5282", "Android", "Pixel 8",
    )  # fmt: skip
    assert session.log_path == "C:\\Users\\me\\log: new"
    assert session.mars == {"MARS_PATH": "release/2024-t2.1"}
    assert session.records == 1


def test_a_session_knows_how_it_ended():
    lines = [OPENED, mars(), CLOSED, OPENED, mars(), BEGIN, mars(), END, OPENED, mars()]
    ends = [(s.number, s.closed_in_order, s.recovered, s.ended) for s in sessions(*lines)]
    assert ends == [
        (1, True, 0, "closed in order"),
        (2, False, 1, "crashed, the rest was recovered"),
        (3, False, 0, "not closed"),
    ]


def test_what_stands_before_the_first_banner_is_a_session_without_a_number():
    first, second = sessions(BEGIN, mars(), END, OPENED)
    assert (first.number, first.records, first.recovered, first.opened) == (None, 1, 1, None)
    assert second.number == 1


def test_a_banner_inside_the_recovered_part_opens_a_session_of_its_own():
    one, two, three = sessions(OPENED, mars(), BEGIN, OPENED, mars(), END, OPENED, mars())
    assert [s.recovered for s in (one, two, three)] == [0, 1, 0]
    assert (
        two.first.time == two.last.time == datetime.fromisoformat("2024-01-01T09:12:33.123+08:00")
    )
