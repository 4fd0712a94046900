"""Where the text goes: beside the sources or in a folder, in files that are complete or absent."""

from xlogdecode.outputs.sanitize import Escaped, Utf8
from xlogdecode.platform.files import OpenFile, SaveFile, is_file_at

__all__ = ["Escaped", "OpenFile", "SaveFile", "Utf8", "is_file_at"]
