"""`logging` in Mars's line layout, into an xlog log."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from xlogdecode.encode.calendar import zone_of
from xlogdecode.encode.writer import XlogWriter
from xlogdecode.errors import OutputError

__all__ = ["XlogFormatter", "XlogHandler"]

_LETTERS: Final = {
    logging.DEBUG: "D",
    logging.INFO: "I",
    logging.WARNING: "W",
    logging.ERROR: "E",
    logging.CRITICAL: "F",
}
"""Level, from which on -> Mars's letter; below the first it is V."""


class XlogFormatter(logging.Formatter):
    """Formats a record as Mars does, from a `LogRecord`'s own fields:

        [I][2024-01-01 +8.0 09:12:33.123][2211, 2240*][logger][file.py:123, function][message

    `*` marks the main thread; traces follow on lines of their own. `zone` is the system's unless
    given. Source of the layout: Tencent/mars `formater.cc`.
    """

    def __init__(self, zone: tzinfo | str | None = None) -> None:
        super().__init__()
        self._zone = zone_of(zone)
        self._second = (-1, "")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or lines, of `record`, without a newline at the end."""
        line = (
            f"[{_letter(record.levelno)}][{self._time(record.created)}]"
            f"[{record.process or 0}, {_thread(record)}][{record.name}]"
            f"[{record.filename}:{record.lineno}, {record.funcName}][{record.getMessage()}"
        )
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        more = [record.exc_text] if record.exc_text else []
        if record.stack_info:
            more.append(self.formatStack(record.stack_info))
        return "\n".join([line, *more]) if more else line

    def _time(self, created: float) -> str:
        second, text = self._second
        if second != int(created):
            local = datetime.fromtimestamp(int(created), UTC).astimezone(self._zone)
            offset = local.utcoffset()
            hours = offset.total_seconds() / 3600 if offset else 0.0
            text = f"{local:%Y-%m-%d} {hours:+.1f} {local:%H:%M:%S}"
            self._second = int(created), text
        return f"{text}.{int(created * 1000) % 1000:03d}"


def _letter(level: int) -> str:
    letter = _LETTERS.get(level)
    if letter is None:
        below = [known for known in _LETTERS if known <= level]
        letter = _LETTERS[max(below)] if below else "V"
    return letter


def _thread(record: logging.LogRecord) -> str:
    """Return the system's number of the record's thread, if it is this one, else Python's."""
    number = record.thread or 0
    main = "*" if number == threading.main_thread().ident else ""
    if number == threading.get_ident():
        number = threading.get_native_id()
    return f"{number}{main}"


class XlogHandler(logging.Handler):
    """Writes records into an xlog log: `directory`, `prefix` and the rest are `XlogWriter`'s.

    A record is safe from the death of the process once the logging call has returned; there is
    no queue. Another formatter than `XlogFormatter` may be set. NUL in a message becomes U+2400.

    `flush` and `close` raise OSError where the file cannot be written: `logging.shutdown` passes
    over that, and goes on to the other handlers.
    """

    def __init__(
        self, directory: str | Path, prefix: str, level: int | str = logging.NOTSET, **options: Any
    ) -> None:
        self._writer = XlogWriter(directory, prefix, **options)
        super().__init__(level)  # after what may fail: from here on `logging.shutdown` knows it
        self.setFormatter(XlogFormatter(options.get("zone")))

    def emit(self, record: logging.LogRecord) -> None:
        """Store `record`; what goes wrong is for `handleError`."""
        try:
            self._writer.write(self.format(record).replace("\0", "\N{SYMBOL FOR NULL}"))
        except RecursionError:  # as the standard library's handlers: bpo 36272
            raise
        except Exception:  # noqa: BLE001 - a logging call must not fail
            self.handleError(record)

    def flush(self) -> None:
        """Put what the crash buffer holds into its file."""
        with _as_logging_knows_it():
            self._writer.flush()

    def close(self) -> None:
        """Write the closing line and let go of the files."""
        try:
            with _as_logging_knows_it():
                self._writer.close()
        finally:
            super().close()


@contextlib.contextmanager
def _as_logging_knows_it() -> Iterator[None]:
    try:
        yield
    except OutputError as error:
        raise OSError(str(error)) from error
