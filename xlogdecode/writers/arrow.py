"""Apache Arrow: records as columns of one fixed schema; as a stream, and as a Parquet file."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any, Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.page_reader import Part
from xlogdecode.records.runs import RecordRun
from xlogdecode.records.uncut import UncutRun
from xlogdecode.writers.arrow_batches import Batches
from xlogdecode.writers.arrow_library import pa
from xlogdecode.writers.arrow_records import SCHEMA

__all__ = ["SCHEMA", "ArrowWriter", "ParquetWriter", "parquet_file", "read_batches"]

_ROWS: Final = 1 << 17
"""Rows of a group of a Parquet file."""

_BATCH: Final = 1 << 14
"""Rows of a batch of a stream."""


def read_batches(
    logs: Iterable[tuple[str, Iterable[Part | Sequence[Record | Loss]]]],
) -> "pa.RecordBatchReader":
    """Return a reader of logs, each with its source and its parts."""

    def batches() -> Iterator["pa.RecordBatch"]:
        for source, parts in logs:
            waiting = Batches(_BATCH, marks=True)
            for part in parts:
                for table in waiting.add_part(part, source):
                    yield from table.to_batches()
            for table in waiting.rest():
                yield from table.to_batches()

    return pa.RecordBatchReader.from_batches(SCHEMA, batches())


class _Drained(BytesIO):
    """A file whose bytes are taken out as they come; Parquet asks where it is in all of it."""

    closed = False

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0

    def tell(self) -> int:
        return self._taken + super().tell()

    def take(self) -> bytes:
        data = self.getvalue()
        self._taken += len(data)
        self.seek(0)
        self.truncate()
        return data


class ArrowWriter:
    """Writes a stream of Arrow's IPC format."""

    header = b""

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are passed over."""
        self._batches = Batches(_BATCH, marks=marks)
        self._file = _Drained()
        self._stream = pa.ipc.new_stream(
            self._file, SCHEMA, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=False)
        )

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return what the stream has more with `batch`; `source` is that of the losses."""
        for table in self._batches.add(batch, source):
            self._stream.write_table(table)
        return self._file.take()

    def write_run(self, run: RecordRun) -> bytes:
        """Return what the stream has more with a run."""
        for table in self._batches.add_run(run):
            self._stream.write_table(table)
        return self._file.take()

    def write_uncut(self, run: UncutRun) -> bytes:
        """Return what there is more with a run that is not cut yet."""
        for table in self._batches.add_uncut(run):
            self._stream.write_table(table)
        return self._file.take()

    def close(self) -> bytes:
        """Return the end of the stream."""
        for table in self._batches.rest():
            self._stream.write_table(table)
        self._stream.close()
        return self._file.take()


_STEADY: Final = ("time", "block_offset", "text_line")
"""Columns whose values grow by little: their differences take less room than a dictionary."""

_SINGULAR: Final = (*_STEADY, "message")
"""Columns whose values seldom come again."""


def parquet_file(file: Any, schema: "pa.Schema") -> Any:
    """Return pyarrow's writer to a file, or to its path, of columns of `SCHEMA`; packed by zstd."""
    from pyarrow.parquet import ParquetWriter as Writer

    return Writer(
        file,
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in _SINGULAR],
        column_encoding={name: "DELTA_BINARY_PACKED" for name in _STEADY if name in schema.names},
    )


class ParquetWriter:
    """Writes a Parquet file."""

    header = b""

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are passed over."""
        self._batches = Batches(_ROWS, marks=marks)
        self._file = _Drained()
        self._parquet = parquet_file(self._file, SCHEMA)

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return what the file has more with `batch`; `source` is that of the losses."""
        for table in self._batches.add(batch, source):
            self._parquet.write_table(table)
        return self._file.take()

    def write_run(self, run: RecordRun) -> bytes:
        """Return what the file has more with a run."""
        for table in self._batches.add_run(run):
            self._parquet.write_table(table)
        return self._file.take()

    def write_uncut(self, run: UncutRun) -> bytes:
        """Return what there is more with a run that is not cut yet."""
        for table in self._batches.add_uncut(run):
            self._parquet.write_table(table)
        return self._file.take()

    def close(self) -> bytes:
        """Return the rest of the file, which can be read from then on."""
        for table in self._batches.rest():
            self._parquet.write_table(table)
        self._parquet.close()
        return self._file.take()
