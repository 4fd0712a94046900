"""A policy file (YAML) into rules; every error names `FILE:LINE:COLUMN`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xlogdecode.errors import ConfigError, UsageError
from xlogdecode.retention.layouts import AUTO, is_package, layouts_for
from xlogdecode.retention.plan import Rule
from xlogdecode.when import parse_age, parse_size

if TYPE_CHECKING:
    import yaml

__all__ = ["EXAMPLE", "Policy", "Root", "load_policy"]


@dataclass(frozen=True, slots=True)
class Root:
    """Folders to look below, and the rule for each of them."""

    path: str
    """Absolute in a policy file, where it may hold the wildcards `*`, `?` and `[...]`."""
    layout: str = AUTO
    rule: Rule = field(default_factory=Rule)
    packages: Mapping[str, Rule] = field(default_factory=dict)
    """Rules of single packages, in place of `rule`."""
    literal: bool = False
    """The path is meant as it stands, wildcards and all."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What one sweep is to do."""

    roots: tuple[Root, ...]
    liteav: bool = False


EXAMPLE: Final = """\
# What `xlogdecode sweep --config FILE` keeps. Ages need a unit: s, m, h, d or w.

keep: 7d                # every log this long, by the date in its name and by its last change
# keep_last: 1          # in each folder the newest logs, however old
# max_total: 2G         # for each root: the oldest logs go first, never those of the last 2 days
liteav: false           # true: the folders of LiteAV and TRTC as well

# A folder that several roots name goes by the one without wildcards, else by the first.
roots:
  # Storage of Android devices, one a folder: every layout that is found below it.
  - path: /srv/devices/*/sdcard
    layout: auto        # or a name that `xlogdecode layouts` shows
    keep: 14d           # this root's own, in place of the above
    keep_last: 2
    max_total: 2G
    packages:
      com.example.chat: {keep: 30d}

  # A folder that an app chose for its logs: this very folder, nothing below it.
  - path: /var/lib/chat-desktop/logs
    layout: path
"""

_RULE: Final = frozenset({"keep", "keep_last", "max_total"})
_TOP: Final = _RULE | {"liteav", "roots"}
_ROOT: Final = _RULE | {"path", "layout", "packages"}


def load_policy(path: str | os.PathLike[str]) -> Policy:
    """Read the policy file at `path`.

    Raises ConfigError for a file that cannot be read, is no YAML, or says what cannot be: an
    unknown or repeated key, a wrong type, an age without a unit, a relative root, no root at all,
    or a rule that would keep nothing.
    """
    import yaml

    name = os.fspath(path)
    try:
        text = Path(path).read_bytes().decode("utf-8")
        top = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError(f"{name}:1:1: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise ConfigError(f"{name}:{line}:{column}: not UTF-8: save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ConfigError(f"{name}:{line}:{column}: not YAML: {error.problem}") from None
    except RecursionError:
        raise ConfigError(f"{name}:1:1: nested deeper than any policy") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}:1:1: not YAML: {str(error).splitlines()[0]}") from None
    if top is None:
        raise ConfigError(f"{name}:1:1: an empty policy: write the folders to sweep under roots")
    return _Reader(name).policy(top)


class _Reader:
    """Turns nodes into values, or into errors that say where."""

    def __init__(self, name: str) -> None:
        self._name = name

    def policy(self, top: "yaml.Node") -> Policy:
        fields = self._mapping(top, _TOP, "a policy")
        rule = self._rule(fields, Rule())
        liteav = self._flag(fields["liteav"]) if "liteav" in fields else False
        if "roots" not in fields:
            raise self._error(top, "an empty policy: write the folders to sweep under roots")
        roots = self._sequence(fields["roots"])
        if not roots:
            raise self._error(fields["roots"], "an empty policy: no root to sweep")
        return Policy(tuple(self._root(node, rule) for node in roots), liteav)

    def _root(self, node: "yaml.Node", rule: Rule) -> Root:
        fields = self._mapping(node, _ROOT, "a root")
        if "path" not in fields:
            raise self._error(node, "a root without a path")
        path = self._text(fields["path"], "a path")
        if not Path(path).is_absolute():
            raise self._error(fields["path"], f"{path!r} is relative: write the path from the top")
        if "**" in path or ".." in Path(path).parts:
            raise self._error(fields["path"], f"{path!r}: ** and .. are not supported in a root")
        layout = self._text(fields["layout"], "a layout") if "layout" in fields else AUTO
        self._checked(fields.get("layout"), layouts_for, layout)
        rule = self._rule(fields, rule)
        self._keeps_something(node, fields, rule)
        packages = self._packages(fields["packages"], rule) if "packages" in fields else {}
        return Root(path, layout, rule, packages)

    def _packages(self, node: "yaml.Node", rule: Rule) -> dict[str, Rule]:
        packages = {}
        for key, value in self._pairs(node, "packages"):
            if not is_package(key.value):
                raise self._error(key, f"{key.value!r} is no Android package's name")
            fields = self._mapping(value, _RULE, "a package")
            own = self._rule(fields, replace(rule, max_total=None))
            self._keeps_something(value, fields, own)
            packages[key.value] = own
        return packages

    def _rule(self, fields: "dict[str, yaml.Node]", rule: Rule) -> Rule:
        if node := fields.get("keep"):
            rule = replace(rule, keep=self._checked(node, parse_age, self._text(node, "an age")))
        if node := fields.get("keep_last"):
            rule = replace(rule, keep_last=self._whole(node))
        if node := fields.get("max_total"):
            size = self._checked(node, parse_size, self._text(node, "a size", "int"))
            if size == 0:
                raise self._error(node, "a policy that would keep nothing: max_total is 0")
            rule = replace(rule, max_total=size)
        return rule

    def _keeps_something(
        self, node: "yaml.Node", fields: "dict[str, yaml.Node]", rule: Rule
    ) -> None:
        if not rule.keep and not rule.keep_last:
            where = fields.get("keep") or fields.get("keep_last") or node
            raise self._error(where, "a policy that would keep nothing: keep is 0")

    def _checked(self, node: "yaml.Node | None", parse: Any, text: str) -> Any:
        try:
            return parse(text)
        except UsageError as error:
            assert node is not None  # noqa: S101 - defaults parse
            raise self._error(node, str(error)) from None

    def _mapping(
        self, node: "yaml.Node", known: frozenset[str], what: str
    ) -> "dict[str, yaml.Node]":
        fields: dict[str, yaml.Node] = {}
        for key, value in self._pairs(node, what):
            if key.value not in known:
                raise self._error(key, f"unknown key {key.value!r}: {what} has {_list(known)}")
            fields[key.value] = value
        return fields

    def _pairs(self, node: "yaml.Node", what: str) -> "list[tuple[yaml.Node, yaml.Node]]":
        import yaml

        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"{what} is a mapping of keys to values")
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key.value, str):
                raise self._error(key, "a key is a word")
            if key.value in seen:
                raise self._error(key, f"{key.value!r} stands here twice")
            seen.add(key.value)
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        return pairs

    def _sequence(self, node: "yaml.Node") -> "list[yaml.Node]":
        import yaml

        if not isinstance(node, yaml.SequenceNode):
            raise self._error(node, "roots is a list: write each root after a dash")
        nodes: list[yaml.Node] = node.value
        return nodes

    def _text(self, node: "yaml.Node", what: str, *also: str) -> str:
        tags = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", *also)}
        if node.tag not in tags or not node.value:
            raise self._error(node, f"{what} is a word, such as the example shows")
        return str(node.value)

    def _whole(self, node: "yaml.Node") -> int:
        digits = str(node.value)
        if node.tag != "tag:yaml.org,2002:int" or not (digits.isascii() and digits.isdigit()):
            raise self._error(node, "a whole number is needed")
        return int(digits)

    def _flag(self, node: "yaml.Node") -> bool:
        if node.tag != "tag:yaml.org,2002:bool":
            raise self._error(node, "true or false is needed")
        return str(node.value).lower() in ("true", "yes", "on")

    def _error(self, node: "yaml.Node", what: str) -> ConfigError:
        mark = node.start_mark
        return ConfigError(f"{self._name}:{mark.line + 1}:{mark.column + 1}: {what}")


def _list(known: frozenset[str]) -> str:
    return ", ".join(sorted(known))
