"""The private values of fields in a text: by the names in front of them."""

import re
from collections.abc import Container, Iterator
from typing import Final, NamedTuple

from xlogdecode.redaction.labels import LabelFinder
from xlogdecode.redaction.loose import LOOSE, is_loose_value
from xlogdecode.redaction.rules import RedactionRules
from xlogdecode.redaction.values import is_plain_number, values_at

__all__ = ["FieldFinder", "Span"]

_HEX: Final = re.compile(r"=>[ ]?base16_format:((?:[0-9A-Fa-f]{2})+)")
_CALLED: Final = frozenset({"onsuccess", "succeed", "succeeded", "success", "succ"})
"""Words behind the name of a value that was asked for, with the value behind them."""
_ANSWER: Final = re.compile("(?<=.)(?:Callback|Listener|Handler|Result)$")
_SECOND: Final = (
    frozenset({"id", "name", "address", "addr", "number", "no", "card", "key", "url"}) | _CALLED
)
"""Words that say little without the one before them: `Device ID`."""
_WORD_BEFORE: Final = re.compile(r"([A-Za-z]{2,20})[ ]$")
_LISTS: Final = re.compile(
    r"(?:list|array|ids|members|friends|invitees|accounts|identifiers|receivers)$"
)
_NOT_OF_A_PERSON: Final = re.compile(r"\.(?!local$|lan$)[A-Za-z]")
_STRICTLY: Final = frozenset({"conversation", "text", "cookie"})
"""The kinds of the fields that need a sign of their own."""
_OWN_NAME: Final = re.compile(
    r"(?i)(?:(?:device|dev|phone|bt|bluetooth)[ _-]?name"
    r"""|(?:\u8bbe\u5907|\u84dd\u7259)\u540d\u79f0?)["' :=\uff1a\\]{0,6}$"""
)
"""Before a value that may have blanks, since people name these things as they like."""
_SMALL: Final = re.compile("-?[0-9]")
_STATED: Final = frozenset({"user", "group", "device", "token"})
_STATE: Final = re.compile("\u5df2|\u672a|\u6b63\u5728|\u6ca1\u6709|\u65e0\u6cd5|\u4e0d")
"""Chinese words of these kinds begin so if they say how something is: done, not yet, ongoing."""
_BRACKETS: Final = frozenset("[({<")
_TYPE: Final = re.compile("[cC][0-9][cC]")
"""The type of a conversation without an id."""
_ENCODED: Final = ("%3D", "%3d")
"""The sign `=` as it is in URLs, where `%26` ends the value."""
_CHECKED: Final = frozenset({"device", "card", "token", "address"})
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
        names = {**rules.labels, **rules.endings, **dict.fromkeys(_SECOND, "")}
        loose = [
            name for name, kind in names.items() if kind not in _STRICTLY and name not in _CALLED
        ]
        self._labels = LabelFinder(names, loose)
        self._fields: dict[str, _Field] = {}
        """The name, backwards -> what is known of it."""

    def find(self, text: str, kinds: Container[str] | None = None) -> Iterator[Span]:
        """Yield the private values in `text`; of `kinds` only if these are given."""
        for start, stop, field, kind in self._private(text):
            if kinds is None or kind in kinds:
                if text[stop - 1] in LOOSE:
                    yield from self._loose_values(text, start, stop, field, kind)
                else:
                    yield from self._values(text, stop, field, kind)
        if kinds is None or "user" in kinds:
            at = text.find("base16_format:")
            if at >= 0:
                for found in _HEX.finditer(text, max(0, at - 3)):
                    yield *found.span(1), "user"

    def is_by_digits(self, text: str) -> bool:
        """Tell whether a digit may decide that a value is not private, such as a mere 0."""
        return any(
            _SMALL.fullmatch(text, begin, end)
            for _, stop, field, kind in self._private(text)
            for begin, end in values_at(text, stop, kind, is_list=field.is_list)
        )

    def _private(self, text: str) -> Iterator[tuple[int, int, "_Field", str]]:
        """Yield where the name of a private field starts, where its sign ends, it, and its kind."""
        known = self._fields
        for start, stop, label in self._labels.find(text):
            field = known.get(label) or self._field(label)
            kind, is_second = field[1:3]
            first = start
            if is_second and (before := _WORD_BEFORE.search(text, max(0, start - 21), start)):
                first = before.start()
                kind = self._kind_with(before[1], field.name)
            if kind is not None:
                yield first, stop, field, kind

    def _field(self, label: str) -> _Field:
        name = label[::-1]
        kind = self._rules.kind_of(name)
        small = name.lower()
        is_list = _LISTS.search(small.replace("_", "")) is not None
        if len(self._fields) >= _MOST:
            self._fields.clear()
        field = _Field(name, kind, small in _SECOND, is_list)
        self._fields[label] = field
        return field

    def _kind_with(self, before: str, label: str) -> str | None:
        if label.lower() in _CALLED:
            return self._rules.kind_of(_ANSWER.sub("", before))
        return self._rules.kind_of(before + label)

    def _loose_values(
        self, text: str, start: int, stop: int, field: _Field, kind: str
    ) -> Iterator[Span]:
        """Yield values behind a sign that is behind any word, too."""
        if kind in _STRICTLY or (field.is_list and text[stop : stop + 1] not in _BRACKETS):
            return
        for span in self._values(text, stop, field, kind):
            begin, end, _ = span
            if field.is_list:
                if "=" not in text[begin:end]:
                    yield span
            elif is_loose_value(text, start, stop, begin, end, kind) and (
                self._rules.kind_of(text[begin:end]) is None
            ):
                yield span

    def _values(self, text: str, start: int, field: _Field, kind: str) -> list[Span]:
        spans = []
        in_url = text[start - 3 : start] in _ENCODED
        form = (
            "name"
            if kind == "device" and _OWN_NAME.search(text, max(0, start - 24), start)
            else kind
        )
        for begin, stop in values_at(text, start, form, is_list=field.is_list):
            value = text[begin:stop].partition("%26")[0] if in_url else text[begin:stop]
            end = begin + len(value)
            if value.lower() in self._rules.not_values or (kind in _STATED and _STATE.match(value)):
                continue
            if kind == "conversation":
                if not (_TYPE.fullmatch(value) or (len(value) < 4 and is_plain_number(value))):
                    spans.append((begin, end, "group" if _is_after_group(text, begin) else "user"))
            elif kind not in _CHECKED or _is_private(text, begin, value, kind, field.name):
                spans.append((begin, end, kind))
        return spans


def _is_private(text: str, start: int, value: str, kind: str, label: str) -> bool:
    if kind == "device" and label.lower().endswith(("name", "host")):
        return _NOT_OF_A_PERSON.search(value) is None and not is_plain_number(value)
    if kind == "card":
        return sum(map(str.isdigit, value)) >= 5
    if kind == "address":
        return not value.isascii()
    if kind == "token":
        is_session = label.lower().endswith("id") and "sess" in label.lower()
        return len(value) >= (16 if is_session else 6) or (
            not is_session and text[start - 1] in "\"'"
        )
    return True


def _is_after_group(text: str, start: int) -> bool:
    return text[max(0, start - 6) : start].lower().startswith("group")
