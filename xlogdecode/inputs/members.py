"""The members of archives, one by one: those that can be read, and those refused."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from xlogdecode.inputs.bombs import Meter
from xlogdecode.inputs.files import Input, Member
from xlogdecode.inputs.names import natural_order
from xlogdecode.types import Source

__all__ = [
    "COPY", "TORN", "OpenMember", "Refused", "as_member", "days_in_order", "lowered", "seekable",
]  # fmt: skip

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


def days_in_order(place: str) -> list[tuple[bool, list[tuple[int, str, str]]]]:
    """Return what sorts members, by where they lie, as they were written."""
    return [natural_order(part) for part in place.split("/")]


def seekable(source: Source) -> IO[bytes] | None:
    """Return a file to be read from any place; None where `source` is none."""
    return source.file() if isinstance(source, Input) else None
