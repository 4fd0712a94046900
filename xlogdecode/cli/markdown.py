"""A page of the manual, Markdown, as a terminal shows it."""

import re
from collections.abc import Iterator, Sequence

import click

from xlogdecode.outputs.table import width_of

__all__ = ["heading_of", "rendered"]

_INDENT = "    "
_NARROW = 24
"""Cells up to which a column of a table is not made narrower."""
_LIST = re.compile(r"( *)([-*]|\d+\.) ")
_BREAK = re.compile(
    r"(?<= )|(?<=[\u2e80-\uffef])(?![\u3001\u3002\u300d\uff01\uff09\uff0c\uff1a\uff1b\uff1f])"
)
"""Where a line may break: behind a space, and between Chinese characters."""


def heading_of(page: str) -> str:
    """Return the title of a page."""
    return _inline(page.partition("\n")[0].lstrip("# "))


def rendered(page: str, width: int) -> str:
    """Return `page` for a terminal of so many cells: wrapped, tables in columns, heads in bold."""
    return "\n".join(_lines(re.sub(r"<!--.*?-->\n?", "", page, flags=re.DOTALL), width)) + "\n"


def _lines(page: str, width: int) -> Iterator[str]:
    lines = page.splitlines()
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith("```"):
            end = next(i for i in range(index + 1, len(lines)) if lines[i].startswith("```"))
            yield from (f"{_INDENT}{code}".rstrip() for code in lines[index + 1 : end])
            index = end
        elif line.startswith("|"):
            end = next((i for i in range(index, len(lines)) if lines[i][:1] != "|"), len(lines))
            yield from _table(lines[index:end], width)
            index = end - 1
        elif line.startswith("#"):
            yield click.style(_inline(line.lstrip("# ")), bold=True)
        else:
            head = _LIST.match(line)
            hang = " " * len(head[0]) if head else ""
            yield from _wrapped(_inline(line), width, hang)
        index += 1


def _inline(text: str) -> str:
    """Return text without the marks of code, links and stress."""
    text = re.sub(r"!\[([^\]]*)\]\([^)]*\)", r"[\1]", text)
    text = re.sub(r"\[([^\]]*)\]\((https?:[^)]*)\)", r"\1 (\2)", text)
    text = re.sub(r"\[([^\]]*)\]\((?:\w+/)*([\w-]+)\.md[^)]*\)", r"\1 (xlogdecode help \2)", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\*\*(.+?)\*\*", r"\1", text).replace("`", "").replace("\\", "")


def _wrapped(text: str, width: int, hang: str = "") -> Iterator[str]:
    """Yield the lines of a paragraph; all but the first begin with `hang`."""
    line, cells = "", 0
    for part in _BREAK.split(text):
        taken = width_of(part.rstrip())
        if line.strip() and cells + taken > width:
            yield line.rstrip()
            line, cells = hang, len(hang)
        line += part
        cells += width_of(part)
    yield line.rstrip()


def _table(lines: Sequence[str], width: int) -> Iterator[str]:
    """Yield a table, its wide columns wrapped so that it fits, with its head in bold."""
    rows = [
        [_inline(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
    ]
    del rows[1]  # the rule
    widths = _widths(rows, width)
    is_wrapped = any(
        width_of(cell) > most for row in rows for cell, most in zip(row, widths, strict=True)
    )
    for number, row in enumerate(rows):
        columns = [list(_wrapped(cell, most)) for cell, most in zip(row, widths, strict=True)]
        for at in range(max(map(len, columns))):
            cells = [column[at] if at < len(column) else "" for column in columns]
            line = "  ".join(
                cell + " " * (most - width_of(cell))
                for cell, most in zip(cells, widths, strict=True)
            )
            yield click.style(line.rstrip(), bold=True) if number == 0 else line.rstrip()
        if is_wrapped and 0 < number < len(rows) - 1:
            yield ""


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the cells of each column: its need, or its share of what narrow ones leave."""
    needs = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    left = width - 2 * (len(needs) - 1)
    if sum(needs) <= left:
        return needs
    wide = [need for need in needs if need > _NARROW]
    left -= sum(need for need in needs if need <= _NARROW)
    share = max(_NARROW, left // max(1, len(wide)))
    spare = sum(share - need for need in wide if need < share)
    share += spare // max(1, sum(need >= share for need in wide))
    return [need if need <= _NARROW else min(need, share) for need in needs]
