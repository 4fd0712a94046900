"""Colours of a terminal: one table of styles for log text, messages and tables.

Codes are those of ECMA-48 (SGR). They are put around text only after that is made safe to show.
"""

import re
from typing import Final

__all__ = ["SOURCES", "STATES", "STYLES", "in_states", "painted"]

STYLES: Final = {
    # log text
    "warning": "33",
    "error": "31",
    "time": "2",
    "banner": "1",
    "mark": "7",
    "hit": "30;43",
    "gap": "36",
    # messages and tables
    "heading": "1",
    "ok": "32",
    "cut": "33",
    "damaged": "31",
    "encrypted": "35",
    "due": "33",
    "deleted": "31",
    "failed": "31",
    "kept": "2",
    "note": "36",
}
"""A kind of text -> the parameters of its code."""

SOURCES: Final = ("36", "35", "34", "32", "96", "95", "94", "92")
"""The parameters for the names of sources, in turn: not the colours of levels."""

STATES: Final = {
    "OK": "ok",
    "already plain text": "ok",
    "damaged": "damaged",
    "encrypted": "encrypted",
    "not an xlog file": "failed",
}
"""The words that begin what came of an input -> the style."""

_STATE: Final = re.compile(rf"(?:(?<=^)|(?<=; ))(?:{'|'.join(STATES)})(?=[:,])")


def painted(text: str, style: str) -> str:
    """Return `text`, which is safe to show, in a style of STYLES, or with such parameters."""
    return f"\x1b[{STYLES.get(style, style)}m{text}\x1b[0m" if text else text


def in_states(text: str) -> str:
    """Return what came of an input (`Report.summary`) with its states in colours."""
    return _STATE.sub(lambda found: painted(found[0], STATES[found[0]]), text)
