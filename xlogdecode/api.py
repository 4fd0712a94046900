"""The library's calls for one source: a path, a binary stream, or the bytes themselves."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import tzinfo
from functools import partial
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING

from xlogdecode.decoder.decode import decode, iter_decode, iter_marked
from xlogdecode.decoder.options import Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import InputError, OutputError, UsageError
from xlogdecode.inputs import Input, foreign_kind_of, kind_of, open_input
from xlogdecode.inputs.compressed import may_be_wrapped
from xlogdecode.inputs.files import Member
from xlogdecode.inputs.from_callers import refuse_other
from xlogdecode.platform.files import is_same_file, is_url
from xlogdecode.types import Buffer, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from xlogdecode.filters import Filter
    from xlogdecode.inputs.unwrap import Unwrapped
    from xlogdecode.records import Loss, Record
    from xlogdecode.records.layout_file import AnyLayout
    from xlogdecode.records.page_reader import Part
    from xlogdecode.records.reading import LogHints
    from xlogdecode.records.runs import RecordRun
    from xlogdecode.summary import Summary

__all__ = [
    "AnySource", "FilePath", "decode_file", "iter_lines", "iter_text", "merge",
    "open_source", "read_arrow", "read_records", "redact", "summarize",
]  # fmt: skip

_HEAD = 4096

FilePath = str | os.PathLike[str]
AnySource = FilePath | Source | Buffer
"""A source that can be decoded: a path (`-` is standard input), the URL of an object in a store,
an open binary stream, or bytes.

One log: of a path and of bytes that are an archive, an InputError says how its logs are read. A
path and bytes may be a log in base64 or hex, or one that was sent as text.
"""


def iter_text(
    source: AnySource, options: Options | None = None, report: Report | None = None
) -> Iterator[bytes]:
    """Yield the text of `source` as it comes: bytes as they were logged, many lines at a time.

    With `Options.marks` a line `[F][xlogdecode] ...` is put where bytes were lost. `report`, if
    one is given, is filled in and complete once the last piece has come. A stream that was passed
    in stays open. Raises InputError, which names the path; MissingExtraError if keys are given and
    the extra `crypt` is not installed; DamagedError with `Options.strict`.
    """
    options = options or Options()
    with open_source(source) as stream:
        for text in iter_marked(iter_decode(stream, options, report), options):
            yield bytes(text)


def iter_lines(
    source: AnySource, options: Options | None = None, report: Report | None = None
) -> Iterator[bytes]:
    """Yield the text of `source` line by line, without line ends. Raises as `iter_text` does."""
    begun: list[bytes] = []
    for text in iter_text(source, options, report):
        first, *lines = text.split(b"\n")
        begun.append(first)
        if lines:
            yield b"".join(begun)
            yield from lines[:-1]
            begun = lines[-1:]
    if rest := b"".join(begun):
        yield rest


def decode_file(
    source: AnySource, target: FilePath, options: Options | None = None, *, replace: bool = False
) -> Report:
    """Decode `source` into the file `target`, which appears complete or not at all.

    It gets the mode and the last change of a source that is a file. Raises as `iter_text` does, and
    OutputError, also if `target` exists and `replace` is not set, or is the source itself.
    """
    from xlogdecode.outputs.destinations import save_file, shown_place

    with open_source(source) as stream:
        like = stream.info if isinstance(stream, Input) else None
        is_source = source == target if is_url(target) else like and is_same_file(target, like)
        if is_source:
            shown = shown_place(os.fspath(target))
            raise OutputError(f"{shown}: is the source itself; choose another name")
        with save_file(target, like=like, replace=replace) as file:
            return decode(stream, file, options)


def read_records(
    source: AnySource,
    options: Options | None = None,
    *,
    wanted: "Filter | None" = None,
    name: str = "",
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    layout: "AnyLayout | None" = None,
    encoding: str | None = None,
    report: Report | None = None,
    with_session: bool = False,
) -> "Iterator[Record | Loss]":
    """Yield the records of a log as they come, and its losses where they stand.

    `source` is a path, the log's bytes, or a binary file. `name`, a path's own unless it is given,
    is what the records have as their source, and where the year comes from if lines have none.
    Memory stays flat. The texts of all records, and what was lost aside, are the decoded text.

    `wanted` says which records; losses come in any case. `zone` is for times that have none, where
    the session's banner has none either; `local`, else the machine's, is what such a time counts
    as where a bound of `wanted` is an instant. `report`, if one is given, is complete once
    the last record has come. With `with_session`, `Record.as_dict` has what is known so far of the
    record's session: `sdk_version`, `device`, `sdk_app_id`, `user`.

    Raises InputError for a path that cannot be read, UsageError where `wanted` is the last session,
    which is known at the end only; MissingExtraError if keys are given and the extra `crypt` is not
    installed; DamagedError with `Options.strict`.
    """
    from xlogdecode.filters import LAST, Filter, select  # patterns of records take 35 ms to import

    wanted = wanted or Filter()
    if wanted.session == LAST:
        raise UsageError("the last session is known at the end only; give its number")
    reading = _reading(layout, encoding)
    if isinstance(source, str | os.PathLike):
        name = name or os.fspath(source)
    items = _read(source, options, name, zone, reading, report)
    if with_session:
        from xlogdecode.summary.context import with_context

        items = chain.from_iterable(with_context(([item] for item in items), name))
    return items if wanted.is_empty else select(items, wanted, local=local)


def _reading(layout: "AnyLayout | None", encoding: str | None) -> "LogHints":
    from xlogdecode.records.layout_file import reading_of

    return reading_of(layout, encoding)


def _read(
    source: AnySource,
    options: Options | None,
    name: str,
    zone: tzinfo | None,
    reading: "LogHints",
    report: Report | None,
) -> "Iterator[Record | Loss]":
    from xlogdecode.records import read_records as records_in
    from xlogdecode.records.events import iter_events

    with open_source(source) as data:
        events = iter_events(data, options, report)
        yield from records_in(events, source=name, zone=zone, reading=reading)


def read_arrow(
    *sources: AnySource,
    options: Options | None = None,
    wanted: "Filter | None" = None,
    zone: tzinfo | None = None,
) -> "pa.RecordBatchReader":
    """Return a reader of Arrow batches: the records and losses of logs, one after another.

    The columns are those of `xlogdecode.writers.arrow.SCHEMA`, whatever the logs; memory stays
    flat. `wanted` and `zone` are as for `read_records`. Raises MissingExtraError if the extra
    `arrow` is not installed; what `read_records` raises comes as the batches are read.
    """
    from xlogdecode.writers.arrow import read_batches

    def logs() -> "Iterator[tuple[str, Iterator[Part | Sequence[Record | Loss]]]]":
        for source in sources:
            name = os.fspath(source) if isinstance(source, str | os.PathLike) else ""
            if wanted is None or wanted.is_empty:
                yield name, _uncut(source, options, name, zone)
            else:
                found = read_records(source, options, wanted=wanted, zone=zone)
                yield name, ([item] for item in found)

    return read_batches(logs())


def _uncut(
    source: AnySource, options: Options | None, name: str, zone: tzinfo | None
) -> "Iterator[Part | Sequence[Record | Loss]]":
    from xlogdecode.records.events import iter_events
    from xlogdecode.records.reader import read_uncut

    with open_source(source) as data:
        for page in read_uncut(iter_events(data, options), source=name, zone=zone):
            yield from page if isinstance(page, list) else [[page]]


def merge(
    *sources: AnySource,
    options: Options | None = None,
    wanted: "Filter | None" = None,
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    layout: "AnyLayout | None" = None,
    encoding: str | None = None,
) -> "Iterator[Record | Loss]":
    """Yield the records of several logs in order of time, and their losses where they were.

    What is of the same time stays in the order of the sources. A record without a time, and a
    loss, stays behind the one before it. `Record.source` is the path of the log, empty for bytes
    and streams. Every source is read twice: a stream is kept in a temporary file meanwhile. Memory
    does not grow with the size or the number of the logs.

    `wanted` says which records; the last session is each log's own. A time without a zone is in
    that of the session's banner, else of the log's first banner, else in `zone`, else in `local`,
    else in the machine's. `layout` and `encoding` are as for `read_records`. Raises as that does,
    and OutputError where there is no room for temporary files.
    """
    from xlogdecode.inputs.spool import Spool
    from xlogdecode.merging import MergedLog
    from xlogdecode.merging import merge as merge_logs
    from xlogdecode.records.events import Event, iter_events

    def log_of(source: AnySource) -> MergedLog:
        opened: Callable[[], AbstractContextManager[Source]] = partial(open_source, source)
        name = os.fspath(source) if isinstance(source, str | os.PathLike) else ""
        if name == "-" or not (name or isinstance(source, bytes | bytearray | memoryview)):
            with opened() as stream:
                opened = spool.keep_stream(stream, name or "a stream")

        def events() -> Iterator[Event]:
            with opened() as stream:
                yield from iter_events(stream, options)

        return MergedLog(name, events)

    reading = _reading(layout, encoding)
    with Spool() as spool:
        logs = [log_of(source) for source in sources]
        for _, item in merge_logs(logs, wanted=wanted, zone=zone, local=local, reading=reading):
            yield item


def open_source(source: AnySource) -> AbstractContextManager[Source]:
    """Return a context that gives the stream to read, and closes what it opened itself."""
    if isinstance(source, bytes | bytearray | memoryview):
        head = bytes(source[:_HEAD])
        _refuse_archive(head, "the bytes given")
        if may_be_wrapped(head):
            from xlogdecode.inputs.unwrap import unwrapped

            return unwrapped(Member(BytesIO(source).read), head) or BytesIO(source)
        return BytesIO(source)
    if isinstance(source, str | os.PathLike):
        return _open_log(os.fspath(source))
    refuse_other(source)
    return nullcontext(source)


def _open_log(path: str) -> "Input | Unwrapped":
    stream = open_input(path)
    try:
        head = stream.peek()
        _refuse_archive(head, stream.name)
        if may_be_wrapped(head):
            from xlogdecode.inputs.unwrap import unwrapped

            return unwrapped(stream, head) or stream
        return stream
    except InputError:
        stream.close()
        raise


def _refuse_archive(head: bytes, name: str) -> None:
    foreign = foreign_kind_of(head)
    if foreign is not None:
        raise InputError(f"{name}: is packed by {foreign}; unpack it first")
    if kind_of(head) is not None:
        raise InputError(f"{name}: is packed or an archive; iter_entries gives the logs in it")


def summarize(
    *sources: AnySource,
    options: Options | None = None,
    wanted: "Filter | None" = None,
    zone: tzinfo | None = None,
    layout: "AnyLayout | None" = None,
    encoding: str | None = None,
    events: FilePath | None = None,
) -> "Summary":
    """Return the summary of one log or many: sessions, hours, events, error codes.

    `Summary.as_dict()` is the same as JSON can hold it. `wanted`, `zone`, `layout` and `encoding`
    are as for `read_records`; `events` is a YAML file of more events. Raises as `read_records`
    does, and ConfigError for a file of events that is wrong.
    """
    from xlogdecode.summary import Summary
    from xlogdecode.summary import summarize as add_to
    from xlogdecode.summary.events import built_in_events, load_events

    table = built_in_events() if events is None else load_events(os.fspath(events))
    summary = Summary(table)
    reading = _reading(layout, encoding)
    for source in sources:
        report = Report()
        if wanted is None or wanted.is_empty:
            add_to(_parts(source, options, zone, reading, report), summary)
        else:
            records = read_records(
                source,
                options,
                wanted=wanted,
                zone=zone,
                layout=layout,
                encoding=encoding,
                report=report,
            )
            add_to(records, summary)
        summary.missing += report.gaps
    return summary


def _parts(
    source: AnySource,
    options: Options | None,
    zone: tzinfo | None,
    reading: "LogHints",
    report: Report,
) -> "Iterator[RecordRun | Record | Loss]":
    from xlogdecode.records.events import iter_events
    from xlogdecode.records.reader import read_parts

    name = os.fspath(source) if isinstance(source, str | os.PathLike) else ""
    with open_source(source) as data:
        events = iter_events(data, options, report, per_block=False)
        yield from read_parts(events, source=name, zone=zone, reading=reading)


def redact(
    text: str, *, patterns: FilePath | None = None, words: Iterable[str] = (), texts: bool = False
) -> str:
    """Return decoded `text` with placeholders for what tells who someone is.

    A value that a field names as private is replaced wherever it is. `patterns` is a YAML file of
    more rules, `words` are replaced too; with `texts` the text of messages goes. Raises ConfigError
    for a file that is wrong.
    """
    from xlogdecode.redaction import Redactor, built_in_rules, load_rules

    rules = built_in_rules()
    if texts:
        rules = rules.with_texts()
    if patterns is not None:
        rules = load_rules(os.fspath(patterns)).before(rules)
    redactor = Redactor(rules, words)
    redactor.learn(text)
    return redactor.redact(text)
