"""From a log's bytes to events: what lies between the decoder and the records."""

from collections.abc import Iterator

from xlogdecode.decoder.decode import iter_decode
from xlogdecode.decoder.options import Options, Piece
from xlogdecode.decoder.report import Report
from xlogdecode.records.events import Event, Run
from xlogdecode.types import Source

__all__ = ["iter_events"]


def iter_events(
    source: Source,
    options: Options | None = None,
    report: Report | None = None,
    *,
    per_block: bool = True,
) -> Iterator[Event]:
    """Yield the text of `source` with its blocks' offsets, and its losses, filling in `report`.

    With `per_block` each line knows its own block; without, a run of small ones shares an offset,
    and goes faster.
    """
    options = (options or Options())._replace(per_block=False)
    for item in iter_decode(source, options, report):
        if not isinstance(item, Piece):
            yield item
            continue
        run, text = item.run, item.text
        where: int | Run = item.offset
        if run is not None and per_block:
            where = Run(run.offset, run.sizes(), run.reading.header_size + 1)
        yield where, bytes(text) if isinstance(text, memoryview) else text
