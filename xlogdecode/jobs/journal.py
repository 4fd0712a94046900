"""The manifest of a target in a store: a copy of it, and an object for each commit since.

SQLite needs a file, so a run works on a copy here. A commit is one object, which is there or not,
and has a number: of two runs that make the same one, the second is refused. At the end of a run the
copy goes back, with the number of the last commit that is in it, and the commits are removed. What
a killed run committed, the next one reads from its commits.
"""

import contextlib
import hashlib
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from xlogdecode.errors import InputError
from xlogdecode.outputs.folders import FolderInStore, Move
from xlogdecode.platform.locks import LockHeldError, locked

__all__ = ["COPY", "Commit", "Journal", "Lease", "leased"]

COPY: Final = ".xlogdecode/manifest.sqlite"
_COMMITS: Final = ".xlogdecode/commits"
_LOCK: Final = ".xlogdecode/lock"

_LEASE: Final = 30 * 60
"""Seconds for which a lock in a store holds if nobody renews it."""

_RENEWED: Final = 60
"""Seconds after which a commit renews it."""

_PATIENCE: Final = 2.0
"""Seconds to wait for a run on this machine: processes of one that was killed end within them."""


class Commit(NamedTuple):
    """The rows that a commit adds to the manifest, or replaces."""

    inputs: Sequence[Sequence[Any]]
    """The columns of `inputs`."""
    outputs: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    """Inputs whose outputs are replaced, each with the place of the new ones, and where these
    wait."""


class Lease:
    """The lock of a target in a store, which has to be renewed."""

    def __init__(self, folder: FolderInStore, here: str) -> None:
        """Take the folder, and a text by which runs of this machine know each other."""
        self._folder = folder
        self._here = here
        self._owner = secrets.token_hex(8)
        self._renewed = 0.0

    def take(self) -> None:
        """Take the lock. Raises LockHeldError while a run on another machine has it."""
        held = self._held()
        if held and held["here"] != self._here and (left := held["until"] - time.time()) > 0:
            raise LockHeldError(
                f"{self._folder.shown}: another run holds the lock, on {held['host']}; let it "
                f"finish: if it was killed, the lock ends in {max(1, round(left / 60))} minutes"
            )
        if held:
            self._folder.remove([_LOCK])
        self._folder.create(_LOCK, self._text())
        self._check()
        self._renewed = time.monotonic()

    def renew(self) -> None:
        """Keep the lock. Raises LockHeldError where another run took it."""
        self._check()
        if time.monotonic() - self._renewed >= _RENEWED:
            self._folder.write(_LOCK, self._text())
            self._renewed = time.monotonic()

    def release(self) -> None:
        """Give the lock back, if it is still held."""
        held = self._held()
        if held and held["owner"] == self._owner:
            self._folder.remove([_LOCK])

    def _check(self) -> None:
        held = self._held()
        if not held or held["owner"] != self._owner:
            raise LockHeldError(f"{self._folder.shown}: another run took the lock; let it finish")

    def _text(self) -> bytes:
        until = time.time() + _LEASE
        held = {"owner": self._owner, "host": socket.gethostname(), "here": self._here}
        return json.dumps(held | {"until": until}).encode()

    def _held(self) -> dict[str, Any] | None:
        data = self._folder.read(_LOCK)
        if data is None:
            return None
        try:
            held = json.loads(data)
            return {name: held[name] for name in ("owner", "host", "here")} | {
                "until": float(held["until"])
            }
        except (ValueError, TypeError, KeyError):
            raise InputError(
                f"{self._folder.shown}/{_LOCK}: is not a lock; remove it if no run goes on"
            ) from None


@contextlib.contextmanager
def leased(folder: FolderInStore) -> Iterator[Lease]:
    """Hold the lock of a target, against runs of this machine and of others.

    A run that was killed here is known for that at once: the system has dropped its lock on a file.
    Raises LockHeldError, OutputError, and XlogError where that file cannot be made.
    """
    import platformdirs

    mark = hashlib.sha256(folder.url.encode()).hexdigest()[:16]
    path = platformdirs.user_state_path("xlogdecode", appauthor=False) / f"batch-{mark}.lock"
    remedy = "set XDG_STATE_HOME to a folder that can be written"
    with locked(path, remedy, holder="another run", patience=_PATIENCE):
        found = os.stat(path)  # noqa: PTH116 - the file says which machine, or container, this is
        lease = Lease(folder, f"{socket.gethostname()} {found.st_dev} {found.st_ino}")
        lease.take()
        try:
            yield lease
        finally:
            lease.release()


class Journal:
    """The copy and the commits of a target."""

    def __init__(self, folder: FolderInStore, lease: Lease | None = None) -> None:
        """Take the folder; without a `lease` nothing is written."""
        self._folder = folder
        self._lease = lease

    def fetch(self, path: Path) -> bool:
        """Write the copy to `path`, if there is one."""
        return self._folder.fetch(COPY, path)

    def commits(self, after: int) -> Iterator[tuple[int, Commit]]:
        """Yield the commits behind a number, in their order. Raises InputError, OutputError."""
        for name in self._folder.names(_COMMITS):
            number = _number(name)
            if number <= after:
                continue
            try:
                yield number, Commit(**json.loads(self._folder.read(name) or b""))
            except (ValueError, TypeError):
                raise InputError(
                    f"{self._folder.shown}/{name}: is not a commit; use the version of xlogdecode "
                    "that wrote it"
                ) from None

    def commit(self, number: int, rows: Commit) -> None:
        """Write a commit. Raises LockHeldError if another run has made one of that number."""
        if self._lease is None:
            raise AssertionError("a run that only looks commits nothing")
        self._lease.renew()
        name, data = f"{_COMMITS}/{number:012}.json", json.dumps(rows._asdict()).encode()
        # the package may have tried twice, and be refused for its own first success
        if not self._folder.create(name, data) and self._folder.read(name) != data:
            raise LockHeldError(f"{self._folder.shown}: another run commits to it; let it finish")

    def save(self, path: Path, last: int) -> None:
        """Write the copy from `path`, in which all commits up to `last` are, and remove these."""
        if self._lease is None:
            return
        self._lease.renew()
        self._folder.take([Move(str(path), COPY)])
        names = self._folder.names(_COMMITS)
        self._folder.remove(name for name in names if _number(name) <= last)


def _number(name: str) -> int:
    """Return the number of a commit; 0 of what is not one."""
    number = Path(name).stem
    return int(number) if number.isdecimal() else 0
