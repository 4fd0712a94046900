"""`decode_paths`: what the command does with files, folders and archives, for Python callers."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace as replace_fields
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from xlogdecode.decoder.options import Options
from xlogdecode.errors import UsageError
from xlogdecode.inputs import STDIN, expand, is_url
from xlogdecode.jobs.batch import Batch
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.result import Result

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from xlogdecode.filters import Filter
    from xlogdecode.jobs.selection import Selection
    from xlogdecode.records.layout_file import AnyLayout

__all__ = ["decode_paths"]

FilePath = str | os.PathLike[str]


def decode_paths(
    paths: FilePath | Iterable[FilePath],
    target: FilePath | None = None,
    *,
    options: Options | None = None,
    filter: "Filter | None" = None,  # noqa: A002 - the word for it
    format: str = "text",  # noqa: A002 - as above
    zone: tzinfo | None = None,
    layout: "AnyLayout | None" = None,
    encoding: str | None = None,
    partition_by: Iterable[str] = (),
    recursive: bool = False,
    update: bool = False,
    replace: bool = False,
    remove: bool = False,
    executor: "Executor | None" = None,
    processes: int = 0,
) -> Iterator[Result]:
    """Decode files, and the logs in folders and archives, into files; yield the result of each.

    Nothing is done before the first result is taken: `for result in decode_paths(...)`. The text of
    a.xlog goes to a.xlog.log beside it, that of the logs in case.zip into the folder case; `target`
    is a file for the text of one log, else a folder that mirrors the inputs. Globs are expanded. A
    path may be the URL of a store.

    `filter` takes some of the records, `format` is one of `--format`, `zone` that of times that
    have none; `layout` and `encoding` are as for `read_records`. With Parquet, `partition_by` names
    the keys of a Hive dataset (`day`, `level`, ...), whose folder is `target`. `recursive` takes
    the logs in folders. An output that exists is an error in the result, unless `replace` is set,
    or `update`: it decodes only what is newer than its output. `remove` removes each source whose
    complete text is in place.

    Many files are shared among processes that are forked where the system bears it, `processes` of
    them or as many as are of use; or they go to the `executor`, any of `concurrent.futures` and
    those of clusters, to which paths must mean the same files. An input that fails stops no other:
    see `Result.error`. Raises UsageError for what cannot be.
    """
    found = _expanded(paths)
    selection = _selection(filter, format, zone, layout, encoding)
    if selection is not None and (remove or (update and filter is not None)):
        raise UsageError("with a filter or a format no source can be removed, no text updated")
    where = "" if target is None else os.fspath(target)
    if keys := tuple(partition_by):
        if selection is None or format != "parquet" or not where:
            raise UsageError("partition_by needs format='parquet', and a target folder")
        selection = replace_fields(selection, partition_by=_checked(keys))
    options = options or Options()
    request = Request(
        options._replace(verify=options.verify or options.strict or remove),
        selection,
        output=where if is_url(where) else Path(where) if where else None,
        output_is_folder=where.endswith((os.sep, os.altsep or os.sep)),
        replace=replace,
        update=update,
        remove=remove,
        recursive=recursive,
        processes=processes,
    )
    return Batch(found, request, executor=executor).results()


def _checked(keys: tuple[str, ...]) -> tuple[str, ...]:
    from xlogdecode.writers.partitions import parse_keys

    return parse_keys(",".join(keys))


def _expanded(paths: FilePath | Iterable[FilePath]) -> list[str]:
    """Return all paths, and what globs among them find. Raises UsageError."""
    some = [paths] if isinstance(paths, str | os.PathLike) else paths
    found = expand([os.fspath(path) for path in some])
    if STDIN in found:
        raise UsageError("standard input is not a path here; use decode_file or iter_text")
    return found


def _selection(
    wanted: "Filter | None",
    form: str,
    zone: tzinfo | None,
    layout: "AnyLayout | None",
    encoding: str | None,
) -> "Selection | None":
    """Return which records are taken, and their format; None for the text as it was logged."""
    if wanted is None and form == "text":
        return None
    from xlogdecode.filters import Filter
    from xlogdecode.jobs.selection import Selection
    from xlogdecode.records.layout_file import reading_of
    from xlogdecode.writers import FORMATS

    if form not in FORMATS:
        raise UsageError(f"{form!r} is not a format; use {', '.join(FORMATS)}")

    reading = reading_of(layout, encoding)
    selection = Selection(wanted or Filter(), form, zone=zone, reading=reading)
    return None if selection.is_plain else selection
