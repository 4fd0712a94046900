"""The private values of fields in a text: by the names in front of them."""

import re
from collections.abc import Container, Iterator
from typing import Final, NamedTuple

from xlogdecode.redaction.labels import LabelFinder
from xlogdecode.redaction.rules import RedactionRules
from xlogdecode.redaction.values import is_plain_number, values_at

__all__ = ["FieldFinder", "Span"]

_HEX: Final = re.compile(r"=>[ ]?base16_format:((?:[0-9A-Fa-f]{2})+)")
_SECOND: Final = frozenset(
    {"id", "name", "address", "addr", "number", "no", "card", "key", "onsuccess"}
)
"""Words that say little without the one before them: `Device ID`."""
_WORD_BEFORE: Final = re.compile(r"([A-Za-z]{2,20})[ ]$")
_LISTS: Final = re.compile(r"(?:list|ids|members|friends|invitees|accounts|identifiers|receivers)$")
_NOT_OF_A_PERSON: Final = re.compile(r"\.(?!local$|lan$)[A-Za-z]")
_CHECKED: Final = frozenset({"device", "card", "token"})
"""The kinds of which not all values are private."""
_MOST: Final = 4096
"""Names that are remembered."""

Span = tuple[int, int, str]
"""Where a value begins and ends, and its kind."""


class _Field(NamedTuple):
    """The name of a field, and the facts about it."""

    name: str
    kind: str | None
    """That of its values; None where they are not private."""
    is_second: bool
    """The word before it may say more."""
    is_list: bool


class FieldFinder:
    """Finds the values behind the names of private fields."""

    def __init__(self, rules: RedactionRules) -> None:
        """Take the rules that say which names these are."""
        self._rules = rules
        self._labels = LabelFinder([*rules.labels, *rules.endings, *_SECOND])
        self._fields: dict[str, _Field] = {}
        """The name, backwards -> what is known of it."""

    def find(self, text: str, kinds: Container[str] | None = None) -> Iterator[Span]:
        """Yield the private values in `text`; of `kinds` only if these are given."""
        known = self._fields
        for start, stop, label in self._labels.find(text):
            field = known.get(label) or self._field(label)
            kind, is_second = field[1:3]
            if is_second:
                before = _WORD_BEFORE.search(text, max(0, start - 21), start)
                kind = self._kind_with(before[1], field.name) if before else None
            if kind is not None and (kinds is None or kind in kinds):
                yield from self._values(text, stop, field, kind)
        if kinds is None or "user" in kinds:
            at = text.find("base16_format:")
            if at >= 0:
                for found in _HEX.finditer(text, max(0, at - 3)):
                    yield *found.span(1), "user"

    def _field(self, label: str) -> _Field:
        name = label[::-1]
        kind = self._rules.kind_of(name)
        small = name.lower()
        is_list = _LISTS.search(small.replace("_", "")) is not None
        if len(self._fields) >= _MOST:
            self._fields.clear()
        field = _Field(name, kind, kind is None and small in _SECOND, is_list)
        self._fields[label] = field
        return field

    def _kind_with(self, before: str, label: str) -> str | None:
        return self._rules.kind_of(before if label == "onSuccess" else before + label)

    def _values(self, text: str, start: int, field: _Field, kind: str) -> list[Span]:
        spans = []
        for begin, end in values_at(text, start, kind, is_list=field.is_list):
            value = text[begin:end]
            if value.lower() in self._rules.not_values:
                continue
            if kind == "conversation":
                if len(value) >= 4 or not is_plain_number(value):
                    spans.append((begin, end, "group" if _is_after_group(text, begin) else "user"))
            elif kind not in _CHECKED or _is_private(text, begin, value, kind, field.name):
                spans.append((begin, end, kind))
        return spans


def _is_private(text: str, start: int, value: str, kind: str, label: str) -> bool:
    if kind == "device" and label.lower().endswith(("name", "host")):
        return _NOT_OF_A_PERSON.search(value) is None and not is_plain_number(value)
    if kind == "card":
        return sum(map(str.isdigit, value)) >= 5
    if kind == "token" and len(value) < 6:
        return text[start - 1] in "\"'" and bool(value)
    return True


def _is_after_group(text: str, start: int) -> bool:
    return text[max(0, start - 6) : start].lower().startswith("group")
