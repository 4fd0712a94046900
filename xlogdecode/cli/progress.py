"""One bar for all of a run: bytes, files done, rate; on a terminal, and for what takes a while."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn, Self

from xlogdecode.cli.messages import give_way

if TYPE_CHECKING:  # a sweep counts, too, and reads no input
    from tqdm import tqdm

    from xlogdecode.jobs.request import Request
    from xlogdecode.redaction import Redactor

__all__ = ["Counting", "Progress"]

WORTH_A_BAR = 8 << 20
"""Bytes of input from which on there is one."""

_WORTH_IF_SLOW = 1 << 20
"""The same where records are looked at: a second and more."""

_WORTH_A_COUNT = 1
"""Seconds after which there is a count."""

_ECHO = 5
"""Cells of a line that are left for the echo of Ctrl-C, which would else begin another."""


class Progress:
    """The bar, or nothing where no one would see it. Lines that are printed push it away."""

    def __init__(
        self,
        paths: list[str],
        request: "Request",
        *,
        quiet: bool = False,
        redactor: "Redactor | None" = None,
        is_slow: bool = False,
    ) -> None:
        """Show how far all of `paths` are; a `redactor` goes over each twice."""
        self._bar: tqdm[NoReturn] | None = None
        self._files = 0
        self._due = 0.0
        """Bytes of the input in work that are still to be gone over for the second time."""
        self._is_twice = redactor is not None
        self.on_read: Callable[[int], object] | None = None
        text_on_terminal = request.to_sink and sys.stdout.isatty()
        if quiet or text_on_terminal or not sys.stderr.isatty():
            return
        from xlogdecode.inputs import STDIN, is_url

        if STDIN in paths or any(map(is_url, paths)):
            return  # its size no one knows, or to list a store once more would take as long
        total = sum(_sizes(paths, request))
        if total < (_WORTH_IF_SLOW if is_slow or request.selection else WORTH_A_BAR):
            return
        self._bar = _bar(total=total, unit="B", unit_scale=True, unit_divisor=1024)
        self.on_read = self._read
        if redactor is not None:
            redactor.on_replay = self._replay

    def _read(self, size: int) -> None:
        once = size / 2 if self._is_twice else size
        self._due += size - once
        self._advance(once)

    def _replay(self, share: float) -> None:
        self._advance(self._due * share)

    def _advance(self, size: float) -> None:
        """Go on, but not beyond the end: a timeline is read more often than redaction needs."""
        bar = self._bar
        if bar is not None:
            bar.update(max(min(size, (bar.total or 0) - bar.n), 0))

    def end_file(self) -> None:
        """Count a file as done."""
        self._files += 1
        self._due = 0.0
        if self._bar is not None:
            self._bar.set_postfix_str(f"{self._files:,} done", refresh=False)

    def __enter__(self) -> Self:
        """Return the bar."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        _end(self._bar)


class Counting:
    """A count of what was looked at, for work whose end no one knows, once it takes a second."""

    def __init__(self, what: str, *, quiet: bool = False) -> None:
        """Count `what`, as in `files`."""
        self._what = what
        self._begun = time.monotonic()
        self._count = 0
        self._bar: tqdm[NoReturn] | None = None
        self._is_seen = not quiet and sys.stderr.isatty()

    def add(self) -> None:
        """Count one more."""
        if not self._is_seen:
            return
        self._count += 1
        if self._bar is not None:
            self._bar.update()
        elif time.monotonic() - self._begun > _WORTH_A_COUNT:
            self._bar = _bar(initial=self._count, unit=f" {self._what}")

    def __enter__(self) -> Self:
        """Return the count."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the count away."""
        _end(self._bar)


def _bar(
    *,
    total: int | None = None,
    initial: int = 0,
    unit: str,
    unit_scale: bool = False,
    unit_divisor: int = 1000,
) -> "tqdm[NoReturn]":
    from shutil import get_terminal_size

    from tqdm import tqdm

    tqdm.monitor_interval = 0  # a thread, which would keep small inputs from being shared out
    bar: tqdm[NoReturn] = tqdm(
        total=total,
        initial=initial,
        unit=unit,
        unit_scale=unit_scale,
        unit_divisor=unit_divisor,
        leave=False,
        ncols=get_terminal_size().columns - _ECHO,
        file=sys.stderr,
    )
    give_way(bar.clear)
    return bar


def _end(bar: "tqdm[NoReturn] | None") -> None:
    give_way(None)
    if bar is not None:
        bar.close()
        sys.stderr.write("\r\x1b[K")  # what was typed behind it
        sys.stderr.flush()


def _sizes(paths: list[str], request: "Request") -> Iterator[int]:
    from xlogdecode.inputs import FoundFile, iter_places

    for place in iter_places(
        paths,
        recursive=request.recursive,
        plain=request.takes_plain,
        archives=request.archives,
    ):
        if isinstance(place, FoundFile):
            with contextlib.suppress(OSError):
                yield os.stat(place.path).st_size  # noqa: PTH116 - thousands of files a second
