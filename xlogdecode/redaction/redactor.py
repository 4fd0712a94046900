"""Replaces what tells who someone is by placeholders: by fields, by patterns, by learnt words.

Best effort: a value in a form that no rule knows stays, so look before you send. Only messages are
changed; times, levels, tags and places in the source code stay as they are.
"""

import heapq
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.record import readable
from xlogdecode.redaction.rules import Pattern, RedactionRules
from xlogdecode.redaction.values import is_learnable, is_plain_number, values_at
from xlogdecode.redaction.words import word_finder

__all__ = ["Redactor"]

_LABEL_BACKWARDS: Final = re.compile(
    r"""[:=][ \t]{0,3}(?:["']\\*)?([\w-]{0,63}[^\W\d_-])(?![\w-])"""
)
"""The name of a field in reversed text: names are found by the sign behind them, since few words
of a text are names.
"""
_SIGN: Final = re.compile(r"[=>]?[ \t]{0,8}")
_HEX: Final = re.compile(r"=>[ ]?base16_format:((?:[0-9A-Fa-f]{2})+)")
_SECOND: Final = frozenset(
    {"id", "name", "address", "addr", "number", "no", "card", "key", "onsuccess"}
)
"""Words that say little without the one before them: `Device ID`."""
_WORD_BEFORE: Final = re.compile(r"([A-Za-z]{2,20})[ ]$")
_LISTS: Final = re.compile(r"(?:list|ids|members|friends|invitees|accounts|identifiers|receivers)$")
_BETWEEN: Final = "\n\0\n"
"""The separator of messages that are searched in one go: no rule of the package matches it."""
_LEARNT: Final = frozenset(
    {"user", "group", "call", "name", "device", "token", "password", "wifi", "word"}
)
_IDS: Final = frozenset({"user", "group"})
"""The kinds of ids, which are learnt from patterns, too: `C2C_alice`."""
_NUMBERS: Final = frozenset({"phone", "card"})
_LABEL_BEFORE: Final = re.compile(r"""([A-Za-z][\w-]{0,40})(?:[ ]|\\*["']?[ ]?[:=][ ]?\\*["']?)$""")
_COUNTS: Final = frozenset(
    """seq sequence random rand time ts timestamp stamp id ids cost size len length offset count
    version ver code hash nonce index idx port bits flag flags bytes total crc checksum ssrc frame
    pts dts cursor key msgid delay duration used free capacity pid tid""".split()  # noqa: SIM905
)
"""Words of names whose numbers are no phones and no cards."""
_PLACEHOLDER: Final = re.compile(r"<([a-z][a-z0-9_]*)(?:-[0-9]+)?>")
_UNIT: Final = re.compile(r" ?(?:ms|us|ns|s|bytes|B|KB|MB)\b")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_-]")
_NOT_OF_A_PERSON: Final = re.compile(r"\.(?!local$|lan$)[A-Za-z]")

Span = tuple[int, int, str]
"""Where a value begins and ends, and its kind."""


class Redactor:
    """Replaces values, the same one by the same placeholder as long as the redactor lives."""

    def __init__(self, rules: RedactionRules, words: Iterable[str] = ()) -> None:
        """Take rules (`built_in_rules`), and words that are replaced wherever they are."""
        self._rules = rules
        self._patterns = [
            (p, re.compile(p.near) if p.near else None, re.compile(p.pattern))
            for p in rules.patterns
        ]
        self._kinds: dict[str, str | None] = {}
        self._learnt: dict[str, str] = dict.fromkeys(words, "word")
        """A word -> its kind."""
        self._same: dict[str, str] = {}
        """The hexadecimal form of a learnt word -> the word."""
        self._finder: re.Pattern[str] | None = None
        self._is_stale = bool(self._learnt)
        self._placeholders: dict[tuple[str, str], str] = {}
        self._numbers: Counter[str] = Counter()
        self.has_learnt = False
        """It has learnt from all of what comes; otherwise it learns as the records come."""
        self.counts: Counter[str] = Counter()
        """Kind -> values that were replaced."""
        self.on_replay: Callable[[float], object] | None = None
        """Gets the share of a log's text that was gone over again, once all was learnt."""

    def learn(self, text: str) -> None:
        """Note the values of fields in `text`: `redact` replaces them wherever they are."""
        ids = self._by_pattern(text, between="\n", kinds=_IDS)
        for start, end, kind in chain(self._fields(text), ids):
            value = text[start:end]
            if kind in _LEARNT and value not in self._learnt and is_learnable(value, kind):
                self._learnt[value] = kind
                self._is_stale = True

    def redact(self, text: str) -> str:
        """Return `text` with placeholders."""
        spans = [*self._fields(text), *self._by_pattern(text), *self._by_word(text)]
        if not spans:
            return text
        spans.sort(key=lambda span: (span[0], -span[1]))
        parts, at = [], 0
        for start, end, kind in spans:
            if start >= at and _BETWEEN not in text[start:end]:
                parts += [text[at:start], self._placeholder(kind, text[start:end])]
                at = end
        return "".join([*parts, text[at:]])

    def change_all(self, items: Sequence[Record | Loss]) -> list[Record | Loss]:
        """Return `items` with placeholders in the messages of the records."""
        if not items:
            return []
        messages = [readable(item[10]) if isinstance(item, Record) else "" for item in items]
        times = Counter(messages)  # half of the messages of real logs are there more than once
        joined = _BETWEEN.join(times)
        if joined.count("\0") != len(times) - 1:  # a message has the sign itself
            return [self.change(item) if isinstance(item, Record) else item for item in items]
        if not self.has_learnt:
            self.learn(joined)
        changed = dict(zip(times, self.redact(joined).split(_BETWEEN), strict=True))
        self._count_again(changed, times)
        return [
            _with_message(item, new)
            if isinstance(item, Record) and (new := changed[old]) != old
            else item
            for item, old in zip(items, messages, strict=True)
        ]

    def _count_again(self, changed: dict[str, str], times: Counter[str]) -> None:
        """Count the values of messages that are there more than once, as often as they are."""
        for old, new in changed.items():
            more = times[old] - 1
            if more and old != new:
                found = Counter(_PLACEHOLDER.findall(new))
                found.subtract(_PLACEHOLDER.findall(old))
                for kind, count in found.items():
                    self.counts[kind] += more * count

    def change(self, record: Record) -> Record:
        """Return `record` with placeholders in its message."""
        message = readable(record[10])
        redacted = self.redact(message)
        if redacted == message:
            return record
        return _with_message(record, redacted)

    def mapping(self) -> dict[str, str]:
        """Return the placeholders and their values."""
        return {placeholder: value for (_, value), placeholder in self._placeholders.items()}

    def _fields(self, text: str) -> Iterator[Span]:
        """Yield the private values of fields."""
        kinds, size = self._kinds, len(text)
        for found in _LABEL_BACKWARDS.finditer(text[::-1]):
            label = found[1]
            if label in kinds:
                kind = kinds[label]
            else:
                kind = kinds[label] = self._kind_of(label[::-1])
            if kind is None:
                continue
            at = size - found.end()
            if kind.startswith("?"):
                before = _WORD_BEFORE.search(text, max(0, at - 21), at)
                kind = self._kind_with(before[1], label[::-1]) if before else None
            if kind is not None:
                yield from self._values(text, size - found.start(), kind, label[::-1])
        at = text.find("base16_format:")
        if at >= 0:
            for found in _HEX.finditer(text, max(0, at - 3)):
                yield *found.span(1), "user"

    def _kind_of(self, label: str) -> str | None:
        """Return the kind of a field's values; `?` where the word before it may say more."""
        kind = self._rules.kind_of(label)
        return "?" if kind is None and label.lower() in _SECOND else kind

    def _kind_with(self, before: str, label: str) -> str | None:
        return self._rules.kind_of(before if label == "onSuccess" else before + label)

    def _values(self, text: str, start: int, kind: str, label: str) -> Iterator[Span]:
        sign = _SIGN.match(text, start)
        start = sign.end() if sign else start
        is_list = _LISTS.search(label.lower().replace("_", "")) is not None
        for begin, end in values_at(text, start, kind, is_list=is_list):
            if text[begin:end].lower() in self._rules.not_values:
                continue
            if self._is_private(text, begin, end, kind, label):
                if kind == "conversation":
                    yield begin, end, "group" if _is_after_group(text, begin) else "user"
                else:
                    yield begin, end, kind

    def _is_private(self, text: str, start: int, end: int, kind: str, label: str) -> bool:
        value = text[start:end]
        if kind == "device" and label.lower().endswith(("name", "host")):
            return _NOT_OF_A_PERSON.search(value) is None and not is_plain_number(value)
        if kind == "conversation":
            return not (is_plain_number(value) and len(value) < 4)
        if kind == "card":
            return sum(map(str.isdigit, value)) >= 5
        if kind == "token" and end - start < 6:
            return text[start - 1] in "\"'" and end > start
        return True

    def _by_pattern(
        self, text: str, *, between: str = _BETWEEN, kinds: Container[str] | None = None
    ) -> Iterator[Span]:
        for pattern, near, compiled in self._patterns:
            if kinds is not None and pattern.name not in kinds:
                continue
            group = compiled.groups
            for begin, stop in _stretches(text, pattern.needs, near, between):
                for found in compiled.finditer(text, begin, stop):
                    start, end = found.span(group)
                    if start < end and self._fits(pattern, text, start, end):
                        yield start, end, pattern.name

    def _fits(self, pattern: Pattern, text: str, start: int, end: int) -> bool:
        if pattern.name not in _NUMBERS:
            return text[start:end].lower() not in self._rules.not_values
        if _UNIT.match(text, end):
            return False
        label = _LABEL_BEFORE.search(text, max(0, start - 48), start)
        if label is None or self._rules.kind_of(label[1]) is not None:
            return True
        return _COUNTS.isdisjoint(_CAMEL.sub(" ", label[1]).lower().split())

    def _by_word(self, text: str) -> Iterator[Span]:
        if self._is_stale:
            self._same = {
                shape: word
                for word in self._learnt
                if len(shape := word.encode("utf-8", "surrogateescape").hex()) >= 8
            }
            upper = {shape.upper(): word for shape, word in self._same.items()}
            self._same |= upper
            self._finder = word_finder([*self._learnt, *self._same])
            self._is_stale = False
        if self._finder is not None:
            for found in self._finder.finditer(text):
                word = self._same.get(found[0], found[0])
                yield *found.span(), self._learnt.get(word, "user")

    def _placeholder(self, kind: str, value: str) -> str:
        value = self._same.get(value, value)
        kind = self._learnt.get(value, kind)
        kind = "token" if kind == "password" else kind
        self.counts[kind] += 1
        if kind == "text":
            return "<text>"
        key = kind, value
        if key not in self._placeholders:
            self._numbers[kind] += 1
            self._placeholders[key] = f"<{kind}-{self._numbers[kind]}>"
        return self._placeholders[key]


def _is_after_group(text: str, start: int) -> bool:
    return text[max(0, start - 6) : start].lower().startswith("group")


def _with_message(record: Record, message: str) -> Record:
    return record.with_message(message.encode("utf-8", "surrogateescape").decode("latin-1"))


def _stretches(
    text: str, needs: Sequence[str], near: re.Pattern[str] | None, between: str
) -> Iterator[tuple[int, int]]:
    """Yield where the messages lie that may have a match, each once."""
    if near is not None:
        places: Iterable[int] = (found.start() for found in near.finditer(text))
    elif needs:
        places = heapq.merge(*(_places(text, need) for need in needs))
    else:
        yield 0, len(text)
        return
    done = 0
    for place in places:
        if place >= done:
            start = text.rfind(between, done, place)
            start = done if start < 0 else start + len(between)
            stop = text.find(between, place)
            done = len(text) + 1 if stop < 0 else stop
            yield start, min(done, len(text))


def _places(text: str, need: str) -> Iterator[int]:
    place = text.find(need)
    while place >= 0:
        yield place
        place = text.find(need, place + 1)
