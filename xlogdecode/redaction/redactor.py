"""Replaces what tells who someone is by placeholders: by fields, by patterns, by learnt words.

Best effort: a value in a form that no rule knows stays, so look before you send. Only messages are
changed; times, levels, tags and places in the source code stay as they are.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.layouts import complete_heads
from xlogdecode.records.record import readable
from xlogdecode.redaction.clear_lines import ClearLines
from xlogdecode.redaction.fields import FieldFinder, Span
from xlogdecode.redaction.forms import forms_of
from xlogdecode.redaction.patterns import PatternFinder
from xlogdecode.redaction.rules import RedactionRules, built_in_rules
from xlogdecode.redaction.shapes import BETWEEN, DIGIT_KINDS, Shapes, SuspectText
from xlogdecode.redaction.values import is_learnable
from xlogdecode.redaction.words import WordFinder

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
_texts_of: Final = re.compile(f"\n(?:{complete_heads()})".encode()).split
"""Lines, with a line end before them -> the texts between the heads of records."""
_PLACEHOLDER: Final = re.compile(r"<([a-z][a-z0-9_]*)(?:-[0-9]+)?>")


class Redactor:
    """Replaces values, the same one by the same placeholder as long as the redactor lives."""

    def __init__(self, rules: RedactionRules, words: Iterable[str] = ()) -> None:
        """Take rules (`built_in_rules`), and words that are replaced wherever they are."""
        self._fields = FieldFinder(rules)
        self._patterns = PatternFinder(rules)
        self._finder = WordFinder()
        self._shapes = Shapes(rules, self._find_in, self._finder.is_in_shape)
        self._shapes_to_learn = Shapes(rules, self._find_to_learn)
        self._learnt: dict[str, str] = dict.fromkeys(words, "word")
        """A word -> its kind."""
        self._same: dict[str, str] = {}
        """Another form of a learnt word, such as the hexadecimal one -> the word."""
        self._new = [*self._learnt]
        """Words that the finders do not have yet."""
        self._free_lines = ClearLines(self._shapes_to_learn.is_free)
        self._clear_lines = ClearLines(self._shapes.is_clear)
        self._not_by_digits = {pattern.name for pattern in rules.patterns} - DIGIT_KINDS
        self._is_by_line = rules == built_in_rules()
        """No rule finds anything that goes on in the next line."""
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
        self._learn_from(text, self._find_to_learn(text))

    def learn_lines(self, lines: bytes) -> None:
        """Learn from lines of a log, but not from the heads of records; see `learn`."""
        if self._is_by_line:
            end = lines.rfind(b"\n") + 1
            parts = self._free_lines.part(lines[:end])
            lines = b"".join([*(suspect for suspect, _ in parts), lines[end:]])
        texts = [*dict.fromkeys(_texts_of(b"\n" + lines))]
        unknown: list[bytes] = []
        for number, spans, _ in self._shapes_to_learn.select(texts, BETWEEN.join(texts), _read):
            if spans is None:
                unknown.append(texts[number])
            else:
                self._learn_from(_read(texts[number]), spans)
        self.learn(_read(_BETWEEN.encode().join(unknown)))

    def _learn_from(self, text: str, spans: Iterable[Span]) -> None:
        learnt = self._learnt
        for start, end, kind in spans:
            value = text[start:end]
            if value not in learnt and kind in _LEARNT and is_learnable(value, kind):
                learnt[value] = kind
                self._new.append(value)

    def redact(self, text: str) -> str:
        """Return `text` with placeholders."""
        return self._replace(text, [*self._by_rule(text), *self._by_word(text)])

    def _replace(self, text: str, spans: list[Span]) -> str:
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
        texts, found = [*times], None
        if self.has_learnt:
            in_bytes = "\0".join(texts).encode("latin-1")
            self._renew()
            found = self._shapes.select(texts, in_bytes, readable)
            texts = [texts[one.number] for one in found]
        joined = readable(_BETWEEN.join(texts))
        if not self.has_learnt:
            self.learn(joined)
        if joined.count("\0") != max(len(texts) - 1, 0):  # a message has the sign itself
            return [_as_bytes(self.redact(readable(message))) for message in messages]
        by_rule = self._by_rule(joined) if found is None else self._found_in(joined, found)
        redacted = self._replace(joined, [*by_rule, *self._by_word(joined)])
        if redacted is joined:
            return [*messages]
        changed = dict(zip(texts, _as_bytes(redacted).split(_BETWEEN), strict=True))
        self._count_again(changed, times)
        return [changed.get(message, message) for message in messages]

    def _count_again(self, changed: dict[str, str], times: Counter[str]) -> None:
        """Count the values of messages that are there more than once, as often as they are."""
        for old, new in changed.items():
            more = times[old] - 1
            if more and old != new:
                found = Counter(_PLACEHOLDER.findall(new))
                found.subtract(_PLACEHOLDER.findall(old))
                for kind, count in found.items():
                    self.counts[kind] += more * count

    def part(self, lines: bytes) -> list[tuple[bytes, bytes]]:
        """Return complete lines in parts, each with those behind it that stay as they are.

        Both may be empty. The first line that stays begins a record, as does that behind the last.
        """
        if not (self._is_by_line and self.has_learnt):
            return [(lines, b"")]
        self._renew()
        return self._clear_lines.part(lines)

    def mapping(self) -> dict[str, str]:
        """Return the placeholders and their values."""
        return {placeholder: value for (_, value), placeholder in self._placeholders.items()}

    def _find_in(self, text: str) -> Sequence[Span] | None:
        """Return what the rules find in a text that no digit of it decides; None if one may."""
        if self._fields.is_by_digits(text):
            return None
        return [*self._fields.find(text), *self._patterns.find(text, _BETWEEN, self._not_by_digits)]

    def _find_to_learn(self, text: str) -> list[Span]:
        ids = self._patterns.find(text, "\n", _IDS)
        return [*self._fields.find(text, _NAMED), *ids]

    def _renew(self) -> None:
        """Let what finds the learnt words have the new ones, too."""
        if not self._new:
            return
        new, self._new = self._new, []
        same = {form: word for word in new for form in forms_of(word) if form not in self._learnt}
        self._same |= same
        self._finder.add([*new, *same])
        self._shapes.has_new_words()
        self._clear_lines.forget()

    def _by_rule(self, text: str) -> Iterator[Span]:
        return chain(self._fields.find(text), self._patterns.find(text, _BETWEEN))

    def _found_in(self, joined: str, found: Sequence[SuspectText]) -> Iterator[Span]:
        """Yield what is found in joined texts; the rules look where that is not known."""
        sizes = (len(text) + len(_BETWEEN) for text in joined.split(_BETWEEN))
        starts = [*accumulate(sizes, initial=0)]
        unlike: list[int] = []
        by_digits: list[int] = []
        for number, ((_, spans, is_by_digits), at) in enumerate(zip(found, starts, strict=False)):
            if spans is None:
                unlike.append(number)
                continue
            if is_by_digits:
                by_digits.append(number)
            for start, end, kind in spans:
                yield at + start, at + end, kind
        yield from _moved(joined, starts, unlike, self._by_rule)
        yield from _moved(joined, starts, by_digits, self._by_digits)

    def _by_digits(self, text: str) -> Iterator[Span]:
        return self._patterns.find(text, _BETWEEN, DIGIT_KINDS)

    def _by_word(self, text: str) -> Iterator[Span]:
        self._renew()
        for start, end in self._finder.find(text):
            word = self._same.get(text[start:end], text[start:end])
            yield start, end, self._learnt.get(word, "user")

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


def _moved(
    joined: str,
    starts: Sequence[int],
    numbers: Sequence[int],
    find: Callable[[str], Iterable[Span]],
) -> Iterator[Span]:
    """Yield what `find` finds in some of the joined texts, of which all begin at `starts`."""
    ends = [start - len(_BETWEEN) for start in starts[1:]]
    texts = [joined[starts[number] : ends[number]] for number in numbers]
    firsts = [*accumulate((len(text) + len(_BETWEEN) for text in texts), initial=0)]
    for start, end, kind in find(_BETWEEN.join(texts)):
        place = bisect_right(firsts, start) - 1
        more = starts[numbers[place]] - firsts[place]
        yield start + more, end + more, kind


def _read(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _as_bytes(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
