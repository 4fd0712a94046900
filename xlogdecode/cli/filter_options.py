"""The options that select records and their format, and the selection that they make."""

from datetime import datetime
from typing import TYPE_CHECKING

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

__all__ = ["FILTERS", "parse_reading", "parse_selection", "redactor_of"]

_which = in_group("Records")
_form = in_group("Format")


def known_format(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Return the name of a format: `writers.FORMATS` take 35 ms to load, where one is given."""
    if name is None or name == "text":
        return name
    from xlogdecode.writers import FORMATS

    if name not in FORMATS:
        raise click.BadParameter(f"{name!r} is not a format; use {', '.join(FORMATS)}")
    return name


FILTERS = (
    _which(
        "-S", "--since", metavar="TIME",
        help="From this time: 2024-01-01, 10:00, '2024-01-01 10:00', yesterday, -2h.",
    ),
    _which("-U", "--until", metavar="TIME", help="Until this time, inclusive."),
    _which(
        "-p", "--level", metavar="LEVEL",
        help="This level and more severe: V(erbose), D, I, W, E, F(atal).",
    ),
    _which(
        "--tag", "tags", multiple=True, metavar="TAG",
        help="Records with this tag; may be repeated.",
    ),
    _which(
        "--function", "functions", multiple=True, metavar="NAME",
        help="Records that this function logged; may be repeated.",
    ),
    _which(
        "--file", "files", multiple=True, metavar="NAME",
        help="Records that this source file logged, as login.cpp; may be repeated.",
    ),
    _which(
        "--pid", "pids", multiple=True, type=int, metavar="N",
        help="Records of this process; may be repeated.",
    ),
    _which(
        "--tid", "tids", multiple=True, type=int, metavar="N",
        help="Records of this thread; may be repeated.",
    ),
    _which(
        "-g", "--grep", multiple=True, metavar="REGEX",
        help="Records that match REGEX (Python syntax).",
    ),
    _which("-i", "--ignore-case", is_flag=True, help="-g does not tell upper from lower case."),
    _which("--invert-match", is_flag=True, help="Records that do not match -g."),
    _which(
        "-A", "--after-context", "after", type=click.IntRange(0), metavar="N",
        help="Also N records after each.",
    ),
    _which(
        "-B", "--before-context", "before", type=click.IntRange(0), metavar="N",
        help="Also N records before each.",
    ),
    _which(
        "-C", "--context", "around", type=click.IntRange(0), metavar="N",
        help="Also N records before and after each.",
    ),
    _which(
        "-n", "--last", type=click.IntRange(0), metavar="N",
        help="Only the last N of these records; of a timeline the last N of all.",
    ),
    _which("--session", metavar="N|last", help="Records of session N, or of the last one."),
    _which("--tz", metavar="ZONE", help="Zone of times that have none: +8, UTC+8, Asia/Tokyo."),
    _which(
        "--layout", type=PathOption(), metavar="FILE",
        help="Also know the line layouts in a YAML file, those of an app's own formatter.",
    ),
    _which(
        "--encoding", metavar="NAME",
        help="Encoding of lines that are not UTF-8: gb18030 (tried by default), big5, cp1252.",
    ),
    _form(
        "--format", "form", callback=known_format, metavar="NAME",
        help="text (as it was logged), or a record each: json, csv, arrow, parquet, otlp; or a "
        "session each: sessions.",
    ),
    _form(
        "--fields", metavar="NAME,...",
        help="With JSON and CSV: only these fields, in this order, as in time,level,message.",
    ),
    _form(
        "--with", "with_what", type=click.Choice(["session"]), metavar="session",
        help="With JSON and CSV: add sdk_version, device, sdk_app_id and user of the session.",
    ),
    _form(
        "--excel", is_flag=True,
        help="With CSV: mark it as UTF-8, and let no cell be taken for a formula.",
    ),
    _form(
        "--local", is_flag=True,
        help="With --format json or csv: write times in this machine's time zone.",
    ),
    _form("--merge", is_flag=True, help="Write all inputs as one timeline, to standard output."),
    _form("--count", is_flag=True, help="Print only the number of records."),
    _form("--redact", is_flag=True, help="Replace user ids, addresses, tokens."),
    _form(
        "--redact-patterns", type=PathOption(), metavar="FILE",
        help="Also redact by the fields and patterns in a YAML file.",
    ),
    _form(
        "--redact-words", type=PathOption(), metavar="FILE",
        help="Also redact the words in a file, one a line.",
    ),
    _form("--redact-text", is_flag=True, help="Also redact the text of messages."),
    _form(
        "--redact-map", type=PathOption(), metavar="FILE",
        help="Write the value of each placeholder into a file that only you can read.",
    ),
)  # fmt: skip


def parse_selection(arguments: "Arguments", now: datetime, sole_name: str) -> "Selection":
    """Return which records the command line selects, and how they are written; `now` is aware.

    `sole_name` is as for `Selection`.

    Raises UsageError for a value that is wrong, ConfigError for a file of patterns that is.
    """
    from xlogdecode.jobs.selection import Selection  # patterns of records take 35 ms to load
    from xlogdecode.records.reading import AS_LOGGED
    from xlogdecode.when import parse_zone

    return Selection(
        _filter(arguments, now),
        arguments.form or "text",
        last=arguments.last,
        count=arguments.count,
        fields=() if arguments.fields is None else _fields(arguments.fields),
        with_context=arguments.with_what is not None,
        excel=arguments.excel,
        zone=None if arguments.tz is None else parse_zone(arguments.tz),
        reading=parse_reading(arguments.layout, arguments.encoding) or AS_LOGGED,
        is_local=arguments.local,
        redactor=_redactor(arguments) if arguments.redacts else None,
        sole_name=sole_name,
    )


def parse_reading(layout: str | None, encoding: str | None) -> "LogHints | None":
    """Return what the command line says of layout and encoding; None where it says nothing.

    Raises UsageError for an unknown encoding, ConfigError for a file of layouts that is wrong.
    """
    if layout is None and encoding is None:
        return None
    from xlogdecode.records.layout_file import reading_of

    return reading_of(layout, encoding)


def _filter(arguments: "Arguments", now: datetime) -> "Filter":
    from xlogdecode.filters import Filter

    around = arguments.around or 0
    return Filter(
        since=arguments.since,
        until=arguments.until,
        level=arguments.level,
        tags=arguments.tags,
        functions=arguments.functions,
        files=arguments.files,
        pids=arguments.pids,
        tids=arguments.tids,
        grep=_only(arguments.grep),
        ignore_case=arguments.ignore_case,
        invert=arguments.invert_match,
        session=arguments.session,
        before=around if arguments.before is None else arguments.before,
        after=around if arguments.after is None else arguments.after,
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
