"""The options that say which records, in which form; what comes of them is in `asked`."""

from typing import Any

import click

from xlogdecode.cli.help import in_group
from xlogdecode.cli.paths import Place
from xlogdecode.errors import UsageError

__all__ = ["FILTERS", "FLAGS", "take_filters"]

_which = in_group("Which records")
_form = in_group("In which form")

FILTERS = (
    _which(
        "-S", "--since", metavar="TIME",
        help="From this time on: 2024-01-01, 10:00, '2024-01-01 10:00', yesterday, -2h.",
    ),
    _which("-U", "--until", metavar="TIME", help="Up to this time."),
    _which("-p", "--level", metavar="LEVEL", help="Of this level and graver: V, D, I, W, E, F."),
    _which("--tag", "tags", multiple=True, metavar="TAG", help="With this tag."),
    _which("--pid", "pids", multiple=True, type=int, metavar="N", help="Of this process."),
    _which("--tid", "tids", multiple=True, type=int, metavar="N", help="Of this thread."),
    _which("-g", "--grep", multiple=True, metavar="REGEX", help="In which this is found."),
    _which("--ignore-case", is_flag=True, help="Let -g find either case."),
    _which("--invert-match", is_flag=True, help="In which -g is not found."),
    _which(
        "-A", "--after-context", "after", type=click.IntRange(0), metavar="N",
        help="And N records after each.",
    ),
    _which(
        "-B", "--before-context", "before", type=click.IntRange(0), metavar="N",
        help="And N records before each.",
    ),
    _which(
        "-C", "--context", "around", type=click.IntRange(0), metavar="N",
        help="And N records before and after each.",
    ),
    _which("--session", metavar="N|last", help="Of the session of this number, or the last."),
    _which("--tz", metavar="ZONE", help="The zone of times that have none: +08:00, Asia/Tokyo."),
    _form(
        "--format", "form", type=click.Choice(["text", "json", "csv"]), metavar="text|json|csv",
        help="Write text as it was logged, an object a line, or a row a record.",
    ),
    _form("--merge", is_flag=True, help="Write all inputs as one timeline, to standard output."),
    _form("--count", is_flag=True, help="Print how many records there are, and no more."),
    _form("--redact", is_flag=True, help="Replace user ids, addresses, tokens."),
    _form(
        "--redact-patterns", type=Place(), metavar="FILE",
        help="Redact by the patterns of a YAML file as well.",
    ),
)  # fmt: skip

FLAGS = {
    "since": "-S", "until": "-U", "level": "-p", "tags": "--tag", "pids": "--pid", "tids": "--tid",
    "grep": "-g", "ignore_case": "--ignore-case", "invert_match": "--invert-match", "after": "-A",
    "before": "-B", "around": "-C", "session": "--session", "tz": "--tz", "form": "--format",
    "merge": "--merge", "count": "--count", "redact": "--redact",
    "redact_patterns": "--redact-patterns",
}  # fmt: skip
"""What a command gets an option as -> how it is written."""


def take_filters(given: dict[str, Any]) -> dict[str, Any]:
    """Take these options out of all that were `given`; return those that say something.

    Raises UsageError for two patterns: a person may mean either, or both.
    """
    found = {name: given.pop(name) for name in FLAGS}
    if found["form"] == "text":
        del found["form"]
    found["grep"], *more = found["grep"] or (None,)
    if more:
        raise UsageError(f"-g is given twice: '{found['grep']}|{more[0]}' finds either")
    return {name: value for name, value in found.items() if _says_something(value)}


def _says_something(value: object) -> bool:
    """Tell an option's value from its absence: 0 is a value."""
    return value is not None and value is not False and value != ()
