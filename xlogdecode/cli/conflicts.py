"""Options of `decode` that cannot be used together."""

from collections.abc import Callable

import click

from xlogdecode.cli.arguments import Arguments, is_given
from xlogdecode.errors import UsageError
from xlogdecode.inputs import STDIN

__all__ = ["refuse_conflicts"]

_ONE = "each replaces decoding; use one of them"
_REPLACED = "the original text would be lost"
_STALE = "an older text without it would be left as it is; use -f"
_NUMBER = "it only prints a number"
_DATASET = "a dataset is made of files, in the folder of -o"

_REDACTION = ("redact", "redact_patterns", "redact_words", "redact_text", "redact_map")

_CLASHES = (
    ("list_them", "test", _ONE),
    ("list_them", "follow", _ONE),
    ("test", "follow", _ONE),
    ("to_stdout", "output", "they are two outputs; use one of them"),
    ("recursive", "follow", "-F takes the name of one log"),
    ("output", "follow", "-F only prints"),
    ("remove", "follow", "the log is still written"),
    ("update", "follow", "-F only prints"),
    ("force", "follow", "-F only prints"),
    ("strict", "follow", "-F goes on after damage"),
    ("report_path", "follow", "-F has no end to report"),
    ("report_path", "list_them", "-l --json has the same in its output"),
    ("merge", "follow", "a timeline needs the ends of its logs; follow each log by itself"),
    ("count", "follow", "a log that grows has no last record"),
    ("remove", "merge", "one text of several logs replaces none of them"),
    ("remove", "fields", "what the other fields hold would be lost"),
    ("update", "fields", _STALE),
    ("update", "with_what", _STALE),
    ("update", "excel", _STALE),
    ("remove", "excel", _REPLACED),
    *((option, "partition_by", _DATASET) for option in ("to_stdout", "merge", "follow", "count")),
    *(("partition_by", option, _DATASET) for option in ("list_them", "test")),
    ("update", "merge", "a timeline is always written anew; -f replaces a file"),
    *((option, "test", "it does not look at lines") for option in ("layout", "encoding")),
    ("form", "count", _NUMBER),
    ("last", "count", _NUMBER),
    ("with_what", "merge", "a session is one log's; decode each log by itself"),
    *((option, "count", _NUMBER) for option in _REDACTION),
    ("output", "count", _NUMBER),
    ("remove", "count", _NUMBER),
    ("update", "count", _NUMBER),
    *(("remove", option, _REPLACED) for option in _REDACTION),
    ("remove", "utf8", "the bytes that are replaced would be lost"),
    *(("update", option, _STALE) for option in _REDACTION),
    ("redact_map", "follow", "-F has no end to write it at"),
)
"""Two options, and why they cannot be used together."""

_NEEDS = (
    ("as_json", "list_them", "it is a format of -l"),
    ("with_mmap", "follow", "or add the crash buffer itself to the command"),
    ("no_archives", "recursive", "archives that are named are read"),
    ("ignore_case", "grep", "it says how -g compares"),
    ("local", "form", "text stays as it was logged"),
    ("invert_match", "grep", "it selects what -g does not find"),
    ("partition_by", "output", "a dataset is a folder"),
)
"""An option, and one that it has no meaning without."""

_FILTERS = (
    "since", "until", "level", "tags", "functions", "files", "pids", "tids", "grep", "session",
)  # fmt: skip
"""Options that leave some records out."""

_CONTEXT = ("after", "before", "around")

_RECORDS = (
    *_FILTERS, *_CONTEXT, "last", "ignore_case", "invert_match", "tz", "form", "local", "merge",
    "count",
    *_REDACTION,
)  # fmt: skip
"""Options that look at records."""


def refuse_conflicts(command: click.Command, arguments: Arguments) -> None:
    """Raise UsageError for options that cannot be used together."""
    flags = {option.name: option.opts[0] for option in command.params}

    def given(*names: str) -> str:
        """Return the flag of the first of these options that was given, or an empty text."""
        return next((flags[name] for name in names if is_given(getattr(arguments, name))), "")

    for one, other, why in _CLASHES:
        if given(one) and given(other):
            raise UsageError(f"{flags[one]} cannot be used with {flags[other]} ({why})")
    for one, needed, why in _NEEDS:
        if given(one) and not given(needed):
            raise UsageError(f"{flags[one]} needs {flags[needed]} ({why})")
    _refuse_filters(given)
    _refuse_formats(arguments, given)


def _refuse_formats(arguments: Arguments, given: Callable[..., str]) -> None:
    """Raise UsageError for an option that has no meaning with the format."""
    form = arguments.form or "text"
    rows, needed = given("fields", "with_what"), "--format json or csv"
    if rows and form not in {"json", "csv"}:
        raise UsageError(f"{rows} needs {needed} (it is about their columns)")
    if arguments.partition_by and form != "parquet":
        raise UsageError("--partition-by needs --format parquet (only its files can be parted)")
    if arguments.partition_by and arguments.output == STDIN:
        raise UsageError("--partition-by cannot be used with -o - (a dataset is a folder)")
    if arguments.excel and form != "csv":
        raise UsageError("--excel needs --format csv (Excel opens nothing else of these)")
    if form == "sessions" and (mode := given("merge", "follow", "last")):
        raise UsageError(f"--format sessions cannot be used with {mode} (it needs a complete log)")


def _refuse_filters(given: Callable[..., str]) -> None:
    """Raise UsageError where options that look at records have no place, or lack one."""
    some, context, records = given(*_FILTERS), given(*_CONTEXT), given(*_RECORDS)
    leaves_out = some or given("last")
    if leaves_out and given("remove"):
        raise UsageError(f"--rm cannot be used with {leaves_out} (records left out would be lost)")
    if leaves_out and given("update"):
        raise UsageError(f"-u cannot be used with {leaves_out} ({_STALE})")
    if context and not some:
        raise UsageError(f"{context} needs a filter such as -g")
    mode = given("list_them", "test")
    if records and mode:
        raise UsageError(f"{mode} takes no filters; remove {records}")
