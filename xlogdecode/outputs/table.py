"""Tables for people: columns as wide as a terminal shows their widest cell."""

from collections.abc import Collection, Sequence

from xlogdecode.outputs.sanitize import shown

__all__ = ["as_table", "width_of"]

_GAP = "  "


def as_table(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> str:
    """Return `rows` as lines of columns; those whose numbers are in `right` are flush right.

    Control characters in a cell are escaped, so that a name cannot break its line.
    """
    cells = [[shown(cell) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    return "".join(_line(row, widths, right) for row in cells)


def _line(row: Sequence[str], widths: Sequence[int], right: Collection[int]) -> str:
    parts = []
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        fill = " " * (width - width_of(cell))
        parts.append(fill + cell if number in right else cell + fill)
    return _GAP.join(parts).rstrip() + "\n"


def width_of(text: str) -> int:
    """Return how many cells of a terminal `text` takes: two for each Chinese character."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # takes 20 ms, and most tables are ASCII

    width = wcswidth(text)
    return width if width >= 0 else len(text)
