"""Tencent Mars xlog files: blocks into text and records, and log folders kept to seven days."""

import importlib
from typing import TYPE_CHECKING, Any

from xlogdecode.calls import decode_file, iter_text, read_keys
from xlogdecode.decode import DamagedError, Options, Piece, decode, decode_bytes, iter_decode
from xlogdecode.errors import XlogError
from xlogdecode.many import Decoded, decode_many
from xlogdecode.report import Loss, Note, Report

if TYPE_CHECKING:
    from xlogdecode.filters import Filter, parse_level
    from xlogdecode.read import read_records
    from xlogdecode.records import Record
    from xlogdecode.sessions import Session, read_sessions
    from xlogdecode.when import parse_bound

__all__ = [
    "DamagedError", "Decoded", "Filter", "Loss", "Note", "Options", "Piece", "Record", "Report",
    "Session", "XlogError", "decode", "decode_bytes", "decode_file", "decode_many", "iter_decode",
    "iter_text", "parse_bound", "parse_level", "read_keys", "read_records", "read_sessions",
]  # fmt: skip

__version__ = "0.1.0"

_LATE = {
    "Filter": "filters",
    "Record": "records",
    "Session": "sessions",
    "parse_bound": "when",
    "parse_level": "filters",
    "read_records": "read",
    "read_sessions": "sessions",
}
"""What is imported when it is asked for: its patterns take 35 ms, and decoding needs none."""


def __getattr__(name: str) -> Any:
    """Return what is imported late."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATE[name]}"), name)
