"""Text -> blocks: what Mars's own writer does, for Python programs, fixtures and round trips."""

from xlogdecode.encode.blocks import encode_bytes, iter_blocks
from xlogdecode.encode.cipher import parse_public_key
from xlogdecode.encode.handler import XlogFormatter, XlogHandler
from xlogdecode.encode.writer import XlogWriter

__all__ = [
    "XlogFormatter", "XlogHandler", "XlogWriter", "encode_bytes", "iter_blocks", "parse_public_key",
]  # fmt: skip
