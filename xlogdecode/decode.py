"""Decoding in one call: a stream of bytes in, text and a report out."""

from collections.abc import Iterator
from io import BytesIO
from typing import Protocol

from xlogdecode.codecs import Buffer
from xlogdecode.options import DamagedError, Options, Piece, Source
from xlogdecode.report import Loss, Report
from xlogdecode.road import Road

__all__ = [
    "DamagedError", "Options", "Piece", "Sink", "Source", "decode", "decode_bytes", "iter_decode",
]  # fmt: skip


class Sink(Protocol):
    """What text can be written to."""

    def write(self, data: Buffer, /) -> object:
        """Take bytes."""


def decode(source: Source, sink: Sink, options: Options | None = None) -> Report:
    """Decode all of `source` into `sink`; return what came of it.

    Raises MissingExtraError if keys are given and the extra `crypt` is not installed, DamagedError
    with `Options.strict`; and whatever reading and writing raise. Damage raises nothing: it is in
    the report, and, with `Options.marks`, a line in the text.
    """
    options = options or Options()
    report = Report()
    ends_in_line = False
    for item in iter_decode(source, options, report):
        if isinstance(item, Piece):
            if item.text:
                sink.write(item.text)
                ends_in_line = item.text[-1] != 0x0A
        elif options.marks:
            sink.write(b"\n" * ends_in_line + item.mark())
            ends_in_line = False
    return report


def decode_bytes(data: bytes, options: Options | None = None) -> tuple[bytes, Report]:
    """Decode a whole input that is in memory; return its text, and what came of it."""
    sink = BytesIO()
    report = decode(BytesIO(data), sink, options)
    return sink.getvalue(), report


def iter_decode(
    source: Source, options: Options | None = None, report: Report | None = None
) -> Iterator[Piece | Loss]:
    """Yield the text of `source` and its losses, in the order of the input, filling in `report`."""
    options = options or Options()
    road = Road(source, options, report if report is not None else Report())
    try:
        yield from road.run()
    finally:
        road.close()
