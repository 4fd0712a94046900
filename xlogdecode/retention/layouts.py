"""Where the IM SDK and LiteAV keep their logs, and what a log is called, as two tables.

A directory pattern is a path below a root, in literal steps and these:

    <package>             a folder named like an Android package: `com.example.chat`
    <package-in-folders>  folders, one a segment of a package: `com/example/chat`
    <hap>                 any one folder
    <program>             any one folder, readable or not: it may be no program's at all

Sources: Tencent's documentation of the IM SDK and the code of its releases; pub.dev for Flutter.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from xlogdecode.errors import UsageError

__all__ = [
    "AUTO", "LAYOUTS", "Layout", "LogName", "is_package", "is_segment", "layouts_for", "recognise",
]  # fmt: skip

AUTO: Final = "auto"


@dataclass(frozen=True, slots=True)
class Layout:
    """One row of the table: where logs lie below a root, and who puts them there."""

    name: str
    family: str
    """Rows of one family belong to one kind of root."""
    sdk: str
    directories: tuple[str, ...]
    names: str = "imsdk"
    """The key in `_NAMES` of what logs are called here."""
    prefix: str = ""
    """Where logs lie among other things, only entries that begin so are looked at."""


_ROWS: Final = (
    Layout(
        "android", "android", "Android, 4.8.50 and later",
        (
            "Android/data/<package>/files/log/tencent/imsdk",
            "Android/data/<package>/log/tencent/imsdk",
        ),
    ),
    Layout(
        "android-legacy", "android", "Android before 4.8.50",
        (
            "tencent/imsdklogs/<package>", "tencent/imsdklogs/<package-in-folders>",
            "tencenet/imsdklogs/<package>", "tencenet/imsdklogs/<package-in-folders>",
        ),
    ),
    Layout("apple", "apple", "iOS and macOS, newer", ("Library/Caches/com_tencent_imsdk_log",)),
    Layout("apple-legacy", "apple", "iOS and macOS, old", ("Library/Caches",), prefix="imsdk_"),
    Layout(
        "windows", "windows", "Windows, beside the program",
        ("com_tencent_imsdk_log", "<program>/com_tencent_imsdk_log"),
    ),
    Layout(
        "windows-flutter", "windows", "Flutter plugin on Windows, 7.9 and later",
        (
            "Documents/TencentCloudChat/Log", "TencentCloudChat/Log",
            "AppData/Local/Temp/TencentCloudChat/Log",
        ),
    ),
    Layout("electron", "electron", "Electron", (".tencent-im/sdk-log",)),
    Layout("harmony", "harmony", "HarmonyOS, 7.7 and later", ("haps/<hap>/cache",)),
    Layout("path", "path", "any: the app chose the folder", ("",)),
    Layout(
        "liteav-android", "android", "LiteAV on Android",
        (
            "log/tencent/liteav", "Android/data/<package>/files/log/tencent/liteav",
            "Android/data/<package>/files/log/liteav",
        ),
        names="liteav",
    ),
    Layout(
        "liteav-windows", "windows", "LiteAV on Windows",
        (
            "tencent/liteav/log", "liteav/log",
            "AppData/Roaming/tencent/liteav/log", "AppData/Roaming/liteav/log",
        ),
        names="liteav",
    ),
    Layout("liteav-apple", "apple", "LiteAV on iOS and macOS", ("Documents/log",), names="liteav"),
)  # fmt: skip

LAYOUTS: Final[Mapping[str, Layout]] = {row.name: row for row in _ROWS}
"""Name -> layout. LiteAV's (`names` is `liteav`) are swept only where they are asked for."""


def layouts_for(choice: str, *, liteav: bool = False) -> tuple[Layout, ...]:
    """Return the layouts that `choice` (a name, or `auto`: all but `path`) stands for.

    `liteav` adds LiteAV's layouts of the same family. Raises UsageError for an unknown name.
    """
    if choice == AUTO:
        return tuple(
            row for row in _ROWS if row.name != "path" and (liteav or row.names == "imsdk")
        )
    if choice not in LAYOUTS:
        raise UsageError(f"{choice!r} is no layout: write {AUTO} or one of {', '.join(LAYOUTS)}")
    chosen = LAYOUTS[choice]
    also = (row for row in _ROWS if row.family == chosen.family and row.names == "liteav")
    return (chosen, *(row for row in also if liteav and row != chosen))


# Whole names, in ASCII and in the SDK's own case: `fullmatch` is the only way these are used.
_NAMES: Final = {
    "imsdk": (
        r"imsdk_(?:C_)?(?P<day>[0-9]{8})(?:[-_](?P<number>[0-9]{1,9}))?\.xlog(?P<decoded>\.log)?",
        r"imsdk_(?P<day>[0-9]{8})\.log",
    ),
    "liteav": (
        r"LiteAV_[CR]_(?P<day>[0-9]{8})(-[0-9]{1,10})?(_(?P<number>[0-9]{2}))?\.(clog|xlog(?P<decoded>\.log)?)",
    ),
}


@dataclass(frozen=True, slots=True)
class LogName:
    """What a log's name says."""

    day: date | None
    """None where the eight digits are no day of any calendar, as in `20240230`."""
    number: int
    """The N of `-N` or `_N`; 0 without one."""
    source: str
    """The name itself, or for text decoded beside its source the source's name."""


def recognise(name: str, names: str) -> LogName | None:
    """Return what `name` says if it is wholly a log's name of the kind `names`, else None."""
    for pattern in _NAMES[names]:
        if match := re.fullmatch(pattern, name):
            found = match.groupdict()
            source = name.removesuffix(found.get("decoded") or "")
            return LogName(_day(found["day"]), int(found.get("number") or 0), source)
    return None


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def is_package(name: str) -> bool:
    """Tell whether Android would take `name` for a package: two or more dotted segments."""
    return len(name) <= 255 and bool(
        re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+", name)
    )


def is_segment(name: str) -> bool:
    """Tell whether `name` is a Java identifier, such as a folder of `com/example/chat` is."""
    return bool(re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", name))
