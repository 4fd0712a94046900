"""Many inputs in one call, on whatever executor the caller has: threads, processes, a cluster."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from xlogdecode.api import FilePath, decode_file, iter_text
from xlogdecode.decoder.decode import Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import UsageError, XlogError

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

__all__ = ["Decoded", "decode_many"]

PathOrBytes = FilePath | bytes


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came of one source."""

    source: str
    """Its path; empty if it was bytes."""
    text: bytes
    """Empty if the text went into a file."""
    report: Report
    """Empty where there is an error."""
    error: XlogError | None = None
    """Why there is no text; damage is no error, it is in the report."""


def decode_many(
    sources: Iterable[PathOrBytes],
    *,
    executor: "Executor | None" = None,
    options: Options | None = None,
    targets: Iterable[FilePath] | None = None,
    ahead: int = 16,
) -> Iterator[Decoded]:
    """Decode each source (a path, or its bytes); yield what came of each, in their order.

    A source is one log. An archive is refused: `inputs.iter_entries` yields the logs in it.
    `executor` is any `concurrent.futures.Executor`, a cluster's too: what is sent to it pickles, so
    that paths must mean the same file there. Without one all is done here. `targets` are files for
    the texts, written over if they exist; else a text is held in memory, `ahead` of them at most.
    A source that fails stops no other: see `Decoded.error`. Raises UsageError if there are not as
    many targets as sources.
    """
    if isinstance(sources, str | bytes | os.PathLike):
        raise UsageError("sources are several: put a single one into a list")
    options = options or Options()
    jobs = _jobs(sources, targets)
    if executor is None:
        for source, target in jobs:
            yield _decode_one(source, target, options)
        return
    waiting: deque[Future[Decoded]] = deque()
    try:
        for source, target in jobs:
            waiting.append(executor.submit(_decode_one, source, target, options))
            if len(waiting) >= max(1, ahead):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _jobs(
    sources: Iterable[PathOrBytes], targets: Iterable[FilePath] | None
) -> Iterator[tuple[str | bytes, str | None]]:
    if targets is None:
        for source in sources:
            yield _sendable(source), None
        return
    for source, target in zip_longest(sources, targets):
        if source is None or target is None:
            raise UsageError("as many targets as sources are needed: one for each")
        yield _sendable(source), os.fspath(target)


def _sendable(source: PathOrBytes) -> str | bytes:
    if isinstance(source, bytes):
        return source
    try:
        return os.fspath(source)
    except TypeError:
        raise UsageError(
            f"{type(source).__name__} is no path and no bytes: open it there"
        ) from None


def _decode_one(source: str | bytes, target: str | None, options: Options) -> Decoded:
    """Do the work; runs wherever the executor has it run."""
    name = source if isinstance(source, str) else ""
    try:
        if target is None:
            report = Report()
            text = b"".join(iter_text(source, options, report))
            return Decoded(name, text, report)
        return Decoded(name, b"", decode_file(source, target, options, replace=True))
    except XlogError as error:
        return Decoded(name, b"", Report(), error)
