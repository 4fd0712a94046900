"""Where the bytes come from: files, folders, globs, archives, stores, pipes, standard input.

for item in iter_entries(["case.zip", "logs"], recursive=True):
    if isinstance(item, Entry):
        with item.source as source:  # within an archive: before the next item is asked for
            text = b"".join(iter_text(source))
"""

from xlogdecode.inputs.compressed import foreign_kind_of, kind_of
from xlogdecode.inputs.crash_buffers import SavedBlocks, unsaved_beside
from xlogdecode.inputs.entries import expand, iter_entries, iter_places, open_input, open_place
from xlogdecode.inputs.files import STDIN, STDIN_NAME, Entry, FoundFile, Input, Refusal
from xlogdecode.inputs.names import crash_buffers_of, is_crash_buffer, is_log
from xlogdecode.platform.files import FileInfo, is_url

__all__ = [
    "STDIN",
    "STDIN_NAME",
    "Entry",
    "FileInfo",
    "FoundFile",
    "Input",
    "Refusal",
    "SavedBlocks",
    "crash_buffers_of",
    "expand",
    "foreign_kind_of",
    "is_crash_buffer",
    "is_log",
    "is_url",
    "iter_entries",
    "iter_places",
    "kind_of",
    "open_input",
    "open_place",
    "unsaved_beside",
]  # fmt: skip
