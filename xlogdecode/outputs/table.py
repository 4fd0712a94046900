"""Tables for people: columns as wide as a terminal shows their widest cell, lines as wide as it.

One column is the name, by default the first. Where a table is too wide, columns that matter less
are left out, and names are shortened in the middle.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from xlogdecode.outputs.sanitize import shown

__all__ = ["LEAST", "Cell", "Look", "as_table", "shortened", "width_of"]

_GAP: Final = "  "
_CUT: Final = "..."
_SHORTEST: Final = 32
"""Cells of a terminal to which names are shortened before a column is left out."""

LEAST: Final = 12
"""Cells that a name keeps in any case."""


class Cell(NamedTuple):
    """A cell in a colour."""

    text: str
    style: str
    """A name of `colour.STYLES`."""


class Look(NamedTuple):
    """The look of tables."""

    width: int | None = None
    """Cells of a terminal that a line may take; None: any number."""
    colours: bool = False


def as_table(
    rows: Sequence[Sequence[str | Cell]],
    *,
    right: Collection[int] = (),
    spare: Sequence[int] = (),
    name: int = 0,
    look: Look | None = None,
) -> str:
    """Return `rows`, headings first, as lines of columns.

    Columns whose numbers are in `right` are flush right, those in `spare` may be left out, the
    first of them first, and column `name` may be shortened. Control characters in a cell are
    escaped, so that a name cannot break its line.
    """
    look = look or Look()
    cells = [[shown(cell if isinstance(cell, str) else cell.text) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    columns = _fitting(widths, spare, name, look.width)
    if look.width is not None:
        others = _width_beside(name, columns, widths)
        widths[name] = min(widths[name], max(look.width - others, LEAST))
    lines = []
    for number, row in enumerate(cells):
        row[name] = shortened(row[name], widths[name])
        styles = [
            _style(rows[number][column], number) if look.colours else "" for column in columns
        ]
        lines.append(_line(row, columns, widths, right, styles))
    return "".join(lines)


def _fitting(
    widths: Sequence[int], spare: Sequence[int], name: int, width: int | None
) -> list[int]:
    """Return the numbers of the columns that fit."""
    columns, spare = list(range(len(widths))), list(spare)
    while width is not None and spare:
        others = _width_beside(name, columns, widths)
        if min(widths[name], _SHORTEST) + others <= width:
            break
        columns.remove(spare.pop(0))
    return columns


def _width_beside(name: int, columns: Sequence[int], widths: Sequence[int]) -> int:
    """Return the cells that all columns but the name take, with the gaps between."""
    return sum(widths[column] + len(_GAP) for column in columns if column != name)


def _style(cell: str | Cell, number: int) -> str:
    if number == 0:
        return "heading"
    return "" if isinstance(cell, str) else cell.style


def _line(
    row: Sequence[str],
    columns: Sequence[int],
    widths: Sequence[int],
    right: Collection[int],
    styles: Sequence[str],
) -> str:
    last = max((place for place, column in enumerate(columns) if row[column]), default=-1)
    parts = []
    for place, column in enumerate(columns[: last + 1]):
        cell = row[column]
        fill = " " * (widths[column] - width_of(cell))
        text = _painted(cell, styles[place])
        parts.append(fill + text if column in right else text + fill * (place < last))
    return _GAP.join(parts) + "\n"


def _painted(cell: str, style: str) -> str:
    if not style:
        return cell
    from xlogdecode.outputs.colour import painted

    return painted(cell, style)


def shortened(name: str, width: int) -> str:
    """Return `name` with its middle left out, so that it takes at most `width` cells.

    More is kept of its end, where names of logs differ: of a path all of the file's name that there
    is room for, before any of the folder. Control characters must be escaped.
    """
    if width_of(name) <= width:
        return name
    room = max(width - len(_CUT), 0)
    file = name.rpartition("/")[2]
    if width_of(file) > room:
        name = file
        if width_of(name) <= width:
            return name
    is_long = name != file and width_of(file) > room - room // 3
    head = "" if is_long else _cells_of(name, room // 3)
    tail = _cells_of(name[::-1], room - width_of(head))[::-1]
    return f"{head}{_CUT}{tail}"


def _cells_of(text: str, width: int) -> str:
    """Return as much of the start of `text` as `width` cells hold."""
    if text.isascii():
        return text[:width]
    from wcwidth import wcwidth

    taken = 0
    for number, sign in enumerate(text):
        taken += max(wcwidth(sign), 0)
        if taken > width:
            return text[:number]
    return text


def width_of(text: str) -> int:
    """Return how many cells of a terminal `text` takes: two for each Chinese character."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # takes 20 ms, and most tables are ASCII

    width = wcswidth(text)
    return width if width >= 0 else len(text)
