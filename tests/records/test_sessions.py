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


def test_a_process_id_of_any_length_ends_nothing():
    (session,) = sessions(OPENED, HEADER.replace("4802", "4" * 5000) + IMSDK)
    assert session.records == 1


def test_a_session_knows_how_it_ended():
    lines = [OPENED, mars(), CLOSED, OPENED, mars(), BEGIN, mars(), END, OPENED, mars()]
    ends = [(s.number, s.closed_in_order, s.recovered, s.ended) for s in sessions(*lines)]
    assert ends == [
        (1, True, 0, "closed normally"),
        (2, False, 1, "no closing line; crash buffer recovered"),
        (3, False, 0, "no closing line"),
    ]


def test_what_stands_before_the_first_banner_is_a_session_without_a_number():
    first, second = sessions(BEGIN, mars(), END, OPENED)
    assert (first.number, first.records, first.recovered, first.opened) == (None, 1, 1, None)
    assert second.number == 1


def test_a_banner_inside_the_recovered_part_opens_a_session_of_its_own():
    later, last = (mars().replace("[2211,", f"[{pid},") for pid in (2212, 2213))
    one, two, three = sessions(OPENED, mars(), BEGIN, OPENED, later, END, OPENED, last)
    assert [s.recovered for s in (one, two, three)] == [0, 1, 0]
    assert (
        two.first.time == two.last.time == datetime.fromisoformat("2024-01-01T09:12:33.123+08:00")
    )


def by(pid, message="a line", level="I"):
    return f"TIM: 2024-01-01 08:47:05.000 {level} {pid}-9       |-a.cpp:1      Do    |{message}"


def opened(pid):
    return OPENED.replace("[7,9]", f"[{pid},9]")


def test_two_processes_that_write_one_file_in_turns_are_two_sessions():
    for banner in (opened, lambda pid: opened(0)):
        lines = [line for n in range(20) for line in (banner(n % 2 + 41), by(n % 2 + 41))]
        assert [s.records for s in sessions(*lines)] == [10, 10]
    assert [s.records for s in sessions(*(by(n % 2 + 41) for n in range(20)))] == [10, 10]


def test_parts_recovered_from_three_processes_are_three_sessions():
    lines = [line for pid in (1, 2, 3) for line in (BEGIN, by(pid), by(pid), END)]
    assert [(s.records, s.recovered, s.process_id) for s in sessions(*lines)] == [
        (2, 2, 1), (2, 2, 2), (2, 2, 3),
    ]  # fmt: skip
    owners = sessions(opened(1), by(1), BEGIN, by(1), by(2), END, opened(3), by(3))
    assert [(s.process_id, s.records, s.recovered) for s in owners] == [
        (1, 2, 1), (2, 1, 1), (3, 1, 0),
    ]  # fmt: skip


def test_a_process_that_opens_its_log_anew_after_its_end_has_a_new_session():
    closed = CLOSED.replace("[7,9]", "[5,9]")
    assert len(sessions(opened(5), by(5), closed, opened(5), by(5))) == 2
    end = by(5).replace("Do ", "InternalUninit ").replace("a line", "UnInitSDK|cost_time:3ms")
    first, second = sessions(opened(5), by(5), end, opened(5), by(5))
    assert (first.ended, second.ended) == ("UnInit", "no closing line")
    assert len(sessions(opened(5), by(5), BEGIN, by(5), END, opened(5), by(5))) == 2


def test_the_last_step_and_the_last_error_tell_how_a_session_ended():
    step = by(5).replace("Do ", "LogRequestEnd ")
    out, back = step.replace("a line", "Logout success"), step.replace("a line", "Login begin|")
    (session,) = sessions(opened(5), by(5, "bad", "E"), out, by(5))
    assert (session.ended, session.last_error.message) == ("logged out", "bad")
    (session,) = sessions(opened(5), out, back, by(5))
    assert session.ended == "no closing line"


def test_lines_behind_the_end_of_the_sdk_are_of_the_session_until_it_begins_anew():
    end = by(5).replace("Do ", "InternalUninit ").replace("a line", "UnInitSDK|cost_time:3ms")
    init = by(5).replace("Do ", "Init ").replace("a line", "InitSDK|sdk_app_id:14|x")
    (session,) = sessions(opened(5), by(5), end, by(5), BEGIN, by(5), END)
    assert (session.records, session.recovered, session.ended) == (4, 1, "UnInit")
    assert [s.records for s in sessions(opened(5), init, end, by(5), init, by(5))] == [3, 2]
