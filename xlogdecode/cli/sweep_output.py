"""How a sweep's outcomes look: a line a file, or an object a file, and a total."""

import errno
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from xlogdecode.outputs.sanitize import shown
from xlogdecode.retention.apply import Outcome, Verdict
from xlogdecode.retention.totals import Tally

__all__ = ["Printer", "Stdout", "size_in_words"]


class Printer:
    """Writes outcomes to standard output, failures to standard error."""

    def __init__(self, *, as_json: bool, quiet: bool, dry_run: bool) -> None:
        self._out = Stdout()
        self._write = _quiet if quiet else self._out.write
        self._line = _json_line if as_json else _text_line
        self._as_json = as_json
        self.quiet = quiet
        self._dry_run = dry_run

    def show(self, outcome: Outcome) -> None:
        """Print one file."""
        if outcome.verdict is Verdict.FAILED:
            path = shown(outcome.decision.candidate.shown)
            click.echo(f"xlogdecode: {path}: {_error(outcome)}", err=True)
            if not self._as_json:
                return
        if not self.quiet:
            self._write(self._line(outcome) + "\n")

    def total(self, tally: Tally) -> None:
        """Print what it came to."""
        if self._as_json:
            self._write(json.dumps(_summary(tally, dry_run=self._dry_run)) + "\n")
        else:
            self._write(_total(tally, dry_run=self._dry_run) + "\n")
        self._out.flush()

    @property
    def failed(self) -> bool:
        """Whether standard output took not all, and nobody had left."""
        return self._out.failed


def _quiet(text: str) -> None:
    """Write nothing."""


_NO_READER = {errno.EPIPE, errno.EINVAL} if sys.platform == "win32" else {errno.EPIPE}


class Stdout:
    """Standard output that stops no sweep half way: not by a reader that leaves, such as `head`,
    nor by a full disk, nor by a sign that its encoding lacks.
    """

    def __init__(self) -> None:
        self._gone = False
        self.failed = False

    def write(self, text: str) -> None:
        """Write `text`, what cannot be encoded escaped."""
        try:
            self._try(sys.stdout.write, text)
        except UnicodeEncodeError:
            self._try(sys.stdout.write, text.encode("ascii", "backslashreplace").decode("ascii"))

    def flush(self) -> None:
        """Have what was written arrive."""
        self._try(sys.stdout.flush)

    def _try(self, call: Callable[..., object], *args: str) -> None:
        if self._gone:
            return
        try:
            call(*args)
        except OSError as error:
            self._gone = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if error.errno not in _NO_READER:
                self.failed = True
                click.echo(f"xlogdecode: standard output: {error.strerror}", err=True)


def size_in_words(size: int) -> str:
    """Return `size` bytes in the largest unit that leaves a whole part."""
    if size < 1024:
        return f"{size} B"
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def _text_line(outcome: Outcome) -> str:
    decision, verdict, _ = outcome
    return f"{verdict.value:<8} {shown(decision.candidate.shown)}: {decision.because}"


def _json_line(outcome: Outcome) -> str:
    decision, verdict, _ = outcome
    candidate = decision.candidate
    day = candidate.log.day if candidate.log else None
    fields: dict[str, Any] = {
        "path": candidate.shown,
        "verdict": verdict.value,
        "reason": decision.reason.name.lower(),
        "because": decision.because,
        "date": day.isoformat() if day else None,
        "bytes": candidate.size,
        "mtime": candidate.mtime_ns / 1e9,
        "layout": candidate.directory.layout or None,
        "package": candidate.directory.package or None,
    }
    if verdict is Verdict.FAILED:
        fields["error"] = _error(outcome)
    return json.dumps(fields)


def _error(outcome: Outcome) -> str:
    error = outcome.error
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


def _summary(tally: Tally, *, dry_run: bool) -> dict[str, Any]:
    return {
        "summary": {
            "dry_run": dry_run,
            "files": {verdict.value: tally.files[verdict] for verdict in Verdict},
            "bytes": {verdict.value: tally.bytes[verdict] for verdict in Verdict},
            "kept": {reason.name.lower(): tally.kept[reason] for reason in tally.kept},
        }
    }


def _total(tally: Tally, *, dry_run: bool) -> str:
    parts = [
        f"{verdict.value} {_files(tally.files[verdict])} ({size_in_words(tally.bytes[verdict])})"
        for verdict in (Verdict.DUE, Verdict.DELETED, Verdict.ARCHIVED, Verdict.KEPT)
        if tally.files[verdict] or verdict is (Verdict.DUE if dry_run else Verdict.DELETED)
    ]
    if failures := tally.files[Verdict.FAILED]:
        parts.append(f"failed {failures}")
    text = "total: " + ", ".join(parts)
    if not tally.files.total():
        text += "; no log was found: `xlogdecode layouts ROOT` tells what is there"
    return f"{text}; nothing was deleted: --delete does" if dry_run else text


def _files(number: int) -> str:
    return f"{number} file" if number == 1 else f"{number} files"
