"""Tencent Mars xlog files: blocks into text, and log folders kept to seven days."""

from xlogdecode.calls import decode_file, iter_text, read_keys
from xlogdecode.decode import DamagedError, Options, Piece, decode, decode_bytes, iter_decode
from xlogdecode.errors import XlogError
from xlogdecode.many import Decoded, decode_many
from xlogdecode.report import Loss, Note, Report

__all__ = [
    "DamagedError", "Decoded", "Loss", "Note", "Options", "Piece", "Report", "XlogError", "decode",
    "decode_bytes", "decode_file", "decode_many", "iter_decode", "iter_text", "read_keys",
]  # fmt: skip

__version__ = "0.1.0"
