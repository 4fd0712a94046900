"""`XlogWriter`: an xlog log in a folder, as Mars's appender keeps one."""

import contextlib
import re
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Final, Self

from xlogdecode.encode.block_format import check_mode, kind_of, level_of
from xlogdecode.encode.calendar import zone_of
from xlogdecode.encode.cleanup import parse_keep
from xlogdecode.encode.session import Settings, WriterSession
from xlogdecode.errors import OutputError, UsageError
from xlogdecode.keys import parse_public_key
from xlogdecode.platform.fork_hooks import follow_forks

__all__ = ["XlogWriter"]

FLUSH_INTERVAL: Final = 15 * 60.0
"""Seconds after which Mars flushes a block that is not full."""

_PATIENCE: Final = 1.0
"""Seconds; a call may wait for a lock that the stopping thread holds."""

_PREFIX: Final = r"[^/\\:\x00-\x1f\x7f]+"
"""A newline would end the line that names the file in messages and lists."""


class XlogWriter:
    """Writes lines into `directory/<prefix>_YYYYMMDD.xlog`, by local date.

    When `write` has returned, the line outlives the process, however it ends: in mode async in
    the crash buffer `<prefix>.mmap3` (which holds one compressed block and goes to the file at
    50 KiB, at the day's end, by `flush`, or after `flush_interval` seconds), in mode sync in the
    file. The next opening saves what a crash left in the buffer. Power cuts are another matter:
    nothing is synced to the disk.

    `codec` is zlib or zstd, `mode` async or sync; `public_key` is the server's, 64 bytes or 128
    hex digits, and makes async blocks encrypted; `format` is mars, or imsdk for the IM SDK's
    older blocks and `.mmap2`; `compress_level` is the codec's; files larger than `max_file_size`
    bytes are followed by `_1`, `_2`; the log's own files older than `keep` (such as 7d) are
    deleted at each opening and on each new day, by the rule of the sweep; `flush_interval` None
    is no timer; `clock` gives seconds since 1970; `zone` (a tzinfo, or a text such as Asia/Tokyo
    or +09:00) is the system's unless given.

    Threads may share a writer, and children of a fork may go on with it: each process has a
    crash buffer, a client key and opening lines of its own. Two writers of one log in two
    processes do not disturb each other.

    Raises UsageError for settings that cannot be, OutputError where files cannot be written.
    """

    def __init__(
        self,
        directory: str | Path,
        prefix: str,
        codec: str = "zlib",
        mode: str = "async",
        public_key: str | bytes | None = None,
        *,
        format: str = "mars",  # noqa: A002 - as the option is called
        compress_level: int | None = None,
        max_file_size: int | None = None,
        keep: str | None = None,
        flush_interval: float | None = FLUSH_INTERVAL,
        clock: Callable[[], float] = time.time,
        zone: tzinfo | str | None = None,
    ) -> None:
        if not str(directory):
            raise UsageError("the folder's name is empty; name a folder (is a variable unset?)")
        if not re.fullmatch(_PREFIX, prefix):
            raise UsageError(f"{prefix!r} cannot be a prefix; write the start of a file's name")
        key = parse_public_key(public_key) if public_key is not None else None
        check_mode(mode, key)
        kind = kind_of(format, codec, key)
        self._settings = Settings(
            Path(directory).absolute(),  # a daemon changes its folder later
            prefix, kind, mode, key,
            level_of(kind, compress_level), _size_of(max_file_size),
            parse_keep(keep) if keep is not None else None, zone_of(zone),
        )  # fmt: skip
        self._clock = clock
        self._closed = False
        seconds = _seconds_of(flush_interval)
        self._ticker = _Ticker(seconds, self._tick) if seconds else None
        self._session: WriterSession | None = None
        self._lock = threading.RLock()
        # A signal handler, or a finalizer, may log while this thread is storing a line: it must
        # neither wait for itself nor cut in. Its line is stored as soon as that one is.
        self._busy = False
        self._waiting: deque[bytes] = deque()
        self._open()
        if self._ticker:
            weakref.finalize(self, self._ticker.stop)
        follow_forks(self)

    def write(self, line: str | bytes) -> None:
        """Store one line (or record of several); a newline is added where it lacks one.

        Raises UsageError for a line that holds NUL and after `close`, OutputError where the line
        can be stored nowhere: the disk is full and the crash buffer too.
        """
        text = line.encode("utf-8", "backslashreplace") if isinstance(line, str) else line
        if not text.endswith(b"\n"):
            text += b"\n"
        if b"\0" in text:
            raise UsageError("a line holds NUL, which xlog text cannot hold; replace it")
        with self._lock:
            if self._closed:
                raise UsageError(f"{self._settings.directory}: the log is closed; open it again")
            self._waiting.append(text)
            if not self._busy:
                self._store_waiting()

    def flush(self) -> None:
        """Put what the crash buffer holds into its file; raises OutputError where that fails."""
        with self._lock:
            if self._session and not self._busy:
                self._store_waiting()
                self._busy = True
                try:
                    self._session.flush(self._clock())
                finally:
                    self._busy = False

    def close(self) -> None:
        """Write the closing line and let go; twice is once.

        Raises OutputError where the file cannot be written: the buffer then keeps what it holds,
        and the next opening saves it.
        """
        if self._ticker:
            self._ticker.stop()
        with self._lock:
            if self._session and not self._busy:
                self._store_waiting()
                session, self._session = self._session, None
                self._closed = True
                session.close(self._clock())
            self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def before_fork(self) -> None:
        """Stop the timer: a thread would make the fork a gamble."""
        if self._ticker:
            self._ticker.stop()

    def after_fork_in_parent(self) -> None:
        """Go on as before."""
        if self._ticker and self._session:
            self._ticker.start()

    def after_fork_in_child(self) -> None:
        """Let go of the parent's buffer; the first line written opens the log anew."""
        if self._session:
            self._session.abandon()
        if self._ticker:
            self._ticker.forget()
        self._session = None
        self._lock = threading.RLock()  # another thread may have held it
        self._busy = False
        self._waiting.clear()

    def _store_waiting(self) -> None:
        self._busy = True
        try:
            self._store_all()  # no loop here: CPython 3.13 lets Ctrl-C in a loop pass by `finally`
        finally:
            self._busy = False

    def _store_all(self) -> None:
        try:
            session = self._session or self._open()
        except BaseException:
            self._waiting.clear()  # the call that brought a line fails, and may come again with it
            raise
        while self._waiting:
            session.put(self._waiting.popleft(), self._clock())

    def _open(self) -> WriterSession:
        self._session = session = WriterSession(self._settings, self._clock())
        if self._ticker:
            self._ticker.start()
        return session

    def _tick(self) -> None:
        with contextlib.suppress(OutputError):
            self.flush()


def _size_of(limit: int | None) -> int | None:
    if limit is not None and not (isinstance(limit, int) and limit >= 0):
        raise UsageError(f"{limit!r} is not a file size; write a number of bytes")
    return limit


def _seconds_of(interval: float | None) -> float | None:
    """Return `interval` if a thread can wait for as long."""
    if interval is None:
        return None
    if not (isinstance(interval, int | float) and 0 <= interval <= threading.TIMEOUT_MAX):
        raise UsageError(f"{interval!r} is not an interval; write seconds, or None for no timer")
    return interval


class _Ticker:
    """Calls the bound method `tick` every `interval` seconds, as long as its object lives."""

    def __init__(self, interval: float, tick: Callable[[], None]) -> None:
        self._interval = interval
        self._tick = weakref.WeakMethod(tick)
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start, unless it runs."""
        if self._thread is None:
            self._stopped = threading.Event()
            arguments = self._stopped, self._interval, self._tick
            self._thread = threading.Thread(
                target=_run, args=arguments, name="xlog flush", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for a call that is under way."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_PATIENCE)
        self._thread = None

    def forget(self) -> None:
        """Forget the thread, which a fork does not bring along."""
        self._thread = None


def _run(
    stopped: threading.Event, interval: float, tick: "weakref.WeakMethod[Callable[[], None]]"
) -> None:
    while not stopped.wait(interval):
        method = tick()
        if method is None:
            return
        method()
        del method
