"""Where the IM SDK and LiteAV keep their logs, as a table.

A directory pattern is a path below a root, in literal steps and these:

    <package>             a folder named like an Android package: `com.example.chat`
    <package-in-folders>  folders, one a segment of a package: `com/example/chat`
    <hap>                 any one folder
    <folder>              any one folder, readable or not: it may be something else altogether
    <below>               the folder itself and all folders below it

Sources: Tencent's documentation of the IM SDK and the code of its releases; pub.dev for Flutter.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xlogdecode.errors import UsageError

__all__ = ["AUTO", "LAYOUTS", "FolderLayout", "is_package", "is_segment", "layouts_for", "nearest"]

AUTO: Final = "auto"


@dataclass(frozen=True, slots=True)
class FolderLayout:
    """One row of the table: where logs are below a root, and which SDK puts them there."""

    name: str
    family: str
    """Rows of one family belong to one kind of root."""
    sdk: str
    directories: tuple[str, ...]
    names: str = "imsdk"
    """The kind of the logs' names, a key of the table in `names`."""
    prefix: str = ""
    """Where logs are among other things, only entries that begin so are looked at."""
    shared: bool = False
    """The folder exists without the SDK too: only a log in it makes it a log folder."""
    asked_for: bool = False
    """Not part of `auto`."""


_IMSDK: Final = "log/tencent/imsdk"
_ROWS: Final = (
    FolderLayout(
        "android", "android", "Android, 4.8.50 and later",
        (f"Android/data/<package>/files/{_IMSDK}", f"Android/data/<package>/{_IMSDK}"),
    ),
    FolderLayout(
        "android-app", "android", "Android, the app's own storage or a part of a device",
        (
            f"files/{_IMSDK}", f"<package>/files/{_IMSDK}",
            f"data/data/<package>/files/{_IMSDK}", f"data/<package>/files/{_IMSDK}",
        ),
    ),
    FolderLayout(
        "android-legacy", "android", "Android before 4.8.50",
        (
            "tencent/imsdklogs/<package>", "tencent/imsdklogs/<package-in-folders>",
            "tencenet/imsdklogs/<package>", "tencenet/imsdklogs/<package-in-folders>",
        ),
    ),
    FolderLayout(
        "apple", "apple", "iOS and macOS, newer", ("Library/Caches/com_tencent_imsdk_log",)
    ),
    FolderLayout(
        "apple-legacy", "apple", "iOS and macOS, old", ("Library/Caches",),
        prefix="imsdk_", shared=True,
    ),
    FolderLayout(
        "windows", "windows", "Windows, beside the program",
        ("com_tencent_imsdk_log", "<folder>/com_tencent_imsdk_log"),
    ),
    FolderLayout(
        "windows-flutter", "windows", "Flutter plugin on Windows, 7.9 and later",
        (
            "Documents/TencentCloudChat/Log", "TencentCloudChat/Log",
            "AppData/Local/Temp/TencentCloudChat/Log",
        ),
    ),
    FolderLayout(
        "electron", "electron", "Electron",
        (
            ".tencent-im/sdk-log", ".config/<folder>/sdk-log", "AppData/Roaming/<folder>/sdk-log",
            "Library/Application Support/<folder>/sdk-log",
        ),
    ),
    FolderLayout(
        "harmony", "harmony", "HarmonyOS, 7.7 and later", ("haps/<hap>/cache",), shared=True
    ),
    FolderLayout(
        "harmony-flutter", "harmony", "Flutter plugin on HarmonyOS", (f"haps/<hap>/files/{_IMSDK}",)
    ),
    FolderLayout(
        "unity", "unity", "Unity",
        (
            "TIM-Log", ".TIM-Log", "Android/data/<package>/files/TIM-Log",
            "AppData/LocalLow/<folder>/<folder>/TIM-Log",
            "Library/Application Support/<folder>/<folder>/TIM-Log",
        ),
    ),
    FolderLayout("path", "path", "any: the app chose the folder", ("",), asked_for=True),
    FolderLayout(
        "logs", "logs", "any: a folder of collected logs, and all below it", ("<below>",),
        shared=True, asked_for=True,
    ),
    FolderLayout(
        "liteav-android", "android", "LiteAV on Android",
        (
            "log/tencent/liteav", "log/liteav", "Android/data/<package>/files/log/tencent/liteav",
            "Android/data/<package>/files/log/liteav",
            "Android/data/<package>/files/voiceai/log/liteav",
        ),
        names="liteav",
    ),
    FolderLayout(
        "liteav-windows", "windows", "LiteAV on Windows",
        (
            "tencent/liteav/log", "liteav/log", "voiceai/liteav/log",
            "AppData/Roaming/tencent/liteav/log", "AppData/Roaming/liteav/log",
            "AppData/Roaming/voiceai/liteav/log",
        ),
        names="liteav",
    ),
    FolderLayout(
        "liteav-apple", "apple", "LiteAV on iOS and macOS",
        ("Documents/log", "Documents/voiceai/log"), names="liteav", shared=True,
    ),
    FolderLayout(
        "liteav-harmony", "harmony", "LiteAV on HarmonyOS",
        ("haps/<hap>/files", "haps/<hap>/files/voiceai/liteav/log"),
        names="liteav", prefix="LiteAV_", shared=True,
    ),
)  # fmt: skip

LAYOUTS: Final[Mapping[str, FolderLayout]] = {row.name: row for row in _ROWS}
"""Name -> layout. LiteAV's (`names` is `liteav`) are swept only where they are asked for."""


def layouts_for(choice: str, *, liteav: bool = False) -> tuple[FolderLayout, ...]:
    """Return the layouts that `choice` means: a name, or `auto` for all that find themselves.

    `liteav` adds LiteAV's layouts of the same family. Raises UsageError for an unknown name.
    """
    if choice == AUTO:
        return tuple(row for row in _ROWS if not row.asked_for and (liteav or row.names == "imsdk"))
    if choice not in LAYOUTS:
        hint = nearest(choice, [AUTO, *LAYOUTS])
        names = ", ".join(LAYOUTS)
        raise UsageError(f"{choice!r} is not a layout{hint}; write {AUTO} or one of {names}")
    chosen = LAYOUTS[choice]
    also = (row for row in _ROWS if row.family == chosen.family and row.names == "liteav")
    return (chosen, *(row for row in also if liteav and row != chosen))


def nearest(word: str, known: list[str]) -> str:
    """Return a question that names the known word most like `word`; empty if none is."""
    import difflib  # only a mistake needs it

    close = difflib.get_close_matches(word, known, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def is_package(name: str) -> bool:
    """Return whether Android would take `name` for a package: two or more dotted segments."""
    return len(name) <= 255 and bool(
        re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+", name)
    )


def is_segment(name: str) -> bool:
    """Return whether `name` is a Java identifier, as each folder of `com/example/chat` is."""
    return bool(re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", name))
