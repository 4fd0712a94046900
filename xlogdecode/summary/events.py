"""Events as data: the table of what counts, and the signs by which a line shows it.

`data/events.yaml` says what the fields mean; the state of a session is in `machine`.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from os.path import commonprefix
from typing import Final

from xlogdecode.summary.line import LogLine
from xlogdecode.yaml_file import YamlValue, built_in_yaml, load_yaml

__all__ = ["EventRule", "EventTable", "Sign", "anchors", "built_in_events", "load_events"]

_ALIKE: Final = 5
"""Characters in which texts that are looked for together are alike."""

_EMPTY: Final = "write `events:` and a list of events"
_EVENT_KEYS: Final = (
    "event", "once", "page", "per", "instead_of", "quiet", "signs", "take", "until",
)  # fmt: skip
_LANES: Final = ("connect", "login", "network", "kick", "send", "other")
_MOODS: Final = ("plain", "good", "bad")
_VALUE: Final = re.compile(r" ?(.{0,200}?)(?= ?[|\n(]| =>|,? [A-Za-z_]+[:=]|$)")


@dataclass(frozen=True, slots=True)
class Sign:
    """The conditions, all of which a line that shows an event fits."""

    function: str | None = None
    has: tuple[str, ...] = ()
    codes: frozenset[int] | None = None
    any_code: bool = False
    """Any code but 0 will do."""

    @property
    def needs_code(self) -> bool:
        """Only lines that state a code other than 0 fit it."""
        return self.any_code or (self.codes is not None and 0 not in self.codes)

    def fits(self, line: LogLine, codes: frozenset[int]) -> bool:
        """Tell whether `line` fits."""
        if self.function is not None and line.function != self.function:
            return False
        if self.codes is not None and codes.isdisjoint(self.codes):
            return False
        if self.any_code and codes <= {0}:
            return False
        if not self.has:
            return True
        lower = line.message.lower()
        return all(text.lower() in lower for text in self.has)


@dataclass(frozen=True, slots=True)
class EventLook:
    """How the case page shows an event; its name there, where `zh` is empty, is the event's."""

    lane: str = "other"
    mood: str = "plain"
    zh: str = ""


@dataclass(frozen=True, slots=True)
class EventRule:
    """One event: its signs, and how often lines that fit them count."""

    name: str
    signs: tuple[Sign, ...]
    until: frozenset[str] = frozenset()
    once: bool = False
    per: tuple[str, ...] = ()
    instead_of: str | None = None
    quiet: bool = False
    take: tuple[tuple[str, tuple[str, ...]], ...] = ()
    look: EventLook = EventLook()

    def details(self, message: str) -> dict[str, str]:
        """Return what is shown with the event, as the message has it."""
        if not self.take:
            return {}
        found = ((name, value_behind(labels, message)) for name, labels in self.take)
        return {name: value for name, value in found if value}


def value_behind(labels: Iterable[str], message: str) -> str:
    """Return the value behind the first of `labels` that `message` has, or an empty text."""
    for label in labels:
        start = message.find(label)
        if start >= 0 and (found := _VALUE.match(message, start + len(label))):
            return found[1]
    return ""


class EventTable:
    """All events, by what a line must have for one of them to be possible."""

    def __init__(self, rules: Iterable[EventRule]) -> None:
        self.rules = {rule.name: rule for rule in rules}
        """In the order in which they are shown."""
        self.ends: dict[str, list[str]] = {}
        """An event -> those whose episodes it ends."""
        for rule in self.rules.values():
            for name in rule.until:
                self.ends.setdefault(name, []).append(rule.name)
        self._by_function: dict[str, list[tuple[EventRule, int]]] = {}
        self._by_text: dict[str, list[tuple[EventRule, int]]] = {}
        self._by_code: dict[int, list[tuple[EventRule, int]]] = {}
        for rule in self.rules.values():
            for number, sign in enumerate(rule.signs):
                place = (rule, number)
                if sign.function is not None:
                    self._by_function.setdefault(sign.function, []).append(place)
                elif sign.has:
                    self._by_text.setdefault(sign.has[0], []).append(place)
                else:
                    for code in sign.codes or ():
                        self._by_code.setdefault(code, []).append(place)
        self.functions = frozenset(self._by_function)
        """The functions that may show an event."""
        self.functions_without_code = frozenset(
            name
            for name, places in self._by_function.items()
            if not all(rule.signs[number].needs_code for rule, number in places)
        )
        """Those of them that may show one without a code other than 0."""
        self.codes = frozenset(self._by_code)
        """The codes that show an event by themselves."""
        self.texts = tuple(self._by_text)
        """Texts, one of which every line has that shows an event by neither function nor code."""
        self._anchors = anchors(self.texts)

    def has_text(self, message: str) -> bool:
        """Tell whether any of `texts` is in a message: plain searches, faster than a pattern."""
        for anchor in self._anchors:
            if anchor in message and any(text in message for text in self.texts):
                return True
        return False

    def shown_by(
        self, line: LogLine, codes: frozenset[int]
    ) -> list[tuple[EventRule, Collection[int]]]:
        """Return the events that a line with these codes shows, with the numbers of its signs."""
        places = self._by_function.get(line.function or "", [])
        if self.has_text(line.message):
            texts = [text for text in self.texts if text in line.message]
            places = places + [place for text in texts for place in self._by_text[text]]
        if not self.codes.isdisjoint(codes):
            own = [code for code in codes if code in self._by_code]
            places = places + [place for code in own for place in self._by_code[code]]
        fits = [place for place in places if place[0].signs[place[1]].fits(line, codes)]
        if len(fits) < 2:
            return [(rule, (number,)) for rule, number in fits]
        found: dict[str, set[int]] = {}
        for rule, number in fits:
            found.setdefault(rule.name, set()).add(number)
        return [(self.rules[name], numbers) for name, numbers in found.items()]


def anchors(texts: Iterable[str]) -> list[str]:
    """Return texts, one of which is in each line that has one of `texts`."""
    groups = groupby(sorted(texts), lambda text: text[:_ALIKE])
    return [commonprefix(list(some)) for _, some in groups]  # noqa: RUF071 - they are no paths


@cache
def built_in_events() -> EventTable:
    """Return the events that come with the package."""
    return EventTable(_rules(built_in_yaml("events.yaml")))


def load_events(path: str | None = None) -> EventTable:
    """Return the events of the package, and those of a YAML file, if one is given.

    Raises ConfigError, which names the file and the line.
    """
    if path is None:
        return built_in_events()
    own = {rule.name: rule for rule in _rules(load_yaml(path, _EMPTY))}
    return EventTable((built_in_events().rules | own).values())


def _rules(root: YamlValue) -> Iterator[EventRule]:
    fields = root.mapping("the file", ["events"])
    if "events" not in fields:
        raise root.error(_EMPTY)
    for item in fields["events"].items("`events`"):
        yield _rule(item)


def _rule(item: YamlValue) -> EventRule:
    fields = item.mapping("an event", _EVENT_KEYS)
    for needed in ("event", "signs"):
        if needed not in fields:
            raise item.error(f"an event must have the key {needed!r}")
    signs = tuple(_sign(sign) for sign in fields["signs"].items("`signs`"))
    take = fields["take"].pairs("`take`") if "take" in fields else []
    return EventRule(
        fields["event"].text("`event`"),
        signs,
        frozenset(_texts(fields.get("until"), "`until`")),
        "once" in fields and fields["once"].flag("`once`"),
        _texts(fields.get("per"), "`per`"),
        fields["instead_of"].text("`instead_of`") if "instead_of" in fields else None,
        "quiet" in fields and fields["quiet"].flag("`quiet`"),
        tuple((name.text("a name"), _texts(labels, "labels")) for name, labels in take),
        _look(fields["page"]) if "page" in fields else EventLook(),
    )


def _look(item: YamlValue) -> EventLook:
    fields = item.mapping("`page`", ["lane", "mood", "zh"])
    return EventLook(
        _one_of(fields.get("lane"), "`lane`", _LANES) or "other",
        _one_of(fields.get("mood"), "`mood`", _MOODS) or "plain",
        fields["zh"].text("`zh`") if "zh" in fields else "",
    )


def _one_of(value: YamlValue | None, what: str, known: tuple[str, ...]) -> str | None:
    if value is None:
        return None
    text = value.text(what)
    if text not in known:
        raise value.error(f"{what} must be one of {', '.join(known)}")
    return text


def _sign(item: YamlValue) -> Sign:
    fields = item.mapping("a sign", ["function", "has", "codes"])
    if not fields:
        raise item.error("a sign must have one of the keys 'function', 'has' and 'codes'")
    codes = fields.get("codes")
    is_any = codes is not None and codes.node.value == "any"
    if is_any and "function" not in fields and "has" not in fields:
        raise item.error("a sign with `codes: any` must have 'function' or 'has' too")
    return Sign(
        fields["function"].text("`function`") if "function" in fields else None,
        _texts(fields.get("has"), "`has`"),
        None if codes is None or is_any else frozenset(_codes(codes)),
        is_any,
    )


def _codes(value: YamlValue) -> Iterator[int]:
    for item in value.items("`codes`"):
        text = item.text("a code")
        if not re.fullmatch(r"-?[0-9]{1,10}", text):
            raise item.error("a code must be a whole number")
        yield int(text)


def _texts(value: YamlValue | None, what: str) -> tuple[str, ...]:
    return tuple(item.text(what) for item in value.items(what)) if value is not None else ()
