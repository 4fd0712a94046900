"""The zone of records before the first banner is that of the banner, and of nothing like one."""

import pytest

from xlogdecode.records import read_records

BEFORE = "TIM: 2024-01-01 08:47:04.162 E 4104-4156       |-login.cpp:380      Do    |x"
BANNER = "^^^^^^^^^^Dec 12 2023^^^15:15:13^^^^^^^^^^[0,0][2024-01-01 +0530 08:47:04]"
OTHER = BANNER.replace("+0530", "-0300")


@pytest.mark.parametrize(
    "lines",
    [
        [BEFORE, BANNER],
        [BANNER, BEFORE],
        [BEFORE, BANNER, OTHER],
        [BEFORE, f"a line with {OTHER}", BANNER],
        [BEFORE, "^" * 5000, "^^^^^^^^^^ of no date", f" {OTHER}", BANNER],
    ],
)
def test_a_record_before_the_first_banner_is_in_its_zone(lines):
    text = ("\n".join(lines) + "\n").encode()
    times = [r.time for r in read_records([(0, text)]) if r.layout == "imsdk"]
    assert [time.utcoffset().total_seconds() / 3600 for time in times] == [5.5]


def test_without_a_banner_there_is_no_zone():
    (record,) = read_records([(0, f"{BEFORE}\n".encode())])
    assert record.time.tzinfo is None
