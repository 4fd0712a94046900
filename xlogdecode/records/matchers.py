"""The shapes of the layouts, made ready: how the groups of a match become a record."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, Final

from xlogdecode.records.layouts import FIELDS, LAYOUTS

__all__ = ["JOINS", "SINGLES", "Openers", "openers"]

_Values = tuple[Any, ...]

JOINS: Final = frozenset(layout.name for layout in LAYOUTS if layout.joins)
"""The layouts of the table whose records take in the lines after them that open nothing."""

SINGLES: Final = frozenset({"unknown", *(layout.name for layout in LAYOUTS if not layout.joins)})
"""The layouts whose records do not."""


@dataclass(frozen=True, slots=True)
class ReadyShape:
    """One shape of a layout."""

    layout: str
    line: re.Pattern[str]
    """Matches a line of this shape."""
    arrange: Callable[[_Values], _Values]
    """(*groups, "", "", None, layout, place, block offset, text line) -> the fields of a record."""
    arrange_old: Callable[[_Values], _Values]
    """Takes the groups whose names start with `old_`."""
    old: int
    """The group that tells that `arrange_old` is to be taken; negative: none does."""

    def record(self, groups: _Values, rest: _Values) -> _Values:
        """Return the fields of the record of `groups`, as `line` finds them."""
        arrange = self.arrange_old if self.old >= 0 and groups[self.old] else self.arrange
        return arrange((*groups, "", "", *rest))


@cache
def _shapes_of(number: int) -> tuple[ReadyShape, ...]:
    """Return the shapes of a layout of the table, the richest first; made when a line has it."""
    layout = LAYOUTS[number]
    return tuple(
        ReadyShape(
            layout.name,
            shape,
            _arrange(shape, ""),
            _arrange(shape, "old_"),
            shape.groupindex.get("old_at", 0) - 1,
        )
        for shape in map(re.compile, layout.shapes)
    )


class Openers:
    """Every shape, to tell what a line opens."""

    def __init__(self) -> None:
        self._which = re.compile("|".join(f"({layout.head})" for layout in LAYOUTS))

    def match(self, line: str) -> tuple[ReadyShape, re.Match[str]] | None:
        """Return the shape of a line and its match, or None where it opens nothing."""
        head = self._which.match(line)
        if head is None or head.lastindex is None:
            return None
        for shape in _shapes_of(head.lastindex - 1):
            if found := shape.line.match(line):
                return shape, found
        return None


@cache
def openers() -> Openers:
    """Return the shapes, which are made once."""
    return Openers()


def _arrange(shape: re.Pattern[str], prefix: str) -> Callable[[_Values], _Values]:
    groups, none = shape.groupindex, shape.groups + 2
    fields = [groups.get(prefix + name, groups.get(name, none + 1)) - 1 for name in FIELDS]
    return itemgetter(*fields, none + 1, none + 2, none + 3, none + 4)
