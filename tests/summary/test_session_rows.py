"""What rows say about sessions: `--with session`, and `--format sessions`."""

import json

from tests.records.lines import Lost
from tests.summary.lines import im
from xlogdecode import Filter, read_records
from xlogdecode.redaction import Redactor, built_in_rules
from xlogdecode.summary.context import with_context
from xlogdecode.writers import Style, render, writer_of


def opened(pid, clock="08:47:04"):
    return f"^^^^^^^^^^Dec 12 2023^^^15:15:13^^^^^^^^^^[{pid},9][2024-01-01 +0800 {clock}]"


HEADER = [
    "TIM: ======  SDK APP ID: 1400000007", "TIM: ======  SDK Version: 7.7.5282",
    "TIM: ======  Device Type: Pixel 8",
]  # fmt: skip
FACTS = ("sdk_version", "device", "sdk_app_id", "user")


def login(user, pid):
    return im("LogRequestBegin", f"Login begin|userid:{user} =>base16_format:00", pid=pid)


def line(message, pid, level="I"):
    return im("F", message, level, pid=pid)


LOG = [
    opened(1), *HEADER, line("a", 1), login("ann", 1), line("b", 1, "E"), login("bob", 1),
    line("c", 1), opened(2), line("d", 2), line("e", 1),
]  # fmt: skip


def data(*lines):
    return "".join(f"{each}\n" for each in lines).encode()


def contexts(*lines, **options):
    records = read_records(data(*lines), with_session=True, **options)
    return {r.message: tuple(r.as_dict()[key] for key in FACTS) for r in records}


def test_a_record_has_what_is_known_of_its_session_so_far():
    found = contexts(*LOG)
    device = ("7.7.5282", "Pixel 8", "1400000007")
    assert found["a"] == (*device, None)
    assert found["b"] == (*device, "ann")
    assert found["c"] == found["e"] == (*device, "bob")  # e is of the first process
    assert found["d"] == (None,) * 4


def test_a_filter_hides_no_fact():
    found = contexts(*LOG, wanted=Filter(level="E"))
    assert found == {"b": ("7.7.5282", "Pixel 8", "1400000007", "ann")}


def test_a_record_has_no_context_unless_it_is_asked_for():
    (record,) = read_records(data(line("a", 1)))
    assert not {*FACTS} & {*record.as_dict()}


def test_a_user_is_redacted_as_the_message_is():
    redactor = Redactor(built_in_rules())
    (batch,) = with_context([list(read_records(data(*LOG)))], "a", redactor.change_all)
    users = {record.as_dict()["user"] for record in batch}
    assert users.isdisjoint({"ann", "bob"})
    shown = {record.as_dict()["user"]: record.message for record in redactor.change_all(batch)}
    for user, message in shown.items():
        assert user is None or message != "b" or user.startswith("<")


def sessions(*events, **options):
    writer = writer_of("sessions", Style(**options.pop("style", {})))
    rows = b"".join(render(events, writer, source="a.xlog", **options)) + writer.close()
    return [json.loads(row) for row in rows.splitlines()]


def test_a_session_is_a_row_with_its_records_by_level_and_its_losses():
    first, second = sessions(
        Lost(0, 5), (5, data(*LOG[:6])), Lost(90, 7), (99, data(*LOG[6:])), Lost(200, 11)
    )
    assert (first["session"], first["records"], first["users"]) == (1, 6, ["ann", "bob"])
    assert first["levels"] == {"V": 0, "D": 0, "I": 5, "W": 0, "E": 1, "F": 0, "none": 0}
    assert (first["losses"], first["lost_bytes"]) == (3, 23)  # the last record is of the first
    assert (first["began"], first["how_ended"]) == (
        "2024-01-01T08:47:04.000+08:00", "no closing line",
    )  # fmt: skip
    assert [first[key] for key in FACTS[:3]] == ["7.7.5282", "Pixel 8", "1400000007"]
    assert (second["session"], second["records"], second["device"]) == (2, 1, None)
    unmarked = sessions(Lost(0), (5, data(*LOG)), style={"marks": False})
    assert [row["losses"] for row in unmarked] == [0, 0]


def test_sessions_of_a_filter_count_its_records_and_know_all_banners():
    (row,) = sessions((0, data(*LOG)), wanted=Filter(level="E"))
    assert (row["records"], row["device"], row["began"]) == (
        1, "Pixel 8", "2024-01-01T08:47:04.000+08:00",
    )  # fmt: skip
    assert sessions((0, b"")) == sessions(Lost(0)) == []
    last = sessions((0, data(*LOG)), wanted=Filter(session="last"))
    assert [row["session"] for row in last] == [2, 2]  # e is of another process
