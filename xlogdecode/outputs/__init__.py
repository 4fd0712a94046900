"""Where the text goes: beside the sources or in a folder, in files that are whole or not there."""

from xlogdecode.outputs.files import OpenFile, SaveFile
from xlogdecode.outputs.places import Places, log_beside
from xlogdecode.outputs.viewers import Escaped, Utf8

__all__ = ["Escaped", "OpenFile", "Places", "SaveFile", "Utf8", "log_beside"]
