"""Log lines to make texts of: one of each layout, lines that only look like one, and tips."""
# ruff: noqa: E501 - log lines as they are

import os
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pytest
import zstandard
from hypothesis import strategies as st

_BESIDE = Path(__file__).parents[2].parent / "shared"
SHARED = Path(os.environ.get("XLOGDECODE_SHARED", _BESIDE))
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared samples are not beside the project"
)

IMSDK = "TIM: 2024-01-01 08:47:04.162 E 4104-4156       |-login.cpp:380      HandleA2D2OnlineResponse    |error_code:6206|error_message:UserSig expired"
OPENED = "^^^^^^^^^^Dec 12 2023^^^15:15:13^^^^^^^^^^[7,9][2024-01-01 +0800 08:47:04]"
CLOSED = "$$$$$$$$$$Dec 12 2023$$$15:15:13$$$$$$$$$$[7,9][2024-01-01 +0800 09:00:00]"
BEGIN = "~~~~~ begin of mmap ~~~~~"
END = "~~~~~ end of mmap ~~~~~[7,9][2024-01-01 +0800 08:47:03]"


def mars(level="I", time="2024-01-01 +8.0 09:12:33.123", message="task id:7 timed out"):
    return f"[{level}][{time}][2211, 2240*][mars::stn][longlink.cc:123, __RunReadWrite][{message}"


OPENERS = [
    mars(),
    mars("E"),
    mars("V", "2024-01-01 +8.0 10:59:59.999"),
    mars("F", "2024-01-01 -3.5 10:00:00.000"),
    mars("W", "2024-02-30 +8.0 09:12:33.123"),
    mars("D", "2023-12-31 +80 23:59:59.999", "a \"quoted\" \\ message \t with\x01 control"),
    "[I][2023-03-30 +80 09:53:21.364][26394, 1*][SystemInfo][, , 0][VERSION.RELEASE:[12]",
    "[E][2020-04-27 +8.0 18:47:24.392][6989, 10765105216][][TXCAudioCore.mm, XThrowIfError, 54][init",
    "[W][][2211, 2240][tag][a.cc:1, f][no time",
    "[I][2024-01-01 +8.0 09:12:33.123][2211, 2240][cut off before the source",
    IMSDK,
    IMSDK.replace(" E ", " D ").replace("08:47", "10:30"),
    "TIM: 2020-01-21 09:55:32.904/E/22008-22113     /Common      -tls.cpp.216  Unpack0xa0b      /oidb head",
    "2019-05-28 21:51:56.161| 21504|looper_logic|D| transport.cpp:190 |RequestCallback > recv succ",
    "[I][08-15/13:01:19.582+9.0][838,91395][signal_manager.cc:4499]message",
    OPENED,
    OPENED.replace("+0800", "-0500"),
    CLOSED,
    BEGIN,
    END,
    "get mmap time: 1",
    "MARS_PATH: release/2024-t2.1",
    "TIM: ======  SDK Version: 7.7.5282",
    "[E][2024-01-01 +8.0 09:12:33.123]",
    "[W][2024-01-01 +8.0 09:1",
    "TIM: 2024-01-01 08:47:04.162 W 41",
    "[F][ sg_buffer_async.Length() >= BUFFER_BLOCK_LENTH*4/5, len: 153084",
]  # fmt: skip

GOING_ON = [
    "",
    "\tat com.tencent.mm.A.run(A.java:12)",
    "[I][not a real line]",
    "message_status:success|IsOnlineOnly:false|platform:Android",
    "群名:测试群4",
    "TIM: no",
    "[E][123][2, 3][no date",
    " [E][2024-01-01 +8.0 09:12:33.123][1, 2][t][a.cc:1, f][indented",
    "[X][2024-01-01 +8.0 09:12:33.123][1, 2][t][a.cc:1, f][no such level",
]

openers = st.sampled_from([line.encode() for line in OPENERS])
lines = st.one_of(
    openers,
    openers,
    st.sampled_from([line.encode() for line in GOING_ON]),
    st.binary(max_size=12).map(lambda data: data.replace(b"\0", b"").replace(b"\n", b"")),
)
texts = st.builds(
    lambda some, end: b"\n".join(some) + end,
    st.lists(lines, max_size=30),
    st.sampled_from([b"", b"\n"]),
)


@dataclass(frozen=True)
class Lost:
    """A loss as the decoder reports one."""

    offset: int
    length: int = 10
    reason: str = "bad payload"
    detail: str = "does not inflate"

    def mark(self):
        return f"[F][xlogdecode] {self.length} bytes at {self.offset}\n".encode()


@st.composite
def streams(draw, text=texts, most=1):
    """Draw at most so many texts that follow one another, the last line of each perhaps torn, cut
    into pieces, with losses between some of them.
    """
    parts = draw(st.lists(text, min_size=1, max_size=most))
    data = b"".join(parts)
    borders = [*accumulate(map(len, parts))][:-1]
    places = sorted(borders + draw(st.lists(st.integers(0, len(data)), max_size=6)))
    events, start = [], 0
    for place in [*places, len(data)]:
        if draw(st.integers(0, 9)) == 0:
            events.append(Lost(len(events)))
        events.append((len(events), data[start:place]))
        start = place
    return events


def expected_text(path: Path) -> bytes:
    """Return what went into a sample of the corpus."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
