"""The members of archives, one by one: those that can be read, and those refused."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from xlogdecode.inputs.bounds import Meter
from xlogdecode.inputs.files import Member

__all__ = ["COPY", "TORN", "OpenMember", "Refused", "as_member", "lowered"]

COPY = 256 << 10
"""Bytes that are moved at a time."""

TORN = (zipfile.BadZipFile, EOFError, ValueError, OSError, NotImplementedError, RuntimeError)
"""The errors of reading an archive that is damaged."""


@dataclass(frozen=True, slots=True)
class OpenMember:
    """A member, whose `source` can be read until the next one is asked for."""

    place: PurePosixPath
    source: Member


@dataclass(frozen=True, slots=True)
class Refused:
    """A member, or all of the archive (`name` is empty), that is not read, or not to its end."""

    name: str
    reason: str


def as_member(read: Callable[[int], bytes], meter: Meter | None) -> Member:
    """Return what reads with `read`, and ends where the archive is torn."""
    return Member(read, (tarfile.TarError, zlib.error, *TORN), meter.count if meter else None)


def lowered(error: Exception) -> str:
    """Return what `error` says, as the end of a line of ours."""
    text = str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
