"""What a sweep remembers: when it last ran, and a lock, so that no policy is carried out twice."""

import contextlib
import hashlib
import json
import os
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
        """Use `folder`, by default the user's; `policy` is what tells one policy from another."""
        key = hashlib.sha256("\0".join(policy).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._folder = folder or _user_folder()
        self._file = self._folder / f"sweep-{key}.json"
        self._lock = self._folder / f"sweep-{key}.lock"

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Hold the lock. Raises LockHeldError, and XlogError where it cannot be made."""
        return locked(self._lock, "choose a folder with --state")

    def last_run(self) -> datetime | None:
        """Return when the last run began, if it is known."""
        return self._read().get("last_run")

    def last_success(self) -> datetime | None:
        """Return when the last run that met no failure ended, if it is known."""
        return self._read().get("last_success")

    def remember(self, **times: datetime) -> None:
        """Write `last_run` or `last_success`. Raises XlogError."""
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
            fields = json.loads(self._file.read_text("utf-8"))
            times = {name: datetime.fromisoformat(text) for name, text in fields.items()}
            return {name: moment for name, moment in times.items() if moment.tzinfo}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}  # a first run, or a file that is not ours to mend


@contextlib.contextmanager
def locked(path: Path, remedy: str) -> Iterator[None]:
    """Hold the lock file at `path`, and make it and its folder where they are not.

    The system drops the lock when the process ends, however it ends; the file stays. Raises
    LockHeldError, and XlogError with `remedy` where the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise XlogError(f"{path}: cannot be made: {error.strerror}: {remedy}") from None
    try:
        if not try_lock(descriptor):
            raise LockHeldError(f"{path}: another sweep holds the lock: let it finish")
        yield
    finally:
        os.close(descriptor)


def _user_folder() -> Path:
    import platformdirs

    return platformdirs.user_state_path("xlogdecode", appauthor=False)
