"""A second xlog writer, for tests only: it shares no code with `xlogdecode`, not even a table.

`kinds` says what there is to write, `blocks` writes it, `crypt` and `codecs` are what payloads are
made of, `lines` makes text like an app's, `walk` takes a healthy file apart again.
"""

from tests.mars.blocks import (
    Block,
    block,
    crash_buffer,
    file_of,
    full_blocks,
    log,
    shuffled_key_bytes,
)
from tests.mars.crypt import Session, new_session, private_key
from tests.mars.kinds import KINDS, Kind, kind_of
from tests.mars.lines import imsdk_lines, mars_lines

__all__ = [
    "KINDS", "Block", "Kind", "Session", "block", "crash_buffer", "file_of", "full_blocks",
    "imsdk_lines", "kind_of", "log", "mars_lines", "new_session", "private_key",
    "shuffled_key_bytes",
]  # fmt: skip
