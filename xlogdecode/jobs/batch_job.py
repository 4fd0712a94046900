"""A nightly job: which logs, which records of them, and what is made of these, where."""

import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path
from typing import Any

from xlogdecode.decoder.options import Options
from xlogdecode.errors import OutputError, UsageError
from xlogdecode.filters import Filter
from xlogdecode.inputs import is_url
from xlogdecode.jobs.executors import check_executor
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.selection import Selection
from xlogdecode.keys import private_keys
from xlogdecode.outputs.destinations import shown_place
from xlogdecode.writers import FORMATS

__all__ = ["BatchJob", "RedactionSettings"]


@dataclass(frozen=True, slots=True)
class RedactionSettings:
    """How private values are replaced, besides by the package's own rules."""

    patterns: str | None = None
    """A file of patterns (YAML)."""
    words: str | None = None
    """A file of words, one a line."""
    texts: bool = False
    """The text of messages is replaced, too."""

    def mark(self) -> str:
        """Return what tells it from others, by the contents of its files. Raises UsageError."""
        return f"{_of_files(self.patterns)} {_of_files(self.words)} texts={self.texts}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """All that a nightly job says; `xlogdecode.batch` runs it.

    BatchJob(sources=("/srv/uploads",), target="/srv/decoded", filter=Filter(level="info"))
    """

    sources: tuple[str, ...]
    """Paths of logs and archives, globs, and folders, whose logs are taken with all below."""
    target: str
    """The folder of the outputs, and of the manifest; by its URL in a store."""
    format: str = "parquet"
    """One of `--format`."""
    partition_by: tuple[str, ...] = ()
    """Of Parquet: the keys of a Hive dataset (`day`, `level`, ...); each log has a file in each
    part."""
    filter: Filter = field(default_factory=Filter)
    keys: tuple[bytes | str, ...] = ()
    """Server private keys, 32 bytes or 64 hex digits each."""
    redaction: RedactionSettings | None = None
    archives: bool = True
    """Archives in folders are read."""
    zone: tzinfo | None = None
    """The zone of times that have none."""
    layout: str | None = None
    """A file of line layouts (YAML)."""
    encoding: str | None = None
    """The encoding of lines that are not UTF-8."""
    dedup: bool = False
    marks: bool = True
    """As in `Options`."""
    metrics: str | None = None
    """A file for Prometheus."""
    processes: int = 0
    """Processes, or threads, that share the work; 0 is as many as are of use."""
    executor: str = "processes"
    """Where the work is done: `processes`, `threads`, or on a cluster of `dask` or `ray`."""
    scheduler: str = ""
    """The address of the cluster's scheduler."""
    name: str = ""
    """The job's file, if it came from one."""

    def __post_init__(self) -> None:
        """Take absolute paths. Raises UsageError for what cannot be."""
        if not self.sources:
            raise UsageError("a job without sources; name a log, a glob or a folder")
        if self.format not in FORMATS:
            raise UsageError(f"{self.format!r} is not a format; use {', '.join(FORMATS)}")
        if self.partition_by:
            self._check_parts()
        check_executor(self.executor, self.scheduler)
        object.__setattr__(self, "keys", tuple(private_keys(self.keys)))
        object.__setattr__(self, "sources", tuple(map(_absolute, self.sources)))
        object.__setattr__(self, "target", _target(self.target))
        for source in self.sources:
            _refuse_mixing(self.target, source)

    def _check_parts(self) -> None:
        if self.format != "parquet":
            raise UsageError(f"only parquet can be parted; leave partition_by out of {self.format}")
        from xlogdecode.writers.partitions import parse_keys

        parse_keys(",".join(self.partition_by))

    def request(self) -> Request:
        """Return what is done with each log. Raises ConfigError for a file that is wrong."""
        return Request(
            Options(keys=self.keys, marks=self.marks, dedup=self.dedup), self._selection()
        )

    def _selection(self) -> Selection | None:
        from xlogdecode.records.layout_file import reading_of

        redactor = None
        if self.redaction is not None:
            from xlogdecode.redaction import Redactor, built_in_rules, load_rules, load_words

            asked = self.redaction
            rules = built_in_rules()
            rules = rules.with_texts() if asked.texts else rules
            rules = load_rules(asked.patterns).before(rules) if asked.patterns else rules
            redactor = Redactor(rules, load_words(asked.words) if asked.words else ())
        selection = Selection(
            self.filter,
            self.format,
            zone=self.zone,
            reading=reading_of(self.layout, self.encoding),
            redactor=redactor,
        )
        return None if selection.is_plain else selection

    def settings(self) -> dict[str, str]:
        """Return what outputs depend on besides the logs, as texts that can be compared."""
        redaction = self.redaction
        return {
            "format": self.format,
            "partition_by": ",".join(self.partition_by),
            "filter": json.dumps(_plain(self.filter), sort_keys=True),
            "redact": "" if redaction is None else redaction.mark(),
            "tz": "" if self.zone is None else str(self.zone),
            "layout": _of_files(self.layout),
            "encoding": self.encoding or "",
            "dedup": str(self.dedup),
            "marks": str(self.marks),
        }  # fmt: skip

    def key_marks(self) -> frozenset[str]:
        """Return a mark of each key, which tells it from others and from which it cannot be had."""
        keys = private_keys(self.keys)
        return frozenset(hashlib.sha256(b"xlogdecode\0" + key).hexdigest()[:16] for key in keys)

    def with_options(self, **given: Any) -> "BatchJob":
        """Return the job with other values where they are not None."""
        return replace(self, **{name: value for name, value in given.items() if value is not None})


def _absolute(path: str) -> str:
    path = os.fspath(path)
    return path if is_url(path) else os.path.abspath(path)  # noqa: PTH100 - keeps links as named


def _target(path: str) -> str:
    """Return the absolute path of a target, or its URL in a store. Raises UsageError."""
    if not is_url(path):
        return _absolute(path)
    from xlogdecode.outputs.stores import local_path, writable

    try:
        local = local_path(path)
        if local is None:
            writable(path)
    except OutputError as error:
        raise UsageError(f"{str(error).partition('; ')[0]}; name a folder or a store") from None
    return path.rstrip("/") if local is None else local


def _refuse_mixing(target: str, source: str) -> None:
    """Raise UsageError where outputs would be found among the logs of the next run."""
    root = source
    while any(sign in root for sign in "*?["):
        root = os.path.dirname(root)  # noqa: PTH120
    if is_url(root) or is_url(target):
        if f"{target}/".startswith(f"{root.rstrip('/')}/"):
            raise UsageError(
                f"{shown_place(target)}: is in the source {shown_place(source)}; name a target "
                "outside of it"
            )
        return
    at, below = Path(os.path.realpath(root)), Path(os.path.realpath(target))
    if below.is_relative_to(at):
        raise UsageError(f"{target}: is in the source {source}; name a target folder outside of it")


def _plain(wanted: Filter) -> dict[str, Any]:
    """Return the conditions as JSON has them, always in the same order."""
    found: dict[str, Any] = {}
    for name in wanted.__slots__:
        value = getattr(wanted, name)
        if isinstance(value, frozenset):
            value = sorted(value)
        elif hasattr(value, "isoformat"):
            value = value.isoformat()
        elif hasattr(value, "pattern"):
            value = [value.pattern, value.flags]
        found[name] = value
    return found


def _of_files(path: str | None) -> str:
    """Return a mark of the content of a file; empty for none."""
    if path is None:
        return ""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; name a file") from None
