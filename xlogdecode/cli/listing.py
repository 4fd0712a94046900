"""`-l`: a table of what is in each input, as `xz -l` has it."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from xlogdecode.cli.messages import Messages, make_way, say_notes
from xlogdecode.cli.progress import Progress
from xlogdecode.cli.streams import standard_output, table_look
from xlogdecode.jobs.batch import Batch
from xlogdecode.jobs.exit_status import Status, worst
from xlogdecode.jobs.listing import Row
from xlogdecode.outputs.table import Cell, as_table

__all__ = ["list_logs"]

_RIGHT = {"size", "text", "ratio", "sessions", "gaps", "losses"}

_SPARE = ("ratio", "hours", "key", "gaps", "blocks", "text", "sessions", "last", "losses", "layout")
"""Columns that a narrow terminal does not have, the first of them first."""

_COLUMNS: tuple[tuple[str, Callable[[Row], str | Cell]], ...] = (
    ("name", lambda row: row.name),
    ("state", lambda row: Cell(row.state.value, row.state.name.lower()) if row.state else ""),
    ("size", lambda row: f"{row.size:,}"),
    ("text", lambda row: f"{row.text:,}"),
    ("ratio", lambda row: "-" if row.ratio is None else f"{row.ratio:.2f}"),
    ("blocks", lambda row: row.kinds),
    ("key", lambda row: row.key or "-"),
    ("sessions", lambda row: f"{row.sessions:,}"),
    ("hours", lambda row: _ranges(row.hours)),
    ("first", lambda row: _second(row.first)),
    ("last", lambda row: _second(row.last)),
    ("layout", lambda row: row.layout or "-"),
    ("gaps", lambda row: f"{row.gaps:,}"),
    ("losses", lambda row: f"{row.losses:,}"),
)
"""Heading -> the cell below it."""


def list_logs(batch: Batch, *, as_json: bool, quiet: bool) -> Status:
    """Print the table; return the status that decoding would have."""
    messages = Messages(quiet=quiet, test=True)
    rows: list[Row] = []
    statuses: list[Status] = []
    totals = Row("totals")
    with Progress(batch.paths, batch.request, quiet=quiet, is_slow=True) as progress:
        for result in batch.results(progress.on_read):
            statuses.append(result.status)
            messages.print_fault(result)
            row = Row.of(result)
            totals.add(row)
            progress.end_file()
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
    make_way()
    standard_output().write(f"{json.dumps(line)}\n".encode())


def _print_table(rows: Iterable[Row]) -> None:
    heads = [name for name, _ in _COLUMNS]
    cells: list[list[str | Cell]] = [[*heads]]
    cells += ([cell(row) for _, cell in _COLUMNS] for row in rows)
    right = {heads.index(name) for name in _RIGHT}
    spare = [heads.index(name) for name in _SPARE]
    table = as_table(cells, right=right, spare=spare, look=table_look())
    standard_output().write(table.encode("utf-8", "surrogateescape"))


def _second(time: str | None) -> str:
    """Return a time to the second, as in `2024-01-01 08:47:04`."""
    return time.partition(".")[0] if time else "-"


def _ranges(hours: set[int]) -> str:
    """Return hours as people write them: `8-10,13`."""
    parts: list[list[int]] = []
    for hour in sorted(hours):
        if parts and parts[-1][-1] == hour - 1:
            parts[-1].append(hour)
        else:
            parts.append([hour])
    return ",".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts) or "-"
