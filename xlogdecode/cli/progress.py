"""One bar for the whole job: bytes, files done, rate; on a terminal, and for what takes a while."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, Self

from xlogdecode.inputs import STDIN, FoundFile, iter_places
from xlogdecode.jobs.request import Request

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Progress"]

WORTH_A_BAR = 8 << 20
"""Bytes of input from which on there is one."""


class Progress:
    """The bar, or nothing where no one would see it."""

    def __init__(self, paths: list[str], request: Request, *, quiet: bool) -> None:
        """Show how far all of `paths` are."""
        self._bar: tqdm[NoReturn] | None = None
        self._files = 0
        self.on_read: Callable[[int], object] | None = None
        text_on_terminal = request.to_sink and sys.stdout.isatty()
        if quiet or text_on_terminal or not sys.stderr.isatty():
            return
        if STDIN in paths:
            return  # its text goes to standard output, and its size no one knows
        total = sum(_sizes(paths, request))
        if total >= WORTH_A_BAR:
            self._start(total)

    def _start(self, total: int) -> None:
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # a thread, which would keep small inputs from being shared out
        self._bar = bar = tqdm(
            total=total, unit="B", unit_scale=True, unit_divisor=1024, leave=False, file=sys.stderr
        )
        self.on_read = bar.update

    def end_file(self) -> None:
        """Count a file as done."""
        self._files += 1
        if self._bar is not None:
            self._bar.set_postfix_str(f"{self._files:,} done", refresh=False)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Put the bar away while lines are said; it comes back by itself."""
        if self._bar is not None:
            self._bar.clear()
        yield

    def __enter__(self) -> Self:
        """Return the bar."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def _sizes(paths: list[str], request: Request) -> Iterator[int]:
    for place in iter_places(
        paths,
        recursive=request.recursive,
        plain=request.takes_plain,
        archives=request.archives,
    ):
        if isinstance(place, FoundFile):
            with contextlib.suppress(OSError):
                yield os.stat(place.path).st_size  # noqa: PTH116 - thousands of files a second
