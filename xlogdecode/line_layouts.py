"""The layouts of lines on one page, as a table from which all patterns of lines are made.

A new layout is one row of `RECORD_ROWS`: records and filters (`records.layouts`), the search for
plain-text logs (`framing.plaintext`) and the formats for lnav (`writers.lnav`) follow from it.
Every class is ASCII, so that a pattern means the same on bytes and on text, and every field is
bounded, so that no line takes long.

Sources: Mars `formater.cc` and `appender.cc` (2015 to 2024), log lines of IM SDK 4 to 8, LiteAV 9.
"""

import re
from typing import Final, NamedTuple

__all__ = [
    "CLOCK", "DATE", "DAY", "FIELDS", "HOUR", "LEVEL", "LEVELS", "LEVEL_WORDS", "LONGEST_OPENING",
    "NOTE_ROWS", "PID", "RECORD_ROWS", "SECONDS", "ZONE", "RecordRow", "first_signs", "signatures",
    "unnamed",
]  # fmt: skip

LEVELS: Final = "VDIWEF"
"""Mars's level letters, the most severe last."""

LEVEL_WORDS: Final = {
    "V": ("V", "VERBOSE", "T", "TRACE", "FINE", "FINER", "FINEST"),
    "D": ("D", "DEBUG", "DBG"),
    "I": ("I", "INFO", "INFORMATION", "N", "NOTICE", "CONFIG"),
    "W": ("W", "WARN", "WARNING"),
    "E": ("E", "ERROR", "ERR"),
    "F": ("F", "FATAL", "A", "ASSERT", "C", "CRIT", "CRITICAL", "SEVERE", "ALERT", "PANIC"),
}
"""Mars's level letters -> what loggers of apps write, in capitals."""

FIELDS: Final = (
    "text", "level", "hour", "clock", "zone", "who", "tag", "file", "at", "function", "message",
)  # fmt: skip
"""The groups of a record: its text, and its parts as they are written.

`hour` is the date to the hour (with Mars, the zone between them), `clock` what follows it
(`:12:33.123`), `who` the process and thread, `at` the line of `file`.
"""

LONGEST_OPENING: Final = 32
"""Bytes that a signature may match."""

DATE, DAY = "[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]", "[01][0-9]-[0-3][0-9]"
HOUR, SECONDS = "[0-2][0-9]", ":[0-5][0-9]:[0-5][0-9]"
ZONE = r"(?:(?:\+-|[+-])[0-9]{1,4}+(?:\.[0-9]{1,2})?|0)"
CLOCK = rf"(?P<clock>{SECONDS}\.[0-9][0-9][0-9])"
LEVEL = f"(?P<level>[{LEVELS}])"
PID = "-?[0-9]{1,19}+"

_AT = "(?P<at>0|[1-9][0-9]{0,8})"
_TO_BRACKET = r"[^\n\]]{0,256}+(?:\][^\n\]]{0,256}+){0,9}?"  # to the first fitting "]["
_TO_BAR = r"[^\n| ]{0,256}+(?: +[^\n| ]{1,256}+){0,9}?"  # to the bar, but for the padding
_BRACKET, _TIM = rf"\[{LEVEL}\]\[", "TIM: [12].{22}+"


class RecordRow(NamedTuple):
    """One way in which a record opens.

    A head is as little of a line as tells it from any other: it is looked for at every line, and a
    line that was cut off in its fields opens a record too.
    """

    name: str
    start: str
    """The start of the head: a sign or a class of signs, then any pattern. Rows with the same text
    here are looked for together; of two others no line starts with both."""
    head: str
    """The rest of the head; the level is in one of the two."""
    fields: str
    """The fields that each record has."""
    tails: tuple[tuple[str, ...], ...]
    """The fields behind them up to the message, the richest first; of each, what its forms share,
    then the forms, at most two, if there are several."""
    table: str
    """The format for lnav, which may hold several layouts."""
    title: str
    """The program that logs so."""
    samples: tuple[str, ...]
    """Lines, one of each form."""
    signature: str = ""
    """The start of a line outside any block, in at most LONGEST_OPENING bytes; if empty, the
    head."""
    divider: str = ""
    """A sign that no field of a head has, and that is equally often in each head whose fields are
    all there, the last time as its last sign. Heads are cut at it, many at once."""


RECORD_ROWS: list[RecordRow] = [
    RecordRow(
        "mars",
        _BRACKET,
        r"[12][0-9][0-9][0-9]-[01]|\]\[-?[0-9]",
        rf"\[{LEVEL}\]\[(?:(?P<hour>{DATE} {ZONE} {HOUR}){CLOCK})?\]\[(?P<who>{PID}, {PID}\*?)\]\[",
        (
            (  # file:line, function; before 2017 file, function, line
                rf"(?P<tag>{_TO_BRACKET})\]\[(?P<file>[^\n,:\[\]]{{0,256}}+)",
                rf":{_AT}, (?P<function>{_TO_BRACKET})\]\[",
                rf", (?P<function>[^\n]{{0,256}}?), {_AT}\]\[",
            ),
        ),
        "mars_xlog",
        "Tencent Mars xlog",
        (
            (
                "[I][2024-01-01 +8.0 09:12:33.123][2211, 2240*][mars::stn]"
                "[longlink.cc:123, __RunReadWrite][task id:7 timed out"
            ),
            (
                "[E][2020-04-27 +8.0 18:47:24.392][6989, 10765105216][]"
                "[TXCAudioCore.mm, XThrowIfError, 54][init auGraph failed"
            ),
            ("[I][2023-03-30 +80 09:53:21.364][26394, 1*][SystemInfo][, , 0][VERSION.RELEASE:[12]"),
        ),
    ),
    RecordRow(
        "liteav",
        _BRACKET,
        f"{DAY}/",
        rf"\[{LEVEL}\]\[(?P<hour>{DAY}/{HOUR}){CLOCK}(?P<zone>{ZONE})\]\[(?P<who>{PID},{PID})\]",
        ((rf"\[(?P<file>[^\n:\]]{{0,256}}+):{_AT}\]",),),
        "liteav_log",
        "Tencent LiteAV",
        ("[I][08-15/13:01:19.582+9.0][838,91395][signal_manager.cc:4499]message",),
        divider="]",
    ),
    RecordRow(
        "imsdk",
        _TIM,
        f" {LEVEL} ",
        rf"TIM: (?P<hour>{DATE} {HOUR}){CLOCK} {LEVEL} (?P<who>{PID}-{PID}) *",
        (
            (rf"\|-(?P<file>[^\n|:]{{0,256}}+):{_AT} *(?P<function>{_TO_BAR}) *\|",),
            (r"\|-(?P<tag>[^\n|: ]{1,256}+) *\|",),  # 8.x, Java: a module, and no file
            (rf"\|-(?P<tag>[^\n|: ]{{1,256}}+) +(?P<function>{_TO_BAR}) *\|",),
            (rf"\|(?P<function>{_TO_BAR}) *\|",),
        ),
        "imsdk_log",
        "Tencent IM SDK",
        (
            (
                "TIM: 2024-01-01 08:47:04.162 E 4104-4156       |-login.cpp:380      "
                "HandleA2D2OnlineResponse    |error_code:6206|error_message:UserSig expired"
            ),
            "TIM: 2025-01-01 08:47:04.162 I 4104-4156       |-NetworkInfoCenter   |connected",
        ),
        "TIM: ",
        divider="|",
    ),
    RecordRow(
        "imsdk-4.6",
        _TIM,
        f"/{LEVEL}/",
        rf"TIM: (?P<hour>{DATE} {HOUR}){CLOCK}/{LEVEL}/(?P<who>{PID}-{PID}) *",
        (
            (
                (
                    r"/(?P<tag>[^\n/]{0,256}?) *-(?P<file>[^\n/ ]{0,256}?)"
                    rf"\.{_AT} +(?P<function>[^\n/]{{0,512}}?) */"
                ),
            ),
        ),
        "imsdk_log",
        "Tencent IM SDK",
        (
            (
                "TIM: 2020-01-21 09:55:32.904/E/22008-22113     /Common      -tls.cpp.216  "
                "Unpack0xa0b      /oidb head return failed:70001"
            ),
        ),
        "TIM: ",
        divider="/",
    ),
    RecordRow(
        "imsdk-4.0",
        rf"{DATE} {HOUR}:",
        rf"[0-9:.]{{9}}\|(?: *{PID}\|)?[^\n|]{{0,64}}\|{LEVEL}\|",
        (  # 4.0.12 has no thread
            rf"(?P<hour>{DATE} {HOUR}){CLOCK}\|(?: *(?P<who>{PID})\|)?"
            rf"(?P<tag>[^\n|]{{0,64}})\|{LEVEL}\|"
        ),
        ((rf" *(?P<file>[^\n|:]{{0,256}}+):{_AT} *\|(?P<function>[^\n>]{{0,512}}?) *> ?",),),
        "imsdk_log",
        "Tencent IM SDK",
        (
            (
                "2019-05-28 21:51:56.161| 21504|looper_logic|D| transport.cpp:190 "
                "|RequestCallbackOnSuccessAsync > recv succ"
            ),
            "2019-12-30 11:20:31.482|main|I| imsdk.cpp:88 |InitSdk > 1-Init|Succ|version=4.0.12",
        ),
        rf"{DATE} {HOUR}{SECONDS}[.,]",
    ),
]

# name, head, rest of a line that has a time: one line each, no records of the app
_BY = rf"\[(?P<who>{PID},{PID})\]\[(?P<hour>{DATE} {ZONE} {HOUR})(?P<clock>{SECONDS})\]"
NOTE_ROWS: Final = (
    ("opened", r"\^\^{9}", rf"[^\n]{{0,256}}?\^{{10}}{_BY}"),
    ("closed", r"\$\${9}", rf"[^\n]{{0,256}}?\${{10}}{_BY}"),
    ("recovery-begin", "~~~~~ begin of mmap (?:from other process )?~~~~~", ""),
    ("recovery-end", "~~~~~ end of mmap (?:from other process )?~~~~~", _BY),
    ("banner", "get mmap time: ", ""),
    ("banner", "log appender mode:", ""),
    ("banner", "del time out files time: ", ""),
    ("banner", "log dir space info, ", ""),
    ("banner", "cache dir space info, ", ""),
    ("banner", "MARS_[A-Z_]{1,32}: ", ""),
    ("header", "TIM: =", ""),
    ("dropped", r"\[(?P<level>F)\]\[ sg_buffer_async\.Length\(\)", ""),
    ("clock-jump", r"\[(?P<level>F)\]\[ last log file:", ""),
    ("mark", r"\[(?P<level>F)\]\[xlogdecode\]", ""),
)

_FIRST: Final = re.compile(
    r"(?:\\(?P<escaped>\W)|\[(?P<any>[^\]\\^-]+)\]|(?P<sign>[^\\\[(.|?*+{^$]))(?![?*+{])"
)


def unnamed(pattern: str, levels: str = LEVELS) -> str:
    """Return `pattern` for records of one of `levels`, without names of groups."""
    return re.sub(r"\(\?P<\w+>", "(?:", pattern.replace(LEVEL, f"[{levels}]"))


def first_signs(pattern: str) -> list[str]:
    """Return the signs that `pattern` may start with, each as a pattern.

    Raises ValueError unless it starts with a sign or with a class of single signs.
    """
    found = _FIRST.match(pattern)
    if not found:
        raise ValueError(f"{pattern!r}: a head starts with a sign, or with a class of signs")
    return [re.escape(sign) for sign in found["any"] or found["escaped"] or found["sign"]]


def signatures() -> bytes:
    """Return the pattern of what opens a line of a log outside any block.

    Each branch begins with one sign: `re` looks for those eight times as fast.
    """
    wanted = [row.signature or f"{row.start}(?:{row.head})" for row in RECORD_ROWS]
    wanted += [head for name, head, _ in NOTE_ROWS if name in {"opened", "closed"}]
    branches = []
    for pattern in map(unnamed, dict.fromkeys(wanted)):
        found = _FIRST.match(pattern)
        rest = pattern[found.end() if found else 0 :]
        branches += [sign + rest for sign in first_signs(pattern)]
    return f"(?:{'|'.join(branches)})".encode()
