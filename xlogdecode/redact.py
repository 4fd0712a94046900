"""What must not leave the house: values that tell who someone is become placeholders.

Best effort: patterns find what looks like a user id, an address, a token. What a message says in
plain words, or in a form that no pattern knows, stays: look before you send. Only messages are
changed; times, levels, tags and places in the source code stay as they are.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from xlogdecode.errors import ConfigError
from xlogdecode.records import Record
from xlogdecode.records.record import readable

__all__ = ["Pattern", "Redactor", "built_in_patterns", "parse_patterns"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is replaced, and what the placeholders are called."""

    name: str
    pattern: str
    """A regular expression; its group, or all of it if it has none, is what is replaced."""


class Redactor:
    """Replaces values, the same one by the same placeholder as long as the redactor lives."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        """Take patterns, the first that fits at a place counting; see `built_in_patterns`."""
        self._patterns = tuple(patterns)
        grouped = (
            p.pattern if re.compile(p.pattern).groups else f"({p.pattern})" for p in self._patterns
        )
        self._any = re.compile("|".join(f"(?:{pattern})" for pattern in grouped) or "(?!)")
        self._placeholders: dict[tuple[str, str], str] = {}
        self._counts: Counter[str] = Counter()

    def redact(self, text: str) -> str:
        """Return `text` with placeholders."""
        return self._any.sub(self._replace, text)

    def change(self, record: Record) -> Record:
        """Return `record` with placeholders in its message."""
        message = readable(record[10])
        redacted = self.redact(message)
        if redacted == message:
            return record
        return record.with_message(redacted.encode("utf-8", "surrogateescape").decode("latin-1"))

    def _replace(self, found: re.Match[str]) -> str:
        group = found.lastindex
        if group is None or not found[group]:
            return found[0]
        key = self._patterns[group - 1].name, found[group]
        if key not in self._placeholders:
            self._counts[key[0]] += 1
            self._placeholders[key] = f"<{key[0]}-{self._counts[key[0]]}>"
        before = found.string[found.start() : found.start(group)]
        return before + self._placeholders[key] + found.string[found.end(group) : found.end()]


def built_in_patterns() -> list[Pattern]:
    """Return the patterns that come with the package."""
    text = files("xlogdecode").joinpath("data/redact.yaml").read_text("utf-8")
    return parse_patterns(text, "redact.yaml")


def parse_patterns(text: str, name: str) -> list[Pattern]:
    """Return the patterns of a YAML text: `patterns:`, a list of `name` and `pattern`.

    Raises ConfigError, which names the line of `name`, the file.
    """
    import yaml  # takes 19 ms, and most runs redact nothing

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"{name}:{_place(mark)}: {error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{name}:1:1: no YAML that can be read: {error}") from None
    found = _fields(root, {"patterns"}, name)["patterns"]
    if not isinstance(found, yaml.SequenceNode):
        raise _wrong(found, name, "write a list of patterns")
    return [_pattern(node, name) for node in found.value]


def _pattern(node: Any, name: str) -> Pattern:
    fields = _fields(node, {"name", "pattern"}, name)
    called, pattern = (_text(fields[key], name) for key in ("name", "pattern"))
    if not re.fullmatch(r"[a-z][a-z0-9_]*", called):
        raise _wrong(fields["name"], name, "a name is small letters, digits and _")
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise _wrong(fields["pattern"], name, f"no regular expression: {error}") from None
    if compiled.groups > 1 or compiled.groupindex or re.search(r"\\[1-9]", pattern):
        remedy = "at most one group without a name, write the others as (?:...)"
        raise _wrong(fields["pattern"], name, remedy)
    if compiled.match("") or re.match(r"\(\?[a-zA-Z]+\)", pattern):
        remedy = "a pattern matches something, and flags stand as in (?i:...)"
        raise _wrong(fields["pattern"], name, remedy)
    return Pattern(called, pattern)


def _fields(node: Any, wanted: set[str], name: str) -> dict[str, Any]:
    """Return the values of a mapping that has just these keys, as nodes."""
    keys = " and ".join(sorted(wanted))
    if node is None or not isinstance(node.value, list) or node.id != "mapping":
        raise _wrong(node, name, f"write {keys}")
    found = {_text(key, name): value for key, value in node.value}
    if set(found) != wanted:
        raise _wrong(node, name, f"write {keys}, and nothing else")
    return found


def _text(node: Any, name: str) -> str:
    if node.id != "scalar":
        raise _wrong(node, name, "write a text here, in '...' if it holds signs of YAML")
    return str(node.value)


def _wrong(node: Any, name: str, what: str) -> ConfigError:
    return ConfigError(f"{name}:{_place(node and node.start_mark)}: {what}")


def _place(mark: Any) -> str:
    return f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
