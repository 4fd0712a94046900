"""The zstd library: Python's own from 3.14 on, before that the package `zstandard`.

Both offer the same five names; importing either takes 10 ms, so import this where it is needed.
"""

import sys

__all__ = ["ZstdError", "decompress", "new_decompressor", "opened", "stream_maker"]

if sys.version_info >= (3, 14):
    from xlogdecode.codecs.zstd_of_python import (
        ZstdError,
        decompress,
        new_decompressor,
        opened,
        stream_maker,
    )
else:
    from xlogdecode.codecs.zstd_package import (
        ZstdError,
        decompress,
        new_decompressor,
        opened,
        stream_maker,
    )
