"""The private values that a pattern finds wherever they are, in the lines that may have one."""

import re
from collections.abc import Callable, Container, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Final, NamedTuple

from xlogdecode.redaction.fields import Span
from xlogdecode.redaction.rules import Pattern, RedactionRules, built_in_rules

__all__ = ["PatternFinder"]

_LABEL_BEFORE: Final = re.compile(
    r"""([A-Za-z][\w-]{0,40})(?:[ ]|\\*["']?[ ]?[:=<>]{1,2}[ ]?\\*["']?)$"""
)
_COUNTS: Final = frozenset(
    """seq sequence random rand time ts timestamp stamp id ids cost size len length offset count
    version ver code hash nonce index idx port bits flag flags bytes total crc checksum ssrc frame
    pts dts cursor key msgid delay duration dur used free capacity pid tid thread ack task job
    tick ticks uptime elapsed interval period ms us ns of""".split()  # noqa: SIM905
)
"""Words of names whose numbers are no phones and no cards."""
_COUNTED: Final = re.compile(
    r"(?:\u5e8f[\u5217\u53f7]|\u65f6\u95f4\u6233?|\u8017\u65f6|\u5927\u5c0f|\u957f\u5ea6|\u6570\u91cf?"
    r"|\u7f16\u53f7|\u7248\u672c\u53f7?)[:=\uff1a ]{1,2}$"
)
"""The same in Chinese: sequence, number, time, cost, size, length, count, version."""
_VERSIONS: Final = frozenset(
    {"version", "ver", "build", "firmware", "release", "kernel", "mask", "protocol", "sdk", "os"}
)
_NOT_BEHIND: Final = {"phone": _COUNTS, "card": _COUNTS, "ip": _VERSIONS}
"""Kind -> words of the names whose values are not of this kind, by the package's own patterns."""
_UNIT: Final = re.compile(r" ?(?:ms|us|ns|s|bytes|B|KB|MB)\b")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_-]")


class _Compiled(NamedTuple):
    """A pattern, and how the lines are found that may have a match."""

    pattern: Pattern
    near: list[re.Pattern[str]]
    find: Callable[[str, int, int], Iterator[re.Match[str]]]
    group: int
    not_behind: frozenset[str] | None
    """Words of names whose values it is not to find, where it is a pattern of numbers."""


class PatternFinder:
    """Finds what the patterns of rules match."""

    def __init__(self, rules: RedactionRules) -> None:
        """Take the rules that have the patterns."""
        self._rules = rules
        self._patterns = [_compiled(pattern) for pattern in rules.patterns]

    def find(self, text: str, between: str, kinds: Container[str] | None = None) -> Iterator[Span]:
        """Yield what is found in `text`, in whose lines `between` is; only `kinds` if given."""
        not_values = self._rules.not_values
        for pattern, near, find, group, words in self._patterns:
            kind = pattern.name
            if kinds is not None and kind not in kinds:
                continue
            for begin, stop in _stretches(text, pattern.needs, near, between):
                for found in find(text, begin, stop):
                    start, end = found.span(group)
                    if start < end and (
                        self._counts_nothing(text, start, end, words)
                        if words is not None
                        else text[start:end].lower() not in not_values
                    ):
                        yield start, end, kind

    def _counts_nothing(self, text: str, start: int, end: int, words: frozenset[str]) -> bool:
        """Tell whether a number is not that of things, seconds or bytes, as one of `words` says."""
        if _UNIT.match(text, end) or _COUNTED.search(text, max(0, start - 8), start):
            return False
        label = _LABEL_BEFORE.search(text, max(0, start - 48), start)
        if label is None or self._rules.kind_of(label[1]) is not None:
            return True
        return words.isdisjoint(_CAMEL.sub(" ", label[1]).lower().split())


def _compiled(pattern: Pattern) -> _Compiled:
    compiled = re.compile(pattern.pattern)
    near = [re.compile(each) for each in pattern.near]
    is_ours = pattern in built_in_rules().patterns
    words = _NOT_BEHIND.get(pattern.name) if is_ours else None
    return _Compiled(pattern, near, compiled.finditer, compiled.groups, words)


def _stretches(
    text: str, needs: Iterable[str], near: Iterable[re.Pattern[str]], between: str
) -> Iterable[tuple[int, int]]:
    """Return where the lines are that may have a match, in order, each once."""
    places: list[Callable[[int], int]] = [partial(text.find, need) for need in needs]
    places += [partial(_place_near, each, text) for each in near]
    if not places:
        return [(0, len(text))]
    lines = [_lines(text, place_from, between) for place_from in places]
    return lines[0] if len(lines) == 1 else sorted(set(chain.from_iterable(lines)))


def _lines(text: str, place_from: Callable[[int], int], between: str) -> Iterator[tuple[int, int]]:
    """Yield the lines that have one of the places."""
    stop, place = 0, place_from(0)
    while place >= 0:
        start = text.rfind(between, stop, place)
        start = stop if start < 0 else start + len(between)
        stop = text.find(between, place)
        if stop < 0:
            yield start, len(text)
            return
        yield start, stop
        place = place_from(stop)


def _place_near(near: re.Pattern[str], text: str, start: int) -> int:
    found = near.search(text, start)
    return found.start() if found else -1
