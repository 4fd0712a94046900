"""Tencent Mars xlog files: blocks into text and records, and log folders kept to seven days."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlogdecode.api import decode_file, iter_text, read_keys, read_records
    from xlogdecode.decoder.decode import decode_bytes, iter_decode
    from xlogdecode.decoder.options import DamagedError, Options, Piece
    from xlogdecode.decoder.report import Loss, Note, Report
    from xlogdecode.errors import XlogError
    from xlogdecode.filters import Filter, parse_level
    from xlogdecode.jobs.many import Decoded, decode_many
    from xlogdecode.records import Record
    from xlogdecode.records.sessions import Session, read_sessions
    from xlogdecode.when import parse_bound

__all__ = [
    "DamagedError", "Decoded", "Filter", "Loss", "Note", "Options", "Piece", "Record", "Report",
    "Session", "XlogError", "decode_bytes", "decode_file", "decode_many", "iter_decode",
    "iter_text", "parse_bound", "parse_level", "read_keys", "read_records", "read_sessions",
]  # fmt: skip

__version__ = "0.1.0"

_ROOMS = {
    "api": ("decode_file", "iter_text", "read_keys", "read_records"),
    "decoder.decode": ("decode_bytes", "iter_decode"),
    "errors": ("XlogError",),
    "filters": ("Filter", "parse_level"),
    "jobs.many": ("Decoded", "decode_many"),
    "decoder.options": ("DamagedError", "Options", "Piece"),
    "records": ("Record",),
    "decoder.report": ("Loss", "Note", "Report"),
    "records.sessions": ("Session", "read_sessions"),
    "when": ("parse_bound",),
}
"""Each is imported when something of it is asked for: a sweep needs no decoder, which takes 50 ms,
and decoding no patterns of records, which take 35.
"""


def __getattr__(name: str) -> Any:
    """Import what is asked for: a public name, or a room."""
    import importlib.util  # a run of the command asks for nothing here

    for room, names in _ROOMS.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{room}"), name)
    if importlib.util.find_spec(f"{__name__}.{name}"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return what is public."""
    return __all__
