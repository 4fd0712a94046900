"""A Parquet file parted by columns, as a Hive dataset has it: `day=2024-01-01/level=E/NAME`."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Final
from urllib.parse import quote

from xlogdecode.errors import MissingExtraError, UsageError

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow.parquet import ParquetFile, ParquetWriter

    from xlogdecode.writers.arrow import parquet_file
except ImportError:
    raise MissingExtraError(
        "Arrow and Parquet need pyarrow; run pip install 'xlogdecode[arrow]'"
    ) from None

__all__ = ["DAY", "KEYS", "parse_keys", "part"]

DAY: Final = "day"
"""The day of logging as it was written, which is not a column of its own."""

KEYS: Final = (DAY, "level", "type", "tag", "layout")
"""The keys there are: columns with few values."""

_NONE: Final = "__HIVE_DEFAULT_PARTITION__"
_OPEN: Final = 64
"""Files that are written to at a time; those of a batch of rows that are more come in turns."""

Key = tuple[str, ...]


def parse_keys(text: str) -> tuple[str, ...]:
    """Return the keys in a list such as `day,level`. Raises UsageError for what is not one."""
    keys = tuple(key.strip() for key in text.split(","))
    for key in keys:
        if key not in KEYS:
            raise UsageError(f"{key!r} is not a key to part by; use {', '.join(KEYS)}")
    if len(set(keys)) < len(keys):
        raise UsageError(f"{text!r} has a key twice; leave one of them out")
    return keys


def part(
    path: str, keys: Sequence[str], place: Callable[[str, int], str]
) -> Iterator[tuple[str, str]]:
    """Write the rows of the Parquet file at `path` into one for each value of the keys.

    `place` returns where the file of a part, such as `day=2024-01-01/level=E`, is to be written,
    from that and a number. Yields each part with the path of its file; a part has several files
    only where more parts than can be open at a time come in turns. A row group is held at a time.
    All have the permissions of the file. Raises OSError.
    """
    source, mode = ParquetFile(path), stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116 - many
    kept = [name for name in source.schema_arrow.names if name not in keys]
    schema = pa.schema([source.schema_arrow.field(name) for name in kept])
    made = 0
    with ExitStack() as stack:
        stack.callback(source.close)
        open_files: dict[Key, ParquetWriter] = {}
        for number in range(source.num_row_groups):
            rows = source.read_row_group(number)
            for key, some in _groups(rows, keys):
                if key not in open_files:
                    if len(open_files) >= _OPEN:
                        _close(open_files)
                    named = "/".join(f"{k}={_safe(v)}" for k, v in zip(keys, key, strict=True))
                    at = place(named, made)
                    made += 1
                    open_files[key] = parquet_file(at, schema)
                    os.chmod(at, mode)  # noqa: PTH101 - as above
                    yield named, at
                open_files[key].write_table(some.select(kept))
        _close(open_files)


def _close(files: dict[Key, ParquetWriter]) -> None:
    for file in files.values():
        file.close()
    files.clear()


def _groups(rows: "pa.Table", keys: Sequence[str]) -> Iterator[tuple[Key, "pa.Table"]]:
    """Yield the rows of each value of the keys, in their order."""
    columns = [_texts(rows, key) for key in keys]
    names = [f"key{number}" for number in range(len(keys))]
    found = pa.table(columns, names=names).group_by(names, use_threads=False).aggregate([])
    for values in found.to_pylist():
        key = tuple(values[name] for name in names)
        is_of_it = [pc.equal(column, value) for column, value in zip(columns, key, strict=True)]
        mask = is_of_it[0]
        for more in is_of_it[1:]:
            mask = pc.and_(mask, more)
        yield key, rows.filter(mask)


def _texts(rows: "pa.Table", key: str) -> "pa.ChunkedArray":
    """Return a key of each row as text."""
    if key == DAY:
        minutes = pc.fill_null(rows["utc_offset"].cast(pa.int64()), 0)
        wall = pc.add(rows["time"].cast(pa.int64()), pc.multiply(minutes, 60_000_000))
        column = wall.cast(pa.timestamp("us")).cast(pa.date32()).cast(pa.string())
    else:
        column = rows[key].cast(pa.string())
    return pc.fill_null(column, _NONE)


def _safe(value: str) -> str:
    """Return a value as the name of a folder has it: Hive escapes as URLs do."""
    return quote(os.fsencode(value), safe=" ") if value else _NONE
