"""The memory of sweeps: when each last ran, and locks, so that no folder is swept twice at once."""

import contextlib
import errno
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from xlogdecode.errors import XlogError
from xlogdecode.platform.files import write_durably
from xlogdecode.platform.locks import try_lock

__all__ = ["LockHeldError", "State", "locked"]


class LockHeldError(XlogError):
    """Another sweep of the same policy runs."""


class State:
    """The memory of one policy, in two files of the state folder."""

    def __init__(self, folder: Path | None, policy: Iterable[str]) -> None:
        """Use `folder`, by default the user's; `policy` is the text by which it is known."""
        key = _key(policy)
        self._folder = folder or _user_folder()
        self._file = self._folder / f"sweep-{key}.json"
        self._lock = self._folder / f"sweep-{key}.lock"

    @contextlib.contextmanager
    def locked(self, folders: Iterable[str] = ()) -> Iterator[None]:
        """Hold the lock of the policy, and that of the set of `folders`, if there are any.

        Raises LockHeldError, and XlogError where they cannot be made.
        """
        remedy = "choose a folder with --state"
        paths = sorted(folders)
        lock = self._folder / f"sweep-{_key(paths)}.lock"
        with locked(self._lock, remedy):
            if paths and lock != self._lock:
                with locked(lock, remedy):
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
                f"{self._file}: cannot be written: {error.strerror}: choose a folder with --state"
            ) from None

    def _read(self) -> dict[str, datetime]:
        try:
            fields = json.loads(_read_small(self._file))
            times = {name: datetime.fromisoformat(text) for name, text in fields.items()}
            return {name: moment for name, moment in times.items() if moment.tzinfo}
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            return {}  # a first run, or a file that is not ours to mend


_MOST_BYTES = 1 << 16
_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Opens no link, and waits for nobody at a pipe."""


def _read_small(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | _CAREFUL)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)


def _key(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


@contextlib.contextmanager
def locked(path: Path, remedy: str, *, patience: float = 0) -> Iterator[None]:
    """Hold the lock file at `path`, and make it and its folder where they are not.

    Waits up to `patience` seconds for another that holds it.
    The system drops the lock when the process ends, however it ends; the file stays. Raises
    LockHeldError, and XlogError with `remedy` where the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _CAREFUL, 0o600)
    except OSError as error:
        why = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise XlogError(f"{path}: cannot be made: {why}: {remedy}") from None
    end = time.monotonic() + patience
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise XlogError(f"{path}: cannot be made: not a regular file is there: {remedy}")
        while not try_lock(descriptor):
            if time.monotonic() >= end:
                raise LockHeldError(f"{path}: another sweep holds the lock: let it finish")
            time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)


def _user_folder() -> Path:
    import platformdirs

    return platformdirs.user_state_path("xlogdecode", appauthor=False)
