"""The options that select records and their format, and the selection that they make."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from xlogdecode.cli.common_options import PathOption
from xlogdecode.cli.grouped_help import in_group
from xlogdecode.errors import UsageError

if TYPE_CHECKING:
    from xlogdecode.cli.arguments import Arguments
    from xlogdecode.filters import Filter
    from xlogdecode.jobs.selection import Selection
    from xlogdecode.records.reading import LogHints
    from xlogdecode.redaction import Redactor

__all__ = [
    "FILTERS",
    "FORMS",
    "filter_of",
    "parse_reading",
    "parse_selection",
    "redaction",
    "redactor_of",
]

_which = in_group("Records")
_form = in_group("Format")
redaction = in_group("Redaction")


def known_format(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Return the name of a format: `writers.FORMATS` take 35 ms to load, where one is given."""
    if name is None or name == "text":
        return name
    from xlogdecode.writers import FORMATS

    if name not in FORMATS:
        raise click.BadParameter(f"{name!r} is not a format; use {', '.join(FORMATS)}")
    return name


FILTERS: Final = {
    "since": _which(
        "-S", "--since", metavar="TIME",
        help="From this time: 2024-01-01, 10:00, '2024-01-01 10:00', yesterday, -2h.",
    ),
    "until": _which("-U", "--until", metavar="TIME", help="Until this time, inclusive."),
    "level": _which(
        "-p", "--level", metavar="LEVEL",
        help="This level and more severe: V(erbose), D, I, W, E, F(atal).",
    ),
    "tags": _which(
        "--tag", "tags", multiple=True, metavar="TAG",
        help="Records with this tag; may be repeated.",
    ),
    "functions": _which(
        "--function", "functions", multiple=True, metavar="NAME",
        help="Records that this function logged; may be repeated.",
    ),
    "files": _which(
        "--file", "files", multiple=True, metavar="NAME",
        help="Records that this source file logged, as login.cpp; may be repeated.",
    ),
    "pids": _which(
        "--pid", "pids", multiple=True, type=int, metavar="N",
        help="Records of this process; may be repeated.",
    ),
    "tids": _which(
        "--tid", "tids", multiple=True, type=int, metavar="N",
        help="Records of this thread; may be repeated.",
    ),
    "grep": _which(
        "-g", "--grep", multiple=True, metavar="REGEX",
        help="Records that match REGEX (Python syntax).",
    ),
    "ignore_case": _which(
        "-i", "--ignore-case", is_flag=True,
        help="Let -g match upper and lower case alike.",
    ),
    "invert_match": _which("--invert-match", is_flag=True, help="Records that do not match -g."),
    "after": _which(
        "-A", "--after-context", "after", type=click.IntRange(0), metavar="N",
        help="Also N records after each.",
    ),
    "before": _which(
        "-B", "--before-context", "before", type=click.IntRange(0), metavar="N",
        help="Also N records before each.",
    ),
    "around": _which(
        "-C", "--context", "around", type=click.IntRange(0), metavar="N",
        help="Also N records before and after each.",
    ),
    "last": _which(
        "-n", "--last", type=click.IntRange(0), metavar="N",
        help="Only the last N of these records; of a timeline the last N of all.",
    ),
    "session": _which(
        "--session", metavar="N|last",
        help="Records of session N, or of the last one.",
    ),
    "tz": _which(
        "--tz", metavar="ZONE",
        help="Zone of times that have none: +8, UTC+8, Asia/Tokyo.",
    ),
    "layout": _which(
        "--layout", type=PathOption(), metavar="FILE",
        help="Also know the line layouts in a YAML file, those of an app's own formatter.",
    ),
    "encoding": _which(
        "--encoding", metavar="NAME",
        help="Encoding of lines that are not UTF-8: gb18030 (tried by default), big5, cp1252.",
    ),
}  # fmt: skip
"""The options that select records, by the names of their parameters."""

_CONDITIONS: Final = (
    "since", "until", "level", "tags", "functions", "files", "pids", "tids", "session",
    "ignore_case",
)  # fmt: skip
"""Those that `Filter` takes as they are."""

FORMS: Final = {
    "form": _form(
        "--format", "form", callback=known_format, metavar="NAME",
        help="text (as it was logged), or a record each: json, csv, arrow, parquet, otlp; or a "
        "session each: sessions.",
    ),
    "fields": _form(
        "--fields", metavar="NAME,...",
        help="With JSON and CSV: only these fields, in this order, as in time,level,message.",
    ),
    "with_what": _form(
        "--with", "with_what", type=click.Choice(["session"]), metavar="session",
        help="With JSON and CSV: add sdk_version, device, sdk_app_id and user of the session.",
    ),
    "excel": _form(
        "--excel", is_flag=True,
        help="With CSV: mark it as UTF-8, and let no cell be taken for a formula.",
    ),
    "partition_by": _form(
        "--partition-by", metavar="KEY,...",
        help="With Parquet: make -o a Hive dataset, by day, level, type, tag or layout.",
    ),
    "local": _form(
        "--local", is_flag=True,
        help="With --format json or csv: write times in this machine's time zone.",
    ),
    "merge": _form(
        "--merge", is_flag=True,
        help="Write all inputs as one timeline, to standard output.",
    ),
    "count": _form("--count", is_flag=True, help="Print only the number of records."),
    "redact": redaction("--redact", is_flag=True, help="Replace user ids, addresses, tokens."),
    "redact_patterns": redaction(
        "--redact-patterns", type=PathOption(), metavar="FILE",
        help="Also redact by the fields and patterns in a YAML file.",
    ),
    "redact_words": redaction(
        "--redact-words", type=PathOption(), metavar="FILE",
        help="Also redact the words in a file, one a line.",
    ),
    "redact_text": redaction(
        "--redact-text", is_flag=True, help="Also redact the text of messages."
    ),
    "redact_map": redaction(
        "--redact-map", type=PathOption(), metavar="FILE",
        help="Write the value of each placeholder into a file that only you can read.",
    ),
}  # fmt: skip
"""The options of the format, and of redaction."""


def parse_selection(arguments: "Arguments", now: datetime, sole_name: str) -> "Selection":
    """Return which records the command line selects, and how they are written; `now` is aware.

    `sole_name` is as for `Selection`.

    Raises UsageError for a value that is wrong, ConfigError for a file of patterns that is.
    """
    from xlogdecode.jobs.selection import Selection  # patterns of records take 35 ms to load
    from xlogdecode.records.reading import AS_LOGGED
    from xlogdecode.when import parse_zone

    return Selection(
        filter_of({name: getattr(arguments, name) for name in FILTERS}, now),
        arguments.form or "text",
        last=arguments.last,
        count=arguments.count,
        fields=() if arguments.fields is None else _fields(arguments.fields),
        with_context=arguments.with_what is not None,
        excel=arguments.excel,
        partition_by=_keys(arguments.partition_by),
        zone=None if arguments.tz is None else parse_zone(arguments.tz),
        reading=parse_reading(arguments.layout, arguments.encoding) or AS_LOGGED,
        is_local=arguments.local,
        redactor=_redactor(arguments) if arguments.redacts else None,
        sole_name=sole_name,
    )


def _keys(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    from xlogdecode.writers.partitions import parse_keys  # needs pyarrow

    return parse_keys(text)


def parse_reading(layout: str | None, encoding: str | None) -> "LogHints | None":
    """Return what the command line says of layout and encoding; None where it says nothing.

    Raises UsageError for an unknown encoding, ConfigError for a file of layouts that is wrong.
    """
    if layout is None and encoding is None:
        return None
    from xlogdecode.records.layout_file import reading_of

    return reading_of(layout, encoding)


def filter_of(given: Mapping[str, Any], now: datetime) -> "Filter":
    """Return the filter that the values of FILTERS make; of a command that has some of them.

    Raises UsageError for a value that is wrong.
    """
    from xlogdecode.filters import Filter

    named = {name: given[name] for name in _CONDITIONS if given.get(name) is not None}
    around = given.get("around") or 0
    before, after = given.get("before"), given.get("after")
    return Filter(
        **named,
        grep=_only(given.get("grep", ())),
        invert=given.get("invert_match", False),
        before=around if before is None else before,
        after=around if after is None else after,
        now=now,
    )


def _fields(text: str) -> tuple[str, ...]:
    from xlogdecode.writers import parse_fields

    return parse_fields(text)


def _only(patterns: tuple[str, ...]) -> str | None:
    """Return the one pattern. Raises UsageError for two: a person may mean either, or both."""
    if len(patterns) > 1:
        raise UsageError(f"-g is given twice; '{patterns[0]}|{patterns[1]}' finds either")
    return patterns[0] if patterns else None


def _redactor(arguments: "Arguments") -> "Redactor":
    return redactor_of(
        arguments.redact_patterns, arguments.redact_words, texts=arguments.redact_text
    )


def redactor_of(
    patterns: str | None, words: str | None = None, *, texts: bool = False
) -> "Redactor":
    """Return what redacts by the package's rules, and by those and the words of two files.

    With `texts` the text of messages goes, too. Raises ConfigError.
    """
    from xlogdecode.redaction import Redactor, built_in_rules, load_rules, load_words

    rules = built_in_rules()
    if texts:
        rules = rules.with_texts()
    if patterns is not None:
        rules = load_rules(patterns).before(rules)
    return Redactor(rules, load_words(words) if words is not None else ())
