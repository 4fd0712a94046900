"""`-F`: a log, and then what is written to it."""

from xlogdecode.cli.settings import Settings
from xlogdecode.cli.status import Status


def follow(path: str, settings: Settings, *, with_mmap: bool) -> Status:
    """Follow."""
    raise NotImplementedError
