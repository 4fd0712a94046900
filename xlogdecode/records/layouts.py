"""The line layouts as a table: what opens a record, and where its fields stand.

One table serves both lanes. The exact lane matches one whole record at a time (`Layout.shapes`);
the bulk lanes look only for the heads that open a record (`heads`). Both are built from the same
heads, so they cannot disagree on where a record begins. Every class is ASCII, so that a pattern
means the same on bytes and on text, and every field is bounded, so that no line takes long.

Sources: Mars `formater.cc` and `appender.cc` (2015 to 2024), log lines of IM SDK 4 to 8, LiteAV 9.
"""

import re
from dataclasses import dataclass
from typing import Final

__all__ = [
    "FATAL_NOTES", "FIELDS", "GOING_ON", "LAYOUTS", "LEVELS", "LONGEST_HEAD", "NOTES",
    "OPENS_NOTHING", "TIMED_STARTS", "Layout", "heads", "openings", "timed_heads", "unlike_others",
]  # fmt: skip

LEVELS: Final = "VDIWEF"
"""Mars's level letters, the gravest last."""

LONGEST_HEAD: Final = 2048
"""Bytes of a line that hold every head, and the time behind it."""

FIELDS: Final = (
    "text", "level", "hour", "clock", "zone", "who", "tag", "file", "at", "function", "message",
)  # fmt: skip
"""The groups of a shape: the whole record, and its parts as they are written.

`hour` is the date to the hour (with Mars, the zone between them), `clock` what follows it
(`:12:33.123`), `who` the process and thread, `at` the line of `file`. A group whose name starts
with `old_` stands for the other where it matched.
"""

DATE, DAY = "[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]", "[01][0-9]-[0-3][0-9]"
HOUR, SECONDS = "[0-2][0-9]", ":[0-5][0-9]:[0-5][0-9]"
ZONE = r"(?:(?:\+-|[+-])[0-9]{1,4}+(?:\.[0-9]{1,2})?|0)"
CLOCK = rf"(?P<clock>{SECONDS}\.[0-9][0-9][0-9])"
LEVEL = "(?P<level>@)"  # the wanted letters take the place of the @
PID = "-?[0-9]{1,19}+"

AT = "0|[1-9][0-9]{0,8}"
_TO_BRACKET = r"[^\n\]]{0,256}+(?:\][^\n\]]{0,256}+){0,9}?"  # to the first fitting "]["
_TO_BAR = r"[^\n| ]{0,256}+(?: +[^\n| ]{1,256}+){0,9}?"  # to the bar, but for the padding
_BRACKET, _TIM = rf"\[{LEVEL}\]\[", "TIM: [12].{22}+"

# name; head, in two parts; the fields up to the message, the richest first
#
# A head is as little of a line as tells it from any other: it is looked for at every line, and a
# line that was cut off in its fields opens a record too.
_RECORDS: Final = (
    (
        "mars",
        _BRACKET,
        r"[12][0-9][0-9][0-9]-[01]|\]\[-?[0-9]",
        rf"\[{LEVEL}\]\[(?:(?P<hour>{DATE} {ZONE} {HOUR}){CLOCK})?\]\[(?P<who>{PID}, {PID}\*?)\]\[",
        (
            (
                # file:line, function; before 2017 file, function, line
                rf"(?P<tag>{_TO_BRACKET})\]\[(?P<file>[^\n,:\[\]]{{0,256}}+)"
                rf"(?::(?P<at>{AT}), (?P<function>{_TO_BRACKET})"
                rf"|, (?P<old_function>[^\n]{{0,256}}?), (?P<old_at>{AT}))\]\["
            ),
        ),
    ),
    (
        "liteav",
        _BRACKET,
        "[01][0-9]-[0-3][0-9]/",
        rf"\[{LEVEL}\]\[(?P<hour>{DAY}/{HOUR}){CLOCK}(?P<zone>{ZONE})\]\[(?P<who>{PID},{PID})\]",
        (rf"\[(?P<file>[^\n:\]]{{0,256}}+):(?P<at>{AT})\]",),
    ),
    (
        "imsdk",
        _TIM,
        f" {LEVEL} ",
        rf"TIM: (?P<hour>{DATE} {HOUR}){CLOCK} {LEVEL} (?P<who>{PID}-{PID}) *",
        (
            rf"\|-(?P<file>[^\n|:]{{0,256}}+):(?P<at>{AT}) *(?P<function>{_TO_BAR}) *\|",
            rf"\|(?P<function>{_TO_BAR}) *\|",
        ),
    ),
    (
        "imsdk-4.6",
        _TIM,
        f"/{LEVEL}/",
        rf"TIM: (?P<hour>{DATE} {HOUR}){CLOCK}/{LEVEL}/(?P<who>{PID}-{PID}) *",
        (
            (
                r"/(?P<tag>[^\n/]{0,256}?) *-(?P<file>[^\n/ ]{0,256}?)"
                rf"\.(?P<at>{AT}) +(?P<function>[^\n/]{{0,512}}?) */"
            ),
        ),
    ),
    (
        "imsdk-4.0",
        "",
        rf"{DATE} {HOUR}:[0-9:.]{{9}}\| *{PID}\|[^\n|]{{0,64}}\|{LEVEL}\|",
        rf"(?P<hour>{DATE} {HOUR}){CLOCK}\| *(?P<who>{PID})\|(?P<tag>[^\n|]{{0,64}})\|{LEVEL}\|",
        (rf" *(?P<file>[^\n|:]{{0,256}}+):(?P<at>{AT}) *\|(?P<function>[^\n>]{{0,512}}?) *> ?",),
    ),
)

# name, head, rest of a line that tells a time: one line each, no records of the app
_BY = rf"\[(?P<who>{PID},{PID})\]\[(?P<hour>{DATE} {ZONE} {HOUR})(?P<clock>{SECONDS})\]"
_NOTES: Final = (
    ("opened", r"\^{10}", rf"[^\n]{{0,256}}?\^{{10}}{_BY}"),
    ("closed", r"\${10}", rf"[^\n]{{0,256}}?\${{10}}{_BY}"),
    ("recovery-begin", "~~~~~ begin of mmap ~~~~~", ""),
    ("recovery-end", "~~~~~ end of mmap ~~~~~", _BY),
    ("banner", "get mmap time: ", ""),
    ("banner", "log appender mode:", ""),
    ("banner", "del time out files time: ", ""),
    ("banner", "(?:log|cache) dir space info, ", ""),
    ("banner", "MARS_[A-Z_]{1,32}: ", ""),
    ("header", "TIM: =", ""),
    ("dropped", r"\[(?P<level>F)\]\[ sg_buffer_async\.Length\(\)", ""),
    ("clock-jump", r"\[(?P<level>F)\]\[ last log file:", ""),
    ("mark", r"\[(?P<level>F)\]\[xlogdecode\]", ""),
)
_NOTE_LETTERS = r"\^$~gldcMT"  # what the notes without a level start with


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which a record opens.

    The first of `shapes` that matches a line gives its FIELDS; the last always fits where the
    head does.
    """

    name: str
    shapes: tuple[re.Pattern[str], ...]
    joins: bool = True
    """Lines after it that open nothing belong to it."""


def _nameless(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


def openings(levels: str) -> list[str]:
    """Return the patterns of the heads that open a record of the app of one of `levels`.

    Without groups. They run at every line of a text, and are laid out so that most lines are done
    with early: each starts in its own way.
    """
    if not levels:
        return ["(?!)"]
    letters = f"[{levels}]"
    rows = [(row[1], _nameless(row[2]).replace("@", letters)) for row in _RECORDS]
    return [
        f"{_nameless(opening).replace('@', letters)}"
        f"(?:{'|'.join(rest for start, rest in rows if start == opening)})"
        for opening in (_BRACKET, _TIM, "")
    ]


def heads(levels: str) -> str:
    """Return the pattern of any of `openings`."""
    return "|".join(openings(levels))


def timed_heads() -> str:
    """Return the pattern of the heads that may tell a time, without groups."""
    notes = [_nameless(head + rest) for _, head, rest in _NOTES if rest]
    return "|".join([heads(LEVELS), *notes])


TIMED_STARTS: Final = rf"(?:\[[{LEVELS}]\]\[|TIM: [0-9]|[0-9]{{4}}-|\^\^|\$\$|~~~~~ e)"
"""The pattern of what `timed_heads` start with, whatever that is: for a quick look."""

_FATAL = r"\[(?P<level>F)\]\["
FATAL_NOTES: Final = "|".join(h.removeprefix(_FATAL) for _, h, _ in _NOTES if h.startswith(_FATAL))
"""What follows `[F][` in lines that are no records of the app, and yet have a level."""

_PLAIN_NOTES = "|".join(head for _, head, _ in _NOTES if "level" not in head)
NOTES: Final = rf"\[F\]\[(?:{FATAL_NOTES})|(?=[{_NOTE_LETTERS}])(?:{_PLAIN_NOTES})"
"""The pattern of all lines that are no records of the app."""

OPENS_NOTHING: Final = rf"[^\n\[12{_NOTE_LETTERS}]"
"""The pattern of what neither heads nor notes start with."""


def unlike_others(levels: str) -> list[str]:
    """Return what most heads of `levels` start with, where neither other heads nor notes do.

    Of the levels only F is in notes.
    """
    letters = levels.replace("F", "")
    return [rf"\[[{letters}]\]", rf"{_TIM} [{letters}] "] if letters else []


_OPENING = f"{heads(LEVELS)}|{NOTES}"
GOING_ON: Final = rf"(?:(?!{_OPENING}|\Z)[^\n]*+\n?)++"
"""The pattern of lines that open nothing."""

_LINE = r"(?P<message>[^\n]*+)\n?"


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?P<text>{pattern})")


def _record(name: str, opening: str, rest: str, fields: str, tails: tuple[str, ...]) -> Layout:
    cut_off = f"(?P<message>{opening}(?:{rest})[^\\n]*+)\\n?"
    patterns = [*(fields + tail + _LINE for tail in (*tails, "")), cut_off]
    return Layout(name, tuple(_shape(each.replace("@", f"[{LEVELS}]")) for each in patterns))


def _note(name: str, head: str, rest: str) -> Layout:
    patterns = [f"(?P<message>{head}{more}[^\\n]*+)\\n?" for more in dict.fromkeys((rest, ""))]
    return Layout(name, tuple(map(_shape, patterns)), joins=False)


LAYOUTS: Final = (
    *(_record(*row) for row in _RECORDS),
    *(_note(*row) for row in _NOTES),
)
