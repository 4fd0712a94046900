"""The target of a nightly job, on this machine or in a store: its lock, and its open manifest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from xlogdecode.jobs.journal import COPY, Journal, leased
from xlogdecode.jobs.manifest import Manifest
from xlogdecode.outputs.folders import FolderInStore, folder_at
from xlogdecode.platform.locks import locked

__all__ = ["WAITING", "open_target", "seen_target"]

WAITING: Final = ".xlogdecode/waiting"
"""The folder in the target for files that no commit has yet."""

_LOCK: Final = ".xlogdecode/lock"

_PATIENCE: Final = 2.0
"""Seconds to wait for the lock: processes of a run that was killed end within them."""


@contextmanager
def open_target(target: str) -> Iterator[Manifest]:
    """Hold the lock of a target, and open its manifest. Raises LockHeldError, OutputError."""
    folder = folder_at(target)
    if isinstance(folder, FolderInStore):
        with leased(folder) as lease, _copied(folder, Journal(folder, lease)) as manifest:
            yield manifest
        return
    lock = Path(target, _LOCK)
    remedy = "choose another target"
    with (
        locked(lock, remedy, holder="another run", patience=_PATIENCE),
        Manifest(Path(target, COPY), folder) as manifest,
    ):
        yield manifest


@contextmanager
def seen_target(target: str) -> Iterator[Manifest]:
    """Open the manifest of a target as it is now, to look at it; an empty one if there is none."""
    folder = folder_at(target)
    if isinstance(folder, FolderInStore):
        with _copied(folder, Journal(folder)) as manifest:
            yield manifest
        return
    path = Path(target, COPY)
    with Manifest(path if path.exists() else Path(":memory:"), folder) as manifest:
        yield manifest


@contextmanager
def _copied(folder: FolderInStore, journal: Journal) -> Iterator[Manifest]:
    with (
        TemporaryDirectory(prefix="xlogdecode-") as here,
        Manifest(Path(here, "manifest.sqlite"), folder, journal) as manifest,
    ):
        yield manifest
