"""Tencent Mars xlog files: blocks into text and records, and log folders kept to seven days."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlogdecode.api import (
        decode_file,
        iter_lines,
        iter_text,
        merge,
        read_arrow,
        read_records,
        redact,
        summarize,
    )
    from xlogdecode.decoder.decode import decode_bytes, iter_decode
    from xlogdecode.decoder.options import DamagedError, Options, Piece
    from xlogdecode.decoder.report import Loss, Note, Report
    from xlogdecode.encode import XlogHandler, XlogWriter, encode_bytes
    from xlogdecode.errors import (
        ConfigError,
        InputError,
        KeyFileError,
        MissingExtraError,
        OutputError,
        UsageError,
        XlogError,
    )
    from xlogdecode.filters import Filter, parse_level
    from xlogdecode.jobs.batch_job import BatchJob
    from xlogdecode.jobs.exit_status import Status
    from xlogdecode.jobs.nightly import BatchResult, batch
    from xlogdecode.jobs.paths import decode_paths
    from xlogdecode.jobs.result import Result
    from xlogdecode.keys import read_keys
    from xlogdecode.records import Record
    from xlogdecode.records.layout_file import read_layouts
    from xlogdecode.records.own_layout import LineLayout
    from xlogdecode.records.sessions import Session, read_sessions
    from xlogdecode.retention.run import sweep
    from xlogdecode.summary import Summary
    from xlogdecode.when import parse_bound

__all__ = [
    "BatchJob", "BatchResult", "ConfigError", "DamagedError", "Filter", "InputError",
    "KeyFileError", "LineLayout", "Loss", "MissingExtraError", "Note", "Options", "OutputError",
    "Piece", "Record", "Report", "Result", "Session", "Status", "Summary", "UsageError",
    "XlogError", "XlogHandler", "XlogWriter", "batch", "decode_bytes", "decode_file",
    "decode_paths", "encode_bytes", "iter_decode", "iter_lines", "iter_text", "merge",
    "parse_bound", "parse_level", "read_arrow", "read_keys", "read_layouts", "read_records",
    "read_sessions", "redact", "summarize", "sweep",
]  # fmt: skip

__version__ = "0.2.0"

_MODULES = {
    "api": (
        "decode_file", "iter_lines", "iter_text", "merge", "read_arrow", "read_records", "redact",
        "summarize",
    ),
    "decoder.decode": ("decode_bytes", "iter_decode"),
    "encode": ("XlogHandler", "XlogWriter", "encode_bytes"),
    "errors": (
        "ConfigError", "InputError", "KeyFileError", "MissingExtraError", "OutputError",
        "UsageError", "XlogError",
    ),
    "filters": ("Filter", "parse_level"),
    "jobs.batch_job": ("BatchJob",),
    "jobs.nightly": ("BatchResult", "batch"),
    "jobs.paths": ("decode_paths",),
    "jobs.result": ("Result",),
    "jobs.exit_status": ("Status",),
    "keys": ("read_keys",),
    "decoder.options": ("DamagedError", "Options", "Piece"),
    "records": ("Record",),
    "records.layout_file": ("read_layouts",),
    "records.own_layout": ("LineLayout",),
    "decoder.report": ("Loss", "Note", "Report"),
    "records.sessions": ("Session", "read_sessions"),
    "retention.run": ("sweep",),
    "summary": ("Summary",),
    "when": ("parse_bound",),
}  # fmt: skip
"""Each is imported when a name of it is used: a sweep needs no decoder, which takes 50 ms, and
decoding no patterns of records, which take 35.
"""


if not TYPE_CHECKING:  # to type checkers a name that does not exist is an error

    def __getattr__(name: str) -> Any:
        """Import a public name, or a module, when it is first used."""
        import importlib.util  # the command uses no name of these

        for module, names in _MODULES.items():
            if name in names:
                return getattr(importlib.import_module(f"{__name__}.{module}"), name)
        if importlib.util.find_spec(f"{__name__}.{name}"):
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return what is public."""
    return __all__
