"""What a sweep remembers: when it last ran, and a lock, so that no policy is carried out twice."""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from xlogdecode.errors import XlogError

__all__ = ["LockHeldError", "State", "write_whole"]


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

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock. Raises LockHeldError, and XlogError where it cannot be made.

        The system drops the lock when the process ends, however it ends; the file stays.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | _CLOEXEC, 0o600)
        except OSError as error:
            raise XlogError(
                f"{self._lock}: cannot be made: {error.strerror}: choose a folder with --state"
            ) from None
        try:
            _lock(descriptor, self._lock)
            yield
        finally:
            os.close(descriptor)

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
            write_whole(self._file, text + "\n")
        except OSError as error:
            raise XlogError(
                f"{self._file}: cannot be written: {error.strerror}: choose a folder with --state"
            ) from None

    def _read(self) -> dict[str, datetime]:
        try:
            fields = json.loads(self._file.read_text("utf-8"))
            return {name: datetime.fromisoformat(text) for name, text in fields.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}  # a first run, or a file that is not ours to mend


_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def write_whole(path: Path, text: str) -> None:
    """Write `text` to `path` so that a reader finds the old text or the new, whole."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _lock(descriptor: int, path: Path) -> None:
    held = LockHeldError(f"{path}: another sweep of this policy holds the lock: let it finish")
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            raise held from None
    else:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise held from None


def _user_folder() -> Path:
    import platformdirs

    return platformdirs.user_state_path("xlogdecode", appauthor=False)
