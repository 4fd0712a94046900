"""Redaction rules as data: the fields that hold something private, and patterns of what is.

`data/redact.yaml` says what its parts mean; a file of one's own looks the same.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from xlogdecode.errors import ConfigError
from xlogdecode.yaml_file import YamlValue, built_in_yaml, load_yaml, parse_yaml

__all__ = ["Pattern", "RedactionRules", "built_in_rules", "load_rules", "load_words", "parse_rules"]

_EMPTY: Final = "write `patterns:` or `labels:`"
_KEYS: Final = ("labels", "texts", "not_labels", "not_values", "patterns")
_NOT_IN_LABELS: Final = str.maketrans("", "", "_- .")

_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_. -]+")
"""Signs between the words of a name: `loggingUid`, `tag_uid`."""

_MOST_KNOWN: Final = 4096


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that is replaced anywhere, and the kind that names its placeholders."""

    name: str
    pattern: str
    """A regular expression; its group, or all of it if it has none, is what is replaced."""
    needs: tuple[str, ...] = ()
    """Texts, one of which a record must have."""
    near: tuple[str, ...] = ()
    """Regular expressions, one of which is found in every record that has it, if none of `needs`
    is there. With neither, all records are searched."""


@dataclass(frozen=True, slots=True)
class RedactionRules:
    """The private labels and patterns; labels are in small letters, without blanks, `_` and `-`."""

    patterns: tuple[Pattern, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    """The name of a field -> the kind of its value."""
    endings: dict[str, str] = field(default_factory=dict)
    """The ending of such a name -> the kind."""
    texts: frozenset[str] = frozenset()
    """The names, or `*` and their endings, of fields that hold the text of a message."""
    not_labels: frozenset[str] = frozenset()
    """The last words of names that are not private, though they end in one that is."""
    not_values: frozenset[str] = frozenset()
    _known: dict[str, str | None] = field(default_factory=dict, init=False, repr=False)
    """Labels -> their kinds, as far as they were asked for."""

    def before(self, other: "RedactionRules") -> "RedactionRules":
        """Return both; where they disagree, these go first."""
        return RedactionRules(
            self.patterns + other.patterns,
            other.labels | self.labels,
            other.endings | self.endings,
            self.texts | other.texts,
            self.not_labels | other.not_labels,
            self.not_values | other.not_values,
        )

    def with_texts(self) -> "RedactionRules":
        """Return the rules that replace the text of messages, too."""
        own = _by_names((name, "text") for name in self.texts)
        element = Pattern("text", r"\[text\] ?([^\n]+)", ("[text]",))
        return RedactionRules((element,), *own).before(self)

    def kind_of(self, label: str) -> str | None:
        """Return the kind of the values behind a label, None if they are not private."""
        if label not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[label] = self._find_kind(label)
        return self._known[label]

    def _find_kind(self, label: str) -> str | None:
        name = label.lower().translate(_NOT_IN_LABELS)
        if name in self.labels:
            return self.labels[name]
        if _WORDS.split(label)[-1].lower() in self.not_labels:
            return None
        ends = (name[start:] for start in range(len(name) - 1))  # the longest goes first
        return next((self.endings[end] for end in ends if end in self.endings), None)


@cache
def built_in_rules() -> RedactionRules:
    """Return the rules that come with the package."""
    return _rules(built_in_yaml("redact.yaml"))


def load_rules(path: str) -> RedactionRules:
    """Return the rules of a YAML file. Raises ConfigError, which names the file and the line."""
    return _rules(load_yaml(path, _EMPTY))


def load_words(path: str) -> list[str]:
    """Return the words in a file, one a line; `#` starts a comment. Raises ConfigError."""
    from pathlib import Path

    try:
        text = Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}:1:1: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}:1:1: not UTF-8; save it as UTF-8") from None
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def parse_rules(text: str, name: str) -> RedactionRules:
    """Return the rules of a YAML text, in a file called `name`. Raises ConfigError."""
    return _rules(parse_yaml(text, name, _EMPTY))


def _rules(root: YamlValue) -> RedactionRules:
    fields = root.mapping("the file", _KEYS)
    if not fields:
        raise root.error(_EMPTY)
    kinds = fields["labels"].pairs("`labels`") if "labels" in fields else []
    names = ((name, _kind(kind)) for kind, values in kinds for name in _texts(values, "a label"))
    patterns = fields["patterns"].items("`patterns`") if "patterns" in fields else []
    return RedactionRules(
        tuple(map(_pattern, patterns)),
        *_by_names(names),
        frozenset(_texts(fields.get("texts"), "a label")),
        frozenset(_texts(fields.get("not_labels"), "a label")),
        frozenset(_texts(fields.get("not_values"), "a value")),
    )


def _by_names(names: Iterable[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the kinds of full names, and those of endings, which begin with `*`."""
    full: dict[str, str] = {}
    endings: dict[str, str] = {}
    for name, kind in names:
        found = endings if name.startswith("*") else full
        found[name.removeprefix("*").lower().translate(_NOT_IN_LABELS)] = kind
    return full, endings


def _texts(value: YamlValue | None, what: str) -> Iterator[str]:
    for item in value.items(f"a list of {what}s") if value is not None else ():
        yield item.text(what)


def _kind(value: YamlValue) -> str:
    kind = value.text("a name")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", kind):
        raise value.error("a name must be small letters, digits and _")
    return kind


def _pattern(item: YamlValue) -> Pattern:
    fields = item.mapping("a pattern", ["name", "pattern", "needs", "near"])
    for needed in ("name", "pattern"):
        if needed not in fields:
            raise item.error(f"a pattern must have the key {needed!r}")
    needs = tuple(_texts(fields.get("needs"), "text"))
    near = fields["near"].items("a list of patterns") if "near" in fields else ()
    return Pattern(_kind(fields["name"]), _regex(fields["pattern"]), needs, (*map(_regex, near),))


def _regex(value: YamlValue) -> str:
    """Return a regular expression with one group at most, which matches no empty text."""
    pattern = value.text("a pattern")
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise value.error(f"not a regular expression: {error}") from None
    if compiled.groups > 1 or compiled.groupindex or re.search(r"\\[1-9]", pattern):
        raise value.error("at most one group, without a name; write the others as (?:...)")
    if compiled.match("") or re.match(r"\(\?[a-zA-Z]+\)", pattern):
        raise value.error("a pattern must match something; write flags as in (?i:...)")
    return pattern
