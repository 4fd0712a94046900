"""`-F`: a log, and then what is written to it, until Ctrl-C."""

import os
import select
import stat
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xlogdecode.cli.messages import say
from xlogdecode.cli.streams import log_output
from xlogdecode.decoder.decode import Piece
from xlogdecode.decoder.report import Loss
from xlogdecode.errors import UsageError
from xlogdecode.follow import Follower
from xlogdecode.inputs import STDIN, is_crash_buffer, is_url, kind_of, open_input
from xlogdecode.jobs.exit_status import Status, key_remedy
from xlogdecode.jobs.request import Request
from xlogdecode.outputs import Utf8
from xlogdecode.types import Sink

if TYPE_CHECKING:
    from xlogdecode.jobs.selection import Selection
    from xlogdecode.records import Event

__all__ = ["follow"]

_SECONDS = 0.2
"""Between two looks."""


def follow(paths: list[str], request: Request, *, with_mmap: bool, quiet: bool) -> Status:
    """Print what is in the one log of `paths`, and what comes, until the process is interrupted.

    Ends, too, when no one reads what it prints any more.
    """
    selection = request.selection
    path = _log_of(paths, selection)
    if not Path(path).exists() and not quiet:
        say(f"note: {path}: does not exist yet; waiting for it")
    wait = _waits_for_reader()
    with log_output(request, selection) as (out, request):
        view = None if request.view is None else request.view(out, ())
    sink = Utf8(view or out, request.encoding) if request.utf8 else view or out
    marks = request.options.marks
    follower = Follower(path, request.options, with_mmap=with_mmap)
    shown = _Filtered(sink, selection, marks=marks) if selection else _Plain(sink, marks=marks)
    key_is_missing = False
    try:
        while True:
            for item in follower.poll():
                shown.add(item, follower.path)
                if isinstance(item, Loss) and item.locked_blocks and not key_is_missing:
                    key_is_missing = True
                    say(f"{follower.path}: {item}{key_remedy(item.reason)}")
            shown.settle()
            if view is not None:
                view.settle()
            if not wait(_SECONDS):
                return Status.OK
    except KeyboardInterrupt:
        return Status.INTERRUPTED
    finally:
        follower.close()
        if isinstance(sink, Utf8):
            sink.close()


def _log_of(paths: list[str], selection: "Selection | None") -> str:
    """Return the one log that can be followed. Raises UsageError if there is none."""
    if len(paths) > 1:
        raise UsageError("-F follows one log; name only that")
    (path,) = paths
    if selection and selection.wants_last:
        raise UsageError("--session last cannot be used with -F (the last session may still come)")
    _refuse_what_does_not_grow(path)
    return path


def _refuse_what_does_not_grow(path: str) -> None:
    if is_url(path):
        from xlogdecode.platform.stores import shown_url

        raise UsageError(f"{shown_url(path)}: -F follows a file; objects in a store do not grow")
    if path == STDIN or Path(path).is_dir():
        raise UsageError(f"{path}: -F follows one log; name its file")
    if is_crash_buffer(path):
        raise UsageError(f"{path}: is a crash buffer; name its log and add --with-mmap")
    if not Path(path).exists():
        return  # it may come yet
    if not Path(path).is_file():
        raise UsageError(f"{path}: is not a regular file; -F follows a log that grows")
    with open_input(path) as source:
        is_archive = kind_of(source.peek()) is not None
    if is_archive:
        raise UsageError(f"{path}: is an archive, which does not grow; remove -F")


def _waits_for_reader() -> Callable[[float], bool]:
    """Return what waits for some seconds, and tells whether anyone still reads standard output.

    A pipe tells; else one would learn it no sooner than there is something to print.
    """
    is_pipe = hasattr(select, "poll") and stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
    poll = select.poll() if is_pipe else None
    if poll is not None:
        poll.register(sys.stdout.fileno(), 0)

    def wait(seconds: float) -> bool:
        if poll is not None:
            return not poll.poll(seconds * 1000)
        time.sleep(seconds)
        return True

    return wait


class _Plain:
    """Shows text as it comes."""

    def __init__(self, sink: Sink, *, marks: bool) -> None:
        self._sink = sink
        self._marks = marks
        self._in_line = False

    def add(self, item: Piece | Loss, path: Path) -> None:  # noqa: ARG002 - as below
        """Show `item`, which came from `path`."""
        if isinstance(item, Loss) and not self._marks:
            return
        text = item.text if isinstance(item, Piece) else b"\n" * self._in_line + item.mark()
        if text:
            self._sink.write(text)
            self._in_line = text[-1] != 0x0A

    def settle(self) -> None:
        """Do nothing: all is shown."""


class _Filtered:
    """Shows what is wanted, each record once its line is complete."""

    def __init__(self, sink: Sink, selection: "Selection", *, marks: bool) -> None:
        self._sink = sink
        self._marks = marks
        self._selection = selection
        self._lanes: dict[Path, _Lane] = {}
        """One for each file: the newest, and one that may get late lines."""
        sink.write(selection.header)

    def add(self, item: Piece | Loss, path: Path) -> None:
        """Take `item`, which came from `path`."""
        if path not in self._lanes:
            for old in list(self._lanes)[:-1]:
                self._show(self._lanes.pop(old).end())
            self._lanes[path] = _Lane(self._selection, str(path), marks=self._marks)
            self._selection = replace(self._selection, last=None)  # all of the logs after it
        event = (item.offset, bytes(item.text)) if isinstance(item, Piece) else item
        if isinstance(item, Loss) or item.text:  # no text says that there is nothing for now
            self._lanes[path].waiting.append(event)

    def settle(self) -> None:
        """Show what is complete of all that was taken."""
        for lane in self._lanes.values():
            self._show(lane.take())

    def _show(self, chunks: Iterator[bytes]) -> None:
        for chunk in chunks:
            self._sink.write(chunk)


class _Lane:
    """The records of one file, as far as they have come."""

    def __init__(self, selection: "Selection", name: str, *, marks: bool) -> None:
        self.waiting: deque[Event] = deque()
        self._paused = False
        self._is_over = False
        self._chunks = selection.render(
            self._events(), selection.writer(marks=marks), name, follows=True
        )

    def take(self) -> Iterator[bytes]:
        """Yield what is made of all that waits: `render` gives a chunk for every pause."""
        if not self.waiting:
            return
        self._paused = False
        while not self._paused:
            yield next(self._chunks)

    def end(self) -> Iterator[bytes]:
        """Yield all that is left, a line that got no end as well."""
        self._is_over = True
        yield from self._chunks

    def _events(self) -> "Iterator[Event]":
        while self.waiting or not self._is_over:
            self._paused = not self.waiting
            yield self.waiting.popleft() if self.waiting else (0, b"")
