"""How a sweep's outcomes look: a line a file, or an object a file, and a total."""

import errno
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import click

from xlogdecode.cli.messages import make_way, without_keys
from xlogdecode.cli.streams import table_look
from xlogdecode.outputs.colour import painted
from xlogdecode.outputs.sanitize import shown
from xlogdecode.outputs.table import LEAST, Cell, Look, as_table, shortened, width_of
from xlogdecode.retention.apply import SweepOutcome, SweepVerdict, is_warning
from xlogdecode.retention.totals import Totals

__all__ = ["MANY", "Printer", "Stdout", "readable", "size_in_words"]


MANY: Final = 300
"""From so many files on, kept ones are only counted."""


class Printer:
    """Writes outcomes to standard output, failures and warnings to standard error."""

    def __init__(
        self,
        *,
        as_json: bool,
        quiet: bool,
        dry_run: bool,
        by_folder: bool,
        verbose: bool,
        by_root: bool = False,
    ) -> None:
        self._by_root = by_root
        self._out = Stdout()
        self._write = _quiet if quiet else self._out.write
        self._as_json = as_json
        self._dry_run = dry_run
        self._quiet = quiet
        self._look = table_look()
        self._folders: dict[str, Totals] | None = {} if by_folder and not as_json else None
        self._all = verbose or as_json or quiet
        self._waiting: list[SweepOutcome] = []
        """The first outcomes, until it is known whether there are many."""
        self._many = False

    def show(self, outcome: SweepOutcome) -> None:
        """Print one file."""
        if is_warning(outcome):
            make_way()
            click.echo(without_keys(f"xlogdecode: {_warning(outcome)}"), err=True)
            if outcome.verdict is SweepVerdict.FAILED and not self._as_json:
                return
        if self._quiet:
            return
        if self._folders is not None:
            folder = outcome.decision.candidate.directory.shown
            self._folders.setdefault(folder, Totals()).add([outcome])
        elif self._all:
            self._line(outcome)
        elif not self._many:
            self._waiting.append(outcome)
            if len(self._waiting) > MANY:
                self._many = True
                self._print_waiting()
        elif outcome.verdict is not SweepVerdict.KEPT:
            self._line(outcome)

    def warn(self, text: str) -> None:
        """Print a line about the run."""
        make_way()
        click.echo(without_keys(f"xlogdecode: {shown(text)}"), err=True)

    def skipped(self, now: datetime) -> None:
        """Say that nothing was to be done."""
        if not self._as_json:
            self._write(f"nothing done at {now:%Y-%m-%d %H:%M}: the last success is recent\n")
        self._out.flush()

    def total(self, totals: Totals, roots: Mapping[str, Totals]) -> None:
        """Print the totals; before them, as JSON or where files are not shown, those of `roots`."""
        self._print_waiting()
        if self._folders:
            self._write(_folder_table(self._folders, dry_run=self._dry_run))
        if self._as_json:
            for root, its in roots.items():
                counts = _summary(its, dry_run=self._dry_run)["summary"]
                self._write(json.dumps({"root": root, **counts}) + "\n")
            self._write(json.dumps(_summary(totals, dry_run=self._dry_run)) + "\n")
        else:
            for root, its in roots.items() if self._by_root else ():
                self._write(f"{shown(root)}: {_counts(its, dry_run=self._dry_run)}\n")
            text = _total(totals, dry_run=self._dry_run)
            if self._many and totals.files[SweepVerdict.KEPT]:
                text += "; kept files are not listed, -v lists them"
            self._write(text + "\n")
        self._out.flush()

    def _print_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for outcome in waiting:
            if not (self._many and outcome.verdict is SweepVerdict.KEPT):
                self._line(outcome)

    def _line(self, outcome: SweepOutcome) -> None:
        if self._as_json:
            self._write(_json_line(outcome) + "\n")
        else:
            self._write(_text_line(outcome, self._look) + "\n")

    @property
    def failed(self) -> bool:
        """Whether standard output did not take all of it, though its reader was there."""
        return self._out.failed


def _warning(outcome: SweepOutcome) -> str:
    path = shown(outcome.decision.candidate.shown)
    if outcome.verdict is SweepVerdict.FAILED:
        return f"{path}: {_error(outcome)}"
    return f"warning: {path}: on another mount, not swept; --cross-mounts sweeps it"


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
        make_way()
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


_STYLES: Final = {
    SweepVerdict.KEPT: "kept",
    SweepVerdict.DUE: "due",
    SweepVerdict.DELETED: "deleted",
    SweepVerdict.ARCHIVED: "ok",
    SweepVerdict.FAILED: "failed",
}


def _text_line(outcome: SweepOutcome, look: Look) -> str:
    """Return the line of a file; on a terminal its path gives way, so that the line fits."""
    decision, verdict, _ = outcome
    word, path = f"{verdict.value:<8}", shown(decision.candidate.shown)
    if look.width is not None:
        others = width_of(f"{word} : {decision.because}")
        path = shortened(path, max(look.width - others, LEAST))
    if look.colours and verdict in _STYLES:
        word = painted(word, _STYLES[verdict])
    return f"{word} {path}: {decision.because}"


def _folder_table(folders: dict[str, Totals], *, dry_run: bool) -> str:
    """Return a row for each folder: files and bytes that go, files that stay."""
    going = SweepVerdict.DUE if dry_run else SweepVerdict.DELETED
    verdicts = [
        verdict
        for verdict in SweepVerdict
        if verdict is going or any(its.files[verdict] for its in folders.values())
    ]
    rows: list[tuple[str | Cell, ...]] = [
        ("folder", *(verdict.value for verdict in verdicts), "size")
    ]
    for folder, its in folders.items():
        counts = (Cell(str(its.files[each]), _STYLES.get(each, "")) for each in verdicts)
        rows.append((folder, *counts, size_in_words(its.bytes[going])))
    return as_table(rows, right=range(1, len(rows[0])), look=table_look())


def _json_line(outcome: SweepOutcome) -> str:
    """Return the object of a file; the manual documents its fields."""
    decision, verdict, _ = outcome
    candidate = decision.candidate
    day = candidate.log.day if candidate.log else None
    fields: dict[str, Any] = {
        "path": readable(candidate.shown),
        "verdict": verdict.value,
        "reason": decision.reason.name.lower(),
        "because": decision.because,
        "date": day.isoformat() if day else None,
        "bytes": candidate.size,
        "mtime": candidate.mtime_ns / 1e9,
        "layout": candidate.directory.layout or None,
        "package": candidate.directory.package or None,
    }
    if fields["path"] != candidate.shown:
        from base64 import b64encode  # few names are no UTF-8

        fields["path_base64"] = b64encode(os.fsencode(candidate.shown)).decode("ascii")
    if verdict is SweepVerdict.FAILED:
        fields["error"] = readable(_error(outcome))
    return json.dumps(fields)


def readable(path: str) -> str:
    """Return `path` with the bytes that are not UTF-8 written as `\\xff`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _error(outcome: SweepOutcome) -> str:
    error = outcome.error
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


def _summary(totals: Totals, *, dry_run: bool) -> dict[str, Any]:
    return {
        "summary": {
            "dry_run": dry_run,
            "files": {verdict.value: totals.files[verdict] for verdict in SweepVerdict},
            "bytes": {verdict.value: totals.bytes[verdict] for verdict in SweepVerdict},
            "kept": {reason.name.lower(): totals.kept[reason] for reason in totals.kept},
            "folders": totals.folders,
            "roots_without_logs": totals.without_logs,
        }
    }


_GOING: Final = (
    SweepVerdict.DUE, SweepVerdict.DELETED, SweepVerdict.ARCHIVED, SweepVerdict.VANISHED,
)  # fmt: skip


def _total(totals: Totals, *, dry_run: bool) -> str:
    text = "total: " + _counts(totals, dry_run=dry_run)
    if not totals.folders:
        text += "; no log folder was found: `xlogdecode layouts ROOT` looks for logs"
    return f"{text}; dry run, nothing deleted; add --delete to delete" if dry_run else text


def _counts(totals: Totals, *, dry_run: bool) -> str:
    first = SweepVerdict.DUE if dry_run else SweepVerdict.DELETED
    parts = [
        f"{verdict.value} {_files(totals.files[verdict])} ({size_in_words(totals.bytes[verdict])})"
        for verdict in _GOING
        if totals.files[verdict] or verdict is first
    ]
    if kept := totals.files[SweepVerdict.KEPT]:
        parts.append(f"keep {_files(kept)}")
    if failures := totals.files[SweepVerdict.FAILED]:
        parts.append(f"failed {failures}")
    return ", ".join(parts)


def _files(number: int) -> str:
    return f"{number} file" if number == 1 else f"{number} files"
