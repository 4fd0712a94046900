"""Names: which files are logs, in what order they were written, and which names are hostile."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePosixPath

__all__ = [
    "LOOKED_FOR", "crash_buffers_of", "is_archive", "is_crash_buffer", "is_log", "is_tar_name",
    "natural_order", "safe_place", "without_ending",
]  # fmt: skip

LOOKED_FOR = "*.xlog, LiteAV_*.clog, *.mmap2, *.mmap3"
"""The names of logs, for people."""

# patterns are text here, and compiled once one is asked for: most runs ask for none
_BUFFER_ENDINGS = (".mmap2", ".mmap3")
_LOG_ENDINGS = (".xlog", *_BUFFER_ENDINGS)
_CLOG = r"(?s)liteav_.*\.clog"  # other programs have files that end so, too
_PLAIN_LOG = r"(?s)imsdk_.*\.log"
_DECODED = r"\.(?:xlog|mmap[23]|log)(?:~\d+)?\.log\Z"
"""The endings of a log's text, as `outputs.Places` names it."""
_PACKED = r"(?i)(?:\.tar)?\.(?:gz|zstd?|xz|bz2)\Z|\.(?:zip|tar|tgz|tzst|txz|tbz2?|7z|rar)\Z"
_PACKED_ALONE = {".gz", ".zst", ".zstd", ".xz", ".bz2"}
_TAR = r"(?i)\.tar(?:\.\w+)?\Z|\.(?:tgz|tzst|txz|tbz2?)\Z"
_CONTROL = r"[\x00-\x1f\x7f]"
_DATED = r"(?i)(.+)_\d{8}(?:[_-]\d+)*\.xlog"


def is_log(name: str, *, plain: bool) -> bool:
    """Tell whether `name` is a log's or a crash buffer's; with `plain` also one of before 4.7.1.

    Never the text of either (`a.xlog.log`, `imsdk_C.mmap2~2.log`).
    """
    lower = name.lower()
    if lower.endswith(_LOG_ENDINGS) or (lower.endswith(".clog") and re.fullmatch(_CLOG, lower)):
        return True
    return plain and not re.search(_DECODED, lower) and bool(re.fullmatch(_PLAIN_LOG, lower))


def is_crash_buffer(name: str) -> bool:
    """Tell whether `name` is a crash buffer's."""
    return name.lower().endswith(_BUFFER_ENDINGS)


def crash_buffers_of(log: str) -> tuple[str, ...]:
    """Return the names that the crash buffer beside the log named `log` may have."""
    match = re.fullmatch(_DATED, log)
    return tuple(f"{match[1]}{ending}" for ending in _BUFFER_ENDINGS) if match else ()


def natural_order(name: str) -> tuple[bool, list[tuple[int, str, str]]]:
    """Return what sorts names as they were written: `_10` behind `_9`, crash buffers last."""
    parts = re.findall(r"0*([0-9]*)([^0-9]*)", name)
    # a number by its length first, and not as int(), which refuses more than 4,300 digits
    return is_crash_buffer(name), [(len(digits), digits, text) for digits, text in parts]


def is_archive(name: str) -> bool:
    """Tell whether `name` is one that archives have, or a log that is packed by itself."""
    ending = re.search(_PACKED, name)
    if ending is None or ending[0].lower() not in _PACKED_ALONE:
        return ending is not None
    return is_log(name[: ending.start()], plain=True)


def is_tar_name(name: str) -> bool:
    """Tell whether `name` is a tar's, packed or not."""
    return bool(re.search(_TAR, name))


def without_ending(name: str) -> str:
    """Return an archive's name without what says that it is one: `a.tar.gz` -> `a`."""
    return re.sub(_PACKED, "", name) or name


def safe_place(name: str) -> "PurePosixPath | str":
    """Return the path of the member called `name` in its archive, or why that name is refused."""
    from pathlib import PurePosixPath  # most runs open no archive

    slashed = name.replace("\\", "/")
    if slashed.startswith("/") or re.match(r"[A-Za-z]:", slashed):
        return "has an absolute name"
    if re.search(_CONTROL, name):
        return "has control characters in its name"
    place = PurePosixPath(slashed)
    if ".." in place.parts:
        return "has a name that leads out of the archive"
    if not place.name:
        return "has no name"
    return place
