"""One opening of a log by one process: from the opening lines to the closing one."""

import secrets
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from pathlib import Path

from xlogdecode.crypto import Cipher
from xlogdecode.encode.block_format import MODES, PIECE_SIZE, BlockFormat
from xlogdecode.encode.calendar import Calendar, closing_line, opening_lines
from xlogdecode.encode.cleanup import retire
from xlogdecode.encode.crash_buffer import claim_buffer, iter_left_behind
from xlogdecode.encode.files import DayFiles
from xlogdecode.encode.sinks import BufferedSink, LineSink, OpenLog, PlainSink, recover
from xlogdecode.errors import OutputError

__all__ = ["Settings", "WriterSession"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of an opening; `XlogWriter` describes the fields."""

    directory: Path
    prefix: str
    kind: BlockFormat
    mode: str
    public_key: bytes | None
    level: int
    max_file_size: int | None
    keep: timedelta | None
    zone: tzinfo | None


class WriterSession:
    """Opens the log at `now`: saves what crash buffers hold, and writes the opening lines.

    Raises OutputError where a file or buffer cannot be written; no crash buffer loses anything.
    """

    def __init__(self, settings: Settings, now: float) -> None:
        self._settings = settings
        self._calendar = Calendar(settings.zone)
        self._day = self._calendar.day(now)
        _make(settings.directory)
        self._retire(now)  # before today has a file: the newest one is what the clock is held to
        cipher = Cipher(settings.public_key) if settings.public_key else None
        files = DayFiles(settings.directory, settings.prefix, max_size=settings.max_file_size)
        key = cipher.client_key if cipher else secrets.token_bytes(settings.kind.key_size)
        log = OpenLog(files, settings.kind, cipher, self._calendar, settings.level, key)
        place = settings.directory, settings.prefix, settings.kind.buffer_suffix
        for left in iter_left_behind(*place):
            try:
                recover(left, log, self._day, now)
            except OSError as error:
                reason = error.strerror or error
                raise OutputError(f"{left.path}: cannot be saved: {reason}; make room") from error
            finally:
                left.close()
        self._sink: LineSink
        is_plain = settings.mode == "sync"
        self._sink = PlainSink(log) if is_plain else BufferedSink(log, claim_buffer(*place))
        try:
            mode = MODES.index(settings.mode)
            for line in opening_lines(self._calendar.local(now), mode):
                self.put(line, now)
        except BaseException:
            self._sink.release()
            raise

    def put(self, text: bytes, now: float) -> None:
        """Store `text`, on a new day after flushing the old one's."""
        if not self._day.begins <= now < self._day.ends:
            self._sink.try_flush(now)
            self._day = self._calendar.day(now)
            self._retire(now)
        if len(text) <= PIECE_SIZE:
            line = [text]
        else:
            line = [text[at : at + PIECE_SIZE] for at in range(0, len(text), PIECE_SIZE)]
        self._sink.add(line, self._day, now)

    def _retire(self, now: float) -> None:
        if self._settings.keep:
            where = self._settings.directory, self._settings.prefix
            retire(*where, self._settings.keep, self._calendar.local(now))

    def flush(self, now: float) -> None:
        """Put what is stored into its day's file."""
        self._sink.flush(now)

    def close(self, now: float) -> None:
        """Write the closing line, flush and release."""
        try:
            self.put(closing_line(self._calendar.local(now)), now)
            self._sink.flush(now)
        finally:
            self._sink.release()

    def abandon(self) -> None:
        """Let go, in the child of a fork, of what is the parent's."""
        self._sink.abandon()


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"{directory}: no folder can be made there: {reason}; choose another"
        ) from error
