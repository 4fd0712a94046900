"""A thread that calls back at intervals, and can be stopped and started again."""

import threading
import weakref
from collections.abc import Callable
from typing import Final

__all__ = ["Ticker"]


_PATIENCE: Final = 1.0
"""Seconds; a call may wait for a lock that the stopping thread holds."""


class Ticker:
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
        """Take the thread for gone, as it is in the child of a fork."""
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
