"""Replaces what tells who someone is by placeholders: by fields, by patterns, by learnt words.

Best effort: a value in a form that no rule knows stays, so look before you send. Only messages are
changed; times, levels, tags and places in the source code stay as they are.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.record import readable
from xlogdecode.redaction.fields import FieldFinder, Span
from xlogdecode.redaction.patterns import PatternFinder
from xlogdecode.redaction.rules import RedactionRules
from xlogdecode.redaction.values import is_learnable
from xlogdecode.redaction.words import word_finder

__all__ = ["Redactor"]

_BETWEEN: Final = "\n\0\n"
"""The separator of messages that are searched in one go: no rule of the package matches it."""
_LEARNT: Final = frozenset(
    {"user", "group", "call", "name", "device", "token", "password", "wifi", "word"}
)
_NAMED: Final = _LEARNT | {"conversation"}
"""The kinds of the fields from which it learns."""
_IDS: Final = frozenset({"user", "group"})
"""The kinds of ids, which are learnt from patterns, too: `C2C_alice`."""
_PLACEHOLDER: Final = re.compile(r"<([a-z][a-z0-9_]*)(?:-[0-9]+)?>")


class Redactor:
    """Replaces values, the same one by the same placeholder as long as the redactor lives."""

    def __init__(self, rules: RedactionRules, words: Iterable[str] = ()) -> None:
        """Take rules (`built_in_rules`), and words that are replaced wherever they are."""
        self._fields = FieldFinder(rules)
        self._patterns = PatternFinder(rules)
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
        learnt = self._learnt
        ids = self._patterns.find(text, "\n", _IDS)
        for start, end, kind in chain(self._fields.find(text, _NAMED), ids):
            value = text[start:end]
            if value not in learnt and is_learnable(value, kind):
                learnt[value] = kind
                self._is_stale = True

    def redact(self, text: str) -> str:
        """Return `text` with placeholders."""
        found = self._patterns.find(text, _BETWEEN)
        spans = [*self._fields.find(text), *found, *self._by_word(text)]
        if not spans:
            return text
        spans.sort(key=itemgetter(1), reverse=True)
        spans.sort(key=itemgetter(0))  # the longest goes first, and of two the one found first
        parts, at = [], 0
        for start, end, kind in spans:
            if start >= at and _BETWEEN not in text[start:end]:
                parts += [text[at:start], self._placeholder(kind, text[start:end])]
                at = end
        return "".join([*parts, text[at:]])

    def change_all(self, items: Sequence[Record | Loss]) -> list[Record | Loss]:
        """Return `items` with placeholders in the messages of the records."""
        messages = [item[10] if isinstance(item, Record) else "" for item in items]
        return [
            item.with_message(new) if new != old and isinstance(item, Record) else item
            for item, old, new in zip(items, messages, self.change_messages(messages), strict=True)
        ]

    def change_messages(self, messages: Sequence[str]) -> list[str]:
        """Return messages with placeholders; they have one character a byte."""
        times = Counter(messages)  # half of the messages of real logs are there more than once
        joined = readable(_BETWEEN.join(times))
        if not self.has_learnt:
            self.learn(joined)
        if joined.count("\0") != max(len(times) - 1, 0):  # a message has the sign itself
            return [_as_bytes(self.redact(readable(message))) for message in messages]
        redacted = self.redact(joined)
        if redacted is joined:
            return [*messages]
        changed = dict(zip(times, _as_bytes(redacted).split(_BETWEEN), strict=True))
        self._count_again(changed, times)
        return [changed[message] for message in messages]

    def _count_again(self, changed: dict[str, str], times: Counter[str]) -> None:
        """Count the values of messages that are there more than once, as often as they are."""
        for old, new in changed.items():
            more = times[old] - 1
            if more and old != new:
                found = Counter(_PLACEHOLDER.findall(new))
                found.subtract(_PLACEHOLDER.findall(old))
                for kind, count in found.items():
                    self.counts[kind] += more * count

    def mapping(self) -> dict[str, str]:
        """Return the placeholders and their values."""
        return {placeholder: value for (_, value), placeholder in self._placeholders.items()}

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


def _as_bytes(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
