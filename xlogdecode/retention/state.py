"""The memory of sweeps: when each last ran, and locks, so that no folder is swept twice at once."""

import contextlib
import errno
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from xlogdecode.errors import XlogError
from xlogdecode.platform.files import write_durably
from xlogdecode.platform.locks import CAREFUL, LockHeldError, locked

__all__ = ["LockHeldError", "State", "locked"]


class State:
    """The memory of one policy, in two files of the state folder."""

    def __init__(self, folder: Path | None, policy: Iterable[str]) -> None:
        """Use `folder`, by default the user's; `policy` is the text by which it is known."""
        key = _key(policy)
        self._folder = folder or _user_folder()
        self._file = self._folder / f"sweep-{key}.json"
        self._lock = self._folder / f"sweep-{key}.lock"

    @contextlib.contextmanager
    def locked(
        self, folders: Iterable[str] = (), stop: Callable[[], bool] = lambda: False
    ) -> Iterator[None]:
        """Hold the lock of the policy, and that of the set of `folders`, if there are any.

        Waits a minute, or until `stop` is true, for another policy of the same folders: cron may
        begin both at once. Raises LockHeldError, and XlogError where they cannot be made.
        """
        remedy = "choose a folder with --state"
        paths = sorted(folders)
        lock = self._folder / f"sweep-{_key(paths)}.lock"
        with locked(self._lock, remedy):
            if paths and lock != self._lock:
                with locked(lock, remedy, patience=PATIENCE, stop=stop):
                    yield
            else:
                yield

    def clock_was_right(self) -> datetime | None:
        """Return when the clock was last known to be plausible."""
        return self._read().get("clock")

    def last_run(self) -> datetime | None:
        """Return when the last run began, if it is known."""
        return self._read().get("last_run")

    def last_success(self) -> datetime | None:
        """Return when the last run that met no failure ended, if it is known."""
        return self._read().get("last_success")

    def remember(self, **times: datetime) -> None:
        """Write `last_run`, `last_success` or `clock`. Raises XlogError."""
        known = {**self._read(), **times}
        text = json.dumps({name: moment.isoformat() for name, moment in known.items()})
        try:
            write_durably(self._file, text + "\n")
        except OSError as error:
            raise XlogError(
                f"{self._file}: cannot be written: {error.strerror}; choose a folder with --state"
            ) from None

    def _read(self) -> dict[str, datetime]:
        try:
            fields = json.loads(_read_small(self._file))
            times = {name: datetime.fromisoformat(text) for name, text in fields.items()}
            return {name: moment for name, moment in times.items() if moment.tzinfo}
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            return {}  # a first run, or a file that is not ours to mend


PATIENCE = 60.0
"""Seconds to wait for a sweep of the same folders by another policy."""
_MOST_BYTES = 1 << 16


def _read_small(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | CAREFUL)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)


def _key(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _user_folder() -> Path:
    import platformdirs

    return platformdirs.user_state_path("xlogdecode", appauthor=False)
