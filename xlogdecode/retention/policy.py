"""A policy file (YAML) into rules; every error names `FILE:LINE:COLUMN`."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from xlogdecode.errors import ConfigError, UsageError
from xlogdecode.platform.files import is_url
from xlogdecode.retention.layouts import AUTO, is_package, layouts_for, nearest
from xlogdecode.retention.names import pattern_of, pattern_of_prefix
from xlogdecode.retention.plan import Rule
from xlogdecode.when import parse_age, parse_size
from xlogdecode.yaml_file import YamlValue, load_yaml

__all__ = ["EXAMPLE", "Policy", "Root", "load_policy", "parse_keep"]


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
    """The path is meant as it is, wildcards and all."""
    names: tuple[str, ...] = ()
    """Regular expressions of names that are logs, too, with the date as the group `day`."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The roots of one sweep."""

    roots: tuple[Root, ...]
    liteav: bool = False
    cross_mounts: bool = False
    """Whether log folders on other mounts than their root are swept, too."""


EXAMPLE: Final = """\
# What `xlogdecode sweep --config FILE` keeps. Ages need a unit: d (days) or w (weeks).

keep: 7d                # every log this long, by the date in its name and by its last change
# keep_last: 1          # in each folder the newest logs, however old
# max_total: 2G         # for each root: the oldest logs go first, never those of the last 2 days
liteav: false           # true: the folders of LiteAV and TRTC as well
# cross_mounts: true    # sweep log folders on other mounts than their root, such as Android/data

# A folder that several roots name goes by the deepest of them.
roots:
  # Storage of Android devices, one a folder: every layout that is found below it.
  - path: /srv/devices/*/sdcard
    layout: auto        # or a name that `xlogdecode layouts` shows
    keep: 14d           # this root's own, in place of the above
    keep_last: 2
    max_total: 2G       # not for packages that have a rule of their own
    packages:
      com.example.chat: {keep: 30d}

  # A folder that an app chose for its logs: this very folder, nothing below it.
  - path: /var/lib/chat-desktop/logs
    layout: path

  # Uploaded logs, in this folder and all below it; names besides the SDK's need the date in them.
  # - path: /srv/uploads
  #   layout: logs
  #   names: ["*_imsdk_C_YYYYMMDD.xlog", "imsdk_YYYYMMDD (*).xlog"]
  #   prefix: MarsSample  # MarsSample_YYYYMMDD.xlog, of another Mars app
"""

_RULE: Final = ("keep", "keep_last", "max_total")
_TOP: Final = (*_RULE, "liteav", "cross_mounts", "roots")
_ROOT: Final = (*_RULE, "path", "layout", "packages", "names", "prefix")
_MOST_BYTES: Final = 1 << 20
_DAY: Final = timedelta(days=1)
_EMPTY: Final = "an empty policy: write the folders to sweep under roots"


def parse_keep(text: str, *, force: bool = False) -> timedelta:
    """Return the age that `text` states; `force` allows less than a day, for tests.

    Raises UsageError for an age without a unit, in `m` (minutes or months?), or below a day.
    """
    text = text.strip()
    if match := re.fullmatch(r"([0-9]{1,6})(m?)", text):
        if not match[2]:
            raise UsageError(f"{text!r} has no unit; write {text}d or {text}w")
        days = int(match[1]) * 30
        raise UsageError(f"{text!r} may be minutes or months; write {days}d for months")
    age = parse_age(text)
    if timedelta(0) < age < _DAY and not force:
        raise UsageError(f"{text!r} is less than a day; write 7d, or add --force to mean it")
    return age


def load_policy(path: str | os.PathLike[str], *, force: bool = False) -> Policy:
    """Read the policy file at `path`; `force` allows to keep logs for less than a day.

    Raises ConfigError for a file that cannot be read or is not YAML, and for impossible contents:
    an unknown or repeated key, a wrong type, an age without a unit, a relative root, no root at
    all, or a rule that would keep nothing.
    """
    name = os.fspath(path)
    try:
        if Path(path).stat().st_size > _MOST_BYTES:
            raise ConfigError(f"{name}:1:1: larger than 1 MB, not a policy; name another file")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{name}:1:1: cannot be read: {why}") from None
    return _policy(load_yaml(path, _EMPTY), force=force)


def _policy(top: YamlValue, *, force: bool) -> Policy:
    fields = _fields(top, "a policy", _TOP)
    rule = _rule(fields, Rule(), force=force)
    flags = {name: fields[name].flag(name) for name in ("liteav", "cross_mounts") if name in fields}
    if "roots" not in fields:
        raise top.error(_EMPTY)
    roots = fields["roots"].items("roots")
    if not roots:
        raise fields["roots"].error("an empty policy: there is not a root to sweep")
    return Policy(tuple(_root(value, rule, force=force) for value in roots), **flags)


def _root(value: YamlValue, rule: Rule, *, force: bool) -> Root:
    fields = _fields(value, "a root", _ROOT)
    if "path" not in fields:
        raise value.error("a root without a path")
    path = _path(fields["path"])
    layout = AUTO
    if named := fields.get("layout"):
        layout = named.text("a layout")
        named.parsed("a layout", layouts_for)
    rule = _rule(fields, rule, force=force)
    _keeps_something(value, fields, rule)
    packages = _packages(fields["packages"], rule, force=force) if "packages" in fields else {}
    return Root(path, layout, rule, packages, names=_names(fields, layout))


def _path(value: YamlValue) -> str:
    path = value.path()
    if is_url(path):
        return path
    if not Path(path).is_absolute():
        raise value.error(f"{path!r} is relative; write the path from the top")
    if "**" in path or ".." in Path(path).parts:
        raise value.error(f"{path!r}: ** and .. are not supported in a root")
    return path


def _names(fields: dict[str, YamlValue], layout: str) -> tuple[str, ...]:
    """Return the expressions of `names` and `prefix`, each a text or a list of texts."""
    found = []
    for key, parse in (("names", pattern_of), ("prefix", pattern_of_prefix)):
        if (value := fields.get(key)) is None:
            continue
        if layout not in ("logs", "path"):
            raise value.error(f"{key} needs layout: logs (a folder and all below it) or path")
        found += [text.parsed(key, parse) for text in _one_or_many(value)]
    return tuple(found)


def _one_or_many(value: YamlValue) -> list[YamlValue]:
    import yaml

    many = isinstance(value.node, yaml.SequenceNode)
    return value.items("a list of names") if many else [value]


def _packages(value: YamlValue, rule: Rule, *, force: bool) -> dict[str, Rule]:
    packages = {}
    for key, its in value.pairs("packages"):
        name = key.text("a package")
        if not is_package(name):
            raise key.error(f"{name!r} is not the name of an Android package")
        fields = _fields(its, "a package", _RULE)
        own = _rule(fields, replace(rule, max_total=None), force=force)
        _keeps_something(its, fields, own)
        packages[name] = own
    return packages


def _rule(fields: dict[str, YamlValue], rule: Rule, *, force: bool) -> Rule:
    if value := fields.get("keep"):
        age = value.parsed("an age", lambda text: parse_keep(text, force=force))
        rule = replace(rule, keep=age)
    if value := fields.get("keep_last"):
        rule = replace(rule, keep_last=value.number("keep_last"))
    if value := fields.get("max_total"):
        size = value.parsed("a size", parse_size)
        if size == 0:
            raise value.error("a policy that would keep nothing: max_total is 0")
        rule = replace(rule, max_total=size)
    return rule


def _keeps_something(value: YamlValue, fields: dict[str, YamlValue], rule: Rule) -> None:
    if not rule.keep and not rule.keep_last:
        where = fields.get("keep") or fields.get("keep_last") or value
        raise where.error("a policy that would keep nothing: keep is 0")


def _fields(value: YamlValue, what: str, known: tuple[str, ...]) -> dict[str, YamlValue]:
    """Return the values of a mapping; an unknown key is answered with the one most like it."""
    fields = {}
    for key, its in value.pairs(what):
        name = key.text("a key")
        if name not in known:
            hint = nearest(name, list(known))
            raise key.error(f"unknown key {name!r}{hint}; {what} has {', '.join(sorted(known))}")
        fields[name] = its
    return fields
