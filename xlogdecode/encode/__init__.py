"""Text -> blocks: what Mars's own writer does, for Python programs, fixtures and round trips."""

from xlogdecode.encode.blocks import encode_bytes, iter_blocks
from xlogdecode.encode.handler import XlogFormatter, XlogHandler
from xlogdecode.encode.writer import XlogWriter
from xlogdecode.keys import parse_public_key

__all__ = [
    "XlogFormatter", "XlogHandler", "XlogWriter", "encode_bytes", "iter_blocks", "parse_public_key",
]  # fmt: skip
