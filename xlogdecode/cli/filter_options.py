"""The options that say which records, in which form: for `decode`, and for what comes after it.

@click.command()
@filter_options
def decode_command(..., asked: Asked): ...
writer = asked.writer(marks=True)
output.write(writer.header)
for chunk in asked.render(iter_events(source, options, report), writer, path): ...
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlogdecode.errors import ConfigError
from xlogdecode.filters import Filter, count, parse_level, parse_pattern, parse_session
from xlogdecode.merge import Log, render_merged
from xlogdecode.records import Event, read_records
from xlogdecode.when import parse_bound, parse_zone
from xlogdecode.writers import CsvWriter, JsonWriter, TextWriter, Writer, render

if TYPE_CHECKING:
    from xlogdecode.redact import Redactor

__all__ = ["Asked", "filter_options"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options ask for."""

    wanted: Filter
    form: str
    """`text`, `json` or `csv`."""
    count: bool
    """Only how many records are wanted."""
    merge: bool
    """All inputs as one timeline."""
    zone: tzinfo | None
    redactor: "Redactor | None"

    @property
    def is_plain(self) -> bool:
        """Nothing is asked for that the decoder's main road does not give."""
        needs_records = self.count or self.merge or self.redactor is not None
        return self.wanted.is_empty and self.form == "text" and not needs_records

    @property
    def per_block(self) -> bool:
        """Each record is to tell its block (`iter_events`)."""
        return self.form != "text"

    def writer(self, *, marks: bool = True, named: bool = False) -> Writer:
        """Return what writes the form; `named` is for a merge of several."""
        if self.form == "json":
            return JsonWriter()
        return CsvWriter() if self.form == "csv" else TextWriter(marks=marks, named=named)

    def render(self, events: Iterable[Event], writer: Writer, source: str) -> Iterator[bytes]:
        """Yield the output of one input, but for `writer.header`."""
        change = self.redactor.change if self.redactor else None
        return render(
            events, writer, wanted=self.wanted, source=source, zone=self.zone, change=change
        )

    def render_merged(self, logs: Sequence[Log], writer: Writer) -> Iterator[bytes]:
        """Yield the output of all inputs as one timeline, but for `writer.header`."""
        change = self.redactor.change if self.redactor else None
        return render_merged(logs, writer, wanted=self.wanted, zone=self.zone, change=change)

    def counted(self, events: Iterable[Event], source: str) -> int:
        """Return how many records of one input are wanted."""
        return count(read_records(events, source=source, zone=self.zone), self.wanted)


_OPTIONS = (
    click.option("-S", "--since", metavar="TIME", help="Records from this time on."),
    click.option("-U", "--until", metavar="TIME", help="Records up to this time."),
    click.option("-p", "--level", metavar="LEVEL", help="Records of this level and graver ones."),
    click.option("--tag", "tags", multiple=True, metavar="TAG", help="Records with this tag."),
    click.option("--pid", "pids", multiple=True, type=int, metavar="N", help="Of this process."),
    click.option("--tid", "tids", multiple=True, type=int, metavar="N", help="Of this thread."),
    click.option("-g", "--grep", metavar="REGEX", help="Records in which this is found."),
    click.option("--ignore-case", is_flag=True, help="Let -g find either case."),
    click.option("--invert-match", is_flag=True, help="Records in which -g is not found."),
    click.option("-A", "--after-context", "after", type=click.IntRange(0), metavar="N",
                 default=0, help="With N records after each."),
    click.option("-B", "--before-context", "before", type=click.IntRange(0), metavar="N",
                 default=0, help="With N records before each."),
    click.option("-C", "--context", "around", type=click.IntRange(0), metavar="N",
                 default=0, help="With N records before and after each."),
    click.option("--session", metavar="N|last", help="Records of the session of this number."),
    click.option("--count", is_flag=True, help="Print how many records there are, and no more."),
    click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text",
                 metavar="text|json|csv", help="Write text, or objects or rows, one a record."),
    click.option("--merge", is_flag=True, help="Write all inputs as one timeline."),
    click.option("--tz", metavar="ZONE", help="The zone of times that have none, e.g. +08:00."),
    click.option("--redact", is_flag=True, help="Replace user ids, addresses, tokens."),
    click.option("--redact-patterns", type=click.Path(path_type=Path), metavar="FILE",
                 help="Redact by the patterns of a YAML file as well."),
)  # fmt: skip


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options; it gets them as `asked`, an `Asked`.

    Raises UsageError for a value that is none.
    """

    @functools.wraps(command)
    def with_asked(**given: Any) -> Any:
        options = {name: given.pop(name) for name in _NAMES}
        return command(**given, asked=_asked(datetime.now().astimezone(), **options))

    for option in reversed(_OPTIONS):
        with_asked = option(with_asked)
    return with_asked


_NAMES = (
    "since", "until", "level", "tags", "pids", "tids", "grep", "ignore_case", "invert_match",
    "after", "before", "around", "session", "count", "form", "merge", "tz", "redact",
    "redact_patterns",
)  # fmt: skip


def _asked(now: datetime, **given: Any) -> Asked:
    bounds = {
        name: None if given[name] is None else parse_bound(given[name], now)
        for name in ("since", "until")
    }
    grep, level, session = given["grep"], given["level"], given["session"]
    wanted = Filter(
        **bounds,
        levels=None if level is None else parse_level(level),
        tags=frozenset(given["tags"]),
        pids=frozenset(given["pids"]),
        tids=frozenset(given["tids"]),
        grep=None if grep is None else parse_pattern(grep, ignore_case=given["ignore_case"]),
        invert=given["invert_match"],
        session=None if session is None else parse_session(session),
        before=given["before"] or given["around"],
        after=given["after"] or given["around"],
    )
    return Asked(
        wanted,
        given["form"],
        given["count"],
        given["merge"],
        parse_zone(given["tz"]) if given["tz"] else None,
        _redactor(given["redact_patterns"]) if _redacts(given) else None,
    )


def _redacts(given: dict[str, Any]) -> bool:
    return bool(given["redact"] or given["redact_patterns"])


def _redactor(path: Path | None) -> "Redactor":
    from xlogdecode.redact import Redactor, built_in_patterns, parse_patterns

    own = []
    if path is not None:
        try:
            own = parse_patterns(path.read_text("utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}:1:1: cannot be read: {error}") from None
    return Redactor([*own, *built_in_patterns()])
