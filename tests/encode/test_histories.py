"""Any history of a log, deaths included, holds the lines in their order."""

import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.encode.conftest import PRIVATE_KEY, PUBLIC_HEX
from tests.encode.folders import lines_in
from xlogdecode.encode import XlogWriter

ZONE = timezone(timedelta(hours=8))
START = datetime(2024, 1, 1, 9, 12, 33, tzinfo=ZONE).timestamp()

lines = st.binary(max_size=100).map(lambda line: b"line " + line.translate(None, b"\0\n"))
long_lines = lines.map(lambda line: line * 700)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.one_of(lines, lines, lines, long_lines)),
        st.tuples(st.just("wait"), st.sampled_from([60.0, 3600.0, 40_000.0, 86_400.0])),
        st.tuples(st.sampled_from(["flush", "die", "close"]), st.none()),
    ),
    max_size=30,
)
WAYS = {
    "zlib": {},
    "zstd": {"codec": "zstd"},
    "zlib key": {"public_key": PUBLIC_HEX},
    "zstd key": {"codec": "zstd", "public_key": PUBLIC_HEX},
    "imsdk": {"format": "imsdk"},
    "sync": {"mode": "sync"},
    "splits": {"max_file_size": 5000},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=deeds)
@example(
    history=[
        ("wait", 86400.0), ("write", b"line " * 700), ("die", None), ("flush", None),
        ("write", b"line " * 700), ("die", None),
    ],
)  # fmt: skip
def test_lines_stand_in_the_files_in_the_order_of_their_writing(way: dict, history: list) -> None:
    now = [START]
    written = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def open_log() -> XlogWriter:
            return XlogWriter(
                folder, "app", clock=lambda: now[0], zone=ZONE, flush_interval=None, **way
            )

        writer = open_log()
        for deed, what in history:
            if deed == "write":
                writer.write(what)
                written.append(what)
            elif deed == "wait":
                now[0] += what
            elif deed == "flush":
                writer.flush()
            else:
                writer._session._sink.release() if deed == "die" else writer.close()
                now[0] += way == {"format": "imsdk"}
                writer = open_log()
        writer.close()
        assert lines_in(folder, PRIVATE_KEY) == written
