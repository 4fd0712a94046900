"""The directory patterns of some layouts as one automaton, so that one walk follows them all.

A state is the set of positions in patterns that the names so far have led to.
"""

import os
from collections.abc import Callable
from functools import cached_property
from typing import Final, NamedTuple

from xlogdecode.retention.layouts import FolderLayout, is_package, is_segment

__all__ = ["MAX_DEPTH", "Accept", "PatternState", "Patterns"]

MAX_DEPTH: Final = 64
"""Folders below a root that a walk goes down to."""
MAX_SEGMENTS: Final = 16
"""Folders that may make a package's name; Android's longest packages have fewer."""

_PACKAGE, _SEGMENT, _BELOW = "<package>", "<package-in-folders>", "<below>"
_UNSURE: Final = "<folder>"
"""A folder at or below this step that cannot be read is not a fault: it may not be the SDK's."""
_WILD: Final[dict[str, Callable[[str], bool]]] = {
    _PACKAGE: is_package,
    _SEGMENT: is_segment,
    "<hap>": bool,
    _UNSURE: bool,
    _BELOW: bool,
}
_ANYTHING: Final = frozenset({"<hap>", _UNSURE, _BELOW})
"""A link among any folders is not worth a line."""


_MOST_NAMES: Final = 4096
"""Names of which a state remembers where they lead."""


class _Position(NamedTuple):
    """A place in a pattern: its first `at` steps are done."""

    pattern: int
    at: int
    settled: bool
    """Whether the share that it belongs to is known."""


class Accept(NamedTuple):
    """A pattern that ends here."""

    row: FolderLayout
    steps: tuple[str, ...]
    settled: bool

    def package(self, names: tuple[str, ...]) -> str | None:
        """Return the package that `names` have, which may be empty; None if they do not fit."""
        if _PACKAGE in self.steps:
            return names[self.steps.index(_PACKAGE)]
        if _SEGMENT in self.steps:
            segments = names[self.steps.index(_SEGMENT) :]
            return ".".join(segments) if 1 < len(segments) <= MAX_SEGMENTS else None
        return ""


class Leap(NamedTuple):
    """Some literal steps, and the state behind them."""

    steps: tuple[str, ...]
    path: bytes
    """The steps, each with a slash before it."""
    state: "PatternState"


class PatternState:
    """The positions reached, and where each next name leads."""

    def __init__(self, patterns: "Patterns", positions: frozenset[_Position]) -> None:
        self._patterns = patterns
        self._known: dict[tuple[object, ...], PatternState | None] = {}
        ordered = sorted(positions)
        self.settled = all(position.settled for position in ordered)
        self.accepts: list[Accept] = []
        self.literals: dict[str, list[_Position]] = {}
        self.wild: list[tuple[str, _Position]] = []
        """Kinds of steps, and the positions behind them."""
        self._surely: set[str] = set()
        for position in ordered:
            row, steps = patterns.all[position.pattern]
            if position.at == len(steps) or steps[position.at] == _BELOW:
                self.accepts.append(Accept(row, steps, position.settled))
            for step, after in _next(position, steps):
                if step in _WILD:
                    self.wild.append((step, after))
                else:
                    self.literals.setdefault(step, []).append(after)
                if _UNSURE not in steps[: after.at]:
                    self._surely.add(step)
        self._kinds = sorted({step for step, _ in self.wild})
        self._any = any(kind in _ANYTHING for kind in self._kinds)
        self._by_name: dict[str, PatternState | None] = {}

    @cached_property
    def leaps(self) -> "list[Leap]":
        """The ways from here to states that list a folder or end a pattern, in literal steps.

        The only way has no step if this is such a state, or one where somebody is to be asked.
        """
        if self.accepts or self.wild or not self.settled:
            return [Leap((), b"", self)]
        ways = ((name, self.after(name, bool)) for name in self.literals)
        return [
            Leap((name, *steps), b"/" + os.fsencode(name) + path, end)
            for name, state in ways
            if state
            for steps, path, end in state.leaps
        ]

    @cached_property
    def has_leaps(self) -> bool:
        """Whether all ways from here have steps that nobody needs to look at one by one."""
        return all(leap.steps for leap in self.leaps)

    def fits(self, name: str) -> bool:
        """Return whether any pattern goes on with `name`."""
        return self._any or name in self.literals or any(_WILD[kind](name) for kind in self._kinds)

    def expects(self, name: str, *, link: bool) -> bool:
        """Return whether it is worth a line that `name` cannot be entered, as a link or else."""
        return name in self._surely or any(
            kind in self._surely and not (link and kind in _ANYTHING) and _WILD[kind](name)
            for kind in self._kinds
        )

    def after(self, name: str, mine: Callable[[str], bool]) -> "PatternState | None":
        """Return the state behind the folder `name`; None if no pattern goes on with it.

        `mine` says whether the folder belongs to this share; asked where the first wildcard is.
        """
        if name in self._by_name:
            return self._by_name[name]
        fitting = tuple(kind for kind in self._kinds if _WILD[kind](name))
        ours = bool(fitting) and (self.settled or mine(name))
        key = (name if name in self.literals else "", fitting, ours)
        if key not in self._known:
            self._known[key] = self._after(name, fitting, ours=ours)
        after = self._known[key]
        if self.settled and len(self._by_name) < _MOST_NAMES:
            self._by_name[name] = after
        return after

    def _after(self, name: str, fitting: tuple[str, ...], *, ours: bool) -> "PatternState | None":
        positions = list(self.literals.get(name, ()))
        for kind, after in self.wild:
            if kind in fitting and (after.settled or ours):
                positions.append(after._replace(settled=True))
        return self._patterns.state(frozenset(positions)) if positions else None


def _next(position: _Position, steps: tuple[str, ...]) -> list[tuple[str, _Position]]:
    """Return each step that may come next, and where it leads."""
    ways = []
    if position.at < len(steps):
        step = steps[position.at]
        stays = step == _BELOW
        ways.append((step, position if stays else position._replace(at=position.at + 1)))
    if position.at and steps[position.at - 1] == _SEGMENT:
        ways.append((_SEGMENT, position))
    return ways


class Patterns:
    """All patterns of some layouts, and the states met so far."""

    def __init__(self, rows: tuple[FolderLayout, ...]) -> None:
        self.all = [
            (row, tuple(filter(None, pattern.split("/"))))
            for row in rows
            for pattern in row.directories
        ]
        self._states: dict[frozenset[_Position], PatternState] = {}
        self._starts: dict[bool, PatternState] = {}

    def start(self, *, settled: bool) -> PatternState:
        """Return the state at the root."""
        if settled not in self._starts:
            numbers = range(len(self.all))
            first = frozenset(_Position(number, 0, settled) for number in numbers)
            self._starts[settled] = self.state(first)
        return self._starts[settled]

    def state(self, positions: frozenset[_Position]) -> PatternState:
        """Return the state of these positions."""
        known = self._states.get(positions)
        if known is None:
            known = self._states[positions] = PatternState(self, positions)
        return known
