"""Records of a log in one call: opened, decoded, parsed, filtered."""

import os
from collections.abc import Iterator
from datetime import tzinfo

from xlogdecode.calls import AnySource, open_source
from xlogdecode.decoder.options import Options
from xlogdecode.decoder.report import Report
from xlogdecode.errors import UsageError
from xlogdecode.filters import LAST, Filter, select
from xlogdecode.records import Loss, Record
from xlogdecode.records import read_records as records_in
from xlogdecode.records.decoded import iter_events

__all__ = ["read_records"]


def read_records(
    source: AnySource,
    options: Options | None = None,
    *,
    wanted: Filter | None = None,
    name: str = "",
    zone: tzinfo | None = None,
    local: tzinfo | None = None,
    report: Report | None = None,
) -> Iterator[Record | Loss]:
    """Yield the records of a log as they come, and its losses where they stand.

    `source` is a path, the log's bytes, or a binary file. `name`, a path's own unless it is given,
    is what the records have as their source, and where the year comes from if lines have none.
    Memory stays flat. The texts of all records, and what was lost aside, are the decoded text.

    `wanted` says which records; losses come in any case. `zone` is for times that have none, where
    the session's banner has none either; `local`, else the machine's, is what such a time counts
    as where a bound of `wanted` is an instant. `report`, if one is given, is complete once
    the last record has come.

    Raises InputError for a path that cannot be read, UsageError where `wanted` is the last session,
    which is known at the end only; MissingExtraError if keys are given and the extra `crypt` is not
    installed; DamagedError with `Options.strict`.
    """
    wanted = wanted or Filter()
    if wanted.session == LAST:
        raise UsageError("the last session is known at the end only: give its number")
    return _read(source, options, wanted, name, zone, local, report)


def _read(
    source: AnySource,
    options: Options | None,
    wanted: Filter,
    name: str,
    zone: tzinfo | None,
    local: tzinfo | None,
    report: Report | None,
) -> Iterator[Record | Loss]:
    if isinstance(source, str | os.PathLike):
        name = name or os.fspath(source)
    with open_source(source) as data:
        records = records_in(iter_events(data, options, report), source=name, zone=zone)
        yield from records if wanted.is_empty else select(records, wanted, local=local)
