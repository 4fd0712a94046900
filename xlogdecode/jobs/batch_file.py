"""The file of a nightly job (YAML) into a `BatchJob`; every error names `FILE:LINE:COLUMN`."""

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from xlogdecode.errors import ConfigError, UsageError
from xlogdecode.filters import Filter
from xlogdecode.inputs import is_url
from xlogdecode.jobs.batch_job import BatchJob, RedactionSettings
from xlogdecode.jobs.executors import EXECUTORS
from xlogdecode.keys import is_like_a_key, read_keys
from xlogdecode.when import parse_zone
from xlogdecode.writers import FORMATS
from xlogdecode.yaml_file import YamlValue, load_yaml

__all__ = ["EXAMPLE", "load_job"]

T = TypeVar("T")

EXAMPLE: Final = """\
# A job for `xlogdecode batch FILE`. Relative paths start from the folder of this file.

# Logs, globs, folders with all that is below them.
sources:
  - uploads
  # - /srv/devices/*/sdcard
# archives: false             # leave archives in folders alone

# A folder of its own for the outputs, and for the manifest of what was decoded; or s3://...
target: decoded
format: parquet               # or text, json, csv, arrow, otlp, sessions

# partition_by: [day, level]  # of Parquet: a Hive dataset

# Which records; without it all.
# filter:
#   level: info               # and more severe
#   since: 2024-01-01         # a date, not an age: an output is not written anew as time goes by
#   tags: [ImSDK]
#   grep: login

# keys: [server.key]          # names of files, never a key itself
# redact: true                # or {patterns: FILE, words: FILE, text: true}
# tz: +8                      # of times that have no zone
# layout: layouts.yaml        # line layouts of an app's own formatter
# encoding: big5              # of lines that are not UTF-8
# metrics: /var/lib/prometheus/node-exporter/xlogdecode.prom
# processes: 4                # by default as many as are of use
# executor: dask              # or threads, ray; on a cluster that has the same folders
# scheduler: tcp://10.0.0.5:8786
"""

_EMPTY: Final = "an empty job; xlogdecode batch --print-config prints one to begin with"


def load_job(path: str | os.PathLike[str]) -> BatchJob:
    """Read the job file at `path`.

    Raises ConfigError for a file that cannot be read or is not YAML, for an unknown or repeated
    key, and for a value that is wrong; KeyFileError for a file of keys that is.
    """
    top = load_yaml(path, _EMPTY)
    fields = top.mapping("a job", _KEYS)
    for name in ("sources", "target"):
        if name not in fields:
            raise top.error(f"a job without {name}; xlogdecode batch --print-config has an example")
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - names stay as written
    values: dict[str, Any] = {}
    for name, value in fields.items():
        field, read = _READERS[name]
        values[field] = read(value, folder)
    try:
        return BatchJob(**values, name=os.path.realpath(path))
    except ConfigError:
        raise
    except UsageError as error:
        raise top.error(str(error)) from None


def _path(value: YamlValue, folder: str) -> str:
    path = value.path()
    return path if is_url(path) else os.path.join(folder, os.path.expanduser(path))  # noqa: PTH111, PTH118


def _each(read: Callable[[YamlValue, str], T]) -> Callable[[YamlValue, str], tuple[T, ...]]:
    """Return what reads one value, or a list of them."""

    def several(value: YamlValue, folder: str) -> tuple[T, ...]:
        import yaml

        is_one = isinstance(value.node, yaml.ScalarNode)
        found = tuple(read(one, folder) for one in ([value] if is_one else value.items("this")))
        if not found:
            raise value.error("an empty list; write a value, or leave the key out")
        return found

    return several


def _keys(value: YamlValue, folder: str) -> tuple[bytes, ...]:
    paths = _each(_key_file)(value, folder)
    return tuple(dict.fromkeys(key for path in paths for key in read_keys(path)))


def _key_file(value: YamlValue, folder: str) -> str:
    path = _path(value, folder)
    if not os.path.exists(path) and is_like_a_key(value.text("a file")):  # noqa: PTH110
        raise value.error("keys takes names of files, not a key; save the key in a file")
    return path


def _one_of(names: Iterable[str], kind: str) -> Callable[[YamlValue, str], str]:
    def read(value: YamlValue, _: str) -> str:
        name = value.text(kind)
        if name not in names:
            raise value.error(f"{name!r} is not {kind}; use {', '.join(names)}")
        return name

    return read


def _part_key(value: YamlValue, _: str) -> str:
    from xlogdecode.writers.partitions import parse_keys  # needs pyarrow

    (key,) = value.parsed("a key", parse_keys)
    return key


def _text(value: YamlValue, _: str) -> str:
    return value.text("this")


def _number(value: YamlValue, _: str) -> int:
    return value.number("this")


def _flag(value: YamlValue, _: str) -> bool:
    return value.flag("this")


def _zone(value: YamlValue, _: str) -> Any:
    return value.parsed("a zone", parse_zone)


def _redaction(value: YamlValue, folder: str) -> RedactionSettings | None:
    import yaml

    if isinstance(value.node, yaml.ScalarNode):
        return RedactionSettings() if value.flag("redact") else None
    fields = value.mapping("redact", ("patterns", "words", "text"))
    paths = {name: _path(fields[name], folder) for name in ("patterns", "words") if name in fields}
    return RedactionSettings(**paths, texts="text" in fields and fields["text"].flag("text"))


def _filter(value: YamlValue, folder: str) -> Filter:
    given: dict[str, Any] = {}
    for name, its in value.mapping("filter", _CONDITIONS).items():
        field, read = _CONDITIONS[name]
        given[field] = read(its, folder)
        if name in ("since", "until"):
            _refuse_ages(its, field, given[field])
        try:
            Filter(**{field: given[field]})
        except UsageError as error:
            raise its.error(str(error)) from None
    return Filter(**given)


def _refuse_ages(value: YamlValue, field: str, text: str) -> None:
    """Raise ConfigError for a bound that goes with the clock."""
    try:
        bounds = [Filter(**{field: text, "now": moment}) for moment in _MOMENTS]  # type: ignore[arg-type]
    except UsageError as error:
        raise value.error(str(error)) from None
    if bounds[0] != bounds[1]:
        raise value.error(f"{text!r} changes with the clock; write a date, as in 2024-01-01")


_MOMENTS: Final = (datetime(2001, 2, 3, 4, 5, tzinfo=UTC), datetime(2011, 6, 7, 8, 9, tzinfo=UTC))

Reader = Callable[[YamlValue, str], Any]

_CONDITIONS: Final[Mapping[str, tuple[str, Reader]]] = {
    "since": ("since", _text),
    "until": ("until", _text),
    "level": ("level", _text),
    "tags": ("tags", _each(_text)),
    "functions": ("functions", _each(_text)),
    "files": ("files", _each(_text)),
    "pids": ("pids", _each(_number)),
    "tids": ("tids", _each(_number)),
    "grep": ("grep", _text),
    "ignore_case": ("ignore_case", _flag),
    "invert_match": ("invert", _flag),
    "session": ("session", _text),
}
"""Key of `filter` -> the argument of `Filter`, and what reads it."""

_READERS: Final[Mapping[str, tuple[str, Reader]]] = {
    "sources": ("sources", _each(_path)),
    "archives": ("archives", _flag),
    "target": ("target", _path),
    "format": ("format", _one_of(FORMATS, "a format")),
    "partition_by": ("partition_by", _each(_part_key)),
    "filter": ("filter", _filter),
    "keys": ("keys", _keys),
    "redact": ("redaction", _redaction),
    "tz": ("zone", _zone),
    "layout": ("layout", _path),
    "encoding": ("encoding", _text),
    "dedup": ("dedup", _flag),
    "marks": ("marks", _flag),
    "metrics": ("metrics", _path),
    "processes": ("processes", _number),
    "executor": ("executor", _one_of(EXECUTORS, "an executor")),
    "scheduler": ("scheduler", _text),
}
"""Key of a job -> the field of `BatchJob`, and what reads it from a value and the file's folder."""

_KEYS: Final = tuple(_READERS)
