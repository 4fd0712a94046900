"""Values behind a bar, a blank, a bracket or ` is `: any word has them, so it must look private."""

import re
from typing import Final

__all__ = ["LOOSE", "is_loose_value"]

LOOSE: Final = frozenset("| >([")
"""The signs at whose end the value of a name begins, though they are often no signs."""
_IS: Final = " is "
_OPENS_CELL: Final = frozenset("|,;{[( \n\t")
_ENDS_CELL: Final = frozenset("|,;}\n")
_GOES_ON: Final = frozenset(":=({")
"""Behind a word they show that it is a name itself."""
_BEHIND: Final = {"(": ")", "[": "]", "->": "|,;) \n"}
"""A sign -> what may be behind a value that looks private, where the text does not end."""
_QUOTES: Final = frozenset("\"'\u201c\u300c\u300e\u300a")
_ID: Final = re.compile(r"(?=[^0-9]*[0-9])(?![0-9]{1,4}$)[\w.@#+/%~*=-]{4,}")
_NO_ID: Final = re.compile(
    r"0x|[vV]?[0-9]+(?:\.[0-9]+)*[A-Za-z%]{0,4}(?<![0-9]{5})$|[0-9]{4}[-/][0-9]{2}[-/]|[^=]*=[^=]"
    r"|[A-Za-z_]\w*:|[\w.-]+@[0-9]+(?:\.[0-9]+)+$"
)
"""An address in memory, a measure, a version, a date, another field, a package."""
_WRITTEN: Final = re.compile(r"[\w-]*[\w]*[._@#][\w.@#-]*[\w]$")
"""An id that no word of a sentence looks like."""
_OWNED: Final = re.compile(r"\w['\u2019]s \w|\w\u7684 ?\w")
"""The name of a device that says whose it is."""
_NAMES: Final = frozenset({"name", "address", "wifi"})
_STRICT: Final = frozenset({"phone", "card", "email", "ip", "location", "birthday", "avatar"})
_SHAPED: Final = re.compile(r"[^\n]*(?:[0-9]{5}|[0-9]\.[0-9]{4}|@|/|[0-9]-[0-9]|[0-9.:]{7})")
"""A value of one of these kinds that is more than a small number."""


def is_loose_value(text: str, start: int, stop: int, begin: int, end: int, kind: str) -> bool:
    """Tell whether the value from `begin` to `end` is one, though the sign may not be one.

    The name begins at `start`, and the sign ends at `stop`.
    """
    behind = text[end : end + 1]
    if behind in _GOES_ON and behind:
        return False
    value, is_quoted = text[begin:end], text[begin - 1] in _QUOTES
    if kind in _STRICT:
        return _SHAPED.match(value) is not None
    sign = "->" if text.startswith("->", stop - 2) else text[stop - 1]
    if sign == ">":
        return text[start - 1 : start] == "<" and behind == "<"
    if sign in _BEHIND:
        is_name = kind in _NAMES and (not value.isascii() or " " in value)
        return behind in _BEHIND[sign] and (is_name or _is_id(value))
    if sign == "|":
        opens = start == 0 or text[start - 1] in _OPENS_CELL
        if not (opens and (not behind or behind in _ENDS_CELL)):
            return False
        return kind in _NAMES or _is_id(value) or (len(value) > 2 and text[start - 1] == "|")
    says = text.startswith(_IS, stop - len(_IS))
    if kind in _NAMES:
        return is_quoted or (says and not value[0].islower())
    if kind == "device" and (_OWNED.search(value) or (says and not value.islower())):
        return True
    return is_quoted or _is_id(value) or (says and _WRITTEN.match(value) is not None)


def _is_id(value: str) -> bool:
    return _ID.match(value) is not None and not _NO_ID.match(value)
