"""`-l`: a table of what is in each input, as `xz -l` has it."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from xlogdecode.cli.messages import Messages, say_notes
from xlogdecode.cli.streams import standard_output
from xlogdecode.jobs.batch import Batch
from xlogdecode.jobs.listing import Row
from xlogdecode.jobs.status import Status, worst
from xlogdecode.outputs.table import as_table

__all__ = ["list_logs"]

_RIGHT = {"size", "text", "ratio", "sessions", "gaps", "losses"}

_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("size", lambda row: f"{row.size:,}"),
    ("text", lambda row: f"{row.text:,}"),
    ("ratio", lambda row: "-" if row.ratio is None else f"{row.ratio:.2f}"),
    ("blocks", lambda row: row.kinds),
    ("key", lambda row: row.key or "-"),
    ("sessions", lambda row: f"{row.sessions:,}"),
    ("hours", lambda row: _ranges(row.hours)),
    ("first", lambda row: row.first or "-"),
    ("last", lambda row: row.last or "-"),
    ("gaps", lambda row: f"{row.gaps:,}"),
    ("losses", lambda row: f"{row.losses:,}"),
    ("name", lambda row: row.name),
)
"""Heading -> the cell below it."""


def list_logs(batch: Batch, *, as_json: bool, quiet: bool) -> Status:
    """Print the table; return the status that decoding would have."""
    messages = Messages(quiet=quiet, test=True)
    rows: list[Row] = []
    statuses: list[Status] = []
    totals = Row("totals")
    for result in batch.results():
        statuses.append(result.status)
        messages.print_fault(result)
        row = Row.of(result)
        totals.add(row)
        if as_json:
            _print_json({"name": row.name, "status": result.status.value, **row.as_dict()})
        else:
            rows.append(row)
    status = worst(statuses)
    if as_json:
        _print_json({"totals": len(statuses), "status": status.value, **totals.as_dict()})
    else:
        totals.name = f"{len(rows):,} logs" if len(rows) != 1 else ""
        _print_table(rows if len(rows) == 1 else [*rows, totals])
    say_notes(batch.hints(), quiet=quiet)
    return status


def _print_json(line: dict[str, Any]) -> None:
    standard_output().write(f"{json.dumps(line)}\n".encode())


def _print_table(rows: Iterable[Row]) -> None:
    heads = [name for name, _ in _COLUMNS]
    cells = [heads, *([cell(row) for _, cell in _COLUMNS] for row in rows)]
    right = {number for number, head in enumerate(heads) if head in _RIGHT}
    standard_output().write(as_table(cells, right=right).encode("utf-8", "surrogateescape"))


def _ranges(hours: set[int]) -> str:
    """Return hours as people write them: `8-10,13`."""
    parts: list[list[int]] = []
    for hour in sorted(hours):
        if parts and parts[-1][-1] == hour - 1:
            parts[-1].append(hour)
        else:
            parts.append([hour])
    return ",".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts) or "-"
