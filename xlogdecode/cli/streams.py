"""Standard output, for text: as it is, or safe to look at."""

import sys

from xlogdecode.outputs import Escaped, OpenFile
from xlogdecode.types import Sink

__all__ = ["standard_output", "viewer"]


def standard_output() -> OpenFile:
    """Return standard output, whatever Python made of it."""
    sys.stdout.flush()
    return OpenFile(sys.stdout.fileno(), "standard output")


def viewer() -> Sink:
    """Return standard output, safe to look at if that is a terminal."""
    return Escaped(standard_output()) if sys.stdout.isatty() else standard_output()
