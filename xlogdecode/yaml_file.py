"""YAML whose values know their line and column, so that an error can name them.

Every error is a ConfigError whose text starts with `FILE:LINE:COLUMN:`.
"""

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, cast

from xlogdecode.errors import ConfigError, UsageError

if TYPE_CHECKING:
    import yaml

__all__ = ["YamlValue", "built_in_yaml", "load_yaml", "parse_yaml"]

T = TypeVar("T")

_TAG: Final = "tag:yaml.org,2002:"
_MOST_DIGITS: Final = 18


class YamlValue(NamedTuple):
    """A value, and where it is; each method returns it as one type or raises ConfigError."""

    file: str
    node: "yaml.Node"

    def mapping(self, what: str, known: Collection[str]) -> "dict[str, YamlValue]":
        """Return the values of a mapping by their keys, all of which must be `known`."""
        fields = {}
        for key, value in self.pairs(what):
            name = key.text("a key")
            if name not in known:
                keys = ", ".join(sorted(known))
                raise key.error(f"unknown key {name!r}; {what} has the keys {keys}")
            fields[name] = value
        return fields

    def pairs(self, what: str) -> "list[tuple[YamlValue, YamlValue]]":
        """Return the keys and values of a mapping; no key may be there twice."""
        import yaml

        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"{what} must be a mapping of keys to values")
        seen: set[str] = set()
        pairs = []
        for key, value in self.node.value:
            pair = YamlValue(self.file, key), YamlValue(self.file, value)
            name = pair[0].text("a key")
            if name in seen:
                raise pair[0].error(f"{name!r} is here twice; remove one of them")
            seen.add(name)
            pairs.append(pair)
        return pairs

    def items(self, what: str) -> "list[YamlValue]":
        """Return the items of a list."""
        import yaml

        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(f"{what} must be a list; write each item after a dash")
        return [YamlValue(self.file, item) for item in self.node.value]

    def text(self, what: str) -> str:
        """Return a text that is not empty; a whole number and a date are one, too."""
        if not self._is("str", "int", "timestamp") or not self.node.value:
            raise self.error(f"{what} must be a text; quote it if it has special characters")
        return str(self.node.value)

    def path(self) -> str:
        """Return the text of a path."""
        path = self.text("a path")
        if "\0" in path:
            raise self.error(f"{path!r}: not a path, it has a NUL character; write another")
        return path

    def number(self, what: str) -> int:
        """Return a whole number, not negative."""
        digits = str(self.node.value)
        if not self._is("int") or not (digits.isascii() and digits.isdigit()):
            raise self.error(f"{what} must be a whole number")
        if len(digits) > _MOST_DIGITS:
            raise self.error(f"{what} is too large; write at most {_MOST_DIGITS} digits")
        return int(digits)

    def flag(self, what: str) -> bool:
        """Return true or false."""
        if not self._is("bool"):
            raise self.error(f"{what} must be true or false")
        return str(self.node.value).lower() in ("true", "yes", "on")

    def parsed(self, what: str, parse: Callable[[str], T]) -> T:
        """Return the text as `parse` reads it; the UsageError of that gets the place."""
        text = self.text(what)
        try:
            return parse(text)
        except UsageError as error:
            raise self.error(str(error)) from None

    def error(self, message: str) -> ConfigError:
        """Return the error that says `message` of this value."""
        return _error(self.file, self.node.start_mark, message)

    def _is(self, *kinds: str) -> bool:
        return self.node.tag in {_TAG + kind for kind in kinds}


def load_yaml(path: str | os.PathLike[str], empty: str) -> YamlValue:
    """Return the value in the YAML file at `path`; `empty` says what to write in an empty one.

    Raises ConfigError.
    """
    name = os.fspath(path)
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{name}:1:1: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise ConfigError(f"{name}:{line}:{column}: not UTF-8; save it as UTF-8") from None
    return parse_yaml(text, name, empty)


def parse_yaml(text: str, name: str, empty: str) -> YamlValue:
    """Return the value of a YAML text, in a file called `name`. Raises ConfigError."""
    import yaml  # takes 19 ms, and most runs read no file of this kind

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _error(name, mark, f"not YAML: {error.problem}") from None
    except RecursionError:
        raise _error(name, None, "nested too deeply; write it with fewer levels") from None
    except yaml.YAMLError as error:
        raise _error(name, None, f"not YAML: {str(error).splitlines()[0]}") from None
    if node is None:
        raise _error(name, None, empty)
    return YamlValue(name, node)


def built_in_yaml(name: str) -> YamlValue:
    """Return the value of a YAML file that comes with the package.

    The C reader has other messages and breaks on deep nesting, so users' files never get to it.
    """
    from importlib.resources import files

    import yaml

    text = files("xlogdecode").joinpath("data", name).read_text("utf-8")
    node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return YamlValue(name, cast("yaml.Node", node))


def _error(name: str, mark: "yaml.Mark | None", message: str) -> ConfigError:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return ConfigError(f"{name}:{line}:{column}: {message}")
