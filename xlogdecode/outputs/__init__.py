"""Where the text goes: beside the sources or in a folder, in files that are whole or not there."""

from xlogdecode.outputs.apart import Apart, is_file_at
from xlogdecode.outputs.files import OpenFile, SaveFile
from xlogdecode.outputs.places import Places, log_beside
from xlogdecode.outputs.viewers import Escaped, Utf8

__all__ = [
    "Apart", "Escaped", "OpenFile", "Places", "SaveFile", "Utf8", "is_file_at", "log_beside",
]  # fmt: skip
